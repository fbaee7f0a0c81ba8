/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kvm_x86_state.h - MSRs, CPUID, events, debug and nested state; part of <asm/kvm.h>
 */
#ifndef _ASM_KVM_X86_STATE_H
#define _ASM_KVM_X86_STATE_H

#include <asm/kvm.h>	/* kvm_regs, kvm_sregs; includes this file at its end */
#include <linux/types.h>

struct kvm_msr_entry {
	__u32 index;
	__u32 reserved;
	__u64 data;
};

struct kvm_msrs {
	__u32 nmsrs;
	__u32 pad;
	struct kvm_msr_entry entries[];
};

struct kvm_msr_list {
	__u32 nmsrs;			/* in: room; out: count */
	__u32 indices[];
};

#define KVM_MSR_FILTER_MAX_BITMAP_SIZE 0x600
#define KVM_MSR_FILTER_MAX_RANGES 16
#define KVM_MSR_FILTER_READ  (1 << 0)
#define KVM_MSR_FILTER_WRITE (1 << 1)
#define KVM_MSR_FILTER_DEFAULT_ALLOW (0 << 0)
#define KVM_MSR_FILTER_DEFAULT_DENY  (1 << 0)

struct kvm_msr_filter_range {
	__u32 flags;
	__u32 nmsrs;
	__u32 base;
	__u8 *bitmap;			/* bit set: allowed */
};

struct kvm_msr_filter {
	__u32 flags;
	struct kvm_msr_filter_range ranges[KVM_MSR_FILTER_MAX_RANGES];
};

struct kvm_cpuid_entry {
	__u32 function;
	__u32 eax, ebx, ecx, edx;
	__u32 padding;
};

struct kvm_cpuid {
	__u32 nent;
	__u32 padding;
	struct kvm_cpuid_entry entries[];
};

#define KVM_CPUID_FLAG_SIGNIFCANT_INDEX (1 << 0)	/* the misspelling is the interface's */
#define KVM_CPUID_FLAG_STATEFUL_FUNC    (1 << 1)
#define KVM_CPUID_FLAG_STATE_READ_NEXT  (1 << 2)

struct kvm_cpuid_entry2 {
	__u32 function;
	__u32 index;
	__u32 flags;
	__u32 eax, ebx, ecx, edx;
	__u32 padding[3];
};

struct kvm_cpuid2 {
	__u32 nent;
	__u32 padding;
	struct kvm_cpuid_entry2 entries[];
};

/* --- events in flight --- */
#define KVM_VCPUEVENT_VALID_NMI_PENDING  0x00000001
#define KVM_VCPUEVENT_VALID_SIPI_VECTOR  0x00000002
#define KVM_VCPUEVENT_VALID_SHADOW       0x00000004
#define KVM_VCPUEVENT_VALID_SMM          0x00000008
#define KVM_VCPUEVENT_VALID_PAYLOAD      0x00000010
#define KVM_VCPUEVENT_VALID_TRIPLE_FAULT 0x00000020

#define KVM_X86_SHADOW_INT_MOV_SS 0x01
#define KVM_X86_SHADOW_INT_STI    0x02

struct kvm_vcpu_events {
	struct { __u8 injected, nr, has_error_code, pending; __u32 error_code; } exception;
	struct { __u8 injected, nr, soft, shadow; } interrupt;
	struct { __u8 injected, pending, masked, pad; } nmi;
	__u32 sipi_vector;
	__u32 flags;			/* KVM_VCPUEVENT_VALID_* */
	struct { __u8 smm, pending, smm_inside_nmi, latched_init; } smi;
	struct { __u8 pending; } triple_fault;
	__u8 reserved[26];
	__u8 exception_has_payload;
	__u64 exception_payload;
};

struct kvm_x86_mce {
	__u64 status;
	__u64 addr;
	__u64 misc;
	__u64 mcg_status;
	__u8 bank;
	__u8 pad1[7];
	__u64 pad2[3];
};

struct kvm_debugregs {
	__u64 db[4];
	__u64 dr6, dr7;
	__u64 flags;
	__u64 reserved[9];
};

struct kvm_debug_exit_arch {
	__u32 exception;
	__u32 pad;
	__u64 pc;
	__u64 dr6, dr7;
};

#define KVM_GUESTDBG_USE_SW_BP 0x00010000
#define KVM_GUESTDBG_USE_HW_BP 0x00020000
#define KVM_GUESTDBG_INJECT_DB 0x00040000
#define KVM_GUESTDBG_INJECT_BP 0x00080000
#define KVM_GUESTDBG_BLOCKIRQ  0x00100000

struct kvm_guest_debug_arch {
	__u64 debugreg[8];
};

#define KVM_SYNC_X86_REGS   (1UL << 0)
#define KVM_SYNC_X86_SREGS  (1UL << 1)
#define KVM_SYNC_X86_EVENTS (1UL << 2)
#define KVM_SYNC_X86_VALID_FIELDS \
	(KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS | KVM_SYNC_X86_EVENTS)

struct kvm_sync_regs {
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_vcpu_events events;
};

#define KVM_RUN_X86_SMM      (1 << 0)
#define KVM_RUN_X86_BUS_LOCK (1 << 1)

#define KVM_X86_QUIRK_LINT0_REENABLED      (1 << 0)
#define KVM_X86_QUIRK_CD_NW_CLEARED        (1 << 1)
#define KVM_X86_QUIRK_LAPIC_MMIO_HOLE      (1 << 2)
#define KVM_X86_QUIRK_OUT_7E_INC_RIP       (1 << 3)
#define KVM_X86_QUIRK_MISC_ENABLE_NO_MWAIT (1 << 4)
#define KVM_X86_QUIRK_FIX_HYPERCALL_INSN   (1 << 5)
#define KVM_X86_QUIRK_MWAIT_NEVER_UD_FAULTS (1 << 6)

#include <asm/kvm_x86_chips.h>

#endif
