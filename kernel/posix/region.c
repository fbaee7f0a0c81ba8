// SPDX-License-Identifier: Apache-2.0
/*
 * region.c - the sorted list of regions: map, unmap, protect, discard
 *
 * Invariant: no frame crosses a region's border, and frames stand only inside
 * anonymous and copied regions. Each change first makes all cuts that it needs
 * (these may fail and change nothing that an app sees), then cannot fail.
 */
#include "posix.h"

int mm_init(struct mm *mm)
{
	memset(mm, 0, sizeof(*mm));
	mutex_init(&mm->lock);
	list_init(&mm->regions);
	list_init(&mm->notifiers);
	return frames_init(&mm->frames);
}

static struct region *region_or_null(struct mm *mm, struct list *l)
{
	return l == &mm->regions ? NULL : list_entry(l, struct region, link);
}

/* First region that ends after @va. */
static struct region *find_from(struct mm *mm, u64 va)
{
	struct region *r;

	list_for_each(r, &mm->regions, link)
		if (r->end > va)
			return r;
	return NULL;
}

struct region *mm_find(struct mm *mm, u64 va)
{
	struct region *r = find_from(mm, va);

	return r && r->start <= va ? r : NULL;
}

static void notify(struct mm *mm, u64 start, u64 end, bool begin)
{
	struct mm_notifier *n;

	list_for_each(n, &mm->notifiers, link) {
		if (begin)
			n->invalidate_begin(n, start, end);
		else
			n->invalidate_end(n, start, end);
	}
}

/* A border at @va: in the regions, the frames and the page tables. 0 or -ENOMEM. */
static int cut(struct mm *mm, u64 va)
{
	struct region *r = mm_find(mm, va), *right;
	int split;

	if (!r || r->start == va)
		return 0;
	if (mm->nr_regions >= MM_MAX_REGIONS)
		return -ENOMEM;
	right = kmalloc(sizeof(*right));
	if (!right)
		return -ENOMEM;
	split = frames_split(&mm->frames, va);
	if (split < 0) {
		kfree(right);
		return split;
	}
	if (split)		/* its large leaf would reach over the border; it faults back in small pages */
		(void)arch_unmap(ALIGN_DOWN(va, SZ_2M), SZ_2M);
	*right = *r;
	right->start = va;
	right->file_off += va - r->start;
	if (right->file)
		file_get(right->file);
	r->end = va;
	list_add(&r->link, &right->link);
	mm->nr_regions++;
	return 0;
}

static int cut_both(struct mm *mm, u64 start, u64 end)
{
	int err = cut(mm, start);

	return err ? err : cut(mm, end);
}

/* Frames and leaves of the range go; both ends are cut. */
static void drop_pages(struct mm *mm, u64 start, u64 end)
{
	notify(mm, start, end, true);
	(void)arch_unmap(start, end - start);
	frames_remove(&mm->frames, start, end);
	notify(mm, start, end, false);
}

/* Regions of the range move to @gone; both ends are cut. */
static void take_out(struct mm *mm, u64 start, u64 end, struct list *gone)
{
	struct region *r, *tmp;

	list_for_each_safe(r, tmp, &mm->regions, link) {
		if (r->start < start || r->end > end)
			continue;
		drop_pages(mm, r->start, r->end);
		list_del(&r->link);
		list_add_tail(gone, &r->link);
		mm->nr_regions--;
	}
}

/* Without mm->lock. */
static void free_regions(struct list *gone)
{
	struct region *r, *tmp;

	list_for_each_safe(r, tmp, gone, link) {
		if (r->file)
			file_put(r->file);
		kfree(r);
	}
}

static bool can_join(const struct region *a, const struct region *b)
{
	return a->end == b->start && a->kind == REGION_ANON && b->kind == REGION_ANON && a->prot == b->prot && a->prot_max == b->prot_max;
}

static void join_neighbours(struct mm *mm, struct region *r)
{
	struct region *prev = region_or_null(mm, r->link.prev), *next = region_or_null(mm, r->link.next);

	if (next && can_join(r, next)) {
		r->end = next->end;
		list_del(&next->link);
		kfree(next);
		mm->nr_regions--;
	}
	if (prev && can_join(prev, r)) {
		prev->end = r->end;
		list_del(&r->link);
		kfree(r);
		mm->nr_regions--;
	}
}

/* Lowest hole of @bytes from @from on; 0: none. */
static u64 find_hole(struct mm *mm, u64 from, u64 bytes)
{
	u64 align = bytes >= SZ_2M ? SZ_2M : PAGE_SIZE, at = ALIGN_UP(from, align);
	struct region *r;

	list_for_each(r, &mm->regions, link) {
		if (r->end <= at)
			continue;
		if (r->start >= at && r->start - at >= bytes)
			break;
		at = ALIGN_UP(r->end, align);
	}
	return at < MM_END && bytes <= MM_END - at ? at : 0;
}

static bool is_free(struct mm *mm, u64 start, u64 bytes)
{
	struct region *r = find_from(mm, start);

	return !r || r->start >= start + bytes;
}

static bool in_bounds(u64 start, u64 bytes)
{
	return start >= MM_LOWEST && start < MM_END && bytes <= MM_END - start;
}

/* Where the mapping goes; a fixed one is cut free. Address or -errno. */
static long choose_address(struct mm *mm, const struct map_request *q)
{
	u64 at = ALIGN_DOWN(q->addr, PAGE_SIZE);

	if (q->flags & (ABI_MAP_FIXED | ABI_MAP_FIXED_NOREPLACE)) {
		if (!IS_ALIGNED(q->addr, PAGE_SIZE))
			return -EINVAL;
		if (!in_bounds(at, q->bytes))
			return q->addr < MM_LOWEST ? -EPERM : -ENOMEM;
		if (!is_free(mm, at, q->bytes) && (q->flags & ABI_MAP_FIXED_NOREPLACE))
			return -EEXIST;
		return (long)at;
	}
	if (in_bounds(at, q->bytes) && is_free(mm, at, q->bytes))
		return (long)at;
	at = find_hole(mm, MM_SEARCH_FROM, q->bytes);
	return at ? (long)at : -ENOMEM;
}

static void insert(struct mm *mm, struct region *r)
{
	struct region *after = find_from(mm, r->start);

	list_add_tail(after ? &after->link : &mm->regions, &r->link);
	mm->nr_regions++;
	join_neighbours(mm, r);
}

static long map_locked(struct mm *mm, const struct map_request *q, struct region *r, struct list *gone)
{
	long at;
	int err;

	if (mm->dead || mm->nr_regions >= MM_MAX_REGIONS)
		return -ENOMEM;
	at = choose_address(mm, q);
	if (at < 0)
		return at;
	err = cut_both(mm, (u64)at, (u64)at + q->bytes);
	if (err)
		return err;
	take_out(mm, (u64)at, (u64)at + q->bytes, gone);
	r->start = (u64)at;
	r->end = (u64)at + q->bytes;
	insert(mm, r);
	return at;
}

long mm_map(struct mm *mm, const struct map_request *q)
{
	struct list gone = LIST_INIT(gone);
	struct region *r;
	long at;

	if (!q->bytes || !IS_ALIGNED(q->bytes, PAGE_SIZE) || !IS_ALIGNED(q->file_off, PAGE_SIZE))
		return -EINVAL;
	if (q->bytes > MM_END)
		return -ENOMEM;
	r = kmalloc(sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->prot = q->prot;
	r->prot_max = q->prot_max ? q->prot_max : ABI_PROT_READ | ABI_PROT_WRITE | ABI_PROT_EXEC;
	r->kind = q->kind;
	r->file_off = q->file_off;
	r->file = q->kind == REGION_ANON ? NULL : file_get(q->file);
	list_init(&r->link);
	mutex_lock(&mm->lock);
	at = map_locked(mm, q, r, &gone);
	mutex_unlock(&mm->lock);
	if (at < 0)
		list_add_tail(&gone, &r->link);
	free_regions(&gone);
	return at;
}

int mm_unmap(struct mm *mm, u64 start, u64 bytes)
{
	struct list gone = LIST_INIT(gone);
	int err;

	if (!bytes || !IS_ALIGNED(start, PAGE_SIZE) || bytes > MM_END || start > MM_END - bytes)
		return -EINVAL;
	bytes = ALIGN_UP(bytes, PAGE_SIZE);
	mutex_lock(&mm->lock);
	err = cut_both(mm, start, start + bytes);
	if (!err)
		take_out(mm, start, start + bytes, &gone);
	mutex_unlock(&mm->lock);
	free_regions(&gone);
	return err;
}

static bool is_covered(struct mm *mm, u64 start, u64 end)
{
	while (start < end) {
		struct region *r = mm_find(mm, start);

		if (!r)
			return false;
		start = r->end;
	}
	return true;
}

static bool may_get(struct mm *mm, u64 start, u64 end, u32 prot)
{
	struct region *r;

	list_for_each(r, &mm->regions, link)
		if (r->end > start && r->start < end && (prot & ~r->prot_max))
			return false;
	return true;
}

static int protect_locked(struct mm *mm, u64 start, u64 end, u32 prot)
{
	struct region *r, *tmp;
	int err;

	if (!is_covered(mm, start, end))
		return -ENOMEM;
	if (!may_get(mm, start, end, prot))
		return -EACCES;
	err = cut_both(mm, start, end);
	if (err)
		return err;
	notify(mm, start, end, true);
	list_for_each(r, &mm->regions, link)
		if (r->start >= start && r->end <= end)
			r->prot = prot;
	(void)arch_unmap(start, end - start);	/* comes back with the new rights */
	notify(mm, start, end, false);
	list_for_each_safe(r, tmp, &mm->regions, link)
		if (region_or_null(mm, r->link.next) == tmp && r->end <= end && can_join(r, tmp)) {
			tmp->start = r->start;
			list_del(&r->link);
			kfree(r);
			mm->nr_regions--;
		}
	return 0;
}

int mm_protect(struct mm *mm, u64 start, u64 bytes, u32 prot)
{
	int err;

	if (!IS_ALIGNED(start, PAGE_SIZE))
		return -EINVAL;
	if (bytes > MM_END || start > MM_END - bytes)
		return -ENOMEM;
	if (!bytes)
		return 0;
	mutex_lock(&mm->lock);
	err = protect_locked(mm, start, start + ALIGN_UP(bytes, PAGE_SIZE), prot);
	mutex_unlock(&mm->lock);
	return err;
}

int mm_discard(struct mm *mm, u64 start, u64 bytes)
{
	u64 end = start + ALIGN_UP(bytes, PAGE_SIZE);
	struct region *r;
	int err;

	mutex_lock(&mm->lock);
	err = is_covered(mm, start, end) ? cut_both(mm, start, end) : -ENOMEM;
	if (!err) {
		drop_pages(mm, start, end);
		r = mm_find(mm, start);
		join_neighbours(mm, r);
		r = mm_find(mm, end - 1);
		join_neighbours(mm, r);
	}
	mutex_unlock(&mm->lock);
	return err;
}

int mm_check(struct mm *mm, u64 start, u64 bytes)
{
	bool covered;

	mutex_lock(&mm->lock);
	covered = is_covered(mm, start, start + bytes);
	mutex_unlock(&mm->lock);
	return covered ? 0 : -ENOMEM;
}

/* Part of the region that maps the inode from offset @from on; false: none. */
static bool file_part(const struct region *r, const void *inode, u64 from, u64 *start)
{
	if (r->kind != REGION_DEVICE || !file_maps_inode(r->file, inode))
		return false;
	*start = r->start + (from > r->file_off ? from - r->file_off : 0);
	return *start < r->end;
}

void mm_unmap_file(struct mm *mm, const void *inode, u64 from, void (*fn)(void *arg), void *arg)
{
	struct region *r;
	u64 start;

	mutex_lock(&mm->lock);
	list_for_each(r, &mm->regions, link) {
		if (!file_part(r, inode, from, &start))
			continue;
		notify(mm, start, r->end, true);
		(void)arch_unmap(start, r->end - start);
		notify(mm, start, r->end, false);
	}
	fn(arg);
	mutex_unlock(&mm->lock);
}

void mm_destroy(struct mm *mm)
{
	struct list gone = LIST_INIT(gone);

	mutex_lock(&mm->lock);
	mm->dead = true;
	take_out(mm, 0, APP_VA_END, &gone);
	mutex_unlock(&mm->lock);
	free_regions(&gone);
}

void mm_notifier_register(struct proc *proc, struct mm_notifier *n)
{
	struct mm *mm = proc_mm(proc);

	mutex_lock(&mm->lock);
	list_add_tail(&mm->notifiers, &n->link);
	mutex_unlock(&mm->lock);
}

void mm_notifier_unregister(struct proc *proc, struct mm_notifier *n)
{
	struct mm *mm = proc_mm(proc);

	mutex_lock(&mm->lock);
	list_del(&n->link);
	mutex_unlock(&mm->lock);
}
