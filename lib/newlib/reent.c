/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reent.c - newlib's per-thread state and its locks
 *
 * A lock of newlib may be taken again by its holder, whichever kind it is.
 */
#include <reent.h>
#include <stdlib.h>
#include <sys/lock.h>
#include "thread.h"

struct __lock { int word; uint32_t owner, depth; };

struct _reent *__getreent(void);
int *__errno(void);

struct _reent *__getreent(void)
{
	return pthread_block()->reent;
}

int *__errno(void)
{
	return &pthread_block()->reent->_errno;
}

struct __lock __lock___sinit_recursive_mutex, __lock___sfp_recursive_mutex, __lock___atexit_recursive_mutex,
	__lock___at_quick_exit_mutex, __lock___malloc_recursive_mutex, __lock___env_recursive_mutex,
	__lock___tz_mutex, __lock___dd_hash_mutex, __lock___arc4random_mutex;

static struct __lock out_of_memory;		/* shared by files that could have no lock of their own */

void __retarget_lock_init(_LOCK_T *l)
{
	*l = calloc(1, sizeof(**l));
	if (!*l)
		*l = &out_of_memory;
}

void __retarget_lock_close(_LOCK_T l)
{
	if (l != &out_of_memory)
		free(l);
}

int __retarget_lock_try_acquire_recursive(_LOCK_T l)
{
	if (__atomic_load_n(&l->owner, __ATOMIC_RELAXED) != my_tid()) {
		if (!lock_try(&l->word))
			return 0;
		__atomic_store_n(&l->owner, my_tid(), __ATOMIC_RELAXED);
	}
	l->depth++;
	return 1;
}

void __retarget_lock_acquire_recursive(_LOCK_T l)
{
	if (__retarget_lock_try_acquire_recursive(l))
		return;
	lock_take(&l->word, CLOCK_MONOTONIC, NULL);
	__atomic_store_n(&l->owner, my_tid(), __ATOMIC_RELAXED);
	l->depth = 1;
}

void __retarget_lock_release_recursive(_LOCK_T l)
{
	if (--l->depth)
		return;
	__atomic_store_n(&l->owner, 0, __ATOMIC_RELAXED);
	lock_release(&l->word);
}

void __retarget_lock_init_recursive(_LOCK_T *l) { __retarget_lock_init(l); }
void __retarget_lock_close_recursive(_LOCK_T l) { __retarget_lock_close(l); }
void __retarget_lock_acquire(_LOCK_T l) { __retarget_lock_acquire_recursive(l); }
int __retarget_lock_try_acquire(_LOCK_T l) { return __retarget_lock_try_acquire_recursive(l); }
void __retarget_lock_release(_LOCK_T l) { __retarget_lock_release_recursive(l); }
