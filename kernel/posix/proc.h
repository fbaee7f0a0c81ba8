/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc.h - the process: one app runs at a time
 */
#ifndef POSIX_PROC_H
#define POSIX_PROC_H

#include "posix.h"

struct proc {
	struct mm mm;
	struct fd_table fds;
};

/* elf.c: maps the image; 0 or -errno after a log line. */
int elf_load(struct mm *mm, const u8 *image, u64 bytes, u64 *entry);
/* ramfs.c */
void ramfs_init(const struct boot_info *bi);
const struct boot_file *ramfs_find(const char *path);
int ramfs_open(const char *path, u32 flags, struct file **out);
bool ramfs_is_dir_entry(u32 index, const struct boot_file **out);
/* dev.c */
int dev_open(const char *path, u32 flags, struct file **out);	/* -ENOENT: not a device */
void tty_init(void);
struct file *tty_file(void);
/* stat of any file; dev.c and ramfs.c fill it */
u64 file_bytes(const struct file *f);
bool file_is_regular(const struct file *f);

#endif
