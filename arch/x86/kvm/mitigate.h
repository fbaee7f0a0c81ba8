/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mitigate.h - what keeps one guest from reading others and us through the CPU's predictors and buffers
 */
#ifndef X86_KVM_MITIGATE_H
#define X86_KVM_MITIGATE_H

#include <socle/types.h>

enum mitigation {
	MITIGATE_RSB,		/* return stack filled after each exit */
	MITIGATE_IBPB,		/* branch predictor flushed when another vCPU comes to a CPU */
	MITIGATE_AUTO_IBRS,	/* EFER.AUTOIBRS: guests do not steer our indirect branches */
	MITIGATE_IBRS,		/* the same by SPEC_CTRL, written at exit and entry */
	MITIGATE_VERW,		/* buffers cleared before each entry */
	MITIGATE_L1D,		/* first-level data cache flushed when a vCPU comes to a CPU */
	MITIGATE_NR,
};

/* What decides, so that host tests can give any CPU. */
struct mitigate_cpu {
	void (*read)(u32 leaf, u32 index, u32 out[4]);	/* eax ebx ecx edx */
	u64 arch_capabilities;				/* 0 if there is no such MSR */
};

u32 mitigations_needed(const struct mitigate_cpu *cpu);		/* bit per enum mitigation */
const char *mitigation_name(u32 m);
/* The n-th weakness that the CPU has and nothing here helps against; NULL: no more. */
const char *mitigation_missing(const struct mitigate_cpu *cpu, u32 n);

void mitigate_setup(void);			/* once: decides and logs */
bool mitigates(enum mitigation m);

#endif
