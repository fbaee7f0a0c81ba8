/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refine.h - TSC frequency from two far-apart readings of a slow clock
 */
#ifndef X86_REFINE_H
#define X86_REFINE_H

#include <socle/types.h>

#define PM_TIMER_HZ	3579545ull
#define REFINE_MAX_PPM	10000u		/* a larger step is worth a message */

/* A point on both clocks; @pm has run over as often as the counter's width allows. */
struct refine_point { u64 tsc, pm; };

/* @pm24: a new reading of 24 valid bits, less than one round (4.6 s) after @last. */
static inline u64 refine_extend(u64 last, u32 pm24)
{
	return last + ((pm24 - (u32)last) & 0xffffff);
}

/* Frequency between two points [kHz]; 0: they are too near for 10 ppm (100000 ticks, 28 ms). */
static inline u64 refine_khz(const struct refine_point *a, const struct refine_point *b)
{
	u64 ticks = b->pm - a->pm, tsc = b->tsc - a->tsc;

	if (ticks < 100000 || b->tsc <= a->tsc)
		return 0;
	return (tsc / ticks * PM_TIMER_HZ + tsc % ticks * PM_TIMER_HZ / ticks + 500) / 1000;
}

static inline bool refine_plausible(u64 old_khz, u64 new_khz)
{
	u64 diff = new_khz > old_khz ? new_khz - old_khz : old_khz - new_khz;

	return new_khz && diff * 1000000 <= old_khz * REFINE_MAX_PPM;
}

#endif
