/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kvm_rounds.c - the KVM core's races: epochs, slots against faults, kicks against entries
 */
#include <string.h>
#include <socle/arch.h>
#include "../../../kernel/kvm/priv.h"
#include "../fake/app.h"
#include "../fake/guest.h"
#include "../fake/sim.h"
#include "scenarios.h"

/* --- readers hold what they found until they leave; the writer frees it after waiting --- */

static u64 *shared;

static void epoch_reader(void *arg)
{
	(void)arg;
	for (u32 i = 0; i < 4; i++) {
		u32 token = kvm_epoch_enter();
		const u64 *p = __atomic_load_n(&shared, __ATOMIC_SEQ_CST);

		sim_yield();
		SIM_ASSERT(READ_ONCE(*p) == 0x600d);
		if (sim_random(2))	/* a reader may sleep and change CPU */
			sim_sleep(sim_random(64ull << sim_random(8)));
		SIM_ASSERT(READ_ONCE(*p) == 0x600d);
		kvm_epoch_exit(token);
	}
}

static void epoch_writer(void *arg)
{
	(void)arg;
	for (u32 i = 0; i < 4; i++) {
		u64 *new = kmalloc(sizeof(*new)), *old;

		*new = 0x600d;
		old = __atomic_exchange_n(&shared, new, __ATOMIC_SEQ_CST);
		kvm_epoch_wait();
		*old = 0xbad;
		kfree(old);
	}
}

void epoch_round(void)
{
	const struct sim_job jobs[] = { { epoch_reader, NULL }, { epoch_reader, NULL }, { epoch_writer, NULL }, { epoch_writer, NULL } };

	shared = kmalloc(sizeof(*shared));
	*shared = 0x600d;
	sim_parallel(jobs, 4);
	kfree(shared);
}

/* --- slots --- */

#define GPA_A	0x100000ull
#define GPA_B	0x900000ull
#define PAGES	2u
#define APP_A	APP_BASE
#define APP_B	(APP_BASE + 64 * PAGE_SIZE)

static struct kvm *kvm;
static u32 gone;

/* So that what follows meets any moment of the others' work. */
static void random_pause(void)
{
	sim_sleep(sim_random(64ull << sim_random(10)));
}

static u64 random_gpa(u64 base)
{
	return base + sim_random(PAGES) * PAGE_SIZE + sim_random(8) * 8;
}

/* The guest uses the slot all the time; once it is deleted there is only MMIO. */
static void guest_of_slot(void *arg)
{
	for (u32 i = 0; i < 5; i++) {
		bool was_gone = READ_ONCE(gone);
		u64 value = i;
		enum guest_result r = guest_access(arg, random_gpa(GPA_A), sim_random(2), &value);

		SIM_ASSERT(r == GUEST_MMIO || r == GUEST_OK);
		SIM_ASSERT(r == GUEST_MMIO || !was_gone);
	}
}

static void delete_slot(void *arg)
{
	(void)arg;
	random_pause();
	SIM_ASSERT(!guest_slot(kvm, 1, GPA_A, 0, APP_A, 0));
	WRITE_ONCE(gone, 1);
	app_munmap(APP_A, PAGES);	/* the VMM has other plans for this memory */
}

static void vm_begin(u32 vcpus)
{
	app_reset();
	gone = 0;
	kvm = guest_vm(vcpus);
	SIM_ASSERT(!guest_slot(kvm, 1, GPA_A, PAGES, APP_A, 0));
}

static void vm_end(void)
{
	guest_vm_free(kvm);
	app_reset();
}

void slot_delete_round(void)
{
	vm_begin(2);
	const struct sim_job jobs[] = { { guest_of_slot, kvm->vcpus[0] }, { guest_of_slot, kvm->vcpus[1] }, { delete_slot, NULL } };

	sim_parallel(jobs, 3);
	vm_end();
}

/* Another thread of the VMM unmaps while slots move and go: the guest never touches a freed frame. */
static void guest_of_frames(void *arg)
{
	for (u32 i = 0; i < 16; i++) {
		u64 value = i;
		bool was_gone = READ_ONCE(gone);
		enum guest_result r = guest_access(arg, random_gpa(sim_random(2) ? GPA_A : GPA_B), sim_random(2), &value);

		SIM_ASSERT(!was_gone || r != GUEST_OK);
	}
}

static void move_slot(void *arg)
{
	(void)arg;
	random_pause();
	SIM_ASSERT(!guest_slot(kvm, 1, GPA_B, PAGES, APP_A, 0));
	if (sim_random(2))
		SIM_ASSERT(!guest_slot(kvm, 1, GPA_B, PAGES, APP_A, KVM_MEM_LOG_DIRTY_PAGES));
	random_pause();
	SIM_ASSERT(!guest_slot(kvm, 1, GPA_B, 0, APP_A, 0));
}

static void unmap_memory(void *arg)
{
	(void)arg;
	random_pause();
	app_munmap(APP_A, PAGES);
	WRITE_ONCE(gone, 1);
}

/*
 * Both take the slot's memory away at once while the guest's TLB has it: the one that finds the second stage
 * empty, because the other was there first, frees the frames only when that one's flush is through.
 */
static u32 warm;

static void guest_of_one_page(void *arg)
{
	u64 value = 0;
	enum guest_result r;

	do {
		r = guest_access(arg, GPA_A, false, &value);
		WRITE_ONCE(warm, 1);
	} while (r == GUEST_OK);
	SIM_ASSERT(r == GUEST_MMIO || r == GUEST_EFAULT);
}

static void wait_warm(void)
{
	while (!READ_ONCE(warm))
		arch_cpu_relax();
	for (u64 n = sim_random(4ull << sim_random(6)); n; n--)
		sim_yield();
}

static void delete_warm(void *arg)
{
	(void)arg;
	wait_warm();
	SIM_ASSERT(!guest_slot(kvm, 1, GPA_A, 0, APP_A, 0));
}

static void unmap_warm(void *arg)
{
	(void)arg;
	wait_warm();
	app_munmap(APP_A, PAGES);
}

void slot_munmap_round(void)
{
	bool together = sim_random(2);

	vm_begin(1);
	const struct sim_job apart_jobs[] = { { guest_of_frames, kvm->vcpus[0] }, { move_slot, NULL }, { unmap_memory, NULL } };
	const struct sim_job together_jobs[] = { { guest_of_one_page, kvm->vcpus[0] }, { delete_warm, NULL }, { unmap_warm, NULL } };

	warm = 0;
	sim_parallel(together ? together_jobs : apart_jobs, 3);
	vm_end();
}

/* The kernel's own look at guest pages, by the vCPU's cache of frames. */
static void reader_of_frames(void *arg)
{
	struct kvm_vcpu *v = arg;

	for (u32 i = 0; i < 16; i++) {
		u64 gfn = random_gpa(sim_random(2) ? GPA_A : GPA_B) >> PAGE_SHIFT;
		const u64 *page;

		spin_lock(&v->frames.lock);
		page = kvm_frames_find(&v->frames, 0, gfn);
		sim_yield();
		if (page)
			(void)READ_ONCE(*page);	/* poisoned when the frame went back */
		spin_unlock(&v->frames.lock);
		if (!page) {
			int err = kvm_frames_fill(v, 0, gfn);

			SIM_ASSERT(!err || err == -EAGAIN || err == -EFAULT);
		}
	}
}

void frames_round(void)
{
	vm_begin(1);
	const struct sim_job jobs[] = { { reader_of_frames, kvm->vcpus[0] }, { move_slot, NULL }, { unmap_memory, NULL } };

	sim_parallel(jobs, 3);
	vm_end();
}

/* --- dirty log: who copies what each log names has the whole memory at the end --- */

static u64 mirror[PAGES][PAGE_SIZE / 8];

static void dirty_guest(void *arg)
{
	for (u32 i = 0; i < 4; i++) {
		u64 value = sim_random(~0ull);

		SIM_ASSERT(guest_access(arg, random_gpa(GPA_A), true, &value) == GUEST_OK);
	}
}

static void copy_dirty(void)
{
	u64 *bits = app_ptr(APP_B);
	struct kvm_dirty_log log = { .slot = 1, .dirty_bitmap = (void *)(uintptr_t)APP_B };

	SIM_ASSERT(!kvm_get_dirty_log(kvm, &log));
	for (u32 i = 0; i < PAGES; i++)
		if (*bits & BIT(i))
			for (u32 w = 0; w < 8; w++)
				mirror[i][w] = READ_ONCE(((u64 *)app_ptr(APP_A + i * PAGE_SIZE))[w]);
}

static void copier(void *arg)
{
	(void)arg;
	random_pause();
	copy_dirty();
	random_pause();
	copy_dirty();
}

void dirty_round(void)
{
	vm_begin(2);
	const struct sim_job jobs[] = { { dirty_guest, kvm->vcpus[0] }, { dirty_guest, kvm->vcpus[1] }, { copier, NULL } };

	memset(mirror, 0, sizeof(mirror));
	SIM_ASSERT(!guest_slot(kvm, 1, GPA_A, PAGES, APP_A, KVM_MEM_LOG_DIRTY_PAGES));
	sim_parallel(jobs, 3);
	copy_dirty();
	for (u32 i = 0; i < PAGES; i++)
		SIM_ASSERT(!memcmp(mirror[i], app_ptr(APP_A + i * PAGE_SIZE), 64));
	vm_end();
}

/* --- kick against entry: a request that was posted ends guest mode --- */

#define REQ_TEST KVM_REQ_ARCH(0)

static void spin_in_guest(struct kvm_vcpu *v, void *arg)
{
	(void)v;
	(void)arg;
	while (!sim_interrupt_pending())
		arch_cpu_relax();
}

static void kicked(void *arg)
{
	struct kvm_vcpu *v = arg;

	while (v->arch.seen < 2) {
		if (kvm_check_request(v, REQ_TEST))
			v->arch.seen++;
		else
			guest_enter(v, spin_in_guest, NULL);
	}
}

static void kicker(void *arg)
{
	struct kvm_vcpu *v = arg;

	for (u32 i = 1; i <= 2; i++) {
		kvm_make_request(v, REQ_TEST);
		kvm_vcpu_kick(v);
		while (READ_ONCE(v->arch.seen) < i)
			sim_sleep(300);
	}
}

void kick_round(void)
{
	vm_begin(1);
	const struct sim_job jobs[] = { { kicked, kvm->vcpus[0] }, { kicker, kvm->vcpus[0] } };

	sim_parallel(jobs, 2);
	vm_end();
}

/* --- kick against halt: the sleeper wakes --- */

static bool runnable(struct kvm_vcpu *v)
{
	return kvm_request_pending(v);
}

static void halted(void *arg)
{
	struct kvm_vcpu *v = arg;

	for (u32 i = 0; i < 3; i++) {
		SIM_ASSERT(!kvm_vcpu_block(v, runnable));
		SIM_ASSERT(kvm_check_request(v, REQ_TEST));
		__atomic_store_n(&v->arch.seen, i + 1, __ATOMIC_SEQ_CST);
	}
}

static void halt_kicker(void *arg)
{
	struct kvm_vcpu *v = arg;

	for (u32 i = 1; i <= 3; i++) {
		kvm_make_request(v, REQ_TEST);
		kvm_vcpu_kick(v);
		while (READ_ONCE(v->arch.seen) < i)
			sim_sleep(300);
	}
}

void halt_round(void)
{
	vm_begin(1);
	const struct sim_job jobs[] = { { halted, kvm->vcpus[0] }, { halt_kicker, kvm->vcpus[0] } };

	sim_parallel(jobs, 2);
	vm_end();
}
