/* SPDX-License-Identifier: Apache-2.0 */
/*
 * posix.h - what the files of kernel/posix share
 *
 * Locks, outermost first: epoll_link (epoll.c), struct epoll's mutex, mm->lock
 * (mutex), then spinlocks: proc->lock, a poll head, one object's own lock.
 * App memory is never touched with mm->lock or a spinlock held, but by
 * copy_from_app_atomic() under a spinlock.
 */
#ifndef POSIX_H
#define POSIX_H

#include <errno.h>
#include <string.h>
#include <socle/arch.h>
#include <socle/file.h>
#include <socle/list.h>
#include <socle/log.h>
#include <socle/lock.h>
#include <socle/mem.h>
#include <socle/mm.h>
#include <socle/sched.h>
#include <socle/types.h>
#include <socle/app.h>
#include "abi.h"
#include "fd.h"
#include "mm_priv.h"

#endif
