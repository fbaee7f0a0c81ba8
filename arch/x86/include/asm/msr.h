/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msr.h - model-specific registers that the host itself uses
 */
#ifndef ASM_MSR_H
#define ASM_MSR_H

#include <socle/types.h>

#define MSR_APIC_BASE		0x1b
#define MSR_SPEC_CTRL		0x48
#define MSR_PRED_CMD		0x49
#define MSR_FLUSH_CMD		0x10b
#define MSR_PAT			0x277
#define MSR_TSC_DEADLINE	0x6e0
#define MSR_X2APIC(reg)		(0x800u + ((reg) >> 4))
#define MSR_EFER		0xc0000080
#define MSR_FS_BASE		0xc0000100
#define MSR_GS_BASE		0xc0000101
#define MSR_KERNEL_GS_BASE	0xc0000102
#define MSR_TSC_AUX		0xc0000103

static inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (u64)hi << 32 | lo;
}

static inline void wrmsr(u32 msr, u64 v)
{
	__asm__ volatile("wrmsr" :: "c"(msr), "a"((u32)v), "d"((u32)(v >> 32)) : "memory");
}

/* For MSRs that may be absent. 0, or -EIO after #GP (*v is 0 then). arch/x86/fixup.S */
int rdmsr_safe(u32 msr, u64 *v) __must_check;
int wrmsr_safe(u32 msr, u64 v) __must_check;

#endif
