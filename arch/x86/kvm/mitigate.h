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

/* SPEC_CTRL: bits of the register, and the CPUID bits of which one makes them exist (Intel's, AMD's). */
struct mitigate_bit { u32 leaf; u8 reg, nr; };		/* reg: 0 EAX to 3 EDX */
struct spec_ctrl_row { u64 bits; struct mitigate_bit by[2]; };
#define SPEC_CTRL_ROWS 4
extern const struct spec_ctrl_row spec_ctrl_rows[SPEC_CTRL_ROWS];

u64 spec_ctrl_exists(const struct mitigate_cpu *cpu);	/* a write of others is a #GP */

void mitigate_setup(void);			/* once: decides and logs */
bool mitigates(enum mitigation m);
u64 mitigate_spec_ctrl_bits(void);		/* those of this machine's CPUs; 0: no such register */

#endif
