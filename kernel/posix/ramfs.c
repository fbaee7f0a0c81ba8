/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ramfs.c - the boot volume's files, read-only, where the loader left them
 */
#include <socle/boot_info.h>
#include "proc.h"

static const struct boot_info *boot;

void ramfs_init(const struct boot_info *bi)
{
	boot = bi;
}

const struct boot_file *ramfs_find(const char *path)
{
	for (u32 i = 0; i < boot->nr_files; i++)
		if (!strcmp(boot->file[i].path, path))
			return &boot->file[i];
	return NULL;
}

static const struct boot_file *file_of(const struct file *f)
{
	return f->priv;
}

static long ram_read(struct file *f, u64 buf, size_t n, u64 *pos)
{
	const struct boot_file *b = file_of(f);

	if (*pos >= b->size)
		return 0;
	n = MIN(n, b->size - *pos);
	if (copy_to_app(buf, (u8 *)hpa_to_ptr(HPA(b->pa)) + *pos, n))
		return -EFAULT;
	*pos += n;
	return (long)n;
}

static long ram_write(struct file *f, u64 buf, size_t n, u64 *pos)
{
	(void)f, (void)buf, (void)n, (void)pos;
	return -EROFS;
}

static const struct file_ops ram_ops = { .name = "file", .read = ram_read, .write = ram_write };

bool ramfs_can_copy(const struct file *f)
{
	return f->ops == &ram_ops;
}

bool file_is_regular(const struct file *f)
{
	return f->ops == &ram_ops;
}

u64 file_bytes(const struct file *f)
{
	return file_is_regular(f) ? file_of(f)->size : 0;
}

void ramfs_read_page(struct file *f, u64 off, void *page)
{
	const struct boot_file *b = file_of(f);

	if (off < b->size)
		memcpy(page, (u8 *)hpa_to_ptr(HPA(b->pa)) + off, MIN(PAGE_SIZE, b->size - off));
}

int ramfs_open(const char *path, u32 flags, struct file **out)
{
	const struct boot_file *b = ramfs_find(path);

	if (!b)
		return flags & ABI_O_CREAT ? -EROFS : -ENOENT;
	if ((flags & ABI_O_CREAT) && (flags & ABI_O_EXCL))
		return -EEXIST;
	if ((flags & ABI_O_ACCMODE) != ABI_O_RDONLY)
		return -EROFS;
	*out = file_create(&ram_ops, (void *)(u64)b, flags);
	return *out ? 0 : -ENOMEM;
}
