/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.h - between the architecture that calibrates the counter and kernel/time
 */
#ifndef SOCLE_CLOCK_H
#define SOCLE_CLOCK_H

#include <socle/types.h>

/* @counter_base: value that is clock_ns() 0; @realtime_s: seconds since 1970 then, 0 unknown */
void clock_setup(u64 counter_khz, u64 counter_base, u64 realtime_s);
u64 clock_counter_to_ns(u64 counter);

/**
 * clock_adjust - a better measurement of the counter's frequency
 * @counter: from which value on it counts: one that no CPU will have reached before this returns
 * Return: true if it was taken; false after clock_freeze(), after CLOCK_MAX_ADJUSTMENTS of them, or
 * with the one before still to come
 */
bool clock_adjust(u64 khz, u64 counter);
#define CLOCK_MAX_ADJUSTMENTS 15
/* The first VM exists: from now on clock_tsc_khz() never changes. */
void clock_freeze(void);
bool clock_is_frozen(void);

/* Every CPU's counter was seen in step with the boot CPU's when it was started (arch). */
bool clock_tsc_is_stable(void);

#endif
