/* SPDX-License-Identifier: Apache-2.0 */
/*
 * svm.c - a vCPU's control block: creation, state in and out, one entry
 */
#include <errno.h>
#include <string.h>
#include <socle/arch.h>
#include <socle/log.h>
#include <socle/mem.h>
#include <asm/io.h>
#include <asm/msr.h>
#include "emul/emul.h"
#include "svm.h"

void svm_enter(u64 regs[VCPU_REGS], u64 vmcb_pa, u64 host_vmcb_pa);

#define INTERCEPT_WORD3	(INTERCEPT3(SVM_EXIT_INTR) | INTERCEPT3(SVM_EXIT_NMI) | INTERCEPT3(SVM_EXIT_SMI) | \
	INTERCEPT3(SVM_EXIT_INIT) | INTERCEPT3(SVM_EXIT_RDPMC) | INTERCEPT3(SVM_EXIT_CPUID) | \
	INTERCEPT3(SVM_EXIT_INVD) | INTERCEPT3(SVM_EXIT_HLT) | INTERCEPT3(SVM_EXIT_INVLPGA) | \
	INTERCEPT3(SVM_EXIT_IOIO) | INTERCEPT3(SVM_EXIT_MSR) | INTERCEPT3(SVM_EXIT_TASK_SWITCH) | \
	INTERCEPT3(SVM_EXIT_SHUTDOWN) | INTERCEPT3(SVM_EXIT_RSM))
#define INTERCEPT_WORD4	(INTERCEPT4(SVM_EXIT_VMRUN) | INTERCEPT4(SVM_EXIT_VMMCALL) | INTERCEPT4(SVM_EXIT_VMLOAD) | \
	INTERCEPT4(SVM_EXIT_VMSAVE) | INTERCEPT4(SVM_EXIT_STGI) | INTERCEPT4(SVM_EXIT_CLGI) | \
	INTERCEPT4(SVM_EXIT_SKINIT) | INTERCEPT4(SVM_EXIT_WBINVD) | \
	INTERCEPT4(SVM_EXIT_MONITOR) | INTERCEPT4(SVM_EXIT_MWAIT) | INTERCEPT4(SVM_EXIT_XSETBV))
#define INTERCEPT_EXCEPTIONS	(BIT(VEC_UD) | BIT(VEC_MC) | BIT(VEC_AC))
/* CR0: paging and caching; CR4, CR8: see reference to the TCG bugs in docs/status.md. */
#define INTERCEPT_CR_WRITE	(BIT(0) | BIT(3) | BIT(4) | BIT(8))
#define INTERCEPT_CR_READ	BIT(8)		/* CR0 and CR4 are in the block as the guest wrote them */

static void init_block(struct kvm_vcpu *v)
{
	struct vmcb *b = vmcb_of(v);

	b->intercept_cr_read = INTERCEPT_CR_READ;
	b->intercept_cr_write = INTERCEPT_CR_WRITE & ~BIT(3);
	b->intercept_exceptions = (u32)INTERCEPT_EXCEPTIONS;
	b->intercept[0] = (u32)INTERCEPT_WORD3;
	b->intercept[1] = (u32)INTERCEPT_WORD4;
	b->iopm_pa = svm_iopm_pa();
	b->int_ctl = (u32)INT_CTL_V_INTR_MASKING;
	b->misc_ctl = MISC_CTL_NP;
	b->nested_cr3 = v->kvm->s2pt.root.v;
	b->g_pat = 0x0007040600070406ull;
	b->efer = EFER_SVME;
	hvm->update_intercepts(v);
}

static u64 serials;

static int svm_vcpu_create(struct kvm_vcpu *v)
{
	struct svm_vcpu *svm = kmalloc(sizeof(*svm));

	if (!svm)
		return -ENOMEM;
	svm->vmcb = page_alloc();
	if (!svm->vmcb) {
		kfree(svm);
		return -ENOMEM;
	}
	svm->vmcb_pa = ptr_to_hpa(svm->vmcb).v;
	svm->asid_cpu = ~0u;
	svm->serial = __atomic_add_fetch(&serials, 1, __ATOMIC_RELAXED);
	v->arch.hw = svm;
	init_block(v);
	return 0;
}

static void svm_vcpu_destroy(struct kvm_vcpu *v)
{
	struct svm_vcpu *svm = to_svm(v);

	if (!svm)
		return;
	page_free(svm->vmcb);
	kfree(svm);
	v->arch.hw = NULL;
}

/* FS, GS, TR and the system-call MSRs of this thread on this CPU, to come back after each exit. */
static void svm_load(struct kvm_vcpu *v)
{
	svm_new_vcpu_here(v);
	svm_load_tsc_aux(v->arch.tsc_aux);
	if (kvm_tsc_frac_bits)
		svm_load_tsc_ratio(v->arch.tsc_ratio);
	__asm__ volatile("vmsave %0" :: "a"(svm_host_vmcb_pa()) : "memory");
}

static struct vmcb_seg *segment(struct vmcb *b, enum seg_reg s)
{
	switch (s) {
	case SEG_LDTR: return &b->ldtr;
	case SEG_TR: return &b->tr;
	default: return &b->seg[s];
	}
}

/* VMLOAD state is in the block at all times outside svm_enter(). */
static void svm_get_segment(struct kvm_vcpu *v, enum seg_reg s, struct kvm_segment *out)
{
	const struct vmcb_seg *g = segment(vmcb_of(v), s);

	*out = (struct kvm_segment){
		.base = g->base, .limit = g->limit, .selector = g->selector,
		.type = g->attrib & 15, .s = g->attrib >> 4 & 1, .dpl = g->attrib >> 5 & 3,
		.present = g->attrib >> 7 & 1, .avl = g->attrib >> 8 & 1, .l = g->attrib >> 9 & 1,
		.db = g->attrib >> 10 & 1, .g = g->attrib >> 11 & 1,
	};
	out->unusable = !out->present;
}

/* The executor's attributes are the block's. */
static void svm_get_emul_segments(struct kvm_vcpu *v, struct emul_seg *seg)
{
	const struct vmcb_seg *g = vmcb_of(v)->seg;

	for (u32 i = 0; i < 6; i++)
		seg[i] = (struct emul_seg){ g[i].base, g[i].limit, g[i].selector, g[i].attrib & 0xfff };
}

static void svm_set_segment(struct kvm_vcpu *v, enum seg_reg s, const struct kvm_segment *in)
{
	struct vmcb *b = vmcb_of(v);
	struct vmcb_seg *g = segment(b, s);
	u32 a = (in->type & 15u) | (in->s & 1u) << 4 | (in->dpl & 3u) << 5 |
		((in->present & 1u) & !in->unusable) << 7 | (in->avl & 1u) << 8 | (in->l & 1u) << 9 |
		(in->db & 1u) << 10 | (in->g & 1u) << 11;

	*g = (struct vmcb_seg){ in->selector, (u16)a, in->limit, in->base };
	if (s == SEG_SS)
		b->cpl = in->dpl & 3;
}

static struct code_segment svm_get_code(struct kvm_vcpu *v)
{
	const struct vmcb_seg *cs = &vmcb_of(v)->seg[SEG_CS];

	return (struct code_segment){ cs->base, cs->attrib >> 9 & 1, cs->attrib >> 10 & 1 };
}

static u32 svm_get_dpl(struct kvm_vcpu *v)
{
	return vmcb_of(v)->seg[SEG_SS].attrib >> 5 & 3;
}

static void svm_get_dt(struct kvm_vcpu *v, bool idt, struct kvm_dtable *out)
{
	const struct vmcb_seg *g = idt ? &vmcb_of(v)->idtr : &vmcb_of(v)->gdtr;

	*out = (struct kvm_dtable){ .base = g->base, .limit = (u16)g->limit };
}

static void svm_set_dt(struct kvm_vcpu *v, bool idt, const struct kvm_dtable *in)
{
	struct vmcb_seg *g = idt ? &vmcb_of(v)->idtr : &vmcb_of(v)->gdtr;

	g->base = in->base;
	g->limit = in->limit;
}

/*
 * EFER.LME appears with LMA only: before that it means nothing (and QEMU's TCG
 * loses the host's paging), and a VMM can have set it alone.
 */
static void svm_update_cr(struct kvm_vcpu *v)
{
	struct vmcb *b = vmcb_of(v);
	u64 efer = v->arch.efer;

	efer = efer & EFER_LMA ? efer | EFER_LME : efer & ~EFER_LME;
	b->cr0 = v->arch.cr0;
	b->cr3 = v->arch.cr3;
	b->cr4 = v->arch.cr4;
	b->efer = efer | EFER_SVME;
	b->clean &= ~(u32)BIT(CLEAN_CR);
}

struct msr_home { u32 msr; u32 offset; };
#define HOME(msr, field) { msr, offsetof(struct vmcb, field) }
static const struct msr_home msr_homes[] = {
	HOME(0x174, sysenter_cs), HOME(0x175, sysenter_esp), HOME(0x176, sysenter_eip),
	HOME(0xc0000081, star), HOME(0xc0000082, lstar), HOME(0xc0000083, cstar),
	HOME(0xc0000084, sfmask), HOME(0xc0000100, seg[SEG_FS].base),
	HOME(0xc0000101, seg[SEG_GS].base), HOME(0xc0000102, kernel_gs_base),
	HOME(0x277, g_pat),
};

static u64 *msr_home(struct kvm_vcpu *v, u32 msr)
{
	for (u32 i = 0; i < ARRAY_SIZE(msr_homes); i++)
		if (msr_homes[i].msr == msr)
			return (u64 *)(void *)((u8 *)vmcb_of(v) + msr_homes[i].offset);
	return NULL;
}

static int svm_get_msr(struct kvm_vcpu *v, u32 msr, u64 *val)
{
	const u64 *home = msr_home(v, msr);

	if (!home)
		return -ENOENT;
	*val = *home;
	return 0;
}

static int svm_set_msr(struct kvm_vcpu *v, u32 msr, u64 val)
{
	u64 *home = msr_home(v, msr);

	if (!home)
		return -ENOENT;
	*home = val;
	vmcb_of(v)->clean &= ~(u32)BIT(CLEAN_NP);
	return 0;
}

static u32 svm_get_shadow(struct kvm_vcpu *v)
{
	return vmcb_of(v)->int_state & INT_STATE_SHADOW ? KVM_X86_SHADOW_INT_STI | KVM_X86_SHADOW_INT_MOV_SS : 0;
}

static void svm_set_shadow(struct kvm_vcpu *v, u32 mask)
{
	struct vmcb *b = vmcb_of(v);

	b->int_state = mask ? b->int_state | INT_STATE_SHADOW : b->int_state & ~INT_STATE_SHADOW;
}

static void svm_inject(struct kvm_vcpu *v, const struct guest_event *e, bool nmi, bool exception)
{
	struct vmcb *b = vmcb_of(v);
	u32 type = nmi ? EVENT_NMI : exception ? EVENT_EXCEPTION : e->soft ? EVENT_SOFT : EVENT_EXTINT;

	b->event_inj = (u32)(e->vector | EVENT_TYPE(type) | EVENT_VALID | (e->has_error ? EVENT_ERROR : 0));
	b->event_inj_error = e->has_error ? e->error : 0;
}

static void svm_cancel_inject(struct kvm_vcpu *v)
{
	vmcb_of(v)->event_inj = 0;
}

/* A virtual interrupt that is taken as soon as the guest can: its exit is the window. */
static void svm_want_interrupt_window(struct kvm_vcpu *v, bool on)
{
	struct vmcb *b = vmcb_of(v);

	if (on) {
		b->int_ctl |= (u32)(INT_CTL_V_IRQ | INT_CTL_V_IGN_TPR | 0xf0000u);
		b->intercept[0] |= (u32)INTERCEPT3(SVM_EXIT_VINTR);
	} else {
		b->int_ctl &= ~(u32)(INT_CTL_V_IRQ | INT_CTL_V_IGN_TPR | 0xf0000u);
		b->intercept[0] &= ~(u32)INTERCEPT3(SVM_EXIT_VINTR);
	}
	b->clean &= ~(u32)(BIT(CLEAN_INTERCEPTS) | BIT(CLEAN_INT));
}

static void svm_update_tsc(struct kvm_vcpu *v)
{
	struct vmcb *b = vmcb_of(v);

	b->tsc_offset = (u64)v->arch.tsc_offset;
	b->clean &= ~(u32)BIT(CLEAN_INTERCEPTS);
}

static void svm_flush_tlb(struct kvm_vcpu *v)
{
	if (svm_caps.features & CPUID_SVM_FLUSH_ASID)
		vmcb_of(v)->tlb_control = TLB_FLUSH_ASID;
	else
		to_svm(v)->asid_cpu = ~0u;	/* a fresh ASID has nothing cached */
}

static void copy_in(struct kvm_vcpu *v, struct vmcb *b)
{
	b->rax = v->arch.regs[REG_RAX];
	b->rsp = v->arch.regs[REG_RSP];
	b->rip = v->arch.rip;
	b->rflags = v->arch.rflags | (v->arch.guest_debug & KVM_GUESTDBG_SINGLESTEP ? RFLAGS_TF : 0);
	b->cr2 = v->arch.cr2;
}

static void copy_out(struct kvm_vcpu *v, struct vmcb *b)
{
	v->arch.regs[REG_RAX] = b->rax;
	v->arch.regs[REG_RSP] = b->rsp;
	v->arch.rip = b->rip;
	v->arch.rflags = b->rflags;
	if (unlikely(v->arch.guest_debug & KVM_GUESTDBG_SINGLESTEP))
		v->arch.rflags &= ~RFLAGS_TF;
	v->arch.cr2 = b->cr2;
	v->arch.cr3 = b->cr3;
	b->tlb_control = 0;
	b->event_inj = 0;
}

/*
 * The guest's SPEC_CTRL into the CPU and the host's back. Without indirect
 * branches in between, and the return stack is filled: so it may be C.
 */
static inline void swap_spec_ctrl(u64 from, u64 to)
{
	if (unlikely(from != to))
		wrmsr(MSR_SPEC_CTRL, to);
}

static u64 guest_spec_ctrl(struct kvm_vcpu *v, struct vmcb *b)
{
	u64 val = (v->arch.spec_ctrl | v->arch.virt_spec_ctrl) & svm_caps.spec_ctrl_bits;

	if (!svm_caps.spec_ctrl_bits)
		return svm_caps.host_spec_ctrl;
	if (!(svm_caps.features & CPUID_SVM_SPEC_CTRL))
		return val;
	b->spec_ctrl = val;		/* the CPU adds it to the host's */
	return svm_caps.host_spec_ctrl;
}

static void svm_run(struct kvm_vcpu *v)
{
	u64 spec_ctrl = guest_spec_ctrl(v, vmcb_of(v));
	struct vmcb *b = vmcb_of(v);

	svm_assign_asid(v);
	copy_in(v, b);
	if (unlikely(v->arch.dr_load || v->arch.dr_live))
		svm_debug_enter(v);
	if (unlikely(to_svm(v)->nmi_step))
		svm_nmi_enter(v);
	__asm__ volatile("clgi" ::: "memory");
	swap_spec_ctrl(svm_caps.host_spec_ctrl, spec_ctrl);
	svm_enter(v->arch.regs, to_svm(v)->vmcb_pa, svm_host_vmcb_pa());
	swap_spec_ctrl(spec_ctrl, svm_caps.host_spec_ctrl);
	__asm__ volatile("stgi" ::: "memory");
	if (unlikely(b->exit_code == SVM_EXIT_EXCP + VEC_MC))
		mce_intercepted(b->rip);	/* before this thread may move to another CPU */
	copy_out(v, b);
	if (unlikely(to_svm(v)->nmi_step || to_svm(v)->iret_waits))
		svm_nmi_leave(v);
	if (unlikely(v->arch.dr_live))
		svm_debug_leave(v);
}

static void svm_update_intercepts(struct kvm_vcpu *v)
{
	struct vmcb *b = vmcb_of(v);
	u32 hlt = (u32)INTERCEPT3(SVM_EXIT_HLT);

	b->intercept[0] = v->kvm->arch.disabled_exits & KVM_X86_DISABLE_EXITS_HLT ? b->intercept[0] & ~hlt
										    : b->intercept[0] | hlt;
	b->intercept[0] &= ~(u32)INTERCEPT3(SVM_EXIT_RDTSC);
	b->intercept[1] &= ~(u32)INTERCEPT4(SVM_EXIT_RDTSCP);
	if (v->arch.tsc_catchup) {
		b->intercept[0] |= (u32)INTERCEPT3(SVM_EXIT_RDTSC);
		b->intercept[1] |= (u32)INTERCEPT4(SVM_EXIT_RDTSCP);
	}
	b->msrpm_pa = svm_msrpm_pa(READ_ONCE(v->kvm->arch.msr_filter) != NULL);
	b->clean = 0;
}

const struct hvm_ops svm_ops = {
	.name = "SVM",
	.cpu_enable = svm_cpu_enable,
	.vcpu_create = svm_vcpu_create,
	.vcpu_destroy = svm_vcpu_destroy,
	.load = svm_load,
	.get_segment = svm_get_segment,
	.get_emul_segments = svm_get_emul_segments,
	.set_segment = svm_set_segment,
	.get_code = svm_get_code,
	.get_dpl = svm_get_dpl,
	.get_dt = svm_get_dt,
	.set_dt = svm_set_dt,
	.update_cr = svm_update_cr,
	.get_msr = svm_get_msr,
	.set_msr = svm_set_msr,
	.get_interrupt_shadow = svm_get_shadow,
	.set_interrupt_shadow = svm_set_shadow,
	.inject = svm_inject,
	.cancel_inject = svm_cancel_inject,
	.want_interrupt_window = svm_want_interrupt_window,
	.want_nmi_window = svm_want_nmi_window,
	.update_tsc = svm_update_tsc,
	.update_intercepts = svm_update_intercepts,
	.sync_debug = svm_sync_debug,
	.update_debug = svm_update_debug,
	.flush_tlb = svm_flush_tlb,
	.run = svm_run,
	.handle_exit = svm_handle_exit,
};
