// SPDX-License-Identifier: Apache-2.0
/*
 * sys_thread.c - kernel calls on threads, CPUs and the whole process
 */
#include <socle/cpu.h>
#include <socle/process.h>
#include "sys.h"

#define AFFINITY_BYTES ALIGN_UP((cpu_nr_online() + 7) / 8, 8u)

long sys_thread_create(ARGS)
{
	struct socle_thread st;

	if (copy_from_app(&st, (u64)a, sizeof(st)))
		return -EFAULT;
	if (st.entry >= APP_VA_END || st.stack_top >= APP_VA_END || st.tls >= APP_VA_END ||
	    st.app_thread >= APP_VA_END)
		return -EINVAL;
	return uthread_create(&st);
}

/* The joiner sleeps on the word: it is told last, when the stack is gone. */
long sys_thread_exit(ARGS)
{
	u32 zero = 0;

	if (c)
		(void)mm_unmap(&proc_current()->mm, (u64)b, (u64)c);
	if (a && !copy_to_app((u64)a, &zero, sizeof(zero)))
		(void)futex_wake((u64)a, 1, ~0u);
	proc_leave();
}

long sys_exit_group(ARGS)
{
	proc_exit((int)a & 0xff);
}

long sys_gettid(ARGS)
{
	return thread_current()->tid;
}

long sys_getpid(ARGS)
{
	return PROC_PID;
}

long sys_set_tls(ARGS)
{
	struct thread *t = thread_current();

	if ((u64)a >= APP_VA_END || (u64)b >= APP_VA_END)
		return -EINVAL;
	arch_set_app_tls(t, (u64)a);
	uthread_of(t)->app_thread = (u64)b;
	return 0;
}

long sys_sched_yield(ARGS)
{
	sched_yield();
	return 0;
}

/* A reference; @tid 0: the caller. NULL: no such thread. */
static struct thread *thread_by_arg(long tid)
{
	struct thread *t = thread_current();

	if (tid)
		return proc_find_thread(t->proc, (int)tid);
	thread_get(t);
	return t;
}

long sys_sched_setaffinity(ARGS)
{
	cpumask_t mask = { { 0 } };
	struct thread *t;
	int err;

	if (copy_from_app(&mask, (u64)c, MIN((u64)b, sizeof(mask))))
		return -EFAULT;
	t = thread_by_arg(a);
	if (!t)
		return -ESRCH;
	err = thread_set_affinity(t, &mask);
	thread_put(t);
	return err;
}

/* As Linux: the number of bytes written, online CPUs only. */
long sys_sched_getaffinity(ARGS)
{
	cpumask_t mask;
	struct thread *t;
	u32 nr = cpu_nr_online();

	if ((u64)b * 8 < nr || ((u64)b & 7))
		return -EINVAL;
	t = thread_by_arg(a);
	if (!t)
		return -ESRCH;
	mask = t->affinity;
	thread_put(t);
	for (u32 cpu = nr; cpu < MAX_CPUS; cpu++)
		mask.bits[cpu / 64] &= ~BIT(cpu & 63);
	return copy_to_app((u64)c, &mask, AFFINITY_BYTES) ? -EFAULT : (long)AFFINITY_BYTES;
}

long sys_getcpu(ARGS)
{
	u32 cpu = thread_current()->cpu, node = 0;

	if (a && copy_to_app((u64)a, &cpu, sizeof(cpu)))
		return -EFAULT;
	return b && copy_to_app((u64)b, &node, sizeof(node)) ? -EFAULT : 0;
}

long sys_sysinfo(ARGS)
{
	struct phys_stats st;
	struct socle_sysinfo out = { .nr_cpus = cpu_nr_online() };

	phys_get_stats(&st);
	out.total_pages = st.total_pages;
	out.free_pages = st.free_pages;
	return copy_to_app((u64)a, &out, sizeof(out)) ? -EFAULT : 0;
}
