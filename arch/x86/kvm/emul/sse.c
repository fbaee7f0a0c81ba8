/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sse.c - vector moves as drivers use them on device memory
 *
 * Legacy SSE forms keep the upper half of the YMM register, VEX forms clear it.
 * Intel SDM vol. 2, 2.4 (alignment), 2.6 (exceptions).
 */
#include "priv.h"

#include <string.h>

#define I (&c->insn)
#define O0 (&c->insn.o[0])
#define O1 (&c->insn.o[1])

union vec { u8 b[32]; u64 q[4]; };

static int usable(struct emul_ctx *c)
{
	if ((c->s.cr0 & EMUL_CR0_EM) && !I->vex)
		return emul_fault(c, V_UD, 0);
	if (!I->vex && !(c->s.cr4 & EMUL_CR4_OSFXSR))
		return emul_fault(c, V_UD, 0);
	if (I->vex && (!is_protected(c) || !(c->s.cr4 & EMUL_CR4_OSXSAVE)))
		return emul_fault(c, V_UD, 0);
	if (c->s.cr0 & EMUL_CR0_TS)
		return emul_fault(c, V_NM, 0);
	if (!c->ops->get_vec || !c->ops->set_vec)
		return EMUL_UNHANDLED;
	return c->ops->vec_usable ? c->ops->vec_usable(c, I->vex) : EMUL_OK;
}

static bool must_be_aligned(u32 op)
{
	switch (op) {
	case OP_MOVAPS: case OP_MOVAPD: case OP_MOVDQA: case OP_MOVNTPS: case OP_MOVNTPD: case OP_MOVNTDQ:
	case OP_MOVNTDQA: case OP_VMOVAPS: case OP_VMOVAPD: case OP_VMOVDQA: case OP_VMOVNTPS:
	case OP_VMOVNTPD: case OP_VMOVNTDQ: case OP_VMOVNTDQA:
		return true;
	default:
		return false;
	}
}

static int address(struct emul_ctx *c, const struct emul_operand *o, bool write, u64 *la)
{
	TRY(mem_linear(c, o->seg, mem_offset(c, o), o->bytes, write, la));
	if (must_be_aligned(I->op) && (*la & (o->bytes - 1u)))
		return emul_fault(c, V_GP, 0);
	return EMUL_OK;
}

static int source(struct emul_ctx *c, const struct emul_operand *o, union vec *v)
{
	u64 la;

	memset(v, 0, sizeof(*v));
	switch (o->kind) {
	case EMUL_OPND_XMM:
		return c->ops->get_vec(c, o->reg, v->b);
	case EMUL_OPND_GPR:
		v->q[0] = reg_get(c, o->reg, o->bytes);
		return EMUL_OK;
	case EMUL_OPND_MEM:
		if (o->bytes > sizeof(v->b))
			return EMUL_UNHANDLED;
		TRY(address(c, o, false, &la));
		return mem_read(c, la, v->b, o->bytes, 0);
	default:
		return EMUL_UNHANDLED;
	}
}

/* @bytes: of @v that count; the rest of the 128 bits becomes zero if @zero, and stays if not. */
static int to_vector(struct emul_ctx *c, u32 reg, const union vec *v, u32 bytes, bool zero)
{
	union vec r;

	TRY(c->ops->get_vec(c, reg, r.b));
	if (zero)
		memset(r.b, 0, 16);
	if (I->vex)
		memset(r.b + 16, 0, 16);
	memcpy(r.b, v->b, bytes);
	return c->ops->set_vec(c, reg, r.b);
}

static int destination(struct emul_ctx *c, const struct emul_operand *o, const union vec *v, u32 bytes, bool zero)
{
	u64 la;

	switch (o->kind) {
	case EMUL_OPND_XMM:
		return to_vector(c, o->reg, v, bytes, zero);
	case EMUL_OPND_GPR:
		reg_set(c, o->reg, o->bytes, v->q[0]);
		return EMUL_OK;
	case EMUL_OPND_MEM:
		TRY(address(c, o, true, &la));
		return mem_write(c, la, v->b, o->bytes, 0);
	default:
		return EMUL_UNHANDLED;
	}
}

/* 128 and 256 bits. */
int exec_vmov(struct emul_ctx *c)
{
	union vec v;

	TRY(usable(c));
	if (I->nr_ops != 2 || (O0->bytes != 16 && O0->bytes != 32))
		return EMUL_UNHANDLED;
	TRY(source(c, O1, &v));
	return destination(c, O0, &v, O0->bytes, false);
}

/* MOVD, MOVQ, MOVSS, MOVSD: a load clears the rest, MOVSS and MOVSD between registers keep it. */
int exec_vmov_low(struct emul_ctx *c)
{
	bool is_float = I->op == OP_MOVSS || I->op == OP_MOVSD;
	bool both = O0->kind == EMUL_OPND_XMM && O1->kind == EMUL_OPND_XMM;
	u32 bytes = O1->kind == EMUL_OPND_XMM ? O0->bytes : O1->bytes;
	union vec v;

	TRY(usable(c));
	if (I->nr_ops != 2)
		return EMUL_UNHANDLED;
	if (both)
		bytes = I->op == OP_MOVSS ? 4 : 8;
	if (bytes > 8)
		return EMUL_UNHANDLED;
	TRY(source(c, O1, &v));
	return destination(c, O0, &v, bytes, !(both && is_float));
}
