/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kvm_run.h - exits, I/O zones, vCPU state that is not an architecture's; part of <linux/kvm.h>
 */
#ifndef __LINUX_KVM_RUN_H
#define __LINUX_KVM_RUN_H

#include <linux/types.h>
#include <asm/kvm.h>

#define KVM_EXIT_UNKNOWN         0
#define KVM_EXIT_EXCEPTION       1
#define KVM_EXIT_IO              2
#define KVM_EXIT_HYPERCALL       3
#define KVM_EXIT_DEBUG           4
#define KVM_EXIT_HLT             5
#define KVM_EXIT_MMIO            6
#define KVM_EXIT_IRQ_WINDOW_OPEN 7
#define KVM_EXIT_SHUTDOWN        8
#define KVM_EXIT_FAIL_ENTRY      9
#define KVM_EXIT_INTR            10
#define KVM_EXIT_SET_TPR         11
#define KVM_EXIT_TPR_ACCESS      12
#define KVM_EXIT_NMI             16
#define KVM_EXIT_INTERNAL_ERROR  17
#define KVM_EXIT_SYSTEM_EVENT    24
#define KVM_EXIT_IOAPIC_EOI      26
#define KVM_EXIT_HYPERV          27
#define KVM_EXIT_X86_RDMSR       29
#define KVM_EXIT_X86_WRMSR       30
#define KVM_EXIT_DIRTY_RING_FULL 31
#define KVM_EXIT_AP_RESET_HOLD   32
#define KVM_EXIT_X86_BUS_LOCK    33
#define KVM_EXIT_XEN             34
#define KVM_EXIT_RISCV_SBI       35
#define KVM_EXIT_RISCV_CSR       36
#define KVM_EXIT_NOTIFY          37
#define KVM_EXIT_MEMORY_FAULT    39

#define KVM_INTERNAL_ERROR_EMULATION 1
#define KVM_INTERNAL_ERROR_SIMUL_EX  2
#define KVM_INTERNAL_ERROR_DELIVERY_EV 3
#define KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON 4
#define KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES (1ULL << 0)

#define KVM_SYSTEM_EVENT_SHUTDOWN 1
#define KVM_SYSTEM_EVENT_RESET    2
#define KVM_SYSTEM_EVENT_CRASH    3
#define KVM_SYSTEM_EVENT_WAKEUP   4
#define KVM_SYSTEM_EVENT_SUSPEND  5

#define KVM_MSR_EXIT_REASON_INVAL   (1 << 0)
#define KVM_MSR_EXIT_REASON_UNKNOWN (1 << 1)
#define KVM_MSR_EXIT_REASON_FILTER  (1 << 2)

#define KVM_EXIT_IO_IN  0
#define KVM_EXIT_IO_OUT 1
#define KVM_NOTIFY_CONTEXT_INVALID (1 << 0)
#define KVM_MEMORY_EXIT_FLAG_PRIVATE (1ULL << 3)
#define SYNC_REGS_SIZE_BYTES 2048

struct kvm_hyperv_exit {
	__u32 type;
	__u32 pad1;
	union {
		struct { __u32 msr, pad2; __u64 control, evt_page, msg_page; } synic;
		struct { __u64 input, result; __u64 params[2]; } hcall;
		struct {
			__u32 msr, pad2;
			__u64 control, status, send_page, recv_page, pending_page;
		} syndbg;
	} u;
};

struct kvm_run {
	/* in */
	__u8 request_interrupt_window;
	__u8 immediate_exit;
	__u8 padding1[6];
	/* out */
	__u32 exit_reason;
	__u8 ready_for_interrupt_injection;
	__u8 if_flag;
	__u16 flags;
	/* in at KVM_RUN, out at the exit */
	__u64 cr8;
	__u64 apic_base;
	union {
		struct { __u64 hardware_exit_reason; } hw;
		struct { __u64 hardware_entry_failure_reason; __u32 cpu; } fail_entry;
		struct { __u32 exception; __u32 error_code; } ex;
		struct {
			__u8 direction;		/* KVM_EXIT_IO_IN or _OUT */
			__u8 size;		/* bytes of one transfer */
			__u16 port;
			__u32 count;
			__u64 data_offset;	/* from the start of kvm_run */
		} io;
		struct { struct kvm_debug_exit_arch arch; } debug;
		struct {
			__u64 phys_addr;
			__u8 data[8];
			__u32 len;
			__u8 is_write;
		} mmio;
		struct { __u64 nr; __u64 args[6]; __u64 ret; __u32 longmode; __u32 pad; } hypercall;
		struct { __u64 rip; __u32 is_write; __u32 pad; } tpr_access;
		struct { __u32 suberror; __u32 ndata; __u64 data[16]; } internal;
		struct {
			__u32 suberror;
			__u32 ndata;
			__u64 flags;
			union {
				struct { __u8 insn_size; __u8 insn_bytes[15]; };
			};
		} emulation_failure;
		struct {
			__u32 type;
			__u32 ndata;
			union { __u64 flags; __u64 data[16]; };
		} system_event;
		struct { __u8 vector; } eoi;
		struct kvm_hyperv_exit hyperv;
		struct { __u8 error; __u8 pad[7]; __u32 reason; __u32 index; __u64 data; } msr;
		struct {
			unsigned long extension_id, function_id;
			unsigned long args[6];
			unsigned long ret[2];
		} riscv_sbi;
		struct { unsigned long csr_num, new_value, write_mask, ret_value; } riscv_csr;
		struct { __u32 flags; } notify;
		struct { __u64 flags, gpa, size; } memory_fault;
		char padding[256];
	};
	__u64 kvm_valid_regs;
	__u64 kvm_dirty_regs;
	union {
		struct kvm_sync_regs regs;
		char padding[SYNC_REGS_SIZE_BYTES];
	} s;
};

struct kvm_coalesced_mmio_zone {
	__u64 addr;
	__u32 size;
	union {
		__u32 pad;
		__u32 pio;
	};
};

struct kvm_coalesced_mmio {
	__u64 phys_addr;
	__u32 len;
	union {
		__u32 pad;
		__u32 pio;
	};
	__u8 data[8];
};

struct kvm_coalesced_mmio_ring {
	__u32 first, last;		/* first: app advances, last: we do */
	struct kvm_coalesced_mmio coalesced_mmio[];
};
#define KVM_COALESCED_MMIO_MAX \
	((4096 - sizeof(struct kvm_coalesced_mmio_ring)) / sizeof(struct kvm_coalesced_mmio))

#endif
