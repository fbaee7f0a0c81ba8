/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault_inject.c - fails the n-th allocation of the thread that asked for it
 */
#include <socle/fault_inject.h>
#include <socle/sched.h>

void fault_inject_arm(u64 nth)
{
	struct thread *t = thread_current();

	t->fault_inject_nth = nth;
	t->fault_inject_seen = 0;
}

bool fault_inject_hit(void)
{
	struct thread *t = IS_ENABLED(CONFIG_FAULT_INJECT) ? thread_current() : NULL;

	if (!t)
		return false;		/* before the scheduler, or not built in */
	t->fault_inject_seen++;
	return t->fault_inject_nth && t->fault_inject_seen == t->fault_inject_nth;
}

u64 fault_inject_count(void)
{
	return thread_current()->fault_inject_seen;
}
