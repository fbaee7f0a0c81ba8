/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rwlock.c - pthread_rwlock_t, readers first
 *
 * A waiter counts itself, reads seq, looks at the word again and sleeps while
 * seq has that value; a release changes the word, then seq, then looks for
 * waiters. All of it is sequentially consistent, so one of both sees the other.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include "thread.h"

int pthread_rwlock_init(pthread_rwlock_t *l, const pthread_rwlockattr_t *a)
{
	(void)a;
	memset(l, 0, sizeof(*l));
	return 0;
}

int pthread_rwlock_destroy(pthread_rwlock_t *l)
{
	return __atomic_load_n(&l->word, __ATOMIC_RELAXED) ? EBUSY : 0;
}

int pthread_rwlock_tryrdlock(pthread_rwlock_t *l)
{
	int word = __atomic_load_n(&l->word, __ATOMIC_SEQ_CST);

	while (word >= 0 && word < INT_MAX)
		if (__atomic_compare_exchange_n(&l->word, &word, word + 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return 0;
	return word < 0 ? EBUSY : EAGAIN;
}

int pthread_rwlock_trywrlock(pthread_rwlock_t *l)
{
	int zero = 0;

	if (!__atomic_compare_exchange_n(&l->word, &zero, -1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return EBUSY;
	__atomic_store_n(&l->owner, (int)my_tid(), __ATOMIC_RELAXED);
	return 0;
}

static int wait_for(pthread_rwlock_t *l, int (*try)(pthread_rwlock_t *), const struct timespec *until)
{
	int err = try(l);

	if (err != EBUSY)
		return err;
	if (__atomic_load_n(&l->owner, __ATOMIC_RELAXED) == (int)my_tid())
		return EDEADLK;
	__atomic_add_fetch(&l->waiters, 1, __ATOMIC_SEQ_CST);
	for (;;) {
		unsigned seq = __atomic_load_n(&l->seq, __ATOMIC_SEQ_CST);
		int slept;

		err = try(l);
		if (err != EBUSY)
			break;
		slept = futex_wait(&l->seq, seq, CLOCK_REALTIME, until);
		if (slept == ETIMEDOUT || slept == EINVAL) {
			err = slept;
			break;
		}
	}
	__atomic_sub_fetch(&l->waiters, 1, __ATOMIC_SEQ_CST);
	return err;
}

int pthread_rwlock_rdlock(pthread_rwlock_t *l)
{
	return wait_for(l, pthread_rwlock_tryrdlock, NULL);
}

int pthread_rwlock_timedrdlock(pthread_rwlock_t *l, const struct timespec *until)
{
	return wait_for(l, pthread_rwlock_tryrdlock, until);
}

int pthread_rwlock_wrlock(pthread_rwlock_t *l)
{
	return wait_for(l, pthread_rwlock_trywrlock, NULL);
}

int pthread_rwlock_timedwrlock(pthread_rwlock_t *l, const struct timespec *until)
{
	return wait_for(l, pthread_rwlock_trywrlock, until);
}

int pthread_rwlock_unlock(pthread_rwlock_t *l)
{
	if (__atomic_load_n(&l->word, __ATOMIC_RELAXED) < 0) {
		__atomic_store_n(&l->owner, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&l->word, 0, __ATOMIC_SEQ_CST);
	} else if (__atomic_sub_fetch(&l->word, 1, __ATOMIC_SEQ_CST)) {
		return 0;
	}
	__atomic_add_fetch(&l->seq, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&l->waiters, __ATOMIC_SEQ_CST))
		futex_wake(&l->seq, INT_MAX);
	return 0;
}
