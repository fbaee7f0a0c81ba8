/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_x86_lapic.c - the local APIC against models: priorities, destinations of messages, timer, INIT and SIPI
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "fake/kernel.h"
#include "fake/kvm.h"
#include "irqchip/chips.h"
#include "vcpu.h"

#define MAX_TEST_VCPUS 24u

static struct kvm kvm;
static struct kvm_vcpu vcpus[MAX_TEST_VCPUS];
static u32 sipis, resets;
static u8 sipi_vector;
const struct hvm_ops *hvm;

bool kvm_guest_has(const struct kvm_vcpu *v, u32 l, u32 i, u32 r, u32 b) { (void)v, (void)l, (void)i, (void)r, (void)b; return true; }
bool irqchip_wants_eoi(struct kvm *k, u8 v, bool level) { (void)k, (void)v, (void)level; return false; }
void ioapic_eoi(struct kvm *k, u8 v, bool level) { (void)k, (void)v, (void)level; }
u64 kvm_read_guest_tsc(struct kvm_vcpu *v, u64 t) { (void)v, (void)t; return fake_now_ns; }
void kvm_vcpu_reset(struct kvm_vcpu *v, bool init_event) { resets++; lapic_reset(v, init_event); }
void kvm_deliver_sipi(struct kvm_vcpu *v, u8 vector) { (void)v; sipis++; sipi_vector = vector; }

static void start(u32 nr)
{
	memset(&kvm, 0, sizeof(kvm));
	memset(vcpus, 0, sizeof(vcpus));
	kvm.refs = 1;
	kvm.arch.apic_bus_ns = 1;
	kvm.arch.irqchip = true;
	assert_int_equal(apic_map_create(&kvm), 0);
	for (u32 i = 0; i < nr; i++) {
		vcpus[i].kvm = &kvm;
		vcpus[i].id = vcpus[i].idx = i;
		vcpus[i].arch.tsc_khz = 1000000;
		vcpus[i].arch.cr3_reserved = ~0ull << 40;
		kvm.vcpus[i] = &vcpus[i];
		kvm.nr_vcpus = i + 1;
		assert_int_equal(lapic_create(&vcpus[i]), 0);
		lapic_postcreate(&vcpus[i]);
	}
}

static void stop(void)
{
	kvm.refs = 0;
	for (u32 i = 0; i < kvm.nr_vcpus; i++)
		lapic_destroy(&vcpus[i]);
	apic_map_destroy(&kvm);
}

static void page_write(struct kvm_vcpu *v, u32 reg, u32 val)
{
	assert_true(lapic_mmio(v, APIC_DEFAULT_GPA + reg, 4, &val, true));
}

static u32 page_read(struct kvm_vcpu *v, u32 reg)
{
	u32 val = 0;

	assert_true(lapic_mmio(v, APIC_DEFAULT_GPA + reg, 4, &val, false));
	return val;
}

/* --- priorities --- */
static bool irr[256], isr[256];
static u32 tpr;

static int highest(const bool *b)
{
	for (int v = 255; v >= 0; v--)
		if (b[v])
			return v;
	return -1;
}

static u32 model_ppr(void)
{
	int in_service = highest(isr);
	u32 class = in_service < 0 ? 0 : (u32)in_service & 0xf0;

	return (tpr & 0xf0) >= class ? tpr : class;
}

static int model_pending(void)
{
	int v = highest(irr);

	return v >= 0 && (u32)v >> 4 > model_ppr() >> 4 ? v : -1;
}

static bool reg_bit(u32 reg, u32 vector)
{
	return page_read(&vcpus[0], reg + vector / 32 * 16) >> (vector & 31) & 1;
}

static void priority_step(struct lapic *l)
{
	struct apic_irq q = { .vector = (u8)(16 + test_random(240)), .assert = true, .level = test_random(2) };
	int before = model_pending(), in_service = highest(isr);

	vcpus[0].requests = 0;
	switch (test_random(5)) {
	case 0:
		tpr = (u32)test_random(256);
		page_write(&vcpus[0], APIC_TPR, tpr);
		break;
	case 1:
		assert_int_equal(lapic_ack(l), before);
		if (before >= 0) {
			irr[before] = false;
			isr[before] = true;
		}
		break;
	case 2:
	case 3:
		page_write(&vcpus[0], APIC_EOI, (u32)test_random(256));
		if (in_service >= 0)
			isr[in_service] = false;
		break;
	default:
		assert_true(lapic_accept(l, &q));
		irr[q.vector] = true;
		assert_int_equal(reg_bit(APIC_TMR, q.vector), q.level);
	}
	/* Whatever may be delivered now and could not before must make the vCPU look. */
	if (model_pending() > before)
		assert_true(vcpus[0].requests & BIT(KVM_REQ_EVENT));
	assert_int_equal(lapic_pending_vector(l), model_pending());
	assert_int_equal(page_read(&vcpus[0], APIC_PPR), model_ppr());
}

static void priorities(void **state)
{
	(void)state;
	test_seed();
	for (u32 run = 0; run < 100; run++) {
		start(1);
		memset(irr, 0, sizeof(irr));
		memset(isr, 0, sizeof(isr));
		tpr = 0;
		page_write(&vcpus[0], APIC_SPIV, 0x1ff);
		for (u32 i = 0; i < 500; i++)
			priority_step(vcpus[0].arch.lapic);
		for (u32 v = 0; v < 256; v++) {
			assert_int_equal(reg_bit(APIC_IRR, v), irr[v]);
			assert_int_equal(reg_bit(APIC_ISR, v), isr[v]);
		}
		stop();
	}
}

/* --- destinations --- */
enum mode { OFF, DISABLED, FLAT, CLUSTER, ODD_MODEL, X2, NR_MODES };
static struct { enum mode mode; u32 id, ldr; bool enabled; } topo[MAX_TEST_VCPUS];

static void make_cpu(u32 i, enum mode mode)
{
	struct kvm_vcpu *v = &vcpus[i];
	u32 id = test_random(8) ? i : (u32)test_random(256), ldr = (u32)test_random(256);

	topo[i].mode = mode;
	topo[i].enabled = mode != DISABLED && test_random(8);
	if (mode == OFF) {
		assert_int_equal(kvm_set_apic_base(v, APIC_DEFAULT_GPA, true), 0);
		return;
	}
	page_write(v, APIC_SPIV, topo[i].enabled ? 0x1ff : 0xff);
	if (mode == X2) {
		assert_int_equal(kvm_set_apic_base(v, APIC_DEFAULT_GPA | APIC_BASE_ENABLE | APIC_BASE_X2APIC, true), 0);
		topo[i].id = i;
		topo[i].ldr = (i >> 4) << 16 | 1u << (i & 15);
		return;
	}
	page_write(v, APIC_ID, id << 24);
	page_write(v, APIC_LDR, ldr << 24);
	page_write(v, APIC_DFR, mode == CLUSTER ? 0 : mode == ODD_MODEL ? 0x50000000 : ~0u);
	topo[i].id = id;
	topo[i].ldr = ldr;
}

static bool meant(u32 i, int src, const struct apic_irq *q)
{
	u32 dest = q->dest, ldr = topo[i].ldr;
	bool x2 = topo[i].mode == X2;

	if (topo[i].mode == OFF)
		return false;
	if (q->shorthand)
		return q->shorthand == SH_ALL || (q->shorthand == SH_SELF) == ((int)i == src);
	if (src < 0 && dest == 0xff && x2)
		return true;
	if (dest == (x2 ? ~0u : 0xff))
		return true;
	if (!q->logical)
		return dest > 0xff ? dest == i : dest == topo[i].id;
	if (x2)
		return dest >> 16 == ldr >> 16 && (dest & ldr & 0xffff);
	if (topo[i].mode == CLUSTER)
		return dest >> 4 == ldr >> 4 && (dest & ldr & 15);
	return topo[i].mode != ODD_MODEL && (dest & ldr);
}

static u32 random_dest(bool x2)
{
	switch (test_random(6)) {
	case 0:
		return 0xff;
	case 1:
		return x2 ? ~0u : 0xff;
	case 2:
		return (u32)test_random(256);
	case 3:
		return x2 ? (u32)(test_random(3) << 16 | 1u << test_random(16)) : 1u << test_random(8);
	default:
		return (u32)test_random(MAX_TEST_VCPUS);
	}
}

static u64 took(u32 n, u8 vector)
{
	u64 set = 0;

	for (u32 i = 0; i < n; i++) {
		u32 *word = (u32 *)(void *)(vcpus[i].arch.lapic->regs + APIC_IRR + vector / 32 * 16);

		if (*word >> (vector & 31) & 1)
			set |= BIT(i);
		*word = 0;
	}
	return set;
}

static u32 count(u64 set) { return (u32)__builtin_popcountl(set); }

static void send_one(u32 n)
{
	int src = (int)test_random(n + 1) - 1, ret;
	struct lapic *from = src < 0 ? NULL : vcpus[src].arch.lapic;
	struct apic_irq q = {
		.vector = (u8)(0x20 + test_random(0xd0)), .mode = test_random(3) ? DM_FIXED : DM_LOWEST,
		.logical = test_random(2), .assert = true, .shorthand = src < 0 || test_random(4) ? 0 : (u8)test_random(4),
	};
	u64 able = 0, got;

	q.dest = random_dest(src < 0 ? test_random(2) : topo[src].mode == X2);
	for (u32 i = 0; i < n; i++)
		if (meant(i, src, &q) && topo[i].enabled)
			able |= BIT(i);
	ret = apic_deliver(&kvm, from, &q);
	got = took(n, q.vector);
	if (q.mode == DM_LOWEST && q.shorthand != SH_SELF) {
		assert_int_equal(count(got), able ? 1 : 0);
		assert_int_equal(got & ~able, 0);
	} else if (src < 0 || topo[src].mode != OFF || q.shorthand != SH_SELF) {
		assert_int_equal(got, able);
	}
	assert_int_equal(MAX(ret, 0), count(got));
	assert_true(ret >= 0 || q.shorthand || q.dest == 0xff || q.dest == ~0u);
}

static void destinations(void **state)
{
	(void)state;
	test_seed();
	for (u32 run = 0; run < 300; run++) {
		u32 n = 1 + (u32)test_random(MAX_TEST_VCPUS);
		enum mode all = (enum mode)test_random(NR_MODES + 2);

		start(n);
		for (u32 i = 0; i < n; i++)
			make_cpu(i, all < NR_MODES ? all : (enum mode)test_random(NR_MODES));
		for (u32 i = 0; i < 100; i++)
			send_one(n);
		stop();
	}
}

/* --- timer --- */
static u32 fired(u32 vector)
{
	return count(took(1, (u8)vector));
}

static void one_shot_and_periodic(void **state)
{
	struct kvm_vcpu *v = &vcpus[0];

	(void)state;
	start(1);
	page_write(v, APIC_SPIV, 0x1ff);
	page_write(v, APIC_TDCR, 3);		/* by 16 */
	page_write(v, APIC_LVTT, 0x40);
	page_write(v, APIC_TMICT, 100000);
	fake_clock_run(fake_now_ns + 600000);
	assert_int_equal(page_read(v, APIC_TMCCT), 62500);
	page_write(v, APIC_TDCR, 0xb);		/* by 1: what is left goes faster */
	fake_clock_run(fake_now_ns + 62499);
	assert_int_equal(fired(0x40), 0);
	fake_clock_run(fake_now_ns + 2);
	assert_int_equal(fired(0x40), 1);
	assert_int_equal(page_read(v, APIC_TMCCT), 0);
	page_write(v, APIC_LVTT, 0x20041);
	page_write(v, APIC_TMICT, 1000000);
	for (u32 i = 0; i < 5; i++) {
		fake_clock_run(fake_now_ns + 1000000);
		assert_int_equal(fired(0x41), 1);
	}
	page_write(v, APIC_LVTT, 0x30041);	/* masked: runs on, tells nobody */
	fake_clock_run(fake_now_ns + 5000000);
	assert_int_equal(fired(0x41), 0);
	assert_true(page_read(v, APIC_TMCCT) != 0);
	page_write(v, APIC_TMICT, 0);
	page_write(v, APIC_LVTT, 0x20041);
	fake_clock_run(fake_now_ns + 5000000);
	assert_int_equal(fired(0x41), 0);
	stop();
}

/* The callback runs on another CPU while the guest writes a register: one interrupt, and not a second one. */
static void one_shot_that_ends_meanwhile(void **state)
{
	static const struct { u32 reg, val; } writes[] = {
		{ APIC_TDCR, 0xb }, { APIC_LVTT, 0x20040 }, { APIC_LVTT, 0x40040 }, { APIC_TMICT, 0 } };
	struct kvm_vcpu *v = &vcpus[0];

	(void)state;
	start(1);
	page_write(v, APIC_SPIV, 0x1ff);
	for (u32 i = 0; i < ARRAY_SIZE(writes); i++) {
		page_write(v, APIC_TDCR, 3);
		page_write(v, APIC_LVTT, 0x40);
		page_write(v, APIC_TMICT, 100000);
		fake_timer_ends_meanwhile = true;
		page_write(v, writes[i].reg, writes[i].val);
		assert_false(fake_timer_ends_meanwhile);
		assert_int_equal(fired(0x40), 1);
		fake_clock_run(fake_now_ns + 100000000);
		assert_int_equal(fired(0x40), 0);
	}
	stop();
}

static void tsc_deadline(void **state)
{
	struct kvm_vcpu *v = &vcpus[0];
	u64 val;

	(void)state;
	start(1);
	page_write(v, APIC_SPIV, 0x1ff);
	assert_int_equal(lapic_tsc_deadline_set(v, fake_now_ns + 500), 0);	/* not the mode: lost */
	lapic_tsc_deadline_get(v, &val);
	assert_int_equal(val, 0);
	page_write(v, APIC_LVTT, 0x40042);
	page_write(v, APIC_TMICT, 1000);	/* ignored */
	lapic_tsc_deadline_set(v, fake_now_ns + 500000);
	fake_clock_run(fake_now_ns + 499000);
	assert_int_equal(fired(0x42), 0);
	fake_clock_run(fake_now_ns + 2000);
	assert_int_equal(fired(0x42), 1);
	lapic_tsc_deadline_get(v, &val);
	assert_int_equal(val, 0);
	lapic_tsc_deadline_set(v, 1);		/* the past */
	assert_int_equal(fired(0x42), 1);
	lapic_tsc_deadline_set(v, fake_now_ns + 500);
	lapic_tsc_deadline_set(v, 0);
	fake_clock_run(fake_now_ns + 5000);
	assert_int_equal(fired(0x42), 0);
	lapic_tsc_deadline_set(v, ~0ull);	/* centuries */
	fake_clock_run(fake_now_ns + 5000);
	assert_int_equal(fired(0x42), 0);
	page_write(v, APIC_LVTT, 0x42);
	lapic_tsc_deadline_get(v, &val);
	assert_int_equal(val, 0);
	stop();
}

static void init_then_sipi(void **state)
{
	const struct apic_irq init = { .mode = DM_INIT, .assert = true }, sipi = { .mode = DM_SIPI, .vector = 0x9a };
	struct kvm_vcpu *v = &vcpus[1];

	(void)state;
	start(2);
	v->mp_state = KVM_MP_STATE_RUNNABLE;
	resets = sipis = 0;
	lapic_accept(v->arch.lapic, &sipi);	/* without INIT before it: lost */
	lapic_accept_init_sipi(v);
	assert_int_equal(sipis, 0);
	lapic_accept(v->arch.lapic, &init);
	lapic_accept_init_sipi(v);
	assert_int_equal(resets, 1);
	assert_int_equal(v->mp_state, KVM_MP_STATE_INIT_RECEIVED);
	lapic_accept(v->arch.lapic, &sipi);
	lapic_accept_init_sipi(v);
	assert_int_equal(sipis, 1);
	assert_int_equal(sipi_vector, 0x9a);
	assert_int_equal(v->mp_state, KVM_MP_STATE_RUNNABLE);
	lapic_accept(v->arch.lapic, &sipi);	/* the second SIPI of the usual pair */
	lapic_accept_init_sipi(v);
	assert_int_equal(sipis, 1);
	assert_false(lapic_has_init_sipi(v));
	stop();
}

/* Whatever a VMM restores is survived, and reads back as far as a register can hold it. */
static void any_state_is_survived(void **state)
{
	struct kvm_lapic_state s;

	(void)state;
	test_seed();
	start(2);
	for (u32 run = 0; run < 2000; run++) {
		for (u32 i = 0; i < sizeof(s.regs); i++)
			s.regs[i] = (char)test_random(256);
		assert_int_equal(lapic_set_state(vcpus[0].arch.lapic, &s), 0);
		(void)lapic_pending_vector(vcpus[0].arch.lapic);
		for (u32 i = 0; i < 5; i++)
			(void)lapic_ack(vcpus[0].arch.lapic);
		lapic_eoi(vcpus[0].arch.lapic);
		(void)page_read(&vcpus[0], APIC_TMCCT);
		page_write(&vcpus[0], APIC_ICR, (u32)test_random(1ull << 32));
		fake_clock_run(fake_now_ns + 1000000);
		lapic_get_state(vcpus[0].arch.lapic, &s);
	}
	stop();
}

static void registers_by_mode(void **state)
{
	struct kvm_vcpu *v = &vcpus[0];
	u64 val;

	(void)state;
	start(1);
	assert_int_equal(page_read(v, APIC_LVR), 0x50014);
	page_write(v, APIC_LVT1, 0x400);
	assert_int_equal(page_read(v, APIC_LVT1), 0x10400);	/* software disabled: stays masked */
	page_write(v, APIC_SPIV, 0x1ff);
	page_write(v, APIC_LVT1, 0xffffffff);
	assert_int_equal(page_read(v, APIC_LVT1), 0x1f7ff);
	page_write(v, APIC_SPIV, 0xff);
	assert_int_equal(page_read(v, APIC_LVTT), 0x10000);
	assert_int_equal(lapic_msr_get(v, 0x802, &val), 1);	/* not in x2APIC mode */
	assert_int_equal(kvm_set_apic_base(v, APIC_DEFAULT_GPA | APIC_BASE_ENABLE | APIC_BASE_X2APIC, false), 0);
	assert_int_equal(lapic_msr_get(v, 0x802, &val), 0);
	assert_int_equal(val, 0);
	for (u32 msr = 0x800; msr < 0x900; msr++)
		(void)lapic_msr_get(v, msr, &val);
	assert_int_equal(lapic_msr_get(v, 0x80e, &val), 1);
	assert_int_equal(lapic_msr_get(v, 0x80b, &val), 1);
	assert_int_equal(page_read(v, APIC_ID), ~0u);		/* the page is a hole now */
	assert_int_equal(kvm_set_apic_base(v, APIC_DEFAULT_GPA | APIC_BASE_ENABLE, false), 1);
	assert_int_equal(kvm_set_apic_base(v, APIC_DEFAULT_GPA, false), 0);
	assert_int_equal(kvm_set_apic_base(v, APIC_DEFAULT_GPA | BIT(41) | APIC_BASE_ENABLE, true), 1);
	stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(priorities), cmocka_unit_test(destinations), cmocka_unit_test(one_shot_and_periodic), cmocka_unit_test(one_shot_that_ends_meanwhile),
		cmocka_unit_test(tsc_deadline), cmocka_unit_test(init_then_sipi), cmocka_unit_test(any_state_is_survived),
		cmocka_unit_test(registers_by_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
