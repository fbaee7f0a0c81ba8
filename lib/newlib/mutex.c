/* SPDX-License-Identifier: Apache-2.0 */
/* mutex.c - pthread_mutex_t: the word of futex.c's lock, an owner for the kinds that need one */
#include <errno.h>
#include <string.h>
#include "thread.h"

int pthread_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *a)
{
	memset(m, 0, sizeof(*m));
	m->type = a ? a->type : PTHREAD_MUTEX_DEFAULT;
	return 0;
}

int pthread_mutex_destroy(pthread_mutex_t *m)
{
	return __atomic_load_n(&m->word, __ATOMIC_RELAXED) ? EBUSY : 0;
}

static bool is_mine(const pthread_mutex_t *m)
{
	return __atomic_load_n(&m->owner, __ATOMIC_RELAXED) == (int)my_tid();
}

static void own(pthread_mutex_t *m)
{
	if (m->type == PTHREAD_MUTEX_NORMAL)
		return;
	__atomic_store_n(&m->owner, (int)my_tid(), __ATOMIC_RELAXED);
	m->depth = 1;
}

/* The caller holds it. */
static int again(pthread_mutex_t *m, int errorcheck_says)
{
	if (m->type == PTHREAD_MUTEX_ERRORCHECK)
		return errorcheck_says;
	if (m->depth == __INT_MAX__)
		return EAGAIN;
	m->depth++;
	return 0;
}

static int lock_until(pthread_mutex_t *m, clockid_t clock, const struct timespec *until)
{
	int err;

	if (m->type != PTHREAD_MUTEX_NORMAL && is_mine(m))
		return again(m, EDEADLK);
	err = lock_take(&m->word, clock, until);
	if (!err)
		own(m);
	return err;
}

int pthread_mutex_lock(pthread_mutex_t *m)
{
	return lock_until(m, CLOCK_MONOTONIC, NULL);
}

int pthread_mutex_timedlock(pthread_mutex_t *m, const struct timespec *until)
{
	return lock_until(m, CLOCK_REALTIME, until);
}

int pthread_mutex_clocklock(pthread_mutex_t *m, clockid_t clock, const struct timespec *until)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC ? lock_until(m, clock, until) : EINVAL;
}

int pthread_mutex_trylock(pthread_mutex_t *m)
{
	if (m->type != PTHREAD_MUTEX_NORMAL && is_mine(m))
		return again(m, EBUSY);
	if (!lock_try(&m->word))
		return EBUSY;
	own(m);
	return 0;
}

int pthread_mutex_unlock(pthread_mutex_t *m)
{
	if (m->type != PTHREAD_MUTEX_NORMAL) {
		if (!is_mine(m))
			return EPERM;
		if (--m->depth)
			return 0;
		__atomic_store_n(&m->owner, 0, __ATOMIC_RELAXED);
	}
	lock_release(&m->word);
	return 0;
}
