/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signal.c - signals, and their handlers
 *
 * The kernel marks a thread's struct app_thread when a handler is to run; it
 * runs after the kernel call in which the thread is, on the thread's stack.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>
#include "thread.h"

static int flags_of[NSIG];	/* siginterrupt() changes them for signal() */

static void info_out(const struct socle_siginfo *in, siginfo_t *out)
{
	memset(out, 0, sizeof(*out));
	out->si_signo = in->signo;
	out->si_code = in->code;
	out->si_pid = in->pid;
	out->si_value.sival_int = in->value;
}

static void run_handler(const struct socle_sigframe *f)
{
	int saved = errno;
	siginfo_t info;

	if (f->action.flags & SA_SIGINFO) {
		info_out(&f->info, &info);
		((void (*)(int, siginfo_t *, void *))(uintptr_t)f->action.handler)(f->info.signo, &info, NULL);
	} else {
		((void (*)(int))(uintptr_t)f->action.handler)(f->info.signo);
	}
	errno = saved;
	/* May make further handlers ready: the caller looks again. */
	libc_raw_call(SOCLE_SYS_sigprocmask, SIG_SETMASK, (long)&f->old_mask, 0, 0, 0, 0);
}

bool signals_deliver(void)
{
	struct app_thread *a = &pthread_block()->app;
	struct socle_sigframe f;
	bool ran = false, restart = true;

	while (a->signal_pending && libc_raw_call(SOCLE_SYS_sigdeliver, (long)&f, 0, 0, 0, 0, 0) == 1) {
		ran = true;
		restart = restart && (f.action.flags & SA_RESTART);
		run_handler(&f);
	}
	return ran && restart;
}

int sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
	struct socle_sigaction new = { 0 }, prev = { 0 };

	if (act)
		new = (struct socle_sigaction){
			.handler = (uint64_t)act->sa_handler, .mask = act->sa_mask, .flags = (uint32_t)act->sa_flags,
		};
	if (CALL(sigaction, sig, act ? &new : NULL, &prev, 0, 0, 0))
		return -1;
	if (old) {
		memset(old, 0, sizeof(*old));
		old->sa_handler = (_sig_func_ptr)(uintptr_t)prev.handler;
		old->sa_mask = prev.mask;
		old->sa_flags = (int)prev.flags;
	}
	return 0;
}

_sig_func_ptr signal(int sig, _sig_func_ptr fn)
{
	struct sigaction sa = { .sa_handler = fn, .sa_flags = SA_RESTART }, old;

	if (sig > 0 && sig < NSIG)
		sa.sa_flags &= ~flags_of[sig];
	return sigaction(sig, &sa, &old) ? SIG_ERR : old.sa_handler;
}

int siginterrupt(int sig, int flag)
{
	struct sigaction sa;

	if (sigaction(sig, NULL, &sa))
		return -1;
	flags_of[sig] = flag ? SA_RESTART : 0;
	sa.sa_flags = flag ? sa.sa_flags & ~SA_RESTART : sa.sa_flags | SA_RESTART;
	return sigaction(sig, &sa, NULL);
}

int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	return (int)CALL(sigprocmask, how, set, old, 0, 0, 0);
}

int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	return (int)-RAW(sigprocmask, how, set, old, 0, 0, 0);
}

int sigpending(sigset_t *set)
{
	return (int)CALL(sigpending, set, 0, 0, 0, 0, 0);
}

int sigsuspend(const sigset_t *mask)
{
	cancel_check();
	return (int)CALL(sigsuspend, mask, 0, 0, 0, 0, 0);
}

int pause(void)
{
	sigset_t mask;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	return sigsuspend(&mask);
}

int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
	struct socle_siginfo in;
	long sig;

	cancel_check();
	sig = CALL(sigtimedwait, set, &in, timeout, 0, 0, 0);
	if (sig > 0 && info) {
		info_out(&in, info);
		if (info->si_code == SI_TKILL)
			info->si_code = SI_USER;	/* as Linux's C library says */
	}
	return (int)sig;
}

int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
	return sigtimedwait(set, info, NULL);
}

int sigwait(const sigset_t *set, int *sig)
{
	int got;

	do
		got = sigtimedwait(set, NULL, NULL);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno;
	*sig = got;
	return 0;
}

int kill(pid_t pid, int sig)
{
	return (int)CALL(kill, pid, sig, 0, 0, 0, 0);
}

int tgkill(pid_t pid, pid_t tid, int sig)
{
	(void)pid;
	return (int)CALL(tgkill, tid, sig, 0, 0, 0, 0);
}

int raise(int sig)
{
	return (int)CALL(tgkill, my_tid(), sig, 0, 0, 0, 0);
}

void abort(void)
{
	sigset_t set = 1ull << (SIGABRT - 1);
	struct sigaction sa = { .sa_handler = SIG_DFL };

	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(SIGABRT);
	sigaction(SIGABRT, &sa, NULL);
	raise(SIGABRT);
	_exit(128 + SIGABRT);
}

static int valid(int sig)
{
	if (sig > 0 && sig < NSIG)
		return 1;
	errno = EINVAL;
	return 0;
}

int sigemptyset(sigset_t *set)
{
	*set = 0;
	return 0;
}

int sigfillset(sigset_t *set)
{
	*set = ~0ul & ~(3ul << 31);	/* 32 and 33 are the port's */
	return 0;
}

int sigaddset(sigset_t *set, int sig)
{
	if (!valid(sig))
		return -1;
	*set |= 1ul << (sig - 1);
	return 0;
}

int sigdelset(sigset_t *set, int sig)
{
	if (!valid(sig))
		return -1;
	*set &= ~(1ul << (sig - 1));
	return 0;
}

int sigismember(const sigset_t *set, int sig)
{
	return valid(sig) ? (int)(*set >> (sig - 1) & 1) : -1;
}

/* The kernel's form: value, interval in nanoseconds. */
int setitimer(int which, const struct itimerval *new, struct itimerval *old)
{
	uint64_t in[2], was[2];

	if (new) {
		in[0] = (uint64_t)new->it_value.tv_sec * 1000000000 + (uint64_t)new->it_value.tv_usec * 1000;
		in[1] = (uint64_t)new->it_interval.tv_sec * 1000000000 + (uint64_t)new->it_interval.tv_usec * 1000;
		if (new->it_value.tv_usec < 0 || new->it_value.tv_usec > 999999 || new->it_value.tv_sec < 0 ||
		    new->it_interval.tv_usec < 0 || new->it_interval.tv_usec > 999999 || new->it_interval.tv_sec < 0) {
			errno = EINVAL;
			return -1;
		}
	}
	if (CALL(setitimer, which, new ? in : NULL, was, 0, 0, 0))
		return -1;
	if (old) {
		old->it_value = (struct timeval){ (time_t)(was[0] / 1000000000), (long)(was[0] / 1000 % 1000000) };
		old->it_interval = (struct timeval){ (time_t)(was[1] / 1000000000), (long)(was[1] / 1000 % 1000000) };
	}
	return 0;
}

int getitimer(int which, struct itimerval *old)
{
	return setitimer(which, NULL, old);
}

unsigned alarm(unsigned seconds)
{
	struct itimerval it = { .it_value = { .tv_sec = seconds } }, old = { 0 };

	if (setitimer(ITIMER_REAL, &it, &old))
		return 0;
	return (unsigned)(old.it_value.tv_sec + (old.it_value.tv_usec ? 1 : 0));
}

int __sigsetjmp_mask(sigjmp_buf env, int save)
{
	env[0].saved = save;
	return save ? sigprocmask(SIG_BLOCK, NULL, &env[0].mask) : 0;
}

void siglongjmp(sigjmp_buf env, int val)
{
	if (env[0].saved)
		sigprocmask(SIG_SETMASK, &env[0].mask, NULL);
	longjmp(env[0].regs, val);
}
