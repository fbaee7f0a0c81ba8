// SPDX-License-Identifier: Apache-2.0
/*
 * lapic_pv.c - PV EOI: a guest ends an interrupt in its memory, without an exit
 *
 * Before an entry with one interrupt in service, none waiting and no chip that
 * must hear of the end, bit 0 of the guest's word is set: the guest may clear
 * it instead of writing EOI. After the exit it is looked at: cleared, the
 * interrupt has ended; still set, the offer is taken back. So the offer stands
 * only while the guest runs. Source: KVM's documentation of MSR_KVM_PV_EOI_EN.
 */
#include "chips.h"

#define ENABLED BIT(0)

static bool may_offer(struct lapic *l)
{
	return lapic_one_in_service(l) && !lapic_any_requested(l) &&
	       !irqchip_wants_eoi(l->v->kvm, (u8)l->isr_highest, lapic_is_level(l, (u32)l->isr_highest));
}

void lapic_pv_eoi_offer(struct kvm_vcpu *v)
{
	struct lapic *l = v->arch.lapic;
	u8 one = 1;

	if (l && may_offer(l) && !kvm_write_guest(v->kvm, GPA(v->arch.pv_eoi_msr & ~ENABLED), &one, 1))
		v->arch.pv_eoi_offered = true;
}

void lapic_pv_eoi_collect(struct kvm_vcpu *v)
{
	gpa_t word = GPA(v->arch.pv_eoi_msr & ~ENABLED);
	u8 val, zero = 0;

	v->arch.pv_eoi_offered = false;
	/* An offer that cannot be taken back counts as taken: the guest would believe it, or its page is gone. */
	if (kvm_read_guest(v->kvm, word, &val, 1) || !(val & 1) || kvm_write_guest(v->kvm, word, &zero, 1))
		lapic_eoi(v->arch.lapic);
}

static bool is_memory(struct kvm *kvm, u64 gpa)
{
	u32 token = kvm_epoch_enter();
	bool found = kvm_slot_of(kvm, GPA(gpa)) != NULL;

	kvm_epoch_exit(token);
	return found;
}

int lapic_pv_eoi_set(struct kvm_vcpu *v, u64 val)
{
	if ((val & 2) || ((val & ENABLED) && !is_memory(v->kvm, val & ~ENABLED)))
		return 1;
	v->arch.pv_eoi_msr = val;
	return 0;
}
