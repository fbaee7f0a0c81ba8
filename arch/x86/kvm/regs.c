/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regs.c - registers as KVM_GET/SET_REGS and SREGS show them
 */
#include <errno.h>
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

/* struct kvm_sregs2 begins as struct kvm_sregs does. */
_Static_assert(offsetof(struct kvm_sregs, apic_base) == offsetof(struct kvm_sregs2, apic_base), "same head");

static void get_common(struct kvm_vcpu *v, struct kvm_sregs *s)
{
	kvm_flush_payload(v);
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
}

void kvm_get_sregs(struct kvm_vcpu *v, struct kvm_sregs *s)
{
	const struct guest_event *i = &v->arch.interrupt;

	get_common(v, s);
	if ((i->pending || i->injected) && !i->soft)
		s->interrupt_bitmap[i->vector / 64] |= BIT(i->vector & 63);
}

/* A state that a CPU cannot be in is refused. */
static bool sregs_are_sane(const struct kvm_vcpu *v, const struct kvm_sregs *s)
{
	if ((s->efer & ~v->arch.efer_allowed) || (s->cr4 & ~v->arch.cr4_allowed) || !kvm_cr0_is_valid(s->cr0))
		return false;
	if ((s->efer & EFER_LME) && (s->cr0 & CR0_PG))
		return (s->cr4 & CR4_PAE) && (s->efer & EFER_LMA) && !(s->cr3 & v->arch.cr3_reserved);
	return !(s->efer & EFER_LMA) && !s->cs.l;
}

/* A VMM that resets the boot CPU by its registers means that it runs again. */
static void unhalt_after_reset(struct kvm_vcpu *v, const struct kvm_sregs *s)
{
	if (v->id == v->kvm->arch.bsp_id && v->arch.rip == 0xfff0 && s->cs.selector == 0xf000 && !(s->cr0 & CR0_PE))
		v->mp_state = KVM_MP_STATE_RUNNABLE;
}

static int set_common(struct kvm_vcpu *v, struct kvm_sregs *s)
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
	unhalt_after_reset(v, s);
	kvm_make_request(v, KVM_REQ_EVENT);
	return 0;
}

int kvm_set_sregs(struct kvm_vcpu *v, struct kvm_sregs *s)
{
	int err = set_common(v, s);

	for (u32 i = 0; !err && i < 256; i++)
		if (s->interrupt_bitmap[i / 64] >> (i & 63) & 1) {
			v->arch.interrupt = (struct guest_event){ .injected = true, .vector = (u8)i };
			break;
		}
	return err;
}

void kvm_get_sregs2(struct kvm_vcpu *v, struct kvm_sregs2 *s)
{
	u64 pdptr[4] = { 0 };

	get_common(v, (struct kvm_sregs *)(void *)s);
	s->flags = 0;
	if (kvm_is_pae_paging(v, v->arch.cr0, v->arch.cr4) && kvm_read_pdptrs(v, v->arch.cr3, pdptr))
		s->flags = KVM_SREGS2_FLAGS_PDPTRS_VALID;
	for (u32 i = 0; i < 4; i++)
		s->pdptrs[i] = pdptr[i];
}

/* With nested paging the CPU reads the PDPTRs from memory itself: they are checked for their place only. */
int kvm_set_sregs2(struct kvm_vcpu *v, struct kvm_sregs2 *s)
{
	bool pae = (s->cr0 & CR0_PG) && (s->cr4 & CR4_PAE) && !(s->efer & EFER_LMA);

	if (s->flags & ~(u64)KVM_SREGS2_FLAGS_PDPTRS_VALID)
		return -EINVAL;
	if ((s->flags & KVM_SREGS2_FLAGS_PDPTRS_VALID) && !pae)
		return -EINVAL;
	return set_common(v, (struct kvm_sregs *)(void *)s);
}
