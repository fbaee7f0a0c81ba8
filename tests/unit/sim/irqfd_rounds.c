/* SPDX-License-Identifier: Apache-2.0 */
/*
 * irqfd_rounds.c - irqfds: a signal reaches the guest, and nothing is touched after the VM has gone
 */
#include "../../../kernel/kvm/priv.h"
#include "../../../kernel/posix/sys.h"
#include "../fake/app.h"
#include "../fake/files.h"
#include "../fake/guest.h"
#include "../fake/sim.h"
#include "scenarios.h"

#define GSI 5u

static struct kvm *kvm;
static int fd, resample_fd;
static struct eventfd *event, *resampled;

static void route(void)
{
	struct kvm_irq_routing_entry e = { .gsi = GSI, .type = KVM_IRQ_ROUTING_IRQCHIP, .u.irqchip = { 2, 7 } };

	SIM_ASSERT(!kvm_set_routing(kvm, &e, 1));
}

static long irqfd(u32 flags)
{
	const struct kvm_irqfd a = { .fd = (u32)fd, .gsi = GSI, .flags = flags, .resamplefd = (u32)resample_fd };

	return kvm_irqfd(kvm, &a);
}

static void begin(void)
{
	app_reset();
	kvm = guest_vm(1);
	route();
	fd = (int)sys_eventfd(0, 0, 0, 0, 0, 0);
	resample_fd = (int)sys_eventfd(0, 0, 0, 0, 0, 0);
	SIM_ASSERT(!eventfd_from_fd(fd, &event) && !eventfd_from_fd(resample_fd, &resampled));
}

static void end(void)
{
	eventfd_put(event);
	eventfd_put(resampled);
	fake_close(resample_fd);
	app_reset();
	SIM_ASSERT(!fake_open_files());
}

/* --- assigned at any moment, routes replaced: each signal is followed by an interrupt --- */

static u32 signals;

static void signaller(void *arg)
{
	(void)arg;
	for (u32 i = 0; i < 3; i++) {
		__atomic_fetch_add(&signals, 1, __ATOMIC_SEQ_CST);
		eventfd_signal(event, 1);
		sim_sleep(sim_random(2000));
	}
}

static void assigner(void *arg)
{
	(void)arg;
	sim_sleep(sim_random(3000));
	SIM_ASSERT(!irqfd(0));
	SIM_ASSERT(irqfd(0) == -EBUSY);
	sim_sleep(sim_random(2000));
	route();
}

void irqfd_round(void)
{
	const struct sim_job jobs[] = { { signaller, NULL }, { assigner, NULL } };
	u64 count;

	begin();
	signals = 0;
	sim_parallel(jobs, 2);
	SIM_ASSERT(!eventfd_consume(event, &count));	/* nothing was left lying */
	SIM_ASSERT(kvm->arch.delivered >= 1 && kvm->arch.delivered <= signals);
	SIM_ASSERT(kvm->arch.delivered == kvm->arch.lowered);
	fake_close(fd);
	guest_vm_free(kvm);
	end();
}

/* --- signals, end of interrupts, deassignment, closing of both ends: in any order --- */

static u32 vm_users;

static void late_signaller(void *arg)
{
	(void)arg;
	for (u32 i = 0; i < 5; i++) {
		eventfd_signal(event, 1);
		sim_sleep(sim_random(2000));
	}
}

/* A vCPU that ends interrupts, until the VM's last user goes. */
static void acker(void *arg)
{
	(void)arg;
	for (u32 i = 0; i < 3; i++) {
		kvm_notify_acked_irq(kvm, 2, 7);
		sim_sleep(sim_random(2000));
	}
	if (__atomic_sub_fetch(&vm_users, 1, __ATOMIC_SEQ_CST) == 0)
		guest_vm_free(kvm);
}

static void destroyer(void *arg)
{
	(void)arg;
	sim_sleep(sim_random(5000));
	if (sim_random(2))
		SIM_ASSERT(!irqfd(KVM_IRQFD_FLAG_DEASSIGN));
	if (sim_random(2))
		kvm_irqfd_destroy(kvm);		/* the VM's descriptor is closed, a vCPU still runs */
	if (__atomic_sub_fetch(&vm_users, 1, __ATOMIC_SEQ_CST) == 0)
		guest_vm_free(kvm);
	sim_sleep(sim_random(1000));
	fake_close(fd);
}

void irqfd_destroy_round(void)
{
	const struct sim_job jobs[] = { { late_signaller, NULL }, { acker, NULL }, { destroyer, NULL } };

	begin();
	vm_users = 2;
	SIM_ASSERT(!irqfd(sim_random(2) ? KVM_IRQFD_FLAG_RESAMPLE : 0));
	sim_parallel(jobs, 3);
	end();
}
