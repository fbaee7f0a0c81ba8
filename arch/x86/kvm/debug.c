/* SPDX-License-Identifier: Apache-2.0 */
/*
 * debug.c - debug registers, and KVM_SET_GUEST_DEBUG
 *
 * DR0-3 are not switched by the hardware. A guest that never touches them costs
 * nothing: moves to and from debug registers are intercepted until the first
 * one, then the guest's values are live for one stay in guest mode (the backend
 * takes them back at the exit). With breakpoints enabled in DR7 they are loaded
 * at each entry. While the VMM debugs with hardware breakpoints its values are
 * in the CPU and the guest's moves are emulated.
 *
 * Intel SDM vol. 3, chapter 18; AMD APM vol. 2, 13.1.
 */
#include <errno.h>
#include "vcpu.h"

#define DR6_FIXED	0xffff0ff0ull
#define DR6_VOLATILE	0xe00full
#define DR6_BD		BIT(13)
#define DR6_BS		BIT(14)
#define DR6_TRAPS	0xfull
#define DR7_FIXED	0x400ull
#define DR7_VOLATILE	0xffff2bffull
#define DR7_ENABLE	0xffull
#define DR7_GD		BIT(13)
#define CR4_DE		BIT(3)

void kvm_debug_reset(struct kvm_vcpu *v)
{
	for (u32 i = 0; i < 4; i++)
		v->arch.dr[i] = 0;
	v->arch.dr6 = DR6_FIXED;
	v->arch.dr7 = DR7_FIXED;
	kvm_debug_changed(v);
}

bool kvm_debug_hw_by_vmm(const struct kvm_vcpu *v)
{
	return v->arch.guest_debug & KVM_GUESTDBG_USE_HW_BP;
}

u64 kvm_debug_dr(const struct kvm_vcpu *v, u32 nr)
{
	return kvm_debug_hw_by_vmm(v) ? v->arch.vmm_dr[nr] : v->arch.dr[nr];
}

u64 kvm_debug_dr7(const struct kvm_vcpu *v)
{
	return kvm_debug_hw_by_vmm(v) ? v->arch.vmm_dr7 : v->arch.dr7;
}

void kvm_debug_changed(struct kvm_vcpu *v)
{
	v->arch.dr_load = kvm_debug_dr7(v) & DR7_ENABLE;
	hvm->update_debug(v);
}

u64 kvm_get_dr(struct kvm_vcpu *v, u32 nr)
{
	hvm->sync_debug(v);
	if (nr < 4)
		return v->arch.dr[nr];
	return nr & 1 ? v->arch.dr7 : v->arch.dr6;
}

int kvm_set_dr(struct kvm_vcpu *v, u32 nr, u64 val)
{
	hvm->sync_debug(v);
	if (nr >= 4 && val >> 32)
		return 1;
	if (nr < 4)
		v->arch.dr[nr] = val;
	else if (nr & 1)
		v->arch.dr7 = (val & DR7_VOLATILE) | DR7_FIXED;
	else
		v->arch.dr6 = (val & DR6_VOLATILE) | DR6_FIXED;
	kvm_debug_changed(v);
	return 0;
}

/* A move that the CPU did not do itself. RUN_*. */
int kvm_emulate_dr(struct kvm_vcpu *v, bool write, u32 nr, u32 gpr, u32 len)
{
	u64 mask = kvm_is_64bit_code(v) ? ~0ull : 0xffffffff;

	if ((nr & ~1u) == 4 && (v->arch.cr4 & CR4_DE)) {
		kvm_queue_exception(v, VEC_UD);
		return RUN_GUEST;
	}
	if (v->arch.dr7 & DR7_GD) {
		kvm_queue_db(v, DR6_BD);
		return RUN_GUEST;
	}
	if (write)
		return kvm_complete_insn(v, kvm_set_dr(v, nr, v->arch.regs[gpr] & mask), len);
	v->arch.regs[gpr] = kvm_get_dr(v, nr) & mask;
	return kvm_complete_insn(v, 0, len);
}

/* The effects that the CPU has before it delivers #DB; @bits of DR6. */
void kvm_apply_db(struct kvm_vcpu *v, u64 bits)
{
	hvm->sync_debug(v);
	v->arch.dr6 = ((v->arch.dr6 & ~DR6_TRAPS) | DR6_FIXED | bits) & ~(bits & BIT(11));
	v->arch.dr7 &= ~DR7_GD;
	kvm_debug_changed(v);
}

/* An instruction that we did for the guest has ended, with a single step pending. */
void kvm_debug_stepped(struct kvm_vcpu *v)
{
	if (v->arch.guest_debug & KVM_GUESTDBG_SINGLESTEP)
		v->arch.debug_pending = true;
	else if (v->arch.rflags & RFLAGS_TF)
		kvm_queue_db(v, DR6_BS);
}

static int debug_exit(struct kvm_vcpu *v, u32 vector, u64 dr6)
{
	struct kvm_debug_exit_arch *d = &v->run->debug.arch;
	struct kvm_segment cs;

	hvm->get_segment(v, SEG_CS, &cs);
	*d = (struct kvm_debug_exit_arch){ .exception = vector, .pc = cs.base + v->arch.rip, .dr6 = dr6,
					   .dr7 = kvm_debug_dr7(v) };
	v->run->exit_reason = KVM_EXIT_DEBUG;
	return RUN_USER;
}

int kvm_debug_exit_pending(struct kvm_vcpu *v)
{
	v->arch.debug_pending = false;
	return debug_exit(v, VEC_DB, DR6_FIXED | DR6_BS);
}

/* #DB or #BP was intercepted. RUN_USER: it is the VMM's; RUN_GUEST: the guest's. */
int kvm_debug_exception(struct kvm_vcpu *v, u32 vector, u64 dr6)
{
	u64 mine = vector == VEC_BP ? KVM_GUESTDBG_USE_SW_BP : KVM_GUESTDBG_SINGLESTEP | KVM_GUESTDBG_USE_HW_BP;

	return v->arch.guest_debug & mine ? debug_exit(v, vector, dr6) : RUN_GUEST;
}

int kvm_set_guest_debug(struct kvm_vcpu *v, const struct kvm_guest_debug *d)
{
	u32 inject = d->control & (u32)(KVM_GUESTDBG_INJECT_DB | KVM_GUESTDBG_INJECT_BP);

	if (inject && (v->arch.exception.pending || v->arch.exception.injected))
		return -EBUSY;
	if (inject & KVM_GUESTDBG_INJECT_DB)
		kvm_queue_exception(v, VEC_DB);
	else if (inject)
		kvm_queue_exception(v, VEC_BP);
	hvm->sync_debug(v);
	v->arch.guest_debug = d->control & KVM_GUESTDBG_ENABLE ? d->control : 0;
	v->arch.debug_pending = false;
	for (u32 i = 0; i < 4; i++)
		v->arch.vmm_dr[i] = d->arch.debugreg[i];
	v->arch.vmm_dr7 = (d->arch.debugreg[7] & DR7_VOLATILE & ~DR7_GD) | DR7_FIXED;
	kvm_debug_changed(v);
	return 0;
}

void kvm_get_debugregs(struct kvm_vcpu *v, struct kvm_debugregs *d)
{
	kvm_flush_payload(v);
	hvm->sync_debug(v);
	for (u32 i = 0; i < 4; i++)
		d->db[i] = v->arch.dr[i];
	d->dr6 = v->arch.dr6;
	d->dr7 = v->arch.dr7;
}

int kvm_set_debugregs(struct kvm_vcpu *v, const struct kvm_debugregs *d)
{
	if (d->flags || d->dr6 >> 32 || d->dr7 >> 32)
		return -EINVAL;
	hvm->sync_debug(v);
	for (u32 i = 0; i < 4; i++)
		v->arch.dr[i] = d->db[i];
	v->arch.dr6 = (d->dr6 & DR6_VOLATILE) | DR6_FIXED;
	v->arch.dr7 = (d->dr7 & DR7_VOLATILE) | DR7_FIXED;
	kvm_debug_changed(v);
	return 0;
}
