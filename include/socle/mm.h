/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mm.h - app memory: regions, faults, copies, and what KVM needs of them
 *
 * One address space; apps live in the lower half. A region maps an address range to an
 * object; frames are zeroed and mapped on fault in the largest page that fits.
 */
#ifndef SOCLE_MM_H
#define SOCLE_MM_H

#include <socle/list.h>
#include <socle/types.h>

struct proc;

#define APP_VA_END 0x0000800000000000ull

/* 0 or -EFAULT. Kernel side buffers are trusted, @app ranges are checked and may fault in pages. */
int copy_from_app(void *dst, u64 app_src, size_t n) __must_check;
int copy_to_app(u64 app_dst, const void *src, size_t n) __must_check;
/* Does not fault pages in: -EFAULT also when the page is not mapped now. With a spinlock held too. */
int copy_from_app_atomic(void *dst, u64 app_src, size_t n) __must_check;
int copy_to_app_atomic(u64 app_dst, const void *src, size_t n) __must_check;
/* Length without NUL, -EFAULT, -ENAMETOOLONG. */
long strncpy_from_app(char *dst, u64 app_src, size_t max) __must_check;

struct mm_frame {
	hpa_t pa;		/* of the page that contains the address, page-size aligned */
	u64 bytes;		/* 4K, 2M or 1G: what may be mapped as one unit */
	bool writable;
};
/**
 * mm_resolve - frame behind an app address, allocated when absent
 * @proc: process; @va: any address; @write: the access writes
 * Return: 0, -EFAULT no region or no right, -ENOMEM, -EAGAIN invalidation in progress (retry)
 * The frame stays valid until the notifier's invalidate() for its range; the caller must
 * check mm_notifier_seq before it installs the frame in a table of its own.
 */
int mm_resolve(struct proc *proc, u64 va, bool write, struct mm_frame *out) __must_check;

/* As Linux's mmu notifier with sequence count: invalidate_begin bumps nothing but marks in progress and
 * unmaps; invalidate_end bumps seq. Called with the process's region lock held; must not allocate. */
struct mm_notifier {
	struct list link;
	void (*invalidate_begin)(struct mm_notifier *n, u64 start, u64 end);
	void (*invalidate_end)(struct mm_notifier *n, u64 start, u64 end);
};
void mm_notifier_register(struct proc *proc, struct mm_notifier *n);
void mm_notifier_unregister(struct proc *proc, struct mm_notifier *n);

#endif
