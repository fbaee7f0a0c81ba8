/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ioeventfd.c - a guest's write to an address adds one to an eventfd
 *
 * Each is a device on the bus; the bus drops it, then it is freed.
 * Source: KVM API, KVM_IOEVENTFD.
 */
#include "priv.h"

#define FLAG_VIRTIO_CCW 8u		/* a bus that only s390 has */

struct ioeventfd {
	struct kvm_iodev dev;
	struct list link;		/* kvm->ioeventfds, under slots_lock */
	struct eventfd *eventfd;
	enum kvm_bus bus;
	u64 addr, datamatch;
	u32 len;			/* 0: any */
	bool wildcard;
};

static bool value_matches(const struct ioeventfd *p, u32 len, const void *val)
{
	u64 written = 0;

	if (p->len && p->len != len)
		return false;
	if (!p->len || p->wildcard)
		return true;
	memcpy(&written, val, len);	/* the low bytes: both architectures are little-endian */
	return written == p->datamatch;
}

static int ioeventfd_write(struct kvm_vcpu *v, struct kvm_iodev *d, u64 addr, u32 len, const void *val)
{
	struct ioeventfd *p = container_of(d, struct ioeventfd, dev);

	(void)v;
	if (addr != p->addr || !value_matches(p, len, val))
		return -EOPNOTSUPP;
	eventfd_signal(p->eventfd, 1);
	return 0;
}

/* Under slots_lock, or at the VM's end. */
static void ioeventfd_release(struct kvm_iodev *d)
{
	struct ioeventfd *p = container_of(d, struct ioeventfd, dev);

	list_del(&p->link);
	eventfd_put(p->eventfd);
	kfree(p);
}

static const struct kvm_iodev_ops ops = { .write = ioeventfd_write, .release = ioeventfd_release, .is_uncounted = true };

static bool collides(const struct ioeventfd *a, const struct ioeventfd *b)
{
	if (a->bus != b->bus || a->addr != b->addr)
		return false;
	if (!a->len || !b->len)
		return true;
	return a->len == b->len && (a->wildcard || b->wildcard || a->datamatch == b->datamatch);
}

static int insert_locked(struct kvm *kvm, struct ioeventfd *p)
{
	struct ioeventfd *other;
	int err;

	list_for_each(other, &kvm->ioeventfds, link)
		if (collides(other, p))
			return -EEXIST;
	err = kvm_bus_insert(kvm, p->bus, p->addr, p->len, &p->dev);
	if (!err)
		list_add_tail(&kvm->ioeventfds, &p->link);
	return err;
}

/* What the app asked for; the eventfd is a reference. */
static int parse(const struct kvm_ioeventfd *a, struct ioeventfd *p)
{
	*p = (struct ioeventfd){
		.dev = { &ops }, .bus = a->flags & KVM_IOEVENTFD_FLAG_PIO ? KVM_BUS_PIO : KVM_BUS_MMIO,
		.addr = a->addr, .len = a->len, .datamatch = a->datamatch,
		.wildcard = !(a->flags & KVM_IOEVENTFD_FLAG_DATAMATCH),
	};
	return eventfd_from_fd(a->fd, &p->eventfd);
}

static int check_assign(const struct kvm_ioeventfd *a)
{
	bool good_len = a->len == 0 || a->len == 1 || a->len == 2 || a->len == 4 || a->len == 8;

	if (!good_len || a->addr + a->len < a->addr)
		return -EINVAL;
	if ((a->flags & ~(u32)KVM_IOEVENTFD_VALID_FLAG_MASK) || (a->flags & FLAG_VIRTIO_CCW))
		return -EINVAL;
	return !a->len && (a->flags & KVM_IOEVENTFD_FLAG_DATAMATCH) ? -EINVAL : 0;
}

static long assign(struct kvm *kvm, const struct kvm_ioeventfd *a)
{
	struct ioeventfd *p;
	int err = check_assign(a);

	if (err)
		return err;
	p = kmalloc(sizeof(*p));
	if (!p)
		return -ENOMEM;
	err = parse(a, p);
	if (err)
		goto free;
	mutex_lock(&kvm->slots_lock);
	err = insert_locked(kvm, p);
	mutex_unlock(&kvm->slots_lock);
	if (!err)
		return 0;
	eventfd_put(p->eventfd);
free:
	kfree(p);
	return err;
}

static bool same(const struct ioeventfd *a, const struct ioeventfd *b)
{
	return a->bus == b->bus && a->eventfd == b->eventfd && a->addr == b->addr && a->len == b->len &&
	       a->wildcard == b->wildcard && (a->wildcard || a->datamatch == b->datamatch);
}

static long deassign(struct kvm *kvm, const struct kvm_ioeventfd *a)
{
	struct ioeventfd wanted, *p;
	int err = parse(a, &wanted);

	if (err)
		return err;
	err = -ENOENT;
	mutex_lock(&kvm->slots_lock);
	list_for_each(p, &kvm->ioeventfds, link) {
		if (same(p, &wanted)) {
			err = kvm_bus_remove(kvm, p->bus, &p->dev);	/* frees it */
			break;
		}
	}
	mutex_unlock(&kvm->slots_lock);
	eventfd_put(wanted.eventfd);
	return err;
}

long kvm_ioeventfd(struct kvm *kvm, const struct kvm_ioeventfd *a)
{
	return a->flags & KVM_IOEVENTFD_FLAG_DEASSIGN ? deassign(kvm, a) : assign(kvm, a);
}
