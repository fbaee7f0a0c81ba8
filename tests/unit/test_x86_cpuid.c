/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_x86_cpuid.c - the table of CPUID over make-believe CPUs
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "cpuid_table.h"

static u32 max_basic, max_extended;

/* A CPU with every bit set, caches of three levels, and XSAVE states of 64 bytes. */
static void full_cpu(u32 leaf, u32 index, u32 r[4])
{
	r[0] = r[1] = r[2] = r[3] = ~0u;
	if (leaf == 0)
		r[0] = max_basic;
	if (leaf == 0x80000000)
		r[0] = max_extended;
	if (leaf == 7 && index == 0)
		r[0] = 2;
	if ((leaf == 4 || leaf == 0x8000001d) && index >= 3)
		r[0] = 0;
	if (leaf == 0xd && index >= 2) {
		r[0] = 64;
		r[1] = 576 + index * 64;
		r[2] = index == 9 ? 2 : 0;
	}
}

static struct kvm_cpuid_entry2 got[CPUID_SUPPORTED_MAX];
static u32 nr;

static void fill(u64 xcr0, bool stable)
{
	const struct cpuid_host h = { .read = full_cpu, .xcr0 = xcr0, .tsc_is_stable = stable, .tsc_khz = 2500000,
				      .apic_khz = 1000000, .pv_features = 9 };

	nr = cpuid_table_fill(&h, got, CPUID_SUPPORTED_MAX);
	assert_true(nr > 0 && nr < CPUID_SUPPORTED_MAX);
}

static const struct kvm_cpuid_entry2 *leaf(u32 function, u32 index)
{
	for (u32 i = 0; i < nr; i++)
		if (got[i].function == function && got[i].index == index)
			return &got[i];
	return NULL;
}

static void no_duplicates_and_sorted(void **state)
{
	(void)state;
	max_basic = 0x24;
	max_extended = 0x80000026;
	fill(0x2e7, true);
	for (u32 i = 1; i < nr; i++)
		assert_true(got[i].function > got[i - 1].function ||
			    (got[i].function == got[i - 1].function && got[i].index > got[i - 1].index));
}

static const u32 wanted[] = { 0, 1, 2, 4, 5, 6, 7, 0xa, 0xb, 0xd, 0x1f, 0x40000000, 0x40000001, 0x40000010, 0x80000000,
	0x80000001, 0x80000002, 0x80000003, 0x80000004, 0x80000005, 0x80000006, 0x80000007, 0x80000008, 0x80000019,
	0x8000001a, 0x8000001d, 0x8000001e, 0x80000021 };

static void all_leaves_are_there(void **state)
{
	(void)state;
	fill(0x2e7, true);
	for (u32 i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_non_null(leaf(wanted[i], 0));
	assert_non_null(leaf(7, 1));
	assert_non_null(leaf(7, 2));
	assert_non_null(leaf(4, 2));
	assert_non_null(leaf(0xd, 9));
	assert_null(leaf(0xd, 17));
	assert_null(leaf(0x15, 0));
}

/* What must never be passed, whatever the CPU has: bits 0..3 of reg are eax ebx ecx edx. */
struct never { u32 leaf, index, reg, bit; };
static const struct never nevers[] = {
	{ 1, 0, 2, 3 }, { 1, 0, 2, 5 }, { 1, 0, 2, 6 }, { 1, 0, 2, 27 },	/* MONITOR VMX SMX OSXSAVE */
	{ 7, 0, 1, 2 }, { 7, 0, 1, 4 }, { 7, 0, 1, 11 }, { 7, 0, 1, 25 },	/* SGX HLE RTM PT */
	{ 7, 0, 2, 4 }, { 7, 0, 2, 5 }, { 7, 0, 2, 7 }, { 7, 0, 3, 20 }, { 7, 0, 3, 24 },	/* OSPKE WAITPKG SHSTK IBT AMX */
	{ 7, 0, 3, 29 },							/* ARCH_CAPABILITIES */
	{ 0x80000001, 0, 2, 2 }, { 0x80000001, 0, 2, 10 }, { 0x80000001, 0, 2, 12 }, { 0x80000001, 0, 2, 29 },
};

static u32 reg_of(const struct kvm_cpuid_entry2 *e, u32 reg)
{
	const u32 r[4] = { e->eax, e->ebx, e->ecx, e->edx };

	return r[reg];
}

static void nothing_is_passed_that_we_do_not_virtualise(void **state)
{
	(void)state;
	fill(0x2e7, true);
	for (u32 i = 0; i < ARRAY_SIZE(nevers); i++)
		assert_false(reg_of(leaf(nevers[i].leaf, nevers[i].index), nevers[i].reg) >> nevers[i].bit & 1);
	assert_int_equal(leaf(0xd, 1)->ecx, 0);
	assert_null(leaf(0x8000000a, 0));
	assert_int_equal(leaf(0xb, 0)->edx, 0);
}

static void features_need_their_state(void **state)
{
	(void)state;
	fill(3, true);
	assert_false(leaf(1, 0)->ecx >> 28 & 1);		/* AVX */
	assert_false(leaf(7, 0)->ebx >> 16 & 1);		/* AVX-512 */
	assert_false(leaf(7, 0)->ecx >> 3 & 1);			/* PKU */
	assert_true(leaf(1, 0)->ecx >> 26 & 1);
	fill(0, false);
	assert_false(leaf(1, 0)->ecx >> 26 & 1);		/* XSAVE */
	assert_null(leaf(0xd, 0));
	assert_int_equal(leaf(0x80000007, 0)->edx, 0);		/* invariant TSC */
	fill(0x2e7, true);
	assert_true(leaf(7, 0)->ebx >> 16 & 1);
	assert_int_equal(leaf(0x80000007, 0)->edx, 1u << 8);
}

static void small_cpus_have_no_leaf_beyond_their_last(void **state)
{
	(void)state;
	max_basic = 6;
	max_extended = 0x80000008;
	fill(0, false);
	for (u32 i = 0; i < nr; i++)
		assert_true(got[i].function <= 6 || (got[i].function >= 0x40000000 && got[i].function <= 0x40000010) ||
			    (got[i].function >= 0x80000000 && got[i].function <= 0x80000008));
	max_basic = 0x24;
	max_extended = 0x80000026;
}

static void xsave_sizes(void **state)
{
	const struct cpuid_host h = { .read = full_cpu, .xcr0 = 0x2e7 };

	(void)state;
	assert_int_equal(cpuid_xsave_bytes(&h, 3, false), 576);
	assert_int_equal(cpuid_xsave_bytes(&h, 7, false), 576 + 2 * 64 + 64);
	assert_int_equal(cpuid_xsave_bytes(&h, 7, true), 576 + 64);
	assert_int_equal(cpuid_xsave_bytes(&h, 0x207, false), 576 + 9 * 64 + 64);
}

static void the_timing_leaf_is_reached_by_the_maximum(void **state)
{
	(void)state;
	fill(7, true);
	assert_true(leaf(0x40000000, 0)->eax >= 0x40000010);
	assert_int_equal(leaf(0x40000010, 0)->eax, 2500000);
	assert_int_equal(leaf(0x40000010, 0)->ebx, 1000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_duplicates_and_sorted), cmocka_unit_test(all_leaves_are_there),
		cmocka_unit_test(nothing_is_passed_that_we_do_not_virtualise), cmocka_unit_test(features_need_their_state),
		cmocka_unit_test(small_cpus_have_no_leaf_beyond_their_last), cmocka_unit_test(xsave_sizes),
		cmocka_unit_test(the_timing_leaf_is_reached_by_the_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
