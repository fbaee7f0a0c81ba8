/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ends.c WAY - the ways a process ends; the exit status is the test
 *
 * Each while other threads sleep, wait for a lock and compute.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static const char *way;
static char *readonly;

static void at_exit(void)
{
	printf("atexit handler\n");
}

static void *spin(void *arg)
{
	for (;;)
		__asm__ volatile("" ::: "memory");
	return arg;
}

static void *lock(void *arg)
{
	pthread_mutex_lock(&mutex);
	return arg;
}

static void *rest(void *arg)
{
	pause();
	return arg;
}

static void *end(void *arg)
{
	usleep(50000);
	printf("ends by %s\n", way);
	fflush(stdout);
	if (!strcmp(way, "exit"))
		exit(7);
	if (!strcmp(way, "write"))
		*(volatile char *)readonly = 1;
	if (!strcmp(way, "null"))
		*(volatile char *)NULL = 1;
	if (!strcmp(way, "signal"))
		kill(getpid(), SIGTERM);
	if (!strcmp(way, "abort"))
		abort();
	if (!strcmp(way, "illegal"))
		__builtin_trap();
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t t;

	way = argc > 1 ? argv[1] : "return";
	atexit(at_exit);
	readonly = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_mutex_lock(&mutex);
	pthread_create(&t, NULL, spin, NULL);
	pthread_create(&t, NULL, lock, NULL);
	pthread_create(&t, NULL, rest, NULL);
	if (!strcmp(way, "return")) {
		printf("ends by return\n");
		return 3;
	}
	pthread_create(&t, NULL, end, NULL);
	pause();
	return 1;
}
