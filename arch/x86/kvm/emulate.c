/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulate.c - the executor around a vCPU: state in, memory and devices, state out
 */
#include <errno.h>
#include <string.h>
#include <socle/trace.h>
#include <socle/mem.h>
#include "emul/emul.h"
#include "emul_ops.h"
#include "irqchip/irqchip.h"
#include "vcpu.h"

#define NO_GFN ~0ull

struct emulation {
	struct emul_ctx c;
	struct emul_cache cache;
	struct kvm_vcpu *v;
	u64 gpa;			/* of the access that waits for the VMM */
	u64 write_val;
	u64 no_ram_gfn;			/* where the fault that led here found no memory */
	bool no_ram_write;		/* for a write only: it may be a read-only slot */
	bool halted;			/* HLT was executed */
	u32 nr_bytes;
	u8 bytes[GUEST_INSN_BYTES];	/* of the instruction, for the VMM */
};

static struct kvm_vcpu *vcpu_of(const struct emul_ctx *c)
{
	return c->owner;
}

static u32 access_bits(const struct emul_ctx *c, u32 flags, bool write)
{
	bool user = c->s.cpl == 3 && !(flags & EMUL_ACC_SYSTEM);

	return (user ? PF_USER : 0) | (write || (flags & EMUL_ACC_RMW) ? PF_WRITE : 0);
}

static int translate(struct emul_ctx *c, u64 linear, u32 access, u64 *gpa)
{
	u32 error;

	if (guest_walk(vcpu_of(c), linear, access, gpa, &error))
		return emul_page_fault(c, linear, error);
	return EMUL_OK;
}

/* Saves the look into the slots that the fault has made already. */
static bool known_device(const struct emul_ctx *c, u64 gpa, bool write)
{
	const struct emulation *e = (const struct emulation *)(const void *)c;

	return gpa >> PAGE_SHIFT == e->no_ram_gfn && write == e->no_ram_write;
}

static int op_read(struct emul_ctx *c, u64 linear, void *buf, u32 len, u32 flags)
{
	struct kvm_vcpu *v = vcpu_of(c);
	u64 gpa;
	int res = translate(c, linear, access_bits(c, flags, false), &gpa);

	if (res != EMUL_OK)
		return res;
	if (!known_device(c, gpa, false) && !kvm_read_guest(v->kvm, GPA(gpa), buf, len))
		return EMUL_OK;
	if (flags & EMUL_ACC_RAM)
		return EMUL_UNHANDLED;
	if (lapic_mmio(v, gpa, len, buf, false))
		return EMUL_DEVICE;
	if (!kvm_io_read(v, KVM_BUS_MMIO, gpa, len, buf))
		return EMUL_DEVICE;
	((struct emulation *)(void *)c)->gpa = gpa;
	return EMUL_EXIT;
}

static int op_write(struct emul_ctx *c, u64 linear, const void *buf, u32 len, u32 flags)
{
	struct emulation *e = (struct emulation *)(void *)c;
	struct kvm_vcpu *v = vcpu_of(c);
	u64 gpa;
	int res = translate(c, linear, access_bits(c, flags, true), &gpa);

	if (res != EMUL_OK || (flags & EMUL_ACC_PROBE))
		return res;
	if (!known_device(c, gpa, true) && !kvm_write_guest(v->kvm, GPA(gpa), buf, len))
		return EMUL_OK;
	if (flags & EMUL_ACC_RAM)
		return EMUL_UNHANDLED;
	if (lapic_mmio(v, gpa, len, (void *)(uintptr_t)buf, true))
		return EMUL_DEVICE;
	if (!kvm_io_write(v, KVM_BUS_MMIO, gpa, len, buf))
		return EMUL_DEVICE;
	e->gpa = gpa;
	memcpy(&e->write_val, buf, len);
	return EMUL_EXIT;
}

static int op_cmpxchg(struct emul_ctx *c, u64 linear, void *old, const void *new_val, u32 len)
{
	struct kvm_vcpu *v = vcpu_of(c);
	u64 gpa;
	int res = translate(c, linear, access_bits(c, 0, true), &gpa);

	if (res != EMUL_OK)
		return res;
	if (len > 8 || (gpa & (len - 1)))
		return EMUL_UNHANDLED;
	switch (kvm_cmpxchg_guest(v->kvm, GPA(gpa), old, new_val, len)) {
	case 0: return EMUL_OK;
	case -EAGAIN: return EMUL_RETRY;
	default: return EMUL_UNHANDLED;
	}
}

/* As Linux: the device that took the first element has all of them. */
static int op_pio_in(struct emul_ctx *c, u16 port, u32 size, u32 count, void *buf)
{
	struct kvm_vcpu *v = vcpu_of(c);
	u8 *p = buf;

	memset(buf, 0, (size_t)size * count);
	for (u32 i = 0; i < count; i++)
		if (kvm_io_read(v, KVM_BUS_PIO, port, size, p + i * size) && i == 0)
			return EMUL_EXIT;
	return EMUL_DEVICE;
}

static int op_pio_out(struct emul_ctx *c, u16 port, u32 size, u32 count, const void *buf)
{
	struct kvm_vcpu *v = vcpu_of(c);
	const u8 *p = buf;

	for (u32 i = 0; i < count; i++) {
		if (!kvm_io_write(v, KVM_BUS_PIO, port, size, p + i * size) || i != 0)
			continue;
		memcpy(v->pio_data, buf, (size_t)size * count);
		return EMUL_EXIT;
	}
	return EMUL_DEVICE;
}

static int op_halt(struct emul_ctx *c)
{
	((struct emulation *)(void *)c)->halted = true;
	return EMUL_OK;
}

static const struct emul_ops ops = {
	.read = op_read, .write = op_write, .cmpxchg = op_cmpxchg,
	.pio_in = op_pio_in, .pio_out = op_pio_out, .io_allowed = emul_io_allowed,
	.get_cr = emul_get_cr, .set_cr = emul_set_cr, .get_dr = emul_get_dr, .set_dr = emul_set_dr,
	.get_msr = emul_get_msr, .set_msr = emul_set_msr, .get_dt = emul_get_dt, .set_dt = emul_set_dt,
	.get_ldt = emul_get_ldt, .get_vec = emul_get_vec, .set_vec = emul_set_vec,
	.vec_usable = emul_vec_usable, .invlpg = emul_invlpg, .halt = op_halt, .cpuid = emul_cpuid,
	.read_tsc = emul_read_tsc,
};

static void state_in(struct kvm_vcpu *v, struct emul_state *s)
{
	memcpy(s->gpr, v->arch.regs, sizeof(s->gpr));
	s->rip = v->arch.rip;
	s->rflags = v->arch.rflags;
	s->cr0 = v->arch.cr0;
	s->cr4 = v->arch.cr4;
	s->efer = v->arch.efer;
	s->cpl = (u8)kvm_cpl(v);
	s->la57 = v->arch.cr4 & CR4_LA57;
	hvm->get_emul_segments(v, s->seg);
}

static void segment_out(struct kvm_vcpu *v, u32 i, const struct emul_seg *s)
{
	struct kvm_segment k = {
		.base = s->base, .limit = s->limit, .selector = s->sel, .type = s->attr & 15,
		.s = s->attr >> 4 & 1, .dpl = s->attr >> 5 & 3, .present = s->attr >> 7 & 1,
		.avl = s->attr >> 8 & 1, .l = s->attr >> 9 & 1, .db = s->attr >> 10 & 1, .g = s->attr >> 11 & 1 };

	hvm->set_segment(v, (enum seg_reg)i, &k);
}

static void state_out(struct kvm_vcpu *v, const struct emul_ctx *c)
{
	memcpy(v->arch.regs, c->s.gpr, sizeof(c->s.gpr));
	v->arch.rip = c->s.rip;
	v->arch.rflags = c->s.rflags;
	for (u32 i = 0; i < EMUL_NR_SEGS; i++)
		if (c->seg_dirty & BIT(i))
			segment_out(v, i, &c->s.seg[i]);
}

static int run_executor(struct kvm_vcpu *v);

static int vmm_answered(struct kvm_vcpu *v)
{
	struct emulation *e = (struct emulation *)(void *)v->arch.emul;
	bool pio = e->c.pending.kind == EMUL_PIO_IN || e->c.pending.kind == EMUL_PIO_OUT;

	e->no_ram_gfn = NO_GFN;		/* slots may have come meanwhile */
	emul_complete(&e->c, pio ? v->pio_data : v->run->mmio.data);
	return run_executor(v);
}

/* What the executor wants from the VMM, into the run page. */
static int ask_vmm(struct kvm_vcpu *v)
{
	struct emulation *e = (struct emulation *)(void *)v->arch.emul;
	const struct emul_pending *p = &e->c.pending;
	struct kvm_run *run = v->run;
	bool write = p->kind == EMUL_MEM_WRITE || p->kind == EMUL_PIO_OUT;

	if (p->kind == EMUL_PIO_IN || p->kind == EMUL_PIO_OUT) {
		run->exit_reason = KVM_EXIT_IO;
		run->io.direction = write ? KVM_EXIT_IO_OUT : KVM_EXIT_IO_IN;
		run->io.size = (u8)p->size;
		run->io.port = (u16)p->addr;
		run->io.count = p->count;
		run->io.data_offset = PAGE_SIZE;
		v->stat_pio++;
		return RUN_USER;
	}
	run->exit_reason = KVM_EXIT_MMIO;
	run->mmio.phys_addr = e->gpa;
	run->mmio.len = p->size;
	run->mmio.is_write = write;
	if (write)
		memcpy(run->mmio.data, &e->write_val, sizeof(e->write_val));
	return RUN_USER;
}

/* As Linux: a user program that uses what we cannot do gets #UD, the kernel's case is the VMM's. */
static int cannot_emulate(struct kvm_vcpu *v)
{
	const struct emulation *e = (struct emulation *)(void *)v->arch.emul;
	struct kvm_run *run = v->run;

	if (kvm_cpl(v)) {
		kvm_queue_exception(v, VEC_UD);
		return RUN_GUEST;
	}
	run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
	run->emulation_failure.suberror = KVM_INTERNAL_ERROR_EMULATION;
	run->emulation_failure.flags = 0;
	run->emulation_failure.ndata = 1;
	if (!e->nr_bytes)
		return RUN_USER;
	run->emulation_failure.flags = KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES;
	run->emulation_failure.ndata = 3;
	run->emulation_failure.insn_size = (u8)e->nr_bytes;
	memset(run->emulation_failure.insn_bytes, 0x90, sizeof(run->emulation_failure.insn_bytes));
	memcpy(run->emulation_failure.insn_bytes, e->bytes, MIN(e->nr_bytes, 15u));
	return RUN_USER;
}

static int insn_done(struct kvm_vcpu *v, struct emulation *e)
{
	hvm->set_interrupt_shadow(v, e->c.shadow);
	/* The single step that was on when the instruction began. */
	if (unlikely((e->c.saved.rflags & RFLAGS_TF) || v->arch.guest_debug))
		kvm_debug_stepped(v);
	if (!e->halted)
		return RUN_GUEST;
	e->halted = false;
	return kvm_halt(v);
}

static int queue_fault(struct kvm_vcpu *v, const struct emul_ctx *c)
{
	if (c->fault.vector == VEC_PF)
		kvm_queue_pf(v, c->fault.error, c->fault.cr2);
	else if (c->fault.has_error)
		kvm_queue_exception_e(v, c->fault.vector, c->fault.error);
	else
		kvm_queue_exception(v, c->fault.vector);
	return RUN_GUEST;
}

static int run_executor(struct kvm_vcpu *v)
{
	struct emulation *e = (struct emulation *)(void *)v->arch.emul;
	int res = emul_exec(&e->c), ret;

	state_out(v, &e->c);
	switch (res) {
	case EMUL_OK:
		ret = insn_done(v, e);
		break;
	case EMUL_FAULT:
		ret = queue_fault(v, &e->c);
		break;
	case EMUL_EXIT:
		v->arch.complete = vmm_answered;
		return ask_vmm(v);
	case EMUL_RETRY:		/* as it was: the guest comes back, or does it itself */
		ret = RUN_GUEST;
		break;
	default:
		ret = cannot_emulate(v);
	}
	return ret == RUN_GUEST && e->c.posted ? ask_vmm(v) : ret;
}

static struct emulation *emulation_of(struct kvm_vcpu *v)
{
	struct emulation *e = (struct emulation *)(void *)v->arch.emul;

	if (e)
		return e;
	e = kmalloc(sizeof(*e));
	if (!e)
		return NULL;
	e->c.ops = &ops;
	e->c.owner = v;
	e->c.cache = &e->cache;
	v->arch.emul = &e->c;
	return e;
}

/* The bytes end where the guest's mapping of its code does: the fetch of the rest faults, or has no memory. */
static int fetch_failed(struct kvm_vcpu *v, u32 got)
{
	struct code_segment cs = hvm->get_code(v);
	bool wide = (v->arch.efer & EFER_LMA) && cs.l;
	u64 linear = (wide ? v->arch.rip : (u32)(cs.base + v->arch.rip)) + got, gpa;
	u32 access = PF_FETCH | (kvm_cpl(v) == 3 ? PF_USER : 0), error;

	if (!guest_walk(v, linear, access, &gpa, &error))
		return cannot_emulate(v);
	kvm_queue_pf(v, error, linear);
	return RUN_GUEST;
}

static int emulate(struct kvm_vcpu *v, u64 no_ram_gfn, bool write)
{
	struct emulation *e = emulation_of(v);
	int res;

	if (!e)
		return -ENOMEM;
	e->halted = false;
	e->no_ram_gfn = no_ram_gfn;
	e->no_ram_write = write;
	e->nr_bytes = (u32)kvm_fetch_insn(v, e->bytes);
	state_in(v, &e->c.s);
	res = emul_begin(&e->c, e->bytes, e->nr_bytes);
	if (res == EMUL_FAULT)
		return queue_fault(v, &e->c);
	if (res == EMUL_RETRY)
		return fetch_failed(v, e->nr_bytes);
	if (res != EMUL_OK || !emul_supported(&e->c.insn))
		return cannot_emulate(v);
	return run_executor(v);
}

int kvm_emulate(struct kvm_vcpu *v)
{
	return emulate(v, NO_GFN, false);
}

/* While an event is delivered the access is not the instruction's: nothing can be emulated. */
int kvm_mmio_fault(struct kvm_vcpu *v, u64 gpa, bool write)
{
	trace(TRACE_kvm_mmio, v->trace_id, gpa, write);
	if (v->arch.exception.injected || v->arch.interrupt.injected || v->arch.nmi_injected) {
		v->run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
		v->run->internal.suberror = KVM_INTERNAL_ERROR_DELIVERY_EV;
		v->run->internal.ndata = 0;
		return RUN_USER;
	}
	return emulate(v, gpa >> PAGE_SHIFT, write);
}
