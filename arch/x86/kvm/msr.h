/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msr.h - the table of a guest's MSRs, between msr*.c
 *
 * Rows are sorted by number. A row is a place in struct arch_vcpu and the bits
 * that may be set, or functions, or a constant.
 */
#ifndef X86_KVM_MSR_H
#define X86_KVM_MSR_H

#include "vcpu.h"

/* Why an access failed; all raise #GP unless the VMM asked for it. */
enum msr_result { MSR_OK, MSR_INVALID, MSR_UNKNOWN, MSR_DENIED };

#define MSR_LISTED	1u	/* in KVM_GET_MSR_INDEX_LIST: to be saved and restored */
#define MSR_FEATURE	2u	/* in KVM_GET_MSR_FEATURE_INDEX_LIST */
#define MSR_HOST_ONLY	4u	/* the guest may read, only the VMM may write */
#define MSR_DROP	8u	/* writes are taken and forgotten, as Linux does: firmware and old kernels expect it */
#define MSR_NO_READ	16u

struct cpu_bit { u32 leaf; u8 index, reg, bit; };

struct msr_row {
	u32 first, last;
	u32 flags;
	u32 offset;			/* in struct arch_vcpu, of u64 [last - first + 1]; NO_PLACE */
	u64 writable;			/* other bits raise #GP; 0: no write */
	u64 value;			/* without a place: what is read */
	struct cpu_bit needs[4];	/* the guest must have one of them; leaf 0: nothing is needed */
	int (*get)(struct kvm_vcpu *v, u32 msr, u64 *val);
	int (*set)(struct kvm_vcpu *v, u32 msr, u64 val, bool host);
	int (*feature)(u64 *val);	/* MSR_FEATURE: the host's value */
};
#define NO_PLACE 0u

extern const struct msr_row kvm_msr_rows[];
extern const u32 kvm_nr_msr_rows;

const struct msr_row *kvm_msr_find(u32 msr);
/* x2APIC and TSC deadline: 0x800-0x8ff and 0x6e0 belong to the local APIC, see msr.c. */

/* msr_filter.c */
bool kvm_msr_allowed(struct kvm_vcpu *v, u32 msr, u32 type);	/* KVM_MSR_FILTER_READ or _WRITE */

/* msr_sets.c: rules of single registers */
bool kvm_is_canonical(const struct kvm_vcpu *v, u64 a);
int msr_set_mtrr_def(struct kvm_vcpu *v, u32 msr, u64 val, bool host);
int msr_set_mtrr_fixed(struct kvm_vcpu *v, u32 msr, u64 val, bool host);
int msr_set_mtrr_var(struct kvm_vcpu *v, u32 msr, u64 val, bool host);
int msr_set_pat(struct kvm_vcpu *v, u32 msr, u64 val, bool host);
int msr_get_mc(struct kvm_vcpu *v, u32 msr, u64 *val);
int msr_set_mc(struct kvm_vcpu *v, u32 msr, u64 val, bool host);
int msr_get_mcg_ctl(struct kvm_vcpu *v, u32 msr, u64 *val);
int msr_set_mcg_ctl(struct kvm_vcpu *v, u32 msr, u64 val, bool host);
int msr_set_xss(struct kvm_vcpu *v, u32 msr, u64 val, bool host);
int msr_set_misc_enable(struct kvm_vcpu *v, u32 msr, u64 val, bool host);
int msr_set_misc_features(struct kvm_vcpu *v, u32 msr, u64 val, bool host);
int msr_set_spec_ctrl(struct kvm_vcpu *v, u32 msr, u64 val, bool host);
int msr_get_virt_spec(struct kvm_vcpu *v, u32 msr, u64 *val);
int msr_set_virt_spec(struct kvm_vcpu *v, u32 msr, u64 val, bool host);
int msr_set_pred_cmd(struct kvm_vcpu *v, u32 msr, u64 val, bool host);
int msr_set_flush_cmd(struct kvm_vcpu *v, u32 msr, u64 val, bool host);
int msr_set_hwcr(struct kvm_vcpu *v, u32 msr, u64 val, bool host);
int msr_set_tsc_aux(struct kvm_vcpu *v, u32 msr, u64 val, bool host);
int msr_set_de_cfg(struct kvm_vcpu *v, u32 msr, u64 val, bool host);
int msr_feature_ucode(u64 *val);
int msr_feature_de_cfg(u64 *val);
int msr_feature_platform_info(u64 *val);

#endif
