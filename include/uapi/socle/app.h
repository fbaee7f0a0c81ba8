/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app.h - what kernel and libc agree on beside the call numbers
 */
#ifndef UAPI_SOCLE_APP_H
#define UAPI_SOCLE_APP_H

#include <stdint.h>

typedef long (*socle_gate)(long nr, long a, long b, long c, long d, long e, long f);

/* In the first argument register at _start. argv and envp end with NULL. The program finds PT_TLS in its own headers. */
struct app_start {
	uint64_t gate;
	uint64_t argc, argv, envp;
	uint64_t stack_low, stack_bytes;
};

/* One for each app thread, in app memory. After each gate call libc looks at signal_pending. */
struct app_thread {
	volatile uint32_t signal_pending;	/* kernel sets it, sigdeliver clears it */
	uint32_t tid;
};

struct socle_thread {
	uint64_t entry, arg;		/* entry(arg); does not return */
	uint64_t stack_top;
	uint64_t tls;
	uint64_t app_thread;		/* struct app_thread * */
	uint64_t tid_out;		/* uint32_t *, or 0: written before the thread starts */
};

struct socle_timespec { int64_t sec, nsec; };
struct socle_itimerspec { struct socle_timespec interval, value; };

struct socle_stat {
	uint64_t ino, size;
	uint32_t mode, nlink;
};

struct socle_dirent { uint64_t ino; uint32_t type; char name[116]; };

struct socle_sigaction {
	uint64_t handler;		/* 0 default, 1 ignore */
	uint64_t flags;			/* SA_*, Linux's numbers */
	uint64_t mask;
};

struct socle_siginfo { int32_t signo, code, pid, value; };

struct socle_sigframe {
	struct socle_sigaction action;
	struct socle_siginfo info;
	uint64_t old_mask;		/* to restore after the handler */
};

struct socle_sysinfo { uint64_t total_pages, free_pages; uint32_t nr_cpus, reserved; };

struct socle_iovec { uint64_t base, len; };
struct socle_epoll_event { uint32_t events; uint64_t data; } __attribute__((packed));	/* 12 bytes on each machine */
struct socle_pollfd { int32_t fd; int16_t events, revents; };

#endif
