/* SPDX-License-Identifier: Apache-2.0 */
/*
 * iobus.c - which in-kernel device answers at an address
 *
 * A table sorted by address, replaced as a whole (see priv.h). Ranges may
 * overlap; the first device that does not say -EOPNOTSUPP has handled it.
 */
#include "priv.h"

struct bus_range {
	u64 addr, len;			/* len 0: accesses of any length at addr */
	struct kvm_iodev *dev;
};

struct kvm_bus_table {
	u64 generation;			/* no two tables have the same */
	u32 nr, nr_counted;
	u64 max_len;
	struct bus_range range[];
};

static const struct kvm_iodev_ops gone_ops;
static struct kvm_iodev gone = { &gone_ops };	/* in place of a device whose removal found no memory */

static struct kvm_bus_table *table_alloc(u32 nr)
{
	static u64 generation;
	struct kvm_bus_table *t = kmalloc(sizeof(*t) + nr * sizeof(struct bus_range));

	if (t)
		t->generation = __atomic_add_fetch(&generation, 1, __ATOMIC_RELAXED);
	return t;
}

static void table_add(struct kvm_bus_table *t, const struct bus_range *r)
{
	t->range[t->nr++] = *r;
	t->nr_counted += !r->dev->ops->is_uncounted;
	t->max_len = MAX(t->max_len, r->len);
}

/* The lock makes us the only writer; the old table goes when no reader is left. */
static void table_publish(struct kvm *kvm, enum kvm_bus bus, struct kvm_bus_table *t)
{
	struct kvm_bus_table *old = __atomic_exchange_n(&kvm->bus[bus], t, __ATOMIC_SEQ_CST);

	kvm_epoch_wait();
	kfree(old);
}

static bool range_covers(const struct bus_range *r, u64 addr, u32 len)
{
	if (r->len == 0)
		return addr == r->addr;
	return addr >= r->addr && len <= r->len && addr - r->addr <= r->len - len;
}

/* First index whose address is above @addr. */
static u32 table_upper(const struct kvm_bus_table *t, u64 addr)
{
	u32 lo = 0, hi = t->nr;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (t->range[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* A vCPU that comes back to the same address finds it where it was, while the table is the same. */
static u32 table_upper_again(const struct kvm_bus_table *t, struct kvm_bus_hint *h, u64 addr)
{
	if (h->generation != t->generation || h->addr != addr)
		*h = (struct kvm_bus_hint){ t->generation, addr, table_upper(t, addr) };
	return h->upper;
}

static int io_access(struct kvm_vcpu *v, enum kvm_bus bus, u64 addr, u32 len, void *in, const void *out)
{
	u32 token = kvm_epoch_enter();
	const struct kvm_bus_table *t = __atomic_load_n(&v->kvm->bus[bus], __ATOMIC_SEQ_CST);
	int ret = -EOPNOTSUPP;

	for (u32 i = table_upper_again(t, &v->bus_hint[bus], addr); i-- > 0 && ret == -EOPNOTSUPP;) {
		const struct bus_range *r = &t->range[i];
		struct kvm_iodev *d = READ_ONCE(r->dev);

		if (addr - r->addr > t->max_len)
			break;
		if (!range_covers(r, addr, len))
			continue;
		if (in && d->ops->read)
			ret = d->ops->read(v, d, addr, len, in);
		else if (out && d->ops->write)
			ret = d->ops->write(v, d, addr, len, out);
	}
	kvm_epoch_exit(token);
	return ret;
}

int kvm_io_read(struct kvm_vcpu *v, enum kvm_bus bus, u64 addr, u32 len, void *val)
{
	return io_access(v, bus, addr, len, val, NULL);
}

int kvm_io_write(struct kvm_vcpu *v, enum kvm_bus bus, u64 addr, u32 len, const void *val)
{
	return io_access(v, bus, addr, len, NULL, val);
}

int kvm_bus_insert(struct kvm *kvm, enum kvm_bus bus, u64 addr, u64 len, struct kvm_iodev *d)
{
	const struct kvm_bus_table *old = kvm->bus[bus];
	const struct bus_range r = { addr, len, d };
	struct kvm_bus_table *t;
	u32 at = table_upper(old, addr);

	if (!d->ops->is_uncounted && old->nr_counted >= KVM_MAX_IODEVS)
		return -ENOSPC;
	t = table_alloc(old->nr + 1);
	if (!t)
		return -ENOMEM;
	for (u32 i = 0; i < at; i++)
		table_add(t, &old->range[i]);
	table_add(t, &r);
	for (u32 i = at; i < old->nr; i++)
		table_add(t, &old->range[i]);
	table_publish(kvm, bus, t);
	return 0;
}

static void remove_in_place(struct kvm_bus_table *t, const struct kvm_iodev *d)
{
	for (u32 i = 0; i < t->nr; i++)
		if (t->range[i].dev == d)
			WRITE_ONCE(t->range[i].dev, &gone);
	kvm_epoch_wait();
}

static bool on_bus(const struct kvm_bus_table *t, const struct kvm_iodev *d)
{
	for (u32 i = 0; i < t->nr; i++)
		if (t->range[i].dev == d)
			return true;
	return false;
}

int kvm_bus_remove(struct kvm *kvm, enum kvm_bus bus, struct kvm_iodev *d)
{
	struct kvm_bus_table *old = kvm->bus[bus], *t;

	if (!on_bus(old, d))
		return -ENOENT;
	t = table_alloc(old->nr);
	for (u32 i = 0; t && i < old->nr; i++)
		if (old->range[i].dev != d && old->range[i].dev != &gone)
			table_add(t, &old->range[i]);
	if (t)
		table_publish(kvm, bus, t);
	else
		remove_in_place(old, d);
	if (d->ops->release)
		d->ops->release(d);
	return 0;
}

int kvm_io_register(struct kvm *kvm, enum kvm_bus bus, u64 addr, u64 len, struct kvm_iodev *d)
{
	int err;

	mutex_lock(&kvm->slots_lock);
	err = kvm_bus_insert(kvm, bus, addr, len, d);
	mutex_unlock(&kvm->slots_lock);
	return err;
}

int kvm_io_unregister(struct kvm *kvm, enum kvm_bus bus, struct kvm_iodev *d)
{
	int err;

	mutex_lock(&kvm->slots_lock);
	err = kvm_bus_remove(kvm, bus, d);
	mutex_unlock(&kvm->slots_lock);
	return err;
}

int kvm_bus_init(struct kvm *kvm)
{
	for (u32 i = 0; i < KVM_NR_BUSES; i++) {
		kvm->bus[i] = table_alloc(0);
		if (!kvm->bus[i]) {
			while (i-- > 0)
				kfree(kvm->bus[i]);
			return -ENOMEM;
		}
	}
	return 0;
}

/* No reader is left: the VM is going. */
void kvm_bus_destroy(struct kvm *kvm)
{
	for (u32 b = 0; b < KVM_NR_BUSES; b++) {
		struct kvm_bus_table *t = kvm->bus[b];

		for (u32 i = 0; i < t->nr; i++)
			if (t->range[i].dev->ops->release)
				t->range[i].dev->ops->release(t->range[i].dev);
		kfree(t);
		kvm->bus[b] = NULL;
	}
}
