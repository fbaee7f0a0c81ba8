/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread.c - what of a thread is x86
 */
#include <stddef.h>
#include <socle/arch.h>
#include <socle/log.h>
#include <socle/sched.h>
#include <asm/cpu.h>
#include <asm/fpu.h>
#include <asm/msr.h>
#include "priv.h"

void thread_switch_stack(u64 *save_rsp, u64 rsp);
void thread_start_asm(void);
long app_gate(long nr, long a, long b, long c, long d, long e, long f);
void app_enter_asm(u64 rip, u64 rsp, u64 arg0, u64 arg1) __noreturn;

void arch_thread_init(struct thread *t, void (*entry)(void *), void *arg)
{
	u64 *sp;

	t->arch.kstack_top = (u64)t->kstack + t->kstack_bytes;
	t->arch.preempt_count = 1;	/* the run queue's lock, see finish_switch() */
	sp = (u64 *)t->arch.kstack_top;
	*--sp = 0;			/* two words: RSP is 16-byte aligned at the call */
	*--sp = 0;
	*--sp = (u64)thread_start_asm;
	*--sp = 0;			/* rbp */
	*--sp = 0;			/* rbx */
	*--sp = (u64)entry;		/* r12 */
	*--sp = (u64)arg;		/* r13 */
	*--sp = 0;			/* r14 */
	*--sp = 0;			/* r15 */
	t->arch.rsp = (u64)sp;
}

void arch_thread_free(struct thread *t)
{
	fpu_ctx_free(&t->arch.app_fpu);
}

void arch_thread_switch(struct thread *prev, struct thread *next)
{
	struct cpu_area *a = arch_cpu_area();

	fpu_switch_out();
	a->current = next;
	a->kstack_top = next->arch.kstack_top;
	a->preempt_count = &next->arch.preempt_count;
	if (next->arch.is_app)
		wrmsr(MSR_FS_BASE, next->arch.fs_base);
	thread_switch_stack(&prev->arch.rsp, next->arch.rsp);
}

u64 arch_app_gate(void)
{
	return (u64)app_gate;
}

void arch_set_app_tls(struct thread *t, u64 fsbase)
{
	unsigned long irq = arch_irq_save();

	t->arch.fs_base = fsbase;
	if (t == thread_current())
		wrmsr(MSR_FS_BASE, fsbase);
	arch_irq_restore(irq);
}

void arch_app_enter(u64 rip, u64 rsp, u64 arg0, u64 arg1)
{
	struct thread *t = thread_current();

	arch_irq_disable();
	t->arch.is_app = true;
	wrmsr(MSR_FS_BASE, t->arch.fs_base);
	app_enter_asm(rip, rsp, arg0, arg1);
}
