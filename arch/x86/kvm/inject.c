/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inject.c - exceptions, NMIs and interrupts on their way into the guest
 *
 * Order and double faults: Intel SDM vol. 3, 6.9 and 6.15 (interrupt 8).
 */
#include "vcpu.h"

static bool is_contributory(u8 vector)
{
	return vector == VEC_DE || (vector >= VEC_TS && vector <= VEC_GP);
}

static bool has_error_code(u8 vector)
{
	return vector == VEC_DF || (vector >= VEC_TS && vector <= VEC_PF) || vector == VEC_AC;
}

static void queue(struct kvm_vcpu *v, u8 vector, bool has_error, u32 error)
{
	struct guest_event *e = &v->arch.exception;

	if (e->pending || e->injected) {
		bool first_pf = e->vector == VEC_PF;

		if (e->vector == VEC_DF) {
			kvm_make_request(v, KVM_REQ_TRIPLE_FAULT);
			return;
		}
		if ((first_pf && (vector == VEC_PF || is_contributory(vector))) ||
		    (is_contributory(e->vector) && is_contributory(vector))) {
			vector = VEC_DF;
			has_error = true;
			error = 0;
		}
	}
	if (!(v->arch.cr0 & CR0_PE))
		has_error = false;
	*e = (struct guest_event){ .pending = true, .vector = vector, .has_error = has_error, .error = error };
	kvm_make_request(v, KVM_REQ_EVENT);
}

void kvm_queue_exception(struct kvm_vcpu *v, u8 vector)
{
	queue(v, vector, has_error_code(vector), 0);
}

void kvm_queue_exception_e(struct kvm_vcpu *v, u8 vector, u32 error)
{
	queue(v, vector, true, error);
}

void kvm_queue_pf(struct kvm_vcpu *v, u32 error, u64 cr2)
{
	queue(v, VEC_PF, true, error);
	v->arch.cr2 = cr2;
}

int kvm_complete_insn(struct kvm_vcpu *v, int err, u32 len)
{
	if (err)
		kvm_queue_exception_e(v, VEC_GP, 0);
	else
		kvm_skip_insn(v, len);
	return RUN_GUEST;
}

void kvm_skip_insn(struct kvm_vcpu *v, u32 len)
{
	v->arch.rip += len;
	if (!kvm_is_64bit_code(v))
		v->arch.rip = (u32)v->arch.rip;
	hvm->set_interrupt_shadow(v, 0);
	v->arch.rflags &= ~RFLAGS_RF;
	if (v->arch.rflags & RFLAGS_TF)
		kvm_queue_exception(v, VEC_DB);
}

int kvm_triple_fault(struct kvm_vcpu *v)
{
	v->run->exit_reason = KVM_EXIT_SHUTDOWN;
	return RUN_USER;
}

bool kvm_interrupt_allowed(struct kvm_vcpu *v)
{
	return (v->arch.rflags & RFLAGS_IF) && !hvm->get_interrupt_shadow(v);
}

static bool inject_exception(struct kvm_vcpu *v)
{
	struct guest_event *e = &v->arch.exception;

	if (!e->pending && !e->injected)
		return false;
	if (e->pending && e->vector != VEC_DB)
		v->arch.rflags |= RFLAGS_RF;
	e->pending = false;
	e->injected = true;
	hvm->inject(v, e, false, true);
	return true;
}

static void inject_nmi(struct kvm_vcpu *v)
{
	const struct guest_event nmi = { .vector = 2 };

	hvm->inject(v, &nmi, true, false);
}

/* One event enters with each guest entry; for those left over a window is asked for. */
void kvm_inject_events(struct kvm_vcpu *v)
{
	struct guest_event *irq = &v->arch.interrupt;

	if (inject_exception(v))
		return;
	if (v->arch.nmi_injected) {
		inject_nmi(v);
		return;
	}
	if (irq->injected) {
		hvm->inject(v, irq, false, false);
		return;
	}
	if (v->arch.nmi_pending && !v->arch.nmi_masked && !hvm->get_interrupt_shadow(v)) {
		v->arch.nmi_pending--;
		v->arch.nmi_injected = v->arch.nmi_masked = true;
		inject_nmi(v);
		hvm->want_nmi_window(v);
		return;
	}
	if (!irq->pending)
		return;
	if (kvm_interrupt_allowed(v)) {
		irq->pending = false;
		irq->injected = true;
		hvm->inject(v, irq, false, false);
	} else {
		hvm->want_interrupt_window(v, true);
	}
}
