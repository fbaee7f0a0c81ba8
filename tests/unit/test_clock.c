/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_clock.c - whose word about frequencies is taken, and a clock that never jumps
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <socle/clock.h>
#include <socle/time.h>
#include "../../arch/x86/clock_source.h"
#include "../../arch/x86/refine.h"
#include "../../arch/x86/warp.h"
#include "fake/kernel.h"

static u64 counter;
u64 arch_counter(void) { return counter; }

#define SIGNATURE(a, b, c) { 0, a, b, c }
#define KVM_SIG	0x4b4d564b, 0x564b4d56, 0x4d
#define HYPERV_SIG 0x7263694d, 0x666f736f, 0x76482074
#define VMWARE_SIG 0x61774d56, 0x4d566572, 0x65726177
#define TCG_SIG 0x54474354, 0x43544743, 0x47435447

struct leaf { u32 leaf, r[4]; };
struct machine {
	const char *name;
	struct leaf leaf[10];
	u64 hv_tsc_hz;
	u32 garbage;		/* EAX of absent leaves */
	const char *source;	/* expected; NULL: measure */
	u64 tsc_khz, apic_khz;
};
#define GUEST { 1, { 0, 0, 1u << 31, 0 } }

static const struct machine machines[] = {
	{ "Nitro", { { 0, { 0x16 } }, GUEST, { 0x40000000, { 0x40000010, KVM_SIG } },
		     { 0x40000010, { 2499998, 1000000 } }, { 0x15, { 2, 200, 25000000 } } },
	  .source = "CPUID timing leaf", .tsc_khz = 2499998, .apic_khz = 1000000 },
	{ "VMware: ECX is no reserved field", { { 0, { 0x16 } }, GUEST, { 0x40000000, { 0x40000010, VMWARE_SIG } },
		     { 0x40000010, { 2899999, 66000, 3 } } },
	  .source = "CPUID timing leaf", .tsc_khz = 2899999, .apic_khz = 66000 },
	{ "QEMU/KVM", { { 0, { 0xd } }, GUEST, { 0x40000000, { 0x40000010, KVM_SIG } }, { 0x40000010, { 3000000, 1000000 } } },
	  .source = "CPUID timing leaf", .tsc_khz = 3000000, .apic_khz = 1000000 },
	{ "ACRN: no APIC frequency", { { 0, { 0x16 } }, GUEST, { 0x40000000, { 0x40000010, 1, 2, 3 } }, { 0x40000010, { 2100000 } } },
	  .source = "CPUID timing leaf", .tsc_khz = 2100000, .apic_khz = 0 },
	{ "Hyper-V before KVM", { { 0, { 0xd } }, GUEST, { 0x40000000, { 0x40000082, HYPERV_SIG } },
		     { 0x40000010, { 12345678, 9 } }, { 0x40000100, { 0x40000110, KVM_SIG } },
		     { 0x40000110, { 2000001, 1000000 } } },
	  .source = "CPUID timing leaf", .tsc_khz = 2000001, .apic_khz = 1000000 },
	{ "KVM without the leaf", { { 0, { 0xd } }, GUEST, { 0x40000000, { 0x40000001, KVM_SIG } } } },
	{ "KVM, highest leaf written as 0, rubbish behind it", { { 0, { 0xd } }, GUEST, { 0x40000000, { 0, KVM_SIG } } },
	  .garbage = 0x40000340 },
	{ "EAX 0", { { 0, { 0xd } }, GUEST, { 0x40000000, { 0x40000010, KVM_SIG } }, { 0x40000010, { 0, 1000000 } } } },
	{ "EAX beyond 20 GHz", { { 0, { 0xd } }, GUEST, { 0x40000000, { 0x40000010, KVM_SIG } },
		     { 0x40000010, { 20000001, 1000000 } } } },
	{ "EAX in Hz of some other thing", { { 0, { 0xd } }, GUEST, { 0x40000000, { 0x40000010, KVM_SIG } },
		     { 0x40000010, { 99999, 1000000 } } } },
	{ "EAX 0, but 0x15", { { 0, { 0x15 } }, GUEST, { 0x40000000, { 0x40000010, KVM_SIG } },
		     { 0x15, { 2, 168, 24000000 } } },
	  .source = "CPUID 0x15", .tsc_khz = 2016000, .apic_khz = 24000 },
	{ "TCG: leaves of the highest basic leaf", { { 0, { 0xd } }, GUEST, { 0x40000000, { 0x40000001, TCG_SIG } } },
	  .garbage = 7 },
	{ "bare, crystal stated", { { 0, { 0x1f } }, { 1, { 0 } }, { 0x15, { 2, 199, 25000000 } } },
	  .source = "CPUID 0x15", .tsc_khz = 2487500, .apic_khz = 25000 },
	{ "bare, crystal by 0x16", { { 0, { 0x16 } }, { 1, { 0 } }, { 0x15, { 2, 250, 0 } }, { 0x16, { 3000, 4000, 100 } } },
	  .source = "CPUID 0x15 and 0x16", .tsc_khz = 3000000, .apic_khz = 24000 },
	{ "bare, 0x15 empty", { { 0, { 0x16 } }, { 1, { 0 } }, { 0x16, { 3000, 4000, 100 } } } },
	{ "bare, hypervisor bit clear, leaf there", { { 0, { 0xd } }, { 1, { 0 } }, { 0x40000000, { 0x40000010, KVM_SIG } },
		     { 0x40000010, { 3000000, 1000000 } } } },
	{ "Hyper-V", { { 0, { 0x16 } }, GUEST, { 0x40000000, { 0x4000000c, HYPERV_SIG } }, { 0x40000003, { 1 << 11 } } },
	  .hv_tsc_hz = 2394457000, .source = "Hyper-V's MSRs", .tsc_khz = 2394457, .apic_khz = 0 },
	{ "Hyper-V without the right", { { 0, { 0x16 } }, GUEST, { 0x40000000, { 0x4000000c, HYPERV_SIG } } },
	  .hv_tsc_hz = 2394457000 },
	{ "all ones", { { 0, { ~0u } }, { 1, { ~0u, ~0u, ~0u, ~0u } } }, .garbage = ~0u },
};
static const struct machine *m;

static void ask(u32 leaf, u32 sub, u32 out[4])
{
	(void)sub;
	memset(out, 0, 16);
	out[0] = m->garbage;
	for (u32 i = 0; i < ARRAY_SIZE(m->leaf) && (!i || m->leaf[i].leaf); i++)
		if (m->leaf[i].leaf == leaf)
			memcpy(out, m->leaf[i].r, 16);
}

static int ask_msr(u32 msr, u64 *val)
{
	*val = m->hv_tsc_hz;
	return msr == 0x40000022 && *val ? 0 : -5;
}

static void order_of_sources(void **state)
{
	const struct clock_facts f = { ask, ask_msr };

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(machines); i++) {
		struct clock_source s;

		m = &machines[i];
		s = clock_source_find(&f);
		if (!s.name != !m->source || (s.name && (strcmp(s.name, m->source) || s.tsc_khz != m->tsc_khz ||
							 s.apic_khz != m->apic_khz)))
			fail_msg("%s: %s, %lu kHz, %lu kHz", m->name, s.name ? s.name : "nothing", s.tsc_khz, s.apic_khz);
	}
}

/* Whatever is refined, at random moments: never back, never a jump of more than the step allows. */
static void clock_goes_on(void **state)
{
	u64 before = 0, frozen_khz;
	bool taken;

	(void)state;
	counter = 5000;
	clock_setup(2000000, 1000, 0);
	assert_int_equal(clock_ns(), 2000);
	for (u32 i = 0; i < CLOCK_MAX_ADJUSTMENTS + 5; i++) {
		u64 step = 1000 + test_random(1ull << 40), now, lead = 100 + test_random(1000000);

		counter += step;
		now = clock_ns();
		assert_true(now >= before && now - before <= step / 2 * 102 / 100 + 100);
		taken = clock_adjust(2000000 - 10000 + test_random(20000), counter + lead);
		if (i < CLOCK_MAX_ADJUSTMENTS)
			assert_true(taken);
		assert_true(clock_ns() == now);
		assert_false(i < CLOCK_MAX_ADJUSTMENTS && clock_adjust(2000000, counter + lead));
		/* Before, at and after the beginning of the new line: no step. */
		for (u64 at = lead - 50; at < lead + 50; at++) {
			u64 a = clock_counter_to_ns(counter + at), b = clock_counter_to_ns(counter + at + 2);

			assert_true(b >= a && b - a <= 2);
		}
		/* A timer is never early, and late by a few counts at most. */
		for (u64 ns = now + lead / 2 - 30; ns < now + lead / 2 + 30; ns += 7) {
			assert_true(clock_counter_to_ns(clock_ns_to_tsc(ns)) >= ns);
			assert_true(clock_counter_to_ns(clock_ns_to_tsc(ns) - 10) < ns);
		}
		assert_true(clock_counter_to_ns(clock_ns_to_tsc(now + 123456789012)) >= now + 123456789012);
		counter += lead;
		before = clock_ns();
	}
	assert_false(taken);
	clock_setup(1000000, 0, 0);
	clock_freeze();
	frozen_khz = clock_tsc_khz();
	assert_false(clock_adjust(1000001, counter));
	assert_int_equal(clock_tsc_khz(), frozen_khz);
}

static void refinement(void **state)
{
	struct refine_point a = { 100, 0xfffff0 }, b;

	(void)state;
	assert_int_equal(refine_extend(0xfffff0, 0x10), 0x1000010);
	assert_int_equal(refine_extend(0x5000010, 0x10), 0x5000010);
	assert_int_equal(refine_extend(0x5000010, 0x0f), 0x600000f);
	b = (struct refine_point){ a.tsc + 3000000000, a.pm + PM_TIMER_HZ };
	assert_int_equal(refine_khz(&a, &b), 3000000);
	b.pm = a.pm + 99999;
	assert_int_equal(refine_khz(&a, &b), 0);
	b = (struct refine_point){ 50, a.pm + PM_TIMER_HZ };
	assert_int_equal(refine_khz(&a, &b), 0);
	assert_true(refine_plausible(1000000, 1010000));
	assert_false(refine_plausible(1000000, 1010001));
	assert_false(refine_plausible(1000000, 0));
}

static void warps(void **state)
{
	struct warp w = { 0 };

	(void)state;
	warp_observe(&w, 1, 100);
	warp_observe(&w, 1, 110);
	assert_int_equal(w.turns, 1);
	warp_observe(&w, 0, 110);
	assert_int_equal(w.worst, 0);
	warp_observe(&w, 1, 95);
	warp_observe(&w, 0, 100);
	assert_int_equal(w.worst, 15);
	assert_int_equal(w.turns, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_of_sources), cmocka_unit_test(clock_goes_on),
		cmocka_unit_test(refinement), cmocka_unit_test(warps),
	};

	test_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
