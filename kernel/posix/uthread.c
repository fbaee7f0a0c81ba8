// SPDX-License-Identifier: Apache-2.0
/*
 * uthread.c - the threads of the app, and how they all leave
 *
 * A thread that is told to leave (thread.killed) does so where it returns to
 * app code: at the end of a kernel call or of a trap. Both look with interrupts
 * off, so that a kick that comes later interrupts the app code. Blocking calls
 * and KVM_RUN end because thread_signal_pending() is true.
 */
#include <socle/process.h>
#include <socle/time.h>
#include "sys.h"

#define TID_MAX (1 << 30)

static struct thread *find_locked(struct proc *p, int tid)
{
	struct thread *t;

	list_for_each(t, &p->threads, proc_link)
		if (t->tid == tid)
			return t;
	return NULL;
}

struct thread *proc_find_thread(struct proc *p, int tid)
{
	unsigned long irq = spin_lock_irqsave(&p->lock);
	struct thread *t = find_locked(p, tid);

	if (t)
		thread_get(t);
	spin_unlock_irqrestore(&p->lock, irq);
	return t;
}

static int next_tid(struct proc *p)
{
	do
		p->last_tid = p->last_tid % TID_MAX + 1;
	while (find_locked(p, p->last_tid));
	return p->last_tid;
}

int uthread_attach(struct proc *p, struct thread *t, struct uthread *u)
{
	unsigned long irq = spin_lock_irqsave(&p->lock);
	int err = p->exiting ? -EAGAIN : 0;

	if (!err) {
		thread_get(t);
		t->tid = next_tid(p);
		t->proc = p;
		t->posix = u;
		list_add_tail(&p->threads, &t->proc_link);
		p->nr_threads++;
	}
	spin_unlock_irqrestore(&p->lock, irq);
	return err;
}

/* True for the last thread. The list's reference is the caller's now. */
static bool detach(struct proc *p, struct thread *t)
{
	unsigned long irq = spin_lock_irqsave(&p->lock);
	bool last = --p->nr_threads == 0;

	list_del(&t->proc_link);
	signal_thread_left_locked(p, t);
	t->posix = NULL;		/* nobody posts to it any more */
	p->dead_ns += t->total_ns;
	spin_unlock_irqrestore(&p->lock, irq);
	return last;
}

u64 proc_cpu_ns(struct proc *p)
{
	unsigned long irq = spin_lock_irqsave(&p->lock);
	u64 sum = p->dead_ns, now = clock_ns();
	struct thread *t;

	list_for_each(t, &p->threads, proc_link) {
		sum += READ_ONCE(t->total_ns);
		if (READ_ONCE(t->state) == THREAD_RUNNING)
			sum += now - MIN(now, READ_ONCE(t->run_start_ns));
	}
	spin_unlock_irqrestore(&p->lock, irq);
	return sum;
}

static void uthread_main(void *arg)
{
	struct uthread *u = arg;

	arch_irq_disable();
	app_return_check();
	arch_app_enter(u->entry, ALIGN_DOWN(u->stack_top, 16), u->arg, 0);
}

/* A thread that never started. */
static void discard(struct thread *t, struct uthread *u)
{
	kfree(u);
	thread_put(t);			/* the creator's reference */
	thread_put(t);			/* its own */
}

static long start(struct proc *p, struct thread *t, struct uthread *u, const struct socle_thread *st)
{
	u32 tid;
	int err;

	arch_set_app_tls(t, st->tls);
	t->affinity = thread_current()->affinity;
	t->sig_blocked = thread_current()->sig_blocked;
	err = uthread_attach(p, t, u);
	if (err)
		return err;
	tid = (u32)t->tid;
	if (st->tid_out && copy_to_app(st->tid_out, &tid, sizeof(tid))) {
		(void)detach(p, t);	/* never the last: the caller is there */
		thread_put(t);
		return -EFAULT;
	}
	thread_start(t);
	thread_put(t);
	return tid;
}

long uthread_create(const struct socle_thread *st)
{
	struct uthread *u = kmalloc(sizeof(*u));
	struct thread *t;
	long ret;

	if (!u)
		return -EAGAIN;
	*u = (struct uthread){
		.app_thread = st->app_thread, .entry = st->entry, .stack_top = st->stack_top, .arg = st->arg,
	};
	t = thread_create("app", uthread_main, u, false);
	if (!t) {
		kfree(u);
		return -EAGAIN;
	}
	ret = start(proc_current(), t, u, st);
	if (ret < 0)
		discard(t, u);
	return ret;
}

void proc_kill_locked(struct proc *p, int status)
{
	struct thread *t;

	if (!p->exiting)
		p->exit_status = status;
	p->exiting = true;
	list_for_each(t, &p->threads, proc_link) {
		__atomic_store_n(&t->killed, true, __ATOMIC_SEQ_CST);	/* pairs with wait_sleep() */
		thread_kick(t);
	}
}

void proc_kill(struct proc *p, int status)
{
	unsigned long irq = spin_lock_irqsave(&p->lock);

	proc_kill_locked(p, status);
	spin_unlock_irqrestore(&p->lock, irq);
}

void proc_exit(int status)
{
	proc_kill(proc_current(), status);
	proc_leave();
}

void proc_leave(void)
{
	struct thread *t = thread_current();
	struct proc *p = t->proc;
	struct uthread *u = t->posix;

	if (detach(p, t))
		proc_end(p);
	t->proc = NULL;
	if (!u->is_static)
		kfree(u);
	thread_put(t);
	thread_exit();
}

void app_return_check(void)
{
	if (likely(!READ_ONCE(thread_current()->killed)))
		return;
	arch_irq_enable();
	proc_leave();
}
