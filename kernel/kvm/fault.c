/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault.c - second-stage faults, and app memory that goes away under a guest
 *
 * Invariant: no leaf of s2pt maps a frame whose app range was invalidated. A
 * fault notes invalidate_seq, resolves the frame, and installs it under the
 * table's lock only if no invalidation ran or runs for that address.
 */
#include "priv.h"
#include <socle/facts.h>
#include <socle/trace.h>

static u64 level_bytes(u32 level)
{
	return PAGE_SIZE << (9 * level);
}

/* Caller holds s2pt.lock. */
static bool invalidated(const struct kvm *kvm, u64 seq, u64 hva)
{
	if (kvm->invalidate_in_progress && hva >= kvm->invalidate_start && hva < kvm->invalidate_end)
		return true;
	return kvm->invalidate_seq != seq;
}

/* A larger leaf needs the same offset on both sides, the whole of it in the slot and one frame. */
static bool level_fits(const struct kvm_memslot *s, u64 gpa, u64 hva, u64 frame_bytes, u32 level)
{
	u64 bytes = level_bytes(level), start = ALIGN_DOWN(gpa, bytes);
	u64 first = s->base_gfn << PAGE_SHIFT, end = first + (s->nr_pages << PAGE_SHIFT);

	if (!(arch_s2pt_format->leaf_levels & BIT(level)) || bytes > frame_bytes)
		return false;
	return ((gpa ^ hva) & (bytes - 1)) == 0 && start >= first && end - start >= bytes;
}

/* Caller holds s2pt.lock; flush_end() follows without it. True: something was removed. */
static bool unmap_locked(struct kvm *kvm, u64 start, u64 end, void **deferred)
{
	bool flush = pt_unmap(&kvm->s2pt, start, end, deferred);

	if (flush)
		__atomic_fetch_add(&kvm->flushing, 1, __ATOMIC_SEQ_CST);
	return flush;
}

/* Who finds a range empty must not go on before the TLBs agree: another may have emptied it just now. */
static void flush_end(struct kvm *kvm, bool flush, void *deferred)
{
	if (flush) {
		kvm_make_all_request(kvm, KVM_REQ_TLB_FLUSH);
		__atomic_fetch_sub(&kvm->flushing, 1, __ATOMIC_SEQ_CST);
	}
	while (!flush && __atomic_load_n(&kvm->flushing, __ATOMIC_SEQ_CST))
		sched_yield();
	pt_free_deferred(deferred);
}

static enum kvm_fault_result install(struct kvm_vcpu *v, const struct kvm_memslot *s, u64 gpa, u64 hva,
				     const struct mm_frame *f, u32 prot, u64 seq)
{
	struct kvm *kvm = v->kvm;
	u64 pa = f->pa.v + (hva & (f->bytes - 1));
	enum kvm_fault_result ret = KVM_FAULT_FIXED;
	u32 level = s->dirty ? 0 : 2;
	void *deferred = NULL;
	bool flush = false;
	int err;

	while (level && !level_fits(s, gpa, hva, f->bytes, level))
		level--;
	spin_lock(&kvm->s2pt.lock);
	if (invalidated(kvm, seq, hva)) {
		spin_unlock(&kvm->s2pt.lock);
		return KVM_FAULT_RETRY;
	}
	for (;;) {
		u64 mask = ~(level_bytes(level) - 1);

		err = pt_map(&kvm->s2pt, gpa & mask, HPA(pa & mask), level, prot, &v->pt_cache);
		if (err != -EEXIST || !level)
			break;
		do			/* a table is there: next smaller leaf */
			level--;
		while (level && !level_fits(s, gpa, hva, f->bytes, level));
	}
	if (err == -ENOMEM) {
		ret = KVM_FAULT_RETRY;	/* stock was too small; the caller fills it again */
	} else if (err) {
		flush = unmap_locked(kvm, gpa & PAGE_MASK, (gpa & PAGE_MASK) + PAGE_SIZE, &deferred);
		ret = KVM_FAULT_RETRY;
	} else if (prot & PT_W) {
		(void)kvm_mark_dirty(s, gpa >> PAGE_SHIFT);	/* prepared: cannot fail */
	}
	spin_unlock(&kvm->s2pt.lock);
	if (flush)
		flush_end(kvm, flush, deferred);
	return ret;
}

static enum kvm_fault_result fault_in_slot(struct kvm_vcpu *v, u64 gpa, bool write)
{
	const struct kvm_memslot *s = kvm_slot_of(v->kvm, GPA(gpa));
	u64 hva, seq = __atomic_load_n(&v->kvm->invalidate_seq, __ATOMIC_ACQUIRE);
	struct mm_frame f;
	u32 prot = PT_R | PT_X;

	if (!s || (write && (s->flags & KVM_MEM_READONLY)))
		return KVM_FAULT_MMIO;
	hva = s->hva + (gpa - (s->base_gfn << PAGE_SHIFT));
	switch (mm_resolve(v->kvm->proc, hva, write, &f)) {
	case 0:
		break;
	case -EAGAIN:
		return KVM_FAULT_RETRY;
	case -ENOMEM:
		return KVM_FAULT_NOMEM;
	default:
		return KVM_FAULT_EFAULT;
	}
	/* While writes are logged, only a write makes a page writable. */
	if (f.writable && !(s->flags & KVM_MEM_READONLY) && (write || !s->dirty))
		prot |= PT_W;
	if ((prot & PT_W) && kvm_dirty_prepare(s, gpa >> PAGE_SHIFT))
		return KVM_FAULT_NOMEM;
	return install(v, s, gpa, hva, &f, prot, seq);
}

enum kvm_fault_result kvm_page_fault(struct kvm_vcpu *v, gpa_t gpa, u32 prot_wanted)
{
	enum kvm_fault_result ret;
	u32 token;

	v->stat_faults++;
	trace(TRACE_kvm_page_fault, v->trace_id, gpa.v, prot_wanted);
	if (pt_cache_fill(&v->pt_cache, PT_MAX_LEVELS - 1))
		return KVM_FAULT_NOMEM;
	token = kvm_epoch_enter();
	ret = fault_in_slot(v, gpa.v, prot_wanted & PT_W);
	kvm_epoch_exit(token);
	return ret;
}

/* After return no vCPU reaches these frames through the second stage. May sleep. */
void kvm_s2_unmap_gfns(struct kvm *kvm, u64 gfn, u64 nr_pages)
{
	void *deferred = NULL;
	bool flush;

	spin_lock(&kvm->s2pt.lock);
	flush = unmap_locked(kvm, gfn << PAGE_SHIFT, (gfn + nr_pages) << PAGE_SHIFT, &deferred);
	spin_unlock(&kvm->s2pt.lock);
	flush_end(kvm, flush, deferred);
}

/* The caller flushes. */
void kvm_s2_protect_gfns(struct kvm *kvm, u64 gfn, u64 nr_pages)
{
	spin_lock(&kvm->s2pt.lock);
	(void)pt_write_protect(&kvm->s2pt, gfn << PAGE_SHIFT, (gfn + nr_pages) << PAGE_SHIFT);
	spin_unlock(&kvm->s2pt.lock);
}

void kvm_s2_retire(struct kvm *kvm, const struct kvm_memslot *s)
{
	spin_lock(&kvm->s2pt.lock);
	kvm->retiring_hva = s ? s->hva : 0;
	kvm->retiring_gfn = s ? s->base_gfn : 0;
	kvm->retiring_pages = s ? s->nr_pages : 0;
	spin_unlock(&kvm->s2pt.lock);
}

static void unmap_hva(struct kvm *kvm, const struct kvm_memslot *s, u64 start, u64 end)
{
	u64 first = MAX(start, s->hva), last = MIN(end, s->hva + (s->nr_pages << PAGE_SHIFT));

	if (first < last)
		kvm_s2_unmap_gfns(kvm, s->base_gfn + ((first - s->hva) >> PAGE_SHIFT),
				  (last - first + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

/*
 * After the table was read: who does not find the slot there finds it here, or
 * it is unmapped already.
 */
static void unmap_retiring(struct kvm *kvm, u64 start, u64 end)
{
	struct kvm_memslot s;

	spin_lock(&kvm->s2pt.lock);
	s = (struct kvm_memslot){ .hva = kvm->retiring_hva, .base_gfn = kvm->retiring_gfn, .nr_pages = kvm->retiring_pages };
	spin_unlock(&kvm->s2pt.lock);
	unmap_hva(kvm, &s, start, end);
}

static void invalidate_begin(struct mm_notifier *n, u64 start, u64 end)
{
	struct kvm *kvm = container_of(n, struct kvm, notifier);
	const struct kvm_slots *slots;
	u32 token;

	spin_lock(&kvm->s2pt.lock);
	if (!kvm->invalidate_in_progress++) {
		kvm->invalidate_start = start;
		kvm->invalidate_end = end;
	} else {
		kvm->invalidate_start = MIN(kvm->invalidate_start, start);
		kvm->invalidate_end = MAX(kvm->invalidate_end, end);
	}
	spin_unlock(&kvm->s2pt.lock);
	kvm_frames_forget(kvm);

	token = kvm_epoch_enter();
	slots = __atomic_load_n(&kvm->slots, __ATOMIC_SEQ_CST);
	for (u32 i = 0; i < slots->nr; i++)
		unmap_hva(kvm, slots->slot[i], start, end);
	kvm_epoch_exit(token);
	unmap_retiring(kvm, start, end);
}

static void invalidate_end(struct mm_notifier *n, u64 start, u64 end)
{
	struct kvm *kvm = container_of(n, struct kvm, notifier);

	(void)start;
	(void)end;
	spin_lock(&kvm->s2pt.lock);
	__atomic_fetch_add(&kvm->invalidate_seq, 1, __ATOMIC_RELEASE);
	__atomic_fetch_sub(&kvm->invalidate_in_progress, 1, __ATOMIC_RELEASE);
	spin_unlock(&kvm->s2pt.lock);
}

int kvm_s2_init(struct kvm *kvm)
{
	int err = pt_init(&kvm->s2pt, arch_s2pt_format, arch_s2pt_levels());

	if (err)
		return err;
	kvm->notifier.invalidate_begin = invalidate_begin;
	kvm->notifier.invalidate_end = invalidate_end;
	mm_notifier_register(kvm->proc, &kvm->notifier);
	return 0;
}

void kvm_s2_stop(struct kvm *kvm)
{
	mm_notifier_unregister(kvm->proc, &kvm->notifier);
}

static u64 mapped_bytes(const struct pt *pt)
{
	u64 bytes = 0;

	for (u32 level = 0; level < ARRAY_SIZE(pt->nr_leaves); level++)
		bytes += pt->nr_leaves[level] * level_bytes(level);
	return bytes;
}

void kvm_s2_destroy(struct kvm *kvm)
{
	facts_add_guest_memory(mapped_bytes(&kvm->s2pt));
	pt_destroy(&kvm->s2pt);
}
