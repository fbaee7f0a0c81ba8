/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regs.c - registers as KVM_GET/SET_REGS, SREGS, VCPU_EVENTS, FPU, XSAVE show them
 */
#include <errno.h>
#include <string.h>
#include <asm/fpu.h>
#include "irqchip/irqchip.h"
#include "vcpu.h"

struct reg_row { u32 offset; u8 reg; };
#define ROW(field, nr) { offsetof(struct kvm_regs, field), nr }
static const struct reg_row rows[VCPU_REGS] = {
	ROW(rax, 0), ROW(rcx, 1), ROW(rdx, 2), ROW(rbx, 3), ROW(rsp, 4), ROW(rbp, 5), ROW(rsi, 6), ROW(rdi, 7),
	ROW(r8, 8), ROW(r9, 9), ROW(r10, 10), ROW(r11, 11), ROW(r12, 12), ROW(r13, 13), ROW(r14, 14), ROW(r15, 15),
};

static u64 *field(struct kvm_regs *r, const struct reg_row *row)
{
	return (u64 *)(void *)((u8 *)r + row->offset);
}

void kvm_get_regs(struct kvm_vcpu *v, struct kvm_regs *r)
{
	for (u32 i = 0; i < VCPU_REGS; i++)
		*field(r, &rows[i]) = v->arch.regs[rows[i].reg];
	r->rip = v->arch.rip;
	r->rflags = v->arch.rflags;
}

void kvm_set_regs(struct kvm_vcpu *v, struct kvm_regs *r)
{
	for (u32 i = 0; i < VCPU_REGS; i++)
		v->arch.regs[rows[i].reg] = *field(r, &rows[i]);
	v->arch.rip = r->rip;
	v->arch.rflags = r->rflags | RFLAGS_FIXED;
	v->arch.exception = (struct guest_event){ 0 };
}

struct seg_row { u32 offset; u8 seg; };
#define SEG(f, s) { offsetof(struct kvm_sregs, f), s }
static const struct seg_row segs[] = {
	SEG(cs, SEG_CS), SEG(ds, SEG_DS), SEG(es, SEG_ES), SEG(fs, SEG_FS),
	SEG(gs, SEG_GS), SEG(ss, SEG_SS), SEG(tr, SEG_TR), SEG(ldt, SEG_LDTR),
};

static struct kvm_segment *seg_field(struct kvm_sregs *s, const struct seg_row *row)
{
	return (struct kvm_segment *)(void *)((u8 *)s + row->offset);
}

void kvm_get_sregs(struct kvm_vcpu *v, struct kvm_sregs *s)
{
	for (u32 i = 0; i < ARRAY_SIZE(segs); i++)
		hvm->get_segment(v, segs[i].seg, seg_field(s, &segs[i]));
	hvm->get_dt(v, false, &s->gdt);
	hvm->get_dt(v, true, &s->idt);
	s->cr0 = v->arch.cr0;
	s->cr2 = v->arch.cr2;
	s->cr3 = v->arch.cr3;
	s->cr4 = v->arch.cr4;
	s->cr8 = kvm_get_cr8(v);
	s->efer = v->arch.efer;
	s->apic_base = v->arch.apic_base;
	if (v->arch.interrupt.pending || v->arch.interrupt.injected)
		s->interrupt_bitmap[v->arch.interrupt.vector / 64] |= BIT(v->arch.interrupt.vector & 63);
}

/* A state that a CPU cannot be in is refused. */
static bool sregs_are_sane(const struct kvm_vcpu *v, const struct kvm_sregs *s)
{
	if ((s->efer & ~v->arch.efer_allowed) || (s->cr4 & ~v->arch.cr4_allowed) || s->cr0 >> 32)
		return false;
	if ((s->cr0 & CR0_PG) && !(s->cr0 & CR0_PE))
		return false;
	if ((s->efer & EFER_LME) && (s->cr0 & CR0_PG))
		return (s->cr4 & CR4_PAE) && (s->efer & EFER_LMA);
	return !(s->efer & EFER_LMA) && !s->cs.l;
}

int kvm_set_sregs(struct kvm_vcpu *v, struct kvm_sregs *s)
{
	if (!sregs_are_sane(v, s) || kvm_set_apic_base(v, s->apic_base, true))
		return -EINVAL;
	for (u32 i = 0; i < ARRAY_SIZE(segs); i++)
		hvm->set_segment(v, segs[i].seg, seg_field(s, &segs[i]));
	hvm->set_dt(v, false, &s->gdt);
	hvm->set_dt(v, true, &s->idt);
	v->arch.cr2 = s->cr2;
	v->arch.cr3 = s->cr3;
	(void)kvm_set_cr8(v, s->cr8 & 15);
	v->arch.efer = s->efer;
	v->arch.cr0 = s->cr0 | CR0_ET;
	v->arch.cr4 = s->cr4;
	hvm->update_cr(v);
	hvm->flush_tlb(v);
	for (u32 i = 0; i < 256; i++)
		if (s->interrupt_bitmap[i / 64] >> (i & 63) & 1)
			v->arch.interrupt = (struct guest_event){ .pending = true, .vector = (u8)i };
	return 0;
}

void kvm_get_events(struct kvm_vcpu *v, struct kvm_vcpu_events *e)
{
	const struct guest_event *x = &v->arch.exception, *i = &v->arch.interrupt;

	e->exception.injected = x->pending || x->injected;
	e->exception.nr = x->vector;
	e->exception.has_error_code = x->has_error;
	e->exception.error_code = x->error;
	e->interrupt.injected = i->pending || i->injected;
	e->interrupt.nr = i->vector;
	e->interrupt.soft = i->soft;
	e->interrupt.shadow = (u8)hvm->get_interrupt_shadow(v);
	e->nmi.injected = v->arch.nmi_injected;
	e->nmi.pending = v->arch.nmi_pending != 0;
	e->nmi.masked = v->arch.nmi_masked;
	e->flags = KVM_VCPUEVENT_VALID_NMI_PENDING | KVM_VCPUEVENT_VALID_SHADOW;
}

int kvm_set_events(struct kvm_vcpu *v, const struct kvm_vcpu_events *e)
{
	if (e->flags & ~(u32)(KVM_VCPUEVENT_VALID_NMI_PENDING | KVM_VCPUEVENT_VALID_SHADOW))
		return -EINVAL;
	if (e->exception.injected && (e->exception.nr > 31 || e->exception.nr == 2))
		return -EINVAL;
	v->arch.exception = (struct guest_event){
		.injected = e->exception.injected, .vector = e->exception.nr,
		.has_error = e->exception.has_error_code, .error = e->exception.error_code };
	v->arch.interrupt = (struct guest_event){
		.injected = e->interrupt.injected, .vector = e->interrupt.nr, .soft = e->interrupt.soft };
	if (e->flags & KVM_VCPUEVENT_VALID_SHADOW)
		hvm->set_interrupt_shadow(v, e->interrupt.shadow);
	v->arch.nmi_injected = e->nmi.injected;
	if (e->flags & KVM_VCPUEVENT_VALID_NMI_PENDING)
		v->arch.nmi_pending = e->nmi.pending;
	v->arch.nmi_masked = e->nmi.masked;
	kvm_make_request(v, KVM_REQ_EVENT);
	return 0;
}

/* FXSAVE layout: Intel SDM vol. 1, table 10-2. */
struct fxsave { u16 fcw, fsw; u8 ftw, rsvd; u16 fop; u64 rip, rdp; u32 mxcsr, mxcsr_mask; u8 st[8][16]; u8 xmm[16][16]; };

void kvm_get_fpu(struct kvm_vcpu *v, struct kvm_fpu *f)
{
	const struct fxsave *x = v->arch.fpu.area;

	fpu_flush(&v->arch.fpu);
	memcpy(f->fpr, x->st, sizeof(f->fpr));
	memcpy(f->xmm, x->xmm, sizeof(f->xmm));
	f->fcw = x->fcw;
	f->fsw = x->fsw;
	f->ftwx = x->ftw;
	f->last_opcode = x->fop;
	f->last_ip = x->rip;
	f->last_dp = x->rdp;
	f->mxcsr = x->mxcsr;
}

int kvm_set_fpu(struct kvm_vcpu *v, const struct kvm_fpu *f)
{
	struct fxsave *x = v->arch.fpu.area;

	if (f->mxcsr & ~0xffffu)
		return -EINVAL;
	fpu_flush(&v->arch.fpu);
	memcpy(x->st, f->fpr, sizeof(f->fpr));
	memcpy(x->xmm, f->xmm, sizeof(f->xmm));
	x->fcw = f->fcw;
	x->fsw = f->fsw;
	x->ftw = f->ftwx;
	x->fop = f->last_opcode;
	x->rip = f->last_ip;
	x->rdp = f->last_dp;
	x->mxcsr = f->mxcsr;
	if (fpu_host_xcr0())
		*(u64 *)(void *)((u8 *)v->arch.fpu.area + 512) |= 3;	/* XSTATE_BV */
	return 0;
}
