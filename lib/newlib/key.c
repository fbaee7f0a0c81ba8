/* SPDX-License-Identifier: Apache-2.0 */
/* key.c - thread-specific data; destructors run at the end of a thread */
#include <errno.h>
#include "thread.h"

void thread_run_dtors(struct pthread *t);

static int keys_lock;
static struct { bool used; void (*dtor)(void *); } keys[MAX_KEYS];

/* A key that is made again after its deletion must read NULL in each thread: so numbers are used in turn. */
int pthread_key_create(pthread_key_t *key, void (*dtor)(void *))
{
	static unsigned next;
	int err = EAGAIN;

	lock_take(&keys_lock, CLOCK_MONOTONIC, NULL);
	for (unsigned i = 0; i < MAX_KEYS && err; i++) {
		unsigned k = next++ % MAX_KEYS;

		if (keys[k].used)
			continue;
		keys[k].used = true;
		keys[k].dtor = dtor;
		pthread_block()->key[k] = NULL;
		*key = k;
		err = 0;
	}
	lock_release(&keys_lock);
	return err;
}

int pthread_key_delete(pthread_key_t key)
{
	int err = EINVAL;

	lock_take(&keys_lock, CLOCK_MONOTONIC, NULL);
	if (key < MAX_KEYS && keys[key].used) {
		keys[key].used = false;
		keys[key].dtor = NULL;
		err = 0;
	}
	lock_release(&keys_lock);
	return err;
}

void *pthread_getspecific(pthread_key_t key)
{
	return key < MAX_KEYS ? pthread_block()->key[key] : NULL;
}

int pthread_setspecific(pthread_key_t key, const void *value)
{
	if (key >= MAX_KEYS || !__atomic_load_n(&keys[key].used, __ATOMIC_RELAXED))
		return EINVAL;
	pthread_block()->key[key] = (void *)(uintptr_t)value;
	return 0;
}

static bool run_once(struct pthread *t)
{
	bool ran = false;

	for (unsigned k = 0; k < MAX_KEYS; k++) {
		void (*dtor)(void *) = keys[k].dtor;
		void *value = t->key[k];

		t->key[k] = NULL;
		if (value && dtor) {
			dtor(value);
			ran = true;
		}
	}
	return ran;
}

void thread_run_dtors(struct pthread *t)
{
	for (int i = 0; i < PTHREAD_DESTRUCTOR_ITERATIONS && run_once(t); i++)
		;
}
