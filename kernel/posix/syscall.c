/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syscall.c - the table of kernel calls, and the way back to app code
 */
#include "sys.h"

typedef long (*call_fn)(long a, long b, long c, long d, long e, long f);

#define ROW(name) [SOCLE_SYS_##name] = sys_##name
static const call_fn calls[SOCLE_NR_SYSCALLS] = {
	ROW(read), ROW(write), ROW(open), ROW(close), ROW(ioctl), ROW(lseek), ROW(pread), ROW(fstat), ROW(stat),
	ROW(mmap), ROW(munmap), ROW(mprotect), ROW(madvise),
	ROW(futex), ROW(thread_create), ROW(thread_exit), ROW(exit_group), ROW(gettid), ROW(getpid), ROW(set_tls),
	ROW(sched_yield), ROW(sched_setaffinity), ROW(sched_getaffinity), ROW(getcpu), ROW(clock_gettime),
	ROW(sysinfo),
	ROW(sigaction), ROW(sigprocmask), ROW(sigpending), ROW(sigsuspend), ROW(sigtimedwait), ROW(sigdeliver),
	ROW(kill), ROW(tgkill), ROW(setitimer),
	ROW(eventfd), ROW(epoll_create), ROW(epoll_ctl), ROW(epoll_pwait), ROW(ppoll), ROW(pipe2),
	ROW(timerfd_create), ROW(timerfd_settime), ROW(timerfd_gettime), ROW(clock_nanosleep),
	ROW(pwrite), ROW(readv), ROW(writev), ROW(dup), ROW(dup3), ROW(fcntl),
	ROW(ftruncate), ROW(fsync), ROW(unlink), ROW(getdents), ROW(getrandom),
};

static long absent(long nr)
{
	static u64 said[SOCLE_NR_SYSCALLS / 64 + 1];

	if ((u64)nr < SOCLE_NR_SYSCALLS &&
	    !(__atomic_fetch_or(&said[nr / 64], BIT(nr & 63), __ATOMIC_RELAXED) & BIT(nr & 63)))
		log_notice("app: kernel call %ld is absent\n", nr);
	return -ENOSYS;
}

/* Returns with interrupts off: a kill that comes after the look at it stays pending until app code runs. */
long syscall_dispatch(long nr, long a, long b, long c, long d, long e, long f)
{
	long ret = (u64)nr >= SOCLE_NR_SYSCALLS || !calls[nr] ? absent(nr) : calls[nr](a, b, c, d, e, f);

	signal_boundary();
	arch_irq_disable();
	app_return_check();
	return ret;
}
