/* SPDX-License-Identifier: Apache-2.0 */
/*
 * create_rounds.c - creation: with the descriptors full, with every allocation failing once
 */
#include <errno.h>
#include <socle/fault_inject.h>
#include "../../../kernel/kvm/priv.h"
#include "../../../kernel/posix/sys.h"
#include "../fake/app.h"
#include "../fake/files.h"
#include "../fake/guest.h"
#include "../fake/sim.h"
#include "scenarios.h"

static struct kvm *kvm;

/* --- a vCPU that gets no descriptor is never seen by those who go through kvm->vcpus --- */

static int made[2];

static void create_one(void *arg)
{
	int *fd = arg;

	sim_sleep(sim_random(1000));
	*fd = (int)kvm_create_vcpu(kvm, (u32)(fd - made) + 1);
	SIM_ASSERT(*fd >= 0 || *fd == -EMFILE);
}

static void request_all(void *arg)
{
	(void)arg;
	for (u32 i = 0; i < 4; i++) {
		kvm_make_all_request(kvm, KVM_REQ_TLB_FLUSH);
		sim_sleep(sim_random(1500));
	}
}

/* An app that does not wait for KVM_CREATE_VCPU to return: it tries the next descriptors. */
static void use_early(void *arg)
{
	(void)arg;
	for (u32 i = 0; i < 8; i++) {
		struct file *f = fd_get(2 + (int)sim_random(2));

		if (f && f->ops->ioctl)
			SIM_ASSERT(!f->ops->ioctl(f, (u32)KVM_GET_MP_STATE, APP_BASE));
		if (f)
			file_put(f);
		sim_sleep(sim_random(800));
	}
}

void create_race_round(void)
{
	const struct sim_job jobs[] = { { create_one, &made[0] }, { create_one, &made[1] }, { request_all, NULL },
					{ use_early, NULL } };

	app_reset();
	kvm = guest_vm(1);
	fake_fd_limit = 2 + (u32)sim_random(2);
	sim_parallel(jobs, 4);
	fake_fd_limit = FAKE_FDS;
	for (u32 i = 0; i < 2; i++)
		if (made[i] >= 0)
			fake_close(made[i]);
	guest_vm_free_fds(1);
	SIM_ASSERT(!fake_open_files());
	app_reset();
}

/* --- the irqchip comes before the first vCPU or not at all --- */

static void make_chip(void *arg)
{
	(void)arg;
	sim_sleep(sim_random(1500));
	mutex_lock(&kvm->lock);
	if (!kvm_has_vcpus(kvm))
		kvm->arch.irqchip = true;
	mutex_unlock(&kvm->lock);
}

void create_chip_round(void)
{
	const struct sim_job jobs[] = { { create_one, &made[0] }, { create_one, &made[1] }, { make_chip, NULL } };

	app_reset();
	kvm = guest_vm(0);
	sim_parallel(jobs, 3);
	for (u32 i = 0; i < kvm->nr_vcpus; i++)
		SIM_ASSERT(kvm->vcpus[i]->arch.irqchip == kvm->arch.irqchip);
	for (u32 i = 0; i < 2; i++)
		fake_close(made[i]);
	guest_vm_free_fds(0);
	SIM_ASSERT(!fake_open_files());
}

/* --- everything that creates, with the n-th allocation failing: an error, and nothing is lost --- */

static long create_all(struct file **vm)
{
	long fd = kvm_create_vm(0), err;
	struct kvm_irq_routing_entry route = { .gsi = 1, .type = KVM_IRQ_ROUTING_IRQCHIP, .u.irqchip = { 2, 1 } };
	struct kvm_coalesced_mmio_zone zone = { .addr = 0xe0000000, .size = 16 };
	long ev;
	u64 value = 1;

	if (fd < 0)
		return fd;
	*vm = fd_get((int)fd);
	kvm = (*vm)->priv;
	err = kvm_create_vcpu(kvm, 0);
	if (err < 0)
		return err;
	err = guest_slot(kvm, 0, 0, 8, APP_BASE, KVM_MEM_LOG_DIRTY_PAGES);
	if (!err)
		err = guest_slot(kvm, 1, 1ull << 30, 512, APP_BASE + SZ_2M, 0);
	if (!err)
		err = guest_slot(kvm, 1, 2ull << 30, 512, APP_BASE + SZ_2M, 0);
	if (!err && kvm_write_guest(kvm, GPA(8), &value, 8))
		err = -EFAULT;
	if (!err && guest_access(kvm->vcpus[0], PAGE_SIZE, true, &value) != GUEST_OK)
		err = -ENOMEM;
	if (!err)
		err = kvm_set_routing(kvm, &route, 1);
	if (!err)
		err = kvm_coalesced_register(kvm, &zone);
	if (err)
		return err;
	ev = sys_eventfd(0, 0, 0, 0, 0, 0);
	if (ev < 0)
		return ev;
	const struct kvm_irqfd i = { .fd = (u32)ev, .gsi = 1, .resamplefd = (u32)ev, .flags = KVM_IRQFD_FLAG_RESAMPLE };
	const struct kvm_ioeventfd io = { .addr = 0x500, .len = 4, .fd = (s32)ev, .flags = KVM_IOEVENTFD_FLAG_PIO };
	err = kvm_ioeventfd(kvm, &io);
	if (!err)
		err = kvm_irqfd(kvm, &i);
	return err ? err : guest_slot(kvm, 1, 2ull << 30, 0, APP_BASE + SZ_2M, 0);
}

void no_memory_round(void)
{
	u64 before, n = 0;
	long err;

	do {
		struct file *vm = NULL;

		app_reset();
		before = sim_allocations();
		fault_inject_arm(++n);
		err = create_all(&vm);
		SIM_ASSERT((err == 0) == (fault_inject_count() < n));
		SIM_ASSERT(err == 0 || err == -ENOMEM || err == -EFAULT);
		fault_inject_arm(0);
		if (vm)
			file_put(vm);
		for (int fd = 0; fd < FAKE_FDS; fd++)
			fake_close_if_open(fd);
		app_reset();
		if (sim_allocations() != before)
			sim_fail("allocation %lu failed: %lu objects before, %lu after", n, before, sim_allocations());
	} while (err);
	SIM_ASSERT(n > 20);
}
