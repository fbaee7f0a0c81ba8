/* SPDX-License-Identifier: Apache-2.0 */
/*
 * svm.h - between the SVM files
 */
#ifndef X86_KVM_SVM_H
#define X86_KVM_SVM_H

#include "vcpu.h"
#include "vmcb.h"

#define CPUID_SVM_SPEC_CTRL	BIT(20)		/* SPEC_CTRL is switched with the block */
#define CPUID_SVM_NRIPS		BIT(3)
#define CPUID_SVM_TSC_RATE	BIT(4)
#define CPUID_SVM_FLUSH_ASID	BIT(6)

struct emul_fast;

struct svm_vcpu {
	u64 serial;			/* no two vCPUs ever have the same */
	struct vmcb *vmcb;
	u64 vmcb_pa;
	u64 asid_generation;
	u32 asid_cpu;
	/* svm_nmi.c */
	u64 iret_rip;
	bool iret_waits;		/* the IRET at iret_rip will unblock NMIs */
	bool nmi_step;			/* one instruction only, then look again */
	bool own_tf;			/* the guest's TF while nmi_step has it set */
	bool nmi_stepped;		/* the last entry was such a step */
};

/* Facts of the CPU, read once. */
struct svm_caps { u32 features, nr_asids; u64 spec_ctrl_bits, host_spec_ctrl; };
extern struct svm_caps svm_caps;

static inline struct svm_vcpu *to_svm(const struct kvm_vcpu *v) { return v->arch.hw; }
static inline struct vmcb *vmcb_of(const struct kvm_vcpu *v) { return to_svm(v)->vmcb; }

/* svm_setup.c */
int svm_setup(void);			/* once, before any CPU is enabled */
int svm_cpu_enable(void);
u64 svm_host_vmcb_pa(void);		/* of this CPU */
void svm_new_vcpu_here(struct kvm_vcpu *v);	/* predictors and caches, when another one was here */
void svm_assign_asid(struct kvm_vcpu *v);
u64 svm_iopm_pa(void);
u64 svm_msrpm_pa(bool all);		/* @all: nothing passes */
void svm_load_tsc_ratio(u64 ratio);	/* 16.48, 0: one */
void svm_load_tsc_aux(u64 val);		/* into this CPU's MSR; the host does not use it */

/* svm_exit.c */
int svm_handle_exit(struct kvm_vcpu *v);
bool svm_fast_insn(struct kvm_vcpu *v, struct emul_fast *f);	/* at RIP; false: none of the known forms */
/* svm_debug.c */
void svm_debug_enter(struct kvm_vcpu *v);
void svm_debug_leave(struct kvm_vcpu *v);
void svm_sync_debug(struct kvm_vcpu *v);
void svm_update_debug(struct kvm_vcpu *v);
int svm_exit_dr(struct kvm_vcpu *v);
int svm_exit_db(struct kvm_vcpu *v);
int svm_exit_bp(struct kvm_vcpu *v);
/* svm_nmi.c */
void svm_want_nmi_window(struct kvm_vcpu *v);
void svm_nmi_iret(struct kvm_vcpu *v);
void svm_nmi_enter(struct kvm_vcpu *v);
void svm_nmi_leave(struct kvm_vcpu *v);
bool svm_nmi_step_done(struct kvm_vcpu *v, u64 *dr6);
/* svm_io.c */
int svm_exit_ioio(struct kvm_vcpu *v);

#endif
