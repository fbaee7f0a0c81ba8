// SPDX-License-Identifier: Apache-2.0
/*
 * ELF images, and those of them that have a PVH entry.
 * Source: ELF 1.2, System V ABI; Xen, docs/misc/pvh.pandoc and
 * public/arch-x86/hvm/start_info.h.
 */
#include "load.h"
#include "../vmm.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define PT_LOAD		1u
#define PT_NOTE		4u
#define PHDRS_MAX	64u
#define NOTE_PHYS32	18u

/* A program header, from either class. */
struct segment {
	uint32_t type;
	uint64_t offset, paddr, file_bytes, mem_bytes;
};

struct elf {
	bool wide;
	uint32_t nr, step;
	uint64_t phoff, entry;
};

static uint64_t get(const struct image *im, uint64_t at, uint32_t bytes)
{
	uint64_t v = 0;

	if (at <= im->bytes && bytes <= im->bytes - at)
		memcpy(&v, im->data + at, bytes);
	return v;
}

/* Little endian, for x86 of 32 or 64 bits. */
static bool elf_open(const struct image *im, struct elf *e)
{
	uint64_t machine = get(im, 18, 2);

	if (im->bytes < 64 || memcmp(im->data, "\177ELF", 4) ||
	    im->data[5] != 1 || (machine != 3 && machine != 62))
		return false;
	e->wide = im->data[4] == 2;
	e->entry = get(im, 24, e->wide ? 8 : 4);
	e->phoff = e->wide ? get(im, 32, 8) : get(im, 28, 4);
	e->step = (uint32_t)get(im, e->wide ? 54 : 42, 2);
	e->nr = (uint32_t)get(im, e->wide ? 56 : 44, 2);
	return e->nr <= PHDRS_MAX && e->step >= (e->wide ? 56u : 32u) &&
	       e->phoff <= im->bytes &&
	       (uint64_t)e->nr * e->step <= im->bytes - e->phoff;
}

static struct segment segment_at(const struct image *im, const struct elf *e,
				 uint32_t i)
{
	uint64_t at = e->phoff + (uint64_t)i * e->step;
	uint32_t word = e->wide ? 8 : 4;
	struct segment s = { .type = (uint32_t)get(im, at, 4) };

	s.offset = get(im, at + (e->wide ? 8 : 4), word);
	s.paddr = get(im, at + (e->wide ? 24 : 12), word);
	s.file_bytes = get(im, at + (e->wide ? 32 : 16), word);
	s.mem_bytes = get(im, at + (e->wide ? 40 : 20), word);
	return s;
}

int elf_load(struct vm *vm, const struct image *im, uint64_t *entry,
	     uint64_t *top)
{
	struct elf e;
	uint32_t i;

	if (!elf_open(im, &e)) {
		vm_error(vm, "%s: its ELF header is broken", im->name);
		return -EINVAL;
	}
	*entry = e.entry;
	*top = 0;
	for (i = 0; i < e.nr; i++) {
		struct segment s = segment_at(im, &e, i);
		int err;

		if (s.type != PT_LOAD || !s.mem_bytes)
			continue;
		err = segment_load(vm, im, s.paddr, s.offset, s.file_bytes,
				   s.mem_bytes);
		if (err)
			return err;
		if (s.paddr + s.mem_bytes > *top)
			*top = s.paddr + s.mem_bytes;
	}
	if (*top)
		return 0;
	vm_error(vm, "%s: nothing to load in this ELF file", im->name);
	return -EINVAL;
}

/* The 32-bit entry of one PT_NOTE segment, 0 if it names none. */
static uint64_t note_find(const struct image *im, const struct segment *s)
{
	uint64_t at = s->offset, end = s->offset + s->file_bytes;

	while (at + 12 <= end && end <= im->bytes) {
		uint64_t name = get(im, at, 4), desc = get(im, at + 4, 4);
		uint64_t data = at + 12 + ((name + 3) & ~3ull);

		if (get(im, at + 8, 4) == NOTE_PHYS32 && name == 4 &&
		    get(im, at + 12, 4) == 0x006e6558u && desc >= 4)
			return get(im, data, 4);
		at = data + ((desc + 3) & ~3ull);
	}
	return 0;
}

static uint64_t pvh_entry(const struct image *im, const struct elf *e)
{
	uint64_t entry = 0;
	uint32_t i;

	for (i = 0; i < e->nr && !entry; i++) {
		struct segment s = segment_at(im, e, i);

		if (s.type == PT_NOTE && s.offset <= im->bytes &&
		    s.file_bytes <= im->bytes - s.offset)
			entry = note_find(im, &s);
	}
	return entry;
}

struct hvm_start_info {
	uint32_t magic, version, flags, nr_modules;
	uint64_t modlist, cmdline, rsdp, memmap;
	uint32_t memmap_entries, reserved;
};

struct hvm_memmap {
	uint64_t addr, bytes;
	uint32_t type, reserved;
};

struct pvh_info {
	struct hvm_start_info start;
	struct { uint64_t gpa, bytes, cmdline, reserved; } mods[MODULES_MAX];
	struct hvm_memmap map[E820_MAX];
};

_Static_assert(sizeof(struct pvh_info) <= 4096, "one page of boot data");

static void info_fill(struct vm *vm, const struct module *list, uint32_t nr)
{
	struct pvh_info *info = vm_ram(vm, BOOT_INFO_GPA, sizeof(*info));
	struct e820_range map[E820_MAX];
	uint32_t i, ranges = layout_e820(vm, map);

	memset(info, 0, sizeof(*info));
	info->start.magic = 0x336ec578;
	info->start.version = 1;
	info->start.nr_modules = nr;
	info->start.modlist = BOOT_INFO_GPA + offsetof(struct pvh_info, mods);
	info->start.cmdline = BOOT_TEXT_GPA;
	info->start.rsdp = ACPI_RSDP_GPA;
	info->start.memmap = BOOT_INFO_GPA + offsetof(struct pvh_info, map);
	info->start.memmap_entries = ranges;
	for (i = 0; i < nr; i++) {
		info->mods[i].gpa = list[i].gpa;
		info->mods[i].bytes = list[i].bytes;
		info->mods[i].cmdline = list[i].text_gpa;
	}
	for (i = 0; i < ranges; i++) {
		info->map[i].addr = map[i].base;
		info->map[i].bytes = map[i].bytes;
		info->map[i].type = map[i].type;
	}
}

int load_pvh(struct vm *vm, const struct image *im)
{
	struct module list[MODULES_MAX];
	uint64_t entry, unused, top;
	struct elf e;
	uint32_t nr;
	int err;

	if (!elf_open(im, &e))
		return -ENOEXEC;
	entry = pvh_entry(im, &e);
	if (!entry)
		return -ENOEXEC;
	err = elf_load(vm, im, &unused, &top);
	if (!err)
		err = cmdline_load(vm, BOOT_TEXT_BYTES);
	if (!err)
		err = modules_load(vm, top, list, &nr);
	if (err)
		return err;
	info_fill(vm, list, nr);
	vm->boot.rip = entry;
	vm->boot.rbx = BOOT_INFO_GPA;
	return 0;
}
