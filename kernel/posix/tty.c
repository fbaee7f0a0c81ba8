/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tty.c - /dev/tty: the machine's serial port with a line discipline
 *
 * Input comes from the serial interrupt. `noecho` on the kernel's command line:
 * nobody sits there, the terminal begins without echo.
 */
#include <socle/process.h>
#include "../cmdline.h"
#include "ldisc.h"
#include "sys.h"

#define CHUNK		256u
#define TENTH_NS	100000000ull	/* unit of VTIME */

#define TCGETS		0x5401u
#define TCSETS		0x5402u
#define TCSETSW		0x5403u
#define TCSETSF		0x5404u
#define TCSBRK		0x5409u
#define TCFLSH		0x540bu
#define TIOCGWINSZ	0x5413u
#define FIONREAD	0x541bu

static struct {
	spinlock_t lock;
	struct ldisc d;
	struct waitqueue wq;
	struct poll_head poll;
	struct proc *proc;		/* gets the signals */
} tty;

/* Interrupt context. What comes before there is a terminal is lost. */
void console_input(u8 byte)
{
	struct ldisc_echo echo;
	unsigned long irq;
	int sig;

	if (!READ_ONCE(tty.proc))
		return;
	irq = spin_lock_irqsave(&tty.lock);
	sig = ldisc_input(&tty.d, byte, &echo);
	spin_unlock_irqrestore(&tty.lock, irq);
	arch_console_write_raw((const char *)echo.bytes, echo.nr);
	if (sig)
		signal_post_proc(tty.proc, sig, ABI_SI_KERNEL);
	waitqueue_wake_all(&tty.wq);
	poll_head_notify(&tty.poll, ABI_POLLIN);
}

static bool is_readable(u32 min)
{
	unsigned long irq = spin_lock_irqsave(&tty.lock);
	bool yes = ldisc_is_readable(&tty.d, min);

	spin_unlock_irqrestore(&tty.lock, irq);
	return yes;
}

static u32 take_input(u8 *out, u32 max)
{
	unsigned long irq = spin_lock_irqsave(&tty.lock);
	u32 n = ldisc_read(&tty.d, out, max);

	spin_unlock_irqrestore(&tty.lock, irq);
	return n;
}

/*
 * termios(3), "Canonical and noncanonical mode": MIN 0 reads what is there, after TIME at the latest; with both, TIME
 * runs anew with each byte. 0: read now.
 */
static int wait_input(u32 max)
{
	bool canonical = tty.d.t.lflag & KT_ICANON;
	u32 min = canonical ? 1 : MIN(tty.d.t.cc[KC_MIN], max), have;
	u64 span = canonical ? 0 : tty.d.t.cc[KC_TIME] * TENTH_NS;
	int err;

	if (!min && !span)
		return 0;
	if (!min) {
		err = wait_event_deadline(&tty.wq, is_readable(1), deadline_after(span), true);
		return err == -ETIMEDOUT ? 0 : err;
	}
	if (!span)
		return wait_event_interruptible(&tty.wq, is_readable(min));
	err = wait_event_interruptible(&tty.wq, is_readable(1));
	while (!err && (have = READ_ONCE(tty.d.count)) < min)
		err = wait_event_deadline(&tty.wq, READ_ONCE(tty.d.count) != have, deadline_after(span), true);
	return err == -ETIMEDOUT ? 0 : err;
}

static long tty_read(struct file *f, u64 buf, size_t n, u64 *pos)
{
	u8 chunk[CHUNK];
	u32 got, max = (u32)MIN(n, sizeof(chunk));
	int err;

	(void)pos;
	if (!n)
		return 0;
	if ((f->flags & ABI_O_NONBLOCK) && !is_readable(1))
		return -EAGAIN;
	err = f->flags & ABI_O_NONBLOCK ? 0 : wait_input(max);
	if (err)
		return err;
	got = take_input(chunk, max);
	return copy_to_app(buf, chunk, got) ? -EFAULT : (long)got;
}

static long tty_write(struct file *f, u64 buf, size_t n, u64 *pos)
{
	u8 chunk[CHUNK], out[2 * CHUNK];
	size_t done = 0;

	(void)f, (void)pos;
	while (done < n) {
		size_t part = MIN(n - done, sizeof(chunk));

		if (copy_from_app(chunk, buf + done, part))
			return done ? (long)done : -EFAULT;
		arch_console_write_raw((const char *)out, ldisc_output(&tty.d, chunk, (u32)part, out));
		done += part;
	}
	return (long)done;
}

static u32 tty_poll(struct file *f, struct poll_head **head)
{
	(void)f;
	*head = &tty.poll;
	return ABI_POLLOUT | (is_readable(1) ? ABI_POLLIN : 0);
}

static long set_termios(u64 arg, bool flush)
{
	struct ktermios t;
	unsigned long irq;

	if (copy_from_app(&t, arg, sizeof(t)))
		return -EFAULT;
	irq = spin_lock_irqsave(&tty.lock);
	if (flush)
		ldisc_flush(&tty.d);
	ldisc_set(&tty.d, &t);
	spin_unlock_irqrestore(&tty.lock, irq);
	waitqueue_wake_all(&tty.wq);
	return 0;
}

static long get_termios(u64 arg)
{
	unsigned long irq = spin_lock_irqsave(&tty.lock);
	struct ktermios t = tty.d.t;

	spin_unlock_irqrestore(&tty.lock, irq);
	return copy_to_app(arg, &t, sizeof(t)) ? -EFAULT : 0;
}

/* Queues: 0 input, 1 output, which is never there, 2 both. */
static long flush(u64 queue)
{
	unsigned long irq;

	if (queue > 2)
		return -EINVAL;
	irq = spin_lock_irqsave(&tty.lock);
	if (queue != 1)
		ldisc_flush(&tty.d);
	spin_unlock_irqrestore(&tty.lock, irq);
	return 0;
}

static long tty_ioctl(struct file *f, u32 cmd, u64 arg)
{
	static const u16 no_size[4];	/* as a serial line */
	int nr;

	(void)f;
	switch (cmd) {
	case TCGETS:
		return get_termios(arg);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return set_termios(arg, cmd == TCSETSF);
	case TCSBRK:
		return arg ? 0 : -EINVAL;	/* drained always; no break */
	case TCFLSH:
		return flush(arg);
	case TIOCGWINSZ:
		return copy_to_app(arg, no_size, sizeof(no_size)) ? -EFAULT : 0;
	case FIONREAD:
		nr = (int)ldisc_nr_readable(&tty.d);
		return copy_to_app(arg, &nr, sizeof(nr)) ? -EFAULT : 0;
	}
	return -ENOTTY;
}

static const struct file_ops tty_ops = {
	.name = "tty", .stat_mode = ABI_S_IFCHR | 0620, .read = tty_read, .write = tty_write, .poll = tty_poll,
	.ioctl = tty_ioctl,
};

static int tty_open(struct file **out, u32 flags)
{
	*out = file_create(&tty_ops, NULL, flags);
	return *out ? 0 : -ENOMEM;
}

static struct chardev tty_dev = { .path = "/dev/tty", .open = tty_open };

void tty_init(struct proc *proc)
{
	ldisc_init(&tty.d, !cmdline_find("noecho"));
	waitqueue_init(&tty.wq);
	poll_head_init(&tty.poll);
	chardev_register(&tty_dev);
	__atomic_store_n(&tty.proc, proc, __ATOMIC_RELEASE);	/* pairs with console_input() */
}
