/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cancel.c - cleanup handlers and deferred cancellation
 *
 * A signal of our own makes the target's blocking call end with EINTR. It is
 * delivered at kernel calls only, so none is lost between the look at
 * `canceled` and the call.
 */
#include <errno.h>
#include <signal.h>
#include "thread.h"

#define SIGCANCEL 32

void __pthread_cleanup_push(struct __pthread_cleanup *c)
{
	struct pthread *t = pthread_block();

	c->next = t->cleanup;
	t->cleanup = c;
}

void __pthread_cleanup_pop(struct __pthread_cleanup *c, int run)
{
	pthread_block()->cleanup = c->next;
	if (run)
		c->fn(c->arg);
}

void thread_run_cleanup(struct pthread *t)
{
	while (t->cleanup) {
		struct __pthread_cleanup *c = t->cleanup;

		t->cleanup = c->next;
		c->fn(c->arg);
	}
}

void cancel_check(void)
{
	struct pthread *t = pthread_block();

	if (__builtin_expect(__atomic_load_n(&t->canceled, __ATOMIC_ACQUIRE), 0) &&
	    t->cancel_state == PTHREAD_CANCEL_ENABLE)
		pthread_exit(PTHREAD_CANCELED);
}

void pthread_testcancel(void)
{
	cancel_check();
}

static void nothing(int sig)
{
	(void)sig;
}

int pthread_cancel(pthread_t id)
{
	struct pthread *t = (struct pthread *)id;
	struct socle_sigaction sa = { .handler = (uint64_t)nothing };
	long err;

	RAW(sigaction, SIGCANCEL, &sa, 0, 0, 0, 0);
	__atomic_store_n(&t->canceled, 1, __ATOMIC_RELEASE);
	if (t == pthread_block())
		return 0;
	err = RAW(tgkill, t->app.tid, SIGCANCEL, 0, 0, 0, 0);
	return err == -ESRCH ? 0 : (int)-err;
}

int pthread_setcancelstate(int state, int *old)
{
	struct pthread *t = pthread_block();

	if (state != PTHREAD_CANCEL_ENABLE && state != PTHREAD_CANCEL_DISABLE)
		return EINVAL;
	if (old)
		*old = t->cancel_state;
	t->cancel_state = state;
	return 0;
}

/* Asynchronous cancellation would need a handler in the middle of app code. */
int pthread_setcanceltype(int type, int *old)
{
	if (type != PTHREAD_CANCEL_DEFERRED)
		return type == PTHREAD_CANCEL_ASYNCHRONOUS ? ENOTSUP : EINVAL;
	if (old)
		*old = PTHREAD_CANCEL_DEFERRED;
	return 0;
}

int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	(void)prepare, (void)parent, (void)child;
	return 0;		/* nobody forks */
}
