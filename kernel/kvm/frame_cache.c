/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame_cache.c - the few guest pages that a vCPU's exits read again and again
 *
 * Page tables and the code that exits: each vCPU keeps where they are in the
 * direct map. Only the place is kept, never the contents.
 *
 * Invariant: an entry is looked at under the cache's lock, and whoever takes
 * memory away from the guest (mm notifier, memory slots) first makes that
 * visible (invalidate_in_progress, kvm->slots) and then empties the caches
 * under their locks. A fill checks both under the lock: it is either refused,
 * or emptied again by the one that comes later.
 */
#include "priv.h"

void kvm_frames_init(struct kvm_frame_cache *c)
{
	*c = (struct kvm_frame_cache){ .generation = 1 };	/* 0: what was never filled */
}

const void *kvm_frames_find(const struct kvm_frame_cache *c, u32 role, u64 gfn)
{
	const struct kvm_frame *f = c->frame[role];

	for (u32 i = 0; i < KVM_FRAME_WAYS; i++)
		if (f[i].gfn == gfn)
			return f[i].page;
	return NULL;
}

/* The oldest way goes. */
static void insert(struct kvm_frame_cache *c, u32 role, u64 gfn, const void *page)
{
	struct kvm_frame *f = c->frame[role];

	for (u32 i = KVM_FRAME_WAYS - 1; i > 0; i--)
		f[i] = f[i - 1];
	f[0] = (struct kvm_frame){ gfn, page };
}

void kvm_frames_forget(struct kvm *kvm)
{
	u32 nr = __atomic_load_n(&kvm->nr_vcpus, __ATOMIC_ACQUIRE);

	for (u32 i = 0; i < nr; i++) {
		struct kvm_frame_cache *c = &kvm->vcpus[i]->frames;

		spin_lock(&c->lock);
		memset(c->frame, 0, sizeof(c->frame));
		c->generation++;
		spin_unlock(&c->lock);
	}
}

/* Caller holds the cache's lock. */
static bool still_valid(const struct kvm *kvm, const struct kvm_slots *slots, u64 seq)
{
	/* Pairs with invalidate_end(): it counts before it takes back "in progress". */
	if (__atomic_load_n(&kvm->invalidate_in_progress, __ATOMIC_ACQUIRE))
		return false;
	return __atomic_load_n(&kvm->invalidate_seq, __ATOMIC_ACQUIRE) == seq &&
	       __atomic_load_n(&kvm->slots, __ATOMIC_ACQUIRE) == slots;
}

static int fill(struct kvm_vcpu *v, u32 role, u64 gfn)
{
	struct kvm *kvm = v->kvm;
	u64 seq = __atomic_load_n(&kvm->invalidate_seq, __ATOMIC_ACQUIRE), hva;
	const struct kvm_slots *slots = __atomic_load_n(&kvm->slots, __ATOMIC_ACQUIRE);
	const struct kvm_memslot *s = kvm_slots_find(slots, gfn);
	struct kvm_frame_cache *c = &v->frames;
	struct mm_frame f;
	int err;

	if (!s)
		return -EFAULT;
	hva = s->hva + ((gfn - s->base_gfn) << PAGE_SHIFT);
	err = mm_resolve(kvm->proc, hva, false, &f);
	if (err)
		return err;
	spin_lock(&c->lock);
	if (still_valid(kvm, slots, seq)) {
		insert(c, role, gfn, (u8 *)hpa_to_ptr(f.pa) + (hva & (f.bytes - 1)));
	} else {
		err = -EAGAIN;
	}
	spin_unlock(&c->lock);
	return err;
}

int kvm_frames_fill(struct kvm_vcpu *v, u32 role, u64 gfn)
{
	u32 token = kvm_epoch_enter();		/* the slots stay */
	int err = fill(v, role, gfn);

	kvm_epoch_exit(token);
	return err;
}
