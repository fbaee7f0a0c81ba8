/* SPDX-License-Identifier: Apache-2.0 */
/* sync.c - mutexes, conditions, read-write locks, barriers, semaphores, spin locks */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include "t.h"

#define THREADS	4
#define ROUNDS	3000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spin;
static pthread_barrier_t barrier;
static sem_t sem;
static long counter, spin_counter, a, b, torn, serial;

static int run(void *(*fn)(void *), int n)
{
	pthread_t t[THREADS];
	int good = 1;

	for (long i = 0; i < n; i++)
		good &= !pthread_create(&t[i], NULL, fn, (void *)i);
	for (int i = 0; i < n; i++)
		good &= !pthread_join(t[i], NULL);
	return good;
}

static void *count(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		pthread_mutex_unlock(&mutex);
		pthread_spin_lock(&spin);
		spin_counter++;
		pthread_spin_unlock(&spin);
	}
	return NULL;
}

static struct timespec soon(clockid_t clock, int ms)
{
	long long at = t_now_ns(clock) + ms * 1000000ll;

	return (struct timespec){ at / 1000000000, at % 1000000000 };
}

static void *hold(void *arg)
{
	struct timespec until = soon(CLOCK_REALTIME, 20), mono = soon(CLOCK_MONOTONIC, 20), bad = { 0, 1000000000 };

	(void)arg;
	check("trylock of a held mutex", pthread_mutex_trylock(&mutex) == EBUSY);
	check("timedlock runs out", pthread_mutex_timedlock(&mutex, &until) == ETIMEDOUT);
	check("clocklock on CLOCK_MONOTONIC", pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &mono) == ETIMEDOUT);
	check("timedlock: bad time", pthread_mutex_timedlock(&mutex, &bad) == EINVAL);
	return NULL;
}

static void *unlock_other(void *arg)
{
	return (void *)(long)pthread_mutex_unlock(arg);
}

static void mutexes(void)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t m;
	pthread_t t;
	void *err;

	pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
	check("mutex and spin lock under stress", run(count, THREADS) && counter == THREADS * ROUNDS &&
	      spin_counter == counter);
	pthread_mutex_lock(&mutex);
	run(hold, 1);
	pthread_mutex_unlock(&mutex);
	check("spin_trylock", !pthread_spin_trylock(&spin) && pthread_spin_trylock(&spin) == EBUSY &&
	      !pthread_spin_unlock(&spin));

	pthread_mutexattr_init(&attr);
	check("mutex kind: unknown", pthread_mutexattr_settype(&attr, 77) == EINVAL);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&m, &attr);
	check("recursive", !pthread_mutex_lock(&m) && !pthread_mutex_lock(&m) && !pthread_mutex_trylock(&m) &&
	      !pthread_mutex_unlock(&m) && !pthread_mutex_unlock(&m));
	pthread_create(&t, NULL, unlock_other, &m);
	pthread_join(t, &err);
	check("recursive: unlock by another thread", err == (void *)(long)EPERM);
	check("recursive: last unlock", !pthread_mutex_unlock(&m) && pthread_mutex_unlock(&m) == EPERM);
	pthread_mutex_destroy(&m);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&m, &attr);
	check("errorcheck", !pthread_mutex_lock(&m) && pthread_mutex_lock(&m) == EDEADLK &&
	      pthread_mutex_trylock(&m) == EBUSY && !pthread_mutex_unlock(&m) && pthread_mutex_unlock(&m) == EPERM);
	pthread_mutex_destroy(&m);
}

static int turn;

static void *ping(void *arg)
{
	int me = (int)(long)arg;

	pthread_mutex_lock(&mutex);
	for (int i = 0; i < 500; i++) {
		while (turn != me)
			pthread_cond_wait(&cond, &mutex);
		turn = (turn + 1) % THREADS;
		pthread_cond_broadcast(&cond);
	}
	pthread_mutex_unlock(&mutex);
	return NULL;
}

static int items, taken;

static void *consume(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&mutex);
	while (taken + items < 2000 || items) {
		while (!items && taken < 2000)
			pthread_cond_wait(&cond, &mutex);
		if (!items)
			break;
		items--;
		taken++;
	}
	pthread_mutex_unlock(&mutex);
	pthread_cond_broadcast(&cond);
	return NULL;
}

static void produce(void)
{
	pthread_t t[3];

	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, consume, NULL);
	for (int i = 0; i < 2000; i++) {
		pthread_mutex_lock(&mutex);
		items++;
		pthread_mutex_unlock(&mutex);
		pthread_cond_signal(&cond);
	}
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	check("pthread_cond_signal loses nothing", taken == 2000 && !items);
}

static void conditions(void)
{
	struct timespec until = soon(CLOCK_REALTIME, 30);
	pthread_condattr_t attr;
	pthread_cond_t c;
	long long start;

	check("pthread_cond_broadcast, four in turn", run(ping, THREADS) && turn == 0);
	produce();
	pthread_mutex_lock(&mutex);
	check("timedwait runs out", pthread_cond_timedwait(&cond, &mutex, &until) == ETIMEDOUT);
	pthread_condattr_init(&attr);
	check("condattr_setclock", !pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) &&
	      pthread_condattr_setclock(&attr, CLOCK_PROCESS_CPUTIME_ID) == EINVAL);
	pthread_cond_init(&c, &attr);
	start = t_now_ns(CLOCK_MONOTONIC);
	until = soon(CLOCK_MONOTONIC, 30);
	check("timedwait on CLOCK_MONOTONIC", pthread_cond_timedwait(&c, &mutex, &until) == ETIMEDOUT &&
	      t_now_ns(CLOCK_MONOTONIC) - start >= 30000000);
	until = soon(CLOCK_MONOTONIC, -5);
	check("timedwait in the past", pthread_cond_timedwait(&c, &mutex, &until) == ETIMEDOUT);
	pthread_mutex_unlock(&mutex);
	pthread_cond_destroy(&c);
}

static void *read_or_write(void *arg)
{
	for (int i = 0; i < 500; i++) {
		if ((long)arg % 2) {
			pthread_rwlock_wrlock(&rwlock);
			a++;
			sched_yield();
			b++;
			pthread_rwlock_unlock(&rwlock);
		} else {
			pthread_rwlock_rdlock(&rwlock);
			if (a != b)
				__atomic_add_fetch(&torn, 1, __ATOMIC_RELAXED);
			pthread_rwlock_unlock(&rwlock);
		}
	}
	return NULL;
}

static void *try_rwlock(void *arg)
{
	struct timespec until = soon(CLOCK_REALTIME, 20);

	check("tryrdlock beside a reader", !pthread_rwlock_tryrdlock(arg) && !pthread_rwlock_unlock(arg));
	check("trywrlock beside a reader", pthread_rwlock_trywrlock(arg) == EBUSY);
	check("timedwrlock runs out", pthread_rwlock_timedwrlock(arg, &until) == ETIMEDOUT);
	return NULL;
}

static void rwlocks(void)
{
	pthread_t t;

	check("rwlock under stress", run(read_or_write, THREADS) && !torn && a == 1000 && b == 1000);
	pthread_rwlock_rdlock(&rwlock);
	pthread_create(&t, NULL, try_rwlock, &rwlock);
	pthread_join(t, NULL);
	pthread_rwlock_unlock(&rwlock);
	pthread_rwlock_wrlock(&rwlock);
	check("second wrlock of one thread", pthread_rwlock_wrlock(&rwlock) == EDEADLK);
	check("tryrdlock beside a writer", pthread_rwlock_tryrdlock(&rwlock) == EBUSY);
	pthread_rwlock_unlock(&rwlock);
}

static long round_sum[50];

static void *meet(void *arg)
{
	(void)arg;
	for (int i = 0; i < 50; i++) {
		__atomic_add_fetch(&round_sum[i], 1, __ATOMIC_RELAXED);
		if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
			__atomic_add_fetch(&serial, 1, __ATOMIC_RELAXED);
		if (__atomic_load_n(&round_sum[i], __ATOMIC_RELAXED) != THREADS)
			__atomic_add_fetch(&torn, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void *post(void *arg)
{
	(void)arg;
	for (int i = 0; i < 500; i++)
		sem_post(&sem);
	return NULL;
}

static void *wait_sem(void *arg)
{
	(void)arg;
	for (int i = 0; i < 500; i++)
		sem_wait(&sem);
	return NULL;
}

static void *both(void *arg)
{
	return (long)arg % 2 ? post(NULL) : wait_sem(NULL);
}

static void rest(void)
{
	struct timespec until = soon(CLOCK_REALTIME, 20);
	int value = -1;

	check("barrier: no threads", pthread_barrier_init(&barrier, NULL, 0) == EINVAL);
	pthread_barrier_init(&barrier, NULL, THREADS);
	torn = 0;
	check("barrier, 50 rounds", run(meet, THREADS) && !torn && serial == 50);
	check("barrier destroyed", !pthread_barrier_destroy(&barrier));
	sem_init(&sem, 0, 1);
	check("sem_trywait", !sem_trywait(&sem) && sem_trywait(&sem) == -1 && errno == EAGAIN);
	check("sem_timedwait runs out", sem_timedwait(&sem, &until) == -1 && errno == ETIMEDOUT);
	check("semaphore under stress", run(both, THREADS) && !sem_getvalue(&sem, &value) && value == 0);
	check("sem_init: too large", sem_init(&sem, 0, 0x80000000u) == -1 && errno == EINVAL);
}

int main(void)
{
	mutexes();
	conditions();
	rwlocks();
	rest();
	return t_failed != 0;
}
