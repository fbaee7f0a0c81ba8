/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events.c - KVM_GET/SET_VCPU_EVENTS: what is on its way into the guest
 *
 * An exception is pending (chosen, effects not there yet) or injected (delivery
 * began). A VMM that has not enabled KVM_CAP_EXCEPTION_PAYLOAD sees both as
 * injected. There is no system management mode: its part is zeros, and nothing
 * else is accepted.
 */
#include <errno.h>
#include "irqchip/chips.h"
#include "vcpu.h"

#define VALID_ALWAYS	((u32)(KVM_VCPUEVENT_VALID_NMI_PENDING | KVM_VCPUEVENT_VALID_SHADOW | KVM_VCPUEVENT_VALID_SMM))
#define VALID_KNOWN	(VALID_ALWAYS | (u32)(KVM_VCPUEVENT_VALID_SIPI_VECTOR | KVM_VCPUEVENT_VALID_PAYLOAD | \
					      KVM_VCPUEVENT_VALID_TRIPLE_FAULT))

static void get_exception(struct kvm_vcpu *v, struct kvm_vcpu_events *e)
{
	const struct guest_event *x = &v->arch.exception;

	kvm_flush_payload(v);
	e->exception.nr = x->vector;
	e->exception.has_error_code = x->has_error;
	e->exception.error_code = x->error;
	if (x->vector == VEC_BP || x->vector == VEC_OF)
		return;			/* the instruction comes again */
	e->exception.injected = x->injected;
	e->exception.pending = x->pending;
	if (!v->kvm->arch.exception_payload)
		e->exception.injected |= x->pending;
	e->exception_has_payload = x->has_payload;
	e->exception_payload = x->has_payload ? x->payload : 0;
}

void kvm_get_events(struct kvm_vcpu *v, struct kvm_vcpu_events *e)
{
	const struct guest_event *i = &v->arch.interrupt;

	get_exception(v, e);
	e->interrupt.injected = (i->pending || i->injected) && !i->soft;
	e->interrupt.nr = i->vector;
	e->interrupt.shadow = (u8)hvm->get_interrupt_shadow(v);
	e->nmi.injected = v->arch.nmi_injected;
	e->nmi.pending = (u8)MIN(v->arch.nmi_pending + READ_ONCE(v->arch.nmi_queued), 2u);
	e->nmi.masked = v->arch.nmi_masked;
	e->flags = VALID_ALWAYS;
	if (v->arch.lapic)
		e->smi.latched_init = (READ_ONCE(v->arch.lapic->latch) & LATCH_INIT) != 0;
	if (v->kvm->arch.exception_payload)
		e->flags |= KVM_VCPUEVENT_VALID_PAYLOAD;
	if (v->kvm->arch.triple_fault_event) {
		e->triple_fault.pending = READ_ONCE(v->requests) >> KVM_REQ_TRIPLE_FAULT & 1;
		e->flags |= KVM_VCPUEVENT_VALID_TRIPLE_FAULT;
	}
}

static bool events_are_sane(const struct kvm_vcpu *v, const struct kvm_vcpu_events *e)
{
	const struct arch_vm *vm = &v->kvm->arch;
	bool pending = (e->flags & KVM_VCPUEVENT_VALID_PAYLOAD) && e->exception.pending;

	if (e->flags & ~VALID_KNOWN)
		return false;
	if ((e->flags & KVM_VCPUEVENT_VALID_PAYLOAD) && !vm->exception_payload)
		return false;
	if ((e->flags & KVM_VCPUEVENT_VALID_TRIPLE_FAULT) && !vm->triple_fault_event)
		return false;
	if ((e->exception.injected || pending) && (e->exception.nr > 31 || e->exception.nr == 2))
		return false;
	return !(e->flags & KVM_VCPUEVENT_VALID_SMM) || (!e->smi.smm && !e->smi.pending && !e->smi.smm_inside_nmi);
}

static void set_exception(struct kvm_vcpu *v, const struct kvm_vcpu_events *e)
{
	bool pending = (e->flags & KVM_VCPUEVENT_VALID_PAYLOAD) && e->exception.pending;

	v->arch.exception = (struct guest_event){
		.injected = e->exception.injected && !pending, .pending = pending, .vector = e->exception.nr,
		.has_error = e->exception.has_error_code, .error = e->exception.error_code,
		.has_payload = pending && e->exception_has_payload, .payload = e->exception_payload };
}

static void set_flagged(struct kvm_vcpu *v, const struct kvm_vcpu_events *e)
{
	if (e->flags & KVM_VCPUEVENT_VALID_SHADOW)
		hvm->set_interrupt_shadow(v, e->interrupt.shadow);
	if (e->flags & KVM_VCPUEVENT_VALID_NMI_PENDING) {
		__atomic_store_n(&v->arch.nmi_queued, 0, __ATOMIC_SEQ_CST);
		v->arch.nmi_pending = e->nmi.pending;
	}
	if ((e->flags & KVM_VCPUEVENT_VALID_SIPI_VECTOR) && v->arch.lapic)
		v->arch.lapic->sipi_vector = (u8)e->sipi_vector;
	if ((e->flags & KVM_VCPUEVENT_VALID_SMM) && v->arch.lapic) {
		if (e->smi.latched_init)
			__atomic_fetch_or(&v->arch.lapic->latch, LATCH_INIT, __ATOMIC_SEQ_CST);
		else
			__atomic_fetch_and(&v->arch.lapic->latch, ~LATCH_INIT, __ATOMIC_SEQ_CST);
	}
	if (!(e->flags & KVM_VCPUEVENT_VALID_TRIPLE_FAULT))
		return;
	(void)kvm_check_request(v, KVM_REQ_TRIPLE_FAULT);
	if (e->triple_fault.pending)
		kvm_make_request(v, KVM_REQ_TRIPLE_FAULT);
}

int kvm_set_events(struct kvm_vcpu *v, const struct kvm_vcpu_events *e)
{
	if (!events_are_sane(v, e))
		return -EINVAL;
	set_exception(v, e);
	v->arch.interrupt = (struct guest_event){
		.injected = e->interrupt.injected, .vector = e->interrupt.nr, .soft = e->interrupt.soft };
	v->arch.nmi_injected = e->nmi.injected;
	v->arch.nmi_masked = e->nmi.masked;
	set_flagged(v, e);
	kvm_make_request(v, KVM_REQ_EVENT);
	return 0;
}
