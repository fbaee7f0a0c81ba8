/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock_source.h - which statement about the clocks' frequencies is believed
 *
 * Pure: the CPU is asked through two functions, so that a test can answer from
 * a table. The order is: the generic timing leaf of any hypervisor block, CPUID
 * 0x15 (with 0x16 where the crystal is not given), Hyper-V's MSRs; else the
 * caller measures.
 */
#ifndef X86_CLOCK_SOURCE_H
#define X86_CLOCK_SOURCE_H

#include <socle/types.h>

struct clock_facts {
	void (*cpuid)(u32 leaf, u32 sub, u32 out[4]);	/* EAX, EBX, ECX, EDX */
	int (*msr)(u32 msr, u64 *val);			/* 0 or -errno */
};

struct clock_source {
	const char *name;		/* NULL: nothing known, measure */
	u64 tsc_khz;
	u64 apic_khz;			/* 0: measure */
};

struct clock_source clock_source_find(const struct clock_facts *f);

#endif
