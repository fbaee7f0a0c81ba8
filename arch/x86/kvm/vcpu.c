/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vcpu.c - a vCPU's creation, reset state and its ioctls, in a table
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
	v->arch.regs[REG_RDX] = 0x600;
	v->arch.rip = 0xfff0;
	v->arch.rflags = RFLAGS_FIXED;
	v->arch.cr0 = CR0_ET | (init_event ? v->arch.cr0 & (CR0_CD | CR0_NW) : CR0_CD | CR0_NW);
	v->arch.cr2 = v->arch.cr3 = v->arch.cr4 = v->arch.cr8 = 0;
	v->arch.efer = 0;
	v->arch.dr6 = 0xffff0ff0;
	v->arch.dr7 = 0x400;
	v->arch.xcr0 = 1;
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

/* Getters fill the buffer, setters read it; the buffer is zeroed. */
union arg {
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_fpu fpu;
	struct kvm_vcpu_events events;
	struct kvm_interrupt interrupt;
	struct kvm_debugregs debugregs;
	struct kvm_xcrs xcrs;
	struct kvm_enable_cap cap;
};

static int get_regs(struct kvm_vcpu *v, union arg *a) { kvm_get_regs(v, &a->regs); return 0; }
static int set_regs(struct kvm_vcpu *v, union arg *a) { kvm_set_regs(v, &a->regs); return 0; }
static int get_sregs(struct kvm_vcpu *v, union arg *a) { kvm_get_sregs(v, &a->sregs); return 0; }
static int set_sregs(struct kvm_vcpu *v, union arg *a) { return kvm_set_sregs(v, &a->sregs); }
static int get_fpu(struct kvm_vcpu *v, union arg *a) { kvm_get_fpu(v, &a->fpu); return 0; }
static int set_fpu(struct kvm_vcpu *v, union arg *a) { return kvm_set_fpu(v, &a->fpu); }
static int get_events(struct kvm_vcpu *v, union arg *a) { kvm_get_events(v, &a->events); return 0; }
static int set_events(struct kvm_vcpu *v, union arg *a) { return kvm_set_events(v, &a->events); }

static int do_interrupt(struct kvm_vcpu *v, union arg *a)
{
	if (a->interrupt.irq >= 256)
		return -EINVAL;
	if (v->kvm->arch.pic)
		return -ENXIO;
	if (v->kvm->arch.irqchip_split) {
		if (v->arch.pending_extint >= 0)
			return -EEXIST;
		v->arch.pending_extint = (s32)a->interrupt.irq;
		kvm_make_request(v, KVM_REQ_EVENT);
		return 0;
	}
	/* As Linux: it enters the guest next, the VMM has looked at ready_for_interrupt_injection. */
	v->arch.interrupt = (struct guest_event){ .injected = true, .vector = (u8)a->interrupt.irq };
	kvm_make_request(v, KVM_REQ_EVENT);
	return 0;
}

static int do_nmi(struct kvm_vcpu *v, union arg *a)
{
	(void)a;
	__atomic_fetch_add(&v->arch.nmi_queued, 1, __ATOMIC_SEQ_CST);
	kvm_make_request(v, KVM_REQ_EVENT);
	return 0;
}

/* The only capability of a vCPU: PV features that CPUID does not show are not there. */
static int enable_cap(struct kvm_vcpu *v, union arg *a)
{
	if (a->cap.flags || a->cap.cap != KVM_CAP_ENFORCE_PV_FEATURE_CPUID)
		return -EINVAL;
	v->arch.pv_enforced = a->cap.args[0];
	return 0;
}

static int clock_ctrl(struct kvm_vcpu *v, union arg *a)
{
	(void)a;
	return (int)kvm_clock_stopped(v);
}

static int get_xcrs(struct kvm_vcpu *v, union arg *a)
{
	a->xcrs.nr_xcrs = 1;
	a->xcrs.xcrs[0].value = v->arch.xcr0;
	return 0;
}

static int set_xcrs(struct kvm_vcpu *v, union arg *a)
{
	if (a->xcrs.nr_xcrs > KVM_MAX_XCRS || a->xcrs.flags)
		return -EINVAL;
	for (u32 i = 0; i < a->xcrs.nr_xcrs; i++)
		if (a->xcrs.xcrs[i].xcr == 0 && kvm_set_xcr(v, 0, a->xcrs.xcrs[i].value))
			return -EINVAL;
	return 0;
}

struct vcpu_cmd { u32 cmd; u32 bytes; bool in, out; int (*fn)(struct kvm_vcpu *v, union arg *a); };
#define GET(cmd, type, fn) { (u32)(cmd), sizeof(type), false, true, fn }
#define SET(cmd, type, fn) { (u32)(cmd), sizeof(type), true, false, fn }
static const struct vcpu_cmd cmds[] = {
	GET(KVM_GET_REGS, struct kvm_regs, get_regs), SET(KVM_SET_REGS, struct kvm_regs, set_regs),
	GET(KVM_GET_SREGS, struct kvm_sregs, get_sregs), SET(KVM_SET_SREGS, struct kvm_sregs, set_sregs),
	GET(KVM_GET_FPU, struct kvm_fpu, get_fpu), SET(KVM_SET_FPU, struct kvm_fpu, set_fpu),
	GET(KVM_GET_VCPU_EVENTS, struct kvm_vcpu_events, get_events),
	SET(KVM_SET_VCPU_EVENTS, struct kvm_vcpu_events, set_events),
	SET(KVM_INTERRUPT, struct kvm_interrupt, do_interrupt),
	GET(KVM_GET_XCRS, struct kvm_xcrs, get_xcrs), SET(KVM_SET_XCRS, struct kvm_xcrs, set_xcrs),
	SET(KVM_ENABLE_CAP, struct kvm_enable_cap, enable_cap),
	{ (u32)KVM_KVMCLOCK_CTRL, 0, false, false, clock_ctrl },
	{ (u32)KVM_NMI, 0, false, false, do_nmi },
};

static long run_cmd(struct kvm_vcpu *v, const struct vcpu_cmd *c, u64 app)
{
	union arg a;
	int err;

	memset(&a, 0, sizeof(a));
	if (c->in && copy_from_app(&a, app, c->bytes))
		return -EFAULT;
	err = c->fn(v, &a);
	if (!err && c->out && copy_to_app(app, &a, c->bytes))
		return -EFAULT;
	return err;
}

long arch_vcpu_ioctl(struct kvm_vcpu *v, u32 cmd, u64 app)
{
	long ret;

	if (cmd == (u32)KVM_SET_TSC_KHZ)
		return kvm_set_tsc_khz(v, (u32)app);
	if (cmd == (u32)KVM_GET_TSC_KHZ)
		return v->arch.virtual_tsc_khz;
	for (u32 i = 0; i < ARRAY_SIZE(cmds); i++)
		if (cmds[i].cmd == cmd)
			return run_cmd(v, &cmds[i], app);
	ret = kvm_cpuid_ioctl(v, cmd, app);
	if (ret == -ENOTTY)
		ret = kvm_msr_ioctl(v, cmd, app);
	if (ret == -ENOTTY)
		ret = kvm_irqchip_vcpu_ioctl(v, cmd, app);
	return ret == -ENOTTY ? -EINVAL : ret;
}
