/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run.c - KVM_RUN's loop
 */
#include <errno.h>
#include <socle/arch.h>
#include <socle/cpu.h>
#include <socle/facts.h>
#include <socle/sched.h>
#include <socle/stat.h>
#include <socle/trace.h>
#include <asm/fpu.h>
#include <asm/io.h>
#include "irqchip/irqchip.h"
#include "vcpu.h"

void arch_flush_s2_tlb(struct kvm_vcpu *v)
{
	hvm->flush_tlb(v);
}

void arch_vcpu_sched_out(struct kvm_vcpu *v)
{
	v->arch.loaded = false;
}

static int user_exit(struct kvm_vcpu *v, u32 reason)
{
	v->run->exit_reason = reason;
	return RUN_USER;
}

/* RUN_GUEST also when INIT has stopped the vCPU: the loop looks at mp_state. */
static int look_at_events(struct kvm_vcpu *v)
{
	int vector;

	v->arch.check_events = true;
	if (!lapic_has_news(v))
		return RUN_GUEST;
	vector = lapic_take_ioapic_eoi(v);
	if (vector >= 0) {
		v->run->eoi.vector = (u8)vector;
		return user_exit(v, KVM_EXIT_IOAPIC_EOI);
	}
	lapic_accept_init_sipi(v);
	return RUN_GUEST;
}

/* What others asked for, but KVM_REQ_EVENT. */
static int do_rare_requests(struct kvm_vcpu *v)
{
	if (kvm_check_request(v, KVM_REQ_VM_DEAD))
		return -EIO;
	if (kvm_check_request(v, KVM_REQ_TRIPLE_FAULT))
		return kvm_triple_fault(v);
	if (kvm_check_request(v, KVM_REQ_TLB_FLUSH))
		hvm->flush_tlb(v);
	if (kvm_check_request(v, KVM_REQ_MSR_FILTER))
		hvm->update_intercepts(v);
	kvm_clock_requests(v);
	(void)kvm_check_request(v, KVM_REQ_UNHALT);
	return RUN_GUEST;
}

/* RUN_GUEST: enter. */
static int do_requests(struct kvm_vcpu *v)
{
	int ret = READ_ONCE(v->requests) & ~BIT(KVM_REQ_EVENT) ? do_rare_requests(v) : RUN_GUEST;

	if (ret != RUN_GUEST)
		return ret;
	return kvm_check_request(v, KVM_REQ_EVENT) ? look_at_events(v) : RUN_GUEST;
}

static void load_xcr0(u64 xcr0)
{
	if (fpu_host_xcr0())
		__asm__ volatile("xsetbv" :: "c"(0), "a"((u32)xcr0), "d"((u32)(xcr0 >> 32)));
}

/* QEMU's TCG does not intercept XSETBV: what the guest left there counts. */
static void save_xcr0(struct kvm_vcpu *v)
{
	u32 low, high;

	if (!(v->arch.cr4 & CR4_OSXSAVE) || !fpu_host_xcr0())
		return;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	v->arch.xcr0 = low | (u64)high << 32;
}

/* Interrupts off. False: something came up, look again. */
static bool enter(struct kvm_vcpu *v)
{
	u64 host_xcr0 = fpu_host_xcr0();

	if (!v->arch.loaded) {
		hvm->load(v);
		v->arch.loaded = true;
		v->arch.has_run = true;
		kvm_steal_check(v);
	}
	v->cpu = arch_cpu_id();
	__atomic_store_n(&v->mode, VCPU_IN_GUEST, __ATOMIC_SEQ_CST);
	if (kvm_request_pending(v) || *arch_need_resched() || thread_signal_pending(arch_thread_current())) {
		WRITE_ONCE(v->mode, VCPU_OUTSIDE_GUEST);
		return false;
	}
	fpu_load_guest(&v->arch.fpu);
	if (v->arch.xcr0 != host_xcr0)
		load_xcr0(v->arch.xcr0);
	boot_mark(MARK_FIRST_ENTRY);
	trace(TRACE_kvm_entry, v->trace_id, v->arch.rip, 0);
	if (unlikely(stat_sections))
		section_end();
	hvm->run(v);
	if (unlikely(stat_sections))
		section_begin((u64)hvm->run);
	save_xcr0(v);
	if (v->arch.xcr0 != host_xcr0)
		load_xcr0(host_xcr0);
	__atomic_store_n(&v->mode, VCPU_OUTSIDE_GUEST, __ATOMIC_RELEASE);
	v->arch.staged = false;
	v->stat_exits++;
	return true;
}

static int step(struct kvm_vcpu *v)
{
	int ret = kvm_request_pending(v) ? do_requests(v) : RUN_GUEST;
	bool ran;

	if (ret != RUN_GUEST || v->mp_state != KVM_MP_STATE_RUNNABLE)
		return ret;
	kvm_inject_events(v);
	if (v->arch.pv_eoi_msr & 1)
		lapic_pv_eoi_offer(v);
	preempt_disable();
	arch_irq_disable();
	ran = enter(v);
	arch_irq_enable();
	preempt_enable();
	if (v->arch.pv_eoi_offered)
		lapic_pv_eoi_collect(v);
	return ran ? hvm->handle_exit(v) : RUN_GUEST;
}

/* The VMM, which has the interrupt controller, asked to be told when an interrupt may enter. */
static bool window_asked(const struct kvm_vcpu *v)
{
	return !v->kvm->arch.pic && READ_ONCE(v->run->request_interrupt_window);
}

static bool accepts_vmm_interrupt(const struct kvm_vcpu *v)
{
	return !v->arch.lapic || (v->arch.pending_extint < 0 && lapic_accepts_extint(v));
}

static bool window_open(struct kvm_vcpu *v)
{
	return kvm_interrupt_allowed(v) && !v->arch.interrupt.injected && !v->arch.interrupt.pending &&
	       accepts_vmm_interrupt(v);
}

static int signal_exit(struct kvm_vcpu *v)
{
	v->run->exit_reason = KVM_EXIT_INTR;
	return -EINTR;
}

/* A second half that the VMM's answer was waited for: an IN, an MMIO read. */
static int complete_pending(struct kvm_vcpu *v)
{
	int (*fn)(struct kvm_vcpu *) = v->arch.complete;

	v->arch.complete = NULL;
	return fn ? fn(v) : RUN_GUEST;
}

/* Halted or waiting for INIT or SIPI: sleeps until something happens. 0 or -EINTR. */
static int sleep(struct kvm_vcpu *v)
{
	if (kvm_vcpu_block(v, kvm_has_events))
		return -EINTR;
	WRITE_ONCE(v->arch.pv_unhalted, false);
	kvm_make_request(v, KVM_REQ_EVENT);
	if (v->mp_state == KVM_MP_STATE_HALTED)
		v->mp_state = KVM_MP_STATE_RUNNABLE;
	else
		lapic_accept_init_sipi(v);
	return 0;
}

/* A vCPU that nobody has started yet: as Linux, -EAGAIN after the first INIT. */
static int wait_for_start(struct kvm_vcpu *v)
{
	if (READ_ONCE(v->run->immediate_exit))
		return -EINTR;
	if (sleep(v) || thread_signal_pending(thread_current()))
		return signal_exit(v);
	return -EAGAIN;
}

/* One round of the loop. RUN_GUEST: another one. */
static int run_once(struct kvm_vcpu *v)
{
	if (unlikely(v->arch.debug_pending))
		return kvm_debug_exit_pending(v);
	if (thread_signal_pending(arch_thread_current()))
		return signal_exit(v);
	if (v->mp_state != KVM_MP_STATE_RUNNABLE)
		return sleep(v) ? signal_exit(v) : RUN_GUEST;
	if (window_asked(v)) {
		if (window_open(v))
			return user_exit(v, KVM_EXIT_IRQ_WINDOW_OPEN);
		hvm->want_interrupt_window(v, true);
	}
	return step(v);
}

static void save_run(struct kvm_vcpu *v)
{
	struct kvm_run *run = v->run;

	run->if_flag = (v->arch.rflags & RFLAGS_IF) != 0;
	run->cr8 = kvm_get_cr8(v);
	run->apic_base = v->arch.apic_base;
	run->ready_for_interrupt_injection = v->kvm->arch.pic || window_open(v);
}

int arch_vcpu_run(struct kvm_vcpu *v)
{
	int ret;

	if (v->mp_state == KVM_MP_STATE_UNINITIALIZED)
		return wait_for_start(v);
	if (!v->arch.lapic && kvm_set_cr8(v, READ_ONCE(v->run->cr8)))
		return -EINVAL;
	fpu_fetch(&v->arch.fpu);
	ret = complete_pending(v);
	if (ret == RUN_GUEST && READ_ONCE(v->run->immediate_exit))
		ret = signal_exit(v);
	while (ret == RUN_GUEST)
		ret = run_once(v);
	save_run(v);
	return ret == RUN_USER ? 0 : ret;
}

/* HLT without an in-kernel irqchip is the VMM's. */
int kvm_halt(struct kvm_vcpu *v)
{
	if (!v->kvm->arch.irqchip)
		return user_exit(v, KVM_EXIT_HLT);
	v->mp_state = KVM_MP_STATE_HALTED;
	return RUN_GUEST;
}
