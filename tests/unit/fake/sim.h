/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim.h - a simulated machine for the neutral kernel: some CPUs, one host thread
 *
 * The real scheduler, wait queues, timers and cross calls run on it. At each
 * yield point (yield.h) the seed decides which CPU goes on, so that a run
 * repeats exactly. Memory is sequentially consistent: what is explored is the
 * order of steps, not the weakness of a memory model.
 */
#ifndef TEST_FAKE_SIM_H
#define TEST_FAKE_SIM_H

#include <socle/sched.h>
#include <socle/types.h>

#define SIM_MAX_CPUS 4u

/* Boots @nr_cpus, runs @test in a thread and returns when it does. */
void sim_run(u32 nr_cpus, void (*test)(void));
/* Another random stream; also how eagerly CPUs change (from the seed). Resets the step count. */
void sim_round(u64 seed);
u64 sim_random(u64 below);
void sim_sleep(u64 ns);			/* threads only; a step takes about 50 ns */
void sim_yield(void);
u64 sim_steps(void);			/* yield points since sim_round() */
/* Prints seed, round and reason, then ends the program with status 1. */
void sim_fail(const char *fmt, ...) __printf(1, 2) __noreturn;
#define SIM_ASSERT(c) do { if (!(c)) sim_fail("%s:%d: %s", __FILE__, __LINE__, #c); } while (0)

/* True while an interrupt waits for this CPU: what ends guest mode. */
bool sim_interrupt_pending(void);
/* Objects of the allocators that were not freed. */
u64 sim_allocations(void);

/* A scenario: @round is called @rounds times with fresh seeds, for a first look a hundredth of that unless
 * CHECK is set. Environment: SEED, ROUNDS. */
int sim_main(const char *name, u32 nr_cpus, u64 rounds, void (*round)(void));
/* In a round: starts @nr threads fn(arg[i]) in random order, waits until all ended. */
struct sim_job { void (*fn)(void *); void *arg; };
void sim_parallel(const struct sim_job *jobs, u32 nr);

#endif
