/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_x86_clock.c - TSC ratios and kvmclock's multiplier against long double and 128-bit arithmetic
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "clock_math.h"

static u64 state = 1;

static u64 next_random(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 2685821657736338717ull;
}

static void seed(void)
{
	const char *s = getenv("SEED");

	state = s ? strtoull(s, NULL, 0) : 20260101;
	printf("seed %llu (set SEED to change)\n", (unsigned long long)state);
}

/* The frequency as a Linux guest computes it from the page. */
static u32 guest_khz(struct pvclock_scale s)
{
	u64 khz = (1000000ull << 32) / s.mul;

	return (u32)(s.shift < 0 ? khz << -s.shift : khz >> s.shift);
}

/* The guest shifts after it divided: that is what it loses, and why there is a timing leaf. */
static u32 slack(struct pvclock_scale s)
{
	return s.shift < 0 ? 1u << -s.shift : 1;
}

static void scale_is_exact(void **unused)
{
	(void)unused;
	seed();
	for (u32 i = 0; i < 200000; i++) {
		u32 khz = 1000 + (u32)(next_random() % 20000000);
		struct pvclock_scale s = pvclock_scale_of(khz);
		u64 delta = next_random() >> (20 + next_random() % 40);
		long double want = (long double)delta * 1e6L / khz;
		u64 got = pvclock_ns(delta, s);

		assert_true(s.mul >> 31);
		assert_true(fabsl(want - (long double)got) <= want / 1.8e9L + 2 + (s.shift < 0 ? 1e6L * ldexpl(1, -s.shift) / khz : 0));
		assert_true(guest_khz(s) + slack(s) >= khz && guest_khz(s) <= khz + slack(s));
	}
}

static void scale_of_round_frequencies(void **unused)
{
	(void)unused;
	assert_int_equal(pvclock_ns(1000000, pvclock_scale_of(1000000)), 1000000 - 1 + (pvclock_scale_of(1000000).mul == 0x80000000u));
	assert_int_equal(pvclock_since(5, 7, pvclock_scale_of(1000000)), 0);
	assert_int_equal(pvclock_since(1000007, 7, pvclock_scale_of(2000000)), 500000);
	assert_int_equal(pvclock_ns(1000000, pvclock_scale_of(0)), 0);	/* ends, too */
	assert_int_equal(guest_khz(pvclock_scale_of(1000000)), 1000000);
	assert_int_equal(guest_khz(pvclock_scale_of(3000000)), 3000000);
	assert_int_equal(guest_khz(pvclock_scale_of(2999999)), 2999998);
}

static void ratios(void **unused)
{
	(void)unused;
	seed();
	for (u32 i = 0; i < 200000; i++) {
		u32 host = 100000 + (u32)(next_random() % 6000000), guest = 1 + (u32)(next_random() % (host * 2ull));
		u32 bits = next_random() & 1 ? 32 : 48;
		u64 ratio = tsc_ratio_of(guest, host, bits), tsc = next_random() >> (2 + next_random() % 40);
		long double want = (long double)tsc * guest / host;

		if (!ratio)
			continue;
		assert_int_equal(ratio & ((1ull << (48 - bits)) - 1), 0);
		assert_true(fabsl(want - (long double)tsc_scale(tsc, ratio)) <= (long double)tsc * ldexpl(1, -(int)bits) + 2);
		if (want < 1e18L)	/* never earlier than asked: a timer at that value has passed it */
			assert_true(tsc_scale(tsc_unscale((u64)want, ratio), ratio) >= (u64)want);
	}
	assert_int_equal(tsc_scale(12345, 0), 12345);
	assert_int_equal(tsc_unscale(12345, 0), 12345);
}

static void division(void **unused)
{
	(void)unused;
	seed();
	for (u32 i = 0; i < 100000; i++) {
		u64 a = next_random(), b = next_random() >> (next_random() % 64), d = next_random() >> (next_random() % 64) | 1;
		u128 want = (u128)a * b / d;

		assert_true(mul_div(a, b, d) == (want >> 64 ? ~0ull : (u64)want));
	}
}

static void tolerance(void **unused)
{
	(void)unused;
	assert_true(tsc_khz_is_near(1000000, 1000000));
	assert_true(tsc_khz_is_near(1000250, 1000000));
	assert_false(tsc_khz_is_near(1000251, 1000000));
	assert_true(tsc_khz_is_near(999750, 1000000));
	assert_false(tsc_khz_is_near(999749, 1000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scale_is_exact), cmocka_unit_test(scale_of_round_frequencies), cmocka_unit_test(ratios),
		cmocka_unit_test(division), cmocka_unit_test(tolerance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
