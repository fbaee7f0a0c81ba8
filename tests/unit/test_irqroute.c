/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_irqroute.c - the table of routes against the list that it was made from
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "fake/kernel.h"
#include "fake/kvm.h"
#include "priv.h"

static struct kvm kvm;
static struct kvm_irq_route got[64];
static u32 nr_got;

bool arch_irqchip_present(struct kvm *k) { (void)k; return true; }
int arch_irq_route_check(struct kvm *k, const struct kvm_irq_route *r)
{
	(void)k;
	return r->type == KVM_IRQ_ROUTING_MSI && r->msi.data == 0xbad ? -EINVAL : 0;
}
int arch_irq_deliver(struct kvm *k, const struct kvm_irq_route *r, enum kvm_irq_source source, int level)
{
	(void)k, (void)source;
	got[nr_got++] = *r;
	return level;
}
u32 arch_default_routes(struct kvm *k, struct kvm_irq_route *out, u32 max)
{
	(void)k, (void)max;
	out[0] = (struct kvm_irq_route){ .gsi = 7, .type = KVM_IRQ_ROUTING_IRQCHIP, .irqchip = { 2, 5 } };
	return 1;
}

static bool clash(const struct kvm_irq_routing_entry *a, const struct kvm_irq_routing_entry *b)
{
	if (a->gsi != b->gsi)
		return false;
	return a->type == KVM_IRQ_ROUTING_MSI || b->type == KVM_IRQ_ROUTING_MSI ||
	       a->u.irqchip.irqchip == b->u.irqchip.irqchip;
}

static bool is_valid(const struct kvm_irq_routing_entry *e, u32 n)
{
	for (u32 i = 0; i < n; i++)
		for (u32 k = 0; k < i; k++)
			if (clash(&e[k], &e[i]))
				return false;
	return true;
}

static struct kvm_irq_routing_entry random_entry(u32 gsis)
{
	struct kvm_irq_routing_entry e = { .gsi = (u32)test_random(gsis), .type = 1 + (u32)test_random(2) };

	if (e.type == KVM_IRQ_ROUTING_MSI) {
		e.u.msi.address_lo = (u32)test_random(1ull << 32);
		e.u.msi.address_hi = (u32)test_random(1ull << 32);
		e.u.msi.data = (u32)test_random(0xb00);
	} else {
		e.u.irqchip.irqchip = (u32)test_random(3);
		e.u.irqchip.pin = (u32)test_random(24);
	}
	return e;
}

/* Every GSI delivers exactly its entries. */
static void check_gsis(const struct kvm_irq_routing_entry *e, u32 n, u32 gsis)
{
	for (u32 gsi = 0; gsi < gsis; gsi++) {
		u32 want = 0;

		for (u32 i = 0; i < n; i++)
			want += e[i].gsi == gsi;
		nr_got = 0;
		assert_int_equal(kvm_set_irq(&kvm, gsi, 1), want ? (int)want : -1);
		assert_int_equal(nr_got, want);
		for (u32 i = 0, at = 0; i < n; i++) {
			if (e[i].gsi != gsi)
				continue;
			assert_int_equal(got[at].type, e[i].type);
			if (e[i].type == KVM_IRQ_ROUTING_MSI)
				assert_true(got[at].msi.data == e[i].u.msi.data &&
					    got[at].msi.address == ((u64)e[i].u.msi.address_hi << 32 | e[i].u.msi.address_lo));
			else
				assert_true(got[at].irqchip.irqchip == e[i].u.irqchip.irqchip &&
					    got[at].irqchip.pin == e[i].u.irqchip.pin);
			at++;
		}
	}
}

static void check_pins(const struct kvm_irq_routing_entry *e, u32 n)
{
	for (u32 chip = 0; chip < 3; chip++)
		for (u32 pin = 0; pin < 24; pin++) {
			int gsi = kvm_gsi_of_pin(&kvm, chip, pin);
			bool found = gsi < 0;

			for (u32 i = 0; i < n; i++) {
				bool this = e[i].type == KVM_IRQ_ROUTING_IRQCHIP && e[i].u.irqchip.irqchip == chip &&
					    e[i].u.irqchip.pin == pin;

				assert_false(this && gsi < 0);
				found |= this && e[i].gsi == (u32)gsi;
			}
			assert_true(found);
		}
}

static void random_tables(void **state)
{
	static struct kvm_irq_routing_entry e[40], live[40];
	u32 nr_live = 0, taken = 0, refused = 0;

	(void)state;
	test_seed();
	memset(&kvm, 0, sizeof(kvm));
	for (u32 run = 0; run < 400; run++) {
		u32 n = (u32)test_random(run % 2 ? 40 : 6), gsis = run % 4 ? 200 : 8;

		for (u32 i = 0; i < n; i++)
			e[i] = random_entry(gsis);
		if (is_valid(e, n)) {
			assert_int_equal(kvm_set_routing(&kvm, e, n), 0);
			memcpy(live, e, sizeof(e));
			nr_live = n;
			taken++;
		} else {
			assert_int_equal(kvm_set_routing(&kvm, e, n), -EINVAL);
			refused++;
		}
		check_gsis(live, nr_live, 210);
		check_pins(live, nr_live);
	}
	assert_true(taken > 20 && refused > 20);
	kvm_routing_destroy(&kvm);
}

static void bad_entries(void **state)
{
	struct kvm_irq_routing_entry e = { .gsi = KVM_MAX_GSI, .type = KVM_IRQ_ROUTING_MSI };
	struct kvm_msi m = { .flags = 2 };

	(void)state;
	memset(&kvm, 0, sizeof(kvm));
	assert_int_equal(kvm_set_irq(&kvm, 0, 1), -1);		/* no table yet */
	assert_int_equal(kvm_gsi_of_pin(&kvm, 2, 5), -1);
	assert_int_equal(kvm_set_routing(&kvm, &e, 1), -EINVAL);
	e.gsi = KVM_MAX_GSI - 1;
	assert_int_equal(kvm_set_routing(&kvm, &e, 1), 0);
	assert_int_equal(kvm_set_irq(&kvm, KVM_MAX_GSI - 1, 1), 1);
	assert_int_equal(kvm_set_irq(&kvm, KVM_MAX_GSI, 1), -1);
	assert_int_equal(kvm_set_irq(&kvm, ~0u, 1), -1);
	e.flags = KVM_MSI_VALID_DEVID;
	assert_int_equal(kvm_set_routing(&kvm, &e, 1), 0);
	e.flags = 2;
	assert_int_equal(kvm_set_routing(&kvm, &e, 1), -EINVAL);
	e = (struct kvm_irq_routing_entry){ .type = KVM_IRQ_ROUTING_IRQCHIP, .u.irqchip = { 3, 0 } };
	assert_int_equal(kvm_set_routing(&kvm, &e, 1), -EINVAL);
	e.u.irqchip.irqchip = 2;
	e.u.irqchip.pin = ~0u;
	assert_int_equal(kvm_set_routing(&kvm, &e, 1), -EINVAL);
	e.type = KVM_IRQ_ROUTING_HV_SINT;
	assert_int_equal(kvm_set_routing(&kvm, &e, 1), -EINVAL);
	e = (struct kvm_irq_routing_entry){ .type = KVM_IRQ_ROUTING_MSI, .u.msi.data = 0xbad };
	assert_int_equal(kvm_set_routing(&kvm, &e, 1), -EINVAL);
	assert_int_equal(kvm_send_msi(&kvm, &m), -EINVAL);
	assert_int_equal(kvm_set_default_routing(&kvm), 0);
	assert_int_equal(kvm_gsi_of_pin(&kvm, 2, 5), 7);
	kvm_routing_destroy(&kvm);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(random_tables), cmocka_unit_test(bad_entries) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
