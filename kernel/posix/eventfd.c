// SPDX-License-Identifier: Apache-2.0
/*
 * eventfd.c - a counter that threads, and the kernel in any context, add to
 *
 * The descriptor's file holds one reference; irqfds and ioeventfds hold
 * others. Who hooked itself on the poll head hears of POLLHUP when the file
 * goes. Source: Linux manual, eventfd(2).
 */
#include "sys.h"

#define COUNT_MAX (~0ull - 1)

struct eventfd {
	u32 refs;
	spinlock_t lock;		/* count; taken with interrupts off */
	u64 count;
	bool semaphore;
	struct waitqueue wq;
	struct poll_head poll;
};

static void notify(struct eventfd *e, u32 events)
{
	waitqueue_wake_all(&e->wq);
	poll_head_notify(&e->poll, events);
}

void eventfd_put(struct eventfd *e)
{
	if (!__atomic_sub_fetch(&e->refs, 1, __ATOMIC_ACQ_REL))
		kfree(e);
}

/* False: @n does not fit. */
static bool try_add(struct eventfd *e, u64 n)
{
	unsigned long irq = spin_lock_irqsave(&e->lock);
	bool fits = n <= COUNT_MAX - MIN(e->count, COUNT_MAX);

	if (fits)
		e->count += n;
	spin_unlock_irqrestore(&e->lock, irq);
	return fits;
}

/* The kernel never waits for room: the counter stays at its end. */
void eventfd_signal(struct eventfd *e, u64 n)
{
	unsigned long irq = spin_lock_irqsave(&e->lock);

	e->count += MIN(n, ~0ull - e->count);
	spin_unlock_irqrestore(&e->lock, irq);
	notify(e, ABI_POLLIN);
}

static bool take(struct eventfd *e, bool one, u64 *count)
{
	unsigned long irq = spin_lock_irqsave(&e->lock);

	*count = one && e->count ? 1 : e->count;
	e->count -= *count;
	spin_unlock_irqrestore(&e->lock, irq);
	return *count != 0;
}

bool eventfd_consume(struct eventfd *e, u64 *count)
{
	return take(e, false, count);
}

struct poll_head *eventfd_poll_head(struct eventfd *e)
{
	return &e->poll;
}

static long eventfd_read(struct file *f, u64 buf, size_t n, u64 *pos)
{
	struct eventfd *e = f->priv;
	u64 count;

	(void)pos;
	if (n < sizeof(count))
		return -EINVAL;
	while (!take(e, e->semaphore, &count)) {
		if (f->flags & ABI_O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(&e->wq, READ_ONCE(e->count) != 0))
			return -EINTR;
	}
	notify(e, ABI_POLLOUT);
	return copy_to_app(buf, &count, sizeof(count)) ? -EFAULT : (long)sizeof(count);
}

static long eventfd_write(struct file *f, u64 buf, size_t n, u64 *pos)
{
	struct eventfd *e = f->priv;
	u64 add;

	(void)pos;
	if (n < sizeof(add))
		return -EINVAL;
	if (copy_from_app(&add, buf, sizeof(add)))
		return -EFAULT;
	if (add == ~0ull)
		return -EINVAL;
	while (!try_add(e, add)) {
		if (f->flags & ABI_O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(&e->wq, READ_ONCE(e->count) <= COUNT_MAX - add))
			return -EINTR;
	}
	notify(e, ABI_POLLIN);
	return sizeof(add);
}

static u32 eventfd_poll(struct file *f, struct poll_head **head)
{
	struct eventfd *e = f->priv;
	u64 count = READ_ONCE(e->count);

	*head = &e->poll;
	return (count ? ABI_POLLIN : 0) | (count < COUNT_MAX ? ABI_POLLOUT : 0) | (count == ~0ull ? ABI_POLLERR : 0);
}

static void eventfd_release(struct file *f)
{
	struct eventfd *e = f->priv;

	poll_head_notify(&e->poll, ABI_POLLHUP);
	eventfd_put(e);
}

static const struct file_ops eventfd_ops = {
	.name = "eventfd", .read = eventfd_read, .write = eventfd_write, .poll = eventfd_poll, .release = eventfd_release,
};

int eventfd_from_fd(int fd, struct eventfd **out)
{
	struct file *f = fd_get(fd);
	int err = -EINVAL;

	if (!f)
		return -EBADF;
	if (f->ops == &eventfd_ops) {
		*out = f->priv;
		__atomic_fetch_add(&(*out)->refs, 1, __ATOMIC_RELAXED);
		err = 0;
	}
	file_put(f);
	return err;
}

long sys_eventfd(ARGS)
{
	struct eventfd *ev;

	if (b & ~(long)(ABI_EFD_SEMAPHORE | ABI_O_NONBLOCK | ABI_O_CLOEXEC))
		return -EINVAL;
	ev = kmalloc(sizeof(*ev));
	if (!ev)
		return -ENOMEM;
	ev->refs = 1;
	ev->count = (u32)a;
	ev->semaphore = b & ABI_EFD_SEMAPHORE;
	waitqueue_init(&ev->wq);
	poll_head_init(&ev->poll);
	return fd_install_new(&eventfd_ops, ev, ABI_O_RDWR | ((u32)b & ABI_O_NONBLOCK), b & ABI_O_CLOEXEC, kfree);
}
