/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sched.h - between sched.c and thread.c
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include <socle/sched.h>

/* First code of a new thread, in its context, run queue locked. */
void sched_thread_begin(void);
/* The reaper thread drops the reference that a dead thread had on itself: freeing a stack
 * flushes TLBs everywhere, which needs interrupts on. */
void thread_reap(struct thread *t);
/* Puts a new or woken thread on the queue of a CPU that it may use. */
void sched_enqueue(struct thread *t);

#endif
