/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vmcb.h - the SVM virtual machine control block (AMD APM vol. 2, appendix B)
 */
#ifndef X86_KVM_VMCB_H
#define X86_KVM_VMCB_H

#include <socle/types.h>

struct vmcb_seg { u16 selector, attrib; u32 limit; u64 base; };

struct vmcb {
	u16 intercept_cr_read, intercept_cr_write;	/* 000 */
	u16 intercept_dr_read, intercept_dr_write;
	u32 intercept_exceptions;
	u32 intercept[3];				/* 00C: words 3, 4, 5 */
	u8 reserved_018[0x3c - 0x18];
	u16 pause_threshold, pause_count;
	u64 iopm_pa, msrpm_pa, tsc_offset;
	u32 asid;
	u8 tlb_control, erap_control, reserved_05e[2];
	u32 int_ctl, int_vector, int_state, reserved_06c;
	u64 exit_code, exit_info1, exit_info2;
	u32 exit_int_info, exit_int_error;
	u64 misc_ctl;					/* 090: bit 0 nested paging */
	u64 avic_bar, ghcb;
	u32 event_inj, event_inj_error;
	u64 nested_cr3, misc_ctl2;
	u32 clean, reserved_0c4;
	u64 next_rip;
	u8 insn_len, insn_bytes[15];
	u8 reserved_0e0[0x400 - 0xe0];
	struct vmcb_seg seg[6];				/* 400: ES CS SS DS FS GS */
	struct vmcb_seg gdtr, ldtr, idtr, tr;
	u8 reserved_4a0[0x4cb - 0x4a0];
	u8 cpl;
	u8 reserved_4cc[4];
	u64 efer;					/* 4D0 */
	u8 reserved_4d8[0x548 - 0x4d8];
	u64 cr4, cr3, cr0, dr7, dr6, rflags, rip;
	u8 reserved_580[0x5d8 - 0x580];
	u64 rsp, s_cet, ssp, isst_addr, rax;
	u64 star, lstar, cstar, sfmask, kernel_gs_base;
	u64 sysenter_cs, sysenter_esp, sysenter_eip, cr2;
	u8 reserved_648[0x668 - 0x648];
	u64 g_pat, dbgctl, br_from, br_to, last_excp_from, last_excp_to;
	u8 reserved_698[0x6e0 - 0x698];
	u64 spec_ctrl;
	u8 reserved_6e8[0x1000 - 0x6e8];
} __packed __aligned(4096);

#define VMCB_AT(field, off) \
	_Static_assert(offsetof(struct vmcb, field) == (off), #field)
VMCB_AT(iopm_pa, 0x40);
VMCB_AT(asid, 0x58);
VMCB_AT(exit_code, 0x70);
VMCB_AT(misc_ctl, 0x90);
VMCB_AT(event_inj, 0xa8);
VMCB_AT(nested_cr3, 0xb0);
VMCB_AT(clean, 0xc0);
VMCB_AT(seg, 0x400);
VMCB_AT(tr, 0x490);
VMCB_AT(cpl, 0x4cb);
VMCB_AT(cr4, 0x548);
VMCB_AT(rip, 0x578);
VMCB_AT(rsp, 0x5d8);
VMCB_AT(rax, 0x5f8);
VMCB_AT(cr2, 0x640);
VMCB_AT(g_pat, 0x668);
VMCB_AT(spec_ctrl, 0x6e0);
_Static_assert(sizeof(struct vmcb) == 4096, "VMCB size");

/* Word 3 and 4 intercepts: exit code is 0x60 + bit and 0x80 + bit. */
#define INTERCEPT3(code)	BIT((code) - 0x60)
#define INTERCEPT4(code)	BIT((code) - 0x80)

enum svm_exit {
	SVM_EXIT_READ_CR0 = 0x00, SVM_EXIT_WRITE_CR0 = 0x10, SVM_EXIT_WRITE_CR4 = 0x14,
	SVM_EXIT_WRITE_CR8 = 0x18, SVM_EXIT_READ_DR0 = 0x20, SVM_EXIT_WRITE_DR0 = 0x30,
	SVM_EXIT_EXCP = 0x40,
	SVM_EXIT_INTR = 0x60, SVM_EXIT_NMI = 0x61, SVM_EXIT_SMI = 0x62, SVM_EXIT_INIT = 0x63,
	SVM_EXIT_VINTR = 0x64, SVM_EXIT_RDTSC = 0x6e, SVM_EXIT_RDPMC = 0x6f, SVM_EXIT_CPUID = 0x72,
	SVM_EXIT_RSM = 0x73, SVM_EXIT_IRET = 0x74, SVM_EXIT_INVD = 0x76, SVM_EXIT_PAUSE = 0x77,
	SVM_EXIT_HLT = 0x78, SVM_EXIT_INVLPGA = 0x7a, SVM_EXIT_IOIO = 0x7b, SVM_EXIT_MSR = 0x7c,
	SVM_EXIT_TASK_SWITCH = 0x7d, SVM_EXIT_SHUTDOWN = 0x7f,
	SVM_EXIT_VMRUN = 0x80, SVM_EXIT_VMMCALL, SVM_EXIT_VMLOAD, SVM_EXIT_VMSAVE,
	SVM_EXIT_STGI, SVM_EXIT_CLGI, SVM_EXIT_SKINIT, SVM_EXIT_RDTSCP, SVM_EXIT_ICEBP,
	SVM_EXIT_WBINVD, SVM_EXIT_MONITOR, SVM_EXIT_MWAIT, SVM_EXIT_MWAIT_COND, SVM_EXIT_XSETBV,
	SVM_EXIT_RDPRU,
	SVM_EXIT_NPF = 0x400,
};

#define INT_CTL_V_TPR		0xfu
#define INT_CTL_V_IRQ		BIT(8)
#define INT_CTL_V_IGN_TPR	BIT(20)
#define INT_CTL_V_INTR_MASKING	BIT(24)
#define INT_STATE_SHADOW	1u
#define MISC_CTL_NP		1u
#define TLB_FLUSH_ALL		1u
#define TLB_FLUSH_ASID		3u

/* EVENTINJ and EXITINTINFO */
#define EVENT_TYPE(t)		((u32)(t) << 8)
enum { EVENT_EXTINT = 0, EVENT_NMI = 2, EVENT_EXCEPTION = 3, EVENT_SOFT = 4 };
#define EVENT_ERROR		BIT(11)
#define EVENT_VALID		BIT(31)

/* EXITINFO1 of IOIO */
#define IOIO_IN			BIT(0)
#define IOIO_STRING		BIT(2)
#define IOIO_REP		BIT(3)

/* Clean bits */
enum { CLEAN_INTERCEPTS, CLEAN_IOPM, CLEAN_ASID, CLEAN_INT, CLEAN_NP, CLEAN_CR, CLEAN_DR, CLEAN_DT,
       CLEAN_SEG, CLEAN_CR2, CLEAN_LBR };

#endif
