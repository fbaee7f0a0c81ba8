/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock_source.c - frequencies that a hypervisor or the CPU states
 *
 * A leaf above a block's highest one holds anything: QEMU's TCG and KVM for
 * Intel guests answer with the highest basic leaf. So each block must name a
 * highest leaf within itself, and values must be possible frequencies.
 * Sources: Intel SDM vol. 2, CPUID 15H and 16H; Hyper-V TLFS, chapter 3 and
 * HV_X64_MSR_TSC_FREQUENCY; the timing leaf is VMware's proposal of 2008.
 */
#include "clock_source.h"

#define HV_FIRST	0x40000000u
#define HV_STEP		0x100u
#define HV_BLOCKS	0x100u
#define TIMING_LEAF	0x10u
#define MIN_KHZ		100000ull	/* 100 MHz .. 20 GHz */
#define MAX_KHZ		20000000ull
#define MIN_APIC_KHZ	1000ull
#define MAX_RATIO	(1u << 20)	/* of 0x15: products stay below 2^64 */
#define MSR_HV_TSC_HZ	0x40000022u
#define MSR_HV_APIC_HZ	0x40000023u
#define HV_FREQUENCY_MSRS (1u << 11)

enum { EAX, EBX, ECX, EDX };

static bool tsc_possible(u64 khz)
{
	return khz >= MIN_KHZ && khz <= MAX_KHZ;
}

static u64 apic_or_unknown(u64 khz)
{
	return khz >= MIN_APIC_KHZ && khz <= MAX_KHZ ? khz : 0;
}

static bool is_hyperv(const u32 r[4])
{
	return r[EBX] == 0x7263694d && r[ECX] == 0x666f736f && r[EDX] == 0x76482074;
}

static bool is_guest(const struct clock_facts *f)
{
	u32 r[4];

	f->cpuid(1, 0, r);
	return r[ECX] >> 31;
}

/* Hyper-V's own block has other things at +0x10. */
static bool from_timing_leaf(const struct clock_facts *f, struct clock_source *s)
{
	u32 r[4];

	if (!is_guest(f))
		return false;
	for (u32 i = 0; i < HV_BLOCKS; i++) {
		u32 base = HV_FIRST + i * HV_STEP;

		f->cpuid(base, 0, r);
		if (r[EAX] < base + TIMING_LEAF || r[EAX] >= base + HV_STEP || is_hyperv(r))
			continue;
		f->cpuid(base + TIMING_LEAF, 0, r);
		if (!tsc_possible(r[EAX]))
			continue;
		*s = (struct clock_source){ "CPUID timing leaf", r[EAX], apic_or_unknown(r[EBX]) };
		return true;
	}
	return false;
}

/* The APIC timer counts the crystal. */
static bool from_crystal(const struct clock_facts *f, struct clock_source *s)
{
	u64 crystal_hz, khz;
	u32 r[4], max, base[4];

	f->cpuid(0, 0, r);
	max = r[EAX];
	if (max < 0x15 || max >= HV_FIRST)
		return false;
	f->cpuid(0x15, 0, r);
	if (!r[EAX] || !r[EBX] || (r[EAX] | r[EBX]) >= MAX_RATIO)
		return false;
	crystal_hz = r[ECX];
	if (!crystal_hz && max >= 0x16) {
		f->cpuid(0x16, 0, base);
		crystal_hz = (u64)(base[EAX] & 0xffff) * 1000000 * r[EAX] / r[EBX];
	}
	if (crystal_hz > MAX_KHZ * 1000)
		return false;
	khz = crystal_hz * r[EBX] / r[EAX] / 1000;
	if (!tsc_possible(khz))
		return false;
	*s = (struct clock_source){ r[ECX] ? "CPUID 0x15" : "CPUID 0x15 and 0x16", khz, apic_or_unknown(crystal_hz / 1000) };
	return true;
}

static bool from_hyperv(const struct clock_facts *f, struct clock_source *s)
{
	u64 tsc_hz, apic_hz;
	u32 r[4];

	if (!is_guest(f))
		return false;
	f->cpuid(HV_FIRST, 0, r);
	if (!is_hyperv(r) || r[EAX] < HV_FIRST + 3)
		return false;
	f->cpuid(HV_FIRST + 3, 0, r);
	if (!(r[EAX] & HV_FREQUENCY_MSRS) || f->msr(MSR_HV_TSC_HZ, &tsc_hz) || !tsc_possible(tsc_hz / 1000))
		return false;
	if (f->msr(MSR_HV_APIC_HZ, &apic_hz))
		apic_hz = 0;
	*s = (struct clock_source){ "Hyper-V's MSRs", tsc_hz / 1000, apic_or_unknown(apic_hz / 1000) };
	return true;
}

static bool (*const sources[])(const struct clock_facts *f, struct clock_source *s) = {
	from_timing_leaf, from_crystal, from_hyperv,
};

struct clock_source clock_source_find(const struct clock_facts *f)
{
	struct clock_source s = { 0 };

	for (u32 i = 0; i < ARRAY_SIZE(sources); i++)
		if (sources[i](f, &s))
			return s;
	return (struct clock_source){ 0 };
}
