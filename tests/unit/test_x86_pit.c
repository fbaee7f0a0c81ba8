/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_x86_pit.c - the 8254: counters against one that counts tick by tick, ticks given, kept and lost
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "fake/kernel.h"
#include "fake/kvm.h"
#include "irqchip/chips.h"

static struct kvm kvm;
static u32 ticks;

int kvm_set_irq_from(struct kvm *k, enum kvm_irq_source source, u32 gsi, int level)
{
	(void)k;
	assert_int_equal(source, KVM_IRQ_SOURCE_PIT);
	assert_int_equal(gsi, 0);
	ticks += level != 0;
	return 1;
}
bool lapic_lvt_deliver(struct lapic *l, u32 reg) { (void)l, (void)reg; return true; }

static void out(u64 port, u32 val) { fake_out(&kvm, KVM_BUS_PIO, port, 1, val); }
static u32 in(u64 port) { return fake_in(&kvm, KVM_BUS_PIO, port, 1); }

static void start(void)
{
	memset(&kvm, 0, sizeof(kvm));
	fake_bus_clear();
	ticks = 0;
	fake_now_ns += 1000000000;
	assert_int_equal(pit_create(&kvm, KVM_PIT_SPEAKER_DUMMY), 0);
}

/* As the VM's end does it. */
static void stop(void)
{
	out(0x43, 0x30);		/* stops the timer */
	pit_destroy(&kvm);
}

static void program(u32 ch, u32 mode, bool bcd, u32 count)
{
	out(0x43, ch << 6 | 0x30 | mode << 1 | bcd);
	out(0x40 + ch, count & 0xff);
	out(0x40 + ch, count >> 8);
}

static u32 latched(u32 ch)
{
	u32 low;

	out(0x43, ch << 6);
	low = in(0x40 + ch);
	return low | in(0x40 + ch) << 8;
}

/* --- one counter, by the data sheet, a tick at a time; values binary, 0 stands for the modulus --- */
struct model { u32 mode, init, value, m; bool out; };

static void model_load(struct model *c, u32 mode, u32 init, u32 m)
{
	*c = (struct model){ .mode = mode, .init = init, .value = init, .m = m, .out = mode != 0 };
}

static void model_tick(struct model *c)
{
	switch (c->mode) {
	case 2:
		c->value = c->value == 1 ? c->init : c->value - 1;
		c->out = c->value != 1;
		break;
	case 3:			/* by twos; an odd count spends its extra tick while high */
		if (c->init & 1)
			c->value = 0;	/* not modelled */
		c->value = c->value == 2 ? c->init : c->value - 2;
		if (c->value == c->init)
			c->out = !c->out;
		break;
	default:
		c->value = (c->value + c->m - 1) % c->m;
		if (!c->value)
			c->out = true;
	}
}

static u32 bcd(u32 v) { return v % 10 | v / 10 % 10 << 4 | v / 100 % 10 << 8 | v / 1000 % 10 << 12; }

static u64 ns_of(u64 t) { return (t * 1000000000 + 1193181) / 1193182; }

static void counters_follow_the_data_sheet(void **state)
{
	static const u32 modes[] = { 0, 2, 3 };

	(void)state;
	test_seed();
	start();
	for (u32 run = 0; run < 300; run++) {
		u32 mode = modes[test_random(3)], is_bcd = (u32)test_random(2), m = is_bcd ? 10000 : 65536;
		u32 init = 2 + (u32)test_random(m - 2), n = (u32)test_random(200000), status;
		struct model c;
		u64 t0;

		if (mode == 3)
			init &= ~1u;
		program(2, mode, is_bcd, is_bcd ? bcd(init) : init);
		t0 = fake_now_ns;
		model_load(&c, mode, init, m);
		for (u32 i = 0; i < n; i++)
			model_tick(&c);
		fake_now_ns = t0 + ns_of(n);
		out(0x43, 0xc8);	/* read back count and status of channel 2 */
		status = in(0x42);
		assert_int_equal(status & 0x3f, 0x30 | mode << 1 | is_bcd);
		if (mode != 0 || n < m)
			assert_int_equal(status >> 7, c.out);
		status = in(0x42);
		status |= in(0x42) << 8;
		assert_int_equal(status, is_bcd ? bcd(c.value % m) : c.value % m);
	}
	stop();
}

static void count_0_is_the_largest(void **state)
{
	(void)state;
	start();
	program(2, 2, false, 0);
	fake_now_ns += ns_of(65535);
	assert_int_equal(latched(2), 1);
	program(2, 2, true, 0);
	fake_now_ns += ns_of(9999);
	assert_int_equal(latched(2), 1);
	stop();
}

static void halves_are_read_in_turn(void **state)
{
	(void)state;
	start();
	out(0x43, 0x90);		/* channel 2, low byte, mode 0 */
	out(0x42, 0x34);
	assert_int_equal(in(0x42), 0x34);
	assert_int_equal(in(0x42), 0x34);
	out(0x43, 0xa0);		/* high byte */
	out(0x42, 0x12);
	assert_int_equal(in(0x42), 0x12);
	program(2, 0, false, 0x1234);
	assert_int_equal(in(0x42), 0x34);
	assert_int_equal(in(0x42), 0x12);
	out(0x43, 0x80);
	fake_now_ns += ns_of(100);
	out(0x43, 0x80);		/* a second latch before the read is ignored */
	assert_int_equal(in(0x42), 0x34);
	assert_int_equal(in(0x42), 0x12);
	stop();
}

static void gate_and_speaker(void **state)
{
	(void)state;
	start();
	assert_int_equal(in(0x61) & 3, 0);
	out(0x61, 3);
	assert_int_equal(in(0x61) & 3, 3);
	program(2, 2, false, 1000);
	fake_now_ns += ns_of(300);
	assert_int_equal(latched(2), 700);
	out(0x61, 0);
	out(0x61, 1);			/* rises: from the beginning */
	assert_int_equal(latched(2), 1000);
	stop();
}

/* Reinjection: a tick follows an acknowledgement; those in between are kept. */
static void ticks_wait_for_the_guest(void **state)
{
	(void)state;
	start();
	program(0, 2, false, 1193);	/* about 1 ms */
	fake_clock_run(fake_now_ns + 10000000);
	assert_int_equal(ticks, 1);
	for (u32 i = 2; i <= 9; i++) {
		pit_acked(&kvm);
		assert_int_equal(ticks, i);
	}
	pit_acked(&kvm);
	pit_acked(&kvm);
	assert_in_range(ticks, 9, 10);
	pit_unmasked(&kvm);
	stop();
}

static void lost_ticks_are_forgotten_at_unmasking(void **state)
{
	(void)state;
	start();
	program(0, 2, false, 1193);
	fake_clock_run(fake_now_ns + 10000000);
	pit_unmasked(&kvm);
	ticks = 0;
	fake_clock_run(fake_now_ns + 1100000);
	assert_in_range(ticks, 1, 1);
	stop();
}

static void without_reinjection_every_tick_is_given(void **state)
{
	(void)state;
	start();
	pit_set_reinject(&kvm, false);
	program(0, 2, false, 1193);
	fake_clock_run(fake_now_ns + 10000000);
	assert_in_range(ticks, 9, 10);
	ticks = 0;
	program(0, 0, false, 1193);	/* one shot */
	fake_clock_run(fake_now_ns + 10000000);
	assert_int_equal(ticks, 1);
	ticks = 0;
	program(0, 2, false, 2);	/* would be 600 kHz: limited */
	fake_clock_run(fake_now_ns + 10000000);
	assert_in_range(ticks, 40, 51);
	stop();
}

static void state_is_kept(void **state)
{
	struct kvm_pit_state2 s;

	(void)state;
	start();
	program(0, 2, false, 1193);
	out(0x61, 3);
	program(2, 3, false, 500);
	pit_get_state(&kvm, &s);
	assert_int_equal(s.flags, KVM_PIT_FLAGS_SPEAKER_DATA_ON);
	stop();
	start();
	pit_set_reinject(&kvm, false);
	pit_set_state(&kvm, &s);
	assert_int_equal(in(0x61) & 3, 3);
	fake_clock_run(fake_now_ns + 5000000);
	assert_in_range(ticks, 4, 5);
	s.channels[0].mode = 0x77;	/* a hostile VMM: anything is survived */
	s.channels[1].count = ~0u;
	s.channels[2].rw_mode = s.channels[2].read_state = s.channels[2].write_state = 0xff;
	s.channels[2].bcd = 0xff;
	pit_set_state(&kvm, &s);
	(void)latched(1);
	(void)latched(2);
	stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_follow_the_data_sheet), cmocka_unit_test(count_0_is_the_largest),
		cmocka_unit_test(halves_are_read_in_turn), cmocka_unit_test(gate_and_speaker),
		cmocka_unit_test(ticks_wait_for_the_guest), cmocka_unit_test(lost_ticks_are_forgotten_at_unmasking),
		cmocka_unit_test(without_reinjection_every_tick_is_given), cmocka_unit_test(state_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
