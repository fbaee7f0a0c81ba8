/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cr.c - control registers and EFER as the guest writes them
 *
 * Rules: AMD APM vol. 2, 3.1; Intel SDM vol. 3, 2.5. 0, or 1 for #GP.
 */
#include "irqchip/irqchip.h"
#include "vcpu.h"

#define CR3_NOFLUSH	BIT(63)
#define PCID_MASK	0xfffull
#define PDPTE_RESERVED	(0x1e6ull)		/* bits 1, 2, 5 to 8 */

/* The hardware flushes by itself when the guest does these moves; after an intercepted one it is on us. */
static void changed(struct kvm_vcpu *v, bool flush)
{
	hvm->update_cr(v);
	if (flush)
		hvm->flush_tlb(v);
}

bool kvm_is_pae_paging(const struct kvm_vcpu *v, u64 cr0, u64 cr4)
{
	return (cr0 & CR0_PG) && (cr4 & CR4_PAE) && !(v->arch.efer & EFER_LMA);
}

/* The four entries at CR3, which the CPU loads with it. False: one of them has reserved bits, or no memory. */
bool kvm_read_pdptrs(struct kvm_vcpu *v, u64 cr3, u64 pdptr[4])
{
	u64 reserved = PDPTE_RESERVED | v->arch.cr3_reserved;

	if (kvm_read_guest(v->kvm, GPA(cr3 & 0xffffffe0), pdptr, 4 * sizeof(*pdptr)))
		return false;
	for (u32 i = 0; i < 4; i++)
		if ((pdptr[i] & 1) && (pdptr[i] & reserved))
			return false;
	return true;
}

static bool pdptrs_are_bad(struct kvm_vcpu *v, u64 cr0, u64 cr3, u64 cr4)
{
	u64 pdptr[4];

	return kvm_is_pae_paging(v, cr0, cr4) && !kvm_read_pdptrs(v, cr3, pdptr);
}

u32 kvm_cpl(struct kvm_vcpu *v)
{
	if (!(v->arch.cr0 & CR0_PE))
		return 0;
	if (v->arch.rflags & RFLAGS_VM)
		return 3;
	return hvm->get_dpl(v);
}

bool kvm_is_64bit_code(struct kvm_vcpu *v)
{
	return (v->arch.efer & EFER_LMA) && hvm->get_code(v).l;
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

bool kvm_cr0_is_valid(u64 val)
{
	if (val >> 32)
		return false;
	return !(((val & CR0_PG) && !(val & CR0_PE)) || ((val & CR0_NW) && !(val & CR0_CD)));
}

static int paging_off(struct kvm_vcpu *v)
{
	if ((v->arch.cr4 & CR4_PCIDE) || kvm_is_64bit_code(v))
		return 1;
	v->arch.efer &= ~EFER_LMA;
	return 0;
}

#define CR0_PDPTR_BITS	(CR0_CD | CR0_NW | CR0_PG)

int kvm_set_cr0(struct kvm_vcpu *v, u64 val)
{
	u64 old = v->arch.cr0, diff;

	if (!kvm_cr0_is_valid(val))
		return 1;
	val = (val & ~CR0_RESERVED) | CR0_ET;	/* reserved low bits are ignored, as on hardware */
	diff = val ^ old;
	if ((diff & CR0_PG) && (val & CR0_PG) && paging_on(v))
		return 1;
	if ((diff & CR0_PDPTR_BITS) && pdptrs_are_bad(v, val, v->arch.cr3, v->arch.cr4))
		return 1;
	if ((diff & CR0_PG) && !(val & CR0_PG) && paging_off(v))
		return 1;
	v->arch.cr0 = val;
	changed(v, diff & CR0_PG);
	return 0;
}

int kvm_set_cr3(struct kvm_vcpu *v, u64 val)
{
	if (v->arch.cr4 & CR4_PCIDE)
		val &= ~CR3_NOFLUSH;		/* to flush all the same is allowed */
	if ((v->arch.efer & EFER_LMA) ? (val & v->arch.cr3_reserved) != 0
				      : pdptrs_are_bad(v, v->arch.cr0, val, v->arch.cr4))
		return 1;
	v->arch.cr3 = val;
	changed(v, true);
	return 0;
}

#define CR4_PDPTR_BITS	(CR4_PGE | CR4_PSE | CR4_PAE | CR4_SMEP)
#define CR4_FLUSH_BITS	(CR4_PGE | CR4_PSE | CR4_PAE | CR4_LA57 | CR4_SMEP | CR4_SMAP)

static bool cr4_is_valid(struct kvm_vcpu *v, u64 val)
{
	u64 diff = val ^ v->arch.cr4;

	if (val & ~v->arch.cr4_allowed)
		return false;
	if (v->arch.efer & EFER_LMA) {
		if (!(val & CR4_PAE) || (diff & CR4_LA57))
			return false;
	} else if ((diff & CR4_PDPTR_BITS) && pdptrs_are_bad(v, v->arch.cr0, v->arch.cr3, val)) {
		return false;
	}
	if ((diff & CR4_PCIDE) && (val & CR4_PCIDE))
		return (v->arch.efer & EFER_LMA) && !(v->arch.cr3 & PCID_MASK);
	return true;
}

int kvm_set_cr4(struct kvm_vcpu *v, u64 val)
{
	u64 diff = val ^ v->arch.cr4;

	if (!cr4_is_valid(v, val))
		return 1;
	v->arch.cr4 = val;
	changed(v, (diff & CR4_FLUSH_BITS) || ((diff & CR4_PCIDE) && !(val & CR4_PCIDE)));
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

	/* LMA follows LME and CR0.PG, whoever writes; only KVM_SET_SREGS sets all of them at once. */
	if (val & ~v->arch.efer_allowed)
		return 1;
	if (!host && (v->arch.cr0 & CR0_PG) && ((val ^ old) & EFER_LME))
		return 1;
	v->arch.efer = (val & ~EFER_LMA) | (old & EFER_LMA);
	changed(v, (v->arch.efer ^ old) & EFER_NX);
	return 0;
}
