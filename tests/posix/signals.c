/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signals.c - handlers, masks, EINTR and SA_RESTART, timers, waiting for signals
 *
 * On Socle a handler runs at the end of a kernel call; the tests make one
 * where they want the handler.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
#include "t.h"

static volatile int runs, last_code, last_sig, blocked_inside;
static int pipe_fd[2];
static pthread_t first;

static void handler(int sig)
{
	runs++;
	last_sig = sig;
}

static void info_handler(int sig, siginfo_t *info, void *context)
{
	sigset_t now;

	(void)context;
	pthread_sigmask(SIG_BLOCK, NULL, &now);
	blocked_inside = sigismember(&now, sig) && sigismember(&now, SIGUSR2);
	last_code = info->si_code;
	last_sig = info->si_signo;
	runs++;
}

static void set(int sig, void (*fn)(int), int flags)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = fn;
	sa.sa_flags = flags;
	sigaction(sig, &sa, NULL);
}

static void delivery(void)
{
	struct sigaction sa, old;
	sigset_t mask, pending;

	set(SIGUSR1, handler, 0);
	check("raise", !raise(SIGUSR1) && runs == 1 && last_sig == SIGUSR1);
	check("kill of the own process", !kill(getpid(), SIGUSR1) && runs == 2);
	check("pthread_kill", !pthread_kill(pthread_self(), SIGUSR1) && runs == 3);
	check("tgkill by its number", !syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR1) && runs == 4);
	check("signal 0 looks only", !kill(getpid(), 0) && !pthread_kill(pthread_self(), 0) && runs == 4);
	check("no such signal", kill(getpid(), 99) == -1 && errno == EINVAL && pthread_kill(pthread_self(), 99) == EINVAL);
	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = info_handler;
	sa.sa_flags = SA_SIGINFO;
	sigaddset(&sa.sa_mask, SIGUSR2);
	check("sigaction says what was", !sigaction(SIGUSR1, &sa, &old) && old.sa_handler == handler);
	check("SA_SIGINFO, kill", !kill(getpid(), SIGUSR1) && last_code == SI_USER && runs == 5);
	check("SA_SIGINFO, pthread_kill", !pthread_kill(pthread_self(), SIGUSR1) && last_code == SI_TKILL && runs == 6);
	check("sa_mask and the signal itself are blocked in the handler", blocked_inside);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	raise(SIGUSR1);
	check("blocked: waits", runs == 6 && !sigpending(&pending) && sigismember(&pending, SIGUSR1));
	sigprocmask(SIG_UNBLOCK, &mask, NULL);
	check("unblocked: runs", runs == 7 && !sigpending(&pending) && !sigismember(&pending, SIGUSR1));
	set(SIGUSR1, handler, (int)SA_RESETHAND);
	raise(SIGUSR1);
	sigaction(SIGUSR1, NULL, &sa);
	check("SA_RESETHAND", runs == 8 && sa.sa_handler == SIG_DFL);
	signal(SIGUSR1, SIG_IGN);
	check("ignored", !raise(SIGUSR1) && runs == 8);
	check("ignored by default", !raise(SIGCHLD) && !raise(SIGWINCH) && runs == 8);
	check("SIGKILL has no handler", signal(SIGKILL, handler) == SIG_ERR && errno == EINVAL);
}

static void *kick(void *arg)
{
	t_sleep_ms(30);
	pthread_kill(first, (int)(long)arg);
	t_sleep_ms(30);
	if (write(pipe_fd[1], "x", 1) != 1)
		return (void *)1;
	return NULL;
}

static pthread_t kick_later(int sig)
{
	pthread_t t;

	runs = 0;
	pthread_create(&t, NULL, kick, (void *)(long)sig);
	return t;
}

static void interrupted(void)
{
	struct timespec ts = { 20, 0 }, left = { 0, 0 };
	struct pollfd p = { .fd = -1 };
	pthread_t t;
	char c = 0;
	int ret;

	first = pthread_self();
	if (pipe(pipe_fd))
		return;
	set(SIGUSR1, handler, 0);
	set(SIGUSR2, handler, SA_RESTART);

	t = kick_later(SIGUSR1);
	ret = (int)read(pipe_fd[0], &c, 1);
	check("read: EINTR", ret == -1 && errno == EINTR && runs == 1);
	pthread_join(t, NULL);
	check("read afterwards", read(pipe_fd[0], &c, 1) == 1 && c == 'x');

	t = kick_later(SIGUSR2);
	ret = (int)read(pipe_fd[0], &c, 1);
	check("read goes on with SA_RESTART", ret == 1 && runs == 1);
	pthread_join(t, NULL);

	p.fd = pipe_fd[0];
	p.events = POLLIN;
	t = kick_later(SIGUSR2);
	ret = poll(&p, 1, -1);
	check("poll: EINTR even with SA_RESTART", ret == -1 && errno == EINTR && runs == 1);
	pthread_join(t, NULL);
	check("poll afterwards", poll(&p, 1, -1) == 1 && read(pipe_fd[0], &c, 1) == 1);

	t = kick_later(SIGUSR2);
	ret = nanosleep(&ts, &left);
	check("nanosleep: EINTR and the rest", ret == -1 && errno == EINTR && left.tv_sec >= 10 && left.tv_sec < 20);
	pthread_join(t, NULL);
	check("pipe is empty again", read(pipe_fd[0], &c, 1) == 1);
}

static void waiting(void)
{
	struct timespec soon = { 0, 10000000 };
	sigset_t mask, old, wait;
	siginfo_t info;
	pthread_t t;
	char c;
	int sig = 0, ret;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigprocmask(SIG_BLOCK, &mask, &old);
	check("sigtimedwait runs out", sigtimedwait(&mask, &info, &soon) == -1 && errno == EAGAIN);
	raise(SIGUSR1);
	check("sigwait", !sigwait(&mask, &sig) && sig == SIGUSR1);
	t = kick_later(SIGUSR1);
	check("sigwaitinfo", sigwaitinfo(&mask, &info) == SIGUSR1 && info.si_signo == SIGUSR1 && info.si_code == SI_USER &&
	      runs == 0);
	pthread_join(t, NULL);
	t = kick_later(SIGUSR1);
	wait = old;
	sigdelset(&wait, SIGUSR1);
	ret = sigsuspend(&wait);
	check("sigsuspend", ret == -1 && errno == EINTR && runs == 1);
	sigprocmask(SIG_BLOCK, NULL, &wait);
	check("and the mask is as before", sigismember(&wait, SIGUSR1));
	pthread_join(t, NULL);
	t = kick_later(SIGUSR1);
	wait = old;
	sigdelset(&wait, SIGUSR1);
	ret = ppoll(NULL, 0, NULL, &wait);
	check("ppoll with a mask", ret == -1 && errno == EINTR && runs == 1);
	pthread_join(t, NULL);
	sigprocmask(SIG_SETMASK, &old, NULL);
	for (int i = 0; i < 3; i++)
		if (read(pipe_fd[0], &c, 1) != 1)
			break;
}

static void timers(void)
{
	struct itimerval it = { .it_value = { 0, 20000 }, .it_interval = { 0, 20000 } }, off = { { 0, 0 }, { 0, 0 } }, was;
	int before;

	set(SIGALRM, handler, 0);
	runs = 0;
	setitimer(ITIMER_REAL, &it, NULL);
	while (runs < 3)
		pause();
	setitimer(ITIMER_REAL, &off, &was);
	check("setitimer, three times", last_sig == SIGALRM && was.it_interval.tv_usec == 20000);
	before = runs;
	t_sleep_ms(60);
	check("and is off", runs == before);
	alarm(100);
	check("alarm says what is left", alarm(0) > 90 && alarm(0) == 0);
	check("setitimer: bad time", (it.it_value.tv_usec = 1000000, setitimer(ITIMER_REAL, &it, NULL)) == -1 && errno == EINVAL);
}

static sigjmp_buf jump;

static void jumper(int sig)
{
	siglongjmp(jump, sig);
}

static void jumps(void)
{
	sigset_t now;
	int got;

	set(SIGUSR1, jumper, 0);
	got = sigsetjmp(jump, 1);
	if (!got)
		raise(SIGUSR1);
	sigprocmask(SIG_BLOCK, NULL, &now);
	check("siglongjmp out of a handler restores the mask", got == SIGUSR1 && !sigismember(&now, SIGUSR1));
}

static void *unblocked(void *arg)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	pthread_sigmask(SIG_UNBLOCK, &mask, NULL);
	while (!runs)
		t_sleep_ms(5);
	(void)arg;
	return NULL;
}

static void choice(void)
{
	sigset_t mask;
	pthread_t t;

	runs = 0;
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
	pthread_create(&t, NULL, unblocked, NULL);
	kill(getpid(), SIGUSR2);
	pthread_join(t, NULL);
	check("a process's signal goes to a thread that does not block it", runs == 1);
	pthread_sigmask(SIG_UNBLOCK, &mask, NULL);
	check("and to one only", runs == 1);
}

int main(void)
{
	delivery();
	interrupted();
	waiting();
	timers();
	jumps();
	choice();
	return t_failed != 0;
}
