/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpuid_table.h - what of CPUID a guest may get, as a table over the host's values
 *
 * Pure: reads the CPU through a function, so that host tests can give any CPU.
 */
#ifndef X86_KVM_CPUID_TABLE_H
#define X86_KVM_CPUID_TABLE_H

#include <linux/kvm.h>
#include <socle/types.h>

#define KVM_SIGNATURE_LEAF	0x40000000u
#define KVM_FEATURES_LEAF	0x40000001u
#define KVM_TIMING_OFFSET	0x10u
#define CPUID_SUPPORTED_MAX	96u

/* Bits of KVM's feature leaf. */
#define PV_CLOCKSOURCE		0
#define PV_NOP_IO_DELAY		1
#define PV_CLOCKSOURCE2		3
#define PV_STEAL_TIME		5
#define PV_EOI			6
#define PV_UNHALT		7
#define PV_TLB_FLUSH		9
#define PV_SEND_IPI		11
#define PV_SCHED_YIELD		13
#define PV_CLOCKSOURCE_STABLE	24

struct cpuid_host {
	void (*read)(u32 leaf, u32 index, u32 out[4]);	/* eax ebx ecx edx */
	u64 xcr0;			/* state that we save; 0: no XSAVE */
	bool tsc_is_stable;		/* same on every CPU, never stops */
	u32 tsc_khz, apic_khz;		/* of a VM that asks for nothing else */
	u32 pv_features;
};

/* Rows for KVM_GET_SUPPORTED_CPUID; number of entries, at most @max (CPUID_SUPPORTED_MAX is enough). */
u32 cpuid_table_fill(const struct cpuid_host *h, struct kvm_cpuid_entry2 *out, u32 max);
/* Size of an XSAVE area. @compact: XSAVEC's format. */
u32 cpuid_xsave_bytes(const struct cpuid_host *h, u64 xcr0, bool compact);

#endif
