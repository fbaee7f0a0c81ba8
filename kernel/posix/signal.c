// SPDX-License-Identifier: Apache-2.0
/*
 * signal.c - who gets a signal, and when
 *
 * A signal to a thread waits in thread.sig_pending. One to the process goes at
 * once to a thread that does not block it: it waits there too, marked in
 * from_proc, so that one look at two words tells any thread whether its call
 * is interrupted. Only when all block it it waits in proc->sig_pending. A
 * thread that changes its mask or leaves gives marked ones back, and takes
 * what it unblocks. One instance of each signal waits, of the real-time ones
 * too. Handlers run at the boundary of kernel calls, in libc.
 *
 * Invariant: sig in proc->sig_pending implies that every thread blocks it.
 */
#include <socle/process.h>
#include "proc.h"

/* No job control: what stops a process on Linux does nothing. */
#define DEFAULT_IGNORES (SIG_BIT(ABI_SIGCHLD) | SIG_BIT(ABI_SIGCONT) | SIG_BIT(ABI_SIGURG) | \
	SIG_BIT(ABI_SIGWINCH) | SIG_BIT(ABI_SIGSTOP) | SIG_BIT(ABI_SIGTSTP) | SIG_BIT(ABI_SIGTTIN) | \
	SIG_BIT(ABI_SIGTTOU))

enum fate { FATE_IGNORE, FATE_END, FATE_HANDLER };

static enum fate fate_of(const struct proc *p, int sig)
{
	u64 handler = p->action[sig].handler;

	if (handler == ABI_SIG_IGN || (handler == ABI_SIG_DFL && (DEFAULT_IGNORES & SIG_BIT(sig))))
		return FATE_IGNORE;
	return handler == ABI_SIG_DFL ? FATE_END : FATE_HANDLER;
}

static u64 blocked_at_heart(const struct thread *t)
{
	return t->sig_blocked | uthread_of(t)->real_blocked;
}

/* The thread's call ends for it. */
static void give(struct thread *t, int sig, s32 code, bool from_proc)
{
	struct uthread *u = uthread_of(t);

	u->sig_code[sig] = code;
	if (from_proc)
		u->from_proc |= SIG_BIT(sig);
	__atomic_fetch_or(&t->sig_pending, SIG_BIT(sig), __ATOMIC_SEQ_CST);	/* pairs with wait_sleep() */
	thread_kick(t);
}

/* Oldest thread first, as Linux prefers the first one. NULL: all block it. */
static struct thread *find_taker(struct proc *p, int sig)
{
	struct thread *t;

	list_for_each(t, &p->threads, proc_link)
		if (!(t->sig_blocked & SIG_BIT(sig)))
			return t;
	return NULL;
}

static void post_locked(struct proc *p, struct thread *t, int sig, s32 code, bool from_proc)
{
	enum fate fate = fate_of(p, sig);
	bool at_heart = t && (blocked_at_heart(t) & SIG_BIT(sig));

	if (sig == ABI_SIGKILL || (t && fate == FATE_END && !at_heart)) {
		proc_kill_locked(p, EXIT_BY_SIGNAL(sig));
	} else if (!t) {
		p->sig_code[sig] = code;
		p->sig_pending |= SIG_BIT(sig);
	} else if (fate != FATE_IGNORE || at_heart) {
		give(t, sig, code, from_proc);
	}
}

void signal_post_proc(struct proc *p, int sig, s32 code)
{
	unsigned long irq = spin_lock_irqsave(&p->lock);

	post_locked(p, find_taker(p, sig), sig, code, true);
	spin_unlock_irqrestore(&p->lock, irq);
}

void signal_post_thread(struct proc *p, struct thread *t, int sig, s32 code)
{
	unsigned long irq = spin_lock_irqsave(&p->lock);

	if (uthread_of(t))			/* it may have left meanwhile */
		post_locked(p, t, sig, code, false);
	spin_unlock_irqrestore(&p->lock, irq);
}

static void forget(struct thread *t, u64 bits)
{
	t->sig_pending &= ~bits;
	uthread_of(t)->from_proc &= ~bits;
}

/* Marked signals of @bits go to another thread, or wait in the process. */
static void give_back(struct proc *p, struct thread *t, u64 bits)
{
	struct uthread *u = uthread_of(t);

	bits &= u->from_proc;
	forget(t, bits);
	for (; bits; bits &= bits - 1) {
		int sig = __builtin_ctzll(bits) + 1;

		post_locked(p, find_taker(p, sig), sig, u->sig_code[sig], true);
	}
}

static void take_from_proc(struct proc *p, struct thread *t, u64 bits)
{
	struct uthread *u = uthread_of(t);

	bits &= p->sig_pending;
	p->sig_pending &= ~bits;
	u->from_proc |= bits;
	t->sig_pending |= bits;
	for (; bits; bits &= bits - 1) {
		int sig = __builtin_ctzll(bits) + 1;

		u->sig_code[sig] = p->sig_code[sig];
	}
}

void signal_set_blocked_locked(struct proc *p, struct thread *t, u64 mask)
{
	mask &= ~SIG_UNBLOCKABLE;
	WRITE_ONCE(t->sig_blocked, mask);
	give_back(p, t, mask);
	take_from_proc(p, t, ~mask);
}

void signal_thread_left_locked(struct proc *p, struct thread *t)
{
	give_back(p, t, ~0ull);
}

int signal_take_locked(struct proc *p, struct thread *t, u64 set, s32 *code)
{
	int sig;

	take_from_proc(p, t, set);
	if (!(t->sig_pending & set))
		return 0;
	sig = __builtin_ctzll(t->sig_pending & set) + 1;
	*code = uthread_of(t)->sig_code[sig];
	forget(t, SIG_BIT(sig));
	return sig;
}

void signal_flush_locked(struct proc *p, int sig)
{
	struct thread *t;

	p->sig_pending &= ~SIG_BIT(sig);
	list_for_each(t, &p->threads, proc_link)
		forget(t, SIG_BIT(sig));
}

int signal_next_handler_locked(struct proc *p, struct thread *t, bool take, s32 *code)
{
	u64 ready;

	while ((ready = t->sig_pending & ~t->sig_blocked)) {
		int sig = __builtin_ctzll(ready) + 1;
		enum fate fate = fate_of(p, sig);

		if (fate != FATE_HANDLER || take)
			(void)signal_take_locked(p, t, SIG_BIT(sig), code);
		if (fate == FATE_HANDLER)
			return sig;
		if (fate == FATE_END) {
			proc_kill_locked(p, EXIT_BY_SIGNAL(sig));
			return 0;
		}
	}
	return 0;
}

/* True: a handler is to run. Without one the mask of the call is over. */
static bool boundary_locked(struct proc *p, struct thread *t)
{
	struct uthread *u = uthread_of(t);
	s32 code;

	if (signal_next_handler_locked(p, t, false, &code))
		return true;
	if (!u->restore_mask)
		return false;
	u->restore_mask = false;
	signal_set_blocked_locked(p, t, u->saved_mask);
	return signal_next_handler_locked(p, t, false, &code) != 0;
}

/* An app that gave a bad address hears of no signals. */
void signal_tell_libc(const struct thread *t, u32 pending)
{
	u64 at = uthread_of(t)->app_thread;

	if (at && copy_to_app(at + offsetof(struct app_thread, signal_pending), &pending, sizeof(pending)))
		LOG_RATELIMIT(LOG_NOTICE, "app: struct app_thread at %lx cannot be written\n", at);
}

void signal_boundary(void)
{
	struct thread *t = thread_current();
	struct uthread *u = uthread_of(t);
	unsigned long irq;
	bool run;

	if (likely(!thread_signal_pending(t) && !u->restore_mask))
		return;
	irq = spin_lock_irqsave(&t->proc->lock);
	run = boundary_locked(t->proc, t);
	spin_unlock_irqrestore(&t->proc->lock, irq);
	if (run)
		signal_tell_libc(t, 1);
}

static u64 swap_mask(u64 mask, u64 real_blocked)
{
	struct thread *t = thread_current();
	unsigned long irq = spin_lock_irqsave(&t->proc->lock);
	u64 old = t->sig_blocked;

	uthread_of(t)->real_blocked = real_blocked;
	signal_set_blocked_locked(t->proc, t, mask);
	spin_unlock_irqrestore(&t->proc->lock, irq);
	return old;
}

u64 signal_mask_begin(u64 mask)
{
	return swap_mask(mask, thread_current()->sig_blocked);
}

void signal_mask_end(u64 old)
{
	(void)swap_mask(old, 0);
}

void signal_call_mask(u64 mask)
{
	struct uthread *u = uthread_of(thread_current());

	u->saved_mask = swap_mask(mask, 0);
	u->restore_mask = true;
}

/* An interrupted call leaves its mask for the handlers. */
void signal_call_done(bool interrupted)
{
	struct uthread *u = uthread_of(thread_current());

	if (interrupted || !u->restore_mask)
		return;
	u->restore_mask = false;
	(void)swap_mask(u->saved_mask, 0);
}
