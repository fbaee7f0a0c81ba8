/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fails.c - each allocation behind threads, files, events and mappings fails in turn
 *
 * Socle only, see calls.c and left.h.
 */
#include "left.h"

#define STACK 65536ul
enum { RDWR = 2, CREAT = 0100, READ_WRITE = 3, SHARED = 1, PRIVATE = 2, PRIVATE_ANON = 0x22, DONTNEED = 4, ADD = 1, L_ENOMEM = 12 };

static void shut(long fd)
{
	if (fd >= 0)
		CALL(close, fd, 0, 0, 0, 0, 0);
}

static struct app_thread app;
static uint32_t alive, tid;

static void thread_main(uint32_t *word)
{
	CALL(sched_yield, 0, 0, 0, 0, 0, 0);
	CALL(thread_exit, word, 0, 0, 0, 0, 0);
}

static long a_thread(void)
{
	static char stack[STACK] __attribute__((aligned(16)));
	struct socle_thread st = { .entry = (uint64_t)thread_main, .arg = (uint64_t)&alive, .stack_top = (uint64_t)stack + STACK,
				   .app_thread = (uint64_t)&app, .tid_out = (uint64_t)&tid };
	long ret;

	memset(stack, 0, sizeof(stack));
	alive = 1;
	ret = CALL(thread_create, &st, 0, 0, 0, 0, 0);
	if (ret < 0)
		return ret;
	while (__atomic_load_n(&alive, __ATOMIC_SEQ_CST))
		CALL(futex, &alive, 0, 1, 0, 0, 0);
	return 0;
}

static long events(void)
{
	struct socle_epoll_event ev = { 1, 0 };
	struct socle_timespec none = { 0, 0 };
	struct socle_pollfd p[3];
	long fd[3], pair_ok, err = 0;
	int pair[2] = { -1, -1 };

	fd[0] = CALL(eventfd, 1, 0, 0, 0, 0, 0);
	fd[1] = CALL(timerfd_create, 1, 0, 0, 0, 0, 0);
	fd[2] = CALL(epoll_create, 0, 0, 0, 0, 0, 0);
	pair_ok = CALL(pipe2, pair, 0, 0, 0, 0, 0);
	for (int i = 0; i < 3; i++) {
		err = fd[i] < 0 ? fd[i] : err;
		p[i] = (struct socle_pollfd){ (int)fd[i], 1, 0 };
	}
	err = err ? err : pair_ok;
	for (int i = 0; i < 2 && !err; i++)
		err = CALL(epoll_ctl, fd[2], ADD, fd[i], &ev, 0, 0);
	if (!err)
		err = CALL(epoll_ctl, fd[2], ADD, pair[0], &ev, 0, 0);
	if (!err) {
		err = CALL(ppoll, p, 3, &none, 0, 0, 0);
		err = err < 0 ? err : 0;
	}
	for (int i = 0; i < 3; i++)
		shut(fd[i]);
	shut(pair_ok ? -1 : pair[0]);
	shut(pair_ok ? -1 : pair[1]);
	return err;
}

static long files(void)
{
	static char buf[9000];
	long fd = CALL(open, "/tmp/f", RDWR | CREAT, 0, 0, 0, 0), n, dir;

	if (fd < 0)
		return fd;
	memset(buf, 1, sizeof(buf));
	n = CALL(pwrite, fd, buf, sizeof(buf), 0, 0, 0);
	if (n == sizeof(buf))
		n = CALL(pwrite, fd, buf, 100, 1l << 40, 0, 0);
	if (n >= 0 && n != 100)
		n = -L_ENOMEM;		/* half a write tells of what failed at the next one */
	dir = CALL(open, "/tmp", 0, 0, 0, 0, 0);
	shut(dir);
	shut(fd);
	CALL(unlink, "/tmp/f", 0, 0, 0, 0, 0);
	return n < 0 ? n : dir < 0 ? dir : 0;
}

/* The kernel touches the pages, so that one that cannot be had is an error. */
static long touch(long at)
{
	return CALL(sysinfo, at, 0, 0, 0, 0, 0) ? -L_ENOMEM : 0;
}

static long mappings(void)
{
	long at = CALL(mmap, 0, 8ul << 20, READ_WRITE, PRIVATE_ANON, -1, 0), err;

	if (at < 0)
		return at;
	err = touch(at);
	if (!err)
		err = touch(at + (3l << 20));
	if (!err)
		err = CALL(mprotect, at + (2l << 20) + 4096, 8192, 1, 0, 0, 0);
	if (!err)
		err = CALL(munmap, at + (4l << 20) + 4096, 8192, 0, 0, 0, 0);
	if (!err)
		err = CALL(madvise, at + 8192, 4096, DONTNEED, 0, 0, 0);
	while (CALL(munmap, at, 8ul << 20, 0, 0, 0, 0) == -L_ENOMEM)
		;
	return err;
}

static long file_mappings(void)
{
	long fd = CALL(open, "/tmp/m", RDWR | CREAT, 0, 0, 0, 0), shared = 0, copy = 0, err;

	if (fd < 0)
		return fd;
	err = CALL(ftruncate, fd, 16384, 0, 0, 0, 0);
	if (!err) {
		shared = CALL(mmap, 0, 16384, READ_WRITE, SHARED, fd, 0);
		copy = CALL(mmap, 0, 16384, READ_WRITE, PRIVATE, fd, 0);
		err = shared < 0 ? shared : copy < 0 ? copy : touch(shared + 4096);
	}
	if (!err)
		err = touch(copy + 8192);
	if (shared > 0)
		CALL(munmap, shared, 16384, 0, 0, 0, 0);
	if (copy > 0)
		CALL(munmap, copy, 16384, 0, 0, 0, 0);
	shut(fd);
	CALL(unlink, "/tmp/m", 0, 0, 0, 0, 0);
	return err;
}

int main(void)
{
	check("/dev/socle", left_init());
	fail_each("a thread", a_thread, NULL, 2);
	fail_each("events", events, NULL, 8);
	fail_each("files", files, NULL, 5);
	fail_each("mappings", mappings, NULL, 5);
	fail_each("mappings of files", file_mappings, NULL, 5);
	return failed;
}
