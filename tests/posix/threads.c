/* SPDX-License-Identifier: Apache-2.0 */
/* threads.c - create, join, detach, attributes, thread-local data, cancellation */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "t.h"

#define THREADS 16

static __thread int tls_data = 77;
static __thread char tls_bss[3000];
static __thread _Alignas(64) long tls_aligned = 5;
static pthread_key_t key;
static int dtor_runs, once_runs, cleanups;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t gate;

static void count_dtor(void *value)
{
	if (value)
		__atomic_add_fetch(&dtor_runs, 1, __ATOMIC_RELAXED);
}

static void count_once(void)
{
	once_runs++;
}

static void *body(void *arg)
{
	long n = (long)arg, sum = 0;

	if (tls_data != 77 || tls_bss[0] || tls_bss[2999] || tls_aligned != 5 || ((uintptr_t)&tls_aligned & 63))
		return NULL;
	tls_data = (int)n;
	memset(tls_bss, (int)n, sizeof(tls_bss));
	tls_aligned = n;
	errno = (int)n;
	pthread_setspecific(key, (void *)(n + 1));
	pthread_once(&once, count_once);
	for (int i = 0; i < 200; i++) {
		char *p = malloc((size_t)(100 + i));

		memset(p, (int)n, 100);
		sched_yield();
		sum += p[99];
		free(p);
	}
	if (tls_data != n || tls_bss[2999] != n || errno != n || sum != 200 * n || tls_aligned != n ||
	    pthread_getspecific(key) != (void *)(n + 1))
		return NULL;
	return (void *)(n * n + 1);
}

static void many(void)
{
	pthread_t t[THREADS];
	int good = 1;

	pthread_key_create(&key, count_dtor);
	for (long i = 0; i < THREADS; i++)
		good &= !pthread_create(&t[i], NULL, body, (void *)i);
	check("threads start", good);
	for (long i = 0; i < THREADS; i++) {
		void *result;

		good &= !pthread_join(t[i], &result) && result == (void *)(i * i + 1);
	}
	check("results come back by pthread_join; each has its own errno, TLS, keys", good);
	check("TLS of the first thread is untouched", tls_data == 77 && !tls_bss[5] && tls_aligned == 5);
	check("destructors of keys ran", dtor_runs == THREADS);
	check("pthread_once ran once", once_runs == 1);
	pthread_key_delete(key);
}

static void *deep(void *arg)
{
	volatile char big[200 * 1024];

	for (size_t i = 0; i < sizeof(big); i += 1024)
		big[i] = 1;
	(void)arg;
	return (void *)(long)big[1024];
}

static void *post(void *arg)
{
	sem_post(arg);
	return NULL;
}

static void attributes(void)
{
	static char stack[128 * 1024] __attribute__((aligned(4096)));
	pthread_attr_t a;
	pthread_t t;
	void *result, *low;
	size_t bytes;
	char name[16];
	int state;

	pthread_attr_init(&a);
	check("stack size: too small", pthread_attr_setstacksize(&a, 100) == EINVAL);
	check("stack size: set", !pthread_attr_setstacksize(&a, 512 * 1024));
	pthread_attr_getstacksize(&a, &bytes);
	check("stack size: read back", bytes == 512 * 1024);
	check("thread uses its stack", !pthread_create(&t, &a, deep, NULL) && !pthread_join(t, &result) &&
	      result == (void *)1);
	pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
	pthread_attr_getdetachstate(&a, &state);
	check("detach state", state == PTHREAD_CREATE_DETACHED && pthread_attr_setdetachstate(&a, 7) == EINVAL);
	check("detached thread", !pthread_create(&t, &a, post, &gate) && !sem_wait(&gate));
	pthread_attr_destroy(&a);
	pthread_attr_init(&a);
	check("own stack", !pthread_attr_setstack(&a, stack, sizeof(stack)) && !pthread_create(&t, &a, post, &gate) &&
	      !sem_wait(&gate) && !pthread_join(t, NULL));
	pthread_attr_destroy(&a);
	check("pthread_detach", !pthread_create(&t, NULL, post, &gate) && !pthread_detach(t) && !sem_wait(&gate));
	check("name", !pthread_setname_np(pthread_self(), "first") &&
	      !pthread_getname_np(pthread_self(), name, sizeof(name)) && !strcmp(name, "first"));
	check("name: too long", pthread_setname_np(pthread_self(), "a name of over 15 letters") == ERANGE);
	check("pthread_getattr_np", !pthread_getattr_np(pthread_self(), &a) && !pthread_attr_getstack(&a, &low, &bytes) &&
	      (char *)&a >= (char *)low && (char *)&a < (char *)low + bytes);
	check("pthread_equal", pthread_equal(pthread_self(), pthread_self()));
	check("pthread_join of itself", pthread_join(pthread_self(), NULL) == EDEADLK);
}

static void *on_cpu(void *arg)
{
	(void)arg;
	return (void *)(long)(sched_getcpu() == 0);
}

static void affinity(void)
{
	cpu_set_t all, one;
	pthread_attr_t a;
	pthread_t t;
	void *result;

	check("sched_getaffinity", !sched_getaffinity(0, sizeof(all), &all) && CPU_COUNT(&all) >= 1);
	check("CPUs online", sysconf(_SC_NPROCESSORS_ONLN) >= CPU_COUNT(&all));
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	pthread_attr_init(&a);
	check("thread pinned by attribute", !pthread_attr_setaffinity_np(&a, sizeof(one), &one) &&
	      !pthread_create(&t, &a, on_cpu, NULL) && !pthread_join(t, &result));
	check("pthread_setaffinity_np", !pthread_setaffinity_np(pthread_self(), sizeof(one), &one) && sched_getcpu() == 0);
	check("pthread_getaffinity_np", !pthread_getaffinity_np(pthread_self(), sizeof(one), &one) && CPU_COUNT(&one) == 1 &&
	      CPU_ISSET(0, &one));
	CPU_ZERO(&one);
	check("empty affinity", pthread_setaffinity_np(pthread_self(), sizeof(one), &one) == EINVAL);
	check("affinity restored", !sched_setaffinity(0, sizeof(all), &all));
}

static void count_cleanup(void *arg)
{
	cleanups += (int)(long)arg;
}

static void *cancelled(void *arg)
{
	int old;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
	sem_post(arg);
	t_sleep_ms(20);
	pthread_setcancelstate(old, NULL);
	pthread_cleanup_push(count_cleanup, (void *)1);
	pthread_cleanup_push(count_cleanup, (void *)2);
	for (;;)
		t_sleep_ms(100000);
	pthread_cleanup_pop(0);
	pthread_cleanup_pop(0);
	return NULL;
}

static void *leaves(void *arg)
{
	pthread_cleanup_push(count_cleanup, (void *)4);
	pthread_exit(arg);
	pthread_cleanup_pop(0);
	return NULL;
}

static void ends(void)
{
	pthread_t t;
	void *result;

	check("pthread_cancel", !pthread_create(&t, NULL, cancelled, &gate) && !sem_wait(&gate) && !pthread_cancel(t) &&
	      !pthread_join(t, &result) && result == PTHREAD_CANCELED);
	check("cleanup handlers ran", cleanups == 3);
	check("pthread_exit", !pthread_create(&t, NULL, leaves, &gate) && !pthread_join(t, &result) && result == &gate);
	check("and its cleanup handler", cleanups == 7);
}

static void *add(void *arg)
{
	__atomic_add_fetch((int *)arg, 1, __ATOMIC_RELAXED);
	return NULL;
}

/* Stacks come back: more threads than would fit at once, were they kept. */
static void churn(void)
{
	int count = 0, good = 1;

	for (int i = 0; i < 300; i++) {
		pthread_t t[2];

		good &= !pthread_create(&t[0], NULL, add, &count) && !pthread_create(&t[1], NULL, add, &count);
		good &= !pthread_join(t[0], NULL) && !pthread_join(t[1], NULL);
	}
	check("600 threads one after the other", good && count == 600);
}

int main(void)
{
	sem_init(&gate, 0, 0);
	many();
	attributes();
	affinity();
	ends();
	churn();
	return t_failed != 0;
}
