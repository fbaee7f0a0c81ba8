/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm.c - what of a VM is x86: creation, capabilities, TSC
 */
#include <errno.h>
#include <string.h>
#include <socle/cpu.h>
#include <socle/log.h>
#include <socle/time.h>
#include <asm/io.h>
#include "irqchip/irqchip.h"
#include "svm.h"

const struct hvm_ops *hvm;

static void enable_cpu(void *arg)
{
	(void)arg;
	(void)svm_cpu_enable();
}

int arch_kvm_init(void)
{
	int err = svm_setup();

	if (err)
		return err;
	hvm = &svm_ops;
	kvm_cpuid_init();
	cpu_call_all(enable_cpu, NULL);
	return 0;
}

long arch_dev_ioctl(u32 cmd, u64 arg)
{
	u64 mce_caps = KVM_MCE_CAPS;
	long ret;

	if (cmd == (u32)KVM_X86_GET_MCE_CAP_SUPPORTED)
		return copy_to_app(arg, &mce_caps, sizeof(mce_caps)) ? -EFAULT : 0;
	ret = kvm_supported_cpuid(cmd, arg);
	if (ret == -ENOTTY)
		ret = kvm_msr_dev_ioctl(cmd, arg);
	return ret == -ENOTTY ? -EINVAL : ret;		/* Linux's answer on x86 */
}

/* PAUSE is never intercepted; MWAIT is not offered. */
#define DISABLE_EXITS_ALLOWED	(KVM_X86_DISABLE_EXITS_HLT | KVM_X86_DISABLE_EXITS_PAUSE)
#define HYPERCALL_EXITS		BIT(12)		/* KVM_HC_MAP_GPA_RANGE */
#define GUEST_DEBUG_FLAGS	(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP | KVM_GUESTDBG_USE_SW_BP | \
				 KVM_GUESTDBG_USE_HW_BP | KVM_GUESTDBG_INJECT_DB | KVM_GUESTDBG_INJECT_BP | KVM_GUESTDBG_BLOCKIRQ)
#define MSR_EXIT_REASONS	(KVM_MSR_EXIT_REASON_INVAL | KVM_MSR_EXIT_REASON_UNKNOWN | KVM_MSR_EXIT_REASON_FILTER)

static const struct { u64 cap; int value; } caps[] = {
	{ KVM_CAP_DEBUGREGS, 1 }, { KVM_CAP_SET_GUEST_DEBUG, 1 }, { KVM_CAP_SET_GUEST_DEBUG2, GUEST_DEBUG_FLAGS },
	{ KVM_CAP_X86_ROBUST_SINGLESTEP, 1 }, { KVM_CAP_SREGS2, 1 }, { KVM_CAP_XSAVE, 1 }, { KVM_CAP_INTR_SHADOW, 1 },
	{ KVM_CAP_SET_TSS_ADDR, 1 }, { KVM_CAP_SET_IDENTITY_MAP_ADDR, 1 },
	{ KVM_CAP_EXCEPTION_PAYLOAD, 1 }, { KVM_CAP_X86_TRIPLE_FAULT_EVENT, 1 }, { KVM_CAP_MCE, 32 },
	{ KVM_CAP_EXT_CPUID, 1 }, { KVM_CAP_NOP_IO_DELAY, 1 }, { KVM_CAP_VCPU_EVENTS, 1 },
	{ KVM_CAP_X86_DISABLE_EXITS, DISABLE_EXITS_ALLOWED }, { KVM_CAP_X86_USER_SPACE_MSR, MSR_EXIT_REASONS },
	{ KVM_CAP_X86_MSR_FILTER, 1 }, { KVM_CAP_GET_MSR_FEATURES, 1 }, { KVM_CAP_ENABLE_CAP_VM, 1 },
	{ KVM_CAP_IRQCHIP, 1 }, { KVM_CAP_HLT, 1 }, { KVM_CAP_IRQ_ROUTING, KVM_MAX_ROUTES },
	{ KVM_CAP_IRQ_INJECT_STATUS, 1 }, { KVM_CAP_PIT, 1 }, { KVM_CAP_PIT2, 1 }, { KVM_CAP_PIT_STATE2, 1 },
	{ KVM_CAP_REINJECT_CONTROL, 1 }, { KVM_CAP_SET_BOOT_CPU_ID, 1 }, { KVM_CAP_SIGNAL_MSI, 1 },
	{ KVM_CAP_SPLIT_IRQCHIP, 1 }, { KVM_CAP_TSC_DEADLINE_TIMER, 1 }, { KVM_CAP_IOAPIC_POLARITY_IGNORED, 1 },
	{ KVM_CAP_X2APIC_API, KVM_X2APIC_API_USE_32BIT_IDS | KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK },
	{ KVM_CAP_X86_APIC_BUS_CYCLES_NS, 1 },
	{ KVM_CAP_EXT_EMUL_CPUID, 1 }, { KVM_CAP_XCRS, 1 }, { KVM_CAP_USER_NMI, 1 }, { KVM_CAP_GET_TSC_KHZ, 1 },
	{ KVM_CAP_CLOCKSOURCE, 1 }, { KVM_CAP_ADJUST_CLOCK, KVM_CLOCK_TSC_STABLE | KVM_CLOCK_REALTIME | KVM_CLOCK_HOST_TSC },
	{ KVM_CAP_TSC_CONTROL, 1 }, { KVM_CAP_VM_TSC_CONTROL, 1 }, { KVM_CAP_KVMCLOCK_CTRL, 1 }, { KVM_CAP_STEAL_TIME, 1 },
	{ KVM_CAP_ENABLE_CAP, 1 }, { KVM_CAP_ENFORCE_PV_FEATURE_CPUID, 1 }, { KVM_CAP_EXIT_HYPERCALL, HYPERCALL_EXITS },
};

int arch_check_extension(struct kvm *kvm, u64 cap)
{
	(void)kvm;
	if (cap == KVM_CAP_XSAVE2)
		return (int)kvm_xsave_bytes();
	for (u32 i = 0; i < ARRAY_SIZE(caps); i++)
		if (caps[i].cap == cap)
			return caps[i].value;
	return -ENOENT;
}

int arch_vm_init(struct kvm *kvm, u64 type)
{
	if (type)
		return -EINVAL;
	kvm->arch.apic_bus_ns = 1;
	kvm->arch.default_tsc_khz = (u32)clock_tsc_khz();
	kvm_clock_init(kvm);
	mutex_init(&kvm->arch.apic_map_lock);
	return 0;
}

void arch_vm_destroy(struct kvm *kvm)
{
	kvm_irqchip_destroy(kvm);
	kvm_msr_filter_free(kvm);
}

static long disable_exits(struct kvm *kvm, u64 exits)
{
	long err = exits & ~(u64)DISABLE_EXITS_ALLOWED ? -EINVAL : 0;

	mutex_lock(&kvm->lock);
	if (!err && kvm_has_vcpus(kvm))
		err = -EINVAL;
	if (!err)
		kvm->arch.disabled_exits |= (u32)exits;
	mutex_unlock(&kvm->lock);
	return err;
}

static long user_space_msr(struct kvm *kvm, u64 reasons)
{
	if (reasons & ~(u64)MSR_EXIT_REASONS)
		return -EINVAL;
	kvm->arch.msr_exit_mask = (u32)reasons;
	return 0;
}

static long exit_hypercall(struct kvm *kvm, u64 calls)
{
	if (calls & ~HYPERCALL_EXITS)
		return -EINVAL;
	kvm->arch.hypercall_exits = (u32)calls;
	return 0;
}

static long exception_payload(struct kvm *kvm, u64 on)
{
	kvm->arch.exception_payload = on;
	return 0;
}

static long triple_fault_event(struct kvm *kvm, u64 on)
{
	kvm->arch.triple_fault_event = on;
	return 0;
}

static const struct { u32 cap; long (*fn)(struct kvm *kvm, u64 arg0); } enable_caps[] = {
	{ KVM_CAP_SPLIT_IRQCHIP, kvm_irqchip_enable_split }, { KVM_CAP_X2APIC_API, kvm_irqchip_x2apic_api },
	{ KVM_CAP_X86_APIC_BUS_CYCLES_NS, kvm_irqchip_bus_cycles },
	{ KVM_CAP_X86_DISABLE_EXITS, disable_exits }, { KVM_CAP_X86_USER_SPACE_MSR, user_space_msr },
	{ KVM_CAP_EXIT_HYPERCALL, exit_hypercall }, { KVM_CAP_EXCEPTION_PAYLOAD, exception_payload },
	{ KVM_CAP_X86_TRIPLE_FAULT_EVENT, triple_fault_event },
};

static long enable_cap(struct kvm *kvm, u64 app)
{
	struct kvm_enable_cap cap;

	if (copy_from_app(&cap, app, sizeof(cap)))
		return -EFAULT;
	if (cap.flags)
		return -EINVAL;
	for (u32 i = 0; i < ARRAY_SIZE(enable_caps); i++)
		if (enable_caps[i].cap == cap.cap)
			return enable_caps[i].fn(kvm, cap.args[0]);
	return -EINVAL;
}

/* Only VMX without unrestricted guests needs the page. */
static long set_identity_map_addr(struct kvm *kvm, u64 app)
{
	long err = 0;
	u64 addr;

	if (copy_from_app(&addr, app, sizeof(addr)))
		return -EFAULT;
	mutex_lock(&kvm->lock);
	if (kvm_has_vcpus(kvm))
		err = -EINVAL;
	else
		kvm->arch.identity_map_addr = addr;
	mutex_unlock(&kvm->lock);
	return err;
}

long arch_vm_ioctl(struct kvm *kvm, u32 cmd, u64 arg)
{
	switch (cmd) {
	case (u32)KVM_SET_TSC_KHZ:
		return kvm_vm_set_tsc_khz(kvm, arg);
	case (u32)KVM_GET_TSC_KHZ:
		return kvm->arch.default_tsc_khz;
	case (u32)KVM_GET_CLOCK:
		return kvm_get_clock(kvm, arg);
	case (u32)KVM_SET_CLOCK:
		return kvm_set_clock(kvm, arg);
	case (u32)KVM_ENABLE_CAP:
		return enable_cap(kvm, arg);
	case (u32)KVM_X86_SET_MSR_FILTER:
		return kvm_set_msr_filter(kvm, arg);
	case (u32)KVM_SET_IDENTITY_MAP_ADDR:
		return set_identity_map_addr(kvm, arg);
	case (u32)KVM_SET_TSS_ADDR:
		if (arg > 0xffffffffull - 3 * PAGE_SIZE)
			return -EINVAL;
		kvm->arch.tss_addr = arg;	/* only VMX needs the page */
		return 0;
	default:
		return kvm_irqchip_vm_ioctl(kvm, cmd, arg);
	}
}

/* Resampling needs the chips whose pins are acknowledged. */
bool arch_irqfd_allowed(struct kvm *kvm, bool resample)
{
	return kvm->arch.irqchip && !(resample && kvm->arch.irqchip_split);
}

bool arch_irqchip_present(struct kvm *kvm)
{
	return kvm->arch.irqchip;
}
