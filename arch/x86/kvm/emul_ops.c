/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emul_ops.c - what the executor asks of a vCPU beside memory and ports
 *
 * Registers of the system go through the same functions as intercepted
 * instructions, so that their checks are the same.
 */
#include <string.h>
#include <asm/fpu.h>
#include <asm/io.h>
#include "emul/emul.h"
#include "emul_ops.h"
#include "vcpu.h"

#define XSAVE_HEADER	512u		/* XSTATE_BV first */
#define XSAVE_XMM	160u
#define XSAVE_YMMH	576u		/* standard format: the same on every CPU with AVX */
#define XSTATE_SSE	BIT(1)
#define XSTATE_AVX	BIT(2)
#define TSS_IOMAP_BASE	0x66u

static struct kvm_vcpu *vcpu_of(const struct emul_ctx *c)
{
	return c->owner;
}

static int gp_if(struct emul_ctx *c, int err)
{
	return err ? emul_fault(c, VEC_GP, 0) : EMUL_OK;
}

static int tss_read(struct emul_ctx *c, const struct kvm_segment *tr, u32 at, void *buf, u32 len)
{
	if (at + len - 1 > tr->limit)
		return emul_fault(c, VEC_GP, 0);
	for (u32 i = 0; i < len; i++) {		/* bytes: none of them is over a page */
		int res = c->ops->read(c, tr->base + at + i, (u8 *)buf + i, 1, EMUL_ACC_SYSTEM);

		if (res != EMUL_OK)
			return res == EMUL_FAULT ? res : EMUL_UNHANDLED;
	}
	return EMUL_OK;
}

/* The bitmap in a 32- or 64-bit TSS: Intel SDM vol. 1, 19.5.2. */
int emul_io_allowed(struct emul_ctx *c, u16 port, u32 size)
{
	struct kvm_segment tr;
	u16 base, bits;
	int res;

	hvm->get_segment(vcpu_of(c), SEG_TR, &tr);
	if (!tr.present || (tr.type & 0xd) != 9)
		return emul_fault(c, VEC_GP, 0);
	res = tss_read(c, &tr, TSS_IOMAP_BASE, &base, sizeof(base));
	if (res == EMUL_OK)
		res = tss_read(c, &tr, base + port / 8u, &bits, sizeof(bits));
	if (res != EMUL_OK)
		return res;
	return gp_if(c, bits >> (port & 7) & ((1 << size) - 1));
}

int emul_get_cr(struct emul_ctx *c, u32 nr, u64 *val)
{
	struct kvm_vcpu *v = vcpu_of(c);

	switch (nr) {
	case 0: *val = v->arch.cr0; return EMUL_OK;
	case 2: *val = v->arch.cr2; return EMUL_OK;
	case 3: *val = v->arch.cr3; return EMUL_OK;
	case 4: *val = v->arch.cr4; return EMUL_OK;
	case 8: *val = kvm_get_cr8(v); return EMUL_OK;
	default: return emul_fault(c, VEC_UD, 0);
	}
}

static int set_cr(struct kvm_vcpu *v, u32 nr, u64 val)
{
	switch (nr) {
	case 0: return kvm_set_cr0(v, val);
	case 3: return kvm_set_cr3(v, val);
	case 4: return kvm_set_cr4(v, val);
	default: return kvm_set_cr8(v, val);
	}
}

int emul_set_cr(struct emul_ctx *c, u32 nr, u64 val)
{
	struct kvm_vcpu *v = vcpu_of(c);
	int err = 0;

	if (nr == 2)
		v->arch.cr2 = val;
	else if (nr == 0 || nr == 3 || nr == 4 || nr == 8)
		err = set_cr(v, nr, val);
	else
		return emul_fault(c, VEC_UD, 0);
	c->s.cr0 = v->arch.cr0;
	c->s.cr4 = v->arch.cr4;
	c->s.efer = v->arch.efer;
	return gp_if(c, err);
}

int emul_get_dr(struct emul_ctx *c, u32 nr, u64 *val)
{
	*val = kvm_get_dr(vcpu_of(c), nr);
	return EMUL_OK;
}

int emul_set_dr(struct emul_ctx *c, u32 nr, u64 val)
{
	return gp_if(c, kvm_set_dr(vcpu_of(c), nr, val));
}

/*
 * RDMSR, WRMSR and CPUID get here when another vCPU wrote them over the
 * instruction that exited. The guest runs them again and they exit as
 * themselves: filters, exits to the VMM and faulting stay in one place.
 */
int emul_get_msr(struct emul_ctx *c, u32 msr, u64 *val)
{
	(void)c, (void)msr, (void)val;
	return EMUL_RETRY;
}

int emul_set_msr(struct emul_ctx *c, u32 msr, u64 val)
{
	(void)c, (void)msr, (void)val;
	return EMUL_RETRY;
}

int emul_get_dt(struct emul_ctx *c, bool idt, u64 *base, u16 *limit)
{
	struct kvm_dtable dt;

	hvm->get_dt(vcpu_of(c), idt, &dt);
	*base = dt.base;
	*limit = dt.limit;
	return EMUL_OK;
}

int emul_set_dt(struct emul_ctx *c, bool idt, u64 base, u16 limit)
{
	struct kvm_dtable dt = { .base = base, .limit = limit };

	hvm->set_dt(vcpu_of(c), idt, &dt);
	return EMUL_OK;
}

int emul_get_ldt(struct emul_ctx *c, struct emul_seg *ldt)
{
	struct kvm_segment k;

	hvm->get_segment(vcpu_of(c), SEG_LDTR, &k);
	*ldt = (struct emul_seg){ .base = k.base, .limit = k.limit, .sel = k.selector,
				  .attr = k.present ? EMUL_ATTR_P : 0 };
	return EMUL_OK;
}

/* A state component whose bit is clear is in its initial state, zeros, whatever the area holds. */
static u64 *xstate_bv(struct kvm_vcpu *v)
{
	return fpu_host_xcr0() ? (u64 *)(void *)((u8 *)v->arch.fpu.area + XSAVE_HEADER) : NULL;
}

static u8 *component(struct kvm_vcpu *v, u64 bit)
{
	return (u8 *)v->arch.fpu.area + (bit == XSTATE_SSE ? XSAVE_XMM : XSAVE_YMMH);
}

static bool has_component(u64 bit)
{
	return bit == XSTATE_SSE || (fpu_host_xcr0() & bit);
}

static void vec_get(struct kvm_vcpu *v, u64 bit, u32 nr, u8 *out)
{
	const u64 *bv = xstate_bv(v);

	if (!has_component(bit) || (bv && !(*bv & bit)))
		memset(out, 0, 16);
	else
		memcpy(out, component(v, bit) + nr * 16, 16);
}

static void vec_set(struct kvm_vcpu *v, u64 bit, u32 nr, const u8 *in)
{
	u64 *bv = xstate_bv(v);

	if (!has_component(bit))
		return;
	if (bv && !(*bv & bit)) {
		memset(component(v, bit), 0, 16 * 16);
		*bv |= bit;
	}
	memcpy(component(v, bit) + nr * 16, in, 16);
}

int emul_get_vec(struct emul_ctx *c, u32 nr, void *val32)
{
	struct kvm_vcpu *v = vcpu_of(c);

	fpu_flush(&v->arch.fpu);
	vec_get(v, XSTATE_SSE, nr & 15, val32);
	vec_get(v, XSTATE_AVX, nr & 15, (u8 *)val32 + 16);
	return EMUL_OK;
}

int emul_set_vec(struct emul_ctx *c, u32 nr, const void *val32)
{
	struct kvm_vcpu *v = vcpu_of(c);

	fpu_flush(&v->arch.fpu);
	vec_set(v, XSTATE_SSE, nr & 15, val32);
	vec_set(v, XSTATE_AVX, nr & 15, (const u8 *)val32 + 16);
	return EMUL_OK;
}

int emul_vec_usable(struct emul_ctx *c, bool avx)
{
	u64 need = XSTATE_SSE | XSTATE_AVX;

	return avx && (vcpu_of(c)->arch.xcr0 & need) != need ? emul_fault(c, VEC_UD, 0) : EMUL_OK;
}

int emul_invlpg(struct emul_ctx *c, u64 linear)
{
	(void)linear;
	hvm->flush_tlb(vcpu_of(c));
	return EMUL_OK;
}

int emul_cpuid(struct emul_ctx *c, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx)
{
	(void)c, (void)eax, (void)ebx, (void)ecx, (void)edx;
	return EMUL_RETRY;
}

int emul_read_tsc(struct emul_ctx *c, u64 *tsc)
{
	*tsc = kvm_read_guest_tsc(vcpu_of(c), rdtsc());
	return EMUL_OK;
}
