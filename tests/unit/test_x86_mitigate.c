/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_x86_mitigate.c - which mitigations make-believe CPUs need
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "mitigate.h"

static struct { u32 vendor, signature, leaf7_edx, ext8_ebx, ext21_eax, ext21_ecx, max_ext; } cpu;

static void read_cpu(u32 leaf, u32 index, u32 r[4])
{
	(void)index;
	memset(r, 0, 16);
	switch (leaf) {
	case 0: r[0] = 0x16; r[1] = cpu.vendor; break;
	case 1: r[0] = cpu.signature; break;
	case 7: r[3] = cpu.leaf7_edx; break;
	case 0x80000000: r[0] = cpu.max_ext; break;
	case 0x80000008: r[1] = cpu.ext8_ebx; break;
	case 0x80000021: r[0] = cpu.ext21_eax; r[2] = cpu.ext21_ecx; break;
	default: memset(r, 0xff, 16); break;
	}
}

#define AMD	0x68747541u
#define INTEL	0x756e6547u

static u32 needed(u64 caps)
{
	const struct mitigate_cpu c = { read_cpu, caps };

	return mitigations_needed(&c);
}

static const char *missing(u32 n)
{
	const struct mitigate_cpu c = { read_cpu, 0 };

	return mitigation_missing(&c, n);
}

static void a_plain_cpu_gets_its_return_stack_filled(void **state)
{
	(void)state;
	memset(&cpu, 0, sizeof(cpu));
	cpu.vendor = AMD;
	cpu.signature = 0x663;
	cpu.max_ext = 0x8000000a;
	assert_int_equal(needed(0), BIT(MITIGATE_RSB));
	assert_null(missing(0));
}

static void zen2(void **state)
{
	(void)state;
	memset(&cpu, 0, sizeof(cpu));
	cpu.vendor = AMD;
	cpu.signature = 0x00830f10;		/* family 0x17 */
	cpu.max_ext = 0x80000020;
	cpu.ext8_ebx = BIT(12) | BIT(14) | BIT(15) | BIT(24);
	assert_int_equal(needed(0), BIT(MITIGATE_RSB) | BIT(MITIGATE_IBPB) | BIT(MITIGATE_IBRS));
	assert_string_equal(missing(0), "branch type confusion");
	assert_non_null(missing(1));
	assert_null(missing(2));
}

static void zen4_has_automatic_ibrs_and_clears_buffers(void **state)
{
	(void)state;
	memset(&cpu, 0, sizeof(cpu));
	cpu.vendor = AMD;
	cpu.signature = 0x00a10f11;		/* family 0x19 */
	cpu.max_ext = 0x80000028;
	cpu.ext8_ebx = BIT(12) | BIT(14) | BIT(29);
	cpu.ext21_eax = BIT(8) | BIT(5);
	assert_int_equal(needed(0), BIT(MITIGATE_RSB) | BIT(MITIGATE_IBPB) | BIT(MITIGATE_AUTO_IBRS) | BIT(MITIGATE_VERW));
	cpu.ext21_ecx = BIT(1);			/* one half of TSA is not enough */
	assert_true(needed(0) & BIT(MITIGATE_VERW));
	cpu.ext21_ecx = BIT(1) | BIT(2);
	assert_false(needed(0) & BIT(MITIGATE_VERW));
	cpu.ext21_eax |= BIT(29);
	assert_null(missing(0));
}

static void intel_says_what_it_is_immune_to(void **state)
{
	(void)state;
	memset(&cpu, 0, sizeof(cpu));
	cpu.vendor = INTEL;
	cpu.signature = 0x000506e3;
	cpu.leaf7_edx = BIT(10) | BIT(26) | BIT(28);
	assert_true(needed(0) & BIT(MITIGATE_L1D));
	assert_true(needed(0) & BIT(MITIGATE_VERW));
	assert_false(needed(BIT(0)) & BIT(MITIGATE_L1D));
	assert_false(needed(BIT(5)) & BIT(MITIGATE_VERW));
	cpu.vendor = AMD;
	assert_false(needed(0) & BIT(MITIGATE_L1D));
}

static u64 spec_ctrl(void)
{
	const struct mitigate_cpu c = { read_cpu, 0 };

	return spec_ctrl_exists(&c);
}

static void spec_ctrl_has_the_bits_that_cpuid_names(void **state)
{
	(void)state;
	memset(&cpu, 0, sizeof(cpu));
	cpu.max_ext = 0x80000008;
	assert_int_equal(spec_ctrl(), 0);
	cpu.ext8_ebx = BIT(24);
	assert_int_equal(spec_ctrl(), BIT(2));
	cpu.ext8_ebx = BIT(14) | BIT(15) | BIT(28);
	assert_int_equal(spec_ctrl(), BIT(0) | BIT(1) | BIT(7));
	cpu.max_ext = 0x80000007;		/* the leaf is not there: its content means nothing */
	assert_int_equal(spec_ctrl(), 0);
	cpu.leaf7_edx = BIT(26) | BIT(31);
	assert_int_equal(spec_ctrl(), BIT(0) | BIT(2));
	cpu.leaf7_edx = BIT(27);
	assert_int_equal(spec_ctrl(), BIT(1));
}

static void all_have_names(void **state)
{
	(void)state;
	for (u32 i = 0; i < MITIGATE_NR; i++)
		assert_non_null(mitigation_name(i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_cpu_gets_its_return_stack_filled), cmocka_unit_test(zen2),
		cmocka_unit_test(zen4_has_automatic_ibrs_and_clears_buffers), cmocka_unit_test(intel_says_what_it_is_immune_to),
		cmocka_unit_test(spec_ctrl_has_the_bits_that_cpuid_names), cmocka_unit_test(all_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
