// SPDX-License-Identifier: Apache-2.0
/*
 * tdmr.c - TDMRs from a list of usable memory
 *
 * A TDMR is made of whole GiB. What lies in it and is no usable memory, or is PAMT, becomes a reserved area:
 * so all that is available is ours and convertible, and PAMT is never handed to a TD.
 */
#include "tdmr.h"
#include <errno.h>
#include <string.h>
#include <socle/log.h>
#include "pages.h"

static u64 end_of(const struct phys_range *r)
{
	return r->start + r->size;
}

static u64 base_of(const struct tdx_tdmr_info *t)
{
	return t->base;
}

static u64 tdmr_end(const struct tdx_tdmr_info *t)
{
	return t->base + t->size;
}

/* --- cover --- */

static int cover(struct tdx_tdmrs *t, const struct tdx_sysinfo *info, const struct phys_range *mem, u32 nr)
{
	for (u32 i = 0; i < nr; i++) {
		struct tdx_tdmr_info *last = t->nr ? &t->tdmr[t->nr - 1] : NULL;
		u64 start = ALIGN_DOWN(mem[i].start, SZ_1G), end = ALIGN_UP(end_of(&mem[i]), SZ_1G);

		if (last && start < tdmr_end(last))
			start = tdmr_end(last);
		if (start >= end)
			continue;
		if (last && start == tdmr_end(last) && t->pamt[t->nr - 1].node == mem[i].node) {
			last->size += end - start;
			continue;
		}
		if (t->nr == info->max_tdmrs) {
			log_notice("tdx: memory is in more pieces than the module takes (%u TDMRs)\n", info->max_tdmrs);
			return -ENOSPC;
		}
		t->tdmr[t->nr] = (struct tdx_tdmr_info){ .base = start, .size = end - start };
		t->pamt[t->nr++].node = mem[i].node;
	}
	return 0;
}

/* --- convertible? --- */

/* First byte from @at on that no CMR holds. */
static u64 convertible_until(const struct tdx_sysinfo *info, u64 at)
{
	for (bool found = true; found;) {
		found = false;
		for (u32 i = 0; i < info->nr_cmrs; i++)
			if (at >= info->cmr[i].base && at - info->cmr[i].base < info->cmr[i].size) {
				at = info->cmr[i].base + info->cmr[i].size;
				found = true;
			}
	}
	return at;
}

static int check_convertible(const struct tdx_sysinfo *info, const struct phys_range *mem, u32 nr)
{
	for (u32 i = 0; i < nr; i++) {
		u64 until = convertible_until(info, mem[i].start);

		if (until >= end_of(&mem[i]))
			continue;
		log_notice("tdx: memory at %#lx (of %#lx to %#lx) is not convertible: in none of %u CMRs; "
			   "memory of other kinds than DRAM must not be in use\n", until,
			   mem[i].start, end_of(&mem[i]), info->nr_cmrs);
		return -EOPNOTSUPP;
	}
	return 0;
}

/* --- PAMT --- */

u64 tdmr_pamt_bytes(const struct tdx_sysinfo *info, u64 size, bool dynamic, u64 bytes[3])
{
	static const u32 shift[3] = { 30, 21, PAGE_SHIFT };
	u64 sum = 0;

	for (u32 i = 0; i < 3; i++) {
		u64 n = size >> shift[i];

		bytes[i] = dynamic && i == 2 ? (n * info->pamt_bitmap_bits + 7) / 8 : n * info->pamt_entry_size[i];
		bytes[i] = ALIGN_UP(bytes[i], PAGE_SIZE);
		sum += bytes[i];
	}
	return sum;
}

/* Whole blocks come from the allocator; what is too much of the last goes back page by page. */
static int pamt_alloc(struct phys_range *r, u64 bytes)
{
	u64 whole = bytes < SZ_2M ? bytes : ALIGN_UP(bytes, SZ_2M);
	hpa_t pa;
	int err = tdx_alloc_near(whole, MEM_PAMT, r->node, &pa);

	if (err)
		return err;
	r->start = pa.v;
	r->size = bytes;
	if (whole > bytes)
		phys_split(HPA(pa.v + whole - SZ_2M));
	for (u64 at = pa.v + bytes; at < pa.v + whole; at += PAGE_SIZE)
		phys_free(HPA(at), PAGE_SIZE);
	return 0;
}

static void pamt_free(struct phys_range *r)
{
	u64 whole = r->size < SZ_2M ? r->size : ALIGN_DOWN(r->size, SZ_2M);

	if (whole)
		phys_free(HPA(r->start), whole);
	for (u64 at = r->start + whole; at < end_of(r); at += PAGE_SIZE)
		phys_free(HPA(at), PAGE_SIZE);
	r->size = 0;
}

static int place_pamt(struct tdx_tdmrs *t, const struct tdx_sysinfo *info, u32 i)
{
	struct tdx_tdmr_info *tdmr = &t->tdmr[i];
	u64 bytes[3], sum = tdmr_pamt_bytes(info, tdmr->size, t->dynamic, bytes), at;
	int err = pamt_alloc(&t->pamt[i], sum);

	if (err) {
		log_notice("tdx: no %lu KiB in one piece for the PAMT of %#lx to %#lx\n", sum >> 10,
			   base_of(tdmr), tdmr_end(tdmr));
		return err;
	}
	at = t->pamt[i].start;
	for (u32 level = 3; level-- > 0; at += bytes[level])	/* the largest first */
		tdmr->pamt[level] = (struct tdx_pamt_area){ at, bytes[level] };
	return 0;
}

/* --- reserved areas --- */

static int reserve(struct tdx_tdmr_info *t, const struct tdx_sysinfo *info, u32 *nr, u64 start, u64 end)
{
	struct tdx_reserved_area *last = *nr ? &t->reserved[*nr - 1] : NULL;

	if (start >= end)
		return 0;
	if (last && last->offset + last->size >= start - t->base) {
		last->size = MAX(last->offset + last->size, end - t->base) - last->offset;
		return 0;
	}
	if (*nr == info->max_reserved) {
		log_notice("tdx: memory from %#lx to %#lx has more holes than the module takes (%u)\n", base_of(t),
			   tdmr_end(t), info->max_reserved);
		return -ENOSPC;
	}
	t->reserved[(*nr)++] = (struct tdx_reserved_area){ start - t->base, end - start };
	return 0;
}

/* The first byte of [at, end) that may not be available, and the end of that piece: a hole or a PAMT. */
static bool next_gap(const struct tdx_tdmrs *t, const struct phys_range *mem, u32 nr, u64 at, u64 end, u64 *start, u64 *stop)
{
	u64 covered = at;		/* memory, seen from `at` on */

	*start = end;
	for (u32 i = 0; i < nr; i++) {
		if (end_of(&mem[i]) <= covered)
			continue;
		if (mem[i].start > covered) {
			*start = covered;
			*stop = MIN(mem[i].start, end);
			break;
		}
		covered = end_of(&mem[i]);
	}
	if (*start == end && covered < end) {
		*start = covered;
		*stop = end;
	}
	for (u32 i = 0; i < t->nr; i++)
		if (t->pamt[i].size && end_of(&t->pamt[i]) > at && MAX(t->pamt[i].start, at) < *start) {
			*start = MAX(t->pamt[i].start, at);
			*stop = MIN(end_of(&t->pamt[i]), end);
		}
	return *start < end;
}

static int leave_out(struct tdx_tdmrs *t, const struct tdx_sysinfo *info, const struct phys_range *mem, u32 nr, u32 i)
{
	struct tdx_tdmr_info *tdmr = &t->tdmr[i];
	u64 at = tdmr->base, start, stop;
	u32 used = 0;
	int err = 0;

	while (!err && next_gap(t, mem, nr, at, tdmr_end(tdmr), &start, &stop)) {
		err = reserve(tdmr, info, &used, start, stop);
		at = stop;
	}
	return err;
}

int tdmrs_build(struct tdx_tdmrs *t, const struct tdx_sysinfo *info, const struct phys_range *mem, u32 nr, bool dynamic)
{
	int err;

	memset(t, 0, sizeof(*t));
	t->dynamic = dynamic;
	err = check_convertible(info, mem, nr);
	if (!err)
		err = cover(t, info, mem, nr);
	for (u32 i = 0; !err && i < t->nr; i++)
		err = place_pamt(t, info, i);
	for (u32 i = 0; !err && i < t->nr; i++)
		err = leave_out(t, info, mem, nr, i);
	if (err)
		tdmrs_free(t);
	return err;
}

void tdmrs_free(struct tdx_tdmrs *t)
{
	for (u32 i = 0; i < t->nr; i++)
		pamt_free(&t->pamt[i]);
	t->nr = 0;
}
