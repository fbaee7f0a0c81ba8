/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tdmr.h - the host's memory as TDMRs: what is covered, where the PAMT is, what is left out
 */
#ifndef TDX_TDMR_H
#define TDX_TDMR_H

#include <socle/mem.h>
#include "sysinfo.h"

struct tdx_tdmrs {
	u32 nr;
	bool dynamic;
	struct tdx_tdmr_info tdmr[TDX_MAX_TDMRS];
	struct phys_range pamt[TDX_MAX_TDMRS];	/* all areas of a TDMR in one piece */
};

/* Bytes of the areas 1G, 2M, 4K (dynamic: the bitmap) for a TDMR of @size bytes, whole pages; their sum is returned. */
u64 tdmr_pamt_bytes(const struct tdx_sysinfo *info, u64 size, bool dynamic, u64 bytes[3]);

/**
 * tdmrs_build - TDMRs that cover @mem, with PAMTs allocated near them
 * @mem: usable memory in order, not overlapping, above 1 MiB; whole pages
 *
 * Return: 0, -ENOMEM, -ENOSPC more TDMRs or reserved areas than the module takes, -EOPNOTSUPP memory that is
 * not convertible (in no CMR). Logged; nothing stays allocated.
 * Source: TDX Module Base specification, "Physical memory management".
 */
int tdmrs_build(struct tdx_tdmrs *t, const struct tdx_sysinfo *info, const struct phys_range *mem, u32 nr,
		bool dynamic) __must_check;
void tdmrs_free(struct tdx_tdmrs *t);

#endif
