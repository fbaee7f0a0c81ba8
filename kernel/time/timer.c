/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timer.c - one-shot timers, a sorted list for each CPU
 */
#include <socle/arch.h>
#include <socle/lock.h>
#include <socle/sched.h>
#include <socle/time.h>

static struct timer_queue {
	spinlock_t lock;
	struct list timers;
	struct timer *running;
	bool ready;
} __aligned(64) queues[MAX_CPUS];

void timer_init(struct timer *t, void (*fn)(struct timer *t))
{
	*t = (struct timer){ .fn = fn };
	list_init(&t->link);
}

static void program(struct timer_queue *q)
{
	arch_timer_program(list_empty(&q->timers) ? ~0ull :
			   clock_ns_to_tsc(list_first(&q->timers, struct timer, link)->deadline_ns));
}

/* Locks the queue that the timer is on; interrupts off. */
static struct timer_queue *lock_queue_of(struct timer *t)
{
	for (;;) {
		u32 cpu = READ_ONCE(t->cpu);

		spin_lock(&queues[cpu].lock);
		if (t->cpu == cpu)
			return &queues[cpu];
		spin_unlock(&queues[cpu].lock);
	}
}

static bool timer_remove(struct timer_queue *q, struct timer *t)
{
	if (!t->armed)
		return false;
	t->armed = false;
	list_del(&t->link);
	if (q == &queues[arch_cpu_id()])
		program(q);
	return true;
}

/* @q of another CPU: its interrupt handler runs this timer's callback, and programs on its way out. */
static void timer_insert(struct timer_queue *q, struct timer *t)
{
	struct timer *pos;

	list_for_each(pos, &q->timers, link)
		if (t->deadline_ns < pos->deadline_ns)
			break;
	list_add_tail(&pos->link, &t->link);
	t->armed = true;
	if (q == &queues[arch_cpu_id()] && list_first(&q->timers, struct timer, link) == t)
		program(q);
}

void timer_arm(struct timer *t, u64 deadline_ns)
{
	unsigned long irq = arch_irq_save();
	u32 cpu = arch_cpu_id();
	struct timer_queue *q = lock_queue_of(t);

	if (!queues[cpu].ready) {
		list_init(&queues[cpu].timers);
		queues[cpu].ready = true;
	}
	if (t->armed && t->cpu == cpu) {
		t->armed = false;
		list_del(&t->link);
	} else {
		(void)timer_remove(q, t);
	}
	/* A timer whose callback runs stays with that CPU: timer_cancel() looks there. */
	if (q != &queues[cpu] && q->running != t) {
		t->cpu = cpu;
		spin_unlock(&q->lock);
		q = &queues[cpu];
		spin_lock(&q->lock);
	}
	t->deadline_ns = deadline_ns;
	timer_insert(q, t);
	spin_unlock(&q->lock);
	arch_irq_restore(irq);
}

bool timer_cancel(struct timer *t)
{
	bool was = false;

	for (;;) {
		unsigned long irq = arch_irq_save();
		struct timer_queue *q = lock_queue_of(t);
		bool running = q->running == t;

		was |= timer_remove(q, t);
		spin_unlock(&q->lock);
		arch_irq_restore(irq);
		if (!running)
			return was;
		arch_cpu_relax();
	}
}

void timer_interrupt(void)
{
	struct timer_queue *q = &queues[arch_cpu_id()];
	u64 now = clock_ns();

	if (!q->ready)
		return;
	spin_lock(&q->lock);
	while (!list_empty(&q->timers)) {
		struct timer *t = list_first(&q->timers, struct timer, link);

		if (t->deadline_ns > now)
			break;
		list_del(&t->link);
		t->armed = false;
		q->running = t;
		spin_unlock(&q->lock);
		t->fn(t);
		spin_lock(&q->lock);
		q->running = NULL;
	}
	program(q);
	spin_unlock(&q->lock);
}
