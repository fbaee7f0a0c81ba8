/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stress.c - many threads use the same descriptors, memory, files and epolls at once
 *
 * Socle only, see calls.c. Any result of a call is right, so long as nothing
 * hangs, what a thread alone owns is as it left it, and all comes back.
 */
#include <socle/app.h>
#include <socle/syscall.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define THREADS	8
#define STEPS	600
#define STACK	65536ul
#define SHARED_FDS 24			/* descriptors 40.. are everyone's */
#define FIRST	40

long libc_raw_call(long nr, long a, long b, long c, long d, long e, long f);
#define CALL(name, a, b, c, d, e, f) \
	libc_raw_call(SOCLE_SYS_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
enum { RDWR = 2, CREAT = 0100, NONBLOCK = 04000, READ_WRITE = 3, SHARED = 1, PRIVATE_ANON = 0x22, FIXED = 0x10, DONTNEED = 4, SIG_A = 10, SIG_PIPE = 13 };

struct worker {
	struct app_thread app;
	uint32_t alive, tid;
	uint64_t seed;
	uint64_t wrong;
	char *shared_map;
};

static struct worker workers[THREADS];
static char stacks[THREADS][STACK] __attribute__((aligned(16)));
static int failed;
/* 4 MiB that everybody maps, discards and protects; far from where the kernel puts what a thread owns */
static char *const common = (char *)0x300000000000;
#define COMMON_PAGES 1024u

static void check(const char *what, int good)
{
	printf("%s %s\n", good ? "ok  " : "FAIL", what);
	failed += !good;
}

/* xorshift64* */
static uint32_t rnd(struct worker *w, uint32_t below)
{
	w->seed ^= w->seed >> 12;
	w->seed ^= w->seed << 25;
	w->seed ^= w->seed >> 27;
	return (uint32_t)((w->seed * 2685821657736338717ull) >> 33) % below;
}

static long shared_fd(struct worker *w) { return FIRST + rnd(w, SHARED_FDS); }

static void own_memory(struct worker *w)
{
	unsigned long n = 4096ul * (1 + rnd(w, 1200));
	uint64_t *p = (uint64_t *)CALL(mmap, 0, n, READ_WRITE, PRIVATE_ANON, -1, 0), at = rnd(w, (uint32_t)(n / 8));

	if ((long)p < 0) {
		w->wrong++;
		return;
	}
	w->wrong += p[at] != 0;
	p[at] = w->seed;
	CALL(mprotect, p, n, 1, 0, 0, 0);
	w->wrong += p[at] != w->seed;
	if (rnd(w, 2))
		CALL(madvise, p, n, DONTNEED, 0, 0, 0);
	CALL(munmap, p, n, 0, 0, 0, 0);
}

/* Kernel calls touch it, so that a page that is gone is an error and no fault. */
static void common_memory(struct worker *w)
{
	char *p = common + 4096ul * rnd(w, COMMON_PAGES);
	unsigned long n = 4096ul * (1 + rnd(w, 64));
	struct socle_sysinfo si;

	switch (rnd(w, 5)) {
	case 0:
		CALL(mmap, p, n, READ_WRITE, PRIVATE_ANON | FIXED, -1, 0);
		break;
	case 1:
		CALL(madvise, p, n, DONTNEED, 0, 0, 0);
		break;
	case 2:
		CALL(mprotect, p, n, 1 + rnd(w, 3), 0, 0, 0);
		break;
	case 3:
		CALL(munmap, p, n, 0, 0, 0, 0);
		break;
	default:
		CALL(sysinfo, p, 0, 0, 0, 0, 0);
		CALL(sysinfo, &si, 0, 0, 0, 0, 0);
	}
}

static void put_at(long fd, long at)
{
	if (fd < 0)
		return;
	CALL(dup3, fd, at, 0, 0, 0, 0);
	CALL(close, fd, 0, 0, 0, 0, 0);
}

static void new_file(struct worker *w)
{
	struct socle_itimerspec its = { .value = { 0, 1000 + rnd(w, 1000000) }, .interval = { 0, 100000 } };
	int pair[2];
	long fd;

	switch (rnd(w, 5)) {
	case 0:
		put_at(CALL(epoll_create, 0, 0, 0, 0, 0, 0), shared_fd(w));
		break;
	case 1:
		if (CALL(pipe2, pair, NONBLOCK, 0, 0, 0, 0) == 0) {
			put_at(pair[0], shared_fd(w));
			put_at(pair[1], shared_fd(w));
		}
		break;
	case 2:
		fd = CALL(timerfd_create, 1, NONBLOCK, 0, 0, 0, 0);
		CALL(timerfd_settime, fd, 0, &its, 0, 0, 0);
		put_at(fd, shared_fd(w));
		break;
	default:
		put_at(CALL(eventfd, rnd(w, 2), NONBLOCK, 0, 0, 0, 0), shared_fd(w));
	}
}

static void use_file(struct worker *w)
{
	struct socle_epoll_event ev[8] = { { 5 | (rnd(w, 2) << 31), w->seed } };
	struct socle_timespec span = { 0, rnd(w, 100000) };
	struct socle_pollfd p[4];
	char buf[300] = { 1 };
	long fd = shared_fd(w);

	switch (rnd(w, 8)) {
	case 0:
		CALL(close, fd, 0, 0, 0, 0, 0);
		break;
	case 1: case 2:
		CALL(epoll_ctl, fd, 1 + rnd(w, 3), shared_fd(w), ev, 0, 0);
		break;
	case 3:
		CALL(epoll_pwait, fd, ev, 8, 0, &span, 0);
		break;
	case 4:
		CALL(write, fd, buf, 1 + rnd(w, sizeof(buf)), 0, 0, 0);
		break;
	case 5:
		CALL(read, fd, buf, sizeof(buf), 0, 0, 0);
		break;
	case 6:
		for (int i = 0; i < 4; i++)
			p[i] = (struct socle_pollfd){ (int)shared_fd(w), 5, 0 };
		CALL(ppoll, p, 4, &span, 0, 0, 0);
		break;
	default:
		CALL(dup3, fd, shared_fd(w), 0, 0, 0, 0);
	}
}

static void common_file(struct worker *w)
{
	char buf[200];
	long fd = CALL(open, "/tmp/common", RDWR | CREAT, 0, 0, 0, 0);
	unsigned long at = rnd(w, 40000);

	if (fd < 0)
		return;
	switch (rnd(w, 5)) {
	case 0:
		CALL(ftruncate, fd, rnd(w, 40000), 0, 0, 0, 0);
		break;
	case 1:
		CALL(unlink, "/tmp/common", 0, 0, 0, 0, 0);
		break;
	case 2:		/* the kernel copies from a mapping whose page may go */
		at = (unsigned long)CALL(mmap, 0, 8192, READ_WRITE, SHARED, fd, 0);
		CALL(pwrite, fd, at, 100, 5000, 0, 0);
		CALL(pread, fd, at, 100, 5000, 0, 0);
		CALL(munmap, at, 8192, 0, 0, 0, 0);
		break;
	default:
		memset(buf, (int)w->tid, sizeof(buf));
		CALL(pwrite, fd, buf, sizeof(buf), at, 0, 0);
		CALL(pread, fd, buf, sizeof(buf), at, 0, 0);
	}
	CALL(close, fd, 0, 0, 0, 0, 0);
}

static void signals(struct worker *w)
{
	struct socle_sigframe f;
	uint64_t set = rnd(w, 2) ? 1ull << (SIG_A - 1) : 0, info[4];
	struct socle_timespec span = { 0, 10000 };

	CALL(tgkill, workers[rnd(w, THREADS)].tid, SIG_A, 0, 0, 0, 0);
	CALL(sigprocmask, 2, &set, 0, 0, 0, 0);
	if (rnd(w, 2))
		CALL(kill, 1, SIG_A, 0, 0, 0, 0);
	if (rnd(w, 4) == 0)
		CALL(sigtimedwait, &set, info, &span, 0, 0, 0);
	while (w->app.signal_pending && CALL(sigdeliver, &f, 0, 0, 0, 0, 0) == 1)
		CALL(sigprocmask, 2, &f.old_mask, 0, 0, 0, 0);
}

static void worker_main(struct worker *w)
{
	static void (*const what[])(struct worker *) = {
		own_memory, common_memory, common_memory, new_file, use_file, use_file, use_file, common_file, signals,
	};

	for (int i = 0; i < STEPS; i++)
		what[rnd(w, sizeof(what) / sizeof(what[0]))](w);
	CALL(thread_exit, &w->alive, 0, 0, 0, 0, 0);
}

static int start(struct worker *w, int i)
{
	struct socle_thread st = { .entry = (uint64_t)worker_main, .arg = (uint64_t)w, .stack_top = (uint64_t)stacks[i] + STACK,
				   .app_thread = (uint64_t)&w->app, .tid_out = (uint64_t)&w->tid };

	w->alive = 1;
	w->seed = 20260101 + (uint64_t)i * 7919;
	return CALL(thread_create, &st, 0, 0, 0, 0, 0) > 0;
}

int main(void)
{
	struct socle_sigaction handler = { .handler = 0x1000 }, ignore = { .handler = 1 };
	uint64_t all = 1ull << (SIG_A - 1), wrong = 0;
	int started = 0;

	setvbuf(stdout, NULL, _IONBF, 0);
	CALL(sigaction, SIG_A, &handler, 0, 0, 0, 0);
	CALL(sigaction, SIG_PIPE, &ignore, 0, 0, 0, 0);
	CALL(sigprocmask, 0, &all, 0, 0, 0, 0);
	CALL(mmap, common, (COMMON_PAGES + 64) * 4096, READ_WRITE, PRIVATE_ANON | FIXED, -1, 0);
	for (int i = 0; i < THREADS; i++)
		started += start(&workers[i], i);
	for (int i = 0; i < THREADS; i++) {
		while (__atomic_load_n(&workers[i].alive, __ATOMIC_SEQ_CST))
			CALL(futex, &workers[i].alive, 0, 1, 0, 0, 0);
		wrong += workers[i].wrong;
	}
	check("threads that use everything at once all end", started == THREADS);
	check("what a thread alone owns stays as it left it", wrong == 0);
	for (long fd = FIRST; fd < FIRST + SHARED_FDS; fd++)
		CALL(close, fd, 0, 0, 0, 0, 0);
	CALL(unlink, "/tmp/common", 0, 0, 0, 0, 0);
	return failed;
}
