/* SPDX-License-Identifier: Apache-2.0 */
/*
 * barrier.c - barriers, spin locks, once
 *
 * A barrier may be destroyed as soon as one thread has returned: destroy waits
 * until all that slept have left it.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include "thread.h"

int pthread_barrier_init(pthread_barrier_t *b, const pthread_barrierattr_t *a, unsigned count)
{
	(void)a;
	if (!count || count > INT_MAX)
		return EINVAL;
	memset(b, 0, sizeof(*b));
	b->total = count;
	return 0;
}

int pthread_barrier_destroy(pthread_barrier_t *b)
{
	unsigned leaving;

	while ((leaving = __atomic_load_n(&b->leaving, __ATOMIC_ACQUIRE)))
		(void)futex_wait(&b->leaving, leaving, CLOCK_MONOTONIC, NULL);
	return 0;
}

static void leave(pthread_barrier_t *b)
{
	if (!__atomic_sub_fetch(&b->leaving, 1, __ATOMIC_ACQ_REL))
		futex_wake(&b->leaving, 1);
}

int pthread_barrier_wait(pthread_barrier_t *b)
{
	unsigned round;

	lock_take(&b->lock, CLOCK_MONOTONIC, NULL);
	round = b->round;
	if (++b->arrived < b->total) {
		lock_release(&b->lock);
		while (__atomic_load_n(&b->round, __ATOMIC_ACQUIRE) == round)
			(void)futex_wait(&b->round, round, CLOCK_MONOTONIC, NULL);
		leave(b);
		return 0;
	}
	b->arrived = 0;
	__atomic_add_fetch(&b->leaving, b->total, __ATOMIC_RELAXED);
	__atomic_store_n(&b->round, round + 1, __ATOMIC_RELEASE);
	lock_release(&b->lock);
	futex_wake(&b->round, INT_MAX);
	leave(b);
	return PTHREAD_BARRIER_SERIAL_THREAD;
}

int pthread_spin_init(pthread_spinlock_t *l, int shared)
{
	(void)shared;
	*l = 0;
	return 0;
}

int pthread_spin_destroy(pthread_spinlock_t *l)
{
	(void)l;
	return 0;
}

int pthread_spin_trylock(pthread_spinlock_t *l)
{
	return __atomic_exchange_n(l, 1, __ATOMIC_ACQUIRE) ? EBUSY : 0;
}

/* The holder may wait for this CPU. */
int pthread_spin_lock(pthread_spinlock_t *l)
{
	for (unsigned tries = 1; pthread_spin_trylock(l); tries++)
		if (!(tries % 64))
			sched_yield();
	return 0;
}

int pthread_spin_unlock(pthread_spinlock_t *l)
{
	__atomic_store_n(l, 0, __ATOMIC_RELEASE);
	return 0;
}

enum { ONCE_NEW, ONCE_RUNS, ONCE_DONE };

int pthread_once(pthread_once_t *once, void (*fn)(void))
{
	int state = ONCE_NEW;

	if (__atomic_compare_exchange_n(once, &state, ONCE_RUNS, false, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE)) {
		fn();
		__atomic_store_n(once, ONCE_DONE, __ATOMIC_RELEASE);
		futex_wake(once, INT_MAX);
	}
	while (__atomic_load_n(once, __ATOMIC_ACQUIRE) == ONCE_RUNS)
		(void)futex_wait(once, ONCE_RUNS, CLOCK_MONOTONIC, NULL);
	return 0;
}
