/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sysinfo.h - what the module says about itself, and what it lacks for us
 */
#ifndef TDX_SYSINFO_H
#define TDX_SYSINFO_H

#include <abi/tdx.h>
#include <socle/types.h>

#define TDX_FEATURE_NO_RBP_MOD		BIT(18)
#define TDX_FEATURE_TOPOLOGY_ENUM	BIT(20)
#define TDX_FEATURE_CLFLUSH_BEFORE_ALLOC BIT(23)
#define TDX_FEATURE_DYNAMIC_PAMT	BIT(36)

struct tdx_sysinfo {
	u16 major, minor, update;
	u64 features0;
	u16 nr_cmrs;
	struct tdx_cmr_info cmr[TDX_MAX_CMRS];
	u16 max_tdmrs, max_reserved;
	u16 pamt_entry_size[3];		/* 1G, 2M, 4K, in bytes */
	u8 pamt_bitmap_bits;		/* of a 4 KiB page; 0 without Dynamic PAMT */
	u16 tdcs_size, tdvps_size;	/* bytes, whole pages */
	u64 attributes_fixed0, attributes_fixed1, xfam_fixed0, xfam_fixed1;
	u16 max_vcpus;
};

/**
 * tdx_sysinfo_read - every field, by SYS.RD; this CPU did SYS.LP.INIT
 *
 * Return: 0, -EIO a field that all modules have was refused, -ERANGE a value makes no sense. Logged.
 * Source: TDX Module ABI, "Global metadata (SYS)".
 */
int tdx_sysinfo_read(struct tdx_sysinfo *info) __must_check;
/* 0, or -EOPNOTSUPP: too old, or without a feature that is needed. Logged. */
int tdx_sysinfo_check(const struct tdx_sysinfo *info) __must_check;

#endif
