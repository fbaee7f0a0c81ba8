/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msr.c - model-specific registers of a guest, in a table
 *
 * An MSR without a row raises #GP in the guest and ends the ioctl's list, as on
 * Linux. What Linux reads as a constant or takes and forgets is the same here:
 * guests were written against it.
 */
#include <errno.h>
#include <socle/time.h>
#include <asm/io.h>
#include <asm/msr.h>
#include "irqchip/irqchip.h"
#include "cpuid_table.h"
#include "msr.h"

#define PLACE(f) offsetof(struct arch_vcpu, f)
#define ANY ~0ull
#define PV(feature) { { KVM_FEATURES_LEAF, 0, REG_RAX, feature } }	/* matters when the VMM enforces it */

static int get_tsc(struct kvm_vcpu *v, u32 msr, u64 *val)
{
	(void)msr;
	*val = kvm_read_guest_tsc(v, rdtsc());
	return 0;
}

static int set_tsc(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	(void)msr;
	return kvm_write_guest_tsc(v, val, host) ? 1 : 0;
}

static int set_tsc_adjust(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	(void)msr;
	return kvm_set_tsc_adjust(v, val, host);
}

static int set_efer(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	(void)msr;
	return kvm_set_efer(v, val, host);
}

static int get_hw(struct kvm_vcpu *v, u32 msr, u64 *val)
{
	return hvm->get_msr(v, msr, val) ? 1 : 0;
}

static int set_hw(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	(void)host;
	return hvm->set_msr(v, msr, val) ? 1 : 0;
}

static int set_hw_address(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	return kvm_is_canonical(v, val) ? set_hw(v, msr, val, host) : 1;
}

/* As Linux: made canonical, never refused; on AMD's CPUs the MSR has 32 bits. */
static int set_sysenter(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	u32 bits = v->arch.cr4 & CR4_LA57 ? 57 : 48;

	val = (u64)((s64)(val << (64 - bits)) >> (64 - bits));
	return set_hw(v, msr, kvm_cpuid_is_amd(v) ? (u32)val : val, host);
}

static int set_apic_base(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	(void)msr;
	return kvm_set_apic_base(v, val, host);
}

static int set_lapic(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	(void)host;
	return lapic_msr_set(v, msr, val);
}

static int get_deadline(struct kvm_vcpu *v, u32 msr, u64 *val)
{
	(void)msr;
	return lapic_tsc_deadline_get(v, val);
}

static int set_deadline(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	(void)msr;
	(void)host;
	return lapic_tsc_deadline_set(v, val);
}

/* Sorted by number: the walker searches by halves. */
const struct msr_row kvm_msr_rows[] = {
	{ 0x10, 0x10, MSR_LISTED, NO_PLACE, ANY, .get = get_tsc, .set = set_tsc },
	{ 0x11, 0x11, MSR_LISTED, NO_PLACE, ANY, .get = kvm_pv_msr_get, .set = kvm_pv_msr_set, .needs = PV(PV_CLOCKSOURCE) },
	{ 0x12, 0x12, MSR_LISTED, NO_PLACE, ANY, .get = kvm_pv_msr_get, .set = kvm_pv_msr_set, .needs = PV(PV_CLOCKSOURCE) },
	{ 0x17, 0x17, 0, NO_PLACE, .value = 0 },				/* PLATFORM_ID */
	{ 0x1b, 0x1b, 0, PLACE(apic_base), ANY, .set = set_apic_base },
	{ 0x2a, 0x2a, 0, NO_PLACE, .value = 0 },				/* EBL_CR_POWERON */
	{ 0x2c, 0x2c, 0, NO_PLACE, 0, .value = BIT(24) },	/* EBC_FREQUENCY_ID */
	{ 0x3b, 0x3b, MSR_LISTED, PLACE(tsc_adjust), ANY, .set = set_tsc_adjust, .needs = { { 7, 0, REG_RBX, 1 } } },
	{ 0x48, 0x48, MSR_LISTED, PLACE(spec_ctrl), ANY, .set = msr_set_spec_ctrl, .needs = { { 7, 0, REG_RDX, 26 },
		{ 0x80000008, 0, REG_RBX, 14 }, { 0x80000008, 0, REG_RBX, 15 }, { 0x80000008, 0, REG_RBX, 24 } } },
	{ 0x49, 0x49, MSR_NO_READ, NO_PLACE, ANY, .set = msr_set_pred_cmd, .needs = { { 7, 0, REG_RDX, 26 },
		{ 0x80000008, 0, REG_RBX, 12 }, { 0x80000021, 0, REG_RAX, 27 } } },
	{ 0x8b, 0x8b, MSR_LISTED | MSR_FEATURE | MSR_DROP | MSR_HOST_ONLY, PLACE(ucode_rev), ANY,
		.feature = msr_feature_ucode },
	{ 0xc1, 0xc2, MSR_DROP, NO_PLACE, .value = 0 },			/* PERFCTR: no counters */
	{ 0xcd, 0xcd, 0, NO_PLACE, 0, .value = 3 },		/* FSB_FREQ */
	{ 0xce, 0xce, MSR_LISTED | MSR_FEATURE | MSR_HOST_ONLY, PLACE(platform_info), ANY,
		.feature = msr_feature_platform_info },
	{ 0xfe, 0xfe, 0, NO_PLACE, 0, .value = 0x508 },		/* MTRRcap: 8 variable ranges, fixed ranges, WC */
	{ 0x10b, 0x10b, MSR_NO_READ, NO_PLACE, ANY, .set = msr_set_flush_cmd, .needs = { { 7, 0, REG_RDX, 28 } } },
	{ 0x11e, 0x11e, 0, NO_PLACE, 0, .value = 0xbe702111 },	/* BBL_CR_CTL3 */
	{ 0x140, 0x140, MSR_LISTED, PLACE(misc_features), ANY, .set = msr_set_misc_features },
	{ 0x174, 0x174, MSR_LISTED, NO_PLACE, ANY, .get = get_hw, .set = set_hw },
	{ 0x175, 0x176, MSR_LISTED, NO_PLACE, ANY, .get = get_hw, .set = set_sysenter },
	{ 0x179, 0x179, 0, PLACE(mcg_cap), .writable = 0 },
	{ 0x17a, 0x17a, MSR_LISTED, PLACE(mcg_status), .writable = ANY },
	{ 0x17b, 0x17b, 0, NO_PLACE, ANY, .get = msr_get_mcg_ctl, .set = msr_set_mcg_ctl },
	{ 0x186, 0x187, MSR_DROP, NO_PLACE, .value = 0 },		/* EVNTSEL */
	{ 0x198, 0x198, 0, NO_PLACE, 0, .value = 4ull << 40 | 1000 },	/* PERF_STATUS */
	{ 0x199, 0x199, 0, NO_PLACE, .value = 0 },			/* PERF_CTL */
	{ 0x1a0, 0x1a0, MSR_LISTED, PLACE(misc_enable), ANY, .set = msr_set_misc_enable },
	{ 0x1d9, 0x1d9, MSR_LISTED | MSR_DROP, NO_PLACE, .value = 0 },	/* DEBUGCTL: no LBR virtualisation */
	{ 0x1db, 0x1de, 0, NO_PLACE, .value = 0 },			/* last branch, last exception */
	{ 0x200, 0x20f, MSR_LISTED, PLACE(mtrr_phys), ANY, .set = msr_set_mtrr_var },
	{ 0x250, 0x250, MSR_LISTED, PLACE(mtrr_fixed[0]), ANY, .set = msr_set_mtrr_fixed },
	{ 0x258, 0x259, MSR_LISTED, PLACE(mtrr_fixed[1]), ANY, .set = msr_set_mtrr_fixed },
	{ 0x268, 0x26f, MSR_LISTED, PLACE(mtrr_fixed[3]), ANY, .set = msr_set_mtrr_fixed },
	{ 0x277, 0x277, MSR_LISTED, NO_PLACE, ANY, .get = get_hw, .set = msr_set_pat },
	{ 0x2ff, 0x2ff, MSR_LISTED, PLACE(mtrr_def_type), ANY, .set = msr_set_mtrr_def },
	{ 0x400, 0x47f, 0, NO_PLACE, ANY, .get = msr_get_mc, .set = msr_set_mc },
	{ 0x606, 0x606, 0, NO_PLACE, .value = 0 },			/* power units and meters: none */
	{ 0x611, 0x611, 0, NO_PLACE, .value = 0 },
	{ 0x619, 0x619, 0, NO_PLACE, .value = 0 },
	{ 0x639, 0x639, 0, NO_PLACE, .value = 0 },
	{ 0x641, 0x641, 0, NO_PLACE, .value = 0 },
	{ 0x6e0, 0x6e0, MSR_LISTED, NO_PLACE, ANY, .get = get_deadline, .set = set_deadline },
	{ 0x800, 0x8ff, 0, NO_PLACE, ANY, .get = lapic_msr_get, .set = set_lapic },
	{ 0xda0, 0xda0, MSR_LISTED, PLACE(ia32_xss), ANY, .set = msr_set_xss, .needs = { { 0xd, 1, REG_RAX, 3 } } },
	{ 0x4b564d00, 0x4b564d01, MSR_LISTED, NO_PLACE, ANY, .get = kvm_pv_msr_get, .set = kvm_pv_msr_set,
		.needs = PV(PV_CLOCKSOURCE2) },
	{ 0x4b564d03, 0x4b564d03, MSR_LISTED, NO_PLACE, ANY, .get = kvm_pv_msr_get, .set = kvm_pv_msr_set,
		.needs = PV(PV_STEAL_TIME) },
	{ 0x4b564d04, 0x4b564d04, MSR_LISTED, NO_PLACE, ANY, .get = kvm_pv_msr_get, .set = kvm_pv_msr_set,
		.needs = PV(PV_EOI) },
	{ 0xc0000080, 0xc0000080, 0, PLACE(efer), ANY, .set = set_efer },
	{ 0xc0000081, 0xc0000081, MSR_LISTED, NO_PLACE, ANY, .get = get_hw, .set = set_hw },
	{ 0xc0000082, 0xc0000083, MSR_LISTED, NO_PLACE, ANY, .get = get_hw, .set = set_hw_address },
	{ 0xc0000084, 0xc0000084, MSR_LISTED, NO_PLACE, ANY, .get = get_hw, .set = set_hw },
	{ 0xc0000100, 0xc0000102, MSR_LISTED, NO_PLACE, ANY, .get = get_hw, .set = set_hw_address },
	{ 0xc0000103, 0xc0000103, MSR_LISTED, PLACE(tsc_aux), ANY, .set = msr_set_tsc_aux,
		.needs = { { 0x80000001, 0, REG_RDX, 27 }, { 7, 0, REG_RCX, 22 } } },
	{ 0xc0010000, 0xc0010007, MSR_DROP, NO_PLACE, .value = 0 },	/* K7 counters */
	{ 0xc0010010, 0xc0010010, 0, NO_PLACE, .value = 0 },		/* SYSCFG */
	{ 0xc0010015, 0xc0010015, MSR_LISTED, PLACE(hwcr), ANY, .set = msr_set_hwcr },
	{ 0xc001001f, 0xc001001f, MSR_DROP, NO_PLACE, .value = 0 },	/* NB_CFG */
	{ 0xc0010020, 0xc0010020, MSR_DROP | MSR_NO_READ, NO_PLACE, .value = 0 },	/* PATCH_LOADER */
	{ 0xc0010055, 0xc0010055, 0, NO_PLACE, .value = 0 },		/* INT_PENDING_MSG */
	{ 0xc0010058, 0xc0010058, 0, NO_PLACE, .value = 0 },		/* MMIO_CONF_BASE */
	{ 0xc0010112, 0xc0010113, 0, NO_PLACE, .value = 0 },		/* TSEG */
	{ 0xc0010114, 0xc0010114, 0, NO_PLACE, 0, .value = BIT(4) },	/* VM_CR: no SVM inside */
	{ 0xc0010117, 0xc0010117, MSR_DROP, NO_PLACE, .value = 0 },	/* VM_HSAVE_PA */
	{ 0xc001011f, 0xc001011f, MSR_LISTED, NO_PLACE, ANY, .get = msr_get_virt_spec, .set = msr_set_virt_spec,
		.needs = { { 0x80000008, 0, REG_RBX, 25 } } },
	{ 0xc0011022, 0xc0011022, MSR_DROP, NO_PLACE, .value = 0 },	/* DC_CFG */
	{ 0xc0011029, 0xc0011029, MSR_LISTED | MSR_FEATURE, PLACE(de_cfg), ANY, .set = msr_set_de_cfg,
		.feature = msr_feature_de_cfg },
	{ 0xc001102a, 0xc001102a, MSR_DROP, NO_PLACE, .value = 0 },	/* BU_CFG2 */
	{ 0xc001102c, 0xc001102c, MSR_DROP | MSR_NO_READ, NO_PLACE, .value = 0 },	/* EX_CFG */
};
const u32 kvm_nr_msr_rows = ARRAY_SIZE(kvm_msr_rows);

const struct msr_row *kvm_msr_find(u32 msr)
{
	u32 low = 0, high = ARRAY_SIZE(kvm_msr_rows);

	while (low < high) {
		u32 mid = (low + high) / 2;

		if (msr > kvm_msr_rows[mid].last)
			low = mid + 1;
		else if (msr < kvm_msr_rows[mid].first)
			high = mid;
		else
			return &kvm_msr_rows[mid];
	}
	return NULL;
}

/* Values at power-up that are not 0. */
void kvm_msr_init(struct kvm_vcpu *v)
{
	v->arch.ucode_rev = 0x01000065;
	v->arch.mcg_cap = 32;				/* banks */
	v->arch.misc_enable = BIT(11) | BIT(12);	/* no BTS, no PEBS */
	(void)msr_feature_platform_info(&v->arch.platform_info);
	(void)msr_feature_de_cfg(&v->arch.de_cfg);
}

static u64 *place(struct kvm_vcpu *v, const struct msr_row *r, u32 msr)
{
	return (u64 *)(void *)((u8 *)&v->arch + r->offset) + (msr - r->first);
}

/* The VMM may save and restore what the guest's CPUID does not show. */
static bool is_there(const struct kvm_vcpu *v, const struct msr_row *r, bool host)
{
	if (host || !r->needs[0].leaf)
		return true;
	for (u32 i = 0; i < ARRAY_SIZE(r->needs) && r->needs[i].leaf; i++) {
		const struct cpu_bit *b = &r->needs[i];

		if (b->leaf == KVM_FEATURES_LEAF)
			return !v->arch.pv_enforced || kvm_guest_has_pv(v, b->bit);
		if (kvm_guest_has(v, b->leaf, b->index, b->reg, b->bit))
			return true;
	}
	return false;
}

int kvm_get_msr(struct kvm_vcpu *v, u32 msr, u64 *val, bool host)
{
	const struct msr_row *r = kvm_msr_find(msr);

	if (!r)
		return MSR_UNKNOWN;
	if (!is_there(v, r, host))
		return MSR_INVALID;
	if (r->flags & MSR_NO_READ) {
		*val = 0;
		return host ? MSR_OK : MSR_INVALID;
	}
	if (r->get)
		return r->get(v, msr, val) ? MSR_INVALID : MSR_OK;
	*val = r->offset != NO_PLACE ? *place(v, r, msr) : r->value;
	return MSR_OK;
}

int kvm_set_msr(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	const struct msr_row *r;

	if (msr - 0x800 < 0x100)	/* x2APIC registers are written most */
		return lapic_msr_set(v, msr, val) ? MSR_INVALID : MSR_OK;
	r = kvm_msr_find(msr);
	if (!r)
		return MSR_UNKNOWN;
	if (!is_there(v, r, host))
		return MSR_INVALID;
	if ((r->flags & MSR_DROP) && (!host || !r->writable))
		return MSR_OK;
	if ((r->flags & MSR_HOST_ONLY) && !host)
		return MSR_INVALID;
	if (!r->writable && host && val == (r->offset != NO_PLACE ? *place(v, r, msr) : r->value))
		return MSR_OK;		/* a restored snapshot writes what it read */
	if (!r->writable || (val & ~r->writable))
		return MSR_INVALID;
	if (r->set)
		return r->set(v, msr, val, host) ? MSR_INVALID : MSR_OK;
	*place(v, r, msr) = val;
	return MSR_OK;
}
