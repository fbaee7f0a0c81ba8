/* SPDX-License-Identifier: Apache-2.0 */
/*
 * irqroute.c - from a GSI to the interrupt controllers' pins and to MSIs
 *
 * One immutable table for each VM, replaced as a whole (see priv.h). The routes
 * of a GSI lie together; a GSI has one MSI, or at most one pin of each chip.
 */
#include "priv.h"
#include <socle/arch.h>
#include <socle/trace.h>

#define MAX_CHIPS	3u
#define MAX_PINS	24u

struct kvm_routing {
	u32 nr;
	s32 gsi_of[MAX_CHIPS][MAX_PINS];	/* -1: none */
	u32 first[KVM_MAX_GSI + 1];		/* routes of gsi: [first[gsi], first[gsi + 1]) */
	struct kvm_irq_route route[];
};

static struct kvm_routing *table_alloc(u32 nr)
{
	struct kvm_routing *t = kmalloc(sizeof(*t) + nr * sizeof(t->route[0]));

	if (!t)
		return NULL;
	memset(t->gsi_of, 0xff, sizeof(t->gsi_of));
	t->nr = nr;
	return t;
}

static bool same_chip_or_mixed(const struct kvm_irq_route *a, const struct kvm_irq_route *b)
{
	return a->type != KVM_IRQ_ROUTING_IRQCHIP || b->type != KVM_IRQ_ROUTING_IRQCHIP ||
	       a->irqchip.irqchip == b->irqchip.irqchip;
}

/* Stable counting sort: first[] holds the counts, then the ends, then the beginnings. */
static void table_sort(struct kvm_routing *t, const struct kvm_irq_route *r)
{
	for (u32 i = 0; i < t->nr; i++)
		t->first[r[i].gsi]++;
	for (u32 gsi = 1; gsi <= KVM_MAX_GSI; gsi++)
		t->first[gsi] += t->first[gsi - 1];
	for (u32 i = t->nr; i-- > 0;)
		t->route[--t->first[r[i].gsi]] = r[i];
}

static int table_check(struct kvm *kvm, const struct kvm_routing *t)
{
	for (u32 i = 0; i < t->nr; i++) {
		int err = arch_irq_route_check(kvm, &t->route[i]);

		if (err)
			return err;
		for (u32 k = t->first[t->route[i].gsi]; k < i; k++)
			if (same_chip_or_mixed(&t->route[k], &t->route[i]))
				return -EINVAL;
	}
	return 0;
}

static void table_index_pins(struct kvm_routing *t)
{
	for (u32 i = 0; i < t->nr; i++)
		if (t->route[i].type == KVM_IRQ_ROUTING_IRQCHIP)
			t->gsi_of[t->route[i].irqchip.irqchip][t->route[i].irqchip.pin] = (s32)t->route[i].gsi;
}

static void table_publish(struct kvm *kvm, struct kvm_routing *t)
{
	struct kvm_routing *old;

	mutex_lock(&kvm->slots_lock);
	old = __atomic_exchange_n(&kvm->routing, t, __ATOMIC_SEQ_CST);
	mutex_unlock(&kvm->slots_lock);
	if (!old)
		return;
	kvm_epoch_wait();
	kfree(old);
}

static int set_routes(struct kvm *kvm, const struct kvm_irq_route *r, u32 n)
{
	struct kvm_routing *t = table_alloc(n);
	int err;

	if (!t)
		return -ENOMEM;
	table_sort(t, r);
	err = table_check(kvm, t);
	if (err) {
		kfree(t);
		return err;
	}
	table_index_pins(t);
	table_publish(kvm, t);
	return 0;
}

static int route_from_app(const struct kvm_irq_routing_entry *e, struct kvm_irq_route *r)
{
	u32 allowed = e->type == KVM_IRQ_ROUTING_MSI ? KVM_MSI_VALID_DEVID : 0;

	if (e->gsi >= KVM_MAX_GSI || (e->flags & ~allowed))
		return -EINVAL;
	*r = (struct kvm_irq_route){ .gsi = e->gsi, .type = e->type };
	switch (e->type) {
	case KVM_IRQ_ROUTING_IRQCHIP:
		r->irqchip.irqchip = e->u.irqchip.irqchip;
		r->irqchip.pin = e->u.irqchip.pin;
		return r->irqchip.irqchip < MAX_CHIPS && r->irqchip.pin < MAX_PINS ? 0 : -EINVAL;
	case KVM_IRQ_ROUTING_MSI:
		r->msi.address = (u64)e->u.msi.address_hi << 32 | e->u.msi.address_lo;
		r->msi.data = e->u.msi.data;
		return 0;
	default:
		return -EINVAL;
	}
}

long kvm_set_routing(struct kvm *kvm, const struct kvm_irq_routing_entry *e, u32 n)
{
	struct kvm_irq_route *r = kmalloc(MAX(n, 1u) * sizeof(*r));
	long err = 0;

	if (!r)
		return -ENOMEM;
	for (u32 i = 0; i < n && !err; i++)
		err = route_from_app(&e[i], &r[i]);
	if (!err)
		err = set_routes(kvm, r, n);
	kfree(r);
	return err;
}

int kvm_set_default_routing(struct kvm *kvm)
{
	struct kvm_irq_route r[64];
	u32 n = arch_default_routes(kvm, r, ARRAY_SIZE(r));

	return set_routes(kvm, r, n);
}

void kvm_routing_destroy(struct kvm *kvm)
{
	kfree(kvm->routing);
	kvm->routing = NULL;
}

int kvm_set_irq_from(struct kvm *kvm, enum kvm_irq_source source, u32 gsi, int level)
{
	u32 token = kvm_epoch_enter();
	const struct kvm_routing *t = __atomic_load_n(&kvm->routing, __ATOMIC_SEQ_CST);
	int ret = -1, one;

	trace(TRACE_kvm_set_irq, TRACE_NO_VCPU, gsi, (u64)(s64)level);
	for (u32 i = t && gsi < KVM_MAX_GSI ? t->first[gsi] : 0; t && gsi < KVM_MAX_GSI && i < t->first[gsi + 1]; i++) {
		one = arch_irq_deliver(kvm, &t->route[i], source, level);
		if (one >= 0)
			ret = MAX(ret, 0) + one;
	}
	kvm_epoch_exit(token);
	return ret;
}

int kvm_gsi_of_pin(struct kvm *kvm, u32 irqchip, u32 pin)
{
	u32 token = kvm_epoch_enter();
	const struct kvm_routing *t = __atomic_load_n(&kvm->routing, __ATOMIC_SEQ_CST);
	int gsi = t && irqchip < MAX_CHIPS && pin < MAX_PINS ? t->gsi_of[irqchip][pin] : -1;

	kvm_epoch_exit(token);
	return gsi;
}

bool kvm_routes_any(struct kvm *kvm, u32 nr_gsi, bool (*match)(const struct kvm_irq_route *r, u32 arg), u32 arg)
{
	u32 token = kvm_epoch_enter();
	const struct kvm_routing *t = __atomic_load_n(&kvm->routing, __ATOMIC_SEQ_CST);
	u32 end = t ? t->first[MIN(nr_gsi, (u32)KVM_MAX_GSI)] : 0;
	bool found = false;

	for (u32 i = 0; i < end && !found; i++)
		found = match(&t->route[i], arg);
	kvm_epoch_exit(token);
	return found;
}

long kvm_send_msi(struct kvm *kvm, const struct kvm_msi *m)
{
	const struct kvm_irq_route r = {
		.type = KVM_IRQ_ROUTING_MSI,
		.msi = { (u64)m->address_hi << 32 | m->address_lo, m->data },
	};

	if (!arch_irqchip_present(kvm) || (m->flags & ~KVM_MSI_VALID_DEVID))
		return -EINVAL;
	if (arch_irq_route_check(kvm, &r))
		return -1;		/* as Linux: not an errno, the message reaches nobody */
	return arch_irq_deliver(kvm, &r, KVM_IRQ_SOURCE_VMM, 1);
}
