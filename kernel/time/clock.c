/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.c - nanoseconds from the counter
 *
 * ns = (counter - base) * mult >> 32, with mult = 2^32 * 1e6 / kHz. The
 * product is taken in 128 bits, so there is no point at which it wraps.
 */
#include <socle/arch.h>
#include <socle/clock.h>
#include <socle/time.h>

static u64 base, khz = 1000000, mult = 1ull << 32, realtime_base_ns;

void clock_setup(u64 counter_khz, u64 counter_base, u64 realtime_s)
{
	khz = counter_khz;
	base = counter_base;
	mult = (1000000ull << 32) / khz;
	realtime_base_ns = realtime_s * 1000000000ull;
}

u64 clock_counter_to_ns(u64 counter)
{
	return (u64)((unsigned __int128)(counter - base) * mult >> 32);
}

u64 clock_ns(void)
{
	u64 now = arch_counter();

	return now < base ? 0 : clock_counter_to_ns(now);
}

u64 clock_realtime_ns(void)
{
	return realtime_base_ns + clock_ns();
}

u64 clock_tsc_khz(void)
{
	return khz;
}

/* Rounded up: a timer programmed to the result never fires early. */
u64 clock_ns_to_tsc(u64 ns)
{
	u64 ms = ns / 1000000, rest = ns % 1000000;

	if (ns >= 1ull << 60)
		return ~0ull - 1;
	return base + ms * khz + rest * khz / 1000000 + 2;
}

void ndelay_busy(u64 ns)
{
	u64 end = clock_ns() + ns;

	while (clock_ns() < end)
		arch_cpu_relax();
}
