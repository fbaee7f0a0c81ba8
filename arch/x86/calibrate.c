/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calibrate.c - frequencies of the TSC and of the APIC timer
 *
 * Under a hypervisor that has the generic timing leaf 0x40000010 both are
 * read from it. Else both are counted over 10 ms of the 8254's channel 2.
 */
#include <socle/arch.h>
#include <socle/clock.h>
#include <socle/log.h>
#include <asm/io.h>
#include "irq.h"

#define PIT_HZ		1193182ull
#define PIT_COUNT	11932u		/* 10 ms */
#define MAX_SPINS	100000000u

/* Value pairs of one measurement. */
struct sample { u64 tsc, apic; };

static bool pit_wait(struct sample *s)
{
	u32 spins = MAX_SPINS, apic0;
	u64 tsc0;

	outb(0x61, (inb(0x61) & 0xfc) | 1);	/* gate on, speaker off */
	outb(0x43, 0xb0);			/* channel 2, mode 0 */
	outb(0x42, PIT_COUNT & 0xff);
	apic_timer_start(0xffffffff);
	outb(0x42, PIT_COUNT >> 8);
	tsc0 = rdtsc_ordered();
	apic0 = apic_timer_count();
	while (!(inb(0x61) & 0x20) && --spins)
		;
	s->tsc = rdtsc_ordered() - tsc0;
	s->apic = apic0 - apic_timer_count();
	return spins != 0;
}

static bool timing_leaf(u64 *tsc_khz, u64 *apic_khz)
{
	struct cpuid_regs r;

	if (!(cpuid(1, 0).ecx & BIT(31)))
		return false;
	if (cpuid(0x40000000, 0).eax < 0x40000010)
		return false;
	r = cpuid(0x40000010, 0);
	*tsc_khz = r.eax;
	*apic_khz = r.ebx;
	return r.eax && r.ebx;
}

void clock_calibrate(u64 tsc_at_boot, u64 realtime_s)
{
	u64 tsc_khz, apic_khz;
	const char *source = "CPUID leaf 0x40000010";
	struct sample s;

	if (!timing_leaf(&tsc_khz, &apic_khz)) {
		source = "8254, 10 ms";
		if (!pit_wait(&s))
			panic("clock: the 8254 does not count and there is no timing leaf\n");
		tsc_khz = s.tsc * PIT_HZ / PIT_COUNT / 1000;
		apic_khz = s.apic * PIT_HZ / PIT_COUNT / 1000;
	}
	clock_setup(tsc_khz, tsc_at_boot, realtime_s);
	apic_timer_calibrated(apic_khz);
	log_info("clock: TSC %lu kHz, APIC timer %lu kHz (%s)\n", tsc_khz, apic_khz, source);
}

u64 arch_counter(void)
{
	return rdtsc();
}
