/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syscall.c - kernel calls of apps, by number
 */
#include <socle/cpu.h>
#include <socle/process.h>
#include <socle/syscall.h>
#include <socle/time.h>
#include "proc.h"

#define PATH_MAX 256u
#define NS_PER_S 1000000000ull

typedef long (*call_fn)(long a, long b, long c, long d, long e, long f);
#define ARGS long a __unused, long b __unused, long c __unused, long d __unused, long e __unused, long f __unused

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

static long sys_open(ARGS)
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

static long sys_close(ARGS)
{
	return fd_table_close(&proc_current()->fds, (int)a);
}

static long file_read(struct file *file, u64 buf, size_t n, u64 *pos)
{
	return file->ops->read ? file->ops->read(file, buf, n, pos) : -EINVAL;
}

static long sys_read(ARGS)
{
	struct file *file = fd_get((int)a);
	long ret;

	if (!file)
		return -EBADF;
	ret = file_read(file, (u64)b, (size_t)c, &file->pos);
	file_put(file);
	return ret;
}

static long sys_pread(ARGS)
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

static long sys_write(ARGS)
{
	struct file *file = fd_get((int)a);
	long ret;

	if (!file)
		return -EBADF;
	ret = file->ops->write ? file->ops->write(file, (u64)b, (size_t)c, &file->pos) : -EINVAL;
	file_put(file);
	return ret;
}

static long sys_lseek(ARGS)
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

static long sys_ioctl(ARGS)
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

static long sys_fstat(ARGS)
{
	struct file *file = fd_get((int)a);
	long ret;

	if (!file)
		return -EBADF;
	ret = stat_out((u64)b, file_bytes(file), file_is_regular(file));
	file_put(file);
	return ret;
}

static long sys_stat(ARGS)
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

static long sys_mmap(ARGS)
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

static long sys_munmap(ARGS)
{
	return mm_unmap(&proc_current()->mm, (u64)a, ALIGN_UP((u64)b, PAGE_SIZE));
}

static long sys_mprotect(ARGS)
{
	return mm_protect(&proc_current()->mm, (u64)a, ALIGN_UP((u64)b, PAGE_SIZE), (u32)c);
}

static long sys_madvise(ARGS)
{
	if (c == ABI_MADV_DONTNEED)
		return mm_discard(&proc_current()->mm, (u64)a, ALIGN_UP((u64)b, PAGE_SIZE));
	return -EINVAL;
}

static long sys_exit_group(ARGS)
{
	proc_exit((int)a & 0xff);
}

static long sys_gettid(ARGS)
{
	return 1;
}

static long sys_getpid(ARGS)
{
	return 1;
}

static long sys_sched_yield(ARGS)
{
	sched_yield();
	return 0;
}

static long sys_clock_gettime(ARGS)
{
	u64 ns = a == ABI_CLOCK_REALTIME || a == ABI_CLOCK_REALTIME_COARSE ? clock_realtime_ns() : clock_ns();
	struct socle_timespec ts = { (s64)(ns / NS_PER_S), (s64)(ns % NS_PER_S) };

	if (a < 0 || a > ABI_CLOCK_BOOTTIME || a == ABI_CLOCK_PROCESS_CPUTIME || a == ABI_CLOCK_THREAD_CPUTIME)
		return -EINVAL;
	return copy_to_app((u64)b, &ts, sizeof(ts)) ? -EFAULT : 0;
}

static long sys_sysinfo(ARGS)
{
	struct phys_stats st;
	struct socle_sysinfo out = { .nr_cpus = cpu_nr_online() };

	phys_get_stats(&st);
	out.total_pages = st.total_pages;
	out.free_pages = st.free_pages;
	return copy_to_app((u64)a, &out, sizeof(out)) ? -EFAULT : 0;
}

#define ROW(name) [SOCLE_SYS_##name] = sys_##name
static const call_fn calls[SOCLE_NR_SYSCALLS] = {
	ROW(read), ROW(write), ROW(open), ROW(close), ROW(ioctl), ROW(lseek), ROW(pread), ROW(fstat), ROW(stat),
	ROW(mmap), ROW(munmap), ROW(mprotect), ROW(madvise), ROW(exit_group), ROW(gettid), ROW(getpid),
	ROW(sched_yield), ROW(clock_gettime), ROW(sysinfo),
};

static long absent(long nr)
{
	static u64 said[SOCLE_NR_SYSCALLS / 64 + 1];

	if ((u64)nr < SOCLE_NR_SYSCALLS &&
	    !(__atomic_fetch_or(&said[nr / 64], BIT(nr & 63), __ATOMIC_RELAXED) & BIT(nr & 63)))
		log_notice("app: kernel call %ld is absent\n", nr);
	return -ENOSYS;
}

long syscall_dispatch(long nr, long a, long b, long c, long d, long e, long f)
{
	if ((u64)nr >= SOCLE_NR_SYSCALLS || !calls[nr])
		return absent(nr);
	return calls[nr](a, b, c, d, e, f);
}
