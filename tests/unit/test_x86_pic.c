/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_x86_pic.c - the 8259 pair against a model that keeps its priorities as a list
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
static u32 acked[16], unmasked[16];

static u32 pin_of(u32 chip, u32 pin) { return chip == KVM_IRQCHIP_PIC_SLAVE ? 8 + pin : pin; }
void irqchip_acked(struct kvm *k, u32 chip, u32 pin) { (void)k; acked[pin_of(chip, pin)]++; }
void irqchip_unmasked(struct kvm *k, u32 chip, u32 pin) { (void)k; unmasked[pin_of(chip, pin)]++; }
bool lapic_wants_extint(const struct lapic *l) { (void)l; return true; }
void lapic_kick(struct lapic *l) { (void)l; }

/* --- the model: each chip an array of inputs, highest priority first in order[] --- */
struct chip {
	bool line[8], request[8], service[8], mask[8], level[8];
	int order[8];
	bool aeoi, rotate_aeoi, special, sfnm, read_isr;
	int init;		/* ICW that comes next; 0: none */
	bool want4;
	u8 base;
};
static struct chip m[2];

static void order_after(struct chip *c, int in)
{
	for (int i = 0; i < 8; i++)
		c->order[i] = (in + 1 + i) % 8;
}

/* Down the list: an input in service blocks itself and what follows. */
static int request(u32 nr)
{
	struct chip *c = &m[nr];

	for (int i = 0; i < 8; i++) {
		int in = c->order[i];
		bool exempt = (c->special && c->mask[in]) || (c->sfnm && nr == 0 && in == 2);

		if (c->service[in] && !exempt)
			return -1;
		if (c->request[in] && !c->mask[in])
			return in;
	}
	return -1;
}

static void set_line(u32 nr, int in, bool high)
{
	struct chip *c = &m[nr];

	if (c->level[in])
		c->request[in] = high;
	else if (high && !c->line[in])
		c->request[in] = true;
	c->line[in] = high;
}

static void settle(void)
{
	if (request(1) >= 0) {
		set_line(0, 2, true);
		set_line(0, 2, false);
	}
}

static void end(u32 nr, int in)
{
	m[nr].service[in] = false;
}

static void accept(u32 nr, int in)
{
	struct chip *c = &m[nr];

	c->service[in] = true;
	if (!c->level[in])
		c->request[in] = false;
	if (c->aeoi) {
		if (c->rotate_aeoi)
			order_after(c, in);
		end(nr, in);
	}
}

static int intack(void)
{
	int in = request(0), vector;

	if (in < 0)
		return m[0].base + 7;
	accept(0, in);
	vector = m[0].base + in;
	if (in == 2) {
		in = request(1);
		vector = m[1].base + (in < 0 ? 7 : in);
		if (in >= 0)
			accept(1, in);
	}
	return vector;
}

static void command(u32 nr, u8 val)
{
	struct chip *c = &m[nr];
	int in = val & 7, op = val >> 5;

	if (val & 0x10) {
		struct chip fresh = { .init = 2, .want4 = val & 1, .base = c->base };

		memcpy(fresh.level, c->level, sizeof(fresh.level));
		for (int i = 0; i < 8; i++)
			fresh.request[i] = c->level[i] && c->request[i];
		*c = fresh;
		order_after(c, 7);
		return;
	}
	if (val & 8) {
		if (val & 2)
			c->read_isr = val & 1;
		if (val & 0x40)
			c->special = val & 0x20;
		return;
	}
	if (op == 0 || op == 4)
		c->rotate_aeoi = op == 4;
	if (op == 6)
		order_after(c, in);
	if (op == 1 || op == 5) {
		for (in = -1, val = 0; val < 8 && in < 0; val++)
			if (c->service[c->order[val]])
				in = c->order[val];
		if (in < 0)
			return;
	}
	if (op & 1) {
		end(nr, in);
		if (op == 5 || op == 7)
			order_after(c, in);
	}
}

static void data(u32 nr, u8 val)
{
	struct chip *c = &m[nr];

	switch (c->init) {
	case 0:
		for (int i = 0; i < 8; i++)
			c->mask[i] = val >> i & 1;
		break;
	case 2:
		c->base = val & 0xf8;
		c->init = 3;
		break;
	case 3:
		c->init = c->want4 ? 4 : 0;
		break;
	default:
		c->aeoi = val & 2;
		c->sfnm = val & 0x10;
		c->init = 0;
	}
}

static u8 bits(const bool *b)
{
	u8 v = 0;

	for (int i = 0; i < 8; i++)
		v |= (u8)(b[i] << i);
	return v;
}

static const u64 ports[2] = { 0x20, 0xa0 };

static void both_out(u32 nr, bool second, u8 val)
{
	fake_out(&kvm, KVM_BUS_PIO, ports[nr] + second, 1, val);
	if (second)
		data(nr, val);
	else
		command(nr, val);
	settle();
}

static void both_init(u32 nr, u8 icw4)
{
	both_out(nr, false, 0x11);
	both_out(nr, true, (u8)(0x20 + nr * 8));
	both_out(nr, true, nr ? 2 : 4);
	both_out(nr, true, icw4);
}

static void compare(void)
{
	assert_int_equal(pic_output(&kvm), request(0) >= 0);
	for (u32 nr = 0; nr < 2; nr++) {
		assert_int_equal(fake_in(&kvm, KVM_BUS_PIO, ports[nr] + 1, 1), bits(m[nr].mask));
		assert_int_equal(fake_in(&kvm, KVM_BUS_PIO, ports[nr], 1),
				 bits(m[nr].read_isr ? m[nr].service : m[nr].request));
	}
}

static void start(void)
{
	memset(&kvm, 0, sizeof(kvm));
	memset(m, 0, sizeof(m));
	fake_bus_clear();
	assert_int_equal(pic_create(&kvm), 0);
	for (u32 nr = 0; nr < 2; nr++) {
		order_after(&m[nr], 7);
		both_init(nr, 1);
	}
}

static void step(void)
{
	static const u8 icw4s[] = { 1, 3, 0x11, 0x13 };
	u32 nr = (u32)test_random(2), pin;

	switch (test_random(12)) {
	case 0:
		both_init(nr, icw4s[test_random(4)]);
		break;
	case 1:
	case 2:
		both_out(nr, true, (u8)test_random(256));
		break;
	case 3:
	case 4:
		both_out(nr, false, 0x20);
		break;
	case 5:
		both_out(nr, false, (u8)(test_random(8) << 5 | test_random(8)));
		break;
	case 6:		/* no poll: it is tested below */
		both_out(nr, false, (u8)(8 | (test_random(2) ? 0x40 | test_random(2) << 5 : 0) | test_random(4)));
		break;
	case 7:
	case 8:
		assert_int_equal(pic_intack(&kvm), intack());
		settle();
		break;
	default:
		pin = (u32)test_random(16);
		if (pin == 2)
			break;
		nr = (u32)test_random(2);
		pic_set_irq(&kvm, pin, 0, (int)nr);
		set_line(pin / 8, pin & 7, nr);
		settle();
	}
	compare();
}

static void random_sequences(void **state)
{
	(void)state;
	test_seed();
	for (u32 run = 0; run < 200; run++) {
		u8 elcr[2] = { (u8)test_random(256) & 0xf8, (u8)test_random(256) & 0xde };

		start();
		for (u32 nr = 0; nr < 2; nr++) {
			fake_out(&kvm, KVM_BUS_PIO, 0x4d0 + nr, 1, elcr[nr] | 7u);
			assert_int_equal(fake_in(&kvm, KVM_BUS_PIO, 0x4d0 + nr, 1), nr ? elcr[1] | 6u : elcr[0]);
			for (int i = 0; i < 8; i++)
				m[nr].level[i] = (nr ? elcr[1] | 6 : elcr[0]) >> i & 1;
		}
		for (u32 i = 0; i < 500; i++)
			step();
		pic_destroy(&kvm);
	}
}

static void poll_is_an_acknowledgement(void **state)
{
	(void)state;
	start();
	pic_set_irq(&kvm, 5, 0, 1);
	fake_out(&kvm, KVM_BUS_PIO, 0x20, 1, 0x0c);
	assert_int_equal(fake_in(&kvm, KVM_BUS_PIO, 0x20, 1), 0x85);
	assert_false(pic_output(&kvm));
	fake_out(&kvm, KVM_BUS_PIO, 0x20, 1, 0x0b);
	assert_int_equal(fake_in(&kvm, KVM_BUS_PIO, 0x20, 1), 0x20);
	fake_out(&kvm, KVM_BUS_PIO, 0x20, 1, 0x0c);
	assert_int_equal(fake_in(&kvm, KVM_BUS_PIO, 0x20, 1) & 0x80, 0);
	pic_destroy(&kvm);
}

static void ends_and_unmasking_are_told(void **state)
{
	(void)state;
	start();
	memset(acked, 0, sizeof(acked));
	memset(unmasked, 0, sizeof(unmasked));
	fake_out(&kvm, KVM_BUS_PIO, 0xa1, 1, 0xff);
	fake_out(&kvm, KVM_BUS_PIO, 0xa1, 1, 0xfb);
	assert_int_equal(unmasked[10], 1);
	assert_int_equal(unmasked[11], 0);
	pic_set_irq(&kvm, 10, 0, 1);
	assert_int_equal(pic_intack(&kvm), 0x2a);
	assert_int_equal(acked[10], 0);
	fake_out(&kvm, KVM_BUS_PIO, 0xa0, 1, 0x20);
	fake_out(&kvm, KVM_BUS_PIO, 0x20, 1, 0x20);
	assert_int_equal(acked[10], 1);
	pic_destroy(&kvm);
}

/* A line is high while one of its sources holds it. */
static void sources_are_ored(void **state)
{
	struct kvm_pic_state s;

	(void)state;
	start();
	fake_out(&kvm, KVM_BUS_PIO, 0x4d0, 1, 0x20);
	pic_set_irq(&kvm, 5, KVM_IRQ_SOURCE_VMM, 1);
	pic_set_irq(&kvm, 5, KVM_IRQ_SOURCE_RESAMPLE, 1);
	pic_set_irq(&kvm, 5, KVM_IRQ_SOURCE_VMM, 0);
	pic_get_state(&kvm, 0, &s);
	assert_int_equal(s.irr, 0x20);
	pic_set_irq(&kvm, 5, KVM_IRQ_SOURCE_RESAMPLE, 0);
	pic_get_state(&kvm, 0, &s);
	assert_int_equal(s.irr, 0);
	pic_destroy(&kvm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_sequences), cmocka_unit_test(poll_is_an_acknowledgement),
		cmocka_unit_test(ends_and_unmasking_are_told), cmocka_unit_test(sources_are_ored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
