/* SPDX-License-Identifier: Apache-2.0 */
/* files.c - descriptors and files */
#include <errno.h>
#include <fcntl.h>
#include <reent.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>
#include "thread.h"

/* A call that may block is a cancellation point: before it, and when a signal ended it. */
#define POINT(type, name, a, b, c, d) __extension__ ({			\
	long point_ret;							\
	cancel_check();							\
	point_ret = RAW(name, a, b, c, d, 0, 0);			\
	if (point_ret == -EINTR)					\
		cancel_check();						\
	(type)libc_result(point_ret);					\
})

int open(const char *path, int flags, ...)
{
	va_list ap;
	int mode = 0;

	if (flags & O_CREAT) {
		va_start(ap, flags);
		mode = va_arg(ap, int);
		va_end(ap);
	}
	return POINT(int, open, path, flags, mode, 0);
}

int creat(const char *path, mode_t mode)
{
	return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int close(int fd) { return (int)CALL(close, fd, 0, 0, 0, 0, 0); }
_READ_WRITE_RETURN_TYPE read(int fd, void *b, size_t n) { return POINT(_READ_WRITE_RETURN_TYPE, read, fd, b, n, 0); }
_READ_WRITE_RETURN_TYPE write(int fd, const void *b, size_t n) { return POINT(_READ_WRITE_RETURN_TYPE, write, fd, b, n, 0); }
ssize_t pread(int fd, void *b, size_t n, off_t off) { return POINT(ssize_t, pread, fd, b, n, off); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t off) { return POINT(ssize_t, pwrite, fd, b, n, off); }
ssize_t readv(int fd, const struct iovec *v, int n) { return POINT(ssize_t, readv, fd, v, n, 0); }
ssize_t writev(int fd, const struct iovec *v, int n) { return POINT(ssize_t, writev, fd, v, n, 0); }
off_t lseek(int fd, off_t off, int whence) { return CALL(lseek, fd, off, whence, 0, 0, 0); }
int ftruncate(int fd, off_t bytes) { return (int)CALL(ftruncate, fd, bytes, 0, 0, 0, 0); }
int unlink(const char *path) { return (int)CALL(unlink, path, 0, 0, 0, 0, 0); }
int dup(int fd) { return (int)CALL(dup, fd, 0, 0, 0, 0, 0); }
int dup3(int fd, int to, int flags) { return (int)CALL(dup3, fd, to, flags, 0, 0, 0); }
int pipe2(int fds[2], int flags) { return (int)CALL(pipe2, fds, flags, 0, 0, 0, 0); }
int pipe(int fds[2]) { return pipe2(fds, 0); }

int dup2(int fd, int to)
{
	if (fd == to)
		return fcntl(fd, F_GETFD) < 0 ? -1 : to;
	return dup3(fd, to, 0);
}

int fsync(int fd) { return (int)CALL(fsync, fd, 0, 0, 0, 0, 0); }
int fdatasync(int fd) { return fsync(fd); }

int ioctl(int fd, unsigned long cmd, ...)
{
	va_list ap;
	unsigned long arg;

	va_start(ap, cmd);
	arg = va_arg(ap, unsigned long);
	va_end(ap);
	return (int)CALL(ioctl, fd, cmd, arg, 0, 0, 0);
}

int fcntl(int fd, int cmd, ...)
{
	va_list ap;
	unsigned long arg;

	va_start(ap, cmd);
	arg = va_arg(ap, unsigned long);
	va_end(ap);
	return (int)CALL(fcntl, fd, cmd, arg, 0, 0, 0);
}

static int stat_out(const struct socle_stat *in, struct stat *st)
{
	*st = (struct stat){ 0 };
	st->st_ino = (ino_t)in->ino;
	st->st_size = (off_t)in->size;
	st->st_mode = in->mode;
	st->st_nlink = (nlink_t)in->nlink;
	st->st_blksize = 4096;
	st->st_blocks = (blkcnt_t)((in->size + 511) / 512);
	return 0;
}

int fstat(int fd, struct stat *st)
{
	struct socle_stat s;

	return CALL(fstat, fd, &s, 0, 0, 0, 0) < 0 ? -1 : stat_out(&s, st);
}

int stat(const char *path, struct stat *st)
{
	struct socle_stat s;

	return CALL(stat, path, &s, 0, 0, 0, 0) < 0 ? -1 : stat_out(&s, st);
}

/* There are no symbolic links. */
int lstat(const char *path, struct stat *st)
{
	return stat(path, st);
}

int access(const char *path, int mode)
{
	struct stat st;

	if (stat(path, &st))
		return -1;
	if ((mode & W_OK) && S_ISREG(st.st_mode) && !(st.st_mode & 0222)) {
		errno = EROFS;
		return -1;
	}
	if ((mode & X_OK) && !S_ISDIR(st.st_mode) && !(st.st_mode & 0111)) {
		errno = EACCES;
		return -1;
	}
	return 0;
}

int remove(const char *path)
{
	return unlink(path);
}

int _open_r(struct _reent *r, const char *p, int f, int m) { (void)r; return open(p, f, m); }
int _close_r(struct _reent *r, int fd) { (void)r; return close(fd); }
_ssize_t _read_r(struct _reent *r, int fd, void *b, size_t n) { (void)r; return read(fd, b, n); }
_ssize_t _write_r(struct _reent *r, int fd, const void *b, size_t n) { (void)r; return write(fd, b, n); }
_off_t _lseek_r(struct _reent *r, int fd, _off_t o, int w) { (void)r; return lseek(fd, o, w); }
int _fstat_r(struct _reent *r, int fd, struct stat *st) { (void)r; return fstat(fd, st); }
int _stat_r(struct _reent *r, const char *p, struct stat *st) { (void)r; return stat(p, st); }
int _isatty_r(struct _reent *r, int fd) { (void)r; return isatty(fd); }
int _unlink_r(struct _reent *r, const char *p) { (void)r; return unlink(p); }
int _fcntl_r(struct _reent *r, int fd, int cmd, int arg) { (void)r; return fcntl(fd, cmd, arg); }
