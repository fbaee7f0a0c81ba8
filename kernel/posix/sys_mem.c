// SPDX-License-Identifier: Apache-2.0
/*
 * sys_mem.c - kernel calls on app memory
 */
#include <socle/mem.h>
#include "sys.h"

#define PROT_ALL (ABI_PROT_READ | ABI_PROT_WRITE | ABI_PROT_EXEC)

static bool is_private(u32 flags)
{
	return (flags & ABI_MAP_TYPE) == ABI_MAP_PRIVATE;
}

/* Writing through a shared mapping needs a file that is open for it. 0, -EACCES. */
static int check_file_rights(struct map_request *q, const struct file *file)
{
	u32 access = file->flags & ABI_O_ACCMODE;

	if (access == ABI_O_WRONLY)
		return -EACCES;
	q->prot_max = is_private(q->flags) || access == ABI_O_RDWR ? PROT_ALL : ABI_PROT_READ | ABI_PROT_EXEC;
	return q->prot & ~q->prot_max ? -EACCES : 0;
}

static long map_open_file(struct map_request *q, struct file *file)
{
	int err = check_file_rights(q, file);

	if (err)
		return err;
	if (is_private(q->flags) && file_is_regular(file))
		q->kind = REGION_FILE_COPY;
	else if (file->ops->mmap_page && !is_private(q->flags))
		q->kind = REGION_DEVICE;
	else
		return -ENODEV;
	return mm_map(&proc_current()->mm, q);
}

static long map_file(struct map_request *q, int fd)
{
	struct file *file = fd_get(fd);
	long ret;

	if (!file)
		return -EBADF;
	q->file = file;
	ret = map_open_file(q, file);
	file_put(file);
	return ret;
}

/* Memory that may be written and that the machine could never give: Linux refuses it too, unless MAP_NORESERVE. */
static bool is_hopeless(const struct map_request *q)
{
	struct phys_stats st;

	if ((q->flags & ABI_MAP_NORESERVE) || !(q->prot & ABI_PROT_WRITE) || !is_private(q->flags))
		return false;
	phys_get_stats(&st);
	return q->bytes / PAGE_SIZE > st.total_pages;
}

/* Nothing is reserved; there is no pool of huge pages. */
long sys_mmap(ARGS)
{
	struct map_request q = {
		.addr = (u64)a, .bytes = ALIGN_UP((u64)b, PAGE_SIZE), .prot = (u32)c & PROT_ALL, .flags = (u32)d,
		.kind = REGION_ANON, .file_off = (u64)f, .prot_max = PROT_ALL,
	};
	u32 type = (u32)d & ABI_MAP_TYPE;
	long at;

	if ((u64)b > APP_VA_END)
		return -ENOMEM;
	if (!b || (f & (long)(PAGE_SIZE - 1)) || (u64)f > APP_VA_END || type < ABI_MAP_SHARED || type > ABI_MAP_SHARED_VALIDATE)
		return -EINVAL;
	if ((d & ABI_MAP_HUGETLB) || is_hopeless(&q))
		return -ENOMEM;
	at = d & ABI_MAP_ANONYMOUS ? mm_map(&proc_current()->mm, &q) : map_file(&q, (int)e);
	if (at >= 0 && (d & (ABI_MAP_POPULATE | ABI_MAP_LOCKED)))
		(void)mm_populate(&proc_current()->mm, (u64)at, q.bytes, c & ABI_PROT_WRITE);
	return at;
}

long sys_munmap(ARGS)
{
	return mm_unmap(&proc_current()->mm, (u64)a, ALIGN_UP((u64)b, PAGE_SIZE));
}

long sys_mprotect(ARGS)
{
	if (c & ~(long)PROT_ALL)
		return -EINVAL;
	return mm_protect(&proc_current()->mm, (u64)a, ALIGN_UP((u64)b, PAGE_SIZE), (u32)c);
}

static int populate_read(struct mm *mm, u64 start, u64 bytes)
{
	int err = mm_check(mm, start, bytes);

	return err ? err : mm_populate(mm, start, bytes, false);
}

static int populate_write(struct mm *mm, u64 start, u64 bytes)
{
	int err = mm_check(mm, start, bytes);

	return err ? err : mm_populate(mm, start, bytes, true);
}

/* Hints cost nothing and change nothing: frames are as large as fits, and there is no swap. */
static const struct { long advice; int (*fn)(struct mm *mm, u64 start, u64 bytes); } advices[] = {
	{ ABI_MADV_NORMAL, mm_check }, { ABI_MADV_RANDOM, mm_check }, { ABI_MADV_SEQUENTIAL, mm_check },
	{ ABI_MADV_WILLNEED, mm_check }, { ABI_MADV_DONTNEED, mm_discard }, { ABI_MADV_FREE, mm_discard },
	{ ABI_MADV_DONTFORK, mm_check }, { ABI_MADV_DOFORK, mm_check }, { ABI_MADV_MERGEABLE, mm_check },
	{ ABI_MADV_UNMERGEABLE, mm_check }, { ABI_MADV_HUGEPAGE, mm_check }, { ABI_MADV_NOHUGEPAGE, mm_check },
	{ ABI_MADV_DONTDUMP, mm_check }, { ABI_MADV_DODUMP, mm_check },
	{ ABI_MADV_POPULATE_READ, populate_read }, { ABI_MADV_POPULATE_WRITE, populate_write },
};

long sys_madvise(ARGS)
{
	u64 start = (u64)a, bytes = ALIGN_UP((u64)b, PAGE_SIZE);

	for (u32 i = 0; i < ARRAY_SIZE(advices); i++) {
		if (advices[i].advice != c)
			continue;
		if (!IS_ALIGNED(start, PAGE_SIZE) || (b && !bytes) || start + bytes < start)
			return -EINVAL;
		if (!bytes)
			return 0;
		return start + bytes > APP_VA_END ? -ENOMEM : advices[i].fn(&proc_current()->mm, start, bytes);
	}
	return -EINVAL;
}
