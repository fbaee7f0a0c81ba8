/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash.c - option crash=HOW: the kernel ends itself, so that a test can see what it says
 */
#include <socle/arch.h>
#include <socle/cpu.h>
#include <socle/log.h>
#include <socle/sched.h>
#include "cmdline.h"
#include "crash.h"

static void spin(void *arg)
{
	(void)arg;
	preempt_disable();
	for (;;)
		arch_cpu_relax();
}

/* The others are in the middle of something, with preemption off. */
static void crash_panic(void)
{
	for (u32 i = 1; i < cpu_nr_online(); i++) {
		struct thread *t = thread_create("spin", spin, NULL, true);

		if (t)
			thread_put(t);
	}
	sched_yield();
	panic("asked for\n");
}

/* Not a tail call, and every frame is used. */
static u64 __attribute__((noinline)) deep(volatile u64 *above, u64 n)
{
	volatile u64 here[64];

	here[n % 64] = *above;
	return n ? deep(here, n - 1) + here[(n + 1) % 64] : 0;
}

static void crash_stack(void)
{
	volatile u64 first = 1;

	log_info("%lu\n", deep(&first, 1000000));
}

static void crash_write(void)
{
	*(volatile char *)(u64)crash_run = 0;	/* text is not writable */
}

/* Waits for a machine check from outside. */
static void crash_wait(void)
{
	log_notice("crash: waiting\n");
	for (;;)
		sched_yield();
}

static const struct { const char *how; void (*fn)(void); } ways[] = {
	{ "panic", crash_panic }, { "stack", crash_stack }, { "write", crash_write }, { "wait", crash_wait },
};

void crash_run(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(ways); i++)
		if (cmdline_has("crash", ways[i].how))
			ways[i].fn();
}
