/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syscall.h - kernel calls of apps
 *
 * long gate(long nr, long a, long b, long c, long d, long e, long f), a plain
 * C call through the pointer that _start gets; returns a value or -errno with
 * Linux's numbers. Arguments and structures are those of the Linux call of
 * the same name unless a comment says otherwise. Append only.
 */
#ifndef UAPI_SOCLE_SYSCALL_H
#define UAPI_SOCLE_SYSCALL_H

#define SOCLE_SYSCALLS(X)	\
	X(read)			\
	X(write)		\
	X(open)			\
	X(close)		\
	X(ioctl)		\
	X(lseek)		\
	X(pread)		\
	X(pwrite)		\
	X(readv)		\
	X(writev)		\
	X(fstat)		/* struct socle_stat */ \
	X(stat)			\
	X(ftruncate)		\
	X(unlink)		\
	X(getdents)		/* struct socle_dirent, 0 or 1 of them */ \
	X(dup)			\
	X(dup3)			\
	X(fcntl)		\
	X(mmap)			\
	X(munmap)		\
	X(mprotect)		\
	X(madvise)		\
	X(brk)			\
	X(eventfd)		\
	X(epoll_create)		\
	X(epoll_ctl)		\
	X(epoll_pwait)		/* e: struct timespec or 0, f: u64 mask or 0; d unused */ \
	X(timerfd_create)	\
	X(timerfd_settime)	\
	X(timerfd_gettime)	\
	X(ppoll)		/* fds, n, timespec, u64 mask */ \
	X(futex)		\
	X(sigaction)		/* signo, struct socle_sigaction *new, *old */ \
	X(sigprocmask)		/* how, u64 *new, u64 *old */ \
	X(sigpending)		/* u64 * */ \
	X(sigsuspend)		/* u64 * */ \
	X(sigtimedwait)		/* u64 *set, struct socle_siginfo *, timespec */ \
	X(sigdeliver)		/* struct socle_sigframe *: next handler to run; 1 or 0 */ \
	X(kill)			\
	X(tgkill)		/* tid, signo */ \
	X(setitimer)		/* ITIMER_REAL only: which, u64 {value, interval} ns *new, *old */ \
	X(thread_create)	/* struct socle_thread *; returns the tid */ \
	X(thread_exit)		/* u32 *clear, munmap address, munmap bytes */ \
	X(exit_group)		\
	X(gettid)		\
	X(getpid)		\
	X(set_tls)		/* FS base / tp, struct app_thread * */ \
	X(sched_yield)		\
	X(sched_setaffinity)	\
	X(sched_getaffinity)	\
	X(getcpu)		\
	X(clock_gettime)	\
	X(clock_nanosleep)	\
	X(sysinfo)		/* struct socle_sysinfo * */ \
	X(pipe2)		\
	X(getrandom)		\
	X(fsync)

enum {
#define SOCLE_SYSCALL_NUMBER(name) SOCLE_SYS_##name,
	SOCLE_SYSCALLS(SOCLE_SYSCALL_NUMBER)
#undef SOCLE_SYSCALL_NUMBER
	SOCLE_NR_SYSCALLS
};

#endif
