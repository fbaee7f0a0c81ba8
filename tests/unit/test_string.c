// SPDX-License-Identifier: Apache-2.0
/* test_string.c - the kernel's memcpy and its kin (arch/x86/string.S) against the C library's, all small sizes and offsets */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <socle/types.h>
#include "fake/kernel.h"

/* The file under test, its names with a prefix. */
void *k_memcpy(void *d, const void *s, size_t n);
void *k_memmove(void *d, const void *s, size_t n);
void *k_memset(void *d, int c, size_t n);
int k_memcmp(const void *a, const void *b, size_t n);

#define BYTES 96u
static u8 a[BYTES], b[BYTES], want[BYTES];

static void scramble(u8 *p)
{
	for (u32 i = 0; i < BYTES; i++)
		p[i] = (u8)test_random(256);
}

static void copies(void **state)
{
	(void)state;
	for (u32 n = 0; n <= 40; n++)
		for (u32 to = 0; to < 9; to++)
			for (u32 from = 0; from < 9; from++) {
				scramble(a);
				scramble(b);
				memcpy(want, b, BYTES);
				memcpy(want + to, a + from, n);
				assert_ptr_equal(k_memcpy(b + to, a + from, n), b + to);
				assert_memory_equal(b, want, BYTES);
			}
}

static void overlapping_moves(void **state)
{
	(void)state;
	for (u32 n = 0; n <= 40; n++)
		for (u32 to = 0; to < 40; to++)
			for (u32 from = 0; from < 40; from++) {
				scramble(a);
				memcpy(want, a, BYTES);
				memmove(want + to, want + from, n);
				assert_ptr_equal(k_memmove(a + to, a + from, n), a + to);
				assert_memory_equal(a, want, BYTES);
			}
}

static void sets(void **state)
{
	(void)state;
	for (u32 n = 0; n <= 40; n++)
		for (u32 to = 0; to < 9; to++) {
			int c = (int)test_random(1024) - 512;

			scramble(a);
			memcpy(want, a, BYTES);
			memset(want + to, c, n);
			assert_ptr_equal(k_memset(a + to, c, n), a + to);
			assert_memory_equal(a, want, BYTES);
		}
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static void comparisons(void **state)
{
	(void)state;
	for (u32 n = 0; n <= 40; n++)
		for (u32 at = 0; at <= n; at++)
			for (u32 off = 0; off < 9; off++) {
				scramble(a);
				memcpy(b + off, a, n);
				b[off + at] ^= (u8)(1 + test_random(255));	/* at == n: outside */
				assert_int_equal(sign(k_memcmp(a, b + off, n)), sign(memcmp(a, b + off, n)));
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies), cmocka_unit_test(overlapping_moves), cmocka_unit_test(sets),
		cmocka_unit_test(comparisons),
	};

	test_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
