/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypercall.c - VMCALL and VMMCALL of a guest, KVM's calling convention
 *
 * Number in RAX, arguments in RBX, RCX, RDX, RSI, result in RAX; 32 bits of each
 * outside 64-bit mode. Source: KVM's documentation of hypercalls.
 */
#include <errno.h>
#include <socle/sched.h>
#include "cpuid_table.h"
#include "irqchip/chips.h"
#include "vcpu.h"

enum { HC_VAPIC_POLL_IRQ = 1, HC_KICK_CPU = 5, HC_CLOCK_PAIRING = 9, HC_SEND_IPI = 10, HC_SCHED_YIELD = 11,
       HC_MAP_GPA_RANGE = 12, HC_NR };

#define HC_EPERM	1
#define HC_EFAULT	14
#define HC_EINVAL	22
#define HC_EOPNOTSUPP	95
#define HC_ENOSYS	1000

struct call { u64 a[4]; bool long_mode; };

static long hc_nothing(struct kvm_vcpu *v, const struct call *c)
{
	(void)v, (void)c;
	return 0;
}

/* Ends a HLT of the CPU with APIC id a1, also one that it executes next. */
static long hc_kick(struct kvm_vcpu *v, const struct call *c)
{
	u32 token = kvm_epoch_enter();		/* a vCPU that could not be made goes after it */
	struct kvm_vcpu *t = c->a[1] >> 32 ? NULL : kvm_vcpu_by_id(v->kvm, (u32)c->a[1]);

	if (t) {
		__atomic_store_n(&t->arch.pv_unhalted, true, __ATOMIC_SEQ_CST);
		kvm_vcpu_kick(t);
	}
	kvm_epoch_exit(token);
	sched_yield();
	return 0;
}

static long hc_clock_pairing(struct kvm_vcpu *v, const struct call *c)
{
	if (c->a[1])
		return -HC_EOPNOTSUPP;
	return kvm_clock_pairing(v, c->a[0]) ? -HC_EFAULT : 0;
}

static long hc_yield(struct kvm_vcpu *v, const struct call *c)
{
	(void)v, (void)c;
	sched_yield();
	return 0;
}

static long send_to_map(struct kvm_vcpu *v, u64 map, u64 first, struct apic_irq *q)
{
	long n = 0;

	for (u32 i = 0; map; i++, map >>= 1) {
		if (!(map & 1) || (first + i) >> 32)
			continue;
		q->dest = (u32)(first + i);
		if (apic_deliver(v->kvm, v->arch.lapic, q) > 0)
			n++;
	}
	return n;
}

#define ICR_LOGICAL	BIT(11)
#define ICR_SHORTHAND	(BIT(18) | BIT(19))

/* Two words of a bitmap of APIC ids from a2 on; a3 as the ICR. Value: how many took it. */
static long hc_send_ipi(struct kvm_vcpu *v, const struct call *c)
{
	u64 icr = c->a[3];
	struct apic_irq q = { .vector = (u8)icr, .mode = icr >> 8 & 7, .assert = icr & BIT(14), .level = icr & BIT(15) };

	if (!v->arch.lapic)
		return -HC_ENOSYS;
	if (icr & (ICR_LOGICAL | ICR_SHORTHAND))
		return -HC_EINVAL;
	return send_to_map(v, c->a[0], c->a[2], &q) +
	       send_to_map(v, c->a[1], c->a[2] + (c->long_mode ? 64 : 32), &q);
}

typedef long (*hc_fn)(struct kvm_vcpu *v, const struct call *c);
static const struct { hc_fn fn; u8 pv_feature; } calls[HC_NR] = {
	[HC_VAPIC_POLL_IRQ] = { hc_nothing, 0xff },
	[HC_KICK_CPU] = { hc_kick, PV_UNHALT },
	[HC_CLOCK_PAIRING] = { hc_clock_pairing, 0xff },
	[HC_SEND_IPI] = { hc_send_ipi, PV_SEND_IPI },
	[HC_SCHED_YIELD] = { hc_yield, PV_SCHED_YIELD },
};

static void set_result(struct kvm_vcpu *v, u64 ret)
{
	v->arch.regs[REG_RAX] = kvm_is_64bit_code(v) ? ret : (u32)ret;
}

static int finish_map(struct kvm_vcpu *v)
{
	set_result(v, READ_ONCE(v->run->hypercall.ret));
	return kvm_complete_insn(v, 0, v->arch.msr_insn_len);
}

/* For encrypted VMs: the VMM, if it asked, decides. */
static int map_gpa_range(struct kvm_vcpu *v, const struct call *c, u32 len)
{
	struct kvm_run *run = v->run;
	u64 gfn = c->a[0] >> PAGE_SHIFT;

	if (!(v->kvm->arch.hypercall_exits & BIT(HC_MAP_GPA_RANGE))) {
		set_result(v, (u64)-HC_ENOSYS);
		return kvm_complete_insn(v, 0, len);
	}
	if (!IS_ALIGNED(c->a[0], PAGE_SIZE) || !c->a[1] || gfn + c->a[1] <= gfn) {
		set_result(v, (u64)-HC_EINVAL);
		return kvm_complete_insn(v, 0, len);
	}
	run->exit_reason = KVM_EXIT_HYPERCALL;
	run->hypercall.nr = HC_MAP_GPA_RANGE;
	for (u32 i = 0; i < 3; i++)
		run->hypercall.args[i] = c->a[i];
	run->hypercall.ret = 0;
	run->hypercall.longmode = c->long_mode;
	v->arch.msr_insn_len = len;
	v->arch.complete = finish_map;
	return RUN_USER;
}

static long dispatch(struct kvm_vcpu *v, u64 nr, const struct call *c)
{
	if (nr >= HC_NR || !calls[nr].fn)
		return -HC_ENOSYS;
	if (calls[nr].pv_feature != 0xff && v->arch.pv_enforced && !kvm_guest_has_pv(v, calls[nr].pv_feature))
		return -HC_ENOSYS;
	return calls[nr].fn(v, c);
}

int kvm_hypercall(struct kvm_vcpu *v, u32 len)
{
	u64 mask, nr;
	struct call c = { .long_mode = kvm_is_64bit_code(v) };
	long ret = -HC_EPERM;

	mask = c.long_mode ? ~0ull : 0xffffffff;
	nr = v->arch.regs[REG_RAX] & mask;
	c.a[0] = v->arch.regs[REG_RBX] & mask;
	c.a[1] = v->arch.regs[REG_RCX] & mask;
	c.a[2] = v->arch.regs[REG_RDX] & mask;
	c.a[3] = v->arch.regs[REG_RSI] & mask;
	if (!kvm_cpl(v)) {
		if (nr == HC_MAP_GPA_RANGE)
			return map_gpa_range(v, &c, len);
		ret = dispatch(v, nr, &c);
	}
	set_result(v, (u64)ret);
	return kvm_complete_insn(v, 0, len);
}
