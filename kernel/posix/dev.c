/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dev.c - device nodes and the terminal
 *
 * Input bytes wait in a ring that the serial interrupt fills; reading takes
 * what is there, as a terminal in raw mode does.
 */
#include "proc.h"

#define INPUT_BYTES 1024u
#define CHUNK 256u

static struct list devices = LIST_INIT(devices);
static struct {
	spinlock_t lock;
	u8 ring[INPUT_BYTES];
	u32 head, count;
	struct waitqueue wq;
	struct poll_head poll;
} tty;

void chardev_register(struct chardev *d)
{
	list_add_tail(&devices, &d->link);
}

u32 dev_count(void)
{
	struct chardev *d;
	u32 n = 0;

	list_for_each(d, &devices, link)
		n++;
	return n;
}

const char *dev_path(u32 index)
{
	struct chardev *d;

	list_for_each(d, &devices, link)
		if (!index--)
			return d->path;
	return NULL;
}

int dev_open(const char *path, u32 flags, struct file **out)
{
	struct chardev *d;

	list_for_each(d, &devices, link)
		if (!strcmp(d->path, path))
			return d->open(out, flags);
	return -ENOENT;
}

/* Interrupt context. A byte that finds the ring full is lost, as in a UART. */
void console_input(u8 byte)
{
	unsigned long irq = spin_lock_irqsave(&tty.lock);

	if (tty.count < INPUT_BYTES)
		tty.ring[(tty.head + tty.count++) % INPUT_BYTES] = byte;
	spin_unlock_irqrestore(&tty.lock, irq);
	waitqueue_wake_all(&tty.wq);
	poll_head_notify(&tty.poll, ABI_POLLIN);
}

static u32 take_input(u8 *out, u32 max)
{
	unsigned long irq = spin_lock_irqsave(&tty.lock);
	u32 n = 0;

	for (; n < max && tty.count; n++, tty.count--) {
		out[n] = tty.ring[tty.head];
		tty.head = (tty.head + 1) % INPUT_BYTES;
	}
	spin_unlock_irqrestore(&tty.lock, irq);
	return n;
}

static long tty_read(struct file *f, u64 buf, size_t n, u64 *pos)
{
	u8 chunk[CHUNK];
	u32 got;

	(void)pos;
	if (!n)
		return 0;
	for (;;) {
		got = take_input(chunk, (u32)MIN(n, sizeof(chunk)));
		if (got)
			return copy_to_app(buf, chunk, got) ? -EFAULT : (long)got;
		if (f->flags & ABI_O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(&tty.wq, READ_ONCE(tty.count) != 0))
			return -EINTR;
	}
}

static long tty_write(struct file *f, u64 buf, size_t n, u64 *pos)
{
	char chunk[CHUNK];
	size_t done = 0;

	(void)f, (void)pos;
	while (done < n) {
		size_t part = MIN(n - done, sizeof(chunk));

		if (copy_from_app(chunk, buf + done, part))
			return done ? (long)done : -EFAULT;
		arch_console_write(chunk, part);
		done += part;
	}
	return (long)done;
}

static u32 tty_poll(struct file *f, struct poll_head **head)
{
	(void)f;
	*head = &tty.poll;
	return ABI_POLLOUT | (READ_ONCE(tty.count) ? ABI_POLLIN : 0);
}

static const struct file_ops tty_ops = {
	.name = "tty", .stat_mode = ABI_S_IFCHR | 0620, .read = tty_read, .write = tty_write, .poll = tty_poll,
};

static int tty_open(struct file **out, u32 flags)
{
	*out = file_create(&tty_ops, NULL, flags);
	return *out ? 0 : -ENOMEM;
}

static long null_read(struct file *f, u64 buf, size_t n, u64 *pos)
{
	(void)f, (void)buf, (void)n, (void)pos;
	return 0;
}

static long null_write(struct file *f, u64 buf, size_t n, u64 *pos)
{
	(void)f, (void)buf, (void)pos;
	return (long)n;
}

static const struct file_ops null_ops = {
	.name = "null", .stat_mode = ABI_S_IFCHR | 0666, .read = null_read, .write = null_write,
};

static int null_open(struct file **out, u32 flags)
{
	*out = file_create(&null_ops, NULL, flags);
	return *out ? 0 : -ENOMEM;
}

static struct chardev tty_dev = { .path = "/dev/tty", .open = tty_open };
static struct chardev null_dev = { .path = "/dev/null", .open = null_open };

void tty_init(void)
{
	waitqueue_init(&tty.wq);
	poll_head_init(&tty.poll);
	chardev_register(&tty_dev);
	chardev_register(&null_dev);
}
