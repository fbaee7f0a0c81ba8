/* SPDX-License-Identifier: Apache-2.0 */
/*
 * svm_debug.c - debug registers in the control block and in the CPU
 *
 * DR6 and DR7 are switched by VMRUN. In the block they are the guest's, but with
 * hardware breakpoints of the VMM its DR7 and a clean DR6.
 *
 * Invariant: v->arch.dr_live implies that no move is intercepted and that the
 * guest's values of DR0-3 were loaded for this entry; the exit ends both.
 */
#include "emul/emul.h"
#include "svm.h"

static void load_dr(const u64 dr[4])
{
	__asm__ volatile("mov %0, %%db0; mov %1, %%db1; mov %2, %%db2; mov %3, %%db3"
			 :: "r"(dr[0]), "r"(dr[1]), "r"(dr[2]), "r"(dr[3]));
}

static void store_dr(u64 dr[4])
{
	__asm__ volatile("mov %%db0, %0; mov %%db1, %1; mov %%db2, %2; mov %%db3, %3"
			 : "=r"(dr[0]), "=r"(dr[1]), "=r"(dr[2]), "=r"(dr[3]));
}

/* Before entry, interrupts off; the caller has seen that dr_load or dr_live is set. */
void svm_debug_enter(struct kvm_vcpu *v)
{
	u64 dr[4];

	for (u32 i = 0; i < 4; i++)
		dr[i] = kvm_debug_dr(v, i);
	load_dr(dr);
}

/* After an exit with dr_live set. */
void svm_debug_leave(struct kvm_vcpu *v)
{
	struct vmcb *b = vmcb_of(v);

	store_dr(v->arch.dr);
	v->arch.dr6 = b->dr6;
	v->arch.dr7 = b->dr7;
	v->arch.dr_live = false;
	kvm_debug_changed(v);
}

/* The hardware has changed DR6, and nothing else, without an exit. */
void svm_sync_debug(struct kvm_vcpu *v)
{
	if (!kvm_debug_hw_by_vmm(v))
		v->arch.dr6 = vmcb_of(v)->dr6;
}

void svm_update_debug(struct kvm_vcpu *v)
{
	struct vmcb *b = vmcb_of(v);
	u32 exceptions = b->intercept_exceptions & ~(u32)(BIT(VEC_DB) | BIT(VEC_BP));

	b->dr6 = kvm_debug_hw_by_vmm(v) ? 0xffff0ff0 : v->arch.dr6;
	b->dr7 = kvm_debug_dr7(v);
	b->intercept_dr_read = b->intercept_dr_write = v->arch.dr_live ? 0 : 0xffff;
	if (v->arch.guest_debug & (KVM_GUESTDBG_SINGLESTEP | KVM_GUESTDBG_USE_HW_BP))
		exceptions |= (u32)BIT(VEC_DB);
	if (v->arch.guest_debug & KVM_GUESTDBG_USE_SW_BP)
		exceptions |= (u32)BIT(VEC_BP);
	b->intercept_exceptions = exceptions;
	b->clean &= ~(u32)(BIT(CLEAN_DR) | BIT(CLEAN_INTERCEPTS));
}

/* A move to or from a debug register: from now until the next exit the CPU does them. */
int svm_exit_dr(struct kvm_vcpu *v)
{
	struct emul_fast f;

	if (!kvm_debug_hw_by_vmm(v)) {
		svm_sync_debug(v);
		v->arch.dr_live = true;
		svm_update_debug(v);
		return RUN_GUEST;
	}
	if (!svm_fast_insn(v, &f) || (f.op != FAST_MOV_TO_DR && f.op != FAST_MOV_FROM_DR))
		return RUN_GUEST;
	return kvm_emulate_dr(v, f.op == FAST_MOV_TO_DR, f.reg, f.gpr, f.len);
}

int svm_exit_db(struct kvm_vcpu *v)
{
	u64 dr6 = vmcb_of(v)->dr6;

	if (svm_nmi_step_done(v, &dr6)) {
		svm_update_debug(v);
		return RUN_GUEST;
	}
	if (kvm_debug_exception(v, VEC_DB, dr6) == RUN_USER) {
		svm_update_debug(v);		/* a clean DR6 for the next one */
		return RUN_USER;
	}
	kvm_queue_db(v, dr6 & 0xe00f);
	return RUN_GUEST;
}

/* INT3 traps, but the exit comes before it: RIP is the instruction's. Intercepted only for the VMM. */
int svm_exit_bp(struct kvm_vcpu *v)
{
	return kvm_debug_exception(v, VEC_BP, 0);
}
