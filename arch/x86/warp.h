/* SPDX-License-Identifier: Apache-2.0 */
/*
 * warp.h - is the TSC of two CPUs one clock?
 *
 * Two CPUs read their TSC in turn under one lock. A value below the one that
 * the other CPU read before is a warp: time would go back for a thread that
 * moves. The state is neutral, so that a host program can feed it.
 */
#ifndef X86_WARP_H
#define X86_WARP_H

#include <socle/types.h>

struct warp {
	u64 last;			/* highest value seen */
	u32 last_cpu;
	u32 turns;			/* how often the CPU changed: no turn proves nothing */
	u64 worst;			/* largest step back */
};

/* One reading of @cpu, in the order of the lock. */
static inline void warp_observe(struct warp *w, u32 cpu, u64 tsc)
{
	if (cpu != w->last_cpu)
		w->turns++;
	w->last_cpu = cpu;
	if (tsc < w->last)
		w->worst = MAX(w->worst, w->last - tsc);
	else
		w->last = tsc;
}

/* Boot CPU and new CPU @id run them at the same time, interrupts off on the new one. */
void warp_source(u32 id);
void warp_target(u32 id);

#endif
