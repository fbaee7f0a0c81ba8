/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signal_run.c - what ends KVM_RUN: a signal, immediate_exit, a signal that only KVM_RUN's mask lets through
 */
#include "kt.h"

GUEST(endless, "16", "1: jmp 1b\n");
GUEST(halted, "16", " sti\n1: hlt\n jmp 1b\n");

static struct kt_vm vm;
static struct kt_vcpu v;
static volatile int handled, in_run;

static void on_signal(int sig)
{
	(void)sig;
	handled++;
}

static void show_run(const char *what)
{
	int ret = ioctl(v.fd, KVM_RUN, 0);

	printf("%s: %s, reason %s, handled %d\n", what, ret ? kt_errno_name(errno) : "0",
	       kt_exit_name(v.run->exit_reason), handled);
}

static void *runner(void *arg)
{
	in_run = 1;
	show_run(arg);
	return NULL;
}

/* The signal comes while the guest runs (or right before: the effect is the same). */
static void interrupted(const char *what)
{
	struct timespec t = { 0, 50000000 };
	pthread_t thread;

	handled = in_run = 0;
	pthread_create(&thread, NULL, runner, (void *)(uintptr_t)what);
	while (!in_run)
		sched_yield();
	nanosleep(&t, NULL);
	pthread_kill(thread, SIGUSR1);
	pthread_join(thread, NULL);
}

static void *masked_runner(void *arg)
{
	struct { struct kvm_signal_mask head; uint8_t set[8]; } __attribute__((packed)) m = { { .len = 8 }, { 0 } };
	struct timespec now = { 0, 0 };
	sigset_t block, pending;

	(void)arg;
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &block, NULL);
	handled = 0;
	pthread_kill(pthread_self(), SIGUSR1);
	v.run->immediate_exit = 1;
	show_run("blocked signal, immediate_exit");
	v.run->immediate_exit = 0;
	KT_MUST(ioctl(v.fd, KVM_SET_SIGNAL_MASK, &m));
	show_run("signal blocked but not in KVM_RUN");
	sigpending(&pending);
	printf("still pending: %d\n", sigismember(&pending, SIGUSR1));
	printf("taken: %d\n", sigtimedwait(&block, NULL, &now) == SIGUSR1);
	KT_MUST(ioctl(v.fd, KVM_SET_SIGNAL_MASK, NULL));
	return NULL;
}

/* A vCPU that waits for SIPI takes no NMI, but a signal. */
static void waiting_for_sipi(void)
{
	struct kvm_mp_state mp = { KVM_MP_STATE_INIT_RECEIVED };
	struct kvm_vcpu_events e;

	KT_MUST(ioctl(v.fd, KVM_SET_MP_STATE, &mp));
	KT_MUST(ioctl(v.fd, KVM_NMI, 0));
	interrupted("waiting for SIPI, NMI pending");
	KT_MUST(ioctl(v.fd, KVM_GET_MP_STATE, &mp));
	KT_MUST(ioctl(v.fd, KVM_GET_VCPU_EVENTS, &e));
	printf("mp_state %u, NMI injected %u, pending %u\n", mp.mp_state, e.nmi.injected, e.nmi.pending);
}

int main(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct { struct kvm_signal_mask head; uint8_t set[8]; } __attribute__((packed)) bad = { { .len = 7 }, { 0 } };
	pthread_t thread;

	kt_init();
	sigaction(SIGUSR1, &sa, NULL);
	vm = kt_vm_create(1);
	v = kt_vcpu_create(&vm, 0);
	kt_real(&vm, &v, endless, endless_end);
	interrupted("running guest");
	interrupted("running guest again");
	v.run->immediate_exit = 1;
	handled = 0;
	show_run("immediate_exit");
	v.run->immediate_exit = 0;
	kt_show("mask of a wrong length", ioctl(v.fd, KVM_SET_SIGNAL_MASK, &bad));
	pthread_create(&thread, NULL, masked_runner, NULL);
	pthread_join(thread, NULL);
	kt_real(&vm, &v, halted, halted_end);
	interrupted("halted guest");
	waiting_for_sipi();
	return 0;
}
