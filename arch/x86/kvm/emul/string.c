/* SPDX-License-Identifier: Apache-2.0 */
/*
 * string.c - string instructions, one element each, and port I/O
 *
 * exec_rep() in exec.c commits the state after every element.
 */
#include "priv.h"

#define I (&c->insn)

static u32 src_seg(const struct emul_ctx *c)
{
	u32 seg = EMUL_DS;

	for (u32 i = 0; i < I->nr_ops; i++) {
		const struct emul_operand *o = &I->o[i];

		if (o->kind == EMUL_OPND_MEM && o->reg == RSI)
			seg = o->seg;
	}
	return seg;
}

static void advance(struct emul_ctx *c, u32 reg)
{
	u64 step = c->s.rflags & FL_DF ? -(u64)I->opsize : I->opsize;

	reg_set(c, reg, I->addrsize, c->s.gpr[reg] + step);
}

static int src_read(struct emul_ctx *c, u64 *v)
{
	*v = 0;
	return seg_read(c, src_seg(c), reg_get(c, RSI, I->addrsize), v, I->opsize, 0);
}

static int dst_read(struct emul_ctx *c, u64 *v)
{
	*v = 0;
	return seg_read(c, EMUL_ES, reg_get(c, RDI, I->addrsize), v, I->opsize, 0);
}

static int dst_write(struct emul_ctx *c, u64 v, u32 flags)
{
	return seg_write(c, EMUL_ES, reg_get(c, RDI, I->addrsize), &v, I->opsize, flags);
}

int exec_movs(struct emul_ctx *c)
{
	u64 v;

	TRY(src_read(c, &v));
	TRY(dst_write(c, v, 0));
	advance(c, RSI);
	advance(c, RDI);
	return EMUL_OK;
}

int exec_stos(struct emul_ctx *c)
{
	TRY(dst_write(c, c->s.gpr[RAX], 0));
	advance(c, RDI);
	return EMUL_OK;
}

int exec_lods(struct emul_ctx *c)
{
	u64 v;

	TRY(src_read(c, &v));
	reg_set(c, RAX, I->opsize, v);
	advance(c, RSI);
	return EMUL_OK;
}

int exec_cmps(struct emul_ctx *c)
{
	u64 a, b;

	TRY(src_read(c, &a));
	TRY(dst_read(c, &b));
	alu_binary(OP_CMP, a, b, I->opsize, &c->s.rflags);
	advance(c, RSI);
	advance(c, RDI);
	return EMUL_OK;
}

int exec_scas(struct emul_ctx *c)
{
	u64 b;

	TRY(dst_read(c, &b));
	alu_binary(OP_CMP, c->s.gpr[RAX], b, I->opsize, &c->s.rflags);
	advance(c, RDI);
	return EMUL_OK;
}

/* The destination is checked before the port is read: a device must not lose data to a #PF. */
int exec_ins(struct emul_ctx *c)
{
	u64 v = 0;

	TRY(dst_write(c, 0, EMUL_ACC_PROBE));
	TRY(pio_do_in(c, (u16)c->s.gpr[RDX], I->opsize, &v));
	TRY(dst_write(c, v, 0));
	advance(c, RDI);
	return EMUL_OK;
}

int exec_outs(struct emul_ctx *c)
{
	u64 v;

	TRY(src_read(c, &v));
	TRY(pio_do_out(c, (u16)c->s.gpr[RDX], I->opsize, 1, &v));
	advance(c, RSI);
	return EMUL_OK;
}

static u16 port_of(const struct emul_ctx *c, u32 operand)
{
	const struct emul_operand *o = &c->insn.o[operand];

	return (u16)(o->kind == EMUL_OPND_IMM ? o->val & 0xff : c->s.gpr[RDX]);
}

int exec_in(struct emul_ctx *c)
{
	u64 v = 0;

	TRY(pio_do_in(c, port_of(c, 1), I->o[0].bytes, &v));
	return op_set(c, &I->o[0], v);
}

int exec_out(struct emul_ctx *c)
{
	u64 v;

	TRY(op_get(c, &I->o[1], &v));
	return pio_do_out(c, port_of(c, 0), I->o[1].bytes, 1, &v);
}
