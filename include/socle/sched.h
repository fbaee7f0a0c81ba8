/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sched.h - threads and the scheduler
 *
 * Per-CPU run queues, weights, affinity; kernel threads are preemptible unless
 * preempt_disable() or a spinlock is held. An idle CPU halts.
 */
#ifndef SOCLE_SCHED_H
#define SOCLE_SCHED_H

#include <asm/thread.h>		/* struct arch_thread: saved stack pointer, app FPU, FS base */
#include <socle/list.h>
#include <socle/lock.h>
#include <socle/types.h>

#define MAX_CPUS CONFIG_NR_CPUS
typedef struct { u64 bits[(MAX_CPUS + 63) / 64]; } cpumask_t;

enum thread_state { THREAD_RUNNABLE, THREAD_RUNNING, THREAD_BLOCKED, THREAD_DEAD };

struct thread;
struct proc;

/* Called with preemption and interrupts off around a switch, for a thread that
 * holds CPU state of its own (a vCPU in KVM_RUN). */
struct sched_notifier {
	void (*out)(struct sched_notifier *n, struct thread *t);
	void (*in)(struct sched_notifier *n, struct thread *t);
};

struct thread {
	struct arch_thread arch;	/* first: offsets used by assembly */
	void *kstack;			/* lowest address of the kernel stack */
	u64 kstack_bytes;
	enum thread_state state;
	u32 cpu;			/* CPU it runs on, or ran on last */
	u32 weight;			/* 1..10000, default 100 */
	cpumask_t affinity;
	u64 vruntime_ns, run_start_ns, total_ns;
	u64 wait_ns;			/* runnable but not running: steal time */
	u64 runnable_since_ns;
	struct list rq_link;
	void (*fn)(void *);
	void *fn_arg;
	bool interruptible;		/* the sleep ends for signals */
	struct sched_notifier *notifier;
	char name[24];
	/* Signals and process: kernel/posix. Bit n-1 = signal n. */
	struct proc *proc;
	struct list proc_link;
	u64 sig_pending, sig_blocked;
	int tid;
	bool killed;			/* process is going away: every blocking call returns -EINTR */
	u64 fault_inject_nth, fault_inject_seen;
	void *posix;			/* private to kernel/posix */
	u32 refs;
};

struct thread *thread_current(void);
/* Starts at once when @start; kernel stack of 32 KiB with guards. NULL: out of memory. */
struct thread *thread_create(const char *name, void (*fn)(void *), void *arg, bool start);
void thread_start(struct thread *t);
void thread_exit(void) __noreturn;
void thread_get(struct thread *t);
void thread_put(struct thread *t);		/* frees a dead one with its last reference */
u32 thread_count(void);				/* that exist, dead ones not yet freed included */
int thread_reaper_start(void) __must_check;	/* once, after sched_init(); -ENOMEM */
int thread_set_affinity(struct thread *t, const cpumask_t *mask);
/* Any context. Makes a blocked thread runnable; no effect on others. */
void thread_wake(struct thread *t);
/* Wakes an interruptible sleeper for a signal; if it runs on another CPU, sends it a reschedule IPI
 * (which makes a vCPU leave guest mode). */
void thread_kick(struct thread *t);
/* True when an unblocked signal is pending or the thread is killed. */
static inline bool thread_signal_pending(const struct thread *t)
{
	return (READ_ONCE(t->sig_pending) & ~READ_ONCE(t->sig_blocked)) != 0 || READ_ONCE(t->killed);
}

void sched_init(void);				/* boot CPU; its context becomes a thread */
void sched_idle(void) __noreturn;		/* the rest of the boot CPU's first context */
void sched_migrate_self(void);			/* off this CPU, to one that the affinity allows */
void sched_init_ap(void) __noreturn;		/* becomes the idle loop */
void schedule(void);				/* gives up the CPU; state decides whether it comes back */
void sched_stay_running(void);			/* takes back THREAD_BLOCKED; interrupts off */
void sched_yield(void);
void sched_tick_expired(void);			/* timer: slice is over; sets need_resched */
bool need_resched(void);
void preempt_disable(void);
void preempt_disable_at(u64 place);	/* the same; @place is named in the statistics */
void preempt_enable(void);			/* reschedules if needed */
/* End of an interrupt, interrupts off: switches when needed and preemption is on. */
void sched_irq_exit(void);

#endif
