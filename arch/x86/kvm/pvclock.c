/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pvclock.c - kvmclock, wall clock, steal time
 *
 * A VM has one pair (host TSC, kvmclock ns). The page of every vCPU is made
 * from it: guest TSC at that moment, the ns, and the multiplier for this vCPU's
 * frequency; so all vCPUs compute one clock and TSC_STABLE may be set when the
 * host's TSCs agree. A page changes when the pair, the offset or the frequency
 * changes, and never by itself. Pages are written by the vCPU's own thread.
 *
 * Layouts: KVM's documentation of its paravirtual MSRs.
 */
#include <errno.h>
#include <string.h>
#include <socle/clock.h>
#include <socle/cpu.h>
#include <socle/sched.h>
#include <socle/time.h>
#include <asm/io.h>
#include "clock_math.h"
#include "irqchip/irqchip.h"
#include "vcpu.h"

struct pvclock_page {
	u32 version, pad0;
	u64 tsc_timestamp, system_time;
	u32 mul;
	s8 shift;
	u8 flags;
	u8 pad[2];
};
_Static_assert(sizeof(struct pvclock_page) == 32, "pvclock layout");
#define PVCLOCK_TSC_STABLE	1u
#define PVCLOCK_GUEST_STOPPED	2u

struct wall_clock { u32 version, sec, nsec; };

struct steal_page {
	u64 steal_ns;
	u32 version, flags;
	u8 preempted, pad0[3];
	u32 pad[11];
};
_Static_assert(sizeof(struct steal_page) == 64, "steal time layout");

void kvm_clock_init(struct kvm *kvm)
{
	kvm->arch.master_tsc = rdtsc();
	kvm->arch.master_ns = 0;
}

struct pair { u64 tsc, ns; };

static struct pair master_pair(struct kvm *kvm)
{
	struct pair p;

	spin_lock(&kvm->arch.clock_lock);
	p = (struct pair){ kvm->arch.master_tsc, kvm->arch.master_ns };
	spin_unlock(&kvm->arch.clock_lock);
	return p;
}

static u64 clock_at(struct kvm *kvm, u64 host_tsc)
{
	struct pair p = master_pair(kvm);

	/* KVM_SET_CLOCK may have come after @host_tsc was read: the clock does not go below what it set */
	return p.ns + pvclock_since(host_tsc, p.tsc, pvclock_scale_of((u32)clock_tsc_khz()));
}

u64 kvm_clock_now_ns(struct kvm *kvm)
{
	return clock_at(kvm, rdtsc());
}

/* Odd while the rest changes: partner is the reader's loop in the guest. */
static int write_versioned(struct kvm *kvm, u64 gpa, u32 version_at, void *obj, size_t n)
{
	u32 *version = (u32 *)(void *)((u8 *)obj + version_at);
	u32 old, odd;

	if (kvm_read_guest(kvm, GPA(gpa + version_at), &old, sizeof(old)))
		return -EFAULT;
	odd = (old + 1) | 1;
	*version = odd;
	if (kvm_write_guest(kvm, GPA(gpa + version_at), &odd, sizeof(odd)))
		return -EFAULT;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (kvm_write_guest(kvm, GPA(gpa), obj, n))
		return -EFAULT;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	*version = odd + 1;
	return kvm_write_guest(kvm, GPA(gpa + version_at), version, sizeof(*version));
}

static void clock_update(struct kvm_vcpu *v)
{
	u64 gpa = v->arch.pvclock_gpa & ~1ull;
	struct pair p = master_pair(v->kvm);
	struct pvclock_scale s = pvclock_scale_of(v->arch.tsc_khz);
	struct pvclock_page page = {
		.tsc_timestamp = kvm_read_guest_tsc(v, p.tsc), .system_time = p.ns, .mul = s.mul, .shift = s.shift,
		.flags = clock_tsc_is_stable() ? PVCLOCK_TSC_STABLE : 0 };
	u8 old;

	if (!(v->arch.pvclock_gpa & 1))
		return;
	if (kvm_read_guest(v->kvm, GPA(gpa + offsetof(struct pvclock_page, flags)), &old, 1))
		return;
	if (v->arch.pvclock_stopped || (old & PVCLOCK_GUEST_STOPPED))
		page.flags |= PVCLOCK_GUEST_STOPPED;	/* the guest clears it */
	v->arch.pvclock_stopped = false;
	(void)write_versioned(v->kvm, gpa, 0, &page, sizeof(page));
}

static int write_wall_clock(struct kvm *kvm, u64 gpa)
{
	u64 zero_ns = clock_realtime_ns() - kvm_clock_now_ns(kvm);
	struct wall_clock w = { 0, (u32)(zero_ns / 1000000000), (u32)(zero_ns % 1000000000) };

	kvm->arch.wall_clock_gpa = gpa;
	if (gpa)
		(void)write_versioned(kvm, gpa, 0, &w, sizeof(w));
	return 0;
}

int kvm_pv_msr_set(struct kvm_vcpu *v, u32 msr, u64 val, bool host)
{
	(void)host;
	switch (msr) {
	case 0x11:
	case 0x4b564d00:
		return write_wall_clock(v->kvm, val);
	case 0x12:
	case 0x4b564d01:
		v->arch.pvclock_gpa = val;
		kvm_make_request(v, KVM_REQ_CLOCK_UPDATE);
		return 0;
	case 0x4b564d03:
		if (val & 0x3e)
			return 1;
		v->arch.steal_msr = val;
		v->arch.steal_last_ns = thread_current()->wait_ns;
		if (val & 1)
			kvm_make_request(v, KVM_REQ_STEAL_UPDATE);
		return 0;
	case 0x4b564d04:
		return lapic_pv_eoi_set(v, val);
	default:
		return 1;
	}
}

int kvm_pv_msr_get(struct kvm_vcpu *v, u32 msr, u64 *val)
{
	switch (msr) {
	case 0x11:
	case 0x4b564d00:
		*val = v->kvm->arch.wall_clock_gpa;
		return 0;
	case 0x12:
	case 0x4b564d01:
		*val = v->arch.pvclock_gpa;
		return 0;
	case 0x4b564d03:
		*val = v->arch.steal_msr;
		return 0;
	case 0x4b564d04:
		*val = v->arch.pv_eoi_msr;
		return 0;
	default:
		return 1;
	}
}

void kvm_pv_reset(struct kvm_vcpu *v)
{
	v->arch.pvclock_gpa = v->arch.steal_msr = 0;
	v->arch.pvclock_stopped = false;
}

/* The vCPU comes to a CPU, preemption off: has its thread waited for one? */
void kvm_steal_check(struct kvm_vcpu *v)
{
	if ((v->arch.steal_msr & 1) && READ_ONCE(thread_current()->wait_ns) != v->arch.steal_last_ns)
		kvm_make_request(v, KVM_REQ_STEAL_UPDATE);
}

static void steal_update(struct kvm_vcpu *v)
{
	u64 gpa = v->arch.steal_msr & ~0x3full, waited = READ_ONCE(thread_current()->wait_ns);
	struct steal_page page;

	if (!(v->arch.steal_msr & 1) || kvm_read_guest(v->kvm, GPA(gpa), &page, sizeof(page)))
		return;
	page.steal_ns += waited - v->arch.steal_last_ns;
	page.preempted = 0;
	v->arch.steal_last_ns = waited;
	(void)write_versioned(v->kvm, gpa, offsetof(struct steal_page, version), &page, sizeof(page));
}

void kvm_clock_requests(struct kvm_vcpu *v)
{
	if (kvm_check_request(v, KVM_REQ_CLOCK_UPDATE))
		clock_update(v);
	if (kvm_check_request(v, KVM_REQ_STEAL_UPDATE))
		steal_update(v);
	if (kvm_check_request(v, KVM_REQ_TSC_UPDATE) && v->arch.lapic)
		lapic_timer_sync(v);
}

/* KVM_KVMCLOCK_CTRL: the VM stood still; the guest's watchdogs shall not bark. */
long kvm_clock_stopped(struct kvm_vcpu *v)
{
	if (!(v->arch.pvclock_gpa & 1))
		return -EINVAL;
	v->arch.pvclock_stopped = true;
	kvm_make_request(v, KVM_REQ_CLOCK_UPDATE);
	return 0;
}

#define CLOCK_FLAGS ((u32)(KVM_CLOCK_TSC_STABLE | KVM_CLOCK_REALTIME | KVM_CLOCK_HOST_TSC))

static u64 realtime_at(u64 host_tsc)
{
	u64 base = clock_realtime_ns() - clock_ns();

	return base + clock_counter_to_ns(host_tsc);
}

long kvm_get_clock(struct kvm *kvm, u64 app)
{
	u64 now = rdtsc();
	struct kvm_clock_data d = {
		.clock = clock_at(kvm, now), .host_tsc = now, .realtime = realtime_at(now),
		.flags = (u32)(KVM_CLOCK_REALTIME | KVM_CLOCK_HOST_TSC | (clock_tsc_is_stable() ? KVM_CLOCK_TSC_STABLE : 0)) };

	return copy_to_app(app, &d, sizeof(d)) ? -EFAULT : 0;
}

long kvm_set_clock(struct kvm *kvm, u64 app)
{
	struct kvm_clock_data d;
	u64 now, real;

	if (copy_from_app(&d, app, sizeof(d)))
		return -EFAULT;
	if (d.flags & ~CLOCK_FLAGS)
		return -EINVAL;
	spin_lock(&kvm->arch.clock_lock);
	now = rdtsc();
	real = realtime_at(now);
	if ((d.flags & KVM_CLOCK_REALTIME) && real > d.realtime)
		d.clock += real - d.realtime;	/* what passed since it was saved; never backwards */
	kvm->arch.master_tsc = now;
	kvm->arch.master_ns = d.clock;
	spin_unlock(&kvm->arch.clock_lock);
	kvm_make_all_request(kvm, KVM_REQ_CLOCK_UPDATE);
	return 0;
}

/* KVM_HC_CLOCK_PAIRING: the same moment as wall clock and as guest TSC. */
struct clock_pairing { s64 sec, nsec; u64 tsc; u32 flags, pad[9]; };

int kvm_clock_pairing(struct kvm_vcpu *v, u64 gpa)
{
	u64 now = rdtsc(), real = realtime_at(now);
	struct clock_pairing c = { .sec = (s64)(real / 1000000000), .nsec = (s64)(real % 1000000000),
				   .tsc = kvm_read_guest_tsc(v, now) };

	return kvm_write_guest(v->kvm, GPA(gpa), &c, sizeof(c));
}
