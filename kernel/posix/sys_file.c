// SPDX-License-Identifier: Apache-2.0
/*
 * sys_file.c - kernel calls on descriptors and paths
 */
#include "sys.h"

#define PATH_MAX 256u

static long path_in(char *path, u64 app)
{
	long n = strncpy_from_app(path, app, PATH_MAX);

	return n < 0 ? n : 0;
}

static int open_path(const char *path, u32 flags, struct file **out)
{
	int err = dev_open(path, flags, out);

	return err == -ENOENT ? ramfs_open(path, flags, out) : err;
}

long sys_open(ARGS)
{
	char path[PATH_MAX];
	struct file *file;
	long err = path_in(path, (u64)a);
	int fd;

	if (!err)
		err = open_path(path, (u32)b, &file);
	if (err)
		return err;
	fd = fd_install(file, b & ABI_O_CLOEXEC);
	if (fd < 0)
		file_put(file);
	return fd;
}

long sys_close(ARGS)
{
	return fd_table_close(&proc_current()->fds, (int)a);
}

static long file_read(struct file *file, u64 buf, size_t n, u64 *pos)
{
	return file->ops->read ? file->ops->read(file, buf, n, pos) : -EINVAL;
}

long sys_read(ARGS)
{
	struct file *file = fd_get((int)a);
	long ret;

	if (!file)
		return -EBADF;
	ret = file_read(file, (u64)b, (size_t)c, &file->pos);
	file_put(file);
	return ret;
}

long sys_pread(ARGS)
{
	struct file *file = fd_get((int)a);
	u64 pos = (u64)d;
	long ret;

	if (!file)
		return -EBADF;
	ret = !file_is_regular(file) ? -ESPIPE : d < 0 ? -EINVAL : file_read(file, (u64)b, (size_t)c, &pos);
	file_put(file);
	return ret;
}

long sys_write(ARGS)
{
	struct file *file = fd_get((int)a);
	long ret;

	if (!file)
		return -EBADF;
	ret = file->ops->write ? file->ops->write(file, (u64)b, (size_t)c, &file->pos) : -EINVAL;
	file_put(file);
	return ret;
}

long sys_lseek(ARGS)
{
	struct file *file = fd_get((int)a);
	s64 base, to;

	if (!file)
		return -EBADF;
	base = c == ABI_SEEK_SET ? 0 : c == ABI_SEEK_CUR ? (s64)file->pos : (s64)file_bytes(file);
	to = base + b;
	if (!file_is_regular(file))
		to = -ESPIPE;
	else if (c < ABI_SEEK_SET || c > ABI_SEEK_END || to < 0)
		to = -EINVAL;
	else
		file->pos = (u64)to;
	file_put(file);
	return to;
}

long sys_ioctl(ARGS)
{
	struct file *file = fd_get((int)a);
	long ret;

	if (!file)
		return -EBADF;
	ret = file->ops->ioctl ? file->ops->ioctl(file, (u32)b, (u64)c) : -ENOTTY;
	file_put(file);
	return ret;
}

static long stat_out(u64 app, u64 bytes, bool regular)
{
	struct socle_stat s = {
		.size = bytes, .nlink = 1, .mode = regular ? ABI_S_IFREG | 0444 : ABI_S_IFCHR | 0600,
	};

	return copy_to_app(app, &s, sizeof(s)) ? -EFAULT : 0;
}

long sys_fstat(ARGS)
{
	struct file *file = fd_get((int)a);
	long ret;

	if (!file)
		return -EBADF;
	ret = stat_out((u64)b, file_bytes(file), file_is_regular(file));
	file_put(file);
	return ret;
}

long sys_stat(ARGS)
{
	char path[PATH_MAX];
	struct file *file;
	long err = path_in(path, (u64)a);

	if (!err)
		err = open_path(path, ABI_O_RDONLY, &file);
	if (err)
		return err;
	err = stat_out((u64)b, file_bytes(file), file_is_regular(file));
	file_put(file);
	return err;
}
