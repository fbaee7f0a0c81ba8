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

#endif
