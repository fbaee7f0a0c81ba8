/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pt.h - one page-table walker for every format
 *
 * The walker owns locking, table pages and batching of flushes; a format is a
 * row of callbacks and constants that owns bits. Depth is a run-time value.
 */
#ifndef SOCLE_PT_H
#define SOCLE_PT_H

#include <socle/lock.h>
#include <socle/types.h>

#define PT_R	1u
#define PT_W	2u
#define PT_X	4u
#define PT_MAX_LEVELS 5

struct pt_format {
	const char *name;
	u32 leaf_levels;			/* bit n: a leaf may stand at level n (0 = 4 KiB, 1 = 2 MiB, 2 = 1 GiB) */
	u64 (*make_table)(hpa_t table);
	u64 (*make_leaf)(hpa_t pa, u32 level, u32 prot);
	bool (*is_present)(u64 entry);
	bool (*is_leaf)(u64 entry, u32 level);
	hpa_t (*address)(u64 entry, u32 level);	/* of a table or a leaf */
	u32 (*prot)(u64 entry);
	u64 (*set_prot)(u64 entry, u32 prot);
	bool (*test_clear_dirty)(u64 *entry);	/* NULL: no hardware dirty bit */
	u32 (*index_bits)(u32 level, u32 levels);/* NULL: 9 everywhere (x4 formats: 11 at the top) */
};

struct pt {
	const struct pt_format *fmt;
	u32 levels;				/* 3..5 */
	hpa_t root;
	u64 nr_table_pages, nr_leaves[3];
	spinlock_t lock;
};

/* A small stock of zeroed table pages, filled before pt->lock is taken. */
struct pt_cache { void *page[8]; u32 nr; };
int pt_cache_fill(struct pt_cache *c, u32 nr) __must_check;	/* 0 or -ENOMEM */
void pt_cache_drain(struct pt_cache *c);

int pt_init(struct pt *pt, const struct pt_format *fmt, u32 levels) __must_check;
void pt_destroy(struct pt *pt);			/* frees every table page */

/* Caller holds pt->lock for the three below. */
/* Installs a leaf over an empty entry or an equal-sized leaf. -EEXIST: a table or a larger leaf is there;
 * -ENOMEM: the cache is empty. */
int pt_map(struct pt *pt, u64 addr, hpa_t pa, u32 level, u32 prot, struct pt_cache *cache);
/* Removes everything in [start, end); large leaves partly covered are removed whole (they fault back).
 * Freed table pages are collected in *@deferred (linked through their first word) and must be freed with
 * pt_free_deferred() after the TLB flush. True when something was removed: the caller must flush. */
bool pt_unmap(struct pt *pt, u64 start, u64 end, void **deferred);
/* Takes PT_W from all leaves in the range, large leaves partly covered included. True: flush needed. */
bool pt_write_protect(struct pt *pt, u64 start, u64 end);
void pt_free_deferred(void *deferred);
/* Read-only lookup: first byte of the leaf, its level and rights; false when not present. */
bool pt_lookup(struct pt *pt, u64 addr, hpa_t *pa, u32 *level, u32 *prot);

#endif
