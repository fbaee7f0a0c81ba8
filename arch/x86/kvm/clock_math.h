/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock_math.h - arithmetic of guest clocks: TSC ratios, and kvmclock's multiplier and shift
 *
 * A ratio is guest over host frequency as a 16.48 fixed-point number; 0 means
 * equal. Products are taken in 128 bits. Pure: host tests run it.
 */
#ifndef X86_KVM_CLOCK_MATH_H
#define X86_KVM_CLOCK_MATH_H

#include <socle/types.h>

#define TSC_RATIO_BITS 48
#define TSC_TOLERANCE_PPM 250u

typedef unsigned __int128 u128;

/* (hi:lo) / d; all ones when it does not fit. */
static inline u64 div128(u128 n, u64 d)
{
	u64 q, r;

	if ((u64)(n >> 64) >= d)
		return ~0ull;
	__asm__("divq %4" : "=a"(q), "=d"(r) : "0"((u64)n), "1"((u64)(n >> 64)), "r"(d) : "cc");
	return q;
}

static inline u64 mul_div(u64 a, u64 b, u64 d)
{
	return div128((u128)a * b, d);
}

/* @frac_bits: what the hardware keeps (SVM 32, VMX 48), so that both compute the same. */
static inline u64 tsc_ratio_of(u32 guest_khz, u32 host_khz, u32 frac_bits)
{
	u64 ratio = div128((u128)guest_khz << frac_bits, host_khz);

	return ratio << (TSC_RATIO_BITS - frac_bits);
}

static inline u64 tsc_scale(u64 host_tsc, u64 ratio)
{
	return ratio ? (u64)((u128)host_tsc * ratio >> TSC_RATIO_BITS) : host_tsc;
}

/* Host cycles in which the guest's counter goes on by @delta, rounded up. */
static inline u64 tsc_unscale(u64 delta, u64 ratio)
{
	return ratio ? div128(((u128)delta << TSC_RATIO_BITS) + ratio - 1, ratio) : delta;
}

static inline bool tsc_khz_is_near(u32 guest_khz, u32 host_khz)
{
	u64 diff = guest_khz > host_khz ? guest_khz - host_khz : host_khz - guest_khz;

	return diff * 1000000 <= (u64)host_khz * TSC_TOLERANCE_PPM;
}

/* ns = ((delta << shift) * mul) >> 32, a right shift when negative. */
struct pvclock_scale { u32 mul; s8 shift; };

/*
 * @mul has its top bit set. It is rounded down: a guest that computes the
 * frequency back from it, rounding down too, gets @khz and not one less.
 */
static inline struct pvclock_scale pvclock_scale_of(u32 khz)
{
	struct pvclock_scale s = { 0, 0 };
	u64 mul;

	if (!khz)
		return s;		/* no clock: it stands still */
	mul = div128((u128)1000000 << 32, khz);
	while (mul >> 32) {
		s.shift++;
		mul = div128((u128)1000000 << (32 - s.shift), khz);
	}
	while (!(mul >> 31)) {
		s.shift--;
		mul = div128((u128)1000000 << (32 - s.shift), khz);
	}
	s.mul = (u32)mul;
	return s;
}

static inline u64 pvclock_ns(u64 delta, struct pvclock_scale s)
{
	u128 d = s.shift < 0 ? delta >> -s.shift : (u128)delta << s.shift;

	return (u64)(d * s.mul >> 32);
}

/* 0 for a moment before @base. */
static inline u64 pvclock_since(u64 tsc, u64 base, struct pvclock_scale s)
{
	return tsc > base ? pvclock_ns(tsc - base, s) : 0;
}

#endif
