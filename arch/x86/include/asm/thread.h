/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread.h - what a thread keeps for the x86 part of the kernel
 */
#ifndef ASM_THREAD_H
#define ASM_THREAD_H

#include <asm/fpu.h>
#include <socle/types.h>

/* Offsets used by assembly; checked in arch/x86/thread.c. */
#define ARCH_THREAD_RSP		0
#define ARCH_THREAD_KSTACK_TOP	8

struct arch_thread {
	u64 rsp;			/* kernel stack pointer while switched out */
	u64 kstack_top;
	u64 fs_base;			/* the app's TLS */
	u32 preempt_count;		/* current one while running, see struct cpu_area */
	bool is_app;			/* has entered app code */
	struct fpu_ctx app_fpu;		/* area is allocated at the first use */
};

#endif
