// SPDX-License-Identifier: Apache-2.0
/*
 * sys_mem.c - kernel calls on app memory
 */
#include "sys.h"

static long map_file(struct map_request *q, int fd)
{
	struct file *file = fd_get(fd);
	long ret = -ENODEV;

	if (!file)
		return -EBADF;
	q->file = file;
	if (file->ops->mmap_page && (q->flags & ABI_MAP_TYPE) != ABI_MAP_PRIVATE) {
		q->kind = REGION_DEVICE;
		ret = q->file_off + q->bytes > ALIGN_UP(file->ops->mmap_bytes(file), PAGE_SIZE) ? -EINVAL : 0;
	} else if (ramfs_can_copy(file) && (q->flags & ABI_MAP_TYPE) == ABI_MAP_PRIVATE) {
		q->kind = REGION_FILE_COPY;
		ret = 0;
	}
	if (!ret)
		ret = mm_map(&proc_current()->mm, q);
	file_put(file);
	return ret;
}

long sys_mmap(ARGS)
{
	struct map_request q = {
		.addr = (u64)a, .bytes = ALIGN_UP((u64)b, PAGE_SIZE), .prot = (u32)c, .flags = (u32)d,
		.kind = REGION_ANON, .file_off = (u64)f,
	};
	long at;

	if (!b || (u64)b > APP_VA_END || (f & (long)(PAGE_SIZE - 1)) || (u64)f > APP_VA_END)
		return (u64)b > APP_VA_END ? -ENOMEM : -EINVAL;
	if (!(d & ABI_MAP_ANONYMOUS))
		return map_file(&q, (int)e);
	at = mm_map(&proc_current()->mm, &q);
	if (at >= 0 && (d & ABI_MAP_POPULATE))
		(void)mm_populate(&proc_current()->mm, (u64)at, q.bytes, c & ABI_PROT_WRITE);
	return at;
}

long sys_munmap(ARGS)
{
	return mm_unmap(&proc_current()->mm, (u64)a, ALIGN_UP((u64)b, PAGE_SIZE));
}

long sys_mprotect(ARGS)
{
	return mm_protect(&proc_current()->mm, (u64)a, ALIGN_UP((u64)b, PAGE_SIZE), (u32)c);
}

long sys_madvise(ARGS)
{
	if (c == ABI_MADV_DONTNEED)
		return mm_discard(&proc_current()->mm, (u64)a, ALIGN_UP((u64)b, PAGE_SIZE));
	return -EINVAL;
}
