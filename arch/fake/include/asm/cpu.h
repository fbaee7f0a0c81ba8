/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpu.h - one CPU without interrupts: neutral code as a host program
 */
#ifndef ASM_CPU_H
#define ASM_CPU_H

#include <socle/types.h>

struct thread;

static inline u32 arch_cpu_id(void) { return 0; }
static inline unsigned long arch_irq_save(void) { return 0; }
static inline void arch_irq_restore(unsigned long flags) { (void)flags; }
static inline void arch_cpu_relax(void) { }

#endif
