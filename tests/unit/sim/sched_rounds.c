/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sched_rounds.c - wait queues, mutexes, timers, cross calls, futexes
 */
#include <errno.h>
#include <string.h>
#include <socle/cpu.h>
#include <socle/lock.h>
#include <socle/time.h>
#include "../../../kernel/posix/sys.h"
#include "../fake/app.h"
#include "../fake/sim.h"
#include "scenarios.h"

/* --- a waker and two sleepers: nobody sleeps on (that would be a deadlock) --- */

static struct waitqueue wq;
static u32 tokens, taken;

static bool take_token(void)
{
	u32 n = READ_ONCE(tokens);

	while (n)
		if (__atomic_compare_exchange_n(&tokens, &n, n - 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return true;
	return false;
}

static void sleeper(void *arg)
{
	(void)arg;
	for (u32 i = 0; i < 3; i++) {
		wait_event(&wq, take_token());
		__atomic_fetch_add(&taken, 1, __ATOMIC_SEQ_CST);
	}
}

static void waker(void *arg)
{
	for (u32 i = 0; i < 3; i++) {
		__atomic_fetch_add(&tokens, 1, __ATOMIC_SEQ_CST);
		if (arg)
			waitqueue_wake_one(&wq);
		else
			waitqueue_wake_all(&wq);
	}
}

void wait_round(void)
{
	static u32 one;
	const struct sim_job jobs[] = { { sleeper, NULL }, { sleeper, NULL }, { waker, NULL }, { waker, &one } };

	waitqueue_init(&wq);
	tokens = taken = 0;
	sim_parallel(jobs, 4);
	SIM_ASSERT(taken == 6 && tokens == 0);
}

/* --- a mutex lets one in, and everybody in the end --- */

static struct mutex m;
static u32 inside, turns;

static void mutex_user(void *arg)
{
	(void)arg;
	for (u32 i = 0; i < 4; i++) {
		mutex_lock(&m);
		SIM_ASSERT(inside++ == 0);
		sim_yield();
		turns++;
		sim_yield();
		inside--;
		mutex_unlock(&m);
	}
}

void mutex_round(void)
{
	const struct sim_job jobs[] = { { mutex_user, NULL }, { mutex_user, NULL }, { mutex_user, NULL } };

	mutex_init(&m);
	inside = turns = 0;
	sim_parallel(jobs, 3);
	SIM_ASSERT(turns == 12);
}

/* --- after timer_cancel() the callback neither runs nor will run --- */

struct victim { struct timer t; u64 magic, earliest; u32 fired; };	/* earliest: of all deadlines */

static void on_timer(struct timer *t)
{
	struct victim *v = container_of(t, struct victim, t);

	SIM_ASSERT(clock_ns() >= v->earliest);
	SIM_ASSERT(v->magic == 0x600d);
	sim_yield();
	v->fired++;
	SIM_ASSERT(v->magic == 0x600d);
}

static void timer_user(void *arg)
{
	struct victim *v = kmalloc(sizeof(*v));
	bool was;

	(void)arg;
	v->magic = 0x600d;
	timer_init(&v->t, on_timer);
	v->earliest = clock_ns() + sim_random(3000);
	timer_arm(&v->t, v->earliest);
	if (sim_random(2)) {
		u64 deadline = clock_ns() + sim_random(3000);

		v->earliest = MIN(v->earliest, deadline);
		timer_arm(&v->t, deadline);	/* its callback may be running for the first one */
	}
	for (u64 i = sim_random(4); i; i--)
		sched_yield();		/* may come back on another CPU */
	was = timer_cancel(&v->t);
	SIM_ASSERT(!v->t.armed && (was || v->fired));
	kfree(v);			/* poisoned from here on */
}

static void sleep_until(void *arg)
{
	struct waitqueue never = WAITQUEUE_INIT(never);
	u64 deadline = clock_ns() + sim_random(5000);

	(void)arg;
	SIM_ASSERT(wait_event_deadline(&never, false, deadline, false) == -ETIMEDOUT);
	SIM_ASSERT(clock_ns() >= deadline);
}

void timer_round(void)
{
	const struct sim_job jobs[] = { { timer_user, NULL }, { timer_user, NULL }, { sleep_until, NULL } };

	sim_parallel(jobs, 3);
}

/* --- cross calls run once on each CPU, on that CPU, before the caller goes on --- */

static void mark(void *arg)
{
	u32 *seen = arg;

	seen[cpu_id()]++;
}

static void caller(void *arg)
{
	u32 seen[SIM_MAX_CPUS] = { 0 };
	u32 cpu = (u32)sim_random(cpu_nr_online());

	(void)arg;
	cpu_call_all(mark, seen);
	for (u32 i = 0; i < cpu_nr_online(); i++)
		SIM_ASSERT(seen[i] == 1);
	cpu_call(cpu, mark, seen);
	SIM_ASSERT(seen[cpu] == 2);
}

void cross_call_round(void)
{
	const struct sim_job jobs[] = { { caller, NULL }, { caller, NULL }, { caller, NULL } };

	sim_parallel(jobs, 3);
}

/* --- a lock of an app on a futex: 0 free, 1 taken, 2 taken with sleepers --- */

#define WORD APP_BASE

static u32 *word(void) { return app_ptr(WORD); }

static void app_lock(void)
{
	u32 zero = 0;

	if (__atomic_compare_exchange_n(word(), &zero, 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return;
	while (__atomic_exchange_n(word(), 2, __ATOMIC_SEQ_CST) != 0) {
		long ret = sys_futex((long)WORD, ABI_FUTEX_WAIT, 2, 0, 0, 0);

		SIM_ASSERT(ret == 0 || ret == -EAGAIN);
	}
}

static void app_unlock(void)
{
	if (__atomic_exchange_n(word(), 0, __ATOMIC_SEQ_CST) == 2)
		SIM_ASSERT(sys_futex((long)WORD, ABI_FUTEX_WAKE, 1, 0, 0, 0) >= 0);
}

static void futex_user(void *arg)
{
	(void)arg;
	for (u32 i = 0; i < 3; i++) {
		app_lock();
		SIM_ASSERT(inside++ == 0);
		sim_yield();
		turns++;
		inside--;
		app_unlock();
	}
}

void futex_round(void)
{
	const struct sim_job jobs[] = { { futex_user, NULL }, { futex_user, NULL }, { futex_user, NULL } };

	app_reset();
	futex_init();
	inside = turns = 0;
	sim_parallel(jobs, 3);
	SIM_ASSERT(turns == 9);
	app_reset();
}

/* What futex.c asks of the rest of kernel/posix; the scenarios use no times. */
int timespec_in(u64 app, u64 *ns) { (void)app; *ns = 0; return 0; }
u64 deadline_after(u64 ns) { return clock_ns() + ns; }
u64 deadline_at(long clock, u64 ns) { (void)clock; return ns; }
