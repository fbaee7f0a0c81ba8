/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpu.h - CPUs, cross calls
 */
#ifndef SOCLE_CPU_H
#define SOCLE_CPU_H

#include <socle/types.h>
#include <socle/sched.h>

u32 cpu_id(void);			/* 0..nr-1; stable only with preemption off */
u32 cpu_nr_online(void);
/* Runs fn(arg) on @cpu in interrupt context and waits. Not with interrupts off. */
void cpu_call(u32 cpu, void (*fn)(void *), void *arg);
void cpu_call_all(void (*fn)(void *), void *arg);	/* also the caller */
void cpu_call_handle_ipi(void);
#endif
