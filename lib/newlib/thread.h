/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread.h - what the port keeps of each thread, and futexes
 *
 * The block lies at the thread pointer; on x86 its first word points to
 * itself (System V ABI supplement, TLS variant II).
 */
#ifndef LIBC_THREAD_H
#define LIBC_THREAD_H

#include <pthread.h>
#include <reent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include "gate.h"

#define MAX_KEYS	128u
#define NAME_BYTES	16u

enum detach_state { JOINABLE, DETACHED, EXITED };

struct pthread {
	struct pthread *self;
	struct app_thread app;
	struct _reent *reent;
	uint32_t alive;			/* the kernel's: tid until the thread has left, then 0; a futex */
	int state;			/* enum detach_state; atomic */
	void *map;			/* stack, TLS and this block; NULL for the first thread */
	size_t map_bytes;
	void *stack;
	size_t stack_bytes, guard_bytes;
	void *(*fn)(void *);
	void *arg, *result;
	struct __pthread_cleanup *cleanup;
	int cancel_state;
	int canceled;			/* atomic */
	void *key[MAX_KEYS];
	char name[NAME_BYTES];
	struct _reent own_reent;
};

static inline struct pthread *pthread_block(void)
{
	struct pthread *p;

#ifdef __x86_64__
	__asm__("movq %%fs:0, %0" : "=r"(p));
#else
	__asm__("mv %0, tp" : "=r"(p));
#endif
	return p;
}

static inline uint32_t my_tid(void)
{
	return pthread_block()->app.tid;
}

/* tls.c */
void tls_init_first(const struct app_start *s);
struct pthread *tls_place(void *map, size_t map_bytes);	/* block at the end of a zeroed mapping */
size_t tls_block_bytes(void);				/* TLS and struct pthread */
extern struct pthread *first_thread;

/* futex.c; @timeout: absolute on @clock, or NULL. 0, EINTR, EAGAIN (value differs), ETIMEDOUT, EINVAL. */
int futex_wait(const volatile void *word, uint32_t value, clockid_t clock, const struct timespec *timeout);
void futex_wake(const volatile void *word, int nr);

/* A small lock of the port itself: word 0 free, 1 held, 2 waited for. */
int lock_take(int *word, clockid_t clock, const struct timespec *timeout);	/* 0 or an error of futex_wait */
bool lock_try(int *word);
void lock_release(int *word);

/* signal.c */
bool signals_deliver(void);	/* true: handlers ran, all of them with SA_RESTART */
/* cancel.c: does not return when this thread is to end at a cancellation point */
void cancel_check(void);
void thread_run_cleanup(struct pthread *t);

#endif
