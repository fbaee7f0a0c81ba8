// SPDX-License-Identifier: Apache-2.0
/*
 * pages.c - pages for the module; what the allocator offers outside TDMRs is set aside while one is sought
 */
#include "pages.h"
#include <errno.h>

static u64 limit_start, limit_end;
static void (*reset_hook)(hpa_t pa, u64 bytes);

void tdx_pages_limit(u64 start, u64 end)
{
	limit_start = start;
	limit_end = end;
}

void tdx_pages_set_reset(void (*reset)(hpa_t pa, u64 bytes))
{
	reset_hook = reset;
}

static bool usable(hpa_t pa, u64 bytes)
{
	return !limit_end || (pa.v >= limit_start && pa.v + bytes <= limit_end);
}

int tdx_alloc_near(u64 bytes, enum mem_owner owner, int node, hpa_t *out)
{
	struct aside { struct aside *next; } *aside = NULL;
	int err;

	for (;;) {
		struct aside *a;

		err = phys_alloc(bytes, PAGE_SIZE, owner, node, 0, out);
		if (err && node != PHYS_ANY_NODE)
			err = phys_alloc(bytes, PAGE_SIZE, owner, PHYS_ANY_NODE, 0, out);
		if (err || usable(*out, bytes))
			break;
		a = hpa_to_ptr(*out);
		a->next = aside;
		aside = a;
	}
	while (aside) {
		struct aside *next = aside->next;

		phys_free(ptr_to_hpa(aside), bytes);
		aside = next;
	}
	return err;
}

int tdx_page_alloc(u64 bytes, enum mem_owner owner, hpa_t *out)
{
	return tdx_alloc_near(bytes, owner, PHYS_ANY_NODE, out);
}

void tdx_page_free(hpa_t pa, u64 bytes)
{
	if (reset_hook)
		reset_hook(pa, bytes);
	phys_free(pa, bytes);
}

int tdx_stock_fill(struct tdx_stock *s, u32 nr)
{
	if (nr > TDX_STOCK_MAX)
		return -EINVAL;
	while (s->nr < nr) {
		int err = tdx_page_alloc(PAGE_SIZE, MEM_PAMT, &s->page[s->nr]);

		if (err)
			return err;
		s->nr++;
	}
	return 0;
}

void tdx_stock_drain(struct tdx_stock *s)
{
	while (s->nr)
		phys_free(s->page[--s->nr], PAGE_SIZE);
}
