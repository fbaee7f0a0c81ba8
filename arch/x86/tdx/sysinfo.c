// SPDX-License-Identifier: Apache-2.0
/*
 * sysinfo.c - global metadata in a table: id, where it goes, what values make sense
 */
#include "sysinfo.h"
#include <errno.h>
#include <string.h>
#include <socle/log.h>
#include "leaf.h"
#include "seamcall.h"
#include "status.h"

#define MIN_MAJOR 1
#define MIN_MINOR 5

struct field {
	u64 id;
	const char *name;
	u16 offset, size;
	u64 min, max, multiple;		/* max 0: any value */
	u64 feature;			/* only asked for with this bit in features0 */
};

#define FIELD(id, member, ...) \
	{ id, #member, offsetof(struct tdx_sysinfo, member), sizeof(((struct tdx_sysinfo *)0)->member), __VA_ARGS__ }

/* features0 comes before what depends on it. */
static const struct field fields[] = {
	FIELD(0x0800000100000004, major, 0, 0, 0, 0),
	FIELD(0x0800000100000003, minor, 0, 0, 0, 0),
	FIELD(0x0800000100000005, update, 0, 0, 0, 0),
	FIELD(0x0a00000300000008, features0, 0, 0, 0, 0),
	FIELD(0x9000000100000000, nr_cmrs, 1, TDX_MAX_CMRS, 1, 0),
	FIELD(0x9100000100000008, max_tdmrs, 1, TDX_MAX_TDMRS, 1, 0),
	FIELD(0x9100000100000009, max_reserved, 1, TDX_MAX_RESERVED, 1, 0),
	FIELD(0x9100000100000010, pamt_entry_size[2], 1, PAGE_SIZE, 1, 0),
	FIELD(0x9100000100000011, pamt_entry_size[1], 1, PAGE_SIZE, 1, 0),
	FIELD(0x9100000100000012, pamt_entry_size[0], 1, PAGE_SIZE, 1, 0),
	FIELD(0x9100000100000013, pamt_bitmap_bits, 1, 8, 1, TDX_FEATURE_DYNAMIC_PAMT),
	FIELD(0x9800000100000100, tdcs_size, PAGE_SIZE, 16 * PAGE_SIZE - 1, PAGE_SIZE, 0),
	FIELD(0x9800000100000200, tdvps_size, PAGE_SIZE, 16 * PAGE_SIZE - 1, PAGE_SIZE, 0),
	FIELD(0x1900000300000000, attributes_fixed0, 0, 0, 0, 0),
	FIELD(0x1900000300000001, attributes_fixed1, 0, 0, 0, 0),
	FIELD(0x1900000300000002, xfam_fixed0, 0, 0, 0, 0),
	FIELD(0x1900000300000003, xfam_fixed1, 0, 0, 0, 0),
	FIELD(0x9900000100000008, max_vcpus, 1, 0xffff, 1, 0),
};

#define CMR_BASE 0x9000000300000080
#define CMR_SIZE 0x9000000300000100

static int read_one(const struct field *f, u64 *value)
{
	u64 status = tdh_sys_rd(f->id, NULL, value);

	if (!tdx_done(status)) {
		log_notice("tdx: the module does not tell its %s (field %#lx)\n", f->name, f->id);
		return -EIO;
	}
	if (f->max && (*value < f->min || *value > f->max || *value % f->multiple)) {
		log_notice("tdx: the module's %s is %lu: outside %lu to %lu, or no multiple of %lu\n", f->name,
			   *value, f->min, f->max,
			   f->multiple);
		return -ERANGE;
	}
	return 0;
}

static int read_cmrs(struct tdx_sysinfo *info)
{
	for (u32 i = 0; i < info->nr_cmrs; i++) {
		u64 base, size;

		if (!tdx_done(tdh_sys_rd(CMR_BASE + i, NULL, &base)) || !tdx_done(tdh_sys_rd(CMR_SIZE + i, NULL, &size)))
			return -EIO;
		info->cmr[i] = (struct tdx_cmr_info){ base, size };
	}
	/* Empty ones at the end count for nothing. */
	while (info->nr_cmrs && !info->cmr[info->nr_cmrs - 1].size)
		info->nr_cmrs--;
	return 0;
}

int tdx_sysinfo_read(struct tdx_sysinfo *info)
{
	memset(info, 0, sizeof(*info));
	for (u32 i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field *f = &fields[i];
		u64 value;
		int err;

		if (f->feature && !(info->features0 & f->feature))
			continue;
		err = read_one(f, &value);
		if (err)
			return err;
		memcpy((u8 *)info + f->offset, &value, f->size);	/* little endian */
	}
	return read_cmrs(info);
}

static const struct { u64 bit; const char *name; } needed[] = {
	{ TDX_FEATURE_NO_RBP_MOD, "NO_RBP_MOD" }, { TDX_FEATURE_TOPOLOGY_ENUM, "TOPOLOGY_ENUM" },
};

int tdx_sysinfo_check(const struct tdx_sysinfo *info)
{
	if (info->major < MIN_MAJOR || (info->major == MIN_MAJOR && info->minor < MIN_MINOR)) {
		log_notice("tdx: module %u.%u.%u is too old: %u.%u is needed; update it with the BIOS or from the boot loader\n",
			   info->major, info->minor, info->update, MIN_MAJOR, MIN_MINOR);
		return -EOPNOTSUPP;
	}
	for (u32 i = 0; i < ARRAY_SIZE(needed); i++)
		if (!(info->features0 & needed[i].bit)) {
			log_notice("tdx: module %u.%u.%u lacks %s: update it\n", info->major, info->minor, info->update,
				   needed[i].name);
			return -EOPNOTSUPP;
		}
	return 0;
}
