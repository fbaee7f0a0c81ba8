/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exit_thread.c - exit() from a vCPU's thread while others run guests, halt and wait
 */
#include "kt.h"

GUEST(endless, "16", "1: jmp 1b\n");
GUEST(halted, "16", " sti\n1: hlt\n jmp 1b\n");
GUEST(leaves, "16", " mov $0x80, %al\n out %al, $0x80\n");

static struct kt_vm vm[3];
static struct kt_vcpu v[3];
static pthread_mutex_t never = PTHREAD_MUTEX_INITIALIZER;

static void *runs(void *arg)
{
	struct kt_vcpu *c = arg;

	KT_MUST(ioctl(c->fd, KVM_RUN, 0));
	if (c != &v[2])
		return NULL;
	printf("vCPU left: %s, its thread exits\n", kt_exit_name(c->run->exit_reason));
	fflush(stdout);
	exit(0);
}

static void *waits(void *arg)
{
	pthread_mutex_lock(&never);
	return arg;
}

int main(void)
{
	struct timespec t = { 0, 50000000 };
	pthread_t thread;

	kt_init();
	for (int i = 0; i < 3; i++) {
		vm[i] = kt_vm_create(1);
		v[i] = kt_vcpu_create(&vm[i], 0);
	}
	kt_real(&vm[0], &v[0], endless, endless_end);
	kt_real(&vm[1], &v[1], halted, halted_end);
	kt_real(&vm[2], &v[2], leaves, leaves_end);
	pthread_mutex_lock(&never);
	pthread_create(&thread, NULL, waits, NULL);
	pthread_create(&thread, NULL, runs, &v[0]);
	pthread_create(&thread, NULL, runs, &v[1]);
	nanosleep(&t, NULL);
	pthread_create(&thread, NULL, runs, &v[2]);
	pthread_join(thread, NULL);
	printf("exit() did not end the program\n");
	return 1;
}
