/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tsc.c - a guest's time-stamp counter: frequency, offset, writes
 *
 * guest = scale(host) + offset. Where the CPU cannot scale, RDTSC and RDTSCP
 * are intercepted and the same arithmetic is done here; so any frequency can be
 * had, which Linux without hardware refuses downwards.
 *
 * Writes by the VMM follow KVM: the first of a VM sets the base; later ones
 * that would land within a second of the running counter, and zeros, mean "the
 * same counter" and give the same offset, so that the vCPUs of a restored VM
 * agree. kvm->arch.clock_lock protects what a VM's vCPUs share.
 */
#include <errno.h>
#include <socle/clock.h>
#include <socle/time.h>
#include <asm/io.h>
#include "clock_math.h"
#include "vcpu.h"

u32 kvm_tsc_frac_bits;

static u32 host_khz(void)
{
	return (u32)clock_tsc_khz();
}

/* SVM's ratio has eight bits before the point. */
static bool is_possible(u32 khz)
{
	return khz >> 8 < host_khz() && khz < 0x7fffffff;
}

u64 kvm_read_guest_tsc(struct kvm_vcpu *v, u64 host_tsc)
{
	return tsc_scale(host_tsc, v->arch.tsc_ratio) + (u64)v->arch.tsc_offset;
}

static void set_offset(struct kvm_vcpu *v, s64 offset)
{
	v->arch.tsc_offset = offset;
	hvm->update_tsc(v);
	if (v->arch.pvclock_gpa & 1)
		kvm_make_request(v, KVM_REQ_CLOCK_UPDATE);
	if (v->arch.lapic)
		kvm_make_request(v, KVM_REQ_TSC_UPDATE);
}

static bool means_the_same(const struct kvm_vcpu *v, u64 val, u64 now_ns, bool by_user)
{
	const struct arch_vm *vm = &v->kvm->arch;
	u64 second = (u64)v->arch.tsc_khz * 1000, expected;

	if (!by_user || !val)
		return true;
	if (!vm->tsc_set_by_user)
		return false;
	expected = vm->tsc_last_write + mul_div(now_ns - vm->tsc_last_ns, v->arch.tsc_khz, 1000000);
	return val < expected + second && val + second > expected;
}

static void synchronize(struct kvm_vcpu *v, u64 val, bool by_user)
{
	struct arch_vm *vm = &v->kvm->arch;
	u64 now, now_ns;
	s64 offset;

	spin_lock(&vm->clock_lock);
	now = rdtsc();
	now_ns = clock_counter_to_ns(now);
	offset = (s64)(val - tsc_scale(now, v->arch.tsc_ratio));
	if (vm->tsc_last_khz == v->arch.tsc_khz && means_the_same(v, val, now_ns, by_user))
		offset = vm->tsc_offset;
	vm->tsc_offset = offset;
	vm->tsc_last_khz = v->arch.tsc_khz;
	vm->tsc_last_write = val;
	vm->tsc_last_ns = now_ns;
	vm->tsc_set_by_user |= by_user;
	spin_unlock(&vm->clock_lock);
	set_offset(v, offset);
}

int kvm_write_guest_tsc(struct kvm_vcpu *v, u64 val, bool host)
{
	s64 adjust;

	if (host) {
		synchronize(v, val, true);
		return 0;
	}
	adjust = (s64)(val - kvm_read_guest_tsc(v, rdtsc()));
	v->arch.tsc_adjust += adjust;
	set_offset(v, v->arch.tsc_offset + adjust);
	return 0;
}

int kvm_set_tsc_adjust(struct kvm_vcpu *v, u64 val, bool host)
{
	s64 adjust = (s64)val - v->arch.tsc_adjust;

	v->arch.tsc_adjust = (s64)val;
	if (!host)
		set_offset(v, v->arch.tsc_offset + adjust);
	return 0;
}

/* The counter goes on where it is; vCPUs that follow to the same frequency get the first one's offset. */
static s64 offset_for_khz(struct kvm_vcpu *v, u32 khz, u64 ratio)
{
	struct arch_vm *vm = &v->kvm->arch;
	u64 now;
	s64 offset;

	spin_lock(&vm->clock_lock);
	if (vm->tsc_last_khz != khz) {
		now = rdtsc();
		vm->tsc_offset = (s64)(kvm_read_guest_tsc(v, now) - tsc_scale(now, ratio));
		vm->tsc_last_write = kvm_read_guest_tsc(v, now);
		vm->tsc_last_ns = clock_counter_to_ns(now);
		vm->tsc_last_khz = khz;
	}
	offset = vm->tsc_offset;
	spin_unlock(&vm->clock_lock);
	return offset;
}

int kvm_set_tsc_khz(struct kvm_vcpu *v, u32 khz)
{
	u32 host = host_khz(), effective;
	u64 ratio = 0;

	if (!khz)
		khz = host;
	if (!is_possible(khz))
		return -EINVAL;
	effective = tsc_khz_is_near(khz, host) ? host : khz;
	if (effective != host)
		ratio = tsc_ratio_of(effective, host, kvm_tsc_frac_bits ? kvm_tsc_frac_bits : TSC_RATIO_BITS);
	v->arch.virtual_tsc_khz = khz;
	if (effective == v->arch.tsc_khz)
		return 0;
	if (v->arch.tsc_khz)
		v->arch.tsc_offset = offset_for_khz(v, effective, ratio);
	v->arch.tsc_khz = effective;
	v->arch.tsc_ratio = ratio;
	v->arch.tsc_catchup = ratio && !kvm_tsc_frac_bits;
	hvm->update_intercepts(v);
	v->arch.loaded = false;		/* the ratio is loaded with the next entry */
	set_offset(v, v->arch.tsc_offset);
	return 0;
}

void kvm_tsc_postcreate(struct kvm_vcpu *v)
{
	(void)kvm_set_tsc_khz(v, v->kvm->arch.default_tsc_khz);	/* was checked by kvm_vm_set_tsc_khz() */
	synchronize(v, 0, false);
}

/* RDTSC or RDTSCP of @len bytes, intercepted. */
int kvm_emulate_rdtsc(struct kvm_vcpu *v, bool with_aux, u32 len)
{
	u64 tsc = kvm_read_guest_tsc(v, rdtsc());

	v->arch.regs[REG_RAX] = (u32)tsc;
	v->arch.regs[REG_RDX] = tsc >> 32;
	if (with_aux)
		v->arch.regs[REG_RCX] = (u32)v->arch.tsc_aux;
	return kvm_complete_insn(v, 0, len);
}

long kvm_vm_set_tsc_khz(struct kvm *kvm, u64 khz)
{
	long err = -EINVAL;

	if (!is_possible((u32)khz))
		return err;
	mutex_lock(&kvm->lock);
	if (!kvm_has_vcpus(kvm)) {
		kvm->arch.default_tsc_khz = (u32)khz ? (u32)khz : host_khz();
		err = 0;
	}
	mutex_unlock(&kvm->lock);
	return err;
}
