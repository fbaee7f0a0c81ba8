/* SPDX-License-Identifier: Apache-2.0 */
/*
 * operand.c - registers, memory operands, the stack and near jumps
 */
#include "priv.h"

#include <string.h>

u64 reg_get(const struct emul_ctx *c, u32 reg, u32 bytes)
{
	return c->s.gpr[reg & 15] & mask_of(bytes);
}

/* A 32-bit write clears the upper half, smaller ones keep it. */
void reg_set(struct emul_ctx *c, u32 reg, u32 bytes, u64 val)
{
	u64 *r = &c->s.gpr[reg & 15];
	u64 m = mask_of(bytes);

	*r = bytes == 4 ? (u32)val : (*r & ~m) | (val & m);
}

u64 mem_offset(const struct emul_ctx *c, const struct emul_operand *o)
{
	u64 off = o->val;

	if (o->reg == EMUL_RIP_BASE)
		off += c->s.rip + c->insn.len;
	else if (o->reg != EMUL_NO_REG)
		off += c->s.gpr[o->reg & 15];
	if (o->index != EMUL_NO_REG)
		off += c->s.gpr[o->index & 15] * o->scale;
	return off & mask_of(c->insn.addrsize);
}

static int op_load(struct emul_ctx *c, const struct emul_operand *o, u64 *val, u32 flags)
{
	*val = 0;
	switch (o->kind) {
	case EMUL_OPND_GPR:
		*val = reg_get(c, o->reg, o->bytes);
		return EMUL_OK;
	case EMUL_OPND_HIGH8:
		*val = (c->s.gpr[o->reg & 3] >> 8) & 0xff;
		return EMUL_OK;
	case EMUL_OPND_IMM:
		*val = o->val;
		return EMUL_OK;
	case EMUL_OPND_SEG:
		*val = c->s.seg[o->reg].sel;
		return EMUL_OK;
	case EMUL_OPND_MEM:
		if (o->bytes > 8)
			return EMUL_UNHANDLED;
		return seg_read(c, o->seg, mem_offset(c, o), val, o->bytes, flags);
	default:
		return EMUL_UNHANDLED;
	}
}

int op_get(struct emul_ctx *c, const struct emul_operand *o, u64 *val)
{
	return op_load(c, o, val, 0);
}

int op_get_rmw(struct emul_ctx *c, const struct emul_operand *o, u64 *val)
{
	return op_load(c, o, val, EMUL_ACC_RMW);
}

int op_set(struct emul_ctx *c, const struct emul_operand *o, u64 val)
{
	u64 *r = &c->s.gpr[o->reg & 15];

	switch (o->kind) {
	case EMUL_OPND_GPR:
		reg_set(c, o->reg, o->bytes, val);
		return EMUL_OK;
	case EMUL_OPND_HIGH8:
		*r = (*r & ~0xff00ull) | (val & 0xff) << 8;
		return EMUL_OK;
	case EMUL_OPND_MEM:
		if (o->bytes > 8)
			return EMUL_UNHANDLED;
		return seg_write(c, o->seg, mem_offset(c, o), &val, o->bytes, 0);
	default:
		return EMUL_UNHANDLED;
	}
}

int op_update(struct emul_ctx *c, const struct emul_operand *o, u64 old, u64 val)
{
	u64 la;

	/* XCHG with memory locks without the prefix */
	if (o->kind != EMUL_OPND_MEM || (!c->insn.lock && c->insn.op != OP_XCHG))
		return op_set(c, o, val);
	TRY(mem_linear(c, o->seg, mem_offset(c, o), o->bytes, true, &la));
	return mem_cmpxchg(c, la, &old, &val, o->bytes);
}

int jump_to(struct emul_ctx *c, u64 target, u32 opsize)
{
	target &= mask_of(opsize);
	if (c->mode == EMUL_MODE_LONG ? !is_canonical(c, target)
				      : target > c->s.seg[EMUL_CS].limit)
		return emul_fault(c, V_GP, 0);
	/* emul_exec() adds the length at the end */
	c->s.rip = target - c->insn.len;
	return EMUL_OK;
}

u32 stack_bytes(const struct emul_ctx *c)
{
	if (c->mode == EMUL_MODE_LONG)
		return 8;
	return c->s.seg[EMUL_SS].attr & EMUL_ATTR_DB ? 4 : 2;
}

int push(struct emul_ctx *c, u64 val, u32 bytes)
{
	u32 sb = stack_bytes(c);
	u64 sp = (c->s.gpr[RSP] - bytes) & mask_of(sb);

	TRY(seg_write(c, EMUL_SS, sp, &val, bytes, 0));
	reg_set(c, RSP, sb, sp);
	return EMUL_OK;
}

int pop(struct emul_ctx *c, u64 *val, u32 bytes)
{
	u32 sb = stack_bytes(c);
	u64 sp = reg_get(c, RSP, sb);

	*val = 0;
	TRY(seg_read(c, EMUL_SS, sp, val, bytes, 0));
	reg_set(c, RSP, sb, sp + bytes);
	return EMUL_OK;
}

int stack_probe(struct emul_ctx *c, u32 bytes)
{
	u64 sp = (c->s.gpr[RSP] - bytes) & mask_of(stack_bytes(c)), none = 0;

	return seg_write(c, EMUL_SS, sp, &none, bytes, EMUL_ACC_PROBE);
}
