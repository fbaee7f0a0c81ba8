// SPDX-License-Identifier: Apache-2.0
/*
 * alarm.c - the process's interval timer: SIGALRM by setitimer(ITIMER_REAL)
 */
#include "sys.h"

#define ITIMER_REAL	0
#define LEAST_INTERVAL	10000ull	/* a shorter one would leave no time between the interrupts */
#define NS_FAR		(1ull << 62)

struct itimer_ns { u64 value, interval; };

static void alarm_fired(struct timer *timer)
{
	struct proc *p = container_of(timer, struct proc, alarm);
	u64 interval = READ_ONCE(p->alarm_interval_ns);

	signal_post_proc(p, ABI_SIGALRM, ABI_SI_KERNEL);
	if (interval)
		timer_arm(timer, MAX(timer->deadline_ns + interval, clock_ns() + LEAST_INTERVAL));
}

void alarm_init(struct proc *p)
{
	mutex_init(&p->alarm_lock);
	timer_init(&p->alarm, alarm_fired);
}

static void alarm_set(struct proc *p, const struct itimer_ns *set, struct itimer_ns *old)
{
	u64 now = clock_ns();
	bool armed;

	mutex_lock(&p->alarm_lock);
	old->interval = p->alarm_interval_ns;
	WRITE_ONCE(p->alarm_interval_ns, set->interval);
	armed = timer_cancel(&p->alarm);
	old->value = armed ? MAX(p->alarm.deadline_ns, now + 1) - now : 0;
	if (set->value)
		timer_arm(&p->alarm, now + set->value);
	mutex_unlock(&p->alarm_lock);
}

static void alarm_get(struct proc *p, struct itimer_ns *out)
{
	u64 now = clock_ns();

	mutex_lock(&p->alarm_lock);
	out->interval = p->alarm_interval_ns;
	out->value = READ_ONCE(p->alarm.armed) ? MAX(READ_ONCE(p->alarm.deadline_ns), now + 1) - now : 0;
	mutex_unlock(&p->alarm_lock);
}

long sys_setitimer(ARGS)
{
	struct itimer_ns set, old;

	if (a != ITIMER_REAL)
		return -EINVAL;
	if (b && copy_from_app(&set, (u64)b, sizeof(set)))
		return -EFAULT;
	if (b && (set.value > NS_FAR || set.interval > NS_FAR))
		return -EINVAL;
	if (b)
		alarm_set(proc_current(), &set, &old);
	else
		alarm_get(proc_current(), &old);
	return c && copy_to_app((u64)c, &old, sizeof(old)) ? -EFAULT : 0;
}
