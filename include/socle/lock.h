/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lock.h - spinlocks, mutexes, wait queues
 *
 * Lock order: vCPU mutex, VM slots lock, second-stage lock, run queue
 * (docs/locking.md). A spinlock disables preemption; _irqsave also interrupts.
 */
#ifndef SOCLE_LOCK_H
#define SOCLE_LOCK_H

#include <socle/list.h>
#include <socle/types.h>

typedef struct { u32 next, owner; } spinlock_t;		/* ticket lock */
#define SPINLOCK_INIT { 0, 0 }
void spin_lock(spinlock_t *l);
bool spin_trylock(spinlock_t *l);
void spin_unlock(spinlock_t *l);
unsigned long spin_lock_irqsave(spinlock_t *l);
void spin_unlock_irqrestore(spinlock_t *l, unsigned long flags);

struct thread;
struct waitqueue { spinlock_t lock; struct list waiters; };
#define WAITQUEUE_INIT(wq) { SPINLOCK_INIT, LIST_INIT((wq).waiters) }
void waitqueue_init(struct waitqueue *wq);
/* Any context, also interrupts. */
void waitqueue_wake_all(struct waitqueue *wq);
void waitqueue_wake_one(struct waitqueue *wq);

struct wait_entry { struct list link; struct thread *thread; bool woken; };
/* The loop behind wait_event: prepare, test, sleep, finish. */
void wait_prepare(struct waitqueue *wq, struct wait_entry *e);
/* Sleeps until woken, @deadline_ns passes (~0: never), or, if @interruptible, an
 * unblocked signal is pending. Return: 0 woken, -ETIMEDOUT, -EINTR. */
int wait_sleep(struct wait_entry *e, u64 deadline_ns, bool interruptible);
void wait_finish(struct waitqueue *wq, struct wait_entry *e);

#define WAIT_FOREVER (~0ull)
/* Value: 0 when cond became true, -ETIMEDOUT, -EINTR. */
#define wait_event_deadline(wq, cond, deadline, interruptible) ({		\
	struct wait_entry e_ = { LIST_INIT(e_.link), NULL, false };		\
	int err_ = 0;								\
	for (;;) {								\
		wait_prepare(wq, &e_);						\
		if (cond) { err_ = 0; break; }					\
		if (err_) break;						\
		err_ = wait_sleep(&e_, deadline, interruptible);		\
	}									\
	wait_finish(wq, &e_);							\
	err_; })
#define wait_event(wq, cond) ((void)wait_event_deadline(wq, cond, WAIT_FOREVER, false))
#define wait_event_interruptible(wq, cond) wait_event_deadline(wq, cond, WAIT_FOREVER, true)

struct mutex { u32 locked; struct thread *owner; struct waitqueue wq; };
#define MUTEX_INIT(m) { 0, NULL, WAITQUEUE_INIT((m).wq) }
void mutex_init(struct mutex *m);
void mutex_lock(struct mutex *m);
int mutex_lock_interruptible(struct mutex *m) __must_check;	/* 0 or -EINTR */
bool mutex_trylock(struct mutex *m);
void mutex_unlock(struct mutex *m);

#endif
