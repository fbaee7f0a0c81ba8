/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread.h - a thread on the make-believe CPU
 */
#ifndef ASM_THREAD_H
#define ASM_THREAD_H

#include <socle/types.h>

struct arch_thread {
	void *context;			/* tests/unit/fake/sim.c */
	u32 preempt_count;
};

#endif
