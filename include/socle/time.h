/* SPDX-License-Identifier: Apache-2.0 */
/*
 * time.h - the one clock, one-shot timers
 */
#ifndef SOCLE_TIME_H
#define SOCLE_TIME_H

#include <socle/list.h>
#include <socle/types.h>

u64 clock_ns(void);			/* monotonic since boot, same on every CPU */
u64 clock_realtime_ns(void);		/* since 1970 */
u64 clock_tsc_khz(void);		/* host counter frequency */
u64 clock_ns_to_tsc(u64 ns_abs);	/* absolute clock_ns() value to host counter value */

struct timer {
	struct list link;
	u64 deadline_ns;
	u32 cpu;
	bool armed;
	void (*fn)(struct timer *t);	/* interrupt context, interrupts off; may re-arm */
};
void timer_init(struct timer *t, void (*fn)(struct timer *t));
/* On the calling CPU, or the one where its callback runs just now. A deadline in the past fires at once (from the interrupt). Re-arming moves it. */
void timer_arm(struct timer *t, u64 deadline_ns);
/* After return the callback neither runs nor will run. True if it was armed. Not from its own callback. */
bool timer_cancel(struct timer *t);

/* For arch: the timer interrupt of this CPU. */
void timer_interrupt(void);
void ndelay_busy(u64 ns);
#endif
