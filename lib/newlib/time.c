/* SPDX-License-Identifier: Apache-2.0 */
/* time.c - clocks and sleeping */
#include <errno.h>
#include <reent.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>
#include "thread.h"

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	return (int)CALL(clock_gettime, clock, ts, 0, 0, 0, 0);
}

int clock_getres(clockid_t clock, struct timespec *res)
{
	struct timespec now;

	if (clock_gettime(clock, &now))
		return -1;
	if (res)
		*res = (struct timespec){ 0, 1 };
	return 0;
}

int clock_settime(clockid_t clock, const struct timespec *ts)
{
	(void)clock, (void)ts;
	errno = EPERM;
	return -1;
}

int gettimeofday(struct timeval *tv, void *zone)
{
	struct timespec ts;

	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &ts))
		return -1;
	*tv = (struct timeval){ ts.tv_sec, ts.tv_nsec / 1000 };
	return 0;
}

int _gettimeofday_r(struct _reent *r, struct timeval *tv, void *zone)
{
	(void)r;
	return gettimeofday(tv, zone);
}

static long cpu_time_us(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts))
		return -1;
	return ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

clock_t clock(void)
{
	return cpu_time_us(CLOCK_PROCESS_CPUTIME_ID);
}

/* In ticks of sysconf(_SC_CLK_TCK), since boot. */
clock_t _times_r(struct _reent *r, struct tms *t)
{
	struct timespec now;

	(void)r;
	*t = (struct tms){ .tms_utime = cpu_time_us(CLOCK_PROCESS_CPUTIME_ID) / 10000 };
	if (clock_gettime(CLOCK_MONOTONIC, &now))
		return -1;
	return now.tv_sec * 100 + now.tv_nsec / 10000000;
}

clock_t times(struct tms *t)
{
	return _times_r(NULL, t);
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *ts, struct timespec *left)
{
	long err;

	cancel_check();
	err = RAW(clock_nanosleep, clock, flags, ts, left, 0, 0);
	if (err)
		cancel_check();
	return (int)-err;
}

int nanosleep(const struct timespec *ts, struct timespec *left)
{
	int err = clock_nanosleep(CLOCK_MONOTONIC, 0, ts, left);

	if (!err)
		return 0;
	errno = err;
	return -1;
}

unsigned sleep(unsigned seconds)
{
	struct timespec ts = { .tv_sec = seconds }, left = { 0 };

	if (!nanosleep(&ts, &left))
		return 0;
	return (unsigned)(left.tv_sec + (left.tv_nsec >= 500000000));
}

int usleep(useconds_t us)
{
	struct timespec ts = { (time_t)(us / 1000000), (long)(us % 1000000) * 1000 };

	return nanosleep(&ts, NULL);
}

int pthread_getcpuclockid(pthread_t t, clockid_t *clock)
{
	if ((struct pthread *)t != pthread_block())
		return ENOTSUP;
	*clock = CLOCK_THREAD_CPUTIME_ID;
	return 0;
}
