/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_x86_ioapic.c - the IOAPIC against a model of one pin at a time
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

#define BASE 0xfec00000ull

static struct kvm kvm;
static u32 delivered, acked;
static struct apic_irq last;
static int answer = 1;			/* of every delivery */

int apic_deliver(struct kvm *k, struct lapic *src, const struct apic_irq *q)
{
	(void)k;
	assert_null(src);
	last = *q;
	delivered++;
	return answer;
}
void irqchip_acked(struct kvm *k, u32 chip, u32 pin) { (void)k, (void)pin; assert_int_equal(chip, KVM_IRQCHIP_IOAPIC); acked++; }
void irqchip_unmasked(struct kvm *k, u32 chip, u32 pin) { (void)k, (void)chip, (void)pin; }

static void start(void)
{
	memset(&kvm, 0, sizeof(kvm));
	fake_bus_clear();
	assert_int_equal(ioapic_create(&kvm), 0);
	delivered = acked = 0;
	answer = 1;
}

static void write_reg(u32 reg, u32 val)
{
	fake_out(&kvm, KVM_BUS_MMIO, BASE, 4, reg);
	fake_out(&kvm, KVM_BUS_MMIO, BASE + 0x10, 4, val);
}

static u32 read_reg(u32 reg)
{
	fake_out(&kvm, KVM_BUS_MMIO, BASE, 4, reg);
	return fake_in(&kvm, KVM_BUS_MMIO, BASE + 0x10, 4);
}

/* --- the model of a pin --- */
struct pin { bool sources[2], pending, masked, level, remote; u8 vector; u32 sent; };
static struct pin m[KVM_IOAPIC_NUM_PINS];

static bool high(const struct pin *p) { return p->sources[0] || p->sources[1]; }

static int send(struct pin *p)
{
	if (p->masked || (p->level && p->remote))
		return -1;
	p->sent++;
	if (p->level && answer)
		p->remote = true;
	return answer;
}

static int model_set(struct pin *p, u32 source, bool on)
{
	bool was = p->pending;

	p->sources[source] = on;
	if (!high(p)) {
		p->pending = false;
		return 1;
	}
	p->pending = true;
	if (!p->level && was)
		return 0;
	return send(p);
}

static void model_write(struct pin *p, u32 low)
{
	p->vector = (u8)low;
	p->masked = low >> 16 & 1;
	p->level = low >> 15 & 1;
	if (!p->level)
		p->remote = false;
	else if (p->pending)
		send(p);
}

static void model_eoi(struct pin *p)
{
	if (!p->level)
		return;
	p->remote = false;
	if (p->pending)
		send(p);
}

static u32 total(void)
{
	u32 n = 0;

	for (u32 i = 0; i < KVM_IOAPIC_NUM_PINS; i++)
		n += m[i].sent;
	return n;
}

static void step(void)
{
	u32 pin = (u32)test_random(KVM_IOAPIC_NUM_PINS), low, source;
	bool on;

	answer = (int)test_random(3) - 1;
	switch (test_random(5)) {
	case 0:
		low = (u32)(0x30 + test_random(6)) | (u32)test_random(2) << 15 | (u32)test_random(2) << 16;
		model_write(&m[pin], low);
		write_reg(0x10 + pin * 2, low | 0x5000);	/* status and remote IRR are read-only */
		break;
	case 1:
		low = (u32)(0x30 + test_random(6));
		for (u32 i = 0; i < KVM_IOAPIC_NUM_PINS; i++)
			if (m[i].vector == low)
				model_eoi(&m[i]);
		ioapic_eoi(&kvm, (u8)low, true);
		break;
	default:
		source = (u32)test_random(2);
		on = test_random(2);
		assert_int_equal(ioapic_set_irq(&kvm, pin, source, on), model_set(&m[pin], source, on));
	}
	assert_int_equal(delivered, total());
	for (u32 i = 0; i < KVM_IOAPIC_NUM_PINS; i++)
		assert_int_equal(read_reg(0x10 + i * 2),
				 m[i].vector | m[i].remote << 14 | m[i].level << 15 | m[i].masked << 16);
}

static void random_sequences(void **state)
{
	(void)state;
	test_seed();
	for (u32 run = 0; run < 50; run++) {
		start();
		memset(m, 0, sizeof(m));
		for (u32 i = 0; i < KVM_IOAPIC_NUM_PINS; i++)
			m[i].masked = true;
		for (u32 i = 0; i < 500; i++)
			step();
		ioapic_destroy(&kvm);
	}
}

static void registers(void **state)
{
	(void)state;
	start();
	assert_int_equal(read_reg(1), 0x170011);
	write_reg(0, 0x0f000000);
	assert_int_equal(read_reg(0), 0x0f000000);
	assert_int_equal(read_reg(2), 0x0f000000);
	assert_int_equal(read_reg(0x40), ~0u);		/* beyond the last pin */
	write_reg(0x40, 5);
	write_reg(0x11, 0xab000000);
	write_reg(0x10, 0x0925);		/* lowest priority, logical */
	ioapic_set_irq(&kvm, 0, 0, 1);
	assert_int_equal(last.dest, 0xab);
	assert_int_equal(last.mode, DM_LOWEST);
	assert_true(last.logical && !last.level);
	assert_int_equal(last.vector, 0x25);
	ioapic_destroy(&kvm);
}

static void state_is_kept(void **state)
{
	struct kvm_ioapic_state s;

	(void)state;
	start();
	write_reg(0x12, 0x18030);		/* level, masked */
	write_reg(0x14, 0x10031);
	ioapic_set_irq(&kvm, 1, 0, 1);
	ioapic_set_irq(&kvm, 2, 0, 1);
	ioapic_get_state(&kvm, &s);
	assert_int_equal(s.irr, 6);
	ioapic_destroy(&kvm);
	start();
	s.redirtbl[1].fields.mask = s.redirtbl[2].fields.mask = 0;
	ioapic_set_state(&kvm, &s);
	assert_int_equal(delivered, 2);
	ioapic_get_state(&kvm, &s);
	assert_int_equal(s.irr, 2);		/* the edge is sent, the level stays */
	ioapic_set_irq(&kvm, 2, 0, 0);
	write_reg(0x14, 0x10031);
	ioapic_set_irq(&kvm, 2, 0, 1);		/* a new edge, behind a mask */
	ioapic_get_state(&kvm, &s);
	assert_int_equal(s.irr, 6);
	assert_int_equal(s.redirtbl[1].fields.remote_irr, 1);
	ioapic_destroy(&kvm);
}

/* A device that never lets go costs an interrupt each EOI, up to a point, and is not forgotten. */
static void storms_are_slowed(void **state)
{
	(void)state;
	start();
	write_reg(0x10, 0x8030);
	ioapic_set_irq(&kvm, 0, 0, 1);
	for (u32 i = 0; i < 20000; i++)
		ioapic_eoi(&kvm, 0x30, true);
	assert_true(delivered < 20000);
	delivered = 0;
	ioapic_eoi(&kvm, 0x30, true);
	fake_clock_run(fake_now_ns + 20000000);
	assert_true(delivered >= 1);
	ioapic_destroy(&kvm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_sequences), cmocka_unit_test(registers), cmocka_unit_test(state_is_kept),
		cmocka_unit_test(storms_are_slowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
