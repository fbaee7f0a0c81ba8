/* SPDX-License-Identifier: Apache-2.0 */
/*
 * left.h - for apps below the libc: kernel calls, what is left behind (by /dev/socle), allocations that fail
 *
 * What the app touches while allocations fail must be there before, or the
 * app would end.
 */
#ifndef APPS_LEFT_H
#define APPS_LEFT_H

#include <socle/app.h>
#include <socle/syscall.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

long libc_raw_call(long nr, long a, long b, long c, long d, long e, long f);
#define CALL(name, a, b, c, d, e, f) \
	libc_raw_call(SOCLE_SYS_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

static int failed;
static long facts;

__attribute__((unused)) static void check(const char *what, int good)
{
	printf("%s %s\n", good ? "ok  " : "FAIL", what);
	failed += !good;
}

static char text[1024];

static void ask(const char *question)
{
	long n, len = 0;

	text[0] = 0;
	if (CALL(write, facts, question, strlen(question), 0, 0, 0) < 0)
		return;
	while ((n = CALL(read, facts, text + len, sizeof(text) - 1 - (unsigned long)len, 0, 0, 0)) > 0)
		len += n;
	text[len] = 0;
}

static uint64_t value(const char *name)
{
	const char *at = strstr(text, name);
	uint64_t v = 0;

	for (at = at ? at + strlen(name) : ""; *at >= '0' && *at <= '9'; at++)
		v = v * 10 + (uint64_t)(*at - '0');
	return v;
}

struct held { uint64_t objects, kernel, app, threads, app_threads, fds; };

static struct held look(void)
{
	struct held h;

	ask("mem");
	h.objects = value("object_bytes ");
	h.kernel = value("kernel_pages ");
	h.app = value("app_pages ");
	h.threads = value("threads ");
	ask("app");
	h.app_threads = value("threads ");
	h.fds = value("descriptors ");
	return h;
}

static int same(const struct held *a, const struct held *b)
{
	return a->objects == b->objects && a->kernel == b->kernel && a->app == b->app && a->threads == b->threads &&
	       a->app_threads == b->app_threads && a->fds == b->fds;
}

/* Threads may be on their way out still: a state that stays for a while. */
static struct held held_now(void)
{
	struct socle_timespec span = { 0, 2000000 };
	struct held h = look(), next;

	for (int calm = 0; calm < 10;) {
		CALL(clock_nanosleep, 1, 0, &span, 0, 0, 0);
		next = look();
		calm = same(&h, &next) ? calm + 1 : 0;
		h = next;
	}
	return h;
}


static int back_to(const struct held *before, int say)
{
	struct socle_timespec span = { 0, 1000000 };
	struct held h;

	for (int i = 0; i < 1000; i++) {
		h = look();
		if (same(&h, before))
			return 1;
		CALL(clock_nanosleep, 1, 0, &span, 0, 0, 0);
	}
	if (say)
		printf("objects %lu -> %lu, kernel pages %lu -> %lu, app pages %lu -> %lu, threads %lu -> %lu, fds %lu -> %lu\n",
		       before->objects, h.objects, before->kernel, h.kernel, before->app, h.app, before->threads, h.threads,
		       before->fds, h.fds);
	return 0;
}

/* Returns how many allocations there were since the call before. */
static uint64_t arm(uint64_t nth)
{
	static char q[32];
	int n = sizeof(q) - 1;

	do
		q[--n] = (char)('0' + nth % 10);
	while (nth /= 10);
	memcpy(q + n - 5, "fail ", 5);
	ask(q + n - 5);
	return value("seen ");
}

/* The kernel keeps the memory of as many files as were ever open. */
#define MANY_FDS 64
static void open_many(void)
{
	long fd[MANY_FDS];

	for (int i = 0; i < MANY_FDS; i++)
		fd[i] = CALL(eventfd, 0, 0, 0, 0, 0, 0);
	for (int i = 0; i < MANY_FDS; i++)
		CALL(close, fd[i], 0, 0, 0, 0, 0);
}

static int left_init(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	facts = CALL(open, "/dev/socle", 2, 0, 0, 0, 0);
	open_many();
	return facts >= 0;
}

/* @once returns 0 or a negative error, and leaves nothing; @after tidies what could not be tidied then. */
static void fail_each(const char *what, long (*once)(void), void (*after)(void), uint64_t at_least)
{
	uint64_t nth, seen, errors = 0, leaks = 0, wrong = 0;
	char line[100];
	struct held before;
	long err;

	for (int i = 0; i < 3; i++)
		once();
	before = held_now();
	for (nth = 1; nth < 100000; nth++) {
		arm(nth);
		err = once();
		seen = arm(0);
		if (after)
			after();
		if (seen < nth)
			break;
		wrong += once() != 0;	/* it works at once; and page tables are as they always are */
		errors += err != 0;
		wrong += err && err != -12;	/* ENOMEM; ENOSPC for files, EAGAIN for threads */
		if (err == -28 || err == -11)
			wrong--;
		else if (err && err != -12)
			printf("allocation %lu: error %ld\n", nth, -err);
		if (!back_to(&before, leaks < 10)) {
			if (leaks++ < 10)
				printf("allocation %lu: error %ld, something is left\n", nth, -err);
			before = held_now();
		}
	}
	printf("%s: %lu allocations, %lu errors\n", what, nth - 1, errors);
	snprintf(line, sizeof(line), "%s: each allocation fails in turn", what);
	check(line, nth > at_least && nth < 100000 && errors && !wrong);
	snprintf(line, sizeof(line), "%s: nothing is left behind, and it works", what);
	check(line, !leaks && once() == 0);
}

#endif
