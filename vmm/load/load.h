/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loaders: from a kernel's file to guest memory and vm->boot
 *
 * Files are untrusted: every offset and size is checked against the file's
 * size and the guest's memory. All functions return 0, or -errno after a
 * message that names the file and the cause.
 */
#ifndef VMM_LOAD_H
#define VMM_LOAD_H

#include <stddef.h>
#include <stdint.h>

struct vm;

/* Boot data below 1 MiB; images load above it. */
#define BOOT_INFO_GPA	0x7000ull	/* 8 KiB */
#define BOOT_TEXT_GPA	0x20000ull	/* command line, module names */
#define BOOT_TEXT_BYTES	0x8000ull
#define BOOT_DATA_END	0x30000ull

struct image {
	const char *name;
	const uint8_t *data;
	size_t bytes;
};

/* A file in guest memory, for the kernel. */
struct module {
	uint64_t gpa, bytes;
	uint32_t text_gpa;	/* its string, 0-terminated */
};
#define MODULES_MAX 9u		/* initramfs and payload.modules */

int file_read(const char *path, uint8_t **data, size_t *bytes);
void free_file(uint8_t *data, size_t bytes);

/* payload.kernel, by what its file is. */
int load_kernel(struct vm *vm);
int load_bzimage(struct vm *vm, const struct image *image);
/* ELF with a PVH note, or -ENOEXEC without a message if it has none. */
int load_pvh(struct vm *vm, const struct image *image);
/* Multiboot 1, or -ENOEXEC without a message if it has no header. */
int load_multiboot(struct vm *vm, const struct image *image);

/*
 * The loadable segments of an ELF file to their physical addresses.
 * @entry: e_entry; @top: the end of the highest segment.
 */
int elf_load(struct vm *vm, const struct image *image, uint64_t *entry,
	     uint64_t *top);
/* Part of a file to memory, the rest of @mem_bytes zeroed. */
int segment_load(struct vm *vm, const struct image *image, uint64_t gpa,
		 uint64_t offset, uint64_t file_bytes, uint64_t mem_bytes);

/* One file as high as it goes below @ceiling, not below @floor. */
int module_load(struct vm *vm, const char *path, uint64_t floor,
		uint64_t ceiling, struct module *m);
/* initramfs and modules; strings are path and arguments, as GRUB's. */
int modules_load(struct vm *vm, uint64_t floor, struct module *list,
		 uint32_t *nr);
/* The command line at BOOT_TEXT_GPA; 0-terminated, at most @max with it. */
int cmdline_load(struct vm *vm, uint64_t max);

#endif
