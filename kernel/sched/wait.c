/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wait.c - wait queues and mutexes
 *
 * A waker sets the entry's woken flag before it wakes the thread; the sleeper
 * looks at the flag with interrupts off after it has become THREAD_BLOCKED, so
 * no wake is lost.
 */
#include <errno.h>
#include <socle/arch.h>
#include <socle/lock.h>
#include <socle/log.h>
#include <socle/sched.h>
#include <socle/time.h>

void waitqueue_init(struct waitqueue *wq)
{
	*wq = (struct waitqueue)WAITQUEUE_INIT(*wq);
}

void wait_prepare(struct waitqueue *wq, struct wait_entry *e)
{
	unsigned long irq = spin_lock_irqsave(&wq->lock);

	if (e->thread != thread_current() || list_empty(&e->link))
		list_add_tail(&wq->waiters, &e->link);
	e->thread = thread_current();
	WRITE_ONCE(e->woken, false);
	spin_unlock_irqrestore(&wq->lock, irq);
}

/*
 * A wake that came after the condition was seen true, or the wait given up, was
 * meant for one of those who still wait.
 */
void wait_finish(struct waitqueue *wq, struct wait_entry *e)
{
	unsigned long irq = spin_lock_irqsave(&wq->lock);
	bool pass_on = READ_ONCE(e->woken);

	if (!list_empty(&e->link))
		list_del(&e->link);
	spin_unlock_irqrestore(&wq->lock, irq);
	if (pass_on)
		waitqueue_wake_one(wq);
}

struct sleep_timer { struct timer timer; struct thread *thread; bool fired; };

static void sleep_expired(struct timer *timer)
{
	struct sleep_timer *s = container_of(timer, struct sleep_timer, timer);

	WRITE_ONCE(s->fired, true);
	thread_wake(s->thread);
}

int wait_sleep(struct wait_entry *e, u64 deadline_ns, bool interruptible)
{
	struct thread *t = thread_current();
	struct sleep_timer st = { .thread = t };
	bool timed = deadline_ns != WAIT_FOREVER;
	unsigned long irq;
	int err = 0;

	if (timed) {
		timer_init(&st.timer, sleep_expired);
		timer_arm(&st.timer, deadline_ns);
	}
	for (;;) {
		irq = arch_irq_save();
		t->interruptible = interruptible;
		__atomic_store_n(&t->state, THREAD_BLOCKED, __ATOMIC_SEQ_CST);
		if (READ_ONCE(e->woken))
			break;
		if (interruptible && thread_signal_pending(t)) {
			err = -EINTR;
			break;
		}
		if (READ_ONCE(st.fired)) {
			err = -ETIMEDOUT;
			break;
		}
		schedule();
		arch_irq_restore(irq);
	}
	sched_stay_running();
	t->interruptible = false;
	arch_irq_restore(irq);
	if (timed)
		timer_cancel(&st.timer);
	return err;
}

static void wake(struct wait_entry *e)
{
	struct thread *t = e->thread;

	list_del(&e->link);
	__atomic_store_n(&e->woken, true, __ATOMIC_SEQ_CST);
	thread_wake(t);
}

void waitqueue_wake_all(struct waitqueue *wq)
{
	unsigned long irq = spin_lock_irqsave(&wq->lock);

	while (!list_empty(&wq->waiters))
		wake(list_first(&wq->waiters, struct wait_entry, link));
	spin_unlock_irqrestore(&wq->lock, irq);
}

void waitqueue_wake_one(struct waitqueue *wq)
{
	unsigned long irq = spin_lock_irqsave(&wq->lock);

	if (!list_empty(&wq->waiters))
		wake(list_first(&wq->waiters, struct wait_entry, link));
	spin_unlock_irqrestore(&wq->lock, irq);
}

void mutex_init(struct mutex *m)
{
	*m = (struct mutex)MUTEX_INIT(*m);
}

bool mutex_trylock(struct mutex *m)
{
	u32 free = 0;

	if (!__atomic_compare_exchange_n(&m->locked, &free, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return false;
	m->owner = thread_current();
	return true;
}

void mutex_lock(struct mutex *m)
{
	if (!mutex_trylock(m))
		wait_event(&m->wq, mutex_trylock(m));
}

int mutex_lock_interruptible(struct mutex *m)
{
	if (mutex_trylock(m))
		return 0;
	return wait_event_interruptible(&m->wq, mutex_trylock(m));
}

void mutex_unlock(struct mutex *m)
{
	ASSERT(m->owner == thread_current());
	m->owner = NULL;
	__atomic_store_n(&m->locked, 0, __ATOMIC_SEQ_CST);
	/* A waiter queues itself before it tries again: with none queued there is nobody to wake. */
	if (READ_ONCE(m->wq.waiters.next) != &m->wq.waiters)
		waitqueue_wake_one(&m->wq);
}
