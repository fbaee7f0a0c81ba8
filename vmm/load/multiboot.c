// SPDX-License-Identifier: Apache-2.0
/*
 * Multiboot 1: ELF, or addresses in the header; modules as GRUB gives them.
 * Source: Multiboot Specification 0.6.96, 3.1 to 3.3.
 */
#include "load.h"
#include "../vmm.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define HEADER_MAGIC	0x1badb002u
#define LOADER_MAGIC	0x2badb002u
#define SEARCH_BYTES	8192u

#define FLAG_VIDEO	0x00000004u
#define FLAG_ADDRESSES	0x00010000u
#define FLAGS_KNOWN	0x00010003u	/* page-aligned modules, memory map */

#define INFO_MEMORY	0x001u
#define INFO_CMDLINE	0x004u
#define INFO_MODULES	0x008u
#define INFO_MMAP	0x040u
#define INFO_NAME	0x200u

struct header {
	uint32_t magic, flags, checksum;
	uint32_t header_addr, load_addr, load_end, bss_end, entry;
};

struct mmap_entry {
	uint32_t size;
	uint64_t base, bytes;
	uint32_t type;
} __attribute__((packed));

struct info {
	uint32_t flags, mem_lower, mem_upper, boot_device, cmdline;
	uint32_t nr_modules, modules, syms[4], mmap_bytes, mmap;
	uint32_t drives_bytes, drives, config_table, name, apm, vbe[4];
	struct { uint32_t start, end, text, reserved; } mods[MODULES_MAX];
	struct mmap_entry map[E820_MAX];
	char loader[8];
};

_Static_assert(sizeof(struct info) <= 4096, "one page of boot data");

/* Offset of the header in the file, false if there is none. */
static bool header_find(const struct image *im, uint32_t *at,
			struct header *h)
{
	uint32_t i;

	memset(h, 0, sizeof(*h));
	for (i = 0; i + 12 <= im->bytes && i + 12 <= SEARCH_BYTES; i += 4) {
		memcpy(h, im->data + i, 12);
		if (h->magic != HEADER_MAGIC ||
		    h->magic + h->flags + h->checksum != 0)
			continue;
		if (i + sizeof(*h) <= im->bytes)
			memcpy(h, im->data + i, sizeof(*h));
		*at = i;
		return true;
	}
	return false;
}

/* An image that says itself where it goes: any kind of file. */
static int flat_load(struct vm *vm, const struct image *im, uint32_t at,
		     const struct header *h, uint64_t *top)
{
	uint64_t skipped = (uint64_t)h->header_addr - h->load_addr;
	uint64_t offset = at - skipped, bytes, mem;

	if (h->load_addr > h->header_addr || skipped > at ||
	    (h->load_end && h->load_end < h->load_addr)) {
		vm_error(vm, "%s: the multiboot header's addresses are broken",
			 im->name);
		return -EINVAL;
	}
	bytes = h->load_end ? h->load_end - h->load_addr : im->bytes - offset;
	mem = h->bss_end > h->load_addr ? h->bss_end - h->load_addr : 0;
	if (mem < bytes)
		mem = bytes;
	*top = h->load_addr + mem;
	return segment_load(vm, im, h->load_addr, offset, bytes, mem);
}

static void map_fill(struct vm *vm, struct info *info)
{
	struct e820_range map[E820_MAX];
	uint32_t i, nr = layout_e820(vm, map);

	for (i = 0; i < nr; i++) {
		info->map[i].size = sizeof(info->map[i]) - 4;
		info->map[i].base = map[i].base;
		info->map[i].bytes = map[i].bytes;
		info->map[i].type = map[i].type;
	}
	info->mmap = (uint32_t)(BOOT_INFO_GPA + offsetof(struct info, map));
	info->mmap_bytes = nr * (uint32_t)sizeof(info->map[0]);
	info->mem_lower = (uint32_t)(map[0].bytes >> 10);
	info->mem_upper = (uint32_t)(map[2].bytes >> 10);
}

static void info_fill(struct vm *vm, const struct module *list, uint32_t nr)
{
	struct info *info = vm_ram(vm, BOOT_INFO_GPA, sizeof(*info));
	uint32_t i;

	memset(info, 0, sizeof(*info));
	info->flags = INFO_MEMORY | INFO_CMDLINE | INFO_MODULES | INFO_MMAP |
		      INFO_NAME;
	info->cmdline = (uint32_t)BOOT_TEXT_GPA;
	info->nr_modules = nr;
	info->modules = (uint32_t)(BOOT_INFO_GPA + offsetof(struct info, mods));
	for (i = 0; i < nr; i++) {
		info->mods[i].start = (uint32_t)list[i].gpa;
		info->mods[i].end = (uint32_t)(list[i].gpa + list[i].bytes);
		info->mods[i].text = list[i].text_gpa;
	}
	memcpy(info->loader, "Socle", 6);
	info->name = (uint32_t)(BOOT_INFO_GPA + offsetof(struct info, loader));
	map_fill(vm, info);
}

int load_multiboot(struct vm *vm, const struct image *im)
{
	struct module list[MODULES_MAX];
	uint64_t entry, top;
	struct header h;
	uint32_t at, nr;
	int err;

	if (!header_find(im, &at, &h))
		return -ENOEXEC;
	/* The low half are demands, the high half offers. */
	if (h.flags & 0xffff & ~FLAGS_KNOWN) {
		vm_error(vm, "%s: multiboot header demands %s", im->name,
			 h.flags & FLAG_VIDEO ? "a video mode"
					      : "something unknown");
		return -EINVAL;
	}
	entry = h.entry;
	err = h.flags & FLAG_ADDRESSES ? flat_load(vm, im, at, &h, &top)
				       : elf_load(vm, im, &entry, &top);
	if (!err)
		err = cmdline_load(vm, BOOT_TEXT_BYTES);
	if (!err)
		err = modules_load(vm, top, list, &nr);
	if (err)
		return err;
	info_fill(vm, list, nr);
	vm->boot.rip = entry;
	vm->boot.rax = LOADER_MAGIC;
	vm->boot.rbx = BOOT_INFO_GPA;
	return 0;
}
