/* SPDX-License-Identifier: Apache-2.0 */
/* The objects of POSIX threads; all zero is each one's static initialiser. */
#ifndef _SYS__PTHREADTYPES_H_
#define _SYS__PTHREADTYPES_H_

#include <sys/sched.h>

typedef unsigned long pthread_t;
typedef unsigned int pthread_key_t;
typedef int pthread_once_t;
typedef volatile int pthread_spinlock_t;

typedef struct {
	unsigned long stack_bytes, guard_bytes;
	void *stack;
	int detach_state, policy, inherit, scope;
	struct sched_param param;
	unsigned long cpus[16];
	unsigned long cpus_bytes;	/* 0: any CPU */
} pthread_attr_t;

typedef struct { int type, shared, protocol, robust; } pthread_mutexattr_t;
typedef struct {
	int word;		/* 0 free, 1 held, 2 held and waited for */
	int type, owner, depth;
} pthread_mutex_t;

typedef struct { int clock, shared; } pthread_condattr_t;
typedef struct { unsigned int seq; int clock, waiters; } pthread_cond_t;

typedef struct { int shared; } pthread_rwlockattr_t;
typedef struct {
	int word;		/* readers, or -1: a writer */
	unsigned int seq;	/* changes with each release */
	int waiters, writers_waiting, owner;
} pthread_rwlock_t;

typedef struct { int shared; } pthread_barrierattr_t;
typedef struct { unsigned int total, arrived, round, leaving; int lock; } pthread_barrier_t;

#endif
