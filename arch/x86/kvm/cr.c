/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cr.c - control registers and EFER as the guest writes them
 *
 * Rules: AMD APM vol. 2, 3.1; Intel SDM vol. 3, 2.5. 0, or 1 for #GP.
 */
#include "irqchip/irqchip.h"
#include "vcpu.h"

static void changed(struct kvm_vcpu *v)
{
	hvm->update_cr(v);
	hvm->flush_tlb(v);
}

u32 kvm_cpl(struct kvm_vcpu *v)
{
	struct kvm_segment ss;

	if (!(v->arch.cr0 & CR0_PE))
		return 0;
	if (v->arch.rflags & RFLAGS_VM)
		return 3;
	hvm->get_segment(v, SEG_SS, &ss);
	return ss.dpl;
}

bool kvm_is_64bit_code(struct kvm_vcpu *v)
{
	struct kvm_segment cs;

	if (!(v->arch.efer & EFER_LMA))
		return false;
	hvm->get_segment(v, SEG_CS, &cs);
	return cs.l;
}

static int paging_on(struct kvm_vcpu *v)
{
	struct kvm_segment cs;

	if (!(v->arch.efer & EFER_LME))
		return 0;
	hvm->get_segment(v, SEG_CS, &cs);
	if (!(v->arch.cr4 & CR4_PAE) || cs.l)
		return 1;
	v->arch.efer |= EFER_LMA;
	return 0;
}

int kvm_set_cr0(struct kvm_vcpu *v, u64 val)
{
	u64 old = v->arch.cr0;

	val |= CR0_ET;
	if (val >> 32)
		return 1;
	val &= ~CR0_RESERVED;		/* reserved low bits are ignored, as on hardware */
	if (((val & CR0_PG) && !(val & CR0_PE)) || ((val & CR0_NW) && !(val & CR0_CD)))
		return 1;
	if ((val & CR0_PG) && !(old & CR0_PG) && paging_on(v))
		return 1;
	if (!(val & CR0_PG) && (old & CR0_PG)) {
		if (v->arch.cr4 & CR4_PCIDE)
			return 1;
		v->arch.efer &= ~EFER_LMA;
	}
	v->arch.cr0 = val;
	changed(v);
	return 0;
}

int kvm_set_cr3(struct kvm_vcpu *v, u64 val)
{
	if ((v->arch.efer & EFER_LMA) && (val & v->arch.cr3_reserved))
		return 1;
	v->arch.cr3 = val;
	changed(v);
	return 0;
}

int kvm_set_cr4(struct kvm_vcpu *v, u64 val)
{
	u64 diff = val ^ v->arch.cr4;

	if (val & ~v->arch.cr4_allowed)
		return 1;
	if (v->arch.efer & EFER_LMA) {
		if (!(val & CR4_PAE) || (diff & CR4_LA57))
			return 1;
	} else if (val & CR4_PCIDE) {
		return 1;
	}
	v->arch.cr4 = val;
	changed(v);
	return 0;
}

int kvm_set_cr8(struct kvm_vcpu *v, u64 val)
{
	if (val & ~15ull)
		return 1;
	if (v->arch.lapic)
		lapic_set_cr8(v, val);
	else
		v->arch.cr8 = val;
	return 0;
}

u64 kvm_get_cr8(struct kvm_vcpu *v)
{
	return v->arch.lapic ? lapic_get_cr8(v) : v->arch.cr8;
}

int kvm_set_efer(struct kvm_vcpu *v, u64 val, bool host)
{
	u64 old = v->arch.efer;

	if (val & ~v->arch.efer_allowed)
		return 1;
	if (!host && (v->arch.cr0 & CR0_PG) && ((val ^ old) & EFER_LME))
		return 1;
	v->arch.efer = (val & ~EFER_LMA) | (host ? val & EFER_LMA : old & EFER_LMA);
	changed(v);
	return 0;
}

/* XCR0: x87 always, AVX with SSE only, what CPUID shows only. */
int kvm_set_xcr(struct kvm_vcpu *v, u32 index, u64 val)
{
	if (index || !(val & 1) || (val & ~v->arch.xcr0_allowed))
		return 1;
	if ((val & 4) && !(val & 2))
		return 1;
	if ((val & 0xe0) && ((val & 0xe0) != 0xe0 || !(val & 4)))
		return 1;
	v->arch.xcr0 = val;
	return 0;
}
