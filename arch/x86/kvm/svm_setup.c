/* SPDX-License-Identifier: Apache-2.0 */
/*
 * svm_setup.c - a CPU into SVM host mode; permission maps; ASIDs
 *
 * AMD APM vol. 2: 15.4 (enabling), 15.10 and 15.11 (maps), 15.16 (ASIDs).
 */
#include <errno.h>
#include <string.h>
#include <socle/arch.h>
#include <socle/cpu.h>
#include <socle/log.h>
#include <socle/mem.h>
#include <asm/io.h>
#include <asm/msr.h>
#include "mitigate.h"
#include "svm.h"
#include "svm_enter.h"

#define MSR_VM_CR	0xc0010114
#define MSR_HSAVE_PA	0xc0010117
#define MSR_TSC_RATIO	0xc0000104
#define TSC_RATIO_ONE	(1ull << 32)
#define VM_CR_SVMDIS	BIT(4)
#define IOPM_BYTES	(3 * PAGE_SIZE)
#define MSRPM_BYTES	(2 * PAGE_SIZE)

struct svm_caps svm_caps;

static struct {
	u64 hsave_pa, host_vmcb_pa;
	u64 asid_generation;
	u32 next_asid;
	u64 tsc_aux, tsc_ratio;
	u64 vcpu_serial;		/* that was here last */
} __aligned(64) per_cpu[MAX_CPUS];

static hpa_t iopm, msrpm, msrpm_all;

/* Not intercepted: state that VMLOAD and VMSAVE switch. */
static const u32 passthrough_msrs[] = {
	0x174, 0x175, 0x176, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084,
	0xc0000100, 0xc0000101, 0xc0000102,
};

static void allow_msr(u8 *map, u32 msr)
{
	u32 base = msr >= 0xc0010000 ? 0x1000 : msr >= 0xc0000000 ? 0x800 : 0;
	u32 bit = (msr & 0x1fff) * 2;

	map[base + bit / 8] &= (u8)~(3u << (bit & 7));
}

/* Read by svm_enter.S. */
extern u8 svm_enter_flags;
extern u16 svm_data_selector;
u8 svm_enter_flags;
u16 svm_data_selector;

static void setup_mitigations(void)
{
	mitigate_setup();
	svm_caps.spec_ctrl_bits = mitigate_spec_ctrl_bits();
	svm_caps.host_spec_ctrl = mitigates(MITIGATE_IBRS) ? 1 : 0;
	svm_enter_flags = (u8)((mitigates(MITIGATE_RSB) ? SVM_ENTER_FILL : 0) |
			       (mitigates(MITIGATE_VERW) ? SVM_ENTER_VERW : 0));
	__asm__("mov %%ds, %0" : "=rm"(svm_data_selector));
}

/* Called with preemption off, when a vCPU comes to this CPU. */
void svm_new_vcpu_here(struct kvm_vcpu *v)
{
	u64 *last = &per_cpu[cpu_id()].vcpu_serial;

	if (*last == to_svm(v)->serial)
		return;
	*last = to_svm(v)->serial;
	if (mitigates(MITIGATE_IBPB))
		wrmsr(MSR_PRED_CMD, 1);
	if (mitigates(MITIGATE_L1D))
		wrmsr(MSR_FLUSH_CMD, 1);
}

/* Everything intercepted. */
static int alloc_map(u64 bytes, hpa_t *map)
{
	if (phys_alloc(bytes, PAGE_SIZE, MEM_KERNEL, PHYS_ANY_NODE, 0, map))
		return -ENOMEM;
	memset(hpa_to_ptr(*map), 0xff, bytes);
	return 0;
}

int svm_setup(void)
{
	struct cpuid_regs r = cpuid(0x80000001, 0);
	u64 vm_cr;

	if (cpuid(0x80000000, 0).eax < 0x8000000a || !(r.ecx & BIT(2))) {
		log_notice("kvm: this CPU has no SVM\n");
		return -ENODEV;
	}
	if (!rdmsr_safe(MSR_VM_CR, &vm_cr) && (vm_cr & VM_CR_SVMDIS)) {
		log_notice("kvm: SVM is switched off by the firmware: enable it in its setup\n");
		return -ENODEV;
	}
	r = cpuid(0x8000000a, 0);
	svm_caps.features = r.edx;
	svm_caps.nr_asids = r.ebx;
	setup_mitigations();
	kvm_tsc_frac_bits = r.edx & CPUID_SVM_TSC_RATE ? 32 : 0;
	if (!(r.edx & 1)) {
		log_notice("kvm: this CPU has no nested paging\n");
		return -ENODEV;
	}
	if (alloc_map(IOPM_BYTES, &iopm) || alloc_map(MSRPM_BYTES, &msrpm) || alloc_map(MSRPM_BYTES, &msrpm_all))
		return -ENOMEM;		/* KVM is absent then; nothing to give back to */
	for (u32 i = 0; i < ARRAY_SIZE(passthrough_msrs); i++)
		allow_msr(hpa_to_ptr(msrpm), passthrough_msrs[i]);
	for (u32 i = 0; i < cpu_nr_online(); i++) {
		void *hsave = page_alloc(), *host = page_alloc();

		if (!hsave || !host)
			return -ENOMEM;	/* boot fails: nothing to give back to */
		per_cpu[i].hsave_pa = ptr_to_hpa(hsave).v;
		per_cpu[i].host_vmcb_pa = ptr_to_hpa(host).v;
	}
	log_info("kvm: SVM, %u ASIDs, features %x\n", svm_caps.nr_asids, svm_caps.features);
	return 0;
}

int svm_cpu_enable(void)
{
	u32 cpu = cpu_id();

	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME | (mitigates(MITIGATE_AUTO_IBRS) ? EFER_AUTOIBRS : 0));
	if (svm_caps.host_spec_ctrl)
		wrmsr(MSR_SPEC_CTRL, svm_caps.host_spec_ctrl);
	wrmsr(MSR_HSAVE_PA, per_cpu[cpu].hsave_pa);
	per_cpu[cpu].asid_generation = 1;
	per_cpu[cpu].next_asid = 1;
	if (wrmsr_safe(MSR_TSC_AUX, 0))
		log_debug("kvm: no TSC_AUX\n");
	return 0;
}

u64 svm_host_vmcb_pa(void)
{
	return per_cpu[arch_cpu_id()].host_vmcb_pa;
}

u64 svm_iopm_pa(void)
{
	return iopm.v;
}

u64 svm_msrpm_pa(bool all)
{
	return all ? msrpm_all.v : msrpm.v;
}

/* 8.32 in the MSR. */
void svm_load_tsc_ratio(u64 ratio)
{
	u64 val = ratio ? ratio >> 16 : TSC_RATIO_ONE, *now = &per_cpu[cpu_id()].tsc_ratio;

	if (*now == val)
		return;
	wrmsr(MSR_TSC_RATIO, val);
	*now = val;
}

void svm_load_tsc_aux(u64 val)
{
	u64 *now = &per_cpu[cpu_id()].tsc_aux;

	if (*now == val)
		return;
	wrmsr(MSR_TSC_AUX, val);
	*now = val;
}

/* An ASID belongs to one vCPU on one CPU until the CPU has run out and flushed all of them. */
void svm_assign_asid(struct kvm_vcpu *v)
{
	struct svm_vcpu *svm = to_svm(v);
	u32 cpu = arch_cpu_id();

	if (svm->asid_cpu == cpu && svm->asid_generation == per_cpu[cpu].asid_generation)
		return;
	if (per_cpu[cpu].next_asid >= svm_caps.nr_asids) {
		per_cpu[cpu].asid_generation++;
		per_cpu[cpu].next_asid = 1;
		svm->vmcb->tlb_control = TLB_FLUSH_ALL;
	}
	svm->vmcb->asid = per_cpu[cpu].next_asid++;
	svm->asid_cpu = cpu;
	svm->asid_generation = per_cpu[cpu].asid_generation;
}
