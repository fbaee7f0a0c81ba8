/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guest.h - VMs of the make-believe CPU, without descriptors
 */
#ifndef TEST_FAKE_GUEST_H
#define TEST_FAKE_GUEST_H

#include <socle/kvm.h>

/* A VM with @nr vCPUs, made from the real parts of kernel/kvm. */
struct kvm *guest_vm(u32 nr);
void guest_vm_free(struct kvm *kvm);
void guest_vm_free_fds(u32 nr);	/* of a VM that has more vCPUs than guest_vm() made */
long guest_slot(struct kvm *kvm, u32 slot, u64 gpa, u64 pages, u64 hva, u32 flags);

enum guest_result { GUEST_OK, GUEST_MMIO, GUEST_EFAULT, GUEST_NO_MEMORY };
/* The guest on @v, in the calling thread, reads or writes the word at @gpa, through its TLB. */
enum guest_result guest_access(struct kvm_vcpu *v, u64 gpa, bool write, u64 *value);
/* One entry; @in_guest runs with the vCPU in guest mode. False: it did not get in. */
bool guest_enter(struct kvm_vcpu *v, void (*in_guest)(struct kvm_vcpu *v, void *arg), void *arg);

#endif
