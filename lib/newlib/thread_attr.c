/* SPDX-License-Identifier: Apache-2.0 */
/* thread_attr.c - attributes of threads, locks and conditions */
#include <errno.h>
#include <string.h>
#include "thread.h"

int pthread_attr_destroy(pthread_attr_t *a)
{
	(void)a;
	return 0;
}

int pthread_attr_setstacksize(pthread_attr_t *a, size_t bytes)
{
	if (bytes < PTHREAD_STACK_MIN)
		return EINVAL;
	a->stack_bytes = bytes;
	return 0;
}

int pthread_attr_getstacksize(const pthread_attr_t *a, size_t *bytes)
{
	*bytes = a->stack_bytes;
	return 0;
}

int pthread_attr_setstack(pthread_attr_t *a, void *low, size_t bytes)
{
	if (bytes < PTHREAD_STACK_MIN)
		return EINVAL;
	a->stack = low;
	a->stack_bytes = bytes;
	return 0;
}

int pthread_attr_getstack(const pthread_attr_t *a, void **low, size_t *bytes)
{
	*low = a->stack;
	*bytes = a->stack_bytes;
	return 0;
}

/* Setter and getter of a number with few values; the others are EINVAL. */
#define CHOICE(object, type, name, member, max)					\
	int pthread_##object##_set##name(type *a, int value)			\
	{									\
		if (value < 0 || value > (max))					\
			return EINVAL;						\
		a->member = value;						\
		return 0;							\
	}									\
	int pthread_##object##_get##name(const type *a, int *value)		\
	{									\
		*value = a->member;						\
		return 0;							\
	}

CHOICE(attr, pthread_attr_t, detachstate, detach_state, PTHREAD_CREATE_DETACHED)
CHOICE(attr, pthread_attr_t, inheritsched, inherit, PTHREAD_EXPLICIT_SCHED)
CHOICE(mutexattr, pthread_mutexattr_t, type, type, PTHREAD_MUTEX_ERRORCHECK)
CHOICE(mutexattr, pthread_mutexattr_t, pshared, shared, PTHREAD_PROCESS_SHARED)
CHOICE(condattr, pthread_condattr_t, pshared, shared, PTHREAD_PROCESS_SHARED)
CHOICE(condattr, pthread_condattr_t, clock, clock, CLOCK_MONOTONIC)

int pthread_attr_setguardsize(pthread_attr_t *a, size_t bytes)
{
	a->guard_bytes = bytes;
	return 0;
}

int pthread_attr_getguardsize(const pthread_attr_t *a, size_t *bytes)
{
	*bytes = a->guard_bytes;
	return 0;
}

int pthread_attr_setscope(pthread_attr_t *a, int scope)
{
	(void)a;
	return scope == PTHREAD_SCOPE_SYSTEM ? 0 : scope == PTHREAD_SCOPE_PROCESS ? ENOTSUP : EINVAL;
}

int pthread_attr_getscope(const pthread_attr_t *a, int *scope)
{
	*scope = a->scope;
	return 0;
}

/* Every thread is SCHED_OTHER. */
int pthread_attr_setschedpolicy(pthread_attr_t *a, int policy)
{
	(void)a;
	return policy == SCHED_OTHER ? 0 : policy == SCHED_FIFO || policy == SCHED_RR ? ENOTSUP : EINVAL;
}

int pthread_attr_getschedpolicy(const pthread_attr_t *a, int *policy)
{
	*policy = a->policy;
	return 0;
}

int pthread_attr_setschedparam(pthread_attr_t *a, const struct sched_param *param)
{
	(void)a;
	return param->sched_priority ? EINVAL : 0;
}

int pthread_attr_getschedparam(const pthread_attr_t *a, struct sched_param *param)
{
	*param = a->param;
	return 0;
}

int pthread_setschedparam(pthread_t t, int policy, const struct sched_param *param)
{
	(void)t;
	if (policy == SCHED_OTHER)
		return param->sched_priority ? EINVAL : 0;
	return policy == SCHED_FIFO || policy == SCHED_RR ? EPERM : EINVAL;
}

int pthread_getschedparam(pthread_t t, int *policy, struct sched_param *param)
{
	(void)t;
	*policy = SCHED_OTHER;
	param->sched_priority = 0;
	return 0;
}

int pthread_attr_setaffinity_np(pthread_attr_t *a, size_t bytes, const cpu_set_t *set)
{
	if (bytes > sizeof(a->cpus))
		return EINVAL;
	memset(a->cpus, 0, sizeof(a->cpus));
	memcpy(a->cpus, set, bytes);
	a->cpus_bytes = bytes;
	return 0;
}

int pthread_attr_getaffinity_np(const pthread_attr_t *a, size_t bytes, cpu_set_t *set)
{
	if (bytes < a->cpus_bytes)
		return EINVAL;
	memset(set, a->cpus_bytes ? 0 : 0xff, bytes);
	memcpy(set, a->cpus, a->cpus_bytes);
	return 0;
}

/* Attribute objects whose values are all 0 at first and hold nothing. */
#define PLAIN(object, type)					\
	int pthread_##object##_init(type *a)			\
	{							\
		memset(a, 0, sizeof(*a));			\
		return 0;					\
	}							\
	int pthread_##object##_destroy(type *a)			\
	{							\
		(void)a;					\
		return 0;					\
	}

PLAIN(mutexattr, pthread_mutexattr_t)
PLAIN(condattr, pthread_condattr_t)
PLAIN(rwlockattr, pthread_rwlockattr_t)
PLAIN(barrierattr, pthread_barrierattr_t)
