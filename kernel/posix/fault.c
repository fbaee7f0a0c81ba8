// SPDX-License-Identifier: Apache-2.0
/*
 * fault.c - a frame for an app address, and its mapping
 *
 * A missing frame is allocated, zeroed and filled without mm->lock; then the
 * region is looked up anew and the frame goes in if its place is still empty.
 */
#include "posix.h"

static int check_access(const struct region *r, enum fault_access access)
{
	u32 need = access == ACCESS_WRITE ? ABI_PROT_WRITE : access == ACCESS_EXEC ? ABI_PROT_EXEC : ABI_PROT_READ;

	/* No page is write-only or execute-only: any right lets the app read. */
	if (need == ABI_PROT_READ)
		return r->prot ? 0 : -EFAULT;
	return r->prot & need ? 0 : -EFAULT;
}

static bool fits_2m(const struct mm *mm, const struct region *r, u64 va)
{
	u64 base = ALIGN_DOWN(va, SZ_2M);

	return r->kind == REGION_ANON && base >= r->start && base + SZ_2M <= r->end &&
	       frames_block_is_empty(&mm->frames, va);
}

static int map_frame(const struct region *r, u64 va, const struct mm_frame *f)
{
	u32 flags = ARCH_MAP_APP;

	if (r->prot & ABI_PROT_WRITE)
		flags |= ARCH_MAP_W;
	if (r->prot & ABI_PROT_EXEC)
		flags |= ARCH_MAP_X;
	return arch_map(ALIGN_DOWN(va, f->bytes), f->pa, f->bytes, flags);
}

static int device_frame(const struct region *r, u64 va, struct mm_frame *out)
{
	u64 off = r->file_off + (ALIGN_DOWN(va, PAGE_SIZE) - r->start);

	out->bytes = PAGE_SIZE;
	return r->file->ops->mmap_page(r->file, off, &out->pa) ? -EFAULT : 0;
}

/* What the allocation without the lock is for. */
struct wanted { u64 bytes, file_off; struct file *file; };

enum { FOUND = 0, ABSENT = 1 };

/* Caller holds mm->lock. FOUND, ABSENT (@w says what to allocate; it holds a reference) or -errno. */
static int find_frame(struct mm *mm, u64 va, enum fault_access access, struct mm_frame *out, struct wanted *w,
		      struct region **region)
{
	struct region *r = mm->dead ? NULL : mm_find(mm, va);
	int err = r ? check_access(r, access) : -EFAULT;

	if (err)
		return err;
	*region = r;
	out->writable = (r->prot & ABI_PROT_WRITE) != 0;
	if (r->kind == REGION_DEVICE)
		return device_frame(r, va, out);
	if (frames_find(&mm->frames, va, out))
		return FOUND;
	w->bytes = fits_2m(mm, r, va) ? SZ_2M : PAGE_SIZE;
	w->file_off = r->file_off + (ALIGN_DOWN(va, PAGE_SIZE) - r->start);
	w->file = r->kind == REGION_FILE_COPY ? file_get(r->file) : NULL;
	return ABSENT;
}

static int make_frame(struct wanted *w, hpa_t *pa)
{
	int err = phys_alloc(w->bytes, w->bytes, MEM_APP, PHYS_ANY_NODE, PHYS_ZERO, pa);

	if (err && w->bytes == SZ_2M) {
		w->bytes = PAGE_SIZE;
		err = phys_alloc(PAGE_SIZE, PAGE_SIZE, MEM_APP, PHYS_ANY_NODE, PHYS_ZERO, pa);
	}
	if (!err && w->file)
		ramfs_read_page(w->file, w->file_off, hpa_to_ptr(*pa));
	if (w->file)
		file_put(w->file);
	w->file = NULL;
	return err;
}

/* Caller holds mm->lock. 0: @pa backs @va now. */
static int put_frame(struct mm *mm, const struct region *r, u64 va, const struct wanted *w, hpa_t pa,
		     struct mm_frame *out)
{
	int err;

	if (w->bytes == SZ_2M && !fits_2m(mm, r, va))
		return -EAGAIN;
	err = frames_set(&mm->frames, ALIGN_DOWN(va, w->bytes), pa, w->bytes);
	if (err)
		return err;
	out->pa = pa;
	out->bytes = w->bytes;
	return 0;
}

/* 0, -EFAULT, -ENOMEM, or -EAGAIN: the region changed under the allocation. */
static int fault_once(struct mm *mm, u64 va, enum fault_access access, bool map, struct mm_frame *out)
{
	struct wanted w = { 0, 0, NULL }, again = { 0, 0, NULL };
	struct region *r = NULL;
	hpa_t pa;
	int err;

	mutex_lock(&mm->lock);
	err = find_frame(mm, va, access, out, &w, &r);
	if (err == ABSENT) {
		mutex_unlock(&mm->lock);
		err = make_frame(&w, &pa);
		if (err)
			return err;
		mutex_lock(&mm->lock);
		err = find_frame(mm, va, access, out, &again, &r);
		if (err == ABSENT)
			err = again.file_off == w.file_off || r->kind == REGION_ANON ?
			      put_frame(mm, r, va, &w, pa, out) : -EAGAIN;
		if (err || out->pa.v != pa.v)
			phys_free(pa, w.bytes);
	}
	if (!err && map)
		err = map_frame(r, va, out);
	mutex_unlock(&mm->lock);
	if (again.file)
		file_put(again.file);
	return err;
}

/**
 * mm_fault - frame behind an address, allocated when absent
 * @map: also into the page tables of the host
 * Return: 0, -EFAULT, -ENOMEM. Takes mm->lock.
 */
int mm_fault(struct mm *mm, u64 va, enum fault_access access, bool map, struct mm_frame *out)
{
	int err;

	do
		err = fault_once(mm, va, access, map, out);
	while (err == -EAGAIN);
	return err;
}

int mm_populate(struct mm *mm, u64 start, u64 bytes, bool write)
{
	struct mm_frame f;
	int err;

	for (u64 at = start; at < start + bytes; at = ALIGN_DOWN(at, f.bytes) + f.bytes) {
		if (thread_current()->killed)
			return -EINTR;
		err = mm_fault(mm, at, write ? ACCESS_WRITE : ACCESS_READ, true, &f);
		if (err)
			return err;
	}
	return 0;
}

int mm_resolve(struct proc *proc, u64 va, bool write, struct mm_frame *out)
{
	if (va >= APP_VA_END)
		return -EFAULT;
	return mm_fault(proc_mm(proc), va, write ? ACCESS_WRITE : ACCESS_READ, false, out);
}

int mm_handle_fault(u64 va, bool write, bool exec)
{
	struct proc *proc = thread_current()->proc;
	struct mm_frame f;

	if (!proc || va >= APP_VA_END)
		return -EFAULT;
	return mm_fault(proc_mm(proc), va, write ? ACCESS_WRITE : exec ? ACCESS_EXEC : ACCESS_READ, true, &f);
}
