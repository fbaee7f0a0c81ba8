/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msr_ioctl.c - the VMM lists, reads and writes MSRs
 *
 * KVM_GET_MSRS and KVM_SET_MSRS return how many were done: the first that fails
 * ends the list. On /dev/kvm itself KVM_GET_MSRS reads feature MSRs of the host.
 */
#include <errno.h>
#include "msr.h"

#define MSRS_MAX 256u			/* Linux refuses this many and more */

typedef int (*one_msr)(struct kvm_vcpu *v, struct kvm_msr_entry *e);

static int get_one(struct kvm_vcpu *v, struct kvm_msr_entry *e)
{
	u64 val = 0;
	int err = kvm_get_msr(v, e->index, &val, true);

	e->data = val;
	return err;
}

static int set_one(struct kvm_vcpu *v, struct kvm_msr_entry *e)
{
	return kvm_set_msr(v, e->index, e->data, true);
}

static int get_feature(struct kvm_vcpu *v, struct kvm_msr_entry *e)
{
	const struct msr_row *r = kvm_msr_find(e->index);
	u64 val = 0;

	(void)v;
	if (!r || !(r->flags & MSR_FEATURE) || r->feature(&val))
		return 1;
	e->data = val;
	return 0;
}

static long each_msr(struct kvm_vcpu *v, u64 app, one_msr fn, bool give_back)
{
	struct kvm_msrs head;
	struct kvm_msr_entry e;
	u32 i;

	if (copy_from_app(&head, app, sizeof(head)))
		return -EFAULT;
	if (head.nmsrs >= MSRS_MAX)
		return -E2BIG;
	for (i = 0; i < head.nmsrs; i++) {
		u64 at = app + sizeof(head) + i * sizeof(e);

		if (copy_from_app(&e, at, sizeof(e)))
			return -EFAULT;
		if (fn(v, &e))
			break;
		if (give_back && copy_to_app(at, &e, sizeof(e)))
			return -EFAULT;
	}
	return i;
}

long kvm_msr_ioctl(struct kvm_vcpu *v, u32 cmd, u64 app)
{
	if (cmd == (u32)KVM_GET_MSRS)
		return each_msr(v, app, get_one, true);
	if (cmd == (u32)KVM_SET_MSRS)
		return each_msr(v, app, set_one, false);
	return -ENOTTY;
}

static u32 count(u32 flag)
{
	u32 n = 0;

	for (u32 i = 0; i < kvm_nr_msr_rows; i++)
		if (kvm_msr_rows[i].flags & flag)
			n += kvm_msr_rows[i].last - kvm_msr_rows[i].first + 1;
	return n;
}

static long give_row(const struct msr_row *r, u64 *at)
{
	for (u32 msr = r->first; msr <= r->last; msr++, *at += sizeof(msr))
		if (copy_to_app(*at, &msr, sizeof(msr)))
			return -EFAULT;
	return 0;
}

/* The count is given back also when there is no room. */
static long give_list(u64 app, u32 flag)
{
	struct kvm_msr_list head;
	u64 at = app + sizeof(head);
	u32 room;
	long err = 0;

	if (copy_from_app(&head, app, sizeof(head)))
		return -EFAULT;
	room = head.nmsrs;
	head.nmsrs = count(flag);
	if (copy_to_app(app, &head, sizeof(head)))
		return -EFAULT;
	if (room < head.nmsrs)
		return -E2BIG;
	for (u32 i = 0; !err && i < kvm_nr_msr_rows; i++)
		if (kvm_msr_rows[i].flags & flag)
			err = give_row(&kvm_msr_rows[i], &at);
	return err;
}

long kvm_msr_dev_ioctl(u32 cmd, u64 app)
{
	switch (cmd) {
	case (u32)KVM_GET_MSR_INDEX_LIST:
		return give_list(app, MSR_LISTED);
	case (u32)KVM_GET_MSR_FEATURE_INDEX_LIST:
		return give_list(app, MSR_FEATURE);
	case (u32)KVM_GET_MSRS:
		return each_msr(NULL, app, get_feature, true);
	default:
		return -ENOTTY;
	}
}
