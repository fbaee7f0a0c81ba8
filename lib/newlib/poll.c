/* SPDX-License-Identifier: Apache-2.0 */
/* poll.c - waiting for descriptors: poll, select, epoll, eventfd, timerfd */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include "thread.h"

static const struct timespec *from_ms(int ms, struct timespec *ts)
{
	*ts = (struct timespec){ ms / 1000, (long)(ms % 1000) * 1000000 };
	return ms < 0 ? NULL : ts;
}

static long interruptible(long ret)
{
	if (ret == -EINTR)
		cancel_check();
	return libc_result(ret);
}

int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
	cancel_check();
	return (int)interruptible(RAW(ppoll, fds, n, timeout, mask, 0, 0));
}

int poll(struct pollfd *fds, nfds_t n, int ms)
{
	struct timespec ts;

	return ppoll(fds, n, from_ms(ms, &ts), NULL);
}

static const struct { short in, out; } kinds[3] = {
	{ POLLIN, POLLIN | POLLHUP | POLLERR }, { POLLOUT, POLLOUT | POLLERR }, { POLLPRI, POLLPRI },
};

static nfds_t sets_to_fds(int n, fd_set *const set[3], struct pollfd *fds)
{
	nfds_t nr = 0;

	for (int fd = 0; fd < n; fd++) {
		short events = 0;

		for (int k = 0; k < 3; k++)
			if (set[k] && FD_ISSET((unsigned)fd, set[k]))
				events |= kinds[k].in;
		if (events)
			fds[nr++] = (struct pollfd){ .fd = fd, .events = events };
	}
	return nr;
}

static int fds_to_sets(const struct pollfd *fds, nfds_t nr, fd_set *const set[3])
{
	int bits = 0;

	for (nfds_t i = 0; i < nr; i++) {
		if (fds[i].revents & POLLNVAL) {
			errno = EBADF;
			return -1;
		}
		for (int k = 0; k < 3; k++) {
			if (!set[k] || !(fds[i].events & kinds[k].in))
				continue;
			if (fds[i].revents & kinds[k].out)
				bits++;
			else
				set[k]->fds_bits[fds[i].fd / 64] &= ~(1ul << (fds[i].fd % 64));
		}
	}
	return bits;
}

int pselect(int n, fd_set *r, fd_set *w, fd_set *e, const struct timespec *timeout, const sigset_t *mask)
{
	fd_set *const set[3] = { r, w, e };
	struct pollfd *fds;
	nfds_t nr;
	int ret;

	if (n < 0 || n > FD_SETSIZE) {
		errno = EINVAL;
		return -1;
	}
	fds = malloc((size_t)n * sizeof(*fds) + 1);
	if (!fds)
		return -1;
	nr = sets_to_fds(n, set, fds);
	ret = ppoll(fds, nr, timeout, mask);
	if (ret >= 0)
		ret = fds_to_sets(fds, nr, set);
	free(fds);
	return ret;
}

int select(int n, fd_set *r, fd_set *w, fd_set *e, struct timeval *timeout)
{
	struct timespec ts;

	if (timeout)
		ts = (struct timespec){ timeout->tv_sec, timeout->tv_usec * 1000 };
	return pselect(n, r, w, e, timeout ? &ts : NULL, NULL);
}

int epoll_create1(int flags) { return (int)CALL(epoll_create, flags, 0, 0, 0, 0, 0); }

int epoll_create(int size)
{
	if (size > 0)
		return epoll_create1(0);
	errno = EINVAL;
	return -1;
}

int epoll_ctl(int ep, int op, int fd, struct epoll_event *ev)
{
	return (int)CALL(epoll_ctl, ep, op, fd, ev, 0, 0);
}

int epoll_pwait2(int ep, struct epoll_event *ev, int max, const struct timespec *timeout, const sigset_t *mask)
{
	cancel_check();
	return (int)interruptible(RAW(epoll_pwait, ep, ev, max, 0, timeout, mask));
}

int epoll_pwait(int ep, struct epoll_event *ev, int max, int ms, const sigset_t *mask)
{
	struct timespec ts;

	return epoll_pwait2(ep, ev, max, from_ms(ms, &ts), mask);
}

int epoll_wait(int ep, struct epoll_event *ev, int max, int ms)
{
	return epoll_pwait(ep, ev, max, ms, NULL);
}

int eventfd(unsigned count, int flags) { return (int)CALL(eventfd, count, flags, 0, 0, 0, 0); }

int eventfd_read(int fd, eventfd_t *value)
{
	return read(fd, value, sizeof(*value)) == sizeof(*value) ? 0 : -1;
}

int eventfd_write(int fd, eventfd_t value)
{
	return write(fd, &value, sizeof(value)) == sizeof(value) ? 0 : -1;
}

int timerfd_create(int clock, int flags) { return (int)CALL(timerfd_create, clock, flags, 0, 0, 0, 0); }

int timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old)
{
	return (int)CALL(timerfd_settime, fd, flags, new, old, 0, 0);
}

int timerfd_gettime(int fd, struct itimerspec *now) { return (int)CALL(timerfd_gettime, fd, now, 0, 0, 0, 0); }
