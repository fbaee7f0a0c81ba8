// SPDX-License-Identifier: Apache-2.0
/*
 * lapic_state.c - the local APIC as KVM_GET_LAPIC and KVM_SET_LAPIC show it
 *
 * The page's layout in both modes. In x2APIC mode the ID is shown as 32 bits
 * only to a VMM that asked for that (KVM_CAP_X2APIC_API).
 */
#include "chips.h"

static u32 *word(struct kvm_lapic_state *s, u32 reg)
{
	return (u32 *)(void *)(s->regs + reg);
}

void lapic_get_state(struct lapic *l, struct kvm_lapic_state *s)
{
	memcpy(s->regs, l->regs, sizeof(s->regs));
	*word(s, APIC_TMCCT) = lapic_timer_current(l);
	if (lapic_is_x2(l) && !l->v->kvm->arch.x2apic_format)
		*word(s, APIC_ID) = l->v->id << 24;
}

int lapic_set_state(struct lapic *l, struct kvm_lapic_state *s)
{
	bool x2 = lapic_is_x2(l);
	u32 current = *word(s, APIC_TMCCT);

	if (x2 && l->v->kvm->arch.x2apic_format && *word(s, APIC_ID) != l->v->id)
		return -EINVAL;
	lapic_timer_stop(l);
	memcpy(l->regs, s->regs, sizeof(s->regs));
	lapic_set_version(l->v);
	lapic_put(l, APIC_TMCCT, 0);
	if (x2) {
		lapic_put(l, APIC_ID, l->v->id);
		lapic_set_x2_ldr(l);
	}
	apic_map_rebuild(l->v->kvm);
	lapic_rescan(l);
	/* What KVM_GET_LAPIC shows until the vCPU looks again: on Linux too, ISR is not counted in yet. */
	lapic_put(l, APIC_PPR, lapic_get(l, APIC_TPR) & 0xff);
	lapic_timer_restore(l, current);
	return 0;
}
