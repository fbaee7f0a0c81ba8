/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpu.h - a make-believe CPU: neutral code as a host program
 *
 * Functions, not inlines: tests/unit/fake/kernel.c is one CPU without
 * interrupts, tests/unit/fake/sim.c a machine of several.
 */
#ifndef ASM_CPU_H
#define ASM_CPU_H

#include <socle/types.h>

struct thread;

u32 arch_cpu_id(void);
struct thread *arch_thread_current(void);
unsigned long arch_irq_save(void);
void arch_irq_restore(unsigned long flags);
void arch_irq_enable(void);
void arch_irq_disable(void);
bool arch_irqs_enabled(void);
void arch_cpu_relax(void);
u32 *arch_preempt_count(void);
bool *arch_need_resched(void);

#endif
