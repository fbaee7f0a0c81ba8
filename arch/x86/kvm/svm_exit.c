/* SPDX-License-Identifier: Apache-2.0 */
/*
 * svm_exit.c - why the guest left, in tables
 *
 * The CPU may not give the length of the intercepted instruction (no NRIP):
 * then its bytes are fetched and must be what the exit code says. A guest that
 * rewrites them in between gets the instruction looked at again.
 */
#include <errno.h>
#include <string.h>
#include <socle/log.h>
#include <socle/cpu.h>
#include <socle/trace.h>
#include "emul/emul.h"
#include "svm.h"

#define MAX_INSN_BYTES 15u

static int internal_error(struct kvm_vcpu *v, u32 suberror)
{
	v->run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
	v->run->internal.suberror = suberror;
	v->run->internal.ndata = 0;
	return RUN_USER;
}

/* Up to 15 bytes at RIP; fewer at the end of what is mapped. */
int kvm_fetch_insn(struct kvm_vcpu *v, u8 buf[GUEST_INSN_BYTES])
{
	struct code_segment cs = hvm->get_code(v);
	bool wide = (v->arch.efer & EFER_LMA) && cs.l;
	u64 linear = wide ? v->arch.rip : (u32)(cs.base + v->arch.rip), gpa;
	u32 access = PF_FETCH | (kvm_cpl(v) == 3 ? PF_USER : 0);
	u32 in_page = (u32)(PAGE_SIZE - (linear & (PAGE_SIZE - 1))), first = MIN(in_page, (u32)GUEST_INSN_BYTES), error;

	if (guest_read(v, linear, access, buf, first, &gpa, &error))
		return 0;
	if (first < MAX_INSN_BYTES && !guest_read(v, linear + first, access, buf + first, MAX_INSN_BYTES - first, &gpa, &error))
		first = MAX_INSN_BYTES;
	return (int)MIN(first, MAX_INSN_BYTES);
}

bool svm_fast_insn(struct kvm_vcpu *v, struct emul_fast *f)
{
	struct code_segment cs = hvm->get_code(v);
	bool wide = (v->arch.efer & EFER_LMA) && cs.l;
	u8 bytes[GUEST_INSN_BYTES];
	u32 n = (u32)kvm_fetch_insn(v, bytes);

	return emul_fast_match(bytes, n, wide, !wide && !cs.db, f);
}

/* Length of the instruction that must be @op; 0: the bytes say otherwise. */
static u32 insn_length(struct kvm_vcpu *v, u8 op)
{
	struct emul_fast f;

	if (svm_caps.features & CPUID_SVM_NRIPS)
		return (u32)(vmcb_of(v)->next_rip - v->arch.rip);
	return svm_fast_insn(v, &f) && f.op == op ? f.len : 0;
}

static int exit_nothing(struct kvm_vcpu *v)
{
	(void)v;
	return RUN_GUEST;
}

static int exit_cpuid(struct kvm_vcpu *v)
{
	u32 len = insn_length(v, FAST_CPUID);
	u32 eax = (u32)v->arch.regs[REG_RAX], ecx = (u32)v->arch.regs[REG_RCX], ebx, edx;

	if (!len)
		return RUN_GUEST;
	if ((v->arch.misc_features & 1) && kvm_cpl(v))	/* CPUID faulting is on */
		return kvm_complete_insn(v, 1, len);
	kvm_cpuid(v, &eax, &ebx, &ecx, &edx);
	v->arch.regs[REG_RAX] = eax;
	v->arch.regs[REG_RBX] = ebx;
	v->arch.regs[REG_RCX] = ecx;
	v->arch.regs[REG_RDX] = edx;
	return kvm_complete_insn(v, 0, len);
}

static int exit_hlt(struct kvm_vcpu *v)
{
	u32 len = insn_length(v, FAST_HLT);

	if (!len)
		return RUN_GUEST;
	kvm_skip_insn(v, len);
	return kvm_halt(v);
}

static int exit_msr(struct kvm_vcpu *v)
{
	bool write = vmcb_of(v)->exit_info1 & 1;
	u32 len = insn_length(v, write ? FAST_WRMSR : FAST_RDMSR);

	return len ? kvm_emulate_msr(v, write, len) : RUN_GUEST;
}

static u64 cr_read(struct kvm_vcpu *v, u32 nr)
{
	switch (nr) {
	case 0: return v->arch.cr0;
	case 2: return v->arch.cr2;
	case 3: return v->arch.cr3;
	case 4: return v->arch.cr4;
	default: return kvm_get_cr8(v);
	}
}

static int cr_write(struct kvm_vcpu *v, u32 nr, u64 val)
{
	switch (nr) {
	case 0: return kvm_set_cr0(v, val);
	case 3: return kvm_set_cr3(v, val);
	case 4: return kvm_set_cr4(v, val);
	case 8: return kvm_set_cr8(v, val);
	default: return 1;
	}
}

static int exit_cr(struct kvm_vcpu *v)
{
	struct emul_fast f;
	u64 mask = kvm_is_64bit_code(v) ? ~0ull : 0xffffffff;
	int err = 0;

	if (!svm_fast_insn(v, &f))
		return kvm_emulate(v);	/* CLTS, LMSW, SMSW with memory */
	if (f.op == FAST_CLTS)
		err = kvm_set_cr0(v, v->arch.cr0 & ~CR0_TS);
	else if (f.op == FAST_MOV_TO_CR)
		err = cr_write(v, f.reg, v->arch.regs[f.gpr] & mask);
	else if (f.op == FAST_MOV_FROM_CR)
		v->arch.regs[f.gpr] = cr_read(v, f.reg) & mask;
	else
		return kvm_emulate(v);
	return kvm_complete_insn(v, err, f.len);
}

static int exit_xsetbv(struct kvm_vcpu *v)
{
	u32 len = insn_length(v, FAST_XSETBV);
	u64 val = (u32)v->arch.regs[REG_RAX] | v->arch.regs[REG_RDX] << 32;

	if (!len)
		return RUN_GUEST;
	return kvm_complete_insn(v, kvm_cpl(v) ? 1 : kvm_set_xcr(v, (u32)v->arch.regs[REG_RCX], val), len);
}

static int exit_wbinvd(struct kvm_vcpu *v)
{
	struct emul_fast f;

	if (!svm_fast_insn(v, &f))
		return RUN_GUEST;
	return kvm_complete_insn(v, 0, f.len);
}

static int exit_vmmcall(struct kvm_vcpu *v)
{
	u32 len = insn_length(v, FAST_VMMCALL);

	return len ? kvm_hypercall(v, len) : RUN_GUEST;
}

/* RDTSCP has an exit of its own, but QEMU's TCG reports RDTSC. */
static int exit_rdtsc(struct kvm_vcpu *v)
{
	struct emul_fast f;

	if (!svm_fast_insn(v, &f) || (f.op != FAST_RDTSC && f.op != FAST_RDTSCP))
		return RUN_GUEST;
	return kvm_emulate_rdtsc(v, f.op == FAST_RDTSCP, f.len);
}

/* Intel's hypercall, of a guest that took its vendor from elsewhere. */
static int exit_ud(struct kvm_vcpu *v)
{
	struct emul_fast f;

	if (svm_fast_insn(v, &f) && f.op == FAST_VMCALL)
		return kvm_hypercall(v, f.len);
	kvm_queue_exception(v, VEC_UD);
	return RUN_GUEST;
}

static int exit_undefined(struct kvm_vcpu *v)
{
	kvm_queue_exception(v, VEC_UD);
	return RUN_GUEST;
}

/* No counters: every index is a wrong one. */
static int exit_rdpmc(struct kvm_vcpu *v)
{
	kvm_queue_exception_e(v, VEC_GP, 0);
	return RUN_GUEST;
}

/* MONITOR and MWAIT do nothing, whatever CPUID says, as KVM's default is. */
static int exit_monitor(struct kvm_vcpu *v)
{
	bool mwait = vmcb_of(v)->exit_code != SVM_EXIT_MONITOR;
	u32 len = insn_length(v, mwait ? FAST_MWAIT : FAST_MONITOR);

	return len ? kvm_complete_insn(v, 0, len) : RUN_GUEST;
}

/* Task switches of hardware are not emulated. */
static int exit_task_switch(struct kvm_vcpu *v)
{
	return internal_error(v, KVM_INTERNAL_ERROR_EMULATION);
}

/* An intercepted exception is the guest's: it goes back in. */
static int exit_exception(struct kvm_vcpu *v)
{
	u8 vector = (u8)(vmcb_of(v)->exit_code - SVM_EXIT_EXCP);

	if (vector == VEC_AC)
		kvm_queue_exception_e(v, vector, (u32)vmcb_of(v)->exit_info1);
	else if (vector != VEC_MC)	/* the host's: svm_run() has looked at it */
		kvm_queue_exception(v, vector);
	return RUN_GUEST;
}

/* The loop in run.c looks at what waits for the window. */
static int exit_window(struct kvm_vcpu *v)
{
	hvm->want_interrupt_window(v, false);
	kvm_make_request(v, KVM_REQ_EVENT);
	return RUN_GUEST;
}

/* The exit comes before the IRET: NMIs stay blocked until it is done, see svm_nmi.c. */
static int exit_iret(struct kvm_vcpu *v)
{
	svm_nmi_iret(v);
	return RUN_GUEST;
}

static int exit_npf(struct kvm_vcpu *v)
{
	struct vmcb *b = vmcb_of(v);
	u32 error = (u32)b->exit_info1;
	u64 gpa = b->exit_info2;
	u32 want = PT_R | (error & PF_WRITE ? PT_W : 0) | (error & PF_FETCH ? PT_X : 0);

	switch (kvm_page_fault(v, GPA(gpa), want)) {
	case KVM_FAULT_FIXED:
	case KVM_FAULT_RETRY:
		return RUN_GUEST;
	case KVM_FAULT_MMIO:
		v->stat_mmio++;
		return kvm_mmio_fault(v, gpa, error & PF_WRITE);
	case KVM_FAULT_NOMEM:
		return -ENOMEM;
	default:
		return -EFAULT;
	}
}

static int exit_shutdown(struct kvm_vcpu *v)
{
	return kvm_triple_fault(v);
}

typedef int (*exit_fn)(struct kvm_vcpu *v);

static const exit_fn low_exits[0xa0] = {
	[SVM_EXIT_READ_CR0 ... SVM_EXIT_READ_CR0 + 15] = exit_cr,
	[SVM_EXIT_WRITE_CR0 ... SVM_EXIT_WRITE_CR0 + 15] = exit_cr,
	[SVM_EXIT_READ_DR0 ... SVM_EXIT_READ_DR0 + 31] = svm_exit_dr,
	[SVM_EXIT_EXCP + VEC_DB] = svm_exit_db,
	[SVM_EXIT_EXCP + VEC_BP] = svm_exit_bp,
	[SVM_EXIT_EXCP + VEC_UD] = exit_ud,
	[SVM_EXIT_EXCP + VEC_AC] = exit_exception,
	[SVM_EXIT_EXCP + VEC_MC] = exit_exception,
	[SVM_EXIT_INTR] = exit_nothing,
	[SVM_EXIT_NMI] = exit_nothing,
	[SVM_EXIT_SMI] = exit_nothing,
	[SVM_EXIT_INIT] = exit_nothing,
	[SVM_EXIT_VINTR] = exit_window,
	[SVM_EXIT_RDTSC] = exit_rdtsc,
	[SVM_EXIT_RDPMC] = exit_rdpmc,
	[SVM_EXIT_CPUID] = exit_cpuid,
	[SVM_EXIT_RSM] = exit_undefined,
	[SVM_EXIT_IRET] = exit_iret,
	[SVM_EXIT_INVD] = exit_wbinvd,
	[SVM_EXIT_HLT] = exit_hlt,
	[SVM_EXIT_INVLPGA] = exit_undefined,
	[SVM_EXIT_IOIO] = svm_exit_ioio,
	[SVM_EXIT_MSR] = exit_msr,
	[SVM_EXIT_TASK_SWITCH] = exit_task_switch,
	[SVM_EXIT_SHUTDOWN] = exit_shutdown,
	[SVM_EXIT_VMRUN] = exit_undefined,
	[SVM_EXIT_VMMCALL] = exit_vmmcall,
	[SVM_EXIT_VMLOAD ... SVM_EXIT_SKINIT] = exit_undefined,
	[SVM_EXIT_RDTSCP] = exit_rdtsc,
	[SVM_EXIT_WBINVD] = exit_wbinvd,
	[SVM_EXIT_MONITOR ... SVM_EXIT_MWAIT_COND] = exit_monitor,
	[SVM_EXIT_XSETBV] = exit_xsetbv,
};

/* Events that the exit cut off go in again. */
static void requeue(struct kvm_vcpu *v)
{
	struct vmcb *b = vmcb_of(v);
	u32 info = b->exit_int_info, type = info >> 8 & 7;
	u8 vector = (u8)info;

	v->arch.exception.injected = false;
	v->arch.interrupt.injected = false;
	v->arch.nmi_injected = false;
	if (!(info & EVENT_VALID))
		return;
	if (type == EVENT_EXCEPTION && vector >= 32)
		type = EVENT_EXTINT;	/* QEMU's TCG reports a V_IRQ so */
	if (type == EVENT_NMI) {
		v->arch.nmi_injected = true;
	} else if (type == EVENT_EXCEPTION) {
		v->arch.exception = (struct guest_event){ .injected = true, .vector = vector,
			.has_error = info & EVENT_ERROR, .error = b->exit_int_error };
	} else {
		v->arch.interrupt = (struct guest_event){ .injected = true, .vector = vector,
			.soft = type == EVENT_SOFT };
	}
}

enum exit_kind { KIND_OTHER, KIND_CPUID, KIND_MSR, KIND_IO, KIND_CR, KIND_DR, KIND_EXCEPTION, KIND_INTERRUPT,
		 KIND_WINDOW, KIND_HLT, KIND_VMMCALL, KIND_NPF };
const char *const arch_exit_kind[KVM_EXIT_KINDS] = {
	[KIND_OTHER] = "other", [KIND_CPUID] = "cpuid", [KIND_MSR] = "msr", [KIND_IO] = "io", [KIND_CR] = "cr",
	[KIND_DR] = "dr", [KIND_EXCEPTION] = "exception", [KIND_INTERRUPT] = "interrupt", [KIND_WINDOW] = "window",
	[KIND_HLT] = "hlt", [KIND_VMMCALL] = "vmmcall", [KIND_NPF] = "npf",
};

static const u8 exit_kind[0xa0] = {
	[SVM_EXIT_READ_CR0 ... SVM_EXIT_READ_CR0 + 15] = KIND_CR,
	[SVM_EXIT_WRITE_CR0 ... SVM_EXIT_WRITE_CR0 + 15] = KIND_CR,
	[SVM_EXIT_READ_CR0 + 0x20 ... SVM_EXIT_READ_CR0 + 0x3f] = KIND_DR,
	[SVM_EXIT_EXCP ... SVM_EXIT_EXCP + 31] = KIND_EXCEPTION,
	[SVM_EXIT_INTR] = KIND_INTERRUPT,
	[SVM_EXIT_VINTR] = KIND_WINDOW,
	[SVM_EXIT_CPUID] = KIND_CPUID,
	[SVM_EXIT_HLT] = KIND_HLT,
	[SVM_EXIT_IOIO] = KIND_IO,
	[SVM_EXIT_MSR] = KIND_MSR,
	[SVM_EXIT_VMMCALL] = KIND_VMMCALL,
};

int svm_handle_exit(struct kvm_vcpu *v)
{
	u64 code = vmcb_of(v)->exit_code;
	exit_fn fn = code < ARRAY_SIZE(low_exits) ? low_exits[code] : NULL;

	trace(TRACE_kvm_exit, v->trace_id, code, v->arch.rip);
	v->stat_kind[code < ARRAY_SIZE(exit_kind) ? exit_kind[code] : code == SVM_EXIT_NPF ? KIND_NPF : KIND_OTHER]++;
	requeue(v);
	if (code == SVM_EXIT_NPF)
		return exit_npf(v);
	if (fn)
		return fn(v);
	if ((u32)code == ~0u) {
		v->run->exit_reason = KVM_EXIT_FAIL_ENTRY;
		v->run->fail_entry.hardware_entry_failure_reason = code;
		v->run->fail_entry.cpu = cpu_id();
		return RUN_USER;
	}
	LOG_RATELIMIT(LOG_NOTICE, "kvm: unexpected exit %lx at %lx\n", code, v->arch.rip);
	return internal_error(v, KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON);
}
