/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msr_filter.c - KVM_X86_SET_MSR_FILTER, and accesses that the VMM answers
 *
 * A VM with a filter has every MSR intercepted, so that what else passes to the
 * CPU is looked at too. The filter is replaced whole; readers are in an epoch
 * section. x2APIC registers are never filtered, as on Linux.
 */
#include <socle/trace.h>
#include <errno.h>
#include <string.h>
#include <socle/mem.h>
#include "msr.h"

struct range { u32 flags, base, nr; u8 *bitmap; };

struct msr_filter {
	bool default_allow;
	u32 nr;
	struct range range[KVM_MSR_FILTER_MAX_RANGES];
};

static void filter_free(struct msr_filter *f)
{
	if (!f)
		return;
	for (u32 i = 0; i < f->nr; i++)
		kfree(f->range[i].bitmap);
	kfree(f);
}

void kvm_msr_filter_free(struct kvm *kvm)
{
	filter_free(kvm->arch.msr_filter);
	kvm->arch.msr_filter = NULL;
}

static int add_range(struct msr_filter *f, const struct kvm_msr_filter_range *in)
{
	struct range *r = &f->range[f->nr];
	u32 bytes = (u32)(((u64)in->nmsrs + 63) / 64 * 8);

	if (!in->nmsrs)
		return 0;
	if ((in->flags & ~(u32)(KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE)) || !in->flags ||
	    bytes > KVM_MSR_FILTER_MAX_BITMAP_SIZE)
		return -EINVAL;
	*r = (struct range){ in->flags, in->base, in->nmsrs, kmalloc(bytes) };
	if (!r->bitmap)
		return -ENOMEM;
	f->nr++;
	return copy_from_app(r->bitmap, (u64)(uintptr_t)in->bitmap, bytes);
}

static int build(struct msr_filter *f, const struct kvm_msr_filter *in)
{
	int err = 0;

	f->default_allow = !(in->flags & KVM_MSR_FILTER_DEFAULT_DENY);
	for (u32 i = 0; !err && i < KVM_MSR_FILTER_MAX_RANGES; i++)
		err = add_range(f, &in->ranges[i]);
	return err ? err : !f->nr && !f->default_allow ? -EINVAL : 0;
}

long kvm_set_msr_filter(struct kvm *kvm, u64 app)
{
	struct kvm_msr_filter in;
	struct msr_filter *f, *old;
	int err;

	if (copy_from_app(&in, app, sizeof(in)))
		return -EFAULT;
	if (in.flags & ~(u32)KVM_MSR_FILTER_DEFAULT_DENY)
		return -EINVAL;
	f = kmalloc(sizeof(*f));
	if (!f)
		return -ENOMEM;
	err = build(f, &in);
	if (err) {
		filter_free(f);
		return err;
	}
	mutex_lock(&kvm->lock);
	old = __atomic_exchange_n(&kvm->arch.msr_filter, f, __ATOMIC_ACQ_REL);
	mutex_unlock(&kvm->lock);
	kvm_epoch_wait();
	filter_free(old);
	kvm_make_all_request(kvm, KVM_REQ_MSR_FILTER);
	return 0;
}

static bool filter_allows(const struct msr_filter *f, u32 msr, u32 type)
{
	for (u32 i = 0; i < f->nr; i++) {
		const struct range *r = &f->range[i];

		if (msr - r->base < r->nr && (r->flags & type))
			return r->bitmap[(msr - r->base) / 8] >> (msr - r->base) % 8 & 1;
	}
	return f->default_allow;
}

bool kvm_msr_allowed(struct kvm_vcpu *v, u32 msr, u32 type)
{
	const struct msr_filter *f;
	bool ok;
	u32 token;

	if (likely(!READ_ONCE(v->kvm->arch.msr_filter)) || (msr & ~0xffu) == 0x800)
		return true;
	token = kvm_epoch_enter();
	f = __atomic_load_n(&v->kvm->arch.msr_filter, __ATOMIC_ACQUIRE);
	ok = filter_allows(f, msr, type);
	kvm_epoch_exit(token);
	return ok;
}

static void set_edx_eax(struct kvm_vcpu *v, u64 val)
{
	v->arch.regs[REG_RAX] = (u32)val;
	v->arch.regs[REG_RDX] = val >> 32;
}

static int finish_write(struct kvm_vcpu *v)
{
	return kvm_complete_insn(v, READ_ONCE(v->run->msr.error), v->arch.msr_insn_len);
}

static int finish_read(struct kvm_vcpu *v)
{
	if (!READ_ONCE(v->run->msr.error))
		set_edx_eax(v, READ_ONCE(v->run->msr.data));
	return finish_write(v);
}

static const u32 reasons[] = {
	[MSR_INVALID] = KVM_MSR_EXIT_REASON_INVAL, [MSR_UNKNOWN] = KVM_MSR_EXIT_REASON_UNKNOWN,
	[MSR_DENIED] = KVM_MSR_EXIT_REASON_FILTER,
};

static bool to_vmm(struct kvm_vcpu *v, int why, u32 msr, bool write, u64 val, u32 len)
{
	struct kvm_run *run = v->run;

	if (!(v->kvm->arch.msr_exit_mask & reasons[why]))
		return false;
	run->exit_reason = write ? KVM_EXIT_X86_WRMSR : KVM_EXIT_X86_RDMSR;
	run->msr.error = 0;
	memset(run->msr.pad, 0, sizeof(run->msr.pad));
	run->msr.reason = reasons[why];
	run->msr.index = msr;
	run->msr.data = write ? val : 0;
	v->arch.msr_insn_len = len;
	v->arch.complete = write ? finish_write : finish_read;
	return true;
}

int kvm_emulate_msr(struct kvm_vcpu *v, bool write, u32 len)
{
	u32 msr = (u32)v->arch.regs[REG_RCX];
	u64 val = (u32)v->arch.regs[REG_RAX] | v->arch.regs[REG_RDX] << 32;
	int err = MSR_DENIED;

	if (kvm_msr_allowed(v, msr, write ? KVM_MSR_FILTER_WRITE : KVM_MSR_FILTER_READ))
		err = write ? kvm_set_msr(v, msr, val, false) : kvm_get_msr(v, msr, &val, false);
	trace(write ? TRACE_kvm_msr_write : TRACE_kvm_msr_read, v->trace_id, msr, val);
	if (unlikely(err) && to_vmm(v, err, msr, write, val, len))
		return RUN_USER;
	if (!err && !write)
		set_edx_eax(v, val);
	return kvm_complete_insn(v, err, len);
}
