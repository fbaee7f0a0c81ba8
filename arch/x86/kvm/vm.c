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
	long ret = kvm_supported_cpuid(cmd, arg);

	return ret == -ENOTTY ? kvm_msr_list_ioctl(cmd, arg) : ret;
}

static const struct { u64 cap; int value; } caps[] = {
	{ KVM_CAP_EXT_CPUID, 1 }, { KVM_CAP_NOP_IO_DELAY, 1 }, { KVM_CAP_VCPU_EVENTS, 1 },
	{ KVM_CAP_XCRS, 1 }, { KVM_CAP_USER_NMI, 1 }, { KVM_CAP_GET_TSC_KHZ, 1 },
};

int arch_check_extension(struct kvm *kvm, u64 cap)
{
	(void)kvm;
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
	kvm->arch.boot_ns = clock_ns();
	mutex_init(&kvm->arch.apic_map_lock);
	return 0;
}

void arch_vm_destroy(struct kvm *kvm)
{
	(void)kvm;
}

long arch_vm_ioctl(struct kvm *kvm, u32 cmd, u64 arg)
{
	switch (cmd) {
	case (u32)KVM_SET_TSS_ADDR:
		if (arg > 0xffffffffull - 3 * PAGE_SIZE)
			return -EINVAL;
		kvm->arch.tss_addr = arg;	/* only VMX needs the page */
		return 0;
	default:
		return -ENOTTY;
	}
}

u64 kvm_read_guest_tsc(struct kvm_vcpu *v, u64 host_tsc)
{
	return host_tsc + (u64)v->arch.tsc_offset;
}

/* As KVM: a write of 0 at creation starts the counters of a VM together. */
int kvm_write_guest_tsc(struct kvm_vcpu *v, u64 val, bool host)
{
	struct arch_vm *vm = &v->kvm->arch;
	u64 now = rdtsc();

	v->arch.tsc_khz = vm->default_tsc_khz;
	spin_lock(&vm->clock_lock);
	if (val == 0 && !host && vm->tsc_first_ns)
		now = vm->tsc_first_value;
	else if (!vm->tsc_first_ns)
		vm->tsc_first_value = now;
	vm->tsc_first_ns = 1;
	spin_unlock(&vm->clock_lock);
	v->arch.tsc_offset = (s64)(val - now);
	hvm->update_tsc(v);
	return 0;
}

bool arch_irqchip_present(struct kvm *kvm)
{
	return kvm->arch.irqchip;
}
