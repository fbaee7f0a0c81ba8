/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refine.c - the TSC's frequency against the ACPI PM timer, in the background
 *
 * A timer looks at both clocks at growing distances until the clock is frozen.
 * A frequency that was stated is only compared. ACPI 6.5, 4.8.3.3 (PM timer).
 */
#include <socle/acpi.h>
#include <socle/arch.h>
#include <socle/clock.h>
#include <socle/log.h>
#include <socle/time.h>
#include <asm/io.h>
#include "priv.h"
#include "refine.h"

#define FIRST_NS	100000000ull
#define LONGEST_NS	2000000000ull	/* the PM timer's 24 bits hold 4.6 s */
#define LEAD_MS		50u	/* until a new frequency counts */
#define READ_TRIES	5u

static bool measured;			/* not stated by somebody who knows */
static u16 pm_port;
static struct refine_point first, last;
static u64 distance_ns = FIRST_NS;
static struct timer timer;

void refine_init(bool was_measured)
{
	measured = was_measured;
}

/* The reading with the shortest time around it: nothing came in between. */
static struct refine_point read_point(u64 last_pm)
{
	struct refine_point best = { 0 };
	u64 shortest = ~0ull;

	for (u32 i = 0; i < READ_TRIES; i++) {
		u64 before = rdtsc_ordered(), after;
		u32 pm = inl(pm_port);

		after = rdtsc_ordered();
		if (after - before >= shortest)
			continue;
		shortest = after - before;
		best = (struct refine_point){ before + shortest / 2, refine_extend(last_pm, pm) };
	}
	return best;
}

static void compare(void)
{
	u64 khz = refine_khz(&first, &last), old = clock_tsc_khz();

	if (!khz || khz == old)
		return;
	if (!refine_plausible(old, khz))
		LOG_RATELIMIT(LOG_NOTICE, "clock: TSC %lu kHz, but %lu kHz by the PM timer\n", old, khz);
	if (measured && clock_adjust(khz, rdtsc() + old * LEAD_MS))
		log_debug("clock: TSC %lu kHz (PM timer)\n", khz);
}

static void look(struct timer *t)
{
	if (clock_is_frozen())
		return;
	last = read_point(last.pm);
	compare();
	distance_ns = MIN(distance_ns * 2, LONGEST_NS);
	timer_arm(t, clock_ns() + distance_ns);
}

void refine_start(void)
{
	pm_port = acpi_pm_timer_port();
	if (!pm_port)
		return;
	first = last = read_point(0);
	timer_init(&timer, look);
	timer_arm(&timer, clock_ns() + distance_ns);
}
