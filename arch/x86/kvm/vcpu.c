/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vcpu.c - a vCPU's creation and reset state
 *
 * Reset state: Intel SDM vol. 3, table 9-1.
 */
#include <errno.h>
#include <string.h>
#include <socle/mem.h>
#include <asm/fpu.h>
#include "irqchip/irqchip.h"
#include "vcpu.h"

static void reset_segments(struct kvm_vcpu *v)
{
	struct kvm_segment data = { .limit = 0xffff, .type = 3, .s = 1, .present = 1 };
	struct kvm_segment code = { .base = 0xffff0000, .limit = 0xffff, .selector = 0xf000, .type = 11,
				    .s = 1, .present = 1 };
	struct kvm_segment ldt = { .limit = 0xffff, .type = 2, .present = 1 };
	struct kvm_segment tr = { .limit = 0xffff, .type = 11, .present = 1 };
	struct kvm_dtable dt = { .limit = 0xffff };

	for (u32 s = SEG_ES; s <= SEG_GS; s++)
		hvm->set_segment(v, (enum seg_reg)s, s == SEG_CS ? &code : &data);
	hvm->set_segment(v, SEG_LDTR, &ldt);
	hvm->set_segment(v, SEG_TR, &tr);
	hvm->set_dt(v, false, &dt);
	hvm->set_dt(v, true, &dt);
}

void kvm_vcpu_reset(struct kvm_vcpu *v, bool init_event)
{
	memset(v->arch.regs, 0, sizeof(v->arch.regs));
	v->arch.regs[REG_RDX] = kvm_cpuid_signature(v);
	v->arch.rip = 0xfff0;
	v->arch.rflags = RFLAGS_FIXED;
	v->arch.cr0 = CR0_ET | (init_event ? v->arch.cr0 & (CR0_CD | CR0_NW) : CR0_CD | CR0_NW);
	v->arch.cr2 = v->arch.cr3 = v->arch.cr4 = v->arch.cr8 = 0;
	v->arch.efer = 0;
	kvm_debug_reset(v);
	if (!init_event)
		v->arch.xcr0 = 1;
	v->arch.spec_ctrl = v->arch.virt_spec_ctrl = 0;
	kvm_pv_reset(v);
	v->arch.exception = v->arch.interrupt = (struct guest_event){ 0 };
	v->arch.nmi_pending = v->arch.nmi_queued = 0;
	v->arch.pending_extint = -1;
	v->arch.nmi_injected = v->arch.nmi_masked = false;
	lapic_reset(v, init_event);
	reset_segments(v);
	hvm->update_cr(v);
	hvm->set_interrupt_shadow(v, 0);
	hvm->flush_tlb(v);
}

int arch_vcpu_create(struct kvm_vcpu *v)
{
	int err = fpu_ctx_init(&v->arch.fpu);

	if (err)
		return err;
	err = hvm->vcpu_create(v);
	if (err) {
		fpu_ctx_free(&v->arch.fpu);
		return err;
	}
	if (v->kvm->arch.irqchip)
		err = lapic_create(v);
	if (err) {
		hvm->vcpu_destroy(v);
		fpu_ctx_free(&v->arch.fpu);
		return err;
	}
	kvm_msr_init(v);
	kvm_cpuid_derive(v);
	kvm_vcpu_reset(v, false);
	v->mp_state = v->kvm->arch.irqchip && v->id != v->kvm->arch.bsp_id ? KVM_MP_STATE_UNINITIALIZED
									   : KVM_MP_STATE_RUNNABLE;
	return 0;
}

void arch_vcpu_postcreate(struct kvm_vcpu *v)
{
	lapic_postcreate(v);
	kvm_tsc_postcreate(v);
}

void arch_vcpu_destroy(struct kvm_vcpu *v)
{
	lapic_destroy(v);
	hvm->vcpu_destroy(v);
	fpu_ctx_free(&v->arch.fpu);
	kvm_cpuid_free(v);
	kfree(v->arch.emul);
}

/* What others sent counts: INIT and SIPI are taken first. */
int arch_get_mp_state(struct kvm_vcpu *v, u32 *state)
{
	lapic_accept_init_sipi(v);
	*state = v->mp_state;
	return 0;
}

/* A vCPU without a local APIC cannot be woken: it always runs. */
int arch_set_mp_state(struct kvm_vcpu *v, u32 state)
{
	if (state > KVM_MP_STATE_SIPI_RECEIVED || (state != KVM_MP_STATE_RUNNABLE && !v->arch.lapic))
		return -EINVAL;
	if (state == KVM_MP_STATE_SIPI_RECEIVED) {
		lapic_latch_sipi(v);
		state = KVM_MP_STATE_INIT_RECEIVED;
	}
	v->mp_state = state;
	kvm_make_request(v, KVM_REQ_EVENT);
	return 0;
}

/* Real mode at vector * 4 KiB (Intel SDM vol. 3, 9.4.4). */
void kvm_deliver_sipi(struct kvm_vcpu *v, u8 vector)
{
	struct kvm_segment cs;

	hvm->get_segment(v, SEG_CS, &cs);
	cs.selector = (u16)(vector << 8);
	cs.base = (u64)vector << 12;
	hvm->set_segment(v, SEG_CS, &cs);
	v->arch.rip = 0;
}
