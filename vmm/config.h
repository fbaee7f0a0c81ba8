/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The description of a VM: Cloud Hypervisor's VmConfig, as far as we have it
 *
 * Ours beyond it: payload.modules (multiboot) and testdev.
 */
#ifndef VMM_CONFIG_H
#define VMM_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VMM_MAX_VCPUS	64u
#define VMM_MAX_DISKS	8u
#define VMM_MAX_MODULES	8u

enum console_mode {
	CONSOLE_OFF,	/* no device */
	CONSOLE_NULL,	/* a device that says nothing */
	CONSOLE_TTY,	/* the VM's part of the machine's serial port */
	CONSOLE_FILE,
};

struct console_config {
	enum console_mode mode;
	char *file;
};

struct disk_config {
	char *path;
	bool readonly;
	char *serial;	/* what the guest reads as the disk's identity */
};

struct text_config {
	char *text;
};

struct vm_config {
	char name[64];
	uint32_t boot_vcpus, max_vcpus;
	uint64_t memory_bytes;
	char *kernel;
	char *initramfs;
	char *cmdline;
	struct text_config modules[VMM_MAX_MODULES];
	uint32_t nr_modules;
	struct disk_config disks[VMM_MAX_DISKS];
	uint32_t nr_disks;
	struct console_config serial, console;
	bool has_rng;
	char *rng_src;
	bool testdev;
};

/**
 * config_parse - one VM from JSON text
 * @file: for messages
 * @cfg:  output; valid and to be freed only on success; its name stays empty
 * @err:  output on failure: "file:line: field: cause"
 *
 * Return: 0, -EINVAL with @err, -ENOMEM.
 */
int config_parse(const char *file, const char *text, struct vm_config *cfg,
		 char *err, size_t err_bytes);
/* The same from a file; the VM's name is the file's without folder and end. */
int config_load(const char *file, struct vm_config *cfg, char *err,
		size_t err_bytes);
void config_free(struct vm_config *cfg);

/* config_fields.c: what may stand in the JSON. */
enum field_kind {
	FIELD_U32, FIELD_U64,	/* min to max */
	FIELD_BOOL, FIELD_TEXT, FIELD_MODE,
	FIELD_OBJECT,		/* sub */
	FIELD_LIST,		/* at most max elements of @bytes; count at @count */
	FIELD_ABSENT,		/* Cloud Hypervisor's; only null, false, 0, [] */
	FIELD_FIXED,		/* only the number min */
};

struct field {
	const char *name;
	enum field_kind kind;
	size_t at;		/* offset in what the object describes */
	uint64_t min, max;
	const struct field *sub;
	size_t bytes, count;
	size_t flag;		/* set to true when an object is given; 0: none */
};

extern const struct field config_fields[];

#endif
