/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msr_sets.c - what single MSRs accept
 *
 * MTRRs: Intel SDM vol. 3, 12.11. Machine checks: 16.3, and AMD APM vol. 2, 9.3.
 * SPEC_CTRL and the commands: AMD's and Intel's papers on speculation control;
 * bits are those that CPUID shows the guest. 0, or 1 for #GP.
 */
#include <asm/io.h>
#include <asm/msr.h>
#include "mitigate.h"
#include "msr.h"

bool kvm_is_canonical(const struct kvm_vcpu *v, u64 a)
{
	u32 shift = v->arch.cr4 & CR4_LA57 ? 7 : 16;

	return (u64)((s64)(a << shift) >> shift) == a;
}

/* UC WC WT WP WB */
static bool is_mtrr_type(u64 t)
{
	return t < 8 && (0x73 >> t & 1);
}

int msr_set_mtrr_def(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	(void)msr, (void)host;
	if ((val & ~0xcffull) || !is_mtrr_type(val & 0xff))
		return 1;
	v->arch.mtrr_def_type = val;
	return 0;
}

static u64 *mtrr_fixed(struct kvm_vcpu *v, u32 msr)
{
	return &v->arch.mtrr_fixed[msr == 0x250 ? 0 : msr < 0x260 ? 1 + msr - 0x258 : 3 + msr - 0x268];
}

int msr_set_mtrr_fixed(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	(void)host;
	for (u32 i = 0; i < 64; i += 8)
		if (!is_mtrr_type(val >> i & 0xff))
			return 1;
	*mtrr_fixed(v, msr) = val;
	return 0;
}

/* Even: base and type; odd: mask and the valid bit. */
int msr_set_mtrr_var(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	bool mask = msr & 1;
	u64 reserved = v->arch.cr3_reserved | (mask ? 0x7ff : 0xf00);

	(void)host;
	if ((val & reserved) || (!mask && !is_mtrr_type(val & 0xff)))
		return 1;
	v->arch.mtrr_phys[msr - 0x200] = val;
	return 0;
}

int msr_set_pat(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	(void)host;
	for (u32 i = 0; i < 64; i += 8) {
		u64 t = val >> i & 0xff;

		if (t > 7 || t == 2 || t == 3)
			return 1;
	}
	return hvm->set_msr(v, msr, val) ? 1 : 0;
}

static u32 nr_banks(const struct kvm_vcpu *v)
{
	return v->arch.mcg_cap & 0xff;
}

int msr_get_mc(struct kvm_vcpu *v, u32 msr, u64 *val)
{
	u32 at = msr - 0x400;

	if (at >= 4 * nr_banks(v))
		return 1;
	*val = v->arch.mc_banks[at];
	return 0;
}

#define HWCR_MC_STATUS_WR_EN BIT(18)

int msr_set_mc(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	u32 at = msr - 0x400;

	if (at >= 4 * nr_banks(v))
		return 1;
	/* CTL: all or nothing, but Linux guests clear bits 0 and 10 of some banks. */
	if ((at & 3) == 0 && val && (val | BIT(10) | 1) != ~0ull)
		return 1;
	/* STATUS: cleared by the guest; set only if AMD's switch for tests is on. */
	if ((at & 3) == 1 && val && !host && !(v->arch.hwcr & HWCR_MC_STATUS_WR_EN))
		return 1;
	v->arch.mc_banks[at] = val;
	return 0;
}

#define MCG_CTL_P BIT(8)

int msr_get_mcg_ctl(struct kvm_vcpu *v, u32 msr, u64 *val)
{
	(void)msr;
	if (!(v->arch.mcg_cap & MCG_CTL_P))
		return 1;
	*val = v->arch.mcg_ctl;
	return 0;
}

int msr_set_mcg_ctl(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	(void)msr;
	if (!(v->arch.mcg_cap & MCG_CTL_P) && (val || !host))
		return 1;
	if (val && val != ~0ull)
		return 1;
	v->arch.mcg_ctl = val;
	return 0;
}

/* No supervisor state is switched: XSAVES keeps none. */
int msr_set_xss(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	(void)v, (void)msr, (void)host;
	return val ? 1 : 0;
}

#define MISC_ENABLE_READ_ONLY	(BIT(7) | BIT(11) | BIT(12))	/* PMU, BTS unavailable, PEBS unavailable */

int msr_set_misc_enable(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	(void)msr;
	if (!host && ((val ^ v->arch.misc_enable) & MISC_ENABLE_READ_ONLY))
		return 1;
	v->arch.misc_enable = val;
	return 0;
}

#define CPUID_FAULTING_SUPPORTED BIT(31)	/* of PLATFORM_INFO */

int msr_set_misc_features(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	(void)msr, (void)host;
	if ((val & ~1ull) || ((val & 1) && !(v->arch.platform_info & CPUID_FAULTING_SUPPORTED)))
		return 1;
	v->arch.misc_features = val;
	return 0;
}

/* The value goes to the CPU: what the CPU lacks is refused, whatever the guest's CPUID promises. */
int msr_set_spec_ctrl(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	u64 allowed = 0;

	(void)msr, (void)host;
	for (u32 i = 0; i < SPEC_CTRL_ROWS; i++)
		for (u32 j = 0; j < 2; j++) {
			const struct mitigate_bit *b = &spec_ctrl_rows[i].by[j];

			if (b->leaf && kvm_guest_has(v, b->leaf, 0, b->reg, b->nr))
				allowed |= spec_ctrl_rows[i].bits;
		}
	if (val & ~(allowed & mitigate_spec_ctrl_bits()))
		return 1;
	v->arch.spec_ctrl = val;
	return 0;
}

/* The hypervisor's SSBD switch of AMD guests: the same bit of the CPU's SPEC_CTRL. */
int msr_get_virt_spec(struct kvm_vcpu *v, u32 msr, u64 *val)
{
	(void)msr;
	*val = v->arch.virt_spec_ctrl;
	return 0;
}

int msr_set_virt_spec(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	(void)msr, (void)host;
	if (val & ~BIT(2))
		return 1;
	v->arch.virt_spec_ctrl = val;
	return 0;
}

int msr_set_pred_cmd(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	bool ibpb = kvm_guest_has(v, 7, 0, REG_RDX, 26) || kvm_guest_has(v, 0x80000008, 0, REG_RBX, 12);
	bool sbpb = kvm_guest_has(v, 0x80000021, 0, REG_RAX, 27);

	if (val & ~((ibpb || host ? BIT(0) : 0) | (sbpb || host ? BIT(7) : 0)))
		return 1;
	return val && !host && wrmsr_safe(msr, val) ? 1 : 0;
}

int msr_set_flush_cmd(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	(void)v;
	if (val & ~1ull)
		return 1;
	return val && !host && wrmsr_safe(msr, val) ? 1 : 0;
}

#define HWCR_IGNORED	(BIT(3) | BIT(6) | BIT(8))	/* TLBCACHEDIS FFDIS IGNNE_EM: asked for by old kernels */
#define HWCR_KEPT	(HWCR_MC_STATUS_WR_EN | BIT(24))	/* and TscFreqSel */

int msr_set_hwcr(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	(void)msr, (void)host;
	val &= ~HWCR_IGNORED;
	if (val & ~HWCR_KEPT)
		return 1;
	v->arch.hwcr = val;
	return 0;
}

/* AMD's CPUs have 32 bits there and forget the rest. */
int msr_set_tsc_aux(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	(void)msr, (void)host;
	v->arch.tsc_aux = (u32)val;
	v->arch.loaded = false;		/* taken to the CPU at the next entry */
	return 0;
}

#define DE_CFG_LFENCE_SERIALIZE BIT(1)

int msr_set_de_cfg(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	u64 supported = 0;

	(void)msr, (void)host;
	(void)msr_feature_de_cfg(&supported);
	if (val & ~supported)
		return 1;
	v->arch.de_cfg = val;
	return 0;
}

int msr_feature_de_cfg(u64 *val)
{
	u64 cfg;

	*val = 0;
	if (!rdmsr_safe(0xc0011029, &cfg))
		*val = cfg & DE_CFG_LFENCE_SERIALIZE;
	return 0;
}

int msr_feature_ucode(u64 *val)
{
	return rdmsr_safe(0x8b, val) ? 1 : 0;
}

int msr_feature_platform_info(u64 *val)
{
	*val = CPUID_FAULTING_SUPPORTED;
	return 0;
}
