/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_x86_msr.c - the table of MSRs: sorted, no overlaps, every row can be read or written
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "irqchip/irqchip.h"
#include "msr.h"

/* What the rows point to. */
const struct hvm_ops *hvm;
#define GET(name) int name(struct kvm_vcpu *v, u32 msr, u64 *val) { (void)v, (void)msr, (void)val; return 0; }
#define SET(name) int name(struct kvm_vcpu *v, u32 msr, u64 val, bool host) { (void)v, (void)msr, (void)val, (void)host; return 0; }
#define FEATURE(name) int name(u64 *val) { *val = 0; return 0; }
GET(kvm_pv_msr_get) GET(lapic_msr_get) GET(msr_get_mc) GET(msr_get_mcg_ctl) GET(msr_get_virt_spec)
SET(kvm_pv_msr_set) SET(msr_set_mtrr_def) SET(msr_set_mtrr_fixed) SET(msr_set_mtrr_var) SET(msr_set_pat)
SET(msr_set_mc) SET(msr_set_mcg_ctl) SET(msr_set_xss) SET(msr_set_misc_enable) SET(msr_set_misc_features)
SET(msr_set_spec_ctrl) SET(msr_set_virt_spec) SET(msr_set_pred_cmd) SET(msr_set_flush_cmd) SET(msr_set_hwcr)
SET(msr_set_tsc_aux) SET(msr_set_de_cfg)
FEATURE(msr_feature_ucode) FEATURE(msr_feature_de_cfg) FEATURE(msr_feature_platform_info)
u64 kvm_read_guest_tsc(struct kvm_vcpu *v, u64 t) { (void)v; return t; }
int kvm_write_guest_tsc(struct kvm_vcpu *v, u64 val, bool host) { (void)v, (void)val, (void)host; return 0; }
int kvm_set_tsc_adjust(struct kvm_vcpu *v, u64 val, bool host) { (void)v, (void)val, (void)host; return 0; }
int kvm_set_efer(struct kvm_vcpu *v, u64 val, bool host) { (void)v, (void)val, (void)host; return 0; }
int lapic_msr_set(struct kvm_vcpu *v, u32 msr, u64 val) { (void)v, (void)msr, (void)val; return 0; }
int lapic_tsc_deadline_get(struct kvm_vcpu *v, u64 *val) { (void)v, (void)val; return 0; }
int lapic_tsc_deadline_set(struct kvm_vcpu *v, u64 val) { (void)v, (void)val; return 0; }
int kvm_set_apic_base(struct kvm_vcpu *v, u64 val, bool host) { (void)v, (void)val, (void)host; return 0; }
bool kvm_cpuid_is_amd(const struct kvm_vcpu *v) { (void)v; return false; }
bool kvm_is_canonical(const struct kvm_vcpu *v, u64 a) { (void)v, (void)a; return true; }
bool kvm_guest_has_pv(const struct kvm_vcpu *v, u32 f) { (void)v, (void)f; return false; }
static bool guest_has;
bool kvm_guest_has(const struct kvm_vcpu *v, u32 l, u32 i, u32 r, u32 b) { (void)v, (void)l, (void)i, (void)r, (void)b; return guest_has; }

static void rows_are_sorted_and_do_not_overlap(void **state)
{
	(void)state;
	for (u32 i = 0; i < kvm_nr_msr_rows; i++) {
		assert_true(kvm_msr_rows[i].first <= kvm_msr_rows[i].last);
		if (i)
			assert_true(kvm_msr_rows[i].first > kvm_msr_rows[i - 1].last);
	}
}

static void search_finds_each_and_no_other(void **state)
{
	(void)state;
	for (u32 i = 0; i < kvm_nr_msr_rows; i++) {
		const struct msr_row *r = &kvm_msr_rows[i];

		assert_ptr_equal(kvm_msr_find(r->first), r);
		assert_ptr_equal(kvm_msr_find(r->last), r);
		if (i + 1 == kvm_nr_msr_rows || kvm_msr_rows[i + 1].first > r->last + 1)
			assert_null(kvm_msr_find(r->last + 1));
	}
	assert_null(kvm_msr_find(0));
	assert_null(kvm_msr_find(~0u));
}

static void rows_make_sense(void **state)
{
	(void)state;
	for (u32 i = 0; i < kvm_nr_msr_rows; i++) {
		const struct msr_row *r = &kvm_msr_rows[i];

		assert_true(r->offset + (r->last - r->first + 1) * 8 <= sizeof(struct arch_vcpu));
		assert_true(!r->writable || r->set || r->offset);	/* a write goes somewhere */
		assert_true(!(r->flags & MSR_FEATURE) || r->feature);
	}
}

static void absent_features_hide_registers(void **state)
{
	static struct kvm_vcpu v;
	u64 val;

	(void)state;
	guest_has = false;
	assert_int_equal(kvm_get_msr(&v, 0x48, &val, false), MSR_INVALID);
	assert_int_equal(kvm_get_msr(&v, 0x48, &val, true), MSR_OK);
	guest_has = true;
	assert_int_equal(kvm_get_msr(&v, 0x48, &val, false), MSR_OK);
	assert_int_equal(kvm_get_msr(&v, 0x12345678, &val, false), MSR_UNKNOWN);
	assert_int_equal(kvm_get_msr(&v, 0x49, &val, false), MSR_INVALID);	/* a command */
	assert_int_equal(kvm_set_msr(&v, 0xfe, 1, false), MSR_INVALID);
	assert_int_equal(kvm_set_msr(&v, 0xc001001f, 1, false), MSR_OK);	/* forgotten */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_sorted_and_do_not_overlap), cmocka_unit_test(search_finds_each_and_no_other),
		cmocka_unit_test(rows_make_sense), cmocka_unit_test(absent_features_hide_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
