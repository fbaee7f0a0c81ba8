// SPDX-License-Identifier: Apache-2.0
/*
 * sys_signal.c - kernel calls on signals
 */
#include <socle/process.h>
#include "sys.h"

static bool is_signal(long sig)
{
	return sig >= 1 && sig <= ABI_NSIG;
}

static void set_action(struct proc *p, int sig, const struct socle_sigaction *new, struct socle_sigaction *old)
{
	unsigned long irq = spin_lock_irqsave(&p->lock);

	*old = p->action[sig];
	if (new) {
		p->action[sig] = *new;
		p->action[sig].mask &= ~SIG_UNBLOCKABLE;
		if (new->handler == ABI_SIG_IGN)
			signal_flush_locked(p, sig);
	}
	spin_unlock_irqrestore(&p->lock, irq);
}

long sys_sigaction(ARGS)
{
	struct socle_sigaction new, old;

	if (!is_signal(a) || (b && (SIG_BIT(a) & SIG_UNBLOCKABLE)))
		return -EINVAL;
	if (b && copy_from_app(&new, (u64)b, sizeof(new)))
		return -EFAULT;
	set_action(proc_current(), (int)a, b ? &new : NULL, &old);
	return c && copy_to_app((u64)c, &old, sizeof(old)) ? -EFAULT : 0;
}

long sys_sigprocmask(ARGS)
{
	struct thread *t = thread_current();
	u64 old = t->sig_blocked, set = 0, mask;
	unsigned long irq;

	if (b && copy_from_app(&set, (u64)b, sizeof(set)))
		return -EFAULT;
	if (b && a != ABI_SIG_BLOCK && a != ABI_SIG_UNBLOCK && a != ABI_SIG_SETMASK)
		return -EINVAL;
	if (b) {
		mask = a == ABI_SIG_BLOCK ? old | set : a == ABI_SIG_UNBLOCK ? old & ~set : set;
		irq = spin_lock_irqsave(&t->proc->lock);
		signal_set_blocked_locked(t->proc, t, mask);
		spin_unlock_irqrestore(&t->proc->lock, irq);
	}
	return c && copy_to_app((u64)c, &old, sizeof(old)) ? -EFAULT : 0;
}

long sys_sigpending(ARGS)
{
	struct thread *t = thread_current();
	u64 pending = (READ_ONCE(t->sig_pending) | READ_ONCE(t->proc->sig_pending)) & t->sig_blocked;

	return copy_to_app((u64)a, &pending, sizeof(pending)) ? -EFAULT : 0;
}

static int sleep_for_signal(u64 deadline)
{
	struct wait_entry e = { LIST_INIT(e.link), thread_current(), false };

	return wait_sleep(&e, deadline, true);
}

long sys_sigsuspend(ARGS)
{
	u64 mask;

	if (copy_from_app(&mask, (u64)a, sizeof(mask)))
		return -EFAULT;
	signal_call_mask(mask);
	return sleep_for_signal(WAIT_FOREVER);
}

static int take(u64 set, s32 *code)
{
	struct thread *t = thread_current();
	unsigned long irq = spin_lock_irqsave(&t->proc->lock);
	int sig = signal_take_locked(t->proc, t, set, code);

	spin_unlock_irqrestore(&t->proc->lock, irq);
	return sig;
}

/* -EAGAIN: time is over; -EINTR: another signal. */
static int wait_for(u64 set, u64 deadline, s32 *code)
{
	u64 blocked;
	int err, sig = take(set, code);

	if (sig)
		return sig;
	blocked = signal_mask_begin(thread_current()->sig_blocked & ~set);
	err = sleep_for_signal(deadline);
	sig = take(set, code);
	signal_mask_end(blocked);
	if (sig)
		return sig;
	return err == -EINTR ? -EINTR : -EAGAIN;
}

long sys_sigtimedwait(ARGS)
{
	struct socle_siginfo info = { .pid = PROC_PID };
	u64 set, ns, deadline = WAIT_FOREVER;
	int err;

	if (copy_from_app(&set, (u64)a, sizeof(set)))
		return -EFAULT;
	if (c) {
		err = timespec_in((u64)c, &ns);
		if (err)
			return err;
		deadline = deadline_after(ns);
	}
	info.signo = wait_for(set & ~SIG_UNBLOCKABLE, deadline, &info.code);
	if (info.signo > 0 && b && copy_to_app((u64)b, &info, sizeof(info)))
		return -EFAULT;
	return info.signo;
}

/* What the handler's frame says, and the mask while it runs. */
static void begin_handler(struct thread *t, int sig, struct socle_sigframe *f)
{
	struct proc *p = t->proc;
	struct uthread *u = uthread_of(t);
	u64 mask;

	f->action = p->action[sig];
	f->info.signo = sig;
	f->info.pid = PROC_PID;
	f->old_mask = u->restore_mask ? u->saved_mask : t->sig_blocked;
	u->restore_mask = false;
	mask = t->sig_blocked | f->action.mask;
	if (!(f->action.flags & ABI_SA_NODEFER))
		mask |= SIG_BIT(sig);
	if (f->action.flags & ABI_SA_RESETHAND)
		p->action[sig].handler = ABI_SIG_DFL;
	signal_set_blocked_locked(p, t, mask);
}

/* The word in app memory is cleared first: the end of this call sets it when there is more. */
long sys_sigdeliver(ARGS)
{
	struct thread *t = thread_current();
	struct socle_sigframe frame = { .old_mask = 0 };
	unsigned long irq;
	int sig;

	signal_tell_libc(t, 0);
	irq = spin_lock_irqsave(&t->proc->lock);
	sig = signal_next_handler_locked(t->proc, t, true, &frame.info.code);
	if (sig)
		begin_handler(t, sig, &frame);
	spin_unlock_irqrestore(&t->proc->lock, irq);
	if (!sig)
		return 0;
	if (copy_to_app((u64)a, &frame, sizeof(frame)))
		proc_exit(EXIT_BY_SIGNAL(ABI_SIGSEGV));	/* as without a stack for the handler */
	return 1;
}

long sys_kill(ARGS)
{
	if (b < 0 || b > ABI_NSIG)
		return -EINVAL;
	if (a != PROC_PID && a != 0 && a != -PROC_PID)
		return -ESRCH;
	if (b)
		signal_post_proc(proc_current(), (int)b, ABI_SI_USER);
	return 0;
}

long sys_tgkill(ARGS)
{
	struct proc *p = proc_current();
	struct thread *t;

	if (b < 0 || b > ABI_NSIG || a <= 0)
		return -EINVAL;
	t = proc_find_thread(p, (int)a);
	if (!t)
		return -ESRCH;
	if (b)
		signal_post_thread(p, t, (int)b, ABI_SI_TKILL);
	thread_put(t);
	return 0;
}
