/* SPDX-License-Identifier: Apache-2.0 */
/* t.h - what the programs here share; each runs unchanged on Linux and prints the same there */
#ifndef POSIX_T_H
#define POSIX_T_H

#include <stdio.h>
#include <time.h>

static int t_failed;

static inline void check(const char *what, int good)
{
	printf("%s %s\n", good ? "ok  " : "FAIL", what);
	t_failed += !good;
}

static inline long long t_now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

static inline void t_sleep_ms(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000l };

	nanosleep(&ts, NULL);
}

#endif
