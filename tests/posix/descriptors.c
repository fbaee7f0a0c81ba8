/* SPDX-License-Identifier: Apache-2.0 */
/* descriptors.c - pipe, eventfd, timerfd, poll, select, epoll, vectors, duplicates, clocks */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>
#include "t.h"

static void pipes(void)
{
	struct iovec out[3] = { { "abc", 3 }, { "", 0 }, { "defg", 4 } }, in[2];
	char a[5] = "", b[10] = "", c;
	int fd[2], dupd, n;

	check("pipe2", !pipe2(fd, O_NONBLOCK | O_CLOEXEC));
	check("empty: EAGAIN", read(fd[0], &c, 1) == -1 && errno == EAGAIN);
	check("flags", (fcntl(fd[0], F_GETFL) & O_NONBLOCK) && fcntl(fd[1], F_GETFD) == FD_CLOEXEC);
	check("writev", writev(fd[1], out, 3) == 7);
	in[0] = (struct iovec){ a, 4 };
	in[1] = (struct iovec){ b, sizeof(b) };
	check("readv", readv(fd[0], in, 2) == 7 && !memcmp(a, "abcd", 4) && !memcmp(b, "efg", 3));
	dupd = dup(fd[1]);
	check("dup", dupd > 2 && write(dupd, "z", 1) == 1 && read(fd[0], &c, 1) == 1 && c == 'z' &&
	      fcntl(dupd, F_GETFD) == 0);
	check("dup2 onto itself", dup2(dupd, dupd) == dupd);
	check("dup2 of nothing", dup2(999, 5) == -1 && errno == EBADF);
	n = fcntl(fd[0], F_DUPFD, 40);
	check("F_DUPFD", n == 40);
	check("dup3 onto the same", dup3(n, n, 0) == -1 && errno == EINVAL);
	close(n);
	close(fd[1]);
	check("one writer is left", read(fd[0], &c, 1) == -1 && errno == EAGAIN);
	close(dupd);
	check("none is left: end of file", read(fd[0], &c, 1) == 0);
	close(fd[0]);
	check("closed", read(fd[0], &c, 1) == -1 && errno == EBADF && close(fd[0]) == -1 && errno == EBADF);
}

static void events(void)
{
	int fd = eventfd(3, EFD_NONBLOCK), sem = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC);
	eventfd_t v = 0;

	check("eventfd_read", !eventfd_read(fd, &v) && v == 3 && eventfd_read(fd, &v) == -1 && errno == EAGAIN);
	check("eventfd_write adds up", !eventfd_write(fd, 5) && !eventfd_write(fd, 6) && !eventfd_read(fd, &v) && v == 11);
	check("semaphore", !eventfd_read(sem, &v) && v == 1 && !eventfd_read(sem, &v) && v == 1 &&
	      eventfd_read(sem, &v) == -1);
	check("short buffer", read(fd, &v, 4) == -1 && errno == EINVAL);
	check("bad flags", eventfd(0, 0x40) == -1 && errno == EINVAL);
	close(fd);
	close(sem);
}

static void timers(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	struct itimerspec it = { .it_value = { 0, 10000000 }, .it_interval = { 0, 10000000 } }, now;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	long long start = t_now_ns(CLOCK_MONOTONIC), at;
	uint64_t ticks = 0, sum = 0;

	check("timerfd: not yet", read(fd, &ticks, 8) == -1 && errno == EAGAIN);
	timerfd_settime(fd, 0, &it, NULL);
	while (sum < 3 && poll(&p, 1, -1) == 1 && read(fd, &ticks, 8) == 8)
		sum += ticks;
	check("timerfd: three ticks take their time", sum >= 3 && t_now_ns(CLOCK_MONOTONIC) - start >= 30000000);
	check("timerfd_gettime", !timerfd_gettime(fd, &now) && now.it_interval.tv_nsec == 10000000 &&
	      now.it_value.tv_nsec <= 10000000);
	at = t_now_ns(CLOCK_MONOTONIC) + 20000000;
	it = (struct itimerspec){ .it_value = { at / 1000000000, at % 1000000000 } };
	timerfd_settime(fd, TFD_TIMER_ABSTIME, &it, NULL);
	check("timerfd: point in time", poll(&p, 1, -1) == 1 && t_now_ns(CLOCK_MONOTONIC) >= at && read(fd, &ticks, 8) == 8 &&
	      ticks == 1);
	check("timerfd: no such clock", timerfd_create(99, 0) == -1 && errno == EINVAL);
	close(fd);
}

static void polls(void)
{
	struct timeval tv = { 0, 10000 };
	struct pollfd p[3];
	int fd[2], ev = eventfd(1, 0);
	fd_set r, w;

	if (pipe(fd))
		return;
	p[0] = (struct pollfd){ .fd = fd[0], .events = POLLIN };
	p[1] = (struct pollfd){ .fd = ev, .events = POLLIN | POLLOUT };
	p[2] = (struct pollfd){ .fd = -1, .events = POLLIN };
	check("poll", poll(p, 3, -1) == 1 && !p[0].revents && p[1].revents == (POLLIN | POLLOUT) && !p[2].revents);
	check("poll runs out", poll(p, 1, 10) == 0);
	p[2].fd = 777;
	check("poll: no such descriptor", poll(p, 3, 0) == 2 && p[2].revents == POLLNVAL);
	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_SET(fd[0], &r);
	FD_SET(ev, &r);
	FD_SET(fd[1], &w);
	check("select", select(ev + fd[1] + 1, &r, &w, NULL, NULL) == 2 && !FD_ISSET(fd[0], &r) && FD_ISSET(ev, &r) &&
	      FD_ISSET(fd[1], &w));
	FD_ZERO(&r);
	FD_SET(fd[0], &r);
	check("select runs out", select(fd[0] + 1, &r, NULL, NULL, &tv) == 0 && !FD_ISSET(fd[0], &r));
	close(fd[1]);
	check("poll: the other end is closed", poll(p, 1, -1) == 1 && p[0].revents == POLLHUP);
	close(fd[0]);
	close(ev);
}

static void *write_later(void *arg)
{
	t_sleep_ms(20);
	eventfd_write((int)(long)arg, 1);
	return NULL;
}

static void epolls(void)
{
	int ep = epoll_create1(EPOLL_CLOEXEC), a = eventfd(0, 0), b = eventfd(1, 0);
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = 0x1122334455667788ull }, out[4];
	pthread_t t;
	eventfd_t v;

	check("EPOLL_CTL_ADD", !epoll_ctl(ep, EPOLL_CTL_ADD, a, &ev));
	check("twice", epoll_ctl(ep, EPOLL_CTL_ADD, a, &ev) == -1 && errno == EEXIST);
	check("nothing ready", epoll_wait(ep, out, 4, 0) == 0 && epoll_wait(ep, out, 4, 10) == 0);
	pthread_create(&t, NULL, write_later, (void *)(long)a);
	check("epoll_wait", epoll_wait(ep, out, 4, -1) == 1 && out[0].events == EPOLLIN &&
	      out[0].data.u64 == 0x1122334455667788ull);
	pthread_join(t, NULL);
	check("level triggered", epoll_wait(ep, out, 4, 0) == 1 && !eventfd_read(a, &v) && epoll_wait(ep, out, 4, 0) == 0);
	ev.events = EPOLLIN | EPOLLET;
	ev.data.fd = b;
	check("edge triggered", !epoll_ctl(ep, EPOLL_CTL_ADD, b, &ev) && epoll_wait(ep, out, 4, 0) == 1 &&
	      out[0].data.fd == b && epoll_wait(ep, out, 4, 0) == 0);
	ev.events = EPOLLIN | EPOLLONESHOT;
	check("one shot", !epoll_ctl(ep, EPOLL_CTL_MOD, b, &ev) && epoll_wait(ep, out, 4, 0) == 1 && !eventfd_write(b, 1) &&
	      epoll_wait(ep, out, 4, 0) == 0);
	check("EPOLL_CTL_DEL", !epoll_ctl(ep, EPOLL_CTL_DEL, b, NULL) && epoll_ctl(ep, EPOLL_CTL_DEL, b, NULL) == -1 &&
	      errno == ENOENT);
	check("not an epoll", epoll_wait(a, out, 4, 0) == -1 && errno == EINVAL);
	close(a);
	close(b);
	close(ep);
}

static void clocks(void)
{
	struct timespec ts = { 0, 15000000 };
	long long a = t_now_ns(CLOCK_MONOTONIC), b, at;
	unsigned char r[32] = { 0 };
	int bits = 0;

	nanosleep(&ts, NULL);
	b = t_now_ns(CLOCK_MONOTONIC);
	check("nanosleep is not too short", b - a >= 15000000);
	at = b + 15000000;
	ts = (struct timespec){ at / 1000000000, at % 1000000000 };
	check("clock_nanosleep to a point in time", !clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) &&
	      t_now_ns(CLOCK_MONOTONIC) >= at);
	ts.tv_nsec = 1000000000;
	check("clock_nanosleep: bad time", clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL) == EINVAL);
	check("the wall clock is past 2020", time(NULL) > 1577836800);
	check("CPU time advances", t_now_ns(CLOCK_THREAD_CPUTIME_ID) > 0 && t_now_ns(CLOCK_PROCESS_CPUTIME_ID) > 0);
	check("no such clock", clock_gettime(99, &ts) == -1 && errno == EINVAL);
	check("getrandom", getrandom(r, sizeof(r), 0) == sizeof(r));
	for (int i = 0; i < 32; i++)
		bits += __builtin_popcount(r[i]);
	check("and it is not constant", bits > 64 && bits < 192);
}

int main(void)
{
	pipes();
	events();
	timers();
	polls();
	epolls();
	clocks();
	return t_failed != 0;
}
