/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memslot.c - guest memory: which app address stands behind a guest frame
 *
 * The table is sorted by guest frame and replaced as a whole. A fault looks a
 * slot up and installs its page inside one epoch section, so after publishing
 * a table and waiting, the old slot's range can be unmapped for good.
 *
 * The dirty bitmap is a directory of 4 KiB chunks that come with the first
 * write into their 128 MiB; versions of a slot share it.
 */
#include "priv.h"

#define CHUNK_SHIFT 15			/* pages in a chunk: one bit each in 4 KiB */
#define CHUNK_PAGES (1ul << CHUNK_SHIFT)
#define SLOT_FLAGS (KVM_MEM_LOG_DIRTY_PAGES | KVM_MEM_READONLY)

static u64 nr_chunks(u64 pages)
{
	return (pages + CHUNK_PAGES - 1) >> CHUNK_SHIFT;
}

static void dirty_free(u64 *dir, u64 pages)
{
	if (!dir)
		return;
	for (u64 i = 0; i < nr_chunks(pages); i++)
		if (dir[i])
			page_free((void *)dir[i]);
	kfree(dir);
}

int kvm_dirty_prepare(const struct kvm_memslot *s, u64 gfn)
{
	u64 *entry, expected = 0;
	void *page;

	if (!s->dirty)
		return 0;
	entry = &s->dirty[(gfn - s->base_gfn) >> CHUNK_SHIFT];
	if (__atomic_load_n(entry, __ATOMIC_ACQUIRE))
		return 0;
	page = page_alloc();
	if (!page)
		return -ENOMEM;
	if (!__atomic_compare_exchange_n(entry, &expected, (u64)page, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		page_free(page);	/* another vCPU was first */
	return 0;
}

int kvm_mark_dirty(const struct kvm_memslot *s, u64 gfn)
{
	u64 rel = gfn - s->base_gfn, bit = rel & (CHUNK_PAGES - 1);
	u64 *chunk;

	if (!s->dirty)
		return 0;
	chunk = (u64 *)__atomic_load_n(&s->dirty[rel >> CHUNK_SHIFT], __ATOMIC_ACQUIRE);
	if (!chunk)
		return -ENOMEM;
	__atomic_fetch_or(&chunk[bit / 64], 1ull << (bit & 63), __ATOMIC_SEQ_CST);
	return 0;
}

/* Index of the first slot that ends above @gfn. */
static u32 slots_lower(const struct kvm_slots *s, u64 gfn)
{
	u32 lo = 0, hi = s->nr;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (s->slot[mid]->base_gfn + s->slot[mid]->nr_pages <= gfn)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct kvm_memslot *kvm_slots_find(const struct kvm_slots *s, u64 gfn)
{
	u32 i = slots_lower(s, gfn);

	return i < s->nr && s->slot[i]->base_gfn <= gfn ? s->slot[i] : NULL;
}

/* The result holds while the caller is in an epoch section or holds slots_lock. */
const struct kvm_memslot *kvm_slot_of(struct kvm *kvm, gpa_t gpa)
{
	return kvm_slots_find(__atomic_load_n(&kvm->slots, __ATOMIC_SEQ_CST), gpa.v >> PAGE_SHIFT);
}

static struct kvm_memslot *slot_by_id(const struct kvm_slots *s, u32 id)
{
	for (u32 i = 0; i < s->nr; i++)
		if (s->slot[i]->id == id)
			return s->slot[i];
	return NULL;
}

static struct kvm_slots *slots_alloc(u32 nr)
{
	return kmalloc(sizeof(struct kvm_slots) + nr * sizeof(struct kvm_memslot *));
}

/* Copies without @without, with @with (either may be NULL), in order. */
static void slots_fill(struct kvm_slots *to, const struct kvm_slots *from,
		       const struct kvm_memslot *without, struct kvm_memslot *with)
{
	for (u32 i = 0; i < from->nr; i++) {
		if (from->slot[i] == without)
			continue;
		if (with && with->base_gfn < from->slot[i]->base_gfn) {
			to->slot[to->nr++] = with;
			with = NULL;
		}
		to->slot[to->nr++] = from->slot[i];
	}
	if (with)
		to->slot[to->nr++] = with;
}

static bool slots_overlap(const struct kvm_slots *s, const struct kvm_memslot *ignore, u64 gfn, u64 pages)
{
	for (u32 i = slots_lower(s, gfn); i < s->nr && s->slot[i]->base_gfn < gfn + pages; i++)
		if (s->slot[i] != ignore)
			return true;
	return false;
}

/* Old and new version; NULL: creation, deletion. The bitmap stays with the last version that logs. */
static long slots_change(struct kvm *kvm, struct kvm_memslot *old, struct kvm_memslot *new)
{
	struct kvm_slots *was = kvm->slots, *now = slots_alloc(was->nr + 1);

	if (!now)
		return -ENOMEM;
	slots_fill(now, was, old, new);
	if (old)
		kvm_s2_retire(kvm, old);
	__atomic_store_n(&kvm->slots, now, __ATOMIC_SEQ_CST);
	kvm_frames_forget(kvm);
	kvm_epoch_wait();
	kfree(was);
	if (!old)
		return 0;
	kvm_s2_unmap_gfns(kvm, old->base_gfn, old->nr_pages);
	kvm_s2_retire(kvm, NULL);
	if (!new || new->dirty != old->dirty)
		dirty_free(old->dirty, old->nr_pages);
	kfree(old);
	return 0;
}

static bool region_is_sane(const struct kvm_userspace_memory_region *r)
{
	if (r->flags & ~SLOT_FLAGS)
		return false;
	if ((r->memory_size | r->guest_phys_addr | r->userspace_addr) & (PAGE_SIZE - 1))
		return false;
	if (r->userspace_addr > APP_VA_END || r->memory_size > APP_VA_END - r->userspace_addr)
		return false;
	if (r->slot >= KVM_MAX_SLOTS)	/* also: address spaces but 0 */
		return false;
	if (r->guest_phys_addr + r->memory_size < r->guest_phys_addr)
		return false;
	return r->memory_size >> PAGE_SHIFT <= KVM_SLOT_MAX_PAGES;
}

static long region_set(struct kvm *kvm, const struct kvm_userspace_memory_region *r)
{
	struct kvm_memslot *old = slot_by_id(kvm->slots, r->slot), *new;
	u64 gfn = r->guest_phys_addr >> PAGE_SHIFT, pages = r->memory_size >> PAGE_SHIFT;
	long err;

	if (!pages)
		return old ? slots_change(kvm, old, NULL) : -EINVAL;
	if (old) {
		if (r->userspace_addr != old->hva || pages != old->nr_pages ||
		    ((r->flags ^ old->flags) & KVM_MEM_READONLY))
			return -EINVAL;
		if (gfn == old->base_gfn && r->flags == old->flags)
			return 0;
	}
	if ((!old || gfn != old->base_gfn) && slots_overlap(kvm->slots, old, gfn, pages))
		return -EEXIST;

	new = kmalloc(sizeof(*new));
	if (!new)
		return -ENOMEM;
	*new = (struct kvm_memslot){ .id = (u16)r->slot, .flags = r->flags, .base_gfn = gfn,
				     .nr_pages = pages, .hva = r->userspace_addr };
	if (r->flags & KVM_MEM_LOG_DIRTY_PAGES) {
		new->dirty = old && old->dirty ? old->dirty : kmalloc(nr_chunks(pages) * sizeof(u64));
		if (!new->dirty) {
			kfree(new);
			return -ENOMEM;
		}
	}
	err = slots_change(kvm, old, new);
	if (err) {
		if (!old || new->dirty != old->dirty)
			dirty_free(new->dirty, pages);
		kfree(new);
	}
	return err;
}

long kvm_set_memory_region(struct kvm *kvm, const struct kvm_userspace_memory_region *r)
{
	long err;

	if (!region_is_sane(r))
		return -EINVAL;
	mutex_lock(&kvm->slots_lock);
	err = region_set(kvm, r);
	mutex_unlock(&kvm->slots_lock);
	return err;
}

/* Takes the bits of one word and protects its pages again; the caller flushes. */
static u64 dirty_take(struct kvm *kvm, const struct kvm_memslot *s, u64 first)
{
	u64 *chunk = (u64 *)__atomic_load_n(&s->dirty[first >> CHUNK_SHIFT], __ATOMIC_ACQUIRE);
	u64 *word, bits;

	if (!chunk)
		return 0;
	word = &chunk[(first & (CHUNK_PAGES - 1)) / 64];
	bits = READ_ONCE(*word) ? __atomic_exchange_n(word, 0, __ATOMIC_SEQ_CST) : 0;
	if (bits)
		kvm_s2_protect_gfns(kvm, s->base_gfn + first, MIN(64ul, s->nr_pages - first));
	return bits;
}

long kvm_get_dirty_log(struct kvm *kvm, const struct kvm_dirty_log *log)
{
	const struct kvm_memslot *s;
	u64 out = (u64)(uintptr_t)log->dirty_bitmap, buf[64];
	bool any = false;
	long err = 0;

	if (log->slot >= KVM_MAX_SLOTS)
		return -EINVAL;
	mutex_lock(&kvm->slots_lock);
	s = slot_by_id(kvm->slots, log->slot);
	if (!s || !s->dirty)
		err = -ENOENT;
	for (u64 page = 0; !err && page < s->nr_pages; page += 64 * ARRAY_SIZE(buf)) {
		u64 n = 0;

		for (; n < ARRAY_SIZE(buf) && page + n * 64 < s->nr_pages; n++) {
			buf[n] = dirty_take(kvm, s, page + n * 64);
			any |= buf[n] != 0;
		}
		if (copy_to_app(out + page / 8, buf, n * 8))
			err = -EFAULT;
	}
	if (any)
		kvm_make_all_request(kvm, KVM_REQ_TLB_FLUSH);
	mutex_unlock(&kvm->slots_lock);
	return err;
}

int kvm_slots_init(struct kvm *kvm)
{
	kvm->slots = slots_alloc(0);
	return kvm->slots ? 0 : -ENOMEM;
}

void kvm_slots_destroy(struct kvm *kvm)
{
	for (u32 i = 0; i < kvm->slots->nr; i++) {
		dirty_free(kvm->slots->slot[i]->dirty, kvm->slots->slot[i]->nr_pages);
		kfree(kvm->slots->slot[i]);
	}
	kfree(kvm->slots);
	kvm->slots = NULL;
}
