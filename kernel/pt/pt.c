/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pt.c - the one walker over page tables of every format
 *
 * Tables are 4 KiB pages of 64-bit entries but for the root, whose index may
 * be wider (Sv39x4: 16 KiB). Entries are written whole, so that a hardware
 * walker sees the old or the new one.
 */
#include <errno.h>
#include <string.h>
#include <socle/mem.h>
#include <socle/pt.h>

static u32 index_bits(const struct pt *pt, u32 level)
{
	return pt->fmt->index_bits ? pt->fmt->index_bits(level, pt->levels) : 9;
}

static u32 shift_of(u32 level)
{
	return PAGE_SHIFT + 9 * level;
}

static u64 bytes_of(u32 level)
{
	return 1ull << shift_of(level);
}

static u32 index_of(const struct pt *pt, u64 addr, u32 level)
{
	return (u32)(addr >> shift_of(level)) & ((1u << index_bits(pt, level)) - 1);
}

static u64 root_bytes(const struct pt *pt)
{
	return (u64)sizeof(u64) << index_bits(pt, pt->levels - 1);
}

int pt_cache_fill(struct pt_cache *c, u32 nr)
{
	while (c->nr < nr) {
		void *page = page_alloc();

		if (!page)
			return -ENOMEM;
		c->page[c->nr++] = page;
	}
	return 0;
}

void pt_cache_drain(struct pt_cache *c)
{
	while (c->nr)
		page_free(c->page[--c->nr]);
}

int pt_init(struct pt *pt, const struct pt_format *fmt, u32 levels)
{
	u64 bytes;

	*pt = (struct pt){ .fmt = fmt, .levels = levels };
	bytes = root_bytes(pt);
	if (phys_alloc(bytes, bytes, MEM_KERNEL, PHYS_ANY_NODE, PHYS_ZERO, &pt->root))
		return -ENOMEM;
	pt->nr_table_pages = bytes >> PAGE_SHIFT;
	return 0;
}

/* Puts the table and all below it on the deferred list. */
static void defer_table(struct pt *pt, u64 entry, u32 level, void **deferred)
{
	u64 *table = hpa_to_ptr(pt->fmt->address(entry, level));
	u32 below = level - 1;

	for (u32 i = 0; i < 512; i++) {
		if (!pt->fmt->is_present(table[i]))
			continue;
		if (pt->fmt->is_leaf(table[i], below))
			pt->nr_leaves[below]--;
		else
			defer_table(pt, table[i], below, deferred);
	}
	*(void **)(void *)table = *deferred;
	*deferred = table;
	pt->nr_table_pages--;
}

void pt_free_deferred(void *deferred)
{
	while (deferred) {
		void *next = *(void **)deferred;

		page_free(deferred);
		deferred = next;
	}
}

void pt_destroy(struct pt *pt)
{
	u64 *root = hpa_to_ptr(pt->root);
	u32 top = pt->levels - 1;
	void *deferred = NULL;

	for (u32 i = 0; i < root_bytes(pt) / sizeof(u64); i++)
		if (pt->fmt->is_present(root[i]) && !pt->fmt->is_leaf(root[i], top))
			defer_table(pt, root[i], top, &deferred);
	pt_free_deferred(deferred);
	phys_free(pt->root, root_bytes(pt));
	pt->root = HPA(0);
}

int pt_map(struct pt *pt, u64 addr, hpa_t pa, u32 level, u32 prot, struct pt_cache *cache)
{
	const struct pt_format *fmt = pt->fmt;
	u64 *table = hpa_to_ptr(pt->root), *e;
	u32 at;

	for (at = pt->levels - 1;; at--) {
		e = &table[index_of(pt, addr, at)];
		if (at == level)
			break;
		if (fmt->is_present(*e) && fmt->is_leaf(*e, at))
			return -EEXIST;
		if (!fmt->is_present(*e)) {
			if (!cache->nr)
				return -ENOMEM;
			table = cache->page[--cache->nr];
			WRITE_ONCE(*e, fmt->make_table(ptr_to_hpa(table)));
			pt->nr_table_pages++;
		} else {
			table = hpa_to_ptr(fmt->address(*e, at));
		}
	}
	if (fmt->is_present(*e) && !fmt->is_leaf(*e, level))
		return -EEXIST;
	if (!fmt->is_present(*e))
		pt->nr_leaves[level]++;
	WRITE_ONCE(*e, fmt->make_leaf(pa, level, prot));
	return 0;
}

/* What a range walk does to one leaf; true: a flush is needed. */
typedef bool (*leaf_fn)(struct pt *pt, u64 *e, u32 level);

static bool leaf_remove(struct pt *pt, u64 *e, u32 level)
{
	WRITE_ONCE(*e, 0);
	pt->nr_leaves[level]--;
	return true;
}

static bool leaf_protect(struct pt *pt, u64 *e, u32 level)
{
	u32 prot = pt->fmt->prot(*e);

	(void)level;
	if (!(prot & PT_W))
		return false;
	WRITE_ONCE(*e, pt->fmt->set_prot(*e, prot & ~PT_W));
	return true;
}

struct range { u64 start, last; leaf_fn fn; void **deferred; };	/* last: inclusive */

/* @base: address of the table's first entry. */
static bool walk_range(struct pt *pt, u64 *table, u32 level, u64 base, const struct range *r)
{
	u64 step = bytes_of(level), span = step << index_bits(pt, level);
	u64 first = r->start > base ? (r->start - base) >> shift_of(level) : 0;
	u64 last = r->last - base >= span - 1 ? (1ull << index_bits(pt, level)) - 1
					      : (r->last - base) >> shift_of(level);
	bool flush = false;

	for (u64 i = first; i <= last; i++) {
		u64 *e = &table[i], at = base + i * step;

		if (!pt->fmt->is_present(*e))
			continue;
		if (pt->fmt->is_leaf(*e, level)) {
			flush |= r->fn(pt, e, level);
		} else if (r->deferred && r->start <= at && r->last - at >= step - 1) {
			u64 old = *e;

			WRITE_ONCE(*e, 0);
			defer_table(pt, old, level, r->deferred);
			flush = true;
		} else {
			flush |= walk_range(pt, hpa_to_ptr(pt->fmt->address(*e, level)), level - 1, at, r);
		}
	}
	return flush;
}

/* A canonical upper-half address counts from the bottom of the root's span. */
static bool walk(struct pt *pt, u64 start, u64 end, leaf_fn fn, void **deferred)
{
	u64 mask = (bytes_of(pt->levels - 1) << index_bits(pt, pt->levels - 1)) - 1;
	struct range r = { start & mask, 0, fn, deferred };

	if (start >= end)
		return false;
	r.last = end - 1 - start > mask - r.start ? mask : r.start + (end - 1 - start);
	return walk_range(pt, hpa_to_ptr(pt->root), pt->levels - 1, 0, &r);
}

bool pt_unmap(struct pt *pt, u64 start, u64 end, void **deferred)
{
	return walk(pt, start, end, leaf_remove, deferred);
}

bool pt_write_protect(struct pt *pt, u64 start, u64 end)
{
	return walk(pt, start, end, leaf_protect, NULL);
}

bool pt_lookup(struct pt *pt, u64 addr, hpa_t *pa, u32 *level, u32 *prot)
{
	u64 *table = hpa_to_ptr(pt->root);

	for (u32 at = pt->levels; at-- > 0;) {
		u64 e = READ_ONCE(table[index_of(pt, addr, at)]);

		if (!pt->fmt->is_present(e))
			return false;
		if (pt->fmt->is_leaf(e, at)) {
			pa->v = pt->fmt->address(e, at).v & ~(bytes_of(at) - 1);
			*level = at;
			*prot = pt->fmt->prot(e);
			return true;
		}
		table = hpa_to_ptr(pt->fmt->address(e, at));
	}
	return false;
}
