/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coalesced.c - writes that wait in a ring until the VMM has a reason to look
 *
 * One ring for the VM, in the third page of every vCPU's mapping. We write at
 * ring->last, the app reads at ring->first; both words are the app's to spoil,
 * so each is read once and checked. Source: KVM API, KVM_REGISTER_COALESCED_MMIO.
 */
#include "priv.h"

struct zone {
	struct kvm_iodev dev;
	struct list link;		/* kvm->coalesced_zones, under slots_lock */
	struct kvm *kvm;
	u64 addr;
	u32 size, pio;
};

static bool covers(const struct zone *z, u64 addr, u64 len)
{
	return addr + len >= addr && addr >= z->addr && addr + len <= z->addr + z->size;
}

/* False: no room. Caller holds coalesced_lock. */
static bool ring_put(struct kvm_coalesced_mmio_ring *ring, const struct zone *z, u64 addr, u32 len, const void *val)
{
	u32 last = READ_ONCE(ring->last), first = READ_ONCE(ring->first), next;
	struct kvm_coalesced_mmio *e;

	if (last >= KVM_COALESCED_MMIO_MAX)
		return false;
	next = (last + 1) % (u32)KVM_COALESCED_MMIO_MAX;
	if (next == first)
		return false;
	e = &ring->coalesced_mmio[last];
	e->phys_addr = addr;
	e->len = len;
	e->pio = z->pio;
	memcpy(e->data, val, len);
	__atomic_store_n(&ring->last, next, __ATOMIC_RELEASE);	/* pairs with the app's read of last */
	return true;
}

static int zone_write(struct kvm_vcpu *v, struct kvm_iodev *d, u64 addr, u32 len, const void *val)
{
	struct zone *z = container_of(d, struct zone, dev);
	struct kvm *kvm = v->kvm;
	bool done;

	if (!covers(z, addr, len) || len > sizeof(((struct kvm_coalesced_mmio *)0)->data))
		return -EOPNOTSUPP;
	spin_lock(&kvm->coalesced_lock);
	done = ring_put(kvm->coalesced_ring, z, addr, len, val);
	spin_unlock(&kvm->coalesced_lock);
	return done ? 0 : -EOPNOTSUPP;
}

static void zone_release(struct kvm_iodev *d)
{
	struct zone *z = container_of(d, struct zone, dev);

	list_del(&z->link);
	kfree(z);
}

static const struct kvm_iodev_ops ops = { .write = zone_write, .release = zone_release };

static enum kvm_bus bus_of(u32 pio)
{
	return pio ? KVM_BUS_PIO : KVM_BUS_MMIO;
}

long kvm_coalesced_register(struct kvm *kvm, const struct kvm_coalesced_mmio_zone *a)
{
	struct zone *z;
	int err;

	if (a->pio > 1)
		return -EINVAL;
	z = kmalloc(sizeof(*z));
	if (!z)
		return -ENOMEM;
	*z = (struct zone){ .dev = { &ops }, .kvm = kvm, .addr = a->addr, .size = a->size, .pio = a->pio };
	mutex_lock(&kvm->slots_lock);
	err = kvm_bus_insert(kvm, bus_of(z->pio), z->addr, z->size, &z->dev);
	if (!err)
		list_add_tail(&kvm->coalesced_zones, &z->link);
	mutex_unlock(&kvm->slots_lock);
	if (err)
		kfree(z);
	return err;
}

/* Every zone that has the range in it goes; that there is none is no error. */
long kvm_coalesced_unregister(struct kvm *kvm, const struct kvm_coalesced_mmio_zone *a)
{
	struct zone *z, *tmp;
	int err = 0;

	if (a->pio > 1)
		return -EINVAL;
	mutex_lock(&kvm->slots_lock);
	list_for_each_safe(z, tmp, &kvm->coalesced_zones, link) {
		if (z->pio != a->pio || !covers(z, a->addr, a->size))
			continue;
		err = kvm_bus_remove(kvm, bus_of(z->pio), &z->dev);	/* frees it */
		if (err)
			break;
	}
	mutex_unlock(&kvm->slots_lock);
	return err;
}

int kvm_coalesced_init(struct kvm *kvm)
{
	kvm->coalesced_ring = page_alloc();
	return kvm->coalesced_ring ? 0 : -ENOMEM;
}

void kvm_coalesced_destroy(struct kvm *kvm)
{
	page_free(kvm->coalesced_ring);
}
