/* SPDX-License-Identifier: Apache-2.0 */
/* misc.c - the process, the machine, CPUs, random numbers */
#include <errno.h>
#include <limits.h>
#include <reent.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>
#include "thread.h"

#define PAGE 4096

pid_t getpid(void) { return (pid_t)CALL(getpid, 0, 0, 0, 0, 0, 0); }
pid_t getppid(void) { return 0; }
pid_t gettid(void) { return (pid_t)my_tid(); }
uid_t getuid(void) { return 0; }
uid_t geteuid(void) { return 0; }
gid_t getgid(void) { return 0; }
gid_t getegid(void) { return 0; }
int getpagesize(void) { return PAGE; }
int sched_yield(void) { return (int)CALL(sched_yield, 0, 0, 0, 0, 0, 0); }
int pthread_yield(void) { return sched_yield(); }
int _getpid_r(struct _reent *r) { (void)r; return getpid(); }
int _kill_r(struct _reent *r, int pid, int sig) { (void)r; return (int)CALL(kill, pid, sig, 0, 0, 0, 0); }

int sched_getcpu(void)
{
	unsigned cpu;

	return CALL(getcpu, &cpu, 0, 0, 0, 0, 0) ? -1 : (int)cpu;
}

static long tid_of(pid_t pid)
{
	return pid == getpid() ? (long)first_thread->app.tid : pid;
}

int sched_setaffinity(pid_t pid, size_t bytes, const cpu_set_t *set)
{
	return (int)CALL(sched_setaffinity, tid_of(pid), bytes, set, 0, 0, 0);
}

int sched_getaffinity(pid_t pid, size_t bytes, cpu_set_t *set)
{
	long ret = CALL(sched_getaffinity, tid_of(pid), bytes, set, 0, 0, 0);

	if (ret < 0)
		return -1;
	memset((char *)set + ret, 0, bytes - (size_t)ret);
	return 0;
}

int __sched_cpucount(size_t bytes, const cpu_set_t *set)
{
	int n = 0;

	for (size_t i = 0; i < bytes / sizeof(set->bits[0]); i++)
		n += __builtin_popcountl(set->bits[i]);
	return n;
}

int sched_get_priority_min(int policy) { return policy == SCHED_FIFO || policy == SCHED_RR; }
int sched_get_priority_max(int policy) { return policy == SCHED_FIFO || policy == SCHED_RR ? 99 : 0; }
int sched_getscheduler(pid_t pid) { (void)pid; return SCHED_OTHER; }

int sched_setscheduler(pid_t pid, int policy, const struct sched_param *param)
{
	(void)pid;
	if (policy == SCHED_OTHER && !param->sched_priority)
		return 0;
	errno = policy == SCHED_FIFO || policy == SCHED_RR ? EPERM : EINVAL;
	return -1;
}

int sysinfo(struct sysinfo *out)
{
	struct socle_sysinfo s;
	struct timespec up;

	if (CALL(sysinfo, &s, 0, 0, 0, 0, 0) || clock_gettime(CLOCK_MONOTONIC, &up))
		return -1;
	*out = (struct sysinfo){
		.uptime = up.tv_sec, .totalram = s.total_pages, .freeram = s.free_pages, .mem_unit = PAGE, .procs = 1,
	};
	return 0;
}

int get_nprocs(void)
{
	struct socle_sysinfo s;

	return CALL(sysinfo, &s, 0, 0, 0, 0, 0) ? 1 : (int)s.nr_cpus;
}

int get_nprocs_conf(void) { return get_nprocs(); }

static long memory_pages(int which)
{
	struct socle_sysinfo s;

	if (CALL(sysinfo, &s, 0, 0, 0, 0, 0))
		return -1;
	return (long)(which == _SC_PHYS_PAGES ? s.total_pages : s.free_pages);
}

static const struct { int name; long value; } limits[] = {
	{ _SC_PAGESIZE, PAGE }, { _SC_CLK_TCK, 100 }, { _SC_OPEN_MAX, 65536 }, { _SC_ARG_MAX, 4096 },
	{ _SC_IOV_MAX, 1024 }, { _SC_THREAD_KEYS_MAX, PTHREAD_KEYS_MAX }, { _SC_THREAD_STACK_MIN, PTHREAD_STACK_MIN },
	{ _SC_THREADS, 200809 }, { _SC_TIMERS, 200809 }, { _SC_MONOTONIC_CLOCK, 200809 }, { _SC_VERSION, 200809 },
	{ _SC_THREAD_DESTRUCTOR_ITERATIONS, PTHREAD_DESTRUCTOR_ITERATIONS },
};

long sysconf(int name)
{
	if (name == _SC_NPROCESSORS_ONLN || name == _SC_NPROCESSORS_CONF)
		return get_nprocs();
	if (name == _SC_PHYS_PAGES || name == _SC_AVPHYS_PAGES)
		return memory_pages(name);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (limits[i].name == name)
			return limits[i].value;
	errno = EINVAL;
	return -1;
}

ssize_t getrandom(void *buf, size_t bytes, unsigned flags)
{
	return CALL(getrandom, buf, bytes, flags, 0, 0, 0);
}

int getentropy(void *buf, size_t bytes)
{
	if (bytes > 256) {
		errno = EIO;
		return -1;
	}
	for (size_t done = 0; done < bytes;) {
		ssize_t n = getrandom((char *)buf + done, bytes - done, 0);

		if (n < 0)
			return -1;
		done += (size_t)n;
	}
	return 0;
}

/* Linux's call numbers that one-file programs use for want of a wrapper. */
static const struct { long linux_nr, ours; } direct[] = {
	{ SYS_gettid, SOCLE_SYS_gettid }, { SYS_futex, SOCLE_SYS_futex }, { SYS_getpid, SOCLE_SYS_getpid },
	{ SYS_getrandom, SOCLE_SYS_getrandom }, { SYS_ioctl, SOCLE_SYS_ioctl }, { SYS_getcpu, SOCLE_SYS_getcpu },
	{ SYS_sched_yield, SOCLE_SYS_sched_yield }, { SYS_eventfd2, SOCLE_SYS_eventfd }, { SYS_mmap, SOCLE_SYS_mmap },
	{ SYS_munmap, SOCLE_SYS_munmap }, { SYS_madvise, SOCLE_SYS_madvise }, { SYS_read, SOCLE_SYS_read },
	{ SYS_write, SOCLE_SYS_write }, { SYS_close, SOCLE_SYS_close }, { SYS_exit_group, SOCLE_SYS_exit_group },
};

long syscall(long nr, ...)
{
	va_list ap;
	long a[6];

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (nr == SYS_tgkill)
		return CALL(tgkill, a[1], a[2], 0, 0, 0, 0);
	for (size_t i = 0; i < sizeof(direct) / sizeof(direct[0]); i++)
		if (direct[i].linux_nr == nr)
			return libc_call(direct[i].ours, a[0], a[1], a[2], a[3], a[4], a[5]);
	errno = ENOSYS;
	return -1;
}
