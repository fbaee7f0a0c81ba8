// SPDX-License-Identifier: Apache-2.0
/*
 * timerfd.c - a timer that is read and polled
 *
 * The counter says how often it ran out since the last read. CLOCK_REALTIME
 * never jumps here, so it differs from the monotonic clock by a constant.
 * Source: Linux manual, timerfd_create(2).
 */
#include "sys.h"

#define LEAST_INTERVAL 10000ull		/* no shorter between two interrupts; what was missed is counted */

struct timerfd {
	struct mutex set_lock;
	spinlock_t lock;		/* ticks, interval; taken with interrupts off */
	u64 ticks, interval_ns;
	struct timer timer;
	long clock;
	struct waitqueue wq;
	struct poll_head poll;
};

static void fired(struct timer *timer)
{
	struct timerfd *t = container_of(timer, struct timerfd, timer);
	unsigned long irq = spin_lock_irqsave(&t->lock);
	u64 now = clock_ns(), n = 1;

	if (t->interval_ns) {
		n += (now - MIN(now, timer->deadline_ns)) / t->interval_ns;
		timer_arm(timer, MAX(timer->deadline_ns + n * t->interval_ns, now + LEAST_INTERVAL));
	}
	t->ticks += n;
	spin_unlock_irqrestore(&t->lock, irq);
	waitqueue_wake_all(&t->wq);
	poll_head_notify(&t->poll, ABI_POLLIN);
}

static u64 take(struct timerfd *t)
{
	unsigned long irq = spin_lock_irqsave(&t->lock);
	u64 ticks = t->ticks;

	t->ticks = 0;
	spin_unlock_irqrestore(&t->lock, irq);
	return ticks;
}

static long timerfd_read(struct file *f, u64 buf, size_t n, u64 *pos)
{
	struct timerfd *t = f->priv;
	u64 ticks;

	(void)pos;
	if (n < sizeof(ticks))
		return -EINVAL;
	while (!(ticks = take(t))) {
		if (f->flags & ABI_O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(&t->wq, READ_ONCE(t->ticks) != 0))
			return -EINTR;
	}
	return copy_to_app(buf, &ticks, sizeof(ticks)) ? -EFAULT : (long)sizeof(ticks);
}

static u32 timerfd_poll(struct file *f, struct poll_head **head)
{
	struct timerfd *t = f->priv;

	*head = &t->poll;
	return READ_ONCE(t->ticks) ? ABI_POLLIN : 0;
}

static void timerfd_release(struct file *f)
{
	struct timerfd *t = f->priv;

	(void)timer_cancel(&t->timer);
	kfree(t);
}

static const struct file_ops timerfd_ops = {
	.name = "timerfd", .read = timerfd_read, .poll = timerfd_poll, .release = timerfd_release,
};

/* A reference; *@err says why there is none. */
static struct file *timerfd_file(long fd, int *err)
{
	struct file *f = fd_get((int)fd);

	*err = f ? -EINVAL : -EBADF;
	if (!f || f->ops == &timerfd_ops)
		return f;
	file_put(f);
	return NULL;
}

static struct socle_timespec to_timespec(u64 ns)
{
	return (struct socle_timespec){ (s64)(ns / NS_PER_S), (s64)(ns % NS_PER_S) };
}

/* Caller holds set_lock. */
static void get_locked(struct timerfd *t, struct socle_itimerspec *out)
{
	u64 now = clock_ns(), deadline = READ_ONCE(t->timer.deadline_ns);

	out->interval = to_timespec(t->interval_ns);
	out->value = to_timespec(READ_ONCE(t->timer.armed) ? MAX(deadline, now + 1) - now : 0);
}

static void set_locked(struct timerfd *t, u64 value, u64 interval, bool absolute)
{
	unsigned long irq;

	(void)timer_cancel(&t->timer);
	irq = spin_lock_irqsave(&t->lock);
	t->ticks = 0;
	t->interval_ns = interval;
	spin_unlock_irqrestore(&t->lock, irq);
	if (value)
		timer_arm(&t->timer, absolute ? deadline_at(t->clock, value) : deadline_after(value));
}

long sys_timerfd_create(ARGS)
{
	struct timerfd *t;

	if ((a != ABI_CLOCK_REALTIME && a != ABI_CLOCK_MONOTONIC && a != ABI_CLOCK_BOOTTIME) ||
	    (b & ~(long)(ABI_O_NONBLOCK | ABI_O_CLOEXEC)))
		return -EINVAL;
	t = kmalloc(sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->clock = a;
	mutex_init(&t->set_lock);
	waitqueue_init(&t->wq);
	poll_head_init(&t->poll);
	timer_init(&t->timer, fired);
	return fd_install_new(&timerfd_ops, t, ABI_O_RDWR | ((u32)b & ABI_O_NONBLOCK), b & ABI_O_CLOEXEC, kfree);
}

static int itimerspec_in(u64 app, u64 *value, u64 *interval)
{
	int err = timespec_in(app + offsetof(struct socle_itimerspec, value), value);

	return err ? err : timespec_in(app + offsetof(struct socle_itimerspec, interval), interval);
}

long sys_timerfd_settime(ARGS)
{
	struct socle_itimerspec old;
	struct timerfd *t;
	struct file *file;
	u64 value, interval;
	int err = itimerspec_in((u64)c, &value, &interval);

	if (err || (b & ~(long)ABI_TIMER_ABSTIME))
		return err ? err : -EINVAL;
	file = timerfd_file(a, &err);
	if (!file)
		return err;
	t = file->priv;
	mutex_lock(&t->set_lock);
	get_locked(t, &old);
	set_locked(t, value, interval, b & ABI_TIMER_ABSTIME);
	mutex_unlock(&t->set_lock);
	file_put(file);
	return d && copy_to_app((u64)d, &old, sizeof(old)) ? -EFAULT : 0;
}

long sys_timerfd_gettime(ARGS)
{
	struct socle_itimerspec out;
	struct timerfd *t;
	struct file *file;
	int err;

	file = timerfd_file(a, &err);
	if (!file)
		return err;
	t = file->priv;
	mutex_lock(&t->set_lock);
	get_locked(t, &out);
	mutex_unlock(&t->set_lock);
	file_put(file);
	return copy_to_app((u64)b, &out, sizeof(out)) ? -EFAULT : 0;
}
