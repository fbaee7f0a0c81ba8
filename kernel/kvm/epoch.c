/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epoch.c - readers without locks, writers that wait for them
 *
 * As sleepable RCU: two sets of per-CPU counters. A reader counts itself into
 * the current set; a writer makes the other one current and waits until as many
 * left the old set as entered it. A reader may sleep and change CPU.
 */
#include "priv.h"
#include <socle/cpu.h>

static struct {
	u64 enter[2], leave[2];
} __aligned(64) count[MAX_CPUS];
static u32 current_set;
static struct mutex writer = MUTEX_INIT(writer);

u32 kvm_epoch_enter(void)
{
	u32 set = __atomic_load_n(&current_set, __ATOMIC_RELAXED) & 1;

	/* Pairs with all_left(): the count is seen, or the reader sees the new table. */
	__atomic_fetch_add(&count[cpu_id()].enter[set], 1, __ATOMIC_SEQ_CST);
	return set;
}

void kvm_epoch_exit(u32 set)
{
	__atomic_fetch_add(&count[cpu_id()].leave[set], 1, __ATOMIC_SEQ_CST);
}

/* Leavers first: a reader that enters meanwhile makes the sums differ, never agree too early. */
static bool all_left(u32 set)
{
	u64 in = 0, out = 0;

	for (u32 i = 0; i < MAX_CPUS; i++)
		out += __atomic_load_n(&count[i].leave[set], __ATOMIC_SEQ_CST);
	for (u32 i = 0; i < MAX_CPUS; i++)
		in += __atomic_load_n(&count[i].enter[set], __ATOMIC_SEQ_CST);
	return in == out;
}

void kvm_epoch_wait(void)
{
	mutex_lock(&writer);
	for (u32 round = 0; round < 2; round++) {
		u32 old = __atomic_fetch_add(&current_set, 1, __ATOMIC_SEQ_CST) & 1;

		while (!all_left(old))
			sched_yield();
	}
	mutex_unlock(&writer);
}
