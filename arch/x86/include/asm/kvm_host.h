/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kvm_host.h - what a VM and a vCPU hold on x86
 *
 * Everything here is neutral to SVM and VMX; a backend keeps its control block
 * behind arch_vcpu.hw and answers through struct hvm_ops.
 */
#ifndef ASM_X86_KVM_HOST_H
#define ASM_X86_KVM_HOST_H

#include <asm/fpu.h>
#include <linux/kvm.h>
#include <socle/lock.h>
#include <socle/time.h>
#include <socle/types.h>

struct kvm;
struct kvm_vcpu;
struct lapic;
struct ioapic;
struct pic_pair;
struct pit;
struct apic_map;
struct emul_ctx;
struct msr_filter;
struct cpuid_slot;

/* Architecture requests, see KVM_REQ_ARCH(). */
#define KVM_REQ_EVENT		8	/* look for interrupts, NMI, SIPI again */
#define KVM_REQ_CLOCK_UPDATE	9	/* kvmclock page is stale */
#define KVM_REQ_STEAL_UPDATE	10
#define KVM_REQ_TSC_UPDATE	11	/* offset or frequency changed */
#define KVM_REQ_MSR_FILTER	12
#define KVM_REQ_TRIPLE_FAULT	13

#define VCPU_MAX_CPUID	256
#define CPUID_BUCKETS	64
#define VCPU_REGS	16

/* Index of a general register is its encoding in an instruction. */
enum { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI };

struct arch_vm {
	bool irqchip;			/* local APICs are in the kernel */
	bool irqchip_split;		/* and only they: IOAPIC and PIC are the VMM's */
	bool x2apic_format, x2apic_quirk_off;	/* KVM_CAP_X2APIC_API */
	u32 ioapic_pins;		/* split: GSIs whose level EOIs leave to the VMM */
	struct ioapic *ioapic;
	struct pic_pair *pic;
	struct pit *pit;
	struct apic_map *apic_map;
	struct mutex apic_map_lock;
	u64 tss_addr, identity_map_addr;
	u32 bsp_id;
	u32 default_tsc_khz;
	u64 apic_bus_ns;		/* period of the APIC timer's clock */
	u32 disabled_exits;		/* KVM_X86_DISABLE_EXITS_* */
	spinlock_t clock_lock;		/* to tsc_set_by_user */
	u64 master_tsc, master_ns;	/* host TSC and kvmclock at the same moment */
	u64 tsc_last_write, tsc_last_ns;	/* the VMM's last write of a guest TSC, for matching writes */
	u32 tsc_last_khz;		/* 0: none yet */
	s64 tsc_offset;			/* that it led to */
	bool tsc_set_by_user;
	u64 wall_clock_gpa;
	bool exception_payload;		/* KVM_CAP_EXCEPTION_PAYLOAD */
	bool triple_fault_event;	/* KVM_CAP_X86_TRIPLE_FAULT_EVENT */
	u32 hypercall_exits;		/* bit per hypercall that goes to the VMM */
	struct msr_filter *msr_filter;	/* epoch protected */
	u32 msr_exit_mask;		/* KVM_MSR_EXIT_REASON_* that go to the VMM */
	u64 hw_vm;			/* backend private */
};

/* An event on its way into the guest. */
struct guest_event {
	bool pending;			/* not given to the hardware yet */
	bool injected;			/* given, delivery not known to be complete */
	bool has_error, soft;
	u8 vector, insn_len;
	u32 error;
	u64 payload;			/* CR2 or DR6 */
	bool has_payload;
};

/*
 * The last walk of a kind, to be repeated by looking at the same entries again:
 * it holds while they are as they were. Pointers are into pages of the vCPU's
 * frame cache and count only in the generation in which they were found.
 */
struct guest_memo {
	u64 generation, page, cr0, cr3, cr4, efer, rflags_ac;	/* page: of the linear address */
	u32 access, levels;
	const u64 *entry[5];
	u64 val[5];
	u64 gpa_page;
	const u8 *contents;		/* of that page; NULL: not asked for */
};

struct arch_vcpu {
	struct guest_memo memo[2];	/* data, code */
	void *hw;			/* backend: struct svm_vcpu */
	u64 regs[VCPU_REGS];		/* valid outside guest mode; the backend copies what lives in its block */
	u64 rip, rflags, cr0, cr2, cr3, cr4, cr8;
	u64 xcr0, ia32_xss;
	u64 dr[4], dr6, dr7;		/* the guest's; see debug.c for where they are valid */
	u64 vmm_dr[4], vmm_dr7;		/* of KVM_GUESTDBG_USE_HW_BP */
	bool dr_load;			/* DR0-3 go to the CPU at each entry */
	bool dr_live;			/* and the guest may change them until the next exit */
	bool debug_pending;		/* KVM_EXIT_DEBUG at the next look */
	u64 apic_base;
	struct lapic *lapic;		/* NULL without an in-kernel irqchip */

	struct guest_event exception, interrupt;
	u32 nmi_queued;			/* atomic, any context; moves to nmi_pending */
	u32 nmi_pending;
	bool pv_eoi_offered;		/* the guest may end its interrupt in memory */
	bool staged;			/* the backend's block holds an event for the next entry */
	bool check_events;		/* something may be there to inject */
	s32 pending_extint;		/* split irqchip: vector of the VMM's PIC, -1 */
	bool nmi_injected, nmi_masked, smi_pending;
	u32 sipi_vector;
	bool halted_by_hlt;

	/* CPUID as set, and what was derived from it when it was set */
	struct kvm_cpuid_entry2 *cpuid;
	struct cpuid_slot *cpuid_slots;	/* the same, for the guest's exits */
	u16 cpuid_head[CPUID_BUCKETS];	/* index + 1 of a bucket's first slot */
	u32 nr_cpuid;
	u32 kvm_cpuid_base;		/* 0: none */
	u32 kvm_cpuid_limit;		/* highest leaf of KVM's block */
	u32 pv_features;
	bool pv_enforced;		/* KVM_CAP_ENFORCE_PV_FEATURE_CPUID */
	bool has_run;			/* CPUID is frozen */
	u64 cr4_allowed, efer_allowed, xcr0_allowed, cr3_reserved;
	u32 maxphyaddr;

	/* MSRs without a home elsewhere */
	u64 efer, star_shadow, pat, misc_enable, spec_ctrl, arch_capabilities, tsc_aux, mcg_status, mcg_cap;
	u64 mtrr_def_type, mtrr_fixed[11], mtrr_phys[16];
	u64 feature_control, smbase, platform_info, ucode_rev, smi_count;
	u64 mc_banks[4 * 32];
	u64 mcg_ctl, hwcr, de_cfg, misc_features, virt_spec_ctrl;

	/* time */
	u32 tsc_khz;			/* at which the guest's counter really runs */
	u32 virtual_tsc_khz;		/* that the VMM asked for */
	s64 tsc_adjust;
	s64 tsc_offset;			/* guest = scale(host) + offset */
	u64 tsc_ratio;			/* 16.48 guest/host; 0: equal */
	bool tsc_catchup;		/* RDTSC intercepted: no scaling in hardware */
	u64 pvclock_gpa;		/* bit 0: enabled; MSR value */
	bool pvclock_stopped;		/* KVM_KVMCLOCK_CTRL, not told the guest yet */
	bool pv_unhalted;		/* kicked: the next HLT does not wait; atomic */
	u64 steal_msr, steal_last_ns, pv_eoi_msr, pv_poll_msr, async_pf_msr;

	/* an instruction that waits for the VMM */
	struct emul_ctx *emul;
	int (*complete)(struct kvm_vcpu *v);
	u32 pio_port, pio_size, pio_count;
	u32 msr_insn_len;
	u64 fault_gpa;

	/* FPU: user area of the guest when it is not live in the CPU */
	struct fpu_ctx fpu;

	u32 last_cpu;
	u64 guest_debug;
	bool loaded;			/* the host state of this thread on this CPU is saved */
};

#endif
