/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guest_mem.c - reading and writing guest memory from the host
 */
#include "priv.h"

/* App address of @gpa; 0: none. Caller is in an epoch section. */
static u64 slot_hva(const struct kvm_memslot *s, u64 gpa, bool write)
{
	if (!s || (write && (s->flags & KVM_MEM_READONLY)))
		return 0;
	return s->hva + (gpa - (s->base_gfn << PAGE_SHIFT));
}

static int access_page(struct kvm *kvm, u64 gpa, void *in, const void *out, size_t n)
{
	u32 token = kvm_epoch_enter();
	const struct kvm_memslot *s = kvm_slot_of(kvm, GPA(gpa));
	u64 hva = slot_hva(s, gpa, out != NULL);
	int err = -EFAULT;

	if (!s || (out && (s->flags & KVM_MEM_READONLY)))
		goto out_epoch;
	if (in) {
		err = copy_from_app(in, hva, n);
		goto out_epoch;
	}
	if (kvm_dirty_prepare(s, gpa >> PAGE_SHIFT))
		goto out_epoch;
	err = copy_to_app(hva, out, n);
	(void)kvm_mark_dirty(s, gpa >> PAGE_SHIFT);	/* also after half a copy */
out_epoch:
	kvm_epoch_exit(token);
	return err;
}

int kvm_read_guest(struct kvm *kvm, gpa_t gpa, void *buf, size_t n)
{
	for (size_t done = 0, part; done < n; done += part) {
		u64 at = gpa.v + done;

		part = MIN(n - done, PAGE_SIZE - (at & (PAGE_SIZE - 1)));
		if (access_page(kvm, at, (u8 *)buf + done, NULL, part))
			return -EFAULT;
	}
	return 0;
}

int kvm_write_guest(struct kvm *kvm, gpa_t gpa, const void *buf, size_t n)
{
	for (size_t done = 0, part; done < n; done += part) {
		u64 at = gpa.v + done;

		part = MIN(n - done, PAGE_SIZE - (at & (PAGE_SIZE - 1)));
		if (access_page(kvm, at, NULL, (const u8 *)buf + done, part))
			return -EFAULT;
	}
	return 0;
}

#define CMPXCHG(type, p, old, new)						\
	__atomic_compare_exchange_n((type *)(p), (type *)(old), *(const type *)(new),	\
				    false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

static int cmpxchg_frame(void *p, void *old, const void *new, size_t n)
{
	bool same;

	switch (n) {
	case 1: same = CMPXCHG(u8, p, old, new); break;
	case 2: same = CMPXCHG(u16, p, old, new); break;
	case 4: same = CMPXCHG(u32, p, old, new); break;
	case 8: same = CMPXCHG(u64, p, old, new); break;
	default: return -EFAULT;
	}
	return same ? 0 : -EAGAIN;
}

/* 1: app memory changed under us, again. Caller is in an epoch section. */
static int cmpxchg_once(struct kvm *kvm, u64 gpa, void *old, const void *new, size_t n)
{
	const struct kvm_memslot *s = kvm_slot_of(kvm, GPA(gpa));
	u64 hva = slot_hva(s, gpa, true), seq = __atomic_load_n(&kvm->invalidate_seq, __ATOMIC_ACQUIRE);
	struct mm_frame f;
	int err;

	if (!s || (s->flags & KVM_MEM_READONLY) || kvm_dirty_prepare(s, gpa >> PAGE_SHIFT))
		return -EFAULT;
	err = mm_resolve(kvm->proc, hva, true, &f);
	if (err)
		return err == -EAGAIN ? 1 : -EFAULT;
	spin_lock(&kvm->s2pt.lock);	/* holds off the end of an invalidation */
	if (kvm->invalidate_seq != seq || kvm->invalidate_in_progress) {
		err = 1;
	} else {
		err = cmpxchg_frame((u8 *)hpa_to_ptr(f.pa) + (hva & (f.bytes - 1)), old, new, n);
		if (!err)
			(void)kvm_mark_dirty(s, gpa >> PAGE_SHIFT);
	}
	spin_unlock(&kvm->s2pt.lock);
	return err;
}

int kvm_cmpxchg_guest(struct kvm *kvm, gpa_t gpa, void *old, const void *new, size_t n)
{
	int err;

	if (n == 0 || (gpa.v & (n - 1)))
		return -EFAULT;
	for (;;) {
		u32 token = kvm_epoch_enter();

		err = cmpxchg_once(kvm, gpa.v, old, new, n);
		kvm_epoch_exit(token);
		if (err != 1)
			return err;
		sched_yield();
	}
}
