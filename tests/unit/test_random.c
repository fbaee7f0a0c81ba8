/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_random.c - ChaCha20 against the vectors of RFC 8439 (A.1, number 1 and 2), and getrandom's edges
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include "../../kernel/posix/sys.h"
#include "fake/kernel.h"

static u64 ticks;

u64 arch_counter(void) { return ticks += 12345; }
bool arch_random(u64 *out) { (void)out; return false; }
void log_printf(enum log_level level, const char *fmt, ...) { (void)level; (void)fmt; }
int copy_to_app(u64 dst, const void *src, size_t n)
{
	if (!dst)
		return -EFAULT;
	memcpy((void *)dst, src, n);
	return 0;
}

static void vectors(void **state)
{
	static const u8 first[] = { 0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90, 0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86, 0xbd, 0x28 };
	static const u8 second[] = { 0x9f, 0x07, 0xe7, 0xbe, 0x55, 0x51, 0x38, 0x7a, 0x98, 0xba, 0x97, 0x7c, 0x73, 0x2d, 0x08, 0x0d };
	const u32 key[8] = { 0 };
	u32 out[16];

	(void)state;
	chacha20_block(key, 0, out);
	assert_memory_equal(out, first, sizeof(first));
	chacha20_block(key, 1, out);
	assert_memory_equal(out, second, sizeof(second));
}

static void draws(void **state)
{
	u8 a[200] = { 0 }, b[200] = { 0 };

	(void)state;
	assert_int_equal(sys_getrandom((long)a, 199, 0, 0, 0, 0), 199);
	assert_int_equal(a[199], 0);
	assert_int_equal(sys_getrandom((long)b, 199, 0, 0, 0, 0), 199);
	assert_memory_not_equal(a, b, 32);
	assert_memory_not_equal(a, a + 64, 32);
	assert_int_equal(sys_getrandom((long)a, 8, 8, 0, 0, 0), -EINVAL);
	assert_int_equal(sys_getrandom(0, 8, 0, 0, 0, 0), -EFAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(vectors), cmocka_unit_test(draws) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
