/* SPDX-License-Identifier: Apache-2.0 */
/* files.c - what newlib's stdio and the programs call for descriptors and memory */
#include <errno.h>
#include <fcntl.h>
#include <reent.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "gate.h"

#define HEAP_BYTES (1ul << 34)		/* address space only: pages come with the first touch */

/* newlib's open flags and Linux's. */
static const struct { int ours; long linux_flag; } open_flags[] = {
	{ O_CREAT, 0100 }, { O_EXCL, 0200 }, { O_TRUNC, 01000 }, { O_APPEND, 02000 },
	{ O_NONBLOCK, 04000 }, { O_CLOEXEC, 02000000 },
};

static long linux_open_flags(int flags)
{
	long out = flags & O_ACCMODE;

	for (size_t i = 0; i < sizeof(open_flags) / sizeof(open_flags[0]); i++)
		if (flags & open_flags[i].ours)
			out |= open_flags[i].linux_flag;
	return out;
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = va_arg(ap, int);
	va_end(ap);
	return (int)CALL(open, path, linux_open_flags(flags), mode, 0, 0, 0);
}

int close(int fd) { return (int)CALL(close, fd, 0, 0, 0, 0, 0); }
_READ_WRITE_RETURN_TYPE read(int fd, void *buf, size_t n) { return (int)CALL(read, fd, buf, n, 0, 0, 0); }
_READ_WRITE_RETURN_TYPE write(int fd, const void *buf, size_t n) { return (int)CALL(write, fd, buf, n, 0, 0, 0); }
off_t lseek(int fd, off_t off, int whence) { return CALL(lseek, fd, off, whence, 0, 0, 0); }
ssize_t pread(int fd, void *buf, size_t n, off_t off) { return CALL(pread, fd, buf, n, off, 0, 0); }
int unlink(const char *path) { return (int)CALL(unlink, path, 0, 0, 0, 0, 0); }
pid_t getpid(void) { return (pid_t)CALL(getpid, 0, 0, 0, 0, 0, 0); }

int ioctl(int fd, unsigned long cmd, ...)
{
	va_list ap;
	unsigned long arg;

	va_start(ap, cmd);
	arg = va_arg(ap, unsigned long);
	va_end(ap);
	return (int)CALL(ioctl, fd, cmd, arg, 0, 0, 0);
}

static int stat_out(const struct socle_stat *in, struct stat *st)
{
	*st = (struct stat){ 0 };
	st->st_ino = (ino_t)in->ino;
	st->st_size = (off_t)in->size;
	st->st_mode = in->mode;
	st->st_nlink = (nlink_t)in->nlink;
	st->st_blksize = 4096;
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

int isatty(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return 0;
	if (S_ISCHR(st.st_mode))
		return 1;
	errno = ENOTTY;
	return 0;
}

void *mmap(void *addr, size_t bytes, int prot, int flags, int fd, off_t off)
{
	return (void *)CALL(mmap, addr, bytes, prot, flags, fd, off);
}

int munmap(void *addr, size_t bytes) { return (int)CALL(munmap, addr, bytes, 0, 0, 0, 0); }
int mprotect(void *addr, size_t bytes, int prot) { return (int)CALL(mprotect, addr, bytes, prot, 0, 0, 0); }
int madvise(void *addr, size_t bytes, int advice) { return (int)CALL(madvise, addr, bytes, advice, 0, 0, 0); }

/* The heap is one large mapping; malloc's lock makes the callers one at a time. */
void *_sbrk_r(struct _reent *r, ptrdiff_t delta)
{
	static char *base, *at;
	char *old;

	if (!base) {
		base = mmap(NULL, HEAP_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (base == MAP_FAILED) {
			base = NULL;
			r->_errno = ENOMEM;
			return (void *)-1;
		}
		at = base;
	}
	if (delta > base + HEAP_BYTES - at || delta < base - at) {
		r->_errno = ENOMEM;
		return (void *)-1;
	}
	old = at;
	at += delta;
	return old;
}

int _open_r(struct _reent *r, const char *p, int f, int m) { (void)r; return open(p, f, m); }
int _close_r(struct _reent *r, int fd) { (void)r; return close(fd); }
_ssize_t _read_r(struct _reent *r, int fd, void *b, size_t n) { (void)r; return read(fd, b, n); }
_ssize_t _write_r(struct _reent *r, int fd, const void *b, size_t n) { (void)r; return write(fd, b, n); }
_off_t _lseek_r(struct _reent *r, int fd, _off_t o, int w) { (void)r; return lseek(fd, o, w); }
int _fstat_r(struct _reent *r, int fd, struct stat *st) { (void)r; return fstat(fd, st); }
int _isatty_r(struct _reent *r, int fd) { (void)r; return isatty(fd); }
int _getpid_r(struct _reent *r) { (void)r; return getpid(); }
int _unlink_r(struct _reent *r, const char *p) { (void)r; return unlink(p); }

int _kill_r(struct _reent *r, int pid, int sig)
{
	(void)r;
	return (int)CALL(kill, pid, sig, 0, 0, 0, 0);
}
