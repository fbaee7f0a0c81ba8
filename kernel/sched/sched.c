/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sched.c - per-CPU run queues ordered by virtual run time
 *
 * The queue's lock is held across a switch and released by the thread that
 * was switched to, so whoever holds the lock of t->cpu sees t either running
 * or fully switched out. A CPU has a slice timer only while somebody waits.
 */
#include <socle/arch.h>
#include <socle/cpu.h>
#include <socle/log.h>
#include <socle/mem.h>
#include <socle/stat.h>
#include <socle/time.h>
#include <socle/trace.h>
#include "sched.h"

#define SLICE_NS	3000000ull
#define WAKE_BONUS_NS	3000000ull
#define DEFAULT_WEIGHT	100u

struct run_queue {
	spinlock_t lock;
	struct list queue;		/* runnable, smallest vruntime first */
	u32 nr;
	struct thread *current, *idle, *prev;
	u64 min_vruntime;
	struct timer slice;
	bool online;
} __aligned(64);

static struct run_queue rqs[MAX_CPUS];

static struct run_queue *this_rq(void)
{
	return &rqs[arch_cpu_id()];
}

/* Of a section that was open across a switch, or ends without a look at need_resched. */
static void preempt_count_drop(void)
{
	if (*arch_preempt_count() == 1 && unlikely(stat_sections))
		section_end();
	--*arch_preempt_count();
}

static bool may_run_on(const struct thread *t, u32 cpu)
{
	return t->affinity.bits[cpu / 64] >> (cpu & 63) & 1;
}

static void queue_insert(struct run_queue *rq, struct thread *t)
{
	struct thread *pos;

	list_for_each(pos, &rq->queue, rq_link)
		if (t->vruntime_ns < pos->vruntime_ns)
			break;
	list_add_tail(&pos->rq_link, &t->rq_link);
	rq->nr++;
}

static void queue_remove(struct run_queue *rq, struct thread *t)
{
	list_del(&t->rq_link);
	rq->nr--;
}

static void account_run(struct run_queue *rq, struct thread *t, u64 now)
{
	u64 ran = now - t->run_start_ns;

	t->total_ns += ran;
	t->vruntime_ns += ran * DEFAULT_WEIGHT / t->weight;
	t->run_start_ns = now;
	if (t != rq->idle)
		rq->min_vruntime = MAX(rq->min_vruntime, MIN(t->vruntime_ns, now));
}

/* An idle CPU takes a waiting thread of a busy one. */
static struct thread *steal(struct run_queue *mine, u32 cpu)
{
	for (u32 i = 0; i < cpu_nr_online(); i++) {
		struct run_queue *rq = &rqs[i];
		struct thread *t;

		if (rq == mine || !READ_ONCE(rq->nr) || !spin_trylock(&rq->lock))
			continue;
		list_for_each(t, &rq->queue, rq_link) {
			if (!may_run_on(t, cpu))
				continue;
			queue_remove(rq, t);
			t->vruntime_ns = mine->min_vruntime;
			t->cpu = cpu;
			spin_unlock(&rq->lock);
			return t;
		}
		spin_unlock(&rq->lock);
	}
	return NULL;
}

static struct thread *pick(struct run_queue *rq, u32 cpu)
{
	struct thread *t;

	if (rq->nr) {
		t = list_first(&rq->queue, struct thread, rq_link);
		queue_remove(rq, t);
		return t;
	}
	t = steal(rq, cpu);
	return t ? t : rq->idle;
}

/* In the new thread's context, lock held, interrupts off. */
static void finish_switch(void)
{
	struct run_queue *rq = this_rq();
	struct thread *prev = rq->prev, *t = rq->current;
	bool dead = prev->state == THREAD_DEAD;

	if (t->notifier)
		t->notifier->in(t->notifier, t);
	__atomic_store_n(&rq->lock.owner, rq->lock.owner + 1, __ATOMIC_RELEASE);
	preempt_count_drop();
	if (dead)
		thread_reap(prev);
}

void sched_thread_begin(void)
{
	finish_switch();
	arch_irq_enable();
}

static void switch_to(struct run_queue *rq, struct thread *prev, struct thread *next, u64 now)
{
	next->state = THREAD_RUNNING;
	next->cpu = arch_cpu_id();
	next->run_start_ns = now;
	next->wait_ns += next == rq->idle ? 0 : now - next->runnable_since_ns;
	if (rq->nr)
		timer_arm(&rq->slice, now + SLICE_NS);
	if (prev->notifier)
		prev->notifier->out(prev->notifier, prev);
	rq->prev = prev;
	rq->current = next;
	cpu_stats[arch_cpu_id()].switches++;
	trace(TRACE_sched_switch, TRACE_NO_VCPU, (u64)prev->tid, (u64)next->tid);
	arch_thread_switch(prev, next);
	finish_switch();
}

/* Any state of the current thread; interrupts may be on or off. */
void schedule(void)
{
	unsigned long irq = spin_lock_irqsave(&this_rq()->lock);
	struct run_queue *rq = this_rq();
	struct thread *prev = rq->current, *next;
	u64 now = clock_ns();

	*arch_need_resched() = false;
	account_run(rq, prev, now);
	if (prev->state == THREAD_RUNNING && prev != rq->idle) {
		prev->state = THREAD_RUNNABLE;
		prev->runnable_since_ns = now;
		queue_insert(rq, prev);
	}
	next = pick(rq, arch_cpu_id());
	if (next == prev) {
		prev->state = THREAD_RUNNING;
		if (rq->nr)
			timer_arm(&rq->slice, now + SLICE_NS);
		__atomic_store_n(&rq->lock.owner, rq->lock.owner + 1, __ATOMIC_RELEASE);
		preempt_count_drop();
	} else {
		switch_to(rq, prev, next, now);
	}
	arch_irq_restore(irq);
}

void sched_yield(void)
{
	struct thread *t = thread_current();

	t->vruntime_ns = MAX(t->vruntime_ns, READ_ONCE(this_rq()->min_vruntime)) + 1000;
	schedule();
}

void sched_stay_running(void)
{
	struct run_queue *rq = this_rq();

	spin_lock(&rq->lock);
	rq->current->state = THREAD_RUNNING;
	__atomic_store_n(&rq->lock.owner, rq->lock.owner + 1, __ATOMIC_RELEASE);
	preempt_count_drop();
}

static u32 choose_cpu(const struct thread *t)
{
	u32 best = t->cpu, best_load = ~0u;

	for (u32 n = 0; n < cpu_nr_online(); n++) {
		u32 cpu = (t->cpu + n) % cpu_nr_online(), load;

		if (!may_run_on(t, cpu))
			continue;
		load = READ_ONCE(rqs[cpu].nr) + (READ_ONCE(rqs[cpu].current) != rqs[cpu].idle);
		if (load < best_load) {
			best_load = load;
			best = cpu;
		}
	}
	return best;
}

void sched_enqueue(struct thread *t)
{
	u32 cpu = choose_cpu(t);
	struct run_queue *rq = &rqs[cpu];
	unsigned long irq = spin_lock_irqsave(&rq->lock);
	u64 least = rq->min_vruntime > WAKE_BONUS_NS ? rq->min_vruntime - WAKE_BONUS_NS : 0;

	t->vruntime_ns = t->cpu == cpu ? MAX(t->vruntime_ns, least) : least;
	t->cpu = cpu;
	t->runnable_since_ns = clock_ns();
	queue_insert(rq, t);
	if (cpu == arch_cpu_id())
		*arch_need_resched() = true;
	else
		arch_send_resched_ipi(cpu);
	spin_unlock_irqrestore(&rq->lock, irq);
}

/* True when the caller shall enqueue it. */
static bool wake_blocked(struct thread *t)
{
	for (;;) {
		u32 cpu = READ_ONCE(t->cpu);
		struct run_queue *rq = &rqs[cpu];
		unsigned long irq = spin_lock_irqsave(&rq->lock);
		bool mine = t->cpu == cpu, enqueue = false;

		if (mine && t->state == THREAD_BLOCKED) {
			enqueue = rq->current != t;
			t->state = enqueue ? THREAD_RUNNABLE : THREAD_RUNNING;
		}
		spin_unlock_irqrestore(&rq->lock, irq);
		if (mine)
			return enqueue;
	}
}

void thread_wake(struct thread *t)
{
	if (wake_blocked(t))
		sched_enqueue(t);
}

void thread_kick(struct thread *t)
{
	u32 cpu = READ_ONCE(t->cpu);

	if (READ_ONCE(t->interruptible))
		thread_wake(t);
	if (cpu != arch_cpu_id() && READ_ONCE(rqs[cpu].current) == t)
		arch_send_resched_ipi(cpu);
}

int thread_set_affinity(struct thread *t, const cpumask_t *mask)
{
	bool any = false;

	for (u32 cpu = 0; cpu < cpu_nr_online(); cpu++)
		any |= mask->bits[cpu / 64] >> (cpu & 63) & 1;
	if (!any)
		return -22;		/* EINVAL */
	t->affinity = *mask;
	if (t != thread_current() || may_run_on(t, cpu_id()))
		return 0;
	/* Leaves this CPU: through a short block, woken by ourselves. */
	sched_migrate_self();
	return 0;
}

static void migrate_fn(struct timer *timer)
{
	struct sleep_migrate { struct timer timer; struct thread *thread; } *m =
		container_of(timer, struct sleep_migrate, timer);

	thread_wake(m->thread);
}

void sched_migrate_self(void)
{
	struct { struct timer timer; struct thread *thread; } m = { .thread = thread_current() };
	unsigned long irq = arch_irq_save();

	timer_init(&m.timer, migrate_fn);
	timer_arm(&m.timer, 0);
	m.thread->state = THREAD_BLOCKED;
	schedule();
	arch_irq_restore(irq);
	timer_cancel(&m.timer);
}

void sched_tick_expired(void)
{
	*arch_need_resched() = true;
}

bool need_resched(void)
{
	return *arch_need_resched();
}

void preempt_disable_at(u64 place)
{
	if (++*arch_preempt_count() == 1 && unlikely(stat_sections))
		section_begin(place);
	barrier();
}

void preempt_disable(void)
{
	if (++*arch_preempt_count() == 1 && unlikely(stat_sections))
		section_begin((u64)__builtin_return_address(0));
	barrier();
}

void preempt_enable(void)
{
	barrier();
	if (*arch_preempt_count() == 1 && unlikely(stat_sections))
		section_end();
	if (--*arch_preempt_count() == 0 && need_resched() && arch_irqs_enabled() && thread_current())
		schedule();
}

void sched_irq_exit(void)
{
	if (*arch_preempt_count() == 0 && need_resched() && thread_current())
		schedule();
}

static void slice_over(struct timer *timer)
{
	(void)timer;
	sched_tick_expired();
}

/* The calling context becomes this CPU's idle thread. */
static void rq_init(struct thread *idle)
{
	struct run_queue *rq = this_rq();

	list_init(&rq->queue);
	rq->idle = rq->current = idle;
	timer_init(&rq->slice, slice_over);
	idle->state = THREAD_RUNNING;
	idle->cpu = arch_cpu_id();
	idle->weight = DEFAULT_WEIGHT;
	idle->refs = 1;
	list_init(&idle->rq_link);
	arch_thread_adopt(idle);
	rq->online = true;
}

static struct thread idle_threads[MAX_CPUS];

void sched_init(void)
{
	for (u32 i = 0; i < MAX_CPUS; i++)
		list_init(&rqs[i].queue);
	rq_init(&idle_threads[arch_cpu_id()]);
}

void sched_idle(void)
{
	for (;;) {
		arch_irq_disable();
		if (need_resched() || READ_ONCE(this_rq()->nr)) {
			arch_irq_enable();
			schedule();
			continue;
		}
		arch_idle();
	}
}

void sched_init_ap(void)
{
	rq_init(&idle_threads[arch_cpu_id()]);
	sched_idle();
}
