// SPDX-License-Identifier: Apache-2.0
/*
 * lapic_base.c - IA32_APIC_BASE: off, xAPIC, x2APIC
 *
 * Legal changes for the guest (Intel SDM vol. 3, 11.12.5): off <-> xAPIC,
 * xAPIC -> x2APIC, x2APIC -> off. The VMM may make any.
 */
#include "chips.h"
#include "../vcpu.h"

#define BOTH		(APIC_BASE_ENABLE | APIC_BASE_X2APIC)
#define RESERVED	0x2ffull

static bool mode_allowed(u64 from, u64 to)
{
	from &= BOTH;
	to &= BOTH;
	if (from == BOTH && to == APIC_BASE_ENABLE)
		return false;
	return !(from == 0 && to == BOTH);
}

static bool base_is_valid(struct kvm_vcpu *v, u64 val)
{
	u64 reserved = RESERVED | v->arch.cr3_reserved;

	if (!kvm_guest_has(v, 1, 0, REG_RCX, 21))
		reserved |= APIC_BASE_X2APIC;
	return !(val & reserved) && (val & BOTH) != APIC_BASE_X2APIC;
}

static void rename_apic(struct lapic *l)
{
	if (lapic_is_x2(l)) {
		lapic_put(l, APIC_ID, l->v->id);
		lapic_set_x2_ldr(l);
	} else if (lapic_hw_enabled(l)) {
		lapic_put(l, APIC_ID, l->v->id << 24);
	}
}

/* Version 0x14, six LVT entries. Our IOAPIC has no EOI register: only a VMM's can do without the broadcast. */
void lapic_set_version(struct kvm_vcpu *v)
{
	bool directed = v->kvm->arch.irqchip_split && kvm_guest_has(v, 1, 0, REG_RCX, 21);

	if (v->arch.lapic)
		lapic_put(v->arch.lapic, APIC_LVR, 0x50014 | (directed ? APIC_LVR_DIRECTED : 0));
}

int kvm_set_apic_base(struct kvm_vcpu *v, u64 val, bool host)
{
	u64 old = v->arch.apic_base;

	if (!base_is_valid(v, val) || (!host && !mode_allowed(old, val)))
		return 1;
	WRITE_ONCE(v->arch.apic_base, val);
	if (!v->arch.lapic || !((old ^ val) & BOTH))
		return 0;
	rename_apic(v->arch.lapic);
	apic_map_rebuild(v->kvm);
	kvm_make_request(v, KVM_REQ_EVENT);
	return 0;
}
