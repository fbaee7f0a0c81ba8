/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cross_call.c - runs a function on other CPUs
 *
 * One request at a time for the whole machine: cross calls are rare, and a
 * caller that waits for the lock keeps answering its own interrupts.
 */
#include <socle/arch.h>
#include <socle/cpu.h>

static struct {
	spinlock_t lock;
	void (*fn)(void *);
	void *arg;
	u32 left;
	u32 wanted[MAX_CPUS];
} call;

void cpu_call_handle_ipi(void)
{
	u32 cpu = arch_cpu_id();

	if (!__atomic_exchange_n(&call.wanted[cpu], 0, __ATOMIC_ACQUIRE))
		return;
	call.fn(call.arg);
	__atomic_fetch_sub(&call.left, 1, __ATOMIC_RELEASE);
}

static void post(u32 cpu)
{
	__atomic_store_n(&call.wanted[cpu], 1, __ATOMIC_RELEASE);
	arch_send_call_ipi(cpu);
}

static void call_begin(void (*fn)(void *), void *arg, u32 cpus)
{
	call.fn = fn;
	call.arg = arg;
	__atomic_store_n(&call.left, cpus, __ATOMIC_RELEASE);
}

static void call_wait(void)
{
	while (__atomic_load_n(&call.left, __ATOMIC_ACQUIRE))
		arch_cpu_relax();
}

static void run_here(void (*fn)(void *), void *arg)
{
	unsigned long irq = arch_irq_save();

	fn(arg);
	arch_irq_restore(irq);
}

void cpu_call(u32 cpu, void (*fn)(void *), void *arg)
{
	preempt_disable();
	if (cpu == arch_cpu_id()) {
		run_here(fn, arg);
	} else {
		spin_lock(&call.lock);
		call_begin(fn, arg, 1);
		post(cpu);
		call_wait();
		spin_unlock(&call.lock);
	}
	preempt_enable();
}

void cpu_call_all(void (*fn)(void *), void *arg)
{
	u32 nr = cpu_nr_online(), me;

	preempt_disable();
	me = arch_cpu_id();
	if (nr > 1) {
		spin_lock(&call.lock);
		call_begin(fn, arg, nr - 1);
		for (u32 cpu = 0; cpu < nr; cpu++)
			if (cpu != me)
				post(cpu);
		run_here(fn, arg);
		call_wait();
		spin_unlock(&call.lock);
	} else {
		run_here(fn, arg);
	}
	preempt_enable();
}
