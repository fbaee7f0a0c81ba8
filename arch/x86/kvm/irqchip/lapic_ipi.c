// SPDX-License-Identifier: Apache-2.0
/*
 * lapic_ipi.c - whom an interrupt message reaches
 *
 * A map from physical ID to APIC serves what names one CPU; everything else
 * looks at each vCPU. The map's entries change one by one, each from one right
 * answer to another, so readers need no lock; an APIC stays until its VM goes,
 * or until kvm_epoch_wait() when its vCPU could not be made.
 * Intel SDM vol. 3, 11.6 and 11.12.
 */
#include <socle/trace.h>
#include "chips.h"

#define X2_BROADCAST	~0u
#define X_BROADCAST	0xffu
#define ICR_LOGICAL	(1u << 11)
#define ICR_ASSERT	(1u << 14)
#define ICR_LEVEL	(1u << 15)

struct apic_map {
	struct lapic *phys[KVM_MAX_VCPU], *next[KVM_MAX_VCPU];
	bool exact;			/* no two APICs have the same ID */
	bool all_x2;			/* logical IDs follow from physical ones */
};

int apic_map_create(struct kvm *kvm)
{
	kvm->arch.apic_map = kmalloc(sizeof(struct apic_map));
	return kvm->arch.apic_map ? 0 : -ENOMEM;
}

void apic_map_destroy(struct kvm *kvm)
{
	kfree(kvm->arch.apic_map);
	kvm->arch.apic_map = NULL;
}

static u32 nr_vcpus(const struct kvm *kvm)
{
	return __atomic_load_n(&kvm->nr_vcpus, __ATOMIC_ACQUIRE);
}

void apic_map_rebuild(struct kvm *kvm)
{
	struct apic_map *m = kvm->arch.apic_map;
	bool exact = true, all_x2 = true;

	if (!m)
		return;
	mutex_lock(&kvm->arch.apic_map_lock);
	memset(m->next, 0, sizeof(m->next));
	for (u32 i = 0; i < nr_vcpus(kvm); i++) {
		struct lapic *l = kvm->vcpus[i]->arch.lapic;

		if (!l || !lapic_hw_enabled(l))
			continue;
		exact = exact && !m->next[lapic_id(l)];
		all_x2 = all_x2 && lapic_is_x2(l);
		m->next[lapic_id(l)] = l;
	}
	if (!exact)
		WRITE_ONCE(m->exact, false);
	if (!all_x2)
		WRITE_ONCE(m->all_x2, false);
	for (u32 i = 0; i < KVM_MAX_VCPU; i++)
		WRITE_ONCE(m->phys[i], m->next[i]);
	WRITE_ONCE(m->exact, exact);
	WRITE_ONCE(m->all_x2, all_x2);
	mutex_unlock(&kvm->arch.apic_map_lock);
}

void apic_map_drop(struct kvm *kvm, const struct lapic *l)
{
	struct apic_map *m = kvm->arch.apic_map;

	if (!m || !READ_ONCE(kvm->refs))
		return;
	mutex_lock(&kvm->arch.apic_map_lock);
	for (u32 i = 0; i < KVM_MAX_VCPU; i++)
		if (m->phys[i] == l)
			WRITE_ONCE(m->phys[i], NULL);
	mutex_unlock(&kvm->arch.apic_map_lock);
	kvm_epoch_wait();
}

static bool match_physical(const struct lapic *l, u32 dest)
{
	if (dest == (lapic_is_x2(l) ? X2_BROADCAST : X_BROADCAST))
		return true;
	/* IDs above 255 have no other name than the x2APIC one. */
	return dest == (dest > 0xff ? l->v->id : lapic_id(l));
}

static bool match_x2_cluster(u32 ldr, u32 dest)
{
	return ldr >> 16 == dest >> 16 && (ldr & dest & 0xffff);
}

static bool match_logical(const struct lapic *l, u32 dest)
{
	u32 ldr = lapic_get(l, APIC_LDR), id = ldr >> 24;

	if (dest == (lapic_is_x2(l) ? X2_BROADCAST : X_BROADCAST))
		return true;
	if (lapic_is_x2(l))
		return match_x2_cluster(ldr, dest);
	switch (lapic_get(l, APIC_DFR) >> 28) {
	case 0xf:
		return (id & dest) != 0;
	case 0:
		return id >> 4 == dest >> 4 && (id & dest & 15);
	default:
		return false;
	}
}

/* Messages of devices have 8-bit destinations: 255 means all, also to an x2APIC, unless the VMM took that back. */
static u32 dest_for(const struct lapic *l, const struct lapic *src, u32 dest)
{
	if (!src && dest == X_BROADCAST && lapic_is_x2(l) && !l->v->kvm->arch.x2apic_quirk_off)
		return X2_BROADCAST;
	return dest;
}

bool apic_matches(const struct lapic *l, const struct lapic *src, const struct apic_irq *q)
{
	u32 dest = dest_for(l, src, q->dest);

	switch (q->shorthand) {
	case SH_SELF:
		return l == src;
	case SH_ALL:
		return true;
	case SH_OTHERS:
		return l != src;
	default:
		return q->logical ? match_logical(l, dest) : match_physical(l, dest);
	}
}

static struct lapic *candidate(struct kvm *kvm, u32 i, struct lapic *src, const struct apic_irq *q)
{
	struct lapic *l = READ_ONCE(kvm->vcpus[i]->arch.lapic);

	return l && lapic_hw_enabled(l) && apic_matches(l, src, q) ? l : NULL;
}

static int deliver_all(struct kvm *kvm, struct lapic *src, const struct apic_irq *q)
{
	int n = -1;

	for (u32 i = 0; i < nr_vcpus(kvm); i++) {
		struct lapic *l = candidate(kvm, i, src, q);

		if (l)
			n = MAX(n, 0) + lapic_accept(l, q);
	}
	return n;
}

/* Lowest priority: one of those that are enabled; the vector chooses, so that vectors spread over CPUs. */
static int deliver_one(struct kvm *kvm, struct lapic *src, const struct apic_irq *q)
{
	u32 n = 0, nth;

	for (u32 i = 0; i < nr_vcpus(kvm); i++) {
		struct lapic *l = candidate(kvm, i, src, q);

		n += l && lapic_enabled(l);
	}
	if (!n)
		return -1;
	nth = q->vector % n;
	for (u32 i = 0; i < nr_vcpus(kvm); i++) {
		struct lapic *l = candidate(kvm, i, src, q);

		if (l && lapic_enabled(l) && nth-- == 0)
			return lapic_accept(l, q);
	}
	return -1;			/* it was disabled meanwhile */
}

/* Does the message name one APIC? Then @out is it, or NULL: nobody has that name. */
static bool names_one(const struct apic_map *m, const struct apic_irq *q, struct lapic **out)
{
	u32 id = q->dest, members = id & 0xffff;

	if (q->shorthand != SH_NONE || !READ_ONCE(m->exact) || id == X_BROADCAST || id == X2_BROADCAST)
		return false;
	if (q->logical) {
		/* An x2APIC's logical ID is made of its ID: sixteen to a cluster. */
		if (!READ_ONCE(m->all_x2) || !members || (members & (members - 1)))
			return false;
		id = (id >> 16) * 16 + (u32)__builtin_ctz(id);
	}
	*out = id < KVM_MAX_VCPU ? READ_ONCE(m->phys[id]) : NULL;
	return true;
}

static bool to_everybody(const struct apic_irq *q)
{
	return q->shorthand != SH_NONE || q->dest == X_BROADCAST || q->dest == X2_BROADCAST;
}

static int deliver(struct kvm *kvm, struct lapic *src, const struct apic_irq *q)
{
	const struct apic_map *m = kvm->arch.apic_map;
	struct lapic *l;
	int n;

	if (m && names_one(m, q, &l))
		return l && lapic_hw_enabled(l) && apic_matches(l, src, q) && lapic_accept(l, q);
	n = q->mode == DM_LOWEST || q->redir_hint ? deliver_one(kvm, src, q) : deliver_all(kvm, src, q);
	return n < 0 && !to_everybody(q) ? 0 : n;
}

int apic_deliver(struct kvm *kvm, struct lapic *src, const struct apic_irq *q)
{
	u32 token;
	int n;

	if (q->shorthand == SH_SELF && src)
		return lapic_accept(src, q);
	token = kvm_epoch_enter();
	n = deliver(kvm, src, q);
	kvm_epoch_exit(token);
	return n;
}

void lapic_send_ipi(struct lapic *l, u64 icr)
{
	const struct apic_irq q = {
		.dest = (u32)(icr >> 32), .vector = (u8)icr, .mode = icr >> 8 & 7, .shorthand = icr >> 18 & 3,
		.logical = icr & ICR_LOGICAL, .level = icr & ICR_LEVEL, .assert = icr & ICR_ASSERT,
	};

	trace(TRACE_kvm_apic_ipi, l->v->trace_id, icr, 0);
	(void)apic_deliver(l->v->kvm, l, &q);
}
