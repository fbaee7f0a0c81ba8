/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cond.c - pthread_cond_t
 *
 * A waiter reads seq while it holds the mutex and sleeps while seq has that
 * value; a signal changes seq first and wakes then, so one that comes between
 * the waiter's unlock and its sleep is not lost. Waiters may wake for nothing.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include "thread.h"

int pthread_cond_init(pthread_cond_t *c, const pthread_condattr_t *a)
{
	memset(c, 0, sizeof(*c));
	c->clock = a ? a->clock : CLOCK_REALTIME;
	return 0;
}

int pthread_cond_destroy(pthread_cond_t *c)
{
	(void)c;
	return 0;
}

int pthread_cond_clockwait(pthread_cond_t *c, pthread_mutex_t *m, clockid_t clock, const struct timespec *until)
{
	unsigned seq = __atomic_load_n(&c->seq, __ATOMIC_SEQ_CST);
	int err, locked;

	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
		return EINVAL;
	if (until && (until->tv_nsec < 0 || until->tv_nsec > 999999999))
		return EINVAL;
	cancel_check();
	__atomic_add_fetch(&c->waiters, 1, __ATOMIC_SEQ_CST);	/* pairs with wake(): it sees us or we see its seq */
	err = pthread_mutex_unlock(m);
	if (!err)
		err = futex_wait(&c->seq, seq, clock, until);
	__atomic_sub_fetch(&c->waiters, 1, __ATOMIC_SEQ_CST);
	if (err == EPERM)
		return err;
	locked = pthread_mutex_lock(m);
	cancel_check();
	return locked ? locked : err == ETIMEDOUT ? ETIMEDOUT : 0;
}

int pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m)
{
	return pthread_cond_clockwait(c, m, CLOCK_MONOTONIC, NULL);
}

int pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until)
{
	return pthread_cond_clockwait(c, m, c->clock, until);
}

static int wake(pthread_cond_t *c, int nr)
{
	__atomic_add_fetch(&c->seq, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&c->waiters, __ATOMIC_SEQ_CST))
		futex_wake(&c->seq, nr);
	return 0;
}

int pthread_cond_signal(pthread_cond_t *c)
{
	return wake(c, 1);
}

int pthread_cond_broadcast(pthread_cond_t *c)
{
	return wake(c, INT_MAX);
}
