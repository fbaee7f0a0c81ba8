/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpu.h - the per-CPU area behind GS, interrupt flag, current thread
 *
 * GS base always points to this CPU's struct cpu_area; there is no swapgs,
 * because apps run at CPL 0 and leave GS alone.
 */
#ifndef ASM_CPU_H
#define ASM_CPU_H

#include <socle/types.h>

#include <asm/offsets.h>

struct thread;
struct fpu_ctx;

struct cpu_area {
	struct cpu_area *self;
	struct thread *current;
	u64 kstack_top;			/* of the current thread: where traps and kernel calls from apps land */
	u32 *preempt_count;		/* in the current thread: the pointer stays right across a migration */
	u64 scratch;			/* gate: app RSP for two instructions, interrupts off */
	u32 id;
	bool need_resched;
	bool online;
	u32 apic_id, node;
	u32 boot_preempt_count;		/* until the CPU has a thread */
	struct fpu_ctx *fpu_owner;	/* whose state is in the registers; NULL: nobody's */
	bool in_nmi;
	void *arch_kvm;			/* private to arch/x86/kvm */
};

static inline struct cpu_area *arch_cpu_area(void)
{
	struct cpu_area *a;

	__asm__ volatile("movq %%gs:0, %0" : "=r"(a));
	return a;
}

static inline u32 arch_cpu_id(void)
{
	u32 id;

	__asm__ volatile("movl %%gs:%c1, %0" : "=r"(id) : "i"(CPU_AREA_ID));
	return id;
}

static inline struct thread *arch_thread_current(void)
{
	struct thread *t;

	__asm__ volatile("movq %%gs:%c1, %0" : "=r"(t) : "i"(CPU_AREA_CURRENT));
	return t;
}

static inline u32 *arch_preempt_count(void)
{
	u32 *p;

	__asm__ volatile("movq %%gs:%c1, %0" : "=r"(p) : "i"(CPU_AREA_PREEMPT));
	return p;
}

/* This CPU's flag. Meaningful with preemption off. */
static inline bool *arch_need_resched(void)
{
	return &arch_cpu_area()->need_resched;
}

#define X86_EFLAGS_IF 0x200ul

static inline unsigned long arch_irq_save(void)
{
	unsigned long flags;

	__asm__ volatile("pushfq; popq %0; cli" : "=r"(flags) :: "memory");
	return flags;
}

static inline void arch_irq_enable(void) { __asm__ volatile("sti" ::: "memory"); }
static inline void arch_irq_disable(void) { __asm__ volatile("cli" ::: "memory"); }

static inline void arch_irq_restore(unsigned long flags)
{
	if (flags & X86_EFLAGS_IF)
		arch_irq_enable();
	else
		arch_irq_disable();
}

static inline bool arch_irqs_enabled(void)
{
	unsigned long flags;

	__asm__ volatile("pushfq; popq %0" : "=r"(flags) :: "memory");
	return (flags & X86_EFLAGS_IF) != 0;
}

/* A guest's exit for #MC, which takes the place of the exception: looks at this CPU's banks as its handler does. */
void mce_intercepted(u64 guest_rip);

static inline void arch_cpu_relax(void) { __asm__ volatile("pause" ::: "memory"); }

#endif
