/* SPDX-License-Identifier: Apache-2.0 */
/*
 * waits.c - kernel calls below the libc: eventfd, timerfd, pipe, poll, epoll, descriptors
 *
 * Socle only, see calls.c. One thread: who waits finds an event, or time runs out.
 */
#include <socle/app.h>
#include <socle/syscall.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

long libc_raw_call(long nr, long a, long b, long c, long d, long e, long f);
#define CALL(name, a, b, c, d, e, f) \
	libc_raw_call(SOCLE_SYS_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

enum { L_EINTR = 4, L_EBADF = 9, L_EAGAIN = 11, L_EFAULT = 14, L_EEXIST = 17, L_EINVAL = 22, L_ESPIPE = 29,
	L_EPIPE = 32, L_ELOOP = 40, L_EPERM = 1, L_ENOENT = 2 };
enum { NONBLOCK = 04000, CLOEXEC = 02000000, IN = 1, OUT = 4, ERR = 8, HUP = 16, NVAL = 32, ADD = 1, DEL = 2, MOD = 3 };
#define ET (1u << 31)
#define ONESHOT (1u << 30)

static int failed;

static void check(const char *what, int good)
{
	printf("%s %s\n", good ? "ok  " : "FAIL", what);
	failed += !good;
}

static long rd(long fd, uint64_t *v) { return CALL(read, fd, v, 8, 0, 0, 0); }
static long wr(long fd, uint64_t v) { return CALL(write, fd, &v, 8, 0, 0, 0); }
static void shut(long fd) { CALL(close, fd, 0, 0, 0, 0, 0); }

static long poll_one(long fd, int events, int *revents)
{
	struct socle_pollfd p = { .fd = (int)fd, .events = (short)events };
	struct socle_timespec none = { 0, 0 };
	long n = CALL(ppoll, &p, 1, &none, 0, 0, 0);

	*revents = p.revents;
	return n;
}

static void test_eventfd(void)
{
	long fd = CALL(eventfd, 3, NONBLOCK, 0, 0, 0, 0), sem = CALL(eventfd, 2, NONBLOCK | 1, 0, 0, 0, 0);
	uint64_t v = 0;
	int re;

	check("eventfd has its first count", rd(fd, &v) == 8 && v == 3 && rd(fd, &v) == -L_EAGAIN);
	check("eventfd adds", wr(fd, 5) == 8 && wr(fd, 6) == 8 && rd(fd, &v) == 8 && v == 11);
	check("eventfd as a semaphore", rd(sem, &v) == 8 && v == 1 && rd(sem, &v) == 8 && v == 1 &&
	      rd(sem, &v) == -L_EAGAIN);
	check("eventfd is full", wr(fd, ~0ull - 1) == 8 && wr(fd, 1) == -L_EAGAIN && wr(fd, ~0ull) == -L_EINVAL);
	check("eventfd that is full polls in, not out", poll_one(fd, IN | OUT, &re) == 1 && re == IN);
	check("eventfd short transfers", CALL(read, fd, &v, 7, 0, 0, 0) == -L_EINVAL &&
	      CALL(write, fd, &v, 7, 0, 0, 0) == -L_EINVAL && CALL(eventfd, 0, 2, 0, 0, 0, 0) == -L_EINVAL);
	shut(fd);
	shut(sem);
}

static void test_timerfd(void)
{
	long fd = CALL(timerfd_create, 1, 0, 0, 0, 0, 0), other = CALL(eventfd, 0, 0, 0, 0, 0, 0);
	struct socle_itimerspec its = { .value = { 0, 1000000 } }, old;
	struct socle_pollfd p = { .fd = (int)fd, .events = IN };
	uint64_t v = 0;
	int re;

	check("timerfd that is not set is not ready", poll_one(fd, IN, &re) == 0);
	CALL(timerfd_settime, fd, 0, &its, 0, 0, 0);
	check("timerfd ends a poll", CALL(ppoll, &p, 1, 0, 0, 0, 0) == 1 && p.revents == IN);
	check("timerfd counts once", rd(fd, &v) == 8 && v == 1);
	its.interval.nsec = 1000000;
	CALL(timerfd_settime, fd, 0, &its, &old, 0, 0);
	check("timerfd was not armed", old.value.sec == 0 && old.value.nsec == 0);
	for (int i = 0; i < 3; i++)
		check("timerfd comes again", rd(fd, &v) == 8 && v >= 1);
	its.value.sec = 1000;
	CALL(timerfd_settime, fd, 0, &its, 0, 0, 0);
	CALL(timerfd_gettime, fd, &old, 0, 0, 0, 0);
	check("timerfd says what is left", old.value.sec >= 900 && old.interval.nsec == 1000000);
	its.value = (struct socle_timespec){ 1, 0 };
	CALL(timerfd_settime, fd, 1, &its, 0, 0, 0);
	check("timerfd at a time in the past counts what it missed", rd(fd, &v) == 8 && v >= 1);
	check("timerfd errors", CALL(timerfd_create, 99, 0, 0, 0, 0, 0) == -L_EINVAL &&
	      CALL(timerfd_settime, other, 0, &its, 0, 0, 0) == -L_EINVAL &&
	      CALL(timerfd_settime, 999, 0, &its, 0, 0, 0) == -L_EBADF);
	shut(fd);
	shut(other);
}

static void test_pipe(void)
{
	static char big[70000];
	int fd[2], re;
	char got[16] = { 0 };
	long n;

	CALL(pipe2, fd, NONBLOCK, 0, 0, 0, 0);
	check("pipe is empty", CALL(read, fd[0], got, 4, 0, 0, 0) == -L_EAGAIN && poll_one(fd[0], IN, &re) == 0);
	CALL(write, fd[1], "hello", 5, 0, 0, 0);
	check("pipe carries bytes", CALL(read, fd[0], got, 16, 0, 0, 0) == 5 && !memcmp(got, "hello", 5));
	n = CALL(write, fd[1], big, sizeof(big), 0, 0, 0);
	check("pipe takes what fits", n == 65536 && CALL(write, fd[1], big, 1, 0, 0, 0) == -L_EAGAIN &&
	      poll_one(fd[1], OUT, &re) == 0);
	CALL(read, fd[0], big, 100, 0, 0, 0);
	check("a small write is whole or not at all", CALL(write, fd[1], big, 101, 0, 0, 0) == -L_EAGAIN &&
	      CALL(write, fd[1], big, 100, 0, 0, 0) == 100);
	check("pipe ends have their direction", CALL(write, fd[0], got, 1, 0, 0, 0) == -L_EBADF &&
	      CALL(read, fd[1], got, 1, 0, 0, 0) == -L_EBADF);
	shut(fd[1]);
	check("pipe without a writer ends after its bytes", CALL(read, fd[0], big, sizeof(big), 0, 0, 0) == 65536 &&
	      CALL(read, fd[0], got, 1, 0, 0, 0) == 0 && poll_one(fd[0], IN, &re) == 1 && re == HUP);
	shut(fd[0]);
	CALL(pipe2, fd, 0, 0, 0, 0, 0);
	shut(fd[0]);
	{
		struct socle_sigaction ignore = { .handler = 1 };

		CALL(sigaction, 13, &ignore, 0, 0, 0, 0);
	}
	check("pipe without a reader", CALL(write, fd[1], got, 1, 0, 0, 0) == -L_EPIPE);
	shut(fd[1]);
}

static void test_poll(void)
{
	long a = CALL(eventfd, 0, 0, 0, 0, 0, 0), b = CALL(eventfd, 1, 0, 0, 0, 0, 0);
	struct socle_pollfd p[4] = {
		{ .fd = (int)a, .events = IN | OUT }, { .fd = (int)b, .events = IN }, { .fd = 999, .events = IN },
		{ .fd = -1, .events = IN },
	};
	struct socle_timespec soon = { 0, 2000000 }, bad = { 0, -1 };
	int re;

	check("poll counts and marks", CALL(ppoll, p, 4, 0, 0, 0, 0) == 3 && p[0].revents == OUT && p[1].revents == IN &&
	      p[2].revents == NVAL && p[3].revents == 0);
	p[0].events = IN;
	check("poll runs out of time", CALL(ppoll, p, 1, &soon, 0, 0, 0) == 0);
	check("poll of nothing is a sleep", CALL(ppoll, 0, 0, &soon, 0, 0, 0) == 0);
	check("poll errors", CALL(ppoll, p, 1, &bad, 0, 0, 0) == -L_EINVAL && CALL(ppoll, p, 100000, 0, 0, 0, 0) == -L_EINVAL &&
	      CALL(ppoll, 0x1000, 1, 0, 0, 0, 0) == -L_EFAULT);
	check("a file without events is always ready", poll_one(CALL(open, "/dev/null", 2, 0, 0, 0, 0), IN, &re) == 1);
	shut(a);
	shut(b);
}

static long ep_ctl(long ep, int op, long fd, uint32_t events, uint64_t data)
{
	struct socle_epoll_event ev = { events, data };

	return CALL(epoll_ctl, ep, op, fd, &ev, 0, 0);
}

static long ep_wait(long ep, struct socle_epoll_event *ev, int max)
{
	struct socle_timespec none = { 0, 0 };

	return CALL(epoll_pwait, ep, ev, max, 0, &none, 0);
}

static void test_epoll(void)
{
	long ep = CALL(epoll_create, 0, 0, 0, 0, 0, 0), a = CALL(eventfd, 0, 0, 0, 0, 0, 0);
	long b = CALL(eventfd, 0, 0, 0, 0, 0, 0), null = CALL(open, "/dev/null", 2, 0, 0, 0, 0);
	struct socle_epoll_event ev[4];
	uint64_t v;

	check("epoll errors", ep_ctl(ep, ADD, 999, IN, 0) == -L_EBADF && ep_ctl(ep, ADD, null, IN, 0) == -L_EPERM &&
	      ep_ctl(ep, ADD, ep, IN, 0) == -L_EINVAL && ep_ctl(a, ADD, b, IN, 0) == -L_EINVAL &&
	      ep_ctl(ep, MOD, a, IN, 0) == -L_ENOENT && ep_wait(ep, ev, 0) == -L_EINVAL && ep_wait(a, ev, 1) == -L_EINVAL);
	check("epoll add", ep_ctl(ep, ADD, a, IN, 0x1234567890abcdefull) == 0 && ep_ctl(ep, ADD, a, IN, 0) == -L_EEXIST &&
	      ep_wait(ep, ev, 4) == 0);
	wr(a, 1);
	check("epoll tells as long as it is ready", ep_wait(ep, ev, 4) == 1 && ev[0].events == IN &&
	      ev[0].data == 0x1234567890abcdefull && ep_wait(ep, ev, 4) == 1);
	rd(a, &v);
	check("epoll is quiet when it was read", ep_wait(ep, ev, 4) == 0);
	ep_ctl(ep, ADD, b, IN | ET, 2);
	wr(b, 1);
	check("epoll tells an edge once", ep_wait(ep, ev, 4) == 1 && ev[0].data == 2 && ep_wait(ep, ev, 4) == 0);
	wr(b, 1);
	check("epoll tells the next edge", ep_wait(ep, ev, 4) == 1);
	ep_ctl(ep, MOD, b, IN | ONESHOT, 3);
	check("epoll one shot", ep_wait(ep, ev, 4) == 1 && ev[0].data == 3 && ep_wait(ep, ev, 4) == 0);
	wr(b, 1);
	check("epoll one shot stays off", ep_wait(ep, ev, 4) == 0);
	ep_ctl(ep, MOD, b, IN, 4);
	wr(a, 1);
	check("epoll gives each in turn", ep_wait(ep, ev, 1) == 1 && ep_wait(ep, ev + 1, 1) == 1 && ev[0].data != ev[1].data);
	check("epoll remove", ep_ctl(ep, DEL, a, 0, 0) == 0 && ep_ctl(ep, DEL, a, 0, 0) == -L_ENOENT);
	shut(b);
	check("a closed file is no item any more", ep_wait(ep, ev, 4) == 0);
	shut(ep);
	shut(a);
	shut(null);
}

static void test_nested_epoll(void)
{
	long in = CALL(epoll_create, 0, 0, 0, 0, 0, 0), out = CALL(epoll_create, 0, 0, 0, 0, 0, 0);
	long a = CALL(eventfd, 0, 0, 0, 0, 0, 0);
	struct socle_epoll_event ev;

	ep_ctl(in, ADD, a, IN, 1);
	check("epoll in epoll", ep_ctl(out, ADD, in, IN, 2) == 0 && ep_wait(out, &ev, 1) == 0);
	check("no epoll in itself", ep_ctl(in, ADD, out, IN, 3) == -L_ELOOP);
	wr(a, 1);
	check("an event goes up", ep_wait(out, &ev, 1) == 1 && ev.data == 2 && ep_wait(in, &ev, 1) == 1 && ev.data == 1);
	shut(in);
	check("an epoll that went is no item any more", ep_wait(out, &ev, 1) == 0);
	shut(a);
	shut(out);
}

static void test_descriptors(void)
{
	long a = CALL(eventfd, 0, CLOEXEC, 0, 0, 0, 0), b, c;
	struct socle_iovec v[2];
	uint64_t x = 5, y = 0;

	b = CALL(dup, a, 0, 0, 0, 0, 0);
	wr(a, 7);
	check("dup is the same file", b != a && rd(b, &y) == 8 && y == 7);
	check("close-on-exec is the descriptor's", CALL(fcntl, a, 1, 0, 0, 0, 0) == 1 && CALL(fcntl, b, 1, 0, 0, 0, 0) == 0);
	c = CALL(dup3, a, 100, CLOEXEC, 0, 0, 0);
	check("dup3", c == 100 && CALL(fcntl, 100, 1, 0, 0, 0, 0) == 1 && CALL(dup3, a, a, 0, 0, 0, 0) == -L_EINVAL);
	check("the lowest free descriptor from a number on", CALL(fcntl, a, 0, 100, 0, 0, 0) == 101);
	check("flags of a file", CALL(fcntl, a, 4, NONBLOCK, 0, 0, 0) == 0 && CALL(fcntl, b, 3, 0, 0, 0, 0) == (NONBLOCK | 2));
	v[0] = (struct socle_iovec){ (uint64_t)&x, 8 };
	v[1] = (struct socle_iovec){ (uint64_t)&x, 8 };
	check("writev and readv", CALL(writev, a, v, 2, 0, 0, 0) == 16 && rd(a, &y) == 8 && y == 10 &&
	      CALL(readv, a, v, -1, 0, 0, 0) == -L_EINVAL);
	check("no position in an eventfd", CALL(lseek, a, 0, 0, 0, 0, 0) == -L_ESPIPE && CALL(pwrite, a, &x, 8, 0, 0, 0) == -L_ESPIPE);
	check("bad descriptors", CALL(close, 999, 0, 0, 0, 0, 0) == -L_EBADF && CALL(dup, -1, 0, 0, 0, 0, 0) == -L_EBADF &&
	      CALL(dup3, a, 1000000, 0, 0, 0, 0) == -L_EBADF);
	shut(a);
	shut(b);
	shut(100);
	shut(101);
	check("descriptors are used again", CALL(eventfd, 0, 0, 0, 0, 0, 0) == a);
	shut(a);
}

static void test_sleep(void)
{
	struct socle_timespec t0, t1, span = { 0, 3000000 }, bad = { 0, 2000000000 };

	CALL(clock_gettime, 1, &t0, 0, 0, 0, 0);
	check("sleep", CALL(clock_nanosleep, 1, 0, &span, 0, 0, 0) == 0);
	CALL(clock_gettime, 1, &t1, 0, 0, 0, 0);
	check("a sleep is not shorter than asked", (t1.sec - t0.sec) * 1000000000 + t1.nsec - t0.nsec >= 3000000);
	check("a sleep until now is none", CALL(clock_nanosleep, 1, 1, &t1, 0, 0, 0) == 0);
	check("sleep errors", CALL(clock_nanosleep, 1, 0, &bad, 0, 0, 0) == -L_EINVAL &&
	      CALL(clock_nanosleep, 77, 0, &span, 0, 0, 0) == -L_EINVAL);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	test_eventfd();
	test_timerfd();
	test_pipe();
	test_poll();
	test_epoll();
	test_nested_epoll();
	test_descriptors();
	test_sleep();
	return failed;
}
