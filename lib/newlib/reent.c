/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reent.c - newlib's per-thread state and its locks
 *
 * One thread so far: one state, and locks that have nothing to keep apart.
 */
#include <reent.h>
#include <sys/lock.h>

struct __lock { int unused; };

static struct _reent main_reent = _REENT_INIT(main_reent);

struct _reent *__getreent(void)
{
	return &main_reent;
}

struct __lock __lock___sinit_recursive_mutex, __lock___sfp_recursive_mutex, __lock___atexit_recursive_mutex,
	__lock___at_quick_exit_mutex, __lock___malloc_recursive_mutex, __lock___env_recursive_mutex,
	__lock___tz_mutex, __lock___dd_hash_mutex, __lock___arc4random_mutex;

static struct __lock dynamic_lock;

void __retarget_lock_init(_LOCK_T *l) { *l = &dynamic_lock; }
void __retarget_lock_init_recursive(_LOCK_T *l) { *l = &dynamic_lock; }
void __retarget_lock_close(_LOCK_T l) { (void)l; }
void __retarget_lock_close_recursive(_LOCK_T l) { (void)l; }
void __retarget_lock_acquire(_LOCK_T l) { (void)l; }
void __retarget_lock_acquire_recursive(_LOCK_T l) { (void)l; }
int __retarget_lock_try_acquire(_LOCK_T l) { (void)l; return 1; }
int __retarget_lock_try_acquire_recursive(_LOCK_T l) { (void)l; return 1; }
void __retarget_lock_release(_LOCK_T l) { (void)l; }
void __retarget_lock_release_recursive(_LOCK_T l) { (void)l; }
