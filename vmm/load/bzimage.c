// SPDX-License-Identifier: Apache-2.0
/*
 * The Linux boot protocol: the 64-bit entry where the image has one, else the
 * 32-bit one. Source: Documentation/arch/x86/boot.rst.
 */
#include "load.h"
#include "../vmm.h"

#include <errno.h>
#include <string.h>

#define RELOCATED_GPA	0x1000000ull	/* where it may be anywhere */
#define HIGH_GPA	0x100000u

#define SETUP_SECTS	0x1f1
#define SYSSIZE		0x1f4
#define HDR_MAGIC	0x202
#define HDR_VERSION	0x206
#define TYPE_OF_LOADER	0x210
#define LOADFLAGS	0x211
#define CODE32_START	0x214
#define RAMDISK_IMAGE	0x218
#define RAMDISK_SIZE	0x21c
#define CMD_LINE_PTR	0x228
#define INITRD_ADDR_MAX	0x22c
#define RELOCATABLE	0x234
#define XLOADFLAGS	0x236
#define CMDLINE_SIZE	0x238
#define PREF_ADDRESS	0x258
#define INIT_SIZE	0x260
#define HDR_END		0x268

#define BP_RSDP		0x070
#define BP_E820_COUNT	0x1e8
#define BP_E820		0x2d0
#define BP_HDR_MAX	0x290

#define LOADED_HIGH	1u
#define XLF_KERNEL_64	1u

#define VERSION_HIGH	0x202u	/* bzImage, cmd_line_ptr */
#define VERSION_64	0x20cu	/* xloadflags */

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static void put32(uint8_t *p, uint64_t v)
{
	uint32_t w = (uint32_t)v;

	memcpy(p, &w, sizeof(w));
}

static uint32_t version_of(const uint8_t *hdr)
{
	return hdr[HDR_VERSION] | (uint32_t)hdr[HDR_VERSION + 1] << 8;
}

/* The size in 16-byte units, rounded up, tells a truncated file. */
static int header_check(struct vm *vm, const struct image *image,
			size_t *setup_bytes)
{
	const uint8_t *data = image->data;
	uint32_t sects = data[SETUP_SECTS] ? data[SETUP_SECTS] : 4;
	uint64_t want = (uint64_t)get32(data + SYSSIZE) * 16;

	if (version_of(data) < VERSION_HIGH || !(data[LOADFLAGS] & LOADED_HIGH)) {
		vm_error(vm, "%s: a Linux image of the old kind (protocol %x)",
			 image->name, version_of(data));
		return -EINVAL;
	}
	*setup_bytes = (sects + 1) * 512u;
	if (image->bytes + 15 < *setup_bytes + want ||
	    image->bytes <= *setup_bytes) {
		vm_error(vm, "%s: truncated: %zu bytes, its header says %llu",
			 image->name, image->bytes,
			 (unsigned long long)(*setup_bytes + want));
		return -EINVAL;
	}
	return 0;
}

static int initrd_load(struct vm *vm, uint8_t *zero, uint64_t floor_gpa)
{
	uint64_t top = (uint64_t)get32(zero + INITRD_ADDR_MAX) + 1;
	struct module m;
	int err;

	if (!vm->cfg.initramfs)
		return 0;
	if (top > vm->low_bytes)
		top = vm->low_bytes;
	err = module_load(vm, vm->cfg.initramfs, floor_gpa, top, &m);
	if (err)
		return err;
	put32(zero + RAMDISK_IMAGE, m.gpa);
	put32(zero + RAMDISK_SIZE, m.bytes);
	return 0;
}

/* The header's end is told by its jump instruction at 0x200. */
static void header_copy(uint8_t *zero, const struct image *image)
{
	size_t end = 0x202u + image->data[0x201];

	if (end > BP_HDR_MAX)
		end = BP_HDR_MAX;
	if (end > image->bytes)
		end = image->bytes;
	memset(zero, 0, 4096);
	if (end > SETUP_SECTS)
		memcpy(zero + SETUP_SECTS, image->data + SETUP_SECTS,
		       end - SETUP_SECTS);
	/* Older headers end earlier: their defaults. */
	if (version_of(zero) < 0x203)
		put32(zero + INITRD_ADDR_MAX, 0x37ffffff);
	if (version_of(zero) < 0x206)
		put32(zero + CMDLINE_SIZE, 255);
	zero[TYPE_OF_LOADER] = 0xff;
}

static void e820_load(struct vm *vm, uint8_t *zero)
{
	struct e820_range map[E820_MAX];
	uint32_t nr = layout_e820(vm, map);

	zero[BP_E820_COUNT] = (uint8_t)nr;
	memcpy(zero + BP_E820, map, nr * sizeof(map[0]));
}

/* Where the protected-mode part goes, and how it is entered. */
static uint64_t entry_choose(struct vm *vm, const uint8_t *zero)
{
	uint64_t gpa = get32(zero + CODE32_START);

	vm->boot.wide = version_of(zero) >= VERSION_64 &&
			(zero[XLOADFLAGS] & XLF_KERNEL_64);
	if (version_of(zero) >= 0x205 && zero[RELOCATABLE])
		gpa = RELOCATED_GPA;
	else if (version_of(zero) >= 0x20a)
		memcpy(&gpa, zero + PREF_ADDRESS, sizeof(gpa));
	vm->boot.rip = gpa + (vm->boot.wide ? 0x200 : 0);
	vm->boot.rsi = BOOT_INFO_GPA;
	return gpa;
}

int load_bzimage(struct vm *vm, const struct image *image)
{
	uint64_t init_bytes, code_bytes, gpa;
	size_t setup_bytes;
	uint8_t *zero = vm_ram(vm, BOOT_INFO_GPA, 4096);
	int err;

	if (image->bytes < HDR_END || memcmp(image->data + HDR_MAGIC, "HdrS", 4))
		return -ENOEXEC;
	err = header_check(vm, image, &setup_bytes);
	if (err)
		return err;
	if (vm->cfg.nr_modules) {
		vm_error(vm, "payload.modules: %s is Linux: it takes an "
			 "initramfs only", image->name);
		return -EINVAL;
	}
	header_copy(zero, image);
	gpa = entry_choose(vm, zero);
	code_bytes = image->bytes - setup_bytes;
	init_bytes = version_of(zero) >= 0x20a ? get32(zero + INIT_SIZE) : 0;
	if (init_bytes < code_bytes)
		init_bytes = code_bytes;
	err = segment_load(vm, image, gpa, setup_bytes, code_bytes, init_bytes);
	if (!err)
		err = cmdline_load(vm, (uint64_t)get32(zero + CMDLINE_SIZE) + 1);
	if (!err)
		err = initrd_load(vm, zero, gpa + init_bytes);
	if (err)
		return err;
	put32(zero + CODE32_START, gpa);
	put32(zero + CMD_LINE_PTR, BOOT_TEXT_GPA);
	put32(zero + BP_RSDP, ACPI_RSDP_GPA);
	e820_load(vm, zero);
	return 0;
}
