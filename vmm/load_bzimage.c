// SPDX-License-Identifier: Apache-2.0
/* Linux bzImage by the 64-bit boot protocol. */
#include "vmm.h"

#include <errno.h>
#include <string.h>

#define ZERO_PAGE	0x7000ull
#define CMDLINE_GPA	0x20000ull
#define KERNEL_GPA	0x1000000ull

#define SETUP_SECTS	0x1f1
#define HDR_MAGIC	0x202
#define HDR_VERSION	0x206
#define LOADFLAGS	0x211
#define XLOADFLAGS	0x236
#define CMDLINE_SIZE	0x238
#define INIT_SIZE	0x260
#define XLF_KERNEL_64	1u

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

static int header_check(struct vm *vm, const uint8_t *image, size_t bytes)
{
	const char *name = vm->cfg.kernel;
	uint16_t version;

	if (bytes < 0x400 || memcmp(image + HDR_MAGIC, "HdrS", 4)) {
		vm_error(vm, "%s: not a bzImage", name);
		return -ENOEXEC;
	}
	memcpy(&version, image + HDR_VERSION, sizeof(version));
	if (version < 0x20c || !(image[XLOADFLAGS] & XLF_KERNEL_64)) {
		vm_error(vm, "%s: bzImage without the 64-bit entry (protocol %x)",
			 name, version);
		return -ENOEXEC;
	}
	return 0;
}

/* The size in 16-byte units at 0x1f4 tells a truncated file. */
static int payload_check(struct vm *vm, const uint8_t *image, size_t bytes,
			 size_t *setup_bytes)
{
	uint32_t sects = image[SETUP_SECTS] ? image[SETUP_SECTS] : 4;
	uint64_t want = (uint64_t)get32(image + 0x1f4) * 16;

	*setup_bytes = (sects + 1) * 512u;
	if (bytes < *setup_bytes + want) {
		vm_error(vm, "%s: truncated: %zu bytes, its header says %llu",
			 vm->cfg.kernel, bytes,
			 (unsigned long long)(*setup_bytes + want));
		return -ENOEXEC;
	}
	return 0;
}

static int initrd_load(struct vm *vm, uint8_t *zero, uint64_t floor_gpa)
{
	uint8_t *data;
	size_t bytes;
	uint64_t top = vm->low_bytes, gpa;
	int err;

	if (!vm->cfg.initramfs)
		return 0;
	err = file_read(vm->cfg.initramfs, &data, &bytes);
	if (err) {
		vm_error(vm, "%s: %s", vm->cfg.initramfs, strerror(-err));
		return err;
	}
	gpa = bytes < top ? (top - bytes) & ~0xfffull : 0;
	if (gpa < floor_gpa) {
		vm_error(vm, "%s: initramfs does not fit in memory",
			 vm->cfg.initramfs);
		free_file(data);
		return -ENOMEM;
	}
	memcpy(vm_ram(vm, gpa, bytes), data, bytes);
	free_file(data);
	put32(zero + 0x218, gpa);
	put32(zero + 0x21c, bytes);
	return 0;
}

static int cmdline_load(struct vm *vm, uint8_t *zero)
{
	const char *text = vm->cfg.cmdline ? vm->cfg.cmdline : "";
	size_t bytes = strlen(text) + 1;

	if (bytes > get32(zero + CMDLINE_SIZE) || bytes > 0x8000) {
		vm_error(vm, "payload.cmdline: longer than the kernel takes");
		return -E2BIG;
	}
	memcpy(vm_ram(vm, CMDLINE_GPA, bytes), text, bytes);
	put32(zero + 0x228, CMDLINE_GPA);
	return 0;
}

static void e820_load(struct vm *vm, uint8_t *zero)
{
	struct e820_range map[E820_MAX];
	uint32_t nr = layout_e820(vm, map);

	zero[0x1e8] = (uint8_t)nr;
	memcpy(zero + 0x2d0, map, nr * sizeof(map[0]));
}

int load_bzimage(struct vm *vm, const uint8_t *image, size_t bytes)
{
	size_t setup_bytes, hdr_end;
	uint64_t init_bytes;
	uint8_t *zero;
	int err;

	err = header_check(vm, image, bytes);
	if (err)
		return err;
	err = payload_check(vm, image, bytes, &setup_bytes);
	if (err)
		return err;

	init_bytes = get32(image + INIT_SIZE);
	if (init_bytes < bytes - setup_bytes)
		init_bytes = bytes - setup_bytes;
	if (!vm_ram(vm, KERNEL_GPA, init_bytes)) {
		vm_error(vm, "%s: kernel does not fit in memory",
			 vm->cfg.kernel);
		return -ENOMEM;
	}
	zero = vm_ram(vm, ZERO_PAGE, 4096);
	memset(zero, 0, 4096);
	hdr_end = 0x202u + image[0x201];
	if (hdr_end > 0x2d0)
		hdr_end = 0x2d0;
	memcpy(zero + SETUP_SECTS, image + SETUP_SECTS, hdr_end - SETUP_SECTS);
	zero[0x210] = 0xff;
	zero[LOADFLAGS] |= 1;
	put32(zero + 0x070, ACPI_RSDP_GPA);
	memcpy(vm_ram(vm, KERNEL_GPA, init_bytes), image + setup_bytes,
	       bytes - setup_bytes);
	err = cmdline_load(vm, zero);
	if (err)
		return err;
	err = initrd_load(vm, zero, KERNEL_GPA + init_bytes);
	if (err)
		return err;
	e820_load(vm, zero);
	vm->entry = KERNEL_GPA + 0x200;
	vm->boot_arg = ZERO_PAGE;
	vm->entry_long = true;
	return 0;
}
