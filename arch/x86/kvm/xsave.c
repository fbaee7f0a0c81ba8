/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xsave.c - FPU state and XCR0 as the VMM reads and writes them
 *
 * The guest's area has XSAVE's standard format. Layouts: Intel SDM vol. 1, table
 * 10-2 and 13.4. Without XSAVE the area is FXSAVE's alone.
 */
#include <errno.h>
#include <string.h>
#include <socle/mem.h>
#include <asm/fpu.h>
#include "vcpu.h"

struct fxsave { u16 fcw, fsw; u8 ftw, rsvd; u16 fop; u64 rip, rdp; u32 mxcsr, mxcsr_mask; u8 st[8][16]; u8 xmm[16][16]; };
struct xheader { u64 xstate_bv, xcomp_bv, reserved[6]; };

#define HEADER_AT	512u
#define LEGACY_STATES	3ull		/* x87, SSE */

static struct xheader *header(void *area)
{
	return (struct xheader *)(void *)((u8 *)area + HEADER_AT);
}

/* As Linux, without MXCSR, which struct kvm_fpu has room for. */
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
}

int kvm_set_fpu(struct kvm_vcpu *v, const struct kvm_fpu *f)
{
	struct fxsave *x = v->arch.fpu.area;

	fpu_flush(&v->arch.fpu);
	memcpy(x->st, f->fpr, sizeof(f->fpr));
	memcpy(x->xmm, f->xmm, sizeof(f->xmm));
	x->fcw = f->fcw;
	x->fsw = f->fsw;
	x->ftw = f->ftwx;
	x->fop = f->last_opcode;
	x->rip = f->last_ip;
	x->rdp = f->last_dp;
	if (fpu_host_xcr0())
		header(x)->xstate_bv |= LEGACY_STATES;
	return 0;
}

u32 kvm_xsave_bytes(void)
{
	return MAX((u32)sizeof(struct kvm_xsave), fpu_area_bytes());
}

long kvm_get_xsave(struct kvm_vcpu *v, u64 app, u32 bytes)
{
	static const u8 zeros[64];
	u32 area = MIN(bytes, fpu_area_bytes());

	fpu_flush(&v->arch.fpu);
	if (copy_to_app(app, v->arch.fpu.area, area))
		return -EFAULT;
	for (u32 at = area; at < bytes; at += (u32)sizeof(zeros))
		if (copy_to_app(app + at, zeros, MIN(bytes - at, (u32)sizeof(zeros))))
			return -EFAULT;
	return 0;
}

/* XRSTOR in the host must never fault on it. */
static int check_head(const struct kvm_vcpu *v, const struct fxsave *x, const struct xheader *h)
{
	u64 states = fpu_host_xcr0() ? h->xstate_bv : LEGACY_STATES;

	if ((states & LEGACY_STATES) && (x->mxcsr & ~fpu_mxcsr_mask()))
		return -EINVAL;
	if (!fpu_host_xcr0())
		return 0;
	if ((states & ~v->arch.xcr0_allowed) || h->xcomp_bv)
		return -EINVAL;
	for (u32 i = 0; i < ARRAY_SIZE(h->reserved); i++)
		if (h->reserved[i])
			return -EINVAL;
	return 0;
}

/* The head is copied to us and checked; it is that copy that goes into the area, not a second look. */
/* @state: the whole area as the VMM gave it. 0, or -EINVAL and nothing has changed. */
static int install(struct kvm_vcpu *v, u8 *state)
{
	u32 bytes = fpu_area_bytes();
	int err = check_head(v, (void *)state, header(state));

	if (err)
		return err;
	fpu_flush(&v->arch.fpu);
	memcpy(v->arch.fpu.area, state, fpu_host_xcr0() ? bytes : (u32)HEADER_AT);
	return 0;
}

long kvm_set_xsave(struct kvm_vcpu *v, u64 app)
{
	u32 bytes = kvm_xsave_bytes();
	u8 *state = kmalloc(bytes);
	int err;

	if (!state)
		return -ENOMEM;
	err = copy_from_app(state, app, bytes);
	if (!err)
		err = install(v, state);
	kfree(state);
	return err;
}

/* XCR0: x87 always, AVX with SSE only, AVX-512 whole, what CPUID shows only. 0, or 1 for #GP. */
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

void kvm_get_xcrs(struct kvm_vcpu *v, struct kvm_xcrs *x)
{
	if (!fpu_host_xcr0())
		return;
	x->nr_xcrs = 1;
	x->xcrs[0].value = v->arch.xcr0;
}

int kvm_set_xcrs(struct kvm_vcpu *v, const struct kvm_xcrs *x)
{
	if (!fpu_host_xcr0() || x->nr_xcrs > KVM_MAX_XCRS || x->flags)
		return -EINVAL;
	for (u32 i = 0; i < x->nr_xcrs; i++)
		if (x->xcrs[i].xcr == 0)
			return kvm_set_xcr(v, 0, x->xcrs[i].value) ? -EINVAL : 0;
	return 0;
}
