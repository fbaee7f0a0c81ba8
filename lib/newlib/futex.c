/* SPDX-License-Identifier: Apache-2.0 */
/*
 * futex.c - sleeping on a word; the port's small lock
 *
 * Lock word: 0 free, 1 held, 2 held and perhaps waited for (Ulrich Drepper,
 * "Futexes Are Tricky", mutex 2).
 */
#include <errno.h>
#include "thread.h"

#define FUTEX_WAIT_BITSET	9
#define FUTEX_WAKE		1
#define FUTEX_CLOCK_REALTIME	256
#define ANY_BIT			0xffffffffl

int futex_wait(const volatile void *word, uint32_t value, clockid_t clock, const struct timespec *timeout)
{
	long op = FUTEX_WAIT_BITSET | (clock == CLOCK_REALTIME ? FUTEX_CLOCK_REALTIME : 0);

	if (timeout && (timeout->tv_nsec < 0 || timeout->tv_nsec > 999999999))
		return EINVAL;
	if (timeout && timeout->tv_sec < 0)
		return ETIMEDOUT;
	return (int)-RAW(futex, word, op, value, timeout, 0, ANY_BIT);
}

void futex_wake(const volatile void *word, int nr)
{
	RAW(futex, word, FUTEX_WAKE, nr, 0, 0, 0);
}

bool lock_try(int *word)
{
	int zero = 0;

	return __atomic_compare_exchange_n(word, &zero, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

int lock_take(int *word, clockid_t clock, const struct timespec *timeout)
{
	if (lock_try(word))
		return 0;
	while (__atomic_exchange_n(word, 2, __ATOMIC_ACQUIRE)) {
		int err = futex_wait(word, 2, clock, timeout);

		if (err == ETIMEDOUT || err == EINVAL)
			return err;
	}
	return 0;
}

void lock_release(int *word)
{
	if (__atomic_exchange_n(word, 0, __ATOMIC_RELEASE) == 2)
		futex_wake(word, 1);
}
