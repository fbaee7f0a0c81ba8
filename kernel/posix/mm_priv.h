/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mm_priv.h - one address space: sorted regions, a radix tree of frames, notifiers
 *
 * Everything in struct mm is under mm->lock. What a removed region held (files)
 * is dropped after the lock, since a release may come back to this mm.
 */
#ifndef POSIX_MM_PRIV_H
#define POSIX_MM_PRIV_H

#include <socle/file.h>
#include <socle/list.h>
#include <socle/lock.h>
#include <socle/mm.h>
#include <socle/types.h>

#define MM_LOWEST	0x10000ull		/* nothing is mapped below */
#define MM_SEARCH_FROM	0x100000000000ull	/* addresses that the kernel chooses */
#define MM_END		(APP_VA_END - PAGE_SIZE)
#define MM_MAX_REGIONS	65530u

enum region_kind { REGION_ANON, REGION_DEVICE, REGION_FILE_COPY };

struct region {
	struct list link;
	u64 start, end;
	u32 prot, prot_max;		/* ABI_PROT_*; what mprotect may give */
	enum region_kind kind;
	struct file *file;		/* not REGION_ANON; a reference */
	u64 file_off;			/* of start */
};

/* Radix tree by page number, 9 bits a level; see frames.c. */
struct frames { u64 *root; };

struct mm {
	struct mutex lock;
	struct list regions;		/* sorted, not overlapping */
	u32 nr_regions;
	struct frames frames;
	struct list notifiers;
	bool dead;			/* no new mappings, faults fail */
};

/* frames.c: caller holds mm->lock */
int frames_init(struct frames *fr);
bool frames_find(const struct frames *fr, u64 va, struct mm_frame *out);
bool frames_block_is_empty(const struct frames *fr, u64 va);	/* no frame in the aligned 2 MiB */
int frames_set(struct frames *fr, u64 va, hpa_t pa, u64 bytes);	/* 0, -ENOMEM; must be empty there */
int frames_split(struct frames *fr, u64 va);	/* no 2 MiB frame crosses @va; 1 split, 0 not needed, -ENOMEM */
void frames_remove(struct frames *fr, u64 start, u64 end);	/* frees them; split at both ends before */
void frames_destroy(struct frames *fr);

/* region.c */
int mm_init(struct mm *mm);
void mm_destroy(struct mm *mm);		/* unmaps everything, then faults fail; the mm stays */
struct region *mm_find(struct mm *mm, u64 va);
struct map_request {
	u64 addr, bytes;
	u32 prot, flags;
	u32 prot_max;			/* 0: all */
	enum region_kind kind;
	struct file *file;
	u64 file_off;
};
long mm_map(struct mm *mm, const struct map_request *q);	/* address or -errno; takes a reference of the file */
int mm_unmap(struct mm *mm, u64 start, u64 bytes);
int mm_protect(struct mm *mm, u64 start, u64 bytes, u32 prot);
int mm_discard(struct mm *mm, u64 start, u64 bytes);		/* MADV_DONTNEED */
int mm_check(struct mm *mm, u64 start, u64 bytes);		/* 0, or -ENOMEM: something there is not mapped */
/* Shared mappings of the inode lose its pages from offset @from on; then, with mm->lock still held, @fn(@arg). */
void mm_unmap_file(struct mm *mm, const void *inode, u64 from, void (*fn)(void *arg), void *arg);

/* fault.c */
enum fault_access { ACCESS_READ = 1, ACCESS_WRITE = 2, ACCESS_EXEC = 4 };
int mm_fault(struct mm *mm, u64 va, enum fault_access access, bool map, struct mm_frame *out);
int mm_populate(struct mm *mm, u64 start, u64 bytes, bool write);

/* ramfs.c: fills one page from a regular file; past the end stays zero */
void ramfs_read_page(struct file *f, u64 off, void *page);
bool file_maps_inode(const struct file *f, const void *inode);

/* proc.c */
struct mm *proc_mm(struct proc *proc);

#endif
