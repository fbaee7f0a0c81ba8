// SPDX-License-Identifier: Apache-2.0
/*
 * frames.c - which frame backs an app page
 *
 * Four levels of 512 entries by virtual address, filled on demand, so that an
 * empty mapping of any size costs nothing. An entry is 0, a table (its direct
 * map address | TABLE) or a frame (its physical address | FRAME); frames stand
 * at level 0 (4 KiB) and level 1 (2 MiB). Empty tables are freed at removal.
 */
#include "posix.h"

#define TABLE	1ull
#define FRAME	2ull
#define FLAGS	(TABLE | FRAME)
#define TOP	3u

static u64 span(u32 level)
{
	return PAGE_SIZE << (9 * level);
}

static u32 index_of(u64 va, u32 level)
{
	return (u32)(va >> (PAGE_SHIFT + 9 * level)) & 511;
}

static u64 *table_of(u64 entry)
{
	return (u64 *)(entry & ~FLAGS);
}

int frames_init(struct frames *fr)
{
	fr->root = page_alloc();
	return fr->root ? 0 : -ENOMEM;
}

/* Entry for @va at @level or of the frame above it; NULL: nothing there. */
static u64 *lookup(const struct frames *fr, u64 va, u32 *level)
{
	u64 *t = fr->root;

	for (u32 l = TOP;; l--) {
		u64 *e = &t[index_of(va, l)];

		if (!*e)
			return NULL;
		if (l == *level || (*e & FRAME)) {
			*level = l;
			return e;
		}
		t = table_of(*e);
	}
}

bool frames_find(const struct frames *fr, u64 va, struct mm_frame *out)
{
	u32 level = 0;
	u64 *e = lookup(fr, va, &level);

	if (!e)
		return false;
	out->pa = HPA(*e & ~FLAGS);
	out->bytes = span(level);
	return true;
}

bool frames_block_is_empty(const struct frames *fr, u64 va)
{
	u32 level = 1;

	return !lookup(fr, va, &level);
}

int frames_set(struct frames *fr, u64 va, hpa_t pa, u64 bytes)
{
	u32 level = bytes == SZ_2M ? 1 : 0;
	u64 *t = fr->root;

	for (u32 l = TOP; l > level; l--) {
		u64 *e = &t[index_of(va, l)];

		if (!*e) {
			void *page = page_alloc();

			if (!page)
				return -ENOMEM;	/* tables made so far stay, empty */
			*e = (u64)page | TABLE;
		}
		ASSERT(*e & TABLE);
		t = table_of(*e);
	}
	ASSERT(!t[index_of(va, level)]);
	t[index_of(va, level)] = pa.v | FRAME;
	return 0;
}

int frames_split(struct frames *fr, u64 va)
{
	u32 level = 1;
	u64 *e, *t, pa;

	if (IS_ALIGNED(va, SZ_2M))
		return 0;
	e = lookup(fr, va, &level);
	if (!e || !(*e & FRAME))
		return 0;
	t = page_alloc();
	if (!t)
		return -ENOMEM;
	pa = *e & ~FLAGS;
	phys_split(HPA(pa));
	for (u32 i = 0; i < 512; i++)
		t[i] = (pa + i * PAGE_SIZE) | FRAME;
	*e = (u64)t | TABLE;
	return 1;
}

static bool is_empty(const u64 *t)
{
	for (u32 i = 0; i < 512; i++)
		if (t[i])
			return false;
	return true;
}

/* [start, end) lies in the table's span. */
static void remove_in(u64 *t, u32 level, u64 start, u64 end)
{
	u64 next;

	for (u64 at = start; at < end; at = next) {
		u64 *e = &t[index_of(at, level)];

		next = MIN(ALIGN_DOWN(at, span(level)) + span(level), end);
		if (*e & FRAME) {
			phys_free(HPA(*e & ~FLAGS), span(level));
			*e = 0;
		} else if (*e) {
			remove_in(table_of(*e), level - 1, at, next);
			if (is_empty(table_of(*e))) {
				page_free(table_of(*e));
				*e = 0;
			}
		}
	}
}

void frames_remove(struct frames *fr, u64 start, u64 end)
{
	remove_in(fr->root, TOP, start, end);
}

void frames_destroy(struct frames *fr)
{
	frames_remove(fr, 0, APP_VA_END);
	page_free(fr->root);
	fr->root = NULL;
}
