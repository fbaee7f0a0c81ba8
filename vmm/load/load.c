// SPDX-License-Identifier: Apache-2.0
/* The kernel's file, whatever it is, and the files that go with it. */
#include "load.h"
#include "../vmm.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct loader {
	int (*load)(struct vm *vm, const struct image *image);
} loaders[] = {
	{ load_bzimage }, { load_pvh }, { load_multiboot },
};

int load_kernel(struct vm *vm)
{
	struct image image = { .name = vm->cfg.kernel };
	uint8_t *data;
	uint32_t i;
	int err;

	err = file_read(vm->cfg.kernel, &data, &image.bytes);
	if (err) {
		vm_error(vm, "payload.kernel: %s: %s", vm->cfg.kernel,
			 strerror(-err));
		return err;
	}
	image.data = data;
	memset(&vm->boot, 0, sizeof(vm->boot));
	err = -ENOEXEC;
	for (i = 0; i < 3 && err == -ENOEXEC; i++)
		err = loaders[i].load(vm, &image);
	if (err == -ENOEXEC)
		vm_error(vm, "payload.kernel: %s: not a bzImage, nor ELF with "
			 "a PVH note, nor multiboot", vm->cfg.kernel);
	free_file(data, image.bytes);
	return err;
}

int segment_load(struct vm *vm, const struct image *image, uint64_t gpa,
		 uint64_t offset, uint64_t file_bytes, uint64_t mem_bytes)
{
	uint8_t *p;

	if (offset > image->bytes || file_bytes > image->bytes - offset) {
		vm_error(vm, "%s: truncated: a segment ends behind the file",
			 image->name);
		return -EINVAL;
	}
	p = vm_ram(vm, gpa, mem_bytes);
	if (!p || file_bytes > mem_bytes || gpa < BOOT_DATA_END) {
		vm_error(vm, "%s: a segment at %llx, %llu bytes, does not fit "
			 "in memory", image->name, (unsigned long long)gpa,
			 (unsigned long long)mem_bytes);
		return -ENOMEM;
	}
	memcpy(p, image->data + offset, file_bytes);
	memset(p + file_bytes, 0, mem_bytes - file_bytes);
	return 0;
}

int module_load(struct vm *vm, const char *path, uint64_t floor,
		uint64_t ceiling, struct module *m)
{
	uint8_t *data;
	size_t bytes;
	int err = file_read(path, &data, &bytes);

	if (err) {
		vm_error(vm, "payload: %s: %s", path, strerror(-err));
		return err;
	}
	m->bytes = bytes;
	m->gpa = bytes < ceiling ? (ceiling - bytes) & ~0xfffull : 0;
	if (m->gpa < floor || !vm_ram(vm, m->gpa, bytes)) {
		vm_error(vm, "payload: %s: does not fit in memory", path);
		free_file(data, bytes);
		return -ENOMEM;
	}
	memcpy(vm_ram(vm, m->gpa, bytes), data, bytes);
	free_file(data, bytes);
	return 0;
}

/* The string of a module behind what is there; the path ends at a blank. */
static int module_text(struct vm *vm, const char *text, uint64_t *at,
		       char *path, size_t path_bytes)
{
	size_t bytes = strlen(text) + 1, name = strcspn(text, " ");

	if (name >= path_bytes ||
	    bytes > BOOT_TEXT_GPA + BOOT_TEXT_BYTES - *at) {
		vm_error(vm, "payload: the texts of modules are too long");
		return -E2BIG;
	}
	memcpy(path, text, name);
	path[name] = 0;
	memcpy(vm_ram(vm, *at, bytes), text, bytes);
	*at += bytes;
	return 0;
}

int modules_load(struct vm *vm, uint64_t floor, struct module *list,
		 uint32_t *nr)
{
	uint64_t text = BOOT_TEXT_GPA +
		strlen(vm->cfg.cmdline ? vm->cfg.cmdline : "") + 1;
	uint64_t ceiling = vm->low_bytes;
	uint32_t i, first = vm->cfg.initramfs ? 1 : 0;
	char path[256];
	int err;

	*nr = 0;
	for (i = 0; i < first + vm->cfg.nr_modules; i++) {
		struct module *m = &list[*nr];
		uint64_t at = text;

		err = module_text(vm, i < first ? vm->cfg.initramfs
				  : vm->cfg.modules[i - first].text, &text,
				  path, sizeof(path));
		if (!err)
			err = module_load(vm, path, floor, ceiling, m);
		if (err)
			return err;
		m->text_gpa = (uint32_t)at;
		ceiling = m->gpa;
		++*nr;
	}
	return 0;
}

int cmdline_load(struct vm *vm, uint64_t max)
{
	const char *text = vm->cfg.cmdline ? vm->cfg.cmdline : "";
	size_t bytes = strlen(text) + 1;

	if (bytes > max || bytes > BOOT_TEXT_BYTES) {
		vm_error(vm, "payload.cmdline: %zu bytes, the kernel takes %llu",
			 bytes - 1, (unsigned long long)max - 1);
		return -E2BIG;
	}
	memcpy(vm_ram(vm, BOOT_TEXT_GPA, bytes), text, bytes);
	return 0;
}
