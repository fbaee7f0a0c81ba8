// SPDX-License-Identifier: Apache-2.0
/*
 * inode.c - contents of a file in memory
 *
 * The pages that the loader filled are written in place; all others are made
 * at the first write. App memory is copied with the lock held and faults off;
 * a page of the app that is not there is brought in without the lock, since
 * the fault may need this very file.
 *
 * Invariant: bytes of the last page beyond size are zero, or were written
 * through a shared mapping.
 */
#include "inode.h"
#include "proc.h"

static u64 last_ino;
static const u8 zero_page[PAGE_SIZE] __aligned(4096);

struct inode *inode_create(const char *path)
{
	struct inode *n = kmalloc(sizeof(*n));

	if (!n)
		return NULL;
	memcpy(n->path, path, strlen(path) + 1);
	list_init(&n->link);
	mutex_init(&n->lock);
	n->refs = 1;
	n->ino = __atomic_add_fetch(&last_ino, 1, __ATOMIC_RELAXED);
	return n;
}

void inode_get(struct inode *n)
{
	__atomic_fetch_add(&n->refs, 1, __ATOMIC_RELAXED);
}

/* Pages from offset @from on, which is page aligned. Nobody maps them. */
static void drop_pages(struct inode *n, u64 from)
{
	if (from < n->base_bytes) {
		phys_add(n->base_pa + from, n->base_bytes - from);
		n->base_bytes = from;
	}
	if (n->pages.root)
		frames_remove(&n->pages, from, 2 * FILE_MAX_BYTES);
}

void inode_put(struct inode *n)
{
	if (__atomic_sub_fetch(&n->refs, 1, __ATOMIC_ACQ_REL))
		return;
	drop_pages(n, 0);
	if (n->pages.root)
		frames_destroy(&n->pages);
	kfree(n);
}

/* The byte at @pos; NULL: a hole. Caller holds the lock. */
static u8 *find(struct inode *n, u64 pos)
{
	struct mm_frame f;

	if (pos < n->base_bytes)
		return hpa_to_ptr(HPA(n->base_pa + pos));
	if (!n->pages.root || !frames_find(&n->pages, pos, &f))
		return NULL;
	return (u8 *)hpa_to_ptr(f.pa) + (pos & ~PAGE_MASK);
}

static u8 *find_or_make(struct inode *n, u64 pos)
{
	u8 *p = find(n, pos);
	hpa_t pa;

	if (p)
		return p;
	if (!n->pages.root && frames_init(&n->pages))
		return NULL;
	if (phys_alloc(PAGE_SIZE, PAGE_SIZE, MEM_KERNEL, PHYS_ANY_NODE, PHYS_ZERO, &pa))
		return NULL;
	if (frames_set(&n->pages, ALIGN_DOWN(pos, PAGE_SIZE), pa, PAGE_SIZE)) {
		phys_free(pa, PAGE_SIZE);
		return NULL;
	}
	return (u8 *)hpa_to_ptr(pa) + (pos & ~PAGE_MASK);
}

static size_t in_page(u64 pos, size_t bytes)
{
	return MIN(bytes, (size_t)(PAGE_SIZE - (pos & ~PAGE_MASK)));
}

/* Brings the app's bytes in, which a copy did not find. */
static int fault_in(u64 buf, size_t bytes, enum fault_access access)
{
	struct mm_frame f;

	for (u64 at = ALIGN_DOWN(buf, PAGE_SIZE); at < buf + bytes; at += PAGE_SIZE)
		if (at >= APP_VA_END || thread_current()->killed || mm_fault(&proc_current()->mm, at, access, true, &f))
			return -EFAULT;
	return 0;
}

/* Bytes read from one page; 0: the end; -EAGAIN: the app's page is not there. */
static long read_some(struct inode *n, u64 pos, u64 buf, size_t bytes)
{
	const u8 *p;
	long ret;

	mutex_lock(&n->lock);
	bytes = pos < n->size ? MIN(bytes, n->size - pos) : 0;
	p = find(n, pos);
	ret = bytes && copy_to_app_atomic(buf, p ? p : zero_page, bytes) ? -EAGAIN : (long)bytes;
	mutex_unlock(&n->lock);
	return ret;
}

static long write_some(struct inode *n, u64 pos, u64 buf, size_t bytes)
{
	long ret = -ENOSPC;
	u8 *p;

	mutex_lock(&n->lock);
	p = find_or_make(n, pos);
	if (p)
		ret = copy_from_app_atomic(p, buf, bytes) ? -EAGAIN : (long)bytes;
	if (ret > 0)
		n->size = MAX(n->size, pos + bytes);
	mutex_unlock(&n->lock);
	return ret;
}

typedef long (*some_fn)(struct inode *n, u64 pos, u64 buf, size_t bytes);

static long transfer(struct inode *n, u64 pos, u64 buf, size_t bytes, some_fn some, enum fault_access access)
{
	size_t done = 0;

	while (done < bytes) {
		size_t part = in_page(pos + done, bytes - done);
		long ret = some(n, pos + done, buf + done, part);

		if (ret == -EAGAIN)
			ret = fault_in(buf + done, part, access);
		else if (ret > 0)
			done += (size_t)ret;
		else if (!ret)
			break;
		if (ret < 0)
			return done ? (long)done : ret;
	}
	return (long)done;
}

long inode_read(struct inode *n, u64 pos, u64 buf, size_t bytes)
{
	return transfer(n, pos, buf, bytes, read_some, ACCESS_WRITE);
}

long inode_write(struct inode *n, u64 pos, u64 buf, size_t bytes)
{
	if (bytes && pos >= FILE_MAX_BYTES)
		return -EFBIG;
	return transfer(n, pos, buf, MIN(bytes, FILE_MAX_BYTES - pos), write_some, ACCESS_READ);
}

void inode_read_page(struct inode *n, u64 pos, void *page)
{
	const u8 *p;

	mutex_lock(&n->lock);
	p = pos < n->size ? find(n, pos) : NULL;
	if (p)
		memcpy(page, p, PAGE_SIZE);
	mutex_unlock(&n->lock);
}

int inode_page_for_map(struct inode *n, u64 pos, hpa_t *pa)
{
	int err = -EINVAL;
	u8 *p;

	mutex_lock(&n->lock);
	if (pos < n->size) {
		p = find_or_make(n, ALIGN_DOWN(pos, PAGE_SIZE));
		err = p ? 0 : -ENOMEM;
		if (p)
			*pa = ptr_to_hpa(p);
	}
	mutex_unlock(&n->lock);
	return err;
}

struct shrink { struct inode *n; u64 size; };

/* Nobody maps what is behind the new end. */
static void shrink(void *arg)
{
	struct shrink *s = arg;
	struct inode *n = s->n;
	u8 *p;

	mutex_lock(&n->lock);
	p = s->size < n->size && (s->size & ~PAGE_MASK) ? find(n, s->size) : NULL;
	if (p)
		memset(p, 0, PAGE_SIZE - (s->size & ~PAGE_MASK));
	n->size = s->size;
	drop_pages(n, ALIGN_UP(s->size, PAGE_SIZE));
	mutex_unlock(&n->lock);
}

int inode_truncate(struct inode *n, u64 size)
{
	struct shrink s = { n, size };

	if (size > FILE_MAX_BYTES)
		return -EFBIG;
	mm_unmap_file(&proc_current()->mm, n, ALIGN_UP(size, PAGE_SIZE), shrink, &s);
	return 0;
}
