/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vcpu.h - what the files of arch/x86/kvm share; struct hvm_ops is the line to SVM and VMX
 */
#ifndef X86_KVM_VCPU_H
#define X86_KVM_VCPU_H

#include <socle/kvm.h>
#include <socle/types.h>

enum seg_reg { SEG_ES, SEG_CS, SEG_SS, SEG_DS, SEG_FS, SEG_GS, SEG_LDTR, SEG_TR };

#define CR0_PE BIT(0)
#define CR0_MP BIT(1)
#define CR0_TS BIT(3)
#define CR0_ET BIT(4)
#define CR0_NE BIT(5)
#define CR0_WP BIT(16)
#define CR0_AM BIT(18)
#define CR0_NW BIT(29)
#define CR0_CD BIT(30)
#define CR0_PG BIT(31)
#define CR0_RESERVED (~(0xfull | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | CR0_PG))
#define CR4_PSE BIT(4)
#define CR4_PAE BIT(5)
#define CR4_PGE BIT(7)
#define CR4_UMIP BIT(11)
#define CR4_LA57 BIT(12)
#define CR4_VMXE BIT(13)
#define CR4_FSGSBASE BIT(16)
#define CR4_PCIDE BIT(17)
#define CR4_OSXSAVE BIT(18)
#define CR4_SMEP BIT(20)
#define CR4_SMAP BIT(21)
#define CR4_PKE BIT(22)
#define EFER_SCE BIT(0)
#define EFER_LME BIT(8)
#define EFER_LMA BIT(10)
#define EFER_NX BIT(11)
#define EFER_SVME BIT(12)
#define EFER_FFXSR BIT(14)
#define EFER_AUTOIBRS BIT(21)
#define RFLAGS_TF BIT(8)
#define RFLAGS_IF BIT(9)
#define RFLAGS_RF BIT(16)
#define RFLAGS_VM BIT(17)
#define RFLAGS_FIXED 2ul

enum { VEC_DE = 0, VEC_DB = 1, VEC_BP = 3, VEC_OF = 4, VEC_UD = 6, VEC_NM = 7, VEC_DF = 8, VEC_TS = 10,
       VEC_NP = 11, VEC_SS = 12, VEC_GP = 13, VEC_PF = 14, VEC_AC = 17, VEC_MC = 18 };

/* What an exit handler says to the loop in arch_vcpu_run(). */
enum { RUN_USER = 0, RUN_GUEST = 1 };	/* negative: errno of KVM_RUN */

/* What exits ask of CS all the time. */
struct code_segment { u64 base; bool l, db; };

struct emul_seg;

struct hvm_ops {
	const char *name;
	int (*cpu_enable)(void);		/* this CPU into host mode */
	int (*vcpu_create)(struct kvm_vcpu *v);
	void (*vcpu_destroy)(struct kvm_vcpu *v);
	void (*load)(struct kvm_vcpu *v);	/* vCPU comes to this CPU: preemption off */
	void (*get_segment)(struct kvm_vcpu *v, enum seg_reg s, struct kvm_segment *out);
	void (*get_emul_segments)(struct kvm_vcpu *v, struct emul_seg *seg);	/* six, ES to GS */
	void (*set_segment)(struct kvm_vcpu *v, enum seg_reg s, const struct kvm_segment *in);
	struct code_segment (*get_code)(struct kvm_vcpu *v);
	u32 (*get_dpl)(struct kvm_vcpu *v);	/* of SS */
	void (*get_dt)(struct kvm_vcpu *v, bool idt, struct kvm_dtable *out);
	void (*set_dt)(struct kvm_vcpu *v, bool idt, const struct kvm_dtable *in);
	void (*update_cr)(struct kvm_vcpu *v);	/* cr0 cr3 cr4 efer of arch_vcpu changed */
	int (*get_msr)(struct kvm_vcpu *v, u32 msr, u64 *val);	/* MSRs that live in the block; -ENOENT */
	int (*set_msr)(struct kvm_vcpu *v, u32 msr, u64 val);
	u32 (*get_interrupt_shadow)(struct kvm_vcpu *v);	/* KVM_X86_SHADOW_INT_* */
	void (*set_interrupt_shadow)(struct kvm_vcpu *v, u32 mask);
	void (*inject)(struct kvm_vcpu *v, const struct guest_event *e, bool nmi, bool exception);
	void (*cancel_inject)(struct kvm_vcpu *v);	/* no entry came after inject */
	void (*want_interrupt_window)(struct kvm_vcpu *v, bool on);
	void (*want_nmi_window)(struct kvm_vcpu *v);
	void (*update_tsc)(struct kvm_vcpu *v);
	void (*update_intercepts)(struct kvm_vcpu *v);	/* debug, disabled exits, FPU */
	/* Debug registers: the block's changes into arch_vcpu; arch_vcpu's and guest_debug's into the block */
	void (*sync_debug)(struct kvm_vcpu *v);
	void (*update_debug)(struct kvm_vcpu *v);
	void (*flush_tlb)(struct kvm_vcpu *v);
	void (*run)(struct kvm_vcpu *v);	/* one entry and exit; interrupts off, GIF on after */
	int (*handle_exit)(struct kvm_vcpu *v);	/* RUN_* or -errno */
};
extern const struct hvm_ops svm_ops;
extern const struct hvm_ops *hvm;

/* inject.c */
void kvm_queue_exception(struct kvm_vcpu *v, u8 vector);
void kvm_queue_exception_e(struct kvm_vcpu *v, u8 vector, u32 error);
void kvm_queue_pf(struct kvm_vcpu *v, u32 error, u64 cr2);
void kvm_queue_db(struct kvm_vcpu *v, u64 bits);	/* bits of DR6 */
void kvm_flush_payload(struct kvm_vcpu *v);
void kvm_inject_events(struct kvm_vcpu *v);
bool kvm_has_events(struct kvm_vcpu *v);
/* #GP(0) when @err is not zero, else the instruction of @len bytes is done. */
int kvm_complete_insn(struct kvm_vcpu *v, int err, u32 len);

/* Ends an intercepted instruction: RIP, interrupt shadow, single step. */
void kvm_skip_insn(struct kvm_vcpu *v, u32 len);
bool kvm_interrupt_allowed(struct kvm_vcpu *v);
int kvm_halt(struct kvm_vcpu *v);
int kvm_triple_fault(struct kvm_vcpu *v);

/* cr.c: 0, or 1 for #GP */
int kvm_set_cr0(struct kvm_vcpu *v, u64 val);
int kvm_set_cr3(struct kvm_vcpu *v, u64 val);
int kvm_set_cr4(struct kvm_vcpu *v, u64 val);
int kvm_set_cr8(struct kvm_vcpu *v, u64 val);
u64 kvm_get_cr8(struct kvm_vcpu *v);
bool kvm_cr0_is_valid(u64 val);
bool kvm_is_pae_paging(const struct kvm_vcpu *v, u64 cr0, u64 cr4);
bool kvm_read_pdptrs(struct kvm_vcpu *v, u64 cr3, u64 pdptr[4]);
u32 kvm_cpl(struct kvm_vcpu *v);
bool kvm_is_64bit_code(struct kvm_vcpu *v);
int kvm_set_efer(struct kvm_vcpu *v, u64 val, bool host);

/* cpuid.c */
struct cpuid_slot;
void kvm_cpuid_init(void);			/* once: what the host has */
struct cpuid_host;
const struct cpuid_host *kvm_cpuid_host(void);
void kvm_cpuid_derive(struct kvm_vcpu *v);	/* what follows from the CPUID that is set */
const struct cpuid_slot *kvm_find_cpuid(const struct kvm_vcpu *v, u32 leaf, u32 index);
void kvm_cpuid(struct kvm_vcpu *v, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx);
/* Takes over @e (kmalloc) of @n entries. 0 or -ENOMEM, then @e is still the caller's. */
int kvm_cpuid_replace(struct kvm_vcpu *v, struct kvm_cpuid_entry2 *e, u32 n);
void kvm_cpuid_free(struct kvm_vcpu *v);
u32 kvm_cpuid_signature(const struct kvm_vcpu *v);
bool kvm_cpuid_is_amd(const struct kvm_vcpu *v);	/* or Hygon; false before CPUID is set */
/* Would replacing the CPUID by @e change anything that is not dynamic anyway? Dynamic parts of @e are filled in. */
bool kvm_cpuid_equals(struct kvm_vcpu *v, struct kvm_cpuid_entry2 *e, u32 n);
void kvm_cpuid_refresh(struct kvm_vcpu *v);	/* v->arch.cpuid shows what the guest sees now */
/* @reg: REG_RAX, REG_RCX, REG_RDX, REG_RBX */
bool kvm_guest_has(const struct kvm_vcpu *v, u32 leaf, u32 index, u32 reg, u32 bit);
bool kvm_guest_has_pv(const struct kvm_vcpu *v, u32 feature);
/* cpuid_ioctl.c: -ENOTTY */
long kvm_cpuid_ioctl(struct kvm_vcpu *v, u32 cmd, u64 arg);
long kvm_supported_cpuid(u32 cmd, u64 arg);

/* msr.c: 0, or why not (#GP) */
void kvm_msr_init(struct kvm_vcpu *v);
int kvm_get_msr(struct kvm_vcpu *v, u32 msr, u64 *val, bool host);
int kvm_set_msr(struct kvm_vcpu *v, u32 msr, u64 val, bool host);
/* RDMSR or WRMSR of @len bytes at RIP, filters and the VMM's part included; RUN_*. */
int kvm_emulate_msr(struct kvm_vcpu *v, bool write, u32 len);
long kvm_msr_ioctl(struct kvm_vcpu *v, u32 cmd, u64 arg);
long kvm_msr_dev_ioctl(u32 cmd, u64 arg);
long kvm_set_msr_filter(struct kvm *kvm, u64 arg);
void kvm_msr_filter_free(struct kvm *kvm);

/* tsc.c */
extern u32 kvm_tsc_frac_bits;		/* of the CPU's scaling; 0: it has none */
u64 kvm_read_guest_tsc(struct kvm_vcpu *v, u64 host_tsc);
int kvm_write_guest_tsc(struct kvm_vcpu *v, u64 val, bool host);
int kvm_set_tsc_adjust(struct kvm_vcpu *v, u64 val, bool host);
int kvm_set_tsc_khz(struct kvm_vcpu *v, u32 khz);	/* 0: the host's; 0 or -EINVAL */
long kvm_vm_set_tsc_khz(struct kvm *kvm, u64 khz);
void kvm_tsc_postcreate(struct kvm_vcpu *v);
int kvm_emulate_rdtsc(struct kvm_vcpu *v, bool with_aux, u32 len);

/* pvclock.c */
void kvm_clock_init(struct kvm *kvm);
u64 kvm_clock_now_ns(struct kvm *kvm);
void kvm_clock_requests(struct kvm_vcpu *v);	/* writes pages that are stale; before entry, may sleep */
void kvm_pv_reset(struct kvm_vcpu *v);		/* the pages belong to the kernel that was there */
void kvm_steal_check(struct kvm_vcpu *v);	/* the vCPU comes to a CPU */
int kvm_pv_msr_set(struct kvm_vcpu *v, u32 msr, u64 val, bool host);
int kvm_pv_msr_get(struct kvm_vcpu *v, u32 msr, u64 *val);
long kvm_get_clock(struct kvm *kvm, u64 arg);
long kvm_set_clock(struct kvm *kvm, u64 arg);
long kvm_clock_stopped(struct kvm_vcpu *v);
int kvm_clock_pairing(struct kvm_vcpu *v, u64 gpa);	/* 0 or -EFAULT */

/* hypercall.c: RUN_* */
int kvm_hypercall(struct kvm_vcpu *v, u32 len);

/* regs.c: 0 or -EINVAL */
void kvm_get_regs(struct kvm_vcpu *v, struct kvm_regs *r);
void kvm_set_regs(struct kvm_vcpu *v, struct kvm_regs *r);
void kvm_get_sregs(struct kvm_vcpu *v, struct kvm_sregs *s);
int kvm_set_sregs(struct kvm_vcpu *v, struct kvm_sregs *s);
void kvm_get_sregs2(struct kvm_vcpu *v, struct kvm_sregs2 *s);
int kvm_set_sregs2(struct kvm_vcpu *v, struct kvm_sregs2 *s);

/* events.c: 0 or -EINVAL */
void kvm_get_events(struct kvm_vcpu *v, struct kvm_vcpu_events *e);
int kvm_set_events(struct kvm_vcpu *v, const struct kvm_vcpu_events *e);

/* xsave.c */
void kvm_get_fpu(struct kvm_vcpu *v, struct kvm_fpu *f);
int kvm_set_fpu(struct kvm_vcpu *v, const struct kvm_fpu *f);
u32 kvm_xsave_bytes(void);			/* of KVM_GET_XSAVE2 */
long kvm_get_xsave(struct kvm_vcpu *v, u64 app, u32 bytes);
long kvm_set_xsave(struct kvm_vcpu *v, u64 app);
int kvm_set_xcr(struct kvm_vcpu *v, u32 index, u64 val);	/* 0, or 1 for #GP */
void kvm_get_xcrs(struct kvm_vcpu *v, struct kvm_xcrs *x);
int kvm_set_xcrs(struct kvm_vcpu *v, const struct kvm_xcrs *x);

/* debug.c */
void kvm_debug_reset(struct kvm_vcpu *v);
void kvm_debug_changed(struct kvm_vcpu *v);
bool kvm_debug_hw_by_vmm(const struct kvm_vcpu *v);	/* the CPU's debug registers are the VMM's */
u64 kvm_debug_dr(const struct kvm_vcpu *v, u32 nr);	/* DR0-3 and DR7 that are to be in the CPU */
u64 kvm_debug_dr7(const struct kvm_vcpu *v);
u64 kvm_get_dr(struct kvm_vcpu *v, u32 nr);
int kvm_set_dr(struct kvm_vcpu *v, u32 nr, u64 val);	/* 0, or 1 for #GP */
int kvm_emulate_dr(struct kvm_vcpu *v, bool write, u32 nr, u32 gpr, u32 len);
void kvm_apply_db(struct kvm_vcpu *v, u64 bits);
void kvm_debug_stepped(struct kvm_vcpu *v);
int kvm_debug_exit_pending(struct kvm_vcpu *v);
int kvm_debug_exception(struct kvm_vcpu *v, u32 vector, u64 dr6);
int kvm_set_guest_debug(struct kvm_vcpu *v, const struct kvm_guest_debug *d);
void kvm_get_debugregs(struct kvm_vcpu *v, struct kvm_debugregs *d);
int kvm_set_debugregs(struct kvm_vcpu *v, const struct kvm_debugregs *d);

/* mce.c */
int kvm_setup_mce(struct kvm_vcpu *v, u64 mcg_cap);
int kvm_inject_mce(struct kvm_vcpu *v, const struct kvm_x86_mce *m);
#define KVM_MCE_CAPS	(BIT(8) | BIT(24))	/* MCG_CTL, software error recovery */

/* vcpu.c */
void kvm_vcpu_reset(struct kvm_vcpu *v, bool init_event);

/* emulate.c */
int kvm_emulate(struct kvm_vcpu *v);		/* at RIP; RUN_* */
int kvm_fetch_insn(struct kvm_vcpu *v, u8 buf[16]);	/* bytes got, at most 15 */
int kvm_mmio_fault(struct kvm_vcpu *v, u64 gpa, bool write);

/* guest_walk.c: linear to guest physical through the guest's own tables. 0, or -EFAULT with
 * the #PF error code in *@error. @access: PF_* bits. */
#define PF_PRESENT 1u
#define PF_WRITE 2u
#define PF_USER 4u
#define PF_RSVD 8u
#define PF_FETCH 16u
int guest_walk(struct kvm_vcpu *v, u64 linear, u32 access, u64 *gpa, u32 *error);
/* The walk and @n bytes at the end of it, within one page. Also -ENXIO: no memory at *@gpa. */
int guest_read(struct kvm_vcpu *v, u64 linear, u32 access, void *buf, u32 n, u64 *gpa, u32 *error);
#define GUEST_INSN_BYTES 16		/* what a fetch reads if its page holds as much */

#endif
