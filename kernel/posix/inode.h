/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inode.h - files in memory: contents (inode.c) and names (ramfs.c)
 */
#ifndef POSIX_INODE_H
#define POSIX_INODE_H

#include <socle/boot_info.h>
#include "posix.h"

#define FILE_MAX_BYTES	(1ull << 46)

struct inode {
	struct list link;		/* of ramfs.c, under its lock */
	char path[BOOT_PATH_MAX];
	bool is_linked;			/* has its name */
	u32 refs;			/* open files, and the name */
	u64 ino;
	struct mutex lock;		/* the rest; inside of mm->lock */
	u64 size;
	u64 base_pa, base_bytes;	/* first pages, where the loader left them */
	struct frames pages;		/* by offset, from base_bytes on; a page that is not there reads as zeros */
};

struct inode *inode_create(const char *path);	/* one reference; NULL: no memory */
void inode_get(struct inode *n);
void inode_put(struct inode *n);
/* Bytes moved to or from app memory; 0 at the end of the file; -EFAULT, -ENOSPC, -EFBIG. */
long inode_read(struct inode *n, u64 pos, u64 buf, size_t bytes);
long inode_write(struct inode *n, u64 pos, u64 buf, size_t bytes);
/* Kernel memory; past the end nothing is written. */
void inode_read_page(struct inode *n, u64 pos, void *page);
/* Page of a shared mapping, made when absent. 0, -EINVAL past the end, -ENOMEM. */
int inode_page_for_map(struct inode *n, u64 pos, hpa_t *pa);
int inode_truncate(struct inode *n, u64 size);	/* 0, -EFBIG, -ENOMEM */

#endif
