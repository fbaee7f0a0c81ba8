/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_sim.c - races of the neutral kernel on the simulated machine
 *
 * Each scenario runs in a process of its own. Arguments choose scenarios.
 * CHECK, ROUNDS, SEED: see fake/sim.h; a failure prints what repeats it.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fake/sim.h"
#include "sim/scenarios.h"

#define JOBS 2u		/* at a time */

static const struct { const char *name; u32 cpus; u64 rounds; void (*round)(void); } scenarios[] = {
	{ "wait", 3, 20000, wait_round },
	{ "mutex", 2, 20000, mutex_round },
	{ "timer", 2, 20000, timer_round },
	{ "cross_call", 3, 20000, cross_call_round },
	{ "epoch", 3, 20000, epoch_round },
	{ "futex", 2, 20000, futex_round },
	{ "slot_delete", 3, 100000, slot_delete_round },
	{ "slot_munmap", 3, 20000, slot_munmap_round },
	{ "dirty", 3, 20000, dirty_round },
	{ "kick", 2, 100000, kick_round },
	{ "frames", 3, 20000, frames_round },
	{ "create_race", 2, 20000, create_race_round },
	{ "create_chip", 2, 20000, create_chip_round },
	{ "no_memory", 1, 500, no_memory_round },
	{ "irqfd", 3, 20000, irqfd_round },
	{ "irqfd_destroy", 3, 100000, irqfd_destroy_round },
	{ "halt", 2, 20000, halt_round },
};

static bool asked_for(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return argc == 1;
}

static pid_t start(u32 i)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		int ret = sim_main(scenarios[i].name, scenarios[i].cpus, scenarios[i].rounds, scenarios[i].round);

		fflush(stdout);
		_exit(ret);
	}
	return pid;
}

/* One child that ended; true: it failed. */
static bool reap(const pid_t *pids)
{
	int status;
	pid_t pid = wait(&status);

	for (u32 i = 0; i < ARRAY_SIZE(scenarios) && status; i++)
		if (pids[i] == pid)
			printf("FAILED: %s\n", scenarios[i].name);
	return status != 0;
}

int main(int argc, char **argv)
{
	pid_t pids[ARRAY_SIZE(scenarios)] = { 0 };
	u32 running = 0, ran = 0, failed = 0;

	for (u32 i = 0; i < ARRAY_SIZE(scenarios); i++) {
		if (!asked_for(scenarios[i].name, argc, argv))
			continue;
		pids[i] = start(i);
		ran++;
		if (++running < JOBS)
			continue;
		failed += reap(pids);
		running--;
	}
	for (; running; running--)
		failed += reap(pids);
	printf("%u scenarios, %u failed\n", ran, failed);
	return failed || !ran;
}
