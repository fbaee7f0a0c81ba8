// SPDX-License-Identifier: Apache-2.0
/*
 * sys_file.c - kernel calls on descriptors and paths
 */
#include "sys.h"

#define IO_MAX	0x7ffff000ul	/* bytes of one call, as Linux */
#define IOV_MAX	1024

static int open_path(const char *path, u32 flags, struct file **out)
{
	int err = dev_open(path, flags, out);

	return err == -ENOENT ? ramfs_open(path, flags, out) : err;
}

long sys_open(ARGS)
{
	char path[PATH_BYTES];
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

static bool may_read(const struct file *f)
{
	return (f->flags & ABI_O_ACCMODE) != ABI_O_WRONLY;
}

static bool may_write(const struct file *f)
{
	return (f->flags & ABI_O_ACCMODE) != ABI_O_RDONLY;
}

static long file_read(struct file *file, u64 buf, size_t n, u64 *pos)
{
	if (!may_read(file))
		return -EBADF;
	return file->ops->read ? file->ops->read(file, buf, MIN(n, IO_MAX), pos) : -EINVAL;
}

static long file_write(struct file *file, u64 buf, size_t n, u64 *pos)
{
	if (!may_write(file))
		return -EBADF;
	return file->ops->write ? file->ops->write(file, buf, MIN(n, IO_MAX), pos) : -EINVAL;
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
	ret = file_write(file, (u64)b, (size_t)c, &file->pos);
	file_put(file);
	return ret;
}

long sys_pwrite(ARGS)
{
	struct file *file = fd_get((int)a);
	u64 pos = (u64)d;
	long ret;

	if (!file)
		return -EBADF;
	ret = !file_is_regular(file) ? -ESPIPE : d < 0 ? -EINVAL : file_write(file, (u64)b, (size_t)c, &pos);
	file_put(file);
	return ret;
}

typedef long (*transfer_fn)(struct file *file, u64 buf, size_t n, u64 *pos);

/* Buffer by buffer, until one is not filled. */
static long transfer_vector(struct file *file, u64 vec, long nr, transfer_fn fn)
{
	struct socle_iovec v;
	long done = 0, ret;

	for (long i = 0; i < nr; i++) {
		if (copy_from_app(&v, vec + (u64)i * sizeof(v), sizeof(v)))
			return done ? done : -EFAULT;
		if ((s64)v.len < 0)
			return done ? done : -EINVAL;
		if (!v.len)
			continue;
		ret = fn(file, v.base, v.len, &file->pos);
		if (ret < 0)
			return done ? done : ret;
		done += ret;
		if ((u64)ret < v.len)
			break;
	}
	return done;
}

static long file_vector(long fd, u64 vec, long nr, transfer_fn fn)
{
	struct file *file = fd_get((int)fd);
	long ret;

	if (!file)
		return -EBADF;
	ret = nr < 0 || nr > IOV_MAX ? -EINVAL : transfer_vector(file, vec, nr, fn);
	file_put(file);
	return ret;
}

long sys_readv(ARGS)
{
	return file_vector(a, (u64)b, c, file_read);
}

long sys_writev(ARGS)
{
	return file_vector(a, (u64)b, c, file_write);
}

long sys_lseek(ARGS)
{
	struct file *file = fd_get((int)a);
	struct socle_stat st;
	s64 base, to;

	if (!file)
		return -EBADF;
	file_stat(file, &st);
	base = c == ABI_SEEK_SET ? 0 : c == ABI_SEEK_CUR ? (s64)file->pos : (s64)st.size;
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

static long stat_out(u64 app, const struct file *file)
{
	struct socle_stat s;

	file_stat(file, &s);
	return copy_to_app(app, &s, sizeof(s)) ? -EFAULT : 0;
}

long sys_fstat(ARGS)
{
	struct file *file = fd_get((int)a);
	long ret;

	if (!file)
		return -EBADF;
	ret = stat_out((u64)b, file);
	file_put(file);
	return ret;
}

long sys_stat(ARGS)
{
	char path[PATH_BYTES];
	struct file *file;
	long err = path_in(path, (u64)a);

	if (!err)
		err = open_path(path, ABI_O_RDONLY, &file);
	if (err)
		return err;
	err = stat_out((u64)b, file);
	file_put(file);
	return err;
}

long sys_ftruncate(ARGS)
{
	struct file *file = fd_get((int)a);
	long ret;

	if (!file)
		return -EBADF;
	ret = b < 0 || !file_is_regular(file) || !may_write(file) ? -EINVAL : ramfs_truncate(file, (u64)b);
	file_put(file);
	return ret;
}

/* What is written is in memory, and nowhere else. */
long sys_fsync(ARGS)
{
	struct file *file = fd_get((int)a);
	long ret;

	if (!file)
		return -EBADF;
	ret = file_is_regular(file) ? 0 : -EINVAL;
	file_put(file);
	return ret;
}

long sys_unlink(ARGS)
{
	char path[PATH_BYTES];
	long err = path_in(path, (u64)a);

	return err ? err : ramfs_unlink(path);
}

long sys_getdents(ARGS)
{
	struct file *file = fd_get((int)a);
	struct socle_dirent entry;
	long ret;

	if (!file)
		return -EBADF;
	ret = ramfs_next_entry(file, &entry);
	file_put(file);
	return ret == 1 && copy_to_app((u64)b, &entry, sizeof(entry)) ? -EFAULT : ret;
}

static long dup_from(long fd, u32 lowest, bool cloexec)
{
	struct file *file = fd_get((int)fd);
	int ret;

	if (!file)
		return -EBADF;
	ret = lowest >= FD_MAX ? -EINVAL : fd_table_install(&proc_current()->fds, file, lowest, cloexec);
	if (ret < 0)
		file_put(file);
	return ret;
}

long sys_dup(ARGS)
{
	return dup_from(a, 0, false);
}

long sys_dup3(ARGS)
{
	struct file *file;
	int ret;

	if (a == b || (c & ~(long)ABI_O_CLOEXEC))
		return -EINVAL;
	file = fd_get((int)a);
	if (!file)
		return -EBADF;
	ret = b < 0 ? -EBADF : fd_table_replace(&proc_current()->fds, (u32)b, file, c & ABI_O_CLOEXEC);
	if (ret < 0)
		file_put(file);
	return ret;
}

static long file_flags(long fd, bool set, u32 flags)
{
	const u32 changeable = ABI_O_APPEND | ABI_O_NONBLOCK;
	struct file *file = fd_get((int)fd);
	long ret = 0;

	if (!file)
		return -EBADF;
	if (set)
		file->flags = (file->flags & ~changeable) | (flags & changeable);
	else
		ret = (long)(file->flags & ~(ABI_O_CREAT | ABI_O_EXCL | ABI_O_TRUNC | ABI_O_CLOEXEC));
	file_put(file);
	return ret;
}

long sys_fcntl(ARGS)
{
	struct fd_table *fds = &proc_current()->fds;
	int ret;

	switch (b) {
	case ABI_F_DUPFD:
	case ABI_F_DUPFD_CLOEXEC:
		return c < 0 ? -EINVAL : dup_from(a, (u32)MIN((u64)c, FD_MAX), b == ABI_F_DUPFD_CLOEXEC);
	case ABI_F_GETFD:
		return fd_table_cloexec(fds, (int)a, -1);
	case ABI_F_SETFD:
		ret = fd_table_cloexec(fds, (int)a, (c & ABI_FD_CLOEXEC) != 0);
		return MIN(ret, 0);
	case ABI_F_GETFL:
	case ABI_F_SETFL:
		return file_flags(a, b == ABI_F_SETFL, (u32)c);
	default:
		return -EINVAL;
	}
}
