/* SPDX-License-Identifier: Apache-2.0 */
/*
 * warp.c - cross-CPU test of the TSC, with each CPU that is started
 *
 * Steps back are searched between the boot CPU and every other one; two CPUs
 * that are both in step with it are in step with each other up to the time
 * that one lock hand-over takes.
 */
#include <socle/arch.h>
#include <socle/clock.h>
#include <socle/log.h>
#include <asm/io.h>
#include "warp.h"

#define MIN_TURNS	64u
#define MAX_ROUNDS	2000000u	/* of both: an emulator may run its CPUs in long slices */

static struct {
	bool lock;
	u32 phase, rounds;
	struct warp w;
} test;

static u64 worst;
static bool uncertain;

static void observe(u32 cpu)
{
	while (__atomic_test_and_set(&test.lock, __ATOMIC_ACQUIRE))
		arch_cpu_relax();
	warp_observe(&test.w, cpu, rdtsc_ordered());
	test.rounds++;
	__atomic_clear(&test.lock, __ATOMIC_RELEASE);
}

static bool done(void)
{
	return READ_ONCE(test.w.turns) >= MIN_TURNS || READ_ONCE(test.rounds) >= MAX_ROUNDS;
}

/* The new CPU is ready, the boot CPU goes, the new CPU has ended; each sets what the other waits for. */
enum { IDLE, READY, GO, ENDED };

static void phase_set(u32 phase)
{
	__atomic_store_n(&test.phase, phase, __ATOMIC_RELEASE);
}

static void phase_wait(u32 phase)
{
	while (__atomic_load_n(&test.phase, __ATOMIC_ACQUIRE) != phase)
		arch_cpu_relax();
}

void warp_target(u32 id)
{
	phase_set(READY);
	phase_wait(GO);
	while (!done())
		observe(id);
	phase_set(ENDED);
}

void warp_source(u32 id)
{
	phase_wait(READY);
	phase_set(GO);
	while (!done())
		observe(0);
	phase_wait(ENDED);
	worst = MAX(worst, test.w.worst);
	uncertain |= test.w.turns < MIN_TURNS;
	if (test.w.worst)
		log_notice("clock: TSC of CPU %u goes back by up to %lu\n", id, test.w.worst);
	test.w = (struct warp){ 0 };
	test.rounds = 0;
	phase_set(IDLE);
}

bool clock_tsc_is_stable(void)
{
	return !worst && !uncertain;
}
