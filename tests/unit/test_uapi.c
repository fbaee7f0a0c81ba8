/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_uapi.c - our <linux/kvm.h> against the distribution's: runs test_uapi.py
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static void header_equals_distribution(void **state)
{
	(void)state;
	assert_int_equal(system("python3 tests/unit/test_uapi.py"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_equals_distribution),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
