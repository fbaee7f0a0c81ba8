/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_tdx_status.c - statuses: the list's own consistency, predicates, explanations of any value
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "status.h"

static const struct { u32 upper; const char *name; } list[] = {
#define X(name, upper) { upper, #name },
	TDX_STATUSES(X)
#undef X
};
#define COUNT (sizeof(list) / sizeof(*list))

/* Each code once; each explained by its own name and with its class known. */
static void each_code_once(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT; i++) {
		struct tdx_explanation e = tdx_explain((u64)list[i].upper << 32 | 0xffff);

		assert_string_equal(e.name, list[i].name);
		assert_string_not_equal(e.class, "unknown class");
		assert_int_equal(e.detail, 0xffff);
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(list[i].upper, list[k].upper);
	}
}

/* Recorded answers of the public module, and what a host must make of them. */
static void recorded(void **unused)
{
	struct tdx_explanation e = tdx_explain(0x8000030800000008);

	(void)unused;
	assert_string_equal(e.name, "MISSING_PAMT_PAGE_PAIR");
	assert_string_equal(e.operand, "R8");
	assert_non_null(strstr(e.action, "PAMT.ADD"));
	e = tdx_explain(0x8000020000000080);
	assert_string_equal(e.operand, "TDR");
	assert_true(tdx_busy(0x8000020000000080));
	assert_false(tdx_busy(0x8000030800000008));
	assert_true(tdx_done(0x0000081500000000));	/* KEY_CONFIGURED: informational */
	assert_true(tdx_interrupted(0x8000000300000000));
	assert_false(tdx_interrupted(0x8000020600000000));
	assert_null(tdx_explain(0xC0000A0000000001).operand);	/* a TDMR's index, not RCX */
}

static void instruction_failed(void **unused)
{
	(void)unused;
	assert_true(tdx_no_module(0x8000FF00FFFF0000));
	assert_false(tdx_no_module(0x8000020000000080));
	assert_string_equal(tdx_explain(0x8000FF0000000006).class, "instruction");
}

/* No value leaves a pointer empty. */
static void any_value(void **unused)
{
	u64 r = 20260101;

	(void)unused;
	for (int i = 0; i < 100000; i++) {
		r = r * 6364136223846793005ull + 1442695040888963407ull;
		struct tdx_explanation e = tdx_explain(r ^ r >> 31);

		assert_true(e.name && e.class && e.cause && e.action);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_code_once), cmocka_unit_test(recorded),
		cmocka_unit_test(instruction_failed), cmocka_unit_test(any_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
