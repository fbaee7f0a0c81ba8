/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot_info.h - what the UEFI loader hands to the kernel
 *
 * The loader enters kernel_entry(struct boot_info *) with the address in RDI in
 * the direct map, interrupts off, its own page tables: the image at -2 GiB, all
 * memory (at least 4 GiB) in the direct map, and 1:1 for the jump.
 */
#ifndef SOCLE_BOOT_INFO_H
#define SOCLE_BOOT_INFO_H

#include <socle/types.h>

#define BOOT_INFO_MAGIC	0x31454c434f53ull	/* "SOCLE1" */
#define BOOT_MAX_RANGES	512
#define BOOT_MAX_FILES	64
#define BOOT_PATH_MAX	128

enum boot_range_type { BOOT_RAM, BOOT_LOADER, BOOT_ACPI, BOOT_RESERVED, BOOT_MMIO };

struct boot_range { u64 start, size; u32 type, pad; };	/* bytes; sorted, not overlapping */
struct boot_file { char path[BOOT_PATH_MAX]; u64 pa, size; };	/* path as "/socle/vm.json" */
struct boot_framebuffer { u64 pa, size; u32 width, height, pitch, format; };	/* pa 0: none; format 0 RGBX, 1 BGRX */

struct boot_info {
	u64 magic;
	u64 kernel_pa, kernel_size;
	u64 rsdp_pa;				/* 0: none */
	struct boot_framebuffer fb;
	u64 tsc_at_exit;			/* counter right after ExitBootServices */
	u64 realtime_s;				/* seconds since 1970 from GetTime(), 0 unknown */
	u32 nr_ranges, nr_files;
	struct boot_range range[BOOT_MAX_RANGES];
	struct boot_file file[BOOT_MAX_FILES];
	char cmdline[1024];			/* contents of /socle/cmdline, one line */
};

#endif
