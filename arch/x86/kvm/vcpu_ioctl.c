/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vcpu_ioctl.c - commands of a vCPU, in a table: number, size, direction, function
 *
 * The argument is copied in before and out after the function; what has no fixed
 * size (MSRs, CPUID, XSAVE) copies itself.
 */
#include <errno.h>
#include <string.h>
#include "irqchip/irqchip.h"
#include "vcpu.h"

/* Getters fill the buffer, setters read it; the buffer is zeroed. */
union arg {
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_sregs2 sregs2;
	struct kvm_fpu fpu;
	struct kvm_vcpu_events events;
	struct kvm_interrupt interrupt;
	struct kvm_debugregs debugregs;
	struct kvm_guest_debug guest_debug;
	struct kvm_translation translation;
	struct kvm_x86_mce mce;
	struct kvm_xcrs xcrs;
	struct kvm_enable_cap cap;
	u64 word;
};

static int get_regs(struct kvm_vcpu *v, union arg *a) { kvm_get_regs(v, &a->regs); return 0; }
static int set_regs(struct kvm_vcpu *v, union arg *a) { kvm_set_regs(v, &a->regs); return 0; }
static int get_sregs(struct kvm_vcpu *v, union arg *a) { kvm_get_sregs(v, &a->sregs); return 0; }
static int set_sregs(struct kvm_vcpu *v, union arg *a) { return kvm_set_sregs(v, &a->sregs); }
static int get_sregs2(struct kvm_vcpu *v, union arg *a) { kvm_get_sregs2(v, &a->sregs2); return 0; }
static int set_sregs2(struct kvm_vcpu *v, union arg *a) { return kvm_set_sregs2(v, &a->sregs2); }
static int get_fpu(struct kvm_vcpu *v, union arg *a) { kvm_get_fpu(v, &a->fpu); return 0; }
static int set_fpu(struct kvm_vcpu *v, union arg *a) { return kvm_set_fpu(v, &a->fpu); }
static int get_events(struct kvm_vcpu *v, union arg *a) { kvm_get_events(v, &a->events); return 0; }
static int set_events(struct kvm_vcpu *v, union arg *a) { return kvm_set_events(v, &a->events); }
static int get_xcrs(struct kvm_vcpu *v, union arg *a) { kvm_get_xcrs(v, &a->xcrs); return 0; }
static int set_xcrs(struct kvm_vcpu *v, union arg *a) { return kvm_set_xcrs(v, &a->xcrs); }
static int get_debugregs(struct kvm_vcpu *v, union arg *a) { kvm_get_debugregs(v, &a->debugregs); return 0; }
static int set_debugregs(struct kvm_vcpu *v, union arg *a) { return kvm_set_debugregs(v, &a->debugregs); }
static int set_guest_debug(struct kvm_vcpu *v, union arg *a) { return kvm_set_guest_debug(v, &a->guest_debug); }
static int setup_mce(struct kvm_vcpu *v, union arg *a) { return kvm_setup_mce(v, a->word); }
static int set_mce(struct kvm_vcpu *v, union arg *a) { return kvm_inject_mce(v, &a->mce); }

/* As Linux: "writeable" and "usermode" are not looked up. */
static int translate(struct kvm_vcpu *v, union arg *a)
{
	struct kvm_translation *t = &a->translation;
	u64 gpa = ~0ull;
	u32 error;

	t->valid = !guest_walk(v, t->linear_address, 0, &gpa, &error);
	t->physical_address = gpa;
	t->writeable = 1;
	t->usermode = 0;
	return 0;
}

/* No system management mode. */
static int no_smi(struct kvm_vcpu *v, union arg *a)
{
	(void)v, (void)a;
	return -ENOTTY;
}

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

struct vcpu_cmd { u32 cmd; u32 bytes; bool in, out; int (*fn)(struct kvm_vcpu *v, union arg *a); };
#define GET(cmd, type, fn) { (u32)(cmd), sizeof(type), false, true, fn }
#define SET(cmd, type, fn) { (u32)(cmd), sizeof(type), true, false, fn }
#define BOTH(cmd, type, fn) { (u32)(cmd), sizeof(type), true, true, fn }
#define PLAIN(cmd, fn) { (u32)(cmd), 0, false, false, fn }
static const struct vcpu_cmd cmds[] = {
	GET(KVM_GET_REGS, struct kvm_regs, get_regs), SET(KVM_SET_REGS, struct kvm_regs, set_regs),
	GET(KVM_GET_SREGS, struct kvm_sregs, get_sregs), SET(KVM_SET_SREGS, struct kvm_sregs, set_sregs),
	GET(KVM_GET_SREGS2, struct kvm_sregs2, get_sregs2), SET(KVM_SET_SREGS2, struct kvm_sregs2, set_sregs2),
	GET(KVM_GET_FPU, struct kvm_fpu, get_fpu), SET(KVM_SET_FPU, struct kvm_fpu, set_fpu),
	GET(KVM_GET_VCPU_EVENTS, struct kvm_vcpu_events, get_events),
	SET(KVM_SET_VCPU_EVENTS, struct kvm_vcpu_events, set_events),
	SET(KVM_INTERRUPT, struct kvm_interrupt, do_interrupt),
	GET(KVM_GET_XCRS, struct kvm_xcrs, get_xcrs), SET(KVM_SET_XCRS, struct kvm_xcrs, set_xcrs),
	GET(KVM_GET_DEBUGREGS, struct kvm_debugregs, get_debugregs),
	SET(KVM_SET_DEBUGREGS, struct kvm_debugregs, set_debugregs),
	SET(KVM_SET_GUEST_DEBUG, struct kvm_guest_debug, set_guest_debug),
	BOTH(KVM_TRANSLATE, struct kvm_translation, translate),
	SET(KVM_X86_SETUP_MCE, u64, setup_mce), SET(KVM_X86_SET_MCE, struct kvm_x86_mce, set_mce),
	SET(KVM_ENABLE_CAP, struct kvm_enable_cap, enable_cap),
	PLAIN(KVM_KVMCLOCK_CTRL, clock_ctrl), PLAIN(KVM_NMI, do_nmi), PLAIN(KVM_SMI, no_smi),
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

/* -ENOTTY: not one of these. */
static long run_sized(struct kvm_vcpu *v, u32 cmd, u64 app)
{
	switch (cmd) {
	case (u32)KVM_SET_TSC_KHZ:
		return kvm_set_tsc_khz(v, (u32)app);
	case (u32)KVM_GET_TSC_KHZ:
		return v->arch.virtual_tsc_khz;
	case (u32)KVM_GET_XSAVE:
		return kvm_get_xsave(v, app, sizeof(struct kvm_xsave));
	case (u32)KVM_GET_XSAVE2:
		return kvm_get_xsave(v, app, kvm_xsave_bytes());
	case (u32)KVM_SET_XSAVE:
		return kvm_set_xsave(v, app);
	default:
		return -ENOTTY;
	}
}

long arch_vcpu_ioctl(struct kvm_vcpu *v, u32 cmd, u64 app)
{
	static long (*const others[])(struct kvm_vcpu *v, u32 cmd, u64 app) = {
		run_sized, kvm_cpuid_ioctl, kvm_msr_ioctl, kvm_irqchip_vcpu_ioctl,
	};
	long ret = -ENOTTY;

	for (u32 i = 0; i < ARRAY_SIZE(cmds); i++)
		if (cmds[i].cmd == cmd)
			return run_cmd(v, &cmds[i], app);
	for (u32 i = 0; ret == -ENOTTY && i < ARRAY_SIZE(others); i++)
		ret = others[i](v, cmd, app);
	return ret == -ENOTTY ? -EINVAL : ret;
}
