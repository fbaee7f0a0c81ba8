/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pages.h - host memory that may be given to the module, and small stocks of it
 *
 * Pages come from the physical allocator, only where a TDMR covers them. A stock is filled before locks
 * are taken, so that what runs under them never allocates.
 */
#ifndef TDX_PAGES_H
#define TDX_PAGES_H

#include <socle/mem.h>
#include <socle/types.h>

/* Memory outside [start, end) is never handed out; both 0: no limit. Set once, at bring-up. */
void tdx_pages_limit(u64 start, u64 end);
/* A run of pages, on @node if there is room; 2 MiB come aligned. 0 or -ENOMEM. */
int tdx_alloc_near(u64 bytes, enum mem_owner owner, int node, hpa_t *out) __must_check;
/* 4 KiB or 2 MiB, not cleared. 0 or -ENOMEM. */
int tdx_page_alloc(u64 bytes, enum mem_owner owner, hpa_t *out) __must_check;
/* A page that the module gave back: reset first on CPUs with the partial-write erratum. */
void tdx_page_free(hpa_t pa, u64 bytes);
/* Rewrites a page whole, line by line (MOVDIR64B); a set hook runs, none does nothing. */
void tdx_pages_set_reset(void (*reset)(hpa_t pa, u64 bytes));

#define TDX_STOCK_MAX 24

struct tdx_stock {
	hpa_t page[TDX_STOCK_MAX];
	u32 nr;
};

/* Until it holds @nr pages (TDX_STOCK_MAX at most). 0, -ENOMEM (what was got stays), -EINVAL. */
int tdx_stock_fill(struct tdx_stock *s, u32 nr) __must_check;
void tdx_stock_drain(struct tdx_stock *s);

static inline bool tdx_stock_take(struct tdx_stock *s, hpa_t *out)
{
	if (!s->nr)
		return false;
	*out = s->page[--s->nr];
	return true;
}

/* Room is there: it was taken from here. */
static inline void tdx_stock_give(struct tdx_stock *s, hpa_t pa)
{
	s->page[s->nr++] = pa;
}

#endif
