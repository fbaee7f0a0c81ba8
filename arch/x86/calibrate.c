/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calibrate.c - frequencies of the TSC and of the APIC timer, once at boot
 *
 * What clock_source.c finds is taken; the rest is counted over 10 ms of the
 * 8254's channel 2. refine.c makes a counted TSC frequency better afterwards.
 */
#include <socle/arch.h>
#include <socle/clock.h>
#include <socle/log.h>
#include <asm/io.h>
#include <asm/msr.h>
#include "clock_source.h"
#include "irq.h"
#include "priv.h"

#define PIT_HZ		1193182ull
#define PIT_10MS	11932u
#define PIT_START	0xffffu		/* 55 ms until it runs over */
#define READS		5u		/* the one with the shortest time around it counts */
#define ATTEMPTS	5u
#define MAX_SPINS	1000000u

/* The three clocks at one moment; the PIT and the APIC timer count down. */
struct moment { u64 tsc, shortest; u32 pit, apic; };

static void pit_start(void)
{
	outb(0x61, (inb(0x61) & 0xfc) | 1);	/* gate on, speaker off */
	outb(0x43, 0xb0);			/* channel 2, mode 0 */
	outb(0x42, PIT_START & 0xff);
	outb(0x42, PIT_START >> 8);
}

static bool pit_ran_over(void)
{
	return inb(0x61) & 0x20;
}

static struct moment read_once(void)
{
	u64 before = rdtsc_ordered();
	struct moment m;

	outb(0x43, 0x80);			/* latch channel 2 */
	m.apic = apic_timer_count();
	m.shortest = rdtsc_ordered() - before;
	m.tsc = before + m.shortest / 2;
	m.pit = inb(0x42);
	m.pit |= (u32)inb(0x42) << 8;
	return m;
}

static struct moment read_moment(void)
{
	struct moment best = read_once();

	for (u32 i = 1; i < READS; i++) {
		struct moment m = read_once();

		if (m.shortest < best.shortest)
			best = m;
	}
	return best;
}

/* False when the PIT stands still, or ran over because something stopped this CPU. */
static bool measure_once(struct moment *a, struct moment *b)
{
	u32 spins = MAX_SPINS;

	pit_start();
	apic_timer_start(0xffffffff);
	*a = read_moment();
	while (read_once().pit + PIT_10MS > a->pit && !pit_ran_over() && --spins)
		;
	*b = read_moment();
	return spins && !pit_ran_over();
}

static void ask_cpuid(u32 leaf, u32 sub, u32 out[4])
{
	struct cpuid_regs r = cpuid(leaf, sub);

	out[0] = r.eax;
	out[1] = r.ebx;
	out[2] = r.ecx;
	out[3] = r.edx;
}

static const struct clock_facts cpu = { .cpuid = ask_cpuid, .msr = rdmsr_safe };

static void measure(struct clock_source *s)
{
	struct moment a, b;
	u32 i;

	for (i = 0; i < ATTEMPTS; i++)
		if (measure_once(&a, &b))
			break;
	if (i == ATTEMPTS)
		panic("clock: the 8254 does not count and nothing states the TSC's frequency\n");
	if (!s->name)
		s->tsc_khz = (b.tsc - a.tsc) * PIT_HZ / (a.pit - b.pit) / 1000;
	s->apic_khz = (u64)(a.apic - b.apic) * PIT_HZ / (a.pit - b.pit) / 1000;
}

void clock_calibrate(u64 tsc_at_boot, u64 realtime_s)
{
	struct clock_source s = clock_source_find(&cpu);

	if (!s.name || !s.apic_khz)
		measure(&s);
	clock_setup(s.tsc_khz, tsc_at_boot, realtime_s);
	apic_timer_calibrated(s.apic_khz);
	refine_init(!s.name);
	log_info("clock: TSC %lu kHz, APIC timer %lu kHz (%s)\n", s.tsc_khz, s.apic_khz,
		 s.name ? s.name : "8254, 10 ms");
}

u64 arch_counter(void)
{
	return rdtsc();
}
