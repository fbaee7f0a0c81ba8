/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread.c - a thread's life
 */
#include <string.h>
#include <socle/arch.h>
#include <socle/log.h>
#include <socle/mem.h>
#include "sched.h"

#define KSTACK_PAGES 8u

static struct kmem_cache *thread_cache;
static u32 nr_threads;

u32 thread_count(void)
{
	return __atomic_load_n(&nr_threads, __ATOMIC_ACQUIRE);
}

struct thread *thread_current(void)
{
	return arch_thread_current();
}

static void thread_main(void *arg)
{
	struct thread *t = arg;

	sched_thread_begin();
	t->fn(t->fn_arg);
	thread_exit();
}

static struct thread *thread_alloc(void)
{
	struct thread *t = kmem_cache_alloc(thread_cache);

	if (!t)
		return NULL;
	t->kstack = vmap_stack_alloc(KSTACK_PAGES);
	if (!t->kstack) {
		kmem_cache_free(thread_cache, t);
		return NULL;
	}
	t->kstack_bytes = KSTACK_PAGES * PAGE_SIZE;
	__atomic_fetch_add(&nr_threads, 1, __ATOMIC_RELAXED);
	return t;
}

struct thread *thread_create(const char *name, void (*fn)(void *), void *arg, bool start)
{
	struct thread *t;

	if (!thread_cache)
		thread_cache = kmem_cache_create("thread", sizeof(struct thread), 64);
	t = thread_cache ? thread_alloc() : NULL;
	if (!t)
		return NULL;
	memcpy(t->name, name, MIN(strlen(name), sizeof(t->name) - 1));
	t->state = THREAD_BLOCKED;
	t->weight = 100;
	t->refs = 2;			/* the creator's and its own */
	t->fn = fn;
	t->fn_arg = arg;
	t->cpu = arch_cpu_id();
	memset(&t->affinity, 0xff, sizeof(t->affinity));
	list_init(&t->rq_link);
	list_init(&t->proc_link);
	arch_thread_init(t, thread_main, t);
	if (start)
		thread_start(t);
	return t;
}

void thread_start(struct thread *t)
{
	thread_wake(t);
}

/* Its own reference goes after the switch away: the stack is in use until then. */
void thread_exit(void)
{
	arch_irq_disable();
	thread_current()->state = THREAD_DEAD;
	schedule();
	panic("a dead thread runs\n");
}

static struct thread *dead_list;	/* linked through fn_arg */
static struct waitqueue dead_wq = WAITQUEUE_INIT(dead_wq);

void thread_reap(struct thread *t)
{
	void *next = __atomic_load_n(&dead_list, __ATOMIC_RELAXED);

	do
		t->fn_arg = next;
	while (!__atomic_compare_exchange_n(&dead_list, (struct thread **)&next, t, false,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED));
	waitqueue_wake_one(&dead_wq);
}

static void reaper(void *arg)
{
	struct thread *t;

	(void)arg;
	for (;;) {
		wait_event(&dead_wq, READ_ONCE(dead_list) != NULL);
		t = __atomic_exchange_n(&dead_list, NULL, __ATOMIC_ACQUIRE);
		while (t) {
			struct thread *next = t->fn_arg;

			thread_put(t);
			t = next;
		}
	}
}

int thread_reaper_start(void)
{
	struct thread *t = thread_create("reaper", reaper, NULL, true);

	if (!t)
		return -12;		/* ENOMEM */
	thread_put(t);
	return 0;
}

void thread_get(struct thread *t)
{
	__atomic_fetch_add(&t->refs, 1, __ATOMIC_RELAXED);
}

void thread_put(struct thread *t)
{
	if (__atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL))
		return;
	arch_thread_free(t);
	vmap_stack_free(t->kstack, t->kstack_bytes >> PAGE_SHIFT);
	kmem_cache_free(thread_cache, t);
	__atomic_fetch_sub(&nr_threads, 1, __ATOMIC_RELEASE);
}
