/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mce.c - machine checks that the VMM gives a guest
 *
 * Intel SDM vol. 3, 16.3: banks, overflow, and when an error is fatal.
 */
#include <errno.h>
#include "vcpu.h"

#define MCG_CTL_P	BIT(8)
#define MCG_MCIP	BIT(2)
#define MCI_VAL		BIT(63)
#define MCI_OVER	BIT(62)
#define MCI_UC		BIT(61)
#define MCI_ACTION	(BIT(57) | BIT(56) | BIT(55))	/* PCC, S, AR */
#define CR4_MCE		BIT(6)

int kvm_setup_mce(struct kvm_vcpu *v, u64 mcg_cap)
{
	u32 banks = mcg_cap & 0xff;

	if (!banks || banks > ARRAY_SIZE(v->arch.mc_banks) / 4 || (mcg_cap & ~(KVM_MCE_CAPS | 0xff00ffull)))
		return -EINVAL;
	v->arch.mcg_cap = mcg_cap;
	if (mcg_cap & MCG_CTL_P)
		v->arch.mcg_ctl = ~0ull;
	for (u32 i = 0; i < banks; i++)
		v->arch.mc_banks[i * 4] = ~0ull;
	return 0;
}

static void record(u64 bank[4], const struct kvm_x86_mce *m)
{
	bank[3] = m->misc;
	bank[2] = m->addr;
	bank[1] = m->status | (bank[1] & MCI_VAL ? MCI_OVER : 0);
}

/* An error that is masked by its bank's CTL is not there. */
static bool is_masked(const struct kvm_vcpu *v, const u64 bank[4])
{
	return (v->arch.mcg_cap & MCG_CTL_P) && (v->arch.mcg_ctl != ~0ull || bank[0] != ~0ull);
}

/* Uncorrected, but no action is required: it is recorded, and no exception tells of it. */
static bool needs_no_action(const struct kvm_x86_mce *m)
{
	return (m->status & MCI_UC) && !m->mcg_status && !(m->status & MCI_ACTION);
}

int kvm_inject_mce(struct kvm_vcpu *v, const struct kvm_x86_mce *m)
{
	u64 *bank;

	if (m->bank >= (v->arch.mcg_cap & 0xff) || !(m->status & MCI_VAL))
		return -EINVAL;
	bank = &v->arch.mc_banks[m->bank * 4];
	if (needs_no_action(m)) {
		bank[1] = 0;
		record(bank, m);
		v->arch.mcg_status = 0;
	} else if (m->status & MCI_UC) {
		if (is_masked(v, bank))
			return 0;
		if ((v->arch.mcg_status & MCG_MCIP) || !(v->arch.cr4 & CR4_MCE)) {
			kvm_make_request(v, KVM_REQ_TRIPLE_FAULT);
			return 0;
		}
		record(bank, m);
		v->arch.mcg_status = m->mcg_status;
		kvm_queue_exception(v, VEC_MC);
	} else if (!(bank[1] & MCI_VAL) || !(bank[1] & MCI_UC)) {
		record(bank, m);
	} else {
		bank[1] |= MCI_OVER;
	}
	return 0;
}
