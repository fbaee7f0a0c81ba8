/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tdmr.c - the rules for TDMRs, their PAMT areas and reserved areas
 *
 * Per TDMR: itself, its reserved areas, its PAMT areas, then the available memory. Overflow cannot
 * happen below: each sum's parts are below 2^63 or checked for a wrap. Source: TDX Module ABI, TDMR_INFO.
 */
#include "module.h"

#define GIB (1ull << 30)
#define PAGE 4096ull

struct range {
	u64 base, end;
};

static bool overlap(struct range a, struct range b)
{
	return a.base < b.end && b.base < a.end;
}

/* Adjacent CMRs count as one. */
static bool in_cmrs(const struct softmodule *m, struct range r)
{
	for (unsigned i = 0; i < TDX_MAX_CMRS && m->p->cmr[i].size; i++)
		if (r.base >= m->p->cmr[i].base && r.base < m->p->cmr[i].base + m->p->cmr[i].size) {
			u64 end = m->p->cmr[i].base + m->p->cmr[i].size;

			if (r.end <= end)
				return true;
			r.base = end;
		}
	return false;
}

static u64 check_self(const struct softmodule *m, const struct tdx_tdmr_info *t, unsigned i)
{
	u64 private_bits = ~((1ull << (m->p->maxpa - m->p->keyid_bits)) - 1) & ((1ull << m->p->maxpa) - 1);

	if (t[i].base + t[i].size < t[i].base)
		return STATUS(INVALID_TDMR, i);
	if (i && t[i].base < t[i - 1].base + t[i - 1].size)
		return STATUS(NON_ORDERED_TDMR, i);
	if ((t[i].base & (GIB - 1)) || (t[i].size & (GIB - 1)) || !t[i].size || (t[i].base & private_bits) ||
	    ((t[i].base + t[i].size - 1) & private_bits) || (t[i].base + t[i].size - 1) >> 52)
		return STATUS(INVALID_TDMR, i);
	return 0;
}

static u64 check_reserved(const struct tdx_tdmr_info *t, unsigned i)
{
	u64 end = 0;
	int null = -1;

	for (unsigned k = 0; k < TDX_MAX_RESERVED; k++) {
		const struct tdx_reserved_area *r = &t->reserved[k];

		if (!r->size) {
			if (r->offset)
				return STATUS(INVALID_RESERVED_IN_TDMR, i | k << 8);
			if (null < 0)
				null = (int)k;
			continue;
		}
		if (null >= 0)
			return STATUS(NON_ORDERED_RESERVED_IN_TDMR, i | (u32)null << 8);
		if ((r->offset | r->size) & (PAGE - 1) || r->offset + r->size < r->offset || r->offset + r->size > t->size)
			return STATUS(INVALID_RESERVED_IN_TDMR, i | k << 8);
		if (r->offset < end)
			return STATUS(NON_ORDERED_RESERVED_IN_TDMR, i | k << 8);
		end = r->offset + r->size;
	}
	return 0;
}

/* The K-th available range of T, from 0; false after the last. */
static bool available(const struct tdx_tdmr_info *t, unsigned k, struct range *r)
{
	u64 start = t->base;

	for (unsigned i = 0; i <= TDX_MAX_RESERVED; i++) {
		bool area = i < TDX_MAX_RESERVED && t->reserved[i].size;
		u64 end = area ? t->base + t->reserved[i].offset : t->base + t->size;

		if (end > start && !k--) {
			*r = (struct range){ start, end };
			return true;
		}
		if (!area)
			return false;
		start = end + t->reserved[i].size;
	}
	return false;
}

static bool over_available(const struct tdx_tdmr_info *t, struct range pamt)
{
	struct range r;

	for (unsigned k = 0; available(t, k, &r); k++)
		if (overlap(r, pamt))
			return true;
	return false;
}

/* Bytes that area A of a TDMR of SIZE bytes must have. */
static u64 pamt_needs(const struct softmodule *m, unsigned a, u64 size, bool dynamic)
{
	static const u8 shift[PAMT_AREAS] = { 30, 21, 12 };
	u64 entries = size >> shift[a];
	u64 bytes = a == PAMT_4K && dynamic ? entries / 8 : entries * m->p->pamt_entry_size[a];

	return (bytes + PAGE - 1) & ~(PAGE - 1);
}

static struct range pamt_range(const struct tdx_tdmr_info *t, unsigned a)
{
	return (struct range){ t->pamt[a].base, t->pamt[a].base + t->pamt[a].size };
}

/* Detail of a PAMT status: TDMR, level (0 is 4K) and, for overlaps, the other TDMR. */
static u32 pamt_detail(unsigned i, unsigned a, unsigned other)
{
	return i | (u32)(PAMT_4K - a) << 8 | other << 16;
}

static bool bad_pamt_format(const struct softmodule *m, const struct tdx_tdmr_info *t, unsigned a, bool dynamic)
{
	const struct tdx_pamt_area *p = &t->pamt[a];
	u64 private_bits = ~((1ull << (m->p->maxpa - m->p->keyid_bits)) - 1) & ((1ull << m->p->maxpa) - 1);

	return (p->base | p->size) & (PAGE - 1) || p->base + p->size < p->base || (p->base & private_bits) ||
	       p->base >> 52 || p->size < pamt_needs(m, a, t->size, dynamic);
}

/* Area A of TDMR I against all areas before it. */
static u64 check_pamt_pamt(const struct tdx_tdmr_info *t, unsigned i, unsigned a)
{
	for (unsigned k = 0; k <= i; k++)
		for (unsigned b = 0; b < (k == i ? a : (unsigned)PAMT_AREAS); b++)
			if (overlap(pamt_range(&t[k], b), pamt_range(&t[i], a)))
				return STATUS(PAMT_OVERLAP, pamt_detail(i, a, k));
	return 0;
}

/* The areas of TDMRs up to I against available memory of TDMRs up to I. */
static u64 check_pamt_available(const struct tdx_tdmr_info *t, unsigned i)
{
	for (unsigned k = 0; k <= i; k++)
		for (unsigned a = PAMT_AREAS; a--;) {
			if (over_available(&t[i], pamt_range(&t[k], a)))
				return STATUS(PAMT_OVERLAP, pamt_detail(k, a, i));
			if (over_available(&t[k], pamt_range(&t[i], a)))
				return STATUS(PAMT_OVERLAP, pamt_detail(i, a, k));
		}
	return 0;
}

static u64 check_pamts(const struct softmodule *m, const struct tdx_tdmr_info *t, unsigned i, bool dynamic)
{
	u64 status = 0;

	for (unsigned a = 0; a < PAMT_AREAS; a++)
		if (bad_pamt_format(m, &t[i], a, dynamic))
			return STATUS(INVALID_PAMT, pamt_detail(i, a, 0));
	for (unsigned a = 0; a < PAMT_AREAS && !status; a++)
		status = check_pamt_pamt(t, i, a);
	if (!status)
		status = check_pamt_available(t, i);
	for (unsigned a = 0; a < PAMT_AREAS && !status; a++)
		if (!in_cmrs(m, pamt_range(&t[i], a)))
			status = STATUS(PAMT_OUTSIDE_CMRS, pamt_detail(i, a, 0));
	return status;
}

static u64 check_available(const struct softmodule *m, const struct tdx_tdmr_info *t, unsigned i)
{
	struct range r;

	for (unsigned k = 0; available(t, k, &r); k++)
		if (!in_cmrs(m, r))
			return STATUS(TDMR_OUTSIDE_CMRS, i);
	return 0;
}

u64 tdmr_check(const struct softmodule *m, const struct tdx_tdmr_info *t, unsigned count, bool dynamic)
{
	for (unsigned i = 0; i < count; i++) {
		u64 status = check_self(m, t, i);

		if (!status)
			status = check_reserved(&t[i], i);
		if (!status)
			status = check_pamts(m, t, i, dynamic);
		if (!status)
			status = check_available(m, &t[i], i);
		if (status)
			return status;
	}
	return 0;
}
