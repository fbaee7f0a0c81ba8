/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selftest.c - option selftest: threads, timers, memory, cross calls on the real machine
 *
 * Prints one line "selftest: NAME passed|failed" each and a last line with the counts.
 */
#include <string.h>
#include <socle/arch.h>
#include <socle/cpu.h>
#include <socle/log.h>
#include <socle/mem.h>
#include <socle/net.h>
#include <socle/sched.h>
#include <socle/time.h>
#include "selftest.h"

#define THREADS 16u
#define ROUNDS 200u

struct shared {
	struct mutex lock;
	struct waitqueue wq;
	u32 done, turns;
	u64 cpus_seen, all, deadline;
};

static void worker(void *arg)
{
	struct shared *s = arg;

	for (u32 i = 0; i < ROUNDS || (READ_ONCE(s->cpus_seen) != s->all && clock_ns() < s->deadline); i++) {
		mutex_lock(&s->lock);
		s->turns++;
		s->cpus_seen |= BIT(cpu_id());
		mutex_unlock(&s->lock);
		sched_yield();
	}
	__atomic_fetch_add(&s->done, 1, __ATOMIC_SEQ_CST);
	waitqueue_wake_all(&s->wq);
}

/* Every thread gets its turns, and all CPUs take part. */
static bool threads_share_a_mutex(void)
{
	struct shared s = {
		.lock = MUTEX_INIT(s.lock), .wq = WAITQUEUE_INIT(s.wq),
		.all = BIT(cpu_nr_online()) - 1, .deadline = clock_ns() + 60000000000ull,
	};

	for (u32 i = 0; i < THREADS; i++) {
		struct thread *t = thread_create("worker", worker, &s, true);

		if (!t)
			return false;
		thread_put(t);
	}
	wait_event(&s.wq, READ_ONCE(s.done) == THREADS);
	mutex_lock(&s.lock);		/* the last waker has left the queue */
	mutex_unlock(&s.lock);
	return s.turns >= THREADS * ROUNDS && s.cpus_seen == s.all;
}

static bool sleep_ends_at_its_deadline(void)
{
	struct waitqueue wq = WAITQUEUE_INIT(wq);
	u64 deadline = clock_ns() + 2000000;
	int err = wait_event_deadline(&wq, false, deadline, false);

	return err < 0 && clock_ns() >= deadline;
}

static void spin_until(void *arg)
{
	while (!__atomic_load_n((bool *)arg, __ATOMIC_ACQUIRE))
		arch_cpu_relax();
}

/* A thread that never gives up the CPU does not keep it: one spinner more than CPUs. */
static bool spinners_are_preempted(void)
{
	bool stop = false;
	u32 nr = cpu_nr_online() + 1;
	struct thread *t[MAX_CPUS + 1];

	for (u32 i = 0; i < nr; i++) {
		t[i] = thread_create("spinner", spin_until, &stop, true);
		if (!t[i])
			return false;
	}
	(void)sleep_ends_at_its_deadline();
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	for (u32 i = 0; i < nr; i++) {
		while (READ_ONCE(t[i]->state) != THREAD_DEAD)
			sched_yield();
		thread_put(t[i]);
	}
	return true;
}

static void mark(void *arg)
{
	__atomic_fetch_or((u64 *)arg, BIT(cpu_id()), __ATOMIC_SEQ_CST);
}

static bool cross_call_reaches_every_cpu(void)
{
	u64 seen = 0, one = 0;

	cpu_call_all(mark, &seen);
	cpu_call(cpu_nr_online() - 1, mark, &one);
	return seen == BIT(cpu_nr_online()) - 1 && one == BIT(cpu_nr_online() - 1);
}

/* A page in use holds its address; none is given out twice and all come back. */
static bool memory_comes_back(void)
{
	static void *held[512];
	struct phys_stats before, after;
	u64 bytes;
	bool ok = true;

	while (thread_count() > 2)	/* this one and the reaper */
		sched_yield();
	bytes = kmem_bytes_in_use();
	phys_get_stats(&before);
	for (u32 i = 0; i < ARRAY_SIZE(held); i++) {
		held[i] = i & 1 ? page_alloc() : kmalloc(16u << (i % 11));
		if (!held[i])
			return false;
		*(void **)held[i] = held[i];
	}
	for (u32 i = 0; i < ARRAY_SIZE(held); i++) {
		ok &= *(void **)held[i] == held[i];
		if (i & 1)
			page_free(held[i]);
		else
			kfree(held[i]);
	}
	phys_get_stats(&after);
	return ok && before.free_pages == after.free_pages && bytes == kmem_bytes_in_use();
}

/* The image's text cannot be written, its data not executed; tried by the page tables' own answer. */
static bool stack_has_guards(void)
{
	struct thread *t = thread_current();
	hpa_t pa;

	return !arch_lookup((u64)t->kstack, &pa) && arch_lookup((u64)t->kstack - 1, &pa) &&
	       arch_lookup((u64)t->kstack + t->kstack_bytes, &pa);
}

/* With the machine's two nodes of `-numa`: each CPU gets memory near it. */
static void alloc_here(void *arg)
{
	void *page = page_alloc();

	if (!page || phys_node_of(ptr_to_hpa(page)) != arch_node())
		__atomic_fetch_or((u64 *)arg, BIT(cpu_id()), __ATOMIC_SEQ_CST);
	if (page)
		page_free(page);
}

static bool memory_is_near(void)
{
	u64 wrong = 0;

	for (u32 cpu = 0; cpu < cpu_nr_online(); cpu++)
		cpu_call(cpu, alloc_here, &wrong);
	log_notice("selftest: %u nodes\n", phys_nr_nodes());
	return !wrong;
}

static const struct { const char *name; bool (*fn)(void); } tests[] = {
	{ "threads_share_a_mutex", threads_share_a_mutex },
	{ "sleep_ends_at_its_deadline", sleep_ends_at_its_deadline },
	{ "spinners_are_preempted", spinners_are_preempted },
	{ "cross_call_reaches_every_cpu", cross_call_reaches_every_cpu },
	{ "memory_comes_back", memory_comes_back },
	{ "stack_has_guards", stack_has_guards },
	{ "memory_is_near", memory_is_near },
	{ "msi_arrives", selftest_msi },
	{ "nmi_comes_and_goes", arch_test_nmi },
#ifdef CONFIG_LWIP	/* last: the stack's thread stays, with what it allocates */
	{ "datagram_over_loopback", net_selftest_udp },
	{ "connection_over_loopback", net_selftest_tcp },
#endif
};

u32 selftest_run(void)
{
	u32 failed = 0;

	for (u32 i = 0; i < ARRAY_SIZE(tests); i++) {
		bool ok = tests[i].fn();

		failed += !ok;
		log_notice("selftest: %s %s\n", tests[i].name, ok ? "passed" : "failed");
	}
	log_notice("selftest: %u passed, %u failed on %u CPUs\n",
		   (u32)ARRAY_SIZE(tests) - failed, failed, cpu_nr_online());
	return failed;
}
