/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inject.c - exceptions, NMIs and interrupts on their way into the guest
 *
 * Order and double faults: Intel SDM vol. 3, 6.9 and 6.15 (interrupt 8).
 */
#include <socle/trace.h>
#include "irqchip/irqchip.h"
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

/* What delivery does before the handler runs waits with the event: CR2, or bits of DR6. */
static void set_payload(struct kvm_vcpu *v, u8 vector, u64 payload)
{
	struct guest_event *e = &v->arch.exception;

	if (e->pending && e->vector == vector) {	/* it may have become a double fault */
		e->payload = payload;
		e->has_payload = true;
	}
}

static void apply_payload(struct kvm_vcpu *v)
{
	struct guest_event *e = &v->arch.exception;

	if (!e->has_payload)
		return;
	e->has_payload = false;
	if (e->vector == VEC_DB)
		kvm_apply_db(v, e->payload);
	else if (e->vector == VEC_PF)
		v->arch.cr2 = e->payload;
}

/* A VMM that does not know payloads sees the registers as after delivery. */
void kvm_flush_payload(struct kvm_vcpu *v)
{
	if (!v->kvm->arch.exception_payload && v->arch.exception.pending)
		apply_payload(v);
}

void kvm_queue_pf(struct kvm_vcpu *v, u32 error, u64 cr2)
{
	queue(v, VEC_PF, true, error);
	set_payload(v, VEC_PF, cr2);
}

void kvm_queue_db(struct kvm_vcpu *v, u64 bits)
{
	queue(v, VEC_DB, false, 0);
	set_payload(v, VEC_DB, bits);
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
	if (v->arch.rip >> 32 && !kvm_is_64bit_code(v))
		v->arch.rip = (u32)v->arch.rip;
	hvm->set_interrupt_shadow(v, 0);
	v->arch.rflags &= ~RFLAGS_RF;
	if (unlikely((v->arch.rflags & RFLAGS_TF) || v->arch.guest_debug))
		kvm_debug_stepped(v);
}

int kvm_triple_fault(struct kvm_vcpu *v)
{
	v->run->exit_reason = KVM_EXIT_SHUTDOWN;
	return RUN_USER;
}

bool kvm_interrupt_allowed(struct kvm_vcpu *v)
{
	return (v->arch.rflags & RFLAGS_IF) && !(v->arch.guest_debug & KVM_GUESTDBG_BLOCKIRQ) &&
	       !hvm->get_interrupt_shadow(v);
}

static void stage(struct kvm_vcpu *v, const struct guest_event *e, bool nmi, bool exception)
{
	trace(nmi ? TRACE_kvm_inj_nmi : exception ? TRACE_kvm_inj_exception : TRACE_kvm_inj_virq, v->trace_id,
	      nmi ? 0 : e->vector, exception && e->has_error ? e->error : 0);
	hvm->inject(v, e, nmi, exception);
	v->arch.staged = true;
}

static bool inject_exception(struct kvm_vcpu *v)
{
	struct guest_event *e = &v->arch.exception;

	if (!e->pending && !e->injected)
		return false;
	if (e->pending && e->vector != VEC_DB)
		v->arch.rflags |= RFLAGS_RF;
	apply_payload(v);
	e->pending = false;
	e->injected = true;
	stage(v, e, false, true);
	return true;
}

static void inject_nmi(struct kvm_vcpu *v)
{
	const struct guest_event nmi = { .vector = 2 };

	stage(v, &nmi, true, false);
}

/* At most two wait: one is being handled, one more is remembered (Intel SDM vol. 3, 6.7.1). */
static void collect_nmis(struct kvm_vcpu *v)
{
	u32 limit = v->arch.nmi_masked || v->arch.nmi_injected ? 1 : 2, n;

	if (!READ_ONCE(v->arch.nmi_queued))
		return;
	n = v->arch.nmi_pending + __atomic_exchange_n(&v->arch.nmi_queued, 0, __ATOMIC_SEQ_CST);
	v->arch.nmi_pending = MIN(n, limit);
}

/* True: an event that an exit cut off, or an exception, enters; others wait. */
static bool inject_first(struct kvm_vcpu *v)
{
	if (inject_exception(v))
		return true;
	if (v->arch.nmi_injected)
		inject_nmi(v);
	else if (v->arch.interrupt.injected)
		stage(v, &v->arch.interrupt, false, false);
	else
		return false;
	return true;
}

static bool inject_new_nmi(struct kvm_vcpu *v)
{
	if (!v->arch.nmi_pending || v->arch.nmi_masked || hvm->get_interrupt_shadow(v))
		return false;
	v->arch.nmi_pending--;
	v->arch.nmi_injected = v->arch.nmi_masked = true;
	inject_nmi(v);
	return true;
}

/* Vector of the VMM's own controller or of the chips; false: it was taken back. */
static bool take_interrupt(struct kvm_vcpu *v)
{
	struct guest_event *irq = &v->arch.interrupt;
	int vector;

	if (irq->pending) {
		irq->pending = false;
	} else {
		vector = kvm_irq_ack(v);
		if (vector < 0)
			return false;
		*irq = (struct guest_event){ .vector = (u8)vector };
		v->stat_irq++;
	}
	irq->injected = true;
	stage(v, irq, false, false);
	return true;
}

static bool interrupt_waits(struct kvm_vcpu *v)
{
	return v->arch.interrupt.pending || kvm_irq_waits(v);
}

/*
 * One event enters with each guest entry; for those left over a window is asked
 * for, whose exit comes back here by KVM_REQ_EVENT. What is staged and does not
 * enter, because something came up, is still "injected" the next time.
 */
void kvm_inject_events(struct kvm_vcpu *v)
{
	bool busy;

	if (v->arch.staged)
		hvm->cancel_inject(v);
	v->arch.staged = false;
	busy = inject_first(v);
	if (!v->arch.check_events)
		return;
	v->arch.check_events = false;
	collect_nmis(v);
	if (!busy)
		busy = inject_new_nmi(v);
	if (v->arch.nmi_masked)
		hvm->want_nmi_window(v);
	else if (v->arch.nmi_pending)
		v->arch.check_events = true;	/* behind an interrupt shadow or another event: next time */
	if (!busy && kvm_interrupt_allowed(v))
		busy = take_interrupt(v);
	if (interrupt_waits(v))
		hvm->want_interrupt_window(v, true);
}

/* Would something enter now, or did a hypercall kick it? For a vCPU that sleeps; one that was not started takes INIT and
 * SIPI only: what else is pending must not keep it awake. */
bool kvm_has_events(struct kvm_vcpu *v)
{
	if (lapic_has_init_sipi(v))
		return true;
	if (v->mp_state != KVM_MP_STATE_HALTED && v->mp_state != KVM_MP_STATE_RUNNABLE)
		return false;
	if (v->arch.exception.pending || READ_ONCE(v->arch.pv_unhalted))
		return true;
	if ((READ_ONCE(v->arch.nmi_queued) || v->arch.nmi_pending) && !v->arch.nmi_masked)
		return true;
	return kvm_interrupt_allowed(v) && interrupt_waits(v);
}
