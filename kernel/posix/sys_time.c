// SPDX-License-Identifier: Apache-2.0
/*
 * sys_time.c - clocks and time spans of kernel calls
 */
#include <socle/time.h>
#include "sys.h"

#define NS_MAX (1ull << 62)

int timespec_in(u64 app, u64 *ns)
{
	struct socle_timespec ts;

	if (copy_from_app(&ts, app, sizeof(ts)))
		return -EFAULT;
	if (ts.sec < 0 || ts.nsec < 0 || ts.nsec >= (s64)NS_PER_S)
		return -EINVAL;
	*ns = (u64)ts.sec >= NS_MAX / NS_PER_S ? NS_MAX : (u64)ts.sec * NS_PER_S + (u64)ts.nsec;
	return 0;
}

int timespec_out(u64 app, u64 ns)
{
	struct socle_timespec ts = { (s64)(ns / NS_PER_S), (s64)(ns % NS_PER_S) };

	return copy_to_app(app, &ts, sizeof(ts));
}

u64 deadline_after(u64 ns)
{
	return MIN(clock_ns() + ns, WAIT_FOREVER - 1);	/* no wrap: both are far below 2^63 */
}

u64 deadline_at(long clock, u64 ns)
{
	u64 offset = clock == ABI_CLOCK_REALTIME ? clock_realtime_ns() - clock_ns() : 0;

	return ns > offset ? ns - offset : 0;
}

static u64 clock_read(long clock)
{
	struct thread *t = thread_current();

	switch (clock) {
	case ABI_CLOCK_REALTIME:
	case ABI_CLOCK_REALTIME_COARSE:
		return clock_realtime_ns();
	case ABI_CLOCK_THREAD_CPUTIME:
		return READ_ONCE(t->total_ns) + (clock_ns() - READ_ONCE(t->run_start_ns));
	case ABI_CLOCK_PROCESS_CPUTIME:
		return proc_cpu_ns(t->proc);
	default:
		return clock_ns();
	}
}

long sys_clock_gettime(ARGS)
{
	if (a < 0 || a > ABI_CLOCK_BOOTTIME)
		return -EINVAL;
	return timespec_out((u64)b, clock_read(a));
}

static long nanosleep_rest(u64 deadline, bool absolute, u64 app_rest)
{
	u64 now = clock_ns();

	if (!absolute && app_rest && timespec_out(app_rest, deadline > now ? deadline - now : 0))
		return -EFAULT;
	return -EINTR;
}

/* a: clock, b: TIMER_ABSTIME or 0, c: timespec, d: what was left, or 0 */
long sys_clock_nanosleep(ARGS)
{
	struct wait_entry entry = { LIST_INIT(entry.link), thread_current(), false };
	bool absolute = b & ABI_TIMER_ABSTIME;
	u64 ns, deadline;
	int err;

	if (a != ABI_CLOCK_REALTIME && a != ABI_CLOCK_MONOTONIC && a != ABI_CLOCK_BOOTTIME)
		return -EINVAL;
	err = timespec_in((u64)c, &ns);
	if (err)
		return err;
	deadline = absolute ? deadline_at(a, ns) : deadline_after(ns);
	err = wait_sleep(&entry, deadline, true);
	return err == -EINTR ? nanosleep_rest(deadline, absolute, (u64)d) : 0;
}
