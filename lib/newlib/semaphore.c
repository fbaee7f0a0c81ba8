/* SPDX-License-Identifier: Apache-2.0 */
/* semaphore.c - unnamed semaphores; the value is the futex */
#include <errno.h>
#include <semaphore.h>
#include "thread.h"

static int fail(int err)
{
	errno = err;
	return -1;
}

int sem_init(sem_t *s, int shared, unsigned value)
{
	(void)shared;
	if (value > SEM_VALUE_MAX)
		return fail(EINVAL);
	*s = (sem_t){ .value = value };
	return 0;
}

int sem_destroy(sem_t *s)
{
	(void)s;
	return 0;
}

static bool try_take(sem_t *s)
{
	unsigned v = __atomic_load_n(&s->value, __ATOMIC_SEQ_CST);

	while (v)
		if (__atomic_compare_exchange_n(&s->value, &v, v - 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return true;
	return false;
}

int sem_trywait(sem_t *s)
{
	return try_take(s) ? 0 : fail(EAGAIN);
}

int sem_clockwait(sem_t *s, clockid_t clock, const struct timespec *until)
{
	int err = 0;

	cancel_check();
	if (try_take(s))
		return 0;
	__atomic_add_fetch(&s->waiters, 1, __ATOMIC_SEQ_CST);	/* pairs with sem_post() */
	while (!try_take(s)) {
		err = futex_wait(&s->value, 0, clock, until);
		if (err && err != EAGAIN)
			break;
		err = 0;
	}
	__atomic_sub_fetch(&s->waiters, 1, __ATOMIC_SEQ_CST);
	if (err)
		cancel_check();
	return err ? fail(err) : 0;
}

int sem_wait(sem_t *s)
{
	return sem_clockwait(s, CLOCK_MONOTONIC, NULL);
}

int sem_timedwait(sem_t *s, const struct timespec *until)
{
	return sem_clockwait(s, CLOCK_REALTIME, until);
}

int sem_post(sem_t *s)
{
	unsigned v = __atomic_load_n(&s->value, __ATOMIC_SEQ_CST);

	do {
		if (v == SEM_VALUE_MAX)
			return fail(EOVERFLOW);
	} while (!__atomic_compare_exchange_n(&s->value, &v, v + 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	if (__atomic_load_n(&s->waiters, __ATOMIC_SEQ_CST))
		futex_wake(&s->value, 1);
	return 0;
}

int sem_getvalue(sem_t *s, int *value)
{
	*value = (int)__atomic_load_n(&s->value, __ATOMIC_RELAXED);
	return 0;
}
