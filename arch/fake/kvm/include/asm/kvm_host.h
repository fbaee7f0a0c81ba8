/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kvm_host.h - a VM and a vCPU on the make-believe CPU
 */
#ifndef ASM_KVM_HOST_H
#define ASM_KVM_HOST_H

#include <linux/kvm.h>
#include <socle/types.h>

struct arch_vm {
	void *block;
	bool irqchip;
	u64 delivered, lowered;		/* arch_irq_deliver() with level 1, 0 */
};

/* The guest's TLB: what a flush that comes too late or not at all leaves behind. */
struct fake_tlb_entry { u64 gpa, pa; u32 prot; bool valid; };
struct arch_vcpu {
	struct fake_tlb_entry tlb[4];
	u32 tlb_next;
	u64 seen;			/* scenario: what the guest has noticed */
	void *block;
	bool ready;			/* arch_vcpu_postcreate() has ended */
	bool irqchip;			/* what the VM had when this vCPU was made */
};

#endif
