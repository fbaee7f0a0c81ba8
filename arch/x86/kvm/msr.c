/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msr.c - model-specific registers of a guest, in a table
 *
 * A row is a place in struct arch_vcpu and the bits that may be set, or a pair
 * of functions. An MSR without a row raises #GP in the guest and ends the
 * ioctl's list, as on Linux.
 */
#include <errno.h>
#include <string.h>
#include <socle/mem.h>
#include <asm/io.h>
#include "vcpu.h"

struct msr_row {
	u32 first, last;
	u32 offset;			/* in struct arch_vcpu, of u64 [last - first + 1]; NO_PLACE */
	u64 writable;			/* other bits raise #GP; 0: read-only */
	bool listed;
	int (*get)(struct kvm_vcpu *v, u32 msr, u64 *val);
	int (*set)(struct kvm_vcpu *v, u32 msr, u64 val, bool host);
};
#define NO_PLACE ~0u
#define PLACE(f) offsetof(struct arch_vcpu, f)
#define ANY ~0ull

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

static int get_efer(struct kvm_vcpu *v, u32 msr, u64 *val)
{
	(void)msr;
	*val = v->arch.efer;
	return 0;
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

static bool is_canonical(u64 a)
{
	return (u64)((s64)(a << 16) >> 16) == a;
}

static int set_hw_address(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	(void)host;
	if (!is_canonical(val))
		return 1;
	return hvm->set_msr(v, msr, val) ? 1 : 0;
}

static int set_hw(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	(void)host;
	return hvm->set_msr(v, msr, val) ? 1 : 0;
}

/* Each byte a memory type: 0, 1, 4, 5, 6, 7. */
static int set_pat(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	for (u32 i = 0; i < 8; i++) {
		u32 t = val >> (i * 8) & 0xff;

		if (t > 7 || t == 2 || t == 3)
			return 1;
	}
	return set_hw(v, msr, val, host);
}

static int set_apic_base(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	(void)msr;
	if (!host && ((val ^ v->arch.apic_base) & ~(u64)(BIT(11) | 0xffffff000ull)))
		return 1;
	v->arch.apic_base = val;
	return 0;
}

static int get_zero(struct kvm_vcpu *v, u32 msr, u64 *val)
{
	(void)v;
	(void)msr;
	*val = 0;
	return 0;
}

static int get_mtrr_cap(struct kvm_vcpu *v, u32 msr, u64 *val)
{
	(void)v;
	(void)msr;
	*val = 0x508;			/* 8 variable ranges, fixed ranges, WC */
	return 0;
}

static const struct msr_row rows[] = {
	{ 0x10, 0x10, NO_PLACE, ANY, true, get_tsc, set_tsc },
	{ 0x1b, 0x1b, PLACE(apic_base), ANY, true, NULL, set_apic_base },
	{ 0x8b, 0x8b, PLACE(ucode_rev), 0, false, NULL, NULL },
	{ 0xfe, 0xfe, NO_PLACE, 0, false, get_mtrr_cap, NULL },
	{ 0x174, 0x174, NO_PLACE, ANY, true, get_hw, set_hw },
	{ 0x175, 0x176, NO_PLACE, ANY, true, get_hw, set_hw_address },
	{ 0x179, 0x179, PLACE(mcg_cap), 0, false, NULL, NULL },
	{ 0x17a, 0x17a, PLACE(mcg_status), 7, true, NULL, NULL },
	{ 0x1a0, 0x1a0, PLACE(misc_enable), 0x40801889, true, NULL, NULL },
	{ 0x200, 0x20f, PLACE(mtrr_phys), ANY, true, NULL, NULL },
	{ 0x250, 0x250, PLACE(mtrr_fixed[0]), ANY, true, NULL, NULL },
	{ 0x258, 0x259, PLACE(mtrr_fixed[1]), ANY, true, NULL, NULL },
	{ 0x268, 0x26f, PLACE(mtrr_fixed[3]), ANY, true, NULL, NULL },
	{ 0x277, 0x277, NO_PLACE, ANY, true, get_hw, set_pat },
	{ 0x2ff, 0x2ff, PLACE(mtrr_def_type), 0xcff, true, NULL, NULL },
	{ 0xc0000080, 0xc0000080, NO_PLACE, ANY, false, get_efer, set_efer },
	{ 0xc0000081, 0xc0000081, NO_PLACE, ANY, true, get_hw, set_hw },
	{ 0xc0000082, 0xc0000083, NO_PLACE, ANY, true, get_hw, set_hw_address },
	{ 0xc0000084, 0xc0000084, NO_PLACE, ANY, true, get_hw, set_hw },
	{ 0xc0000100, 0xc0000102, NO_PLACE, ANY, true, get_hw, set_hw_address },
	{ 0xc0010015, 0xc0010015, NO_PLACE, 0, false, get_zero, NULL },	/* HWCR */
	{ 0xc001001f, 0xc001001f, NO_PLACE, 0, false, get_zero, NULL },	/* NB_CFG */
};

static const struct msr_row *find(u32 msr)
{
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		if (msr >= rows[i].first && msr <= rows[i].last)
			return &rows[i];
	return NULL;
}

static u64 *place(struct kvm_vcpu *v, const struct msr_row *r, u32 msr)
{
	return (u64 *)(void *)((u8 *)&v->arch + r->offset) + (msr - r->first);
}

int kvm_get_msr(struct kvm_vcpu *v, u32 msr, u64 *val, bool host)
{
	const struct msr_row *r = find(msr);

	(void)host;
	if (!r)
		return 1;
	if (r->get)
		return r->get(v, msr, val);
	*val = *place(v, r, msr);
	return 0;
}

int kvm_set_msr(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	const struct msr_row *r = find(msr);

	if (!r || (val & ~r->writable) || (!r->set && !r->writable))
		return 1;
	if (r->set)
		return r->set(v, msr, val, host);
	*place(v, r, msr) = val;
	return 0;
}

/* Number of MSRs done: the first that fails ends the list. */
static long each_msr(struct kvm_vcpu *v, u64 app, bool write)
{
	struct kvm_msrs head;
	struct kvm_msr_entry e;
	u32 i;

	if (copy_from_app(&head, app, sizeof(head)))
		return -EFAULT;
	if (head.nmsrs > 4096)
		return -E2BIG;
	for (i = 0; i < head.nmsrs; i++) {
		u64 at = app + sizeof(head) + i * sizeof(e);
		u64 val = 0;

		if (copy_from_app(&e, at, sizeof(e)))
			return -EFAULT;
		if (write ? kvm_set_msr(v, e.index, e.data, true) : kvm_get_msr(v, e.index, &val, true))
			break;
		e.data = val;
		if (!write && copy_to_app(at, &e, sizeof(e)))
			return -EFAULT;
	}
	return i;
}

long kvm_msr_ioctl(struct kvm_vcpu *v, u32 cmd, u64 app)
{
	if (cmd == (u32)KVM_GET_MSRS)
		return each_msr(v, app, false);
	if (cmd == (u32)KVM_SET_MSRS)
		return each_msr(v, app, true);
	return -ENOTTY;
}

long kvm_msr_list_ioctl(u32 cmd, u64 app)
{
	struct kvm_msr_list head;
	u32 n = 0, at = 0;

	if (cmd != (u32)KVM_GET_MSR_INDEX_LIST)
		return -ENOTTY;
	if (copy_from_app(&head, app, sizeof(head)))
		return -EFAULT;
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		n += rows[i].listed ? rows[i].last - rows[i].first + 1 : 0;
	if (head.nmsrs < n) {
		head.nmsrs = n;
		return copy_to_app(app, &head, sizeof(head)) ? -EFAULT : -E2BIG;
	}
	head.nmsrs = n;
	if (copy_to_app(app, &head, sizeof(head)))
		return -EFAULT;
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		for (u32 msr = rows[i].first; rows[i].listed && msr <= rows[i].last; msr++, at++)
			if (copy_to_app(app + sizeof(head) + at * sizeof(u32), &msr, sizeof(msr)))
				return -EFAULT;
	return 0;
}
