/* SPDX-License-Identifier: Apache-2.0 */
/*
 * svm_nmi.c - when the next NMI may enter, without hardware that tells
 *
 * The intercept of IRET (AMD APM vol. 2, 15.9) exits before the instruction.
 * NMIs stay blocked until RIP has left it. If an NMI waits for that, or for the
 * end of an interrupt shadow, the guest is let go one instruction far by
 * RFLAGS.TF; the #DB of that step never reaches it.
 */
#include "svm.h"

#define DR6_BS BIT(14)

void svm_want_nmi_window(struct kvm_vcpu *v)
{
	struct svm_vcpu *svm = to_svm(v);
	struct vmcb *b = svm->vmcb;

	if (v->arch.nmi_masked && !svm->iret_waits)
		b->intercept[0] |= (u32)INTERCEPT3(SVM_EXIT_IRET);
	else if (v->arch.nmi_pending)
		svm->nmi_step = true;
	b->clean &= ~(u32)BIT(CLEAN_INTERCEPTS);
}

void svm_nmi_iret(struct kvm_vcpu *v)
{
	struct svm_vcpu *svm = to_svm(v);

	svm->vmcb->intercept[0] &= ~(u32)INTERCEPT3(SVM_EXIT_IRET);
	svm->vmcb->clean &= ~(u32)BIT(CLEAN_INTERCEPTS);
	svm->iret_waits = true;
	svm->iret_rip = v->arch.rip;
	kvm_make_request(v, KVM_REQ_EVENT);
}

/* The block holds the state of the entry that comes. */
void svm_nmi_enter(struct kvm_vcpu *v)
{
	struct svm_vcpu *svm = to_svm(v);
	struct vmcb *b = svm->vmcb;

	if (!svm->nmi_step)
		return;
	svm->own_tf = b->rflags & RFLAGS_TF;
	b->rflags |= RFLAGS_TF;
	b->intercept_exceptions |= (u32)BIT(VEC_DB);
	b->clean &= ~(u32)BIT(CLEAN_INTERCEPTS);
}

/* After an exit, when the state is out of the block: the TF of an IRET is the one that it popped. */
void svm_nmi_leave(struct kvm_vcpu *v)
{
	struct svm_vcpu *svm = to_svm(v);
	bool iret_done = svm->iret_waits && v->arch.rip != svm->iret_rip;

	svm->nmi_stepped = svm->nmi_step;
	if (svm->nmi_step) {
		if (!iret_done)
			v->arch.rflags = (v->arch.rflags & ~RFLAGS_TF) | (svm->own_tf ? RFLAGS_TF : 0);
		svm->nmi_step = false;
		hvm->update_debug(v);
		kvm_make_request(v, KVM_REQ_EVENT);
	}
	if (iret_done) {
		svm->iret_waits = false;
		v->arch.nmi_masked = false;
		kvm_make_request(v, KVM_REQ_EVENT);
	}
}

/* A #DB exit: true if there is nothing in it but our own step. */
bool svm_nmi_step_done(struct kvm_vcpu *v, u64 *dr6)
{
	const struct svm_vcpu *svm = to_svm(v);

	if (!svm->nmi_stepped || svm->own_tf || (v->arch.guest_debug & KVM_GUESTDBG_SINGLESTEP))
		return false;
	*dr6 &= ~DR6_BS;
	return !(*dr6 & 0xf);
}
