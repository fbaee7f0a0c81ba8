/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stack.c - PUSH, POP and their relatives
 *
 * Intel SDM vol. 2; flags that POPF may change: its table in chapter 4.
 */
#include "priv.h"

#define I (&c->insn)
#define O0 (&c->insn.o[0])
#define O1 (&c->insn.o[1])

int exec_push(struct emul_ctx *c)
{
	u64 v;

	TRY(op_get(c, O0, &v));
	return push(c, v, I->opsize);
}

/* A destination in memory is addressed with RSP as it is after the pop. */
int exec_pop(struct emul_ctx *c)
{
	u64 v;

	TRY(pop(c, &v, I->opsize));
	if (O0->kind != EMUL_OPND_SEG)
		return op_set(c, O0, v);
	if (O0->reg == EMUL_SS)
		c->shadow = EMUL_SHADOW_MOV_SS;
	return load_segment(c, O0->reg, (u16)v);
}

int exec_pusha(struct emul_ctx *c)
{
	u64 sp = c->s.gpr[RSP];

	for (u32 r = RAX; r <= RDI; r++)
		TRY(push(c, r == RSP ? sp : c->s.gpr[r], I->opsize));
	return EMUL_OK;
}

int exec_popa(struct emul_ctx *c)
{
	for (u32 r = RDI + 1; r-- > RAX;) {
		u64 v;

		TRY(pop(c, &v, I->opsize));
		if (r != RSP)
			reg_set(c, r, I->opsize, v);
	}
	return EMUL_OK;
}

static u32 iopl(const struct emul_ctx *c)
{
	return (u32)(c->s.rflags & FL_IOPL) >> 12;
}

int exec_pushf(struct emul_ctx *c)
{
	if (c->mode == EMUL_MODE_VM86 && iopl(c) < 3)
		return emul_fault(c, V_GP, 0);
	return push(c, c->s.rflags & ~(FL_RF | FL_VM), I->opsize);
}

int exec_popf(struct emul_ctx *c)
{
	u64 change = FL_ARITH | FL_TF | FL_DF | FL_NT, v;

	if (c->mode == EMUL_MODE_VM86 && iopl(c) < 3)
		return emul_fault(c, V_GP, 0);
	TRY(pop(c, &v, I->opsize));
	if (I->opsize > 2)
		change |= FL_AC | FL_ID;
	if (c->s.cpl == 0)
		change |= FL_IOPL;
	if (c->s.cpl <= iopl(c))
		change |= FL_IF;
	c->s.rflags = (c->s.rflags & ~(change | FL_RF)) | (v & change);
	return EMUL_OK;
}

/* Copies the frame pointers of the outer levels. */
static int enter_nested(struct emul_ctx *c, u32 level)
{
	u32 sb = stack_bytes(c);
	u64 bp = c->s.gpr[RBP], v;

	for (u32 i = 1; i < level; i++) {
		bp -= I->opsize;
		v = 0;
		TRY(seg_read(c, EMUL_SS, bp & mask_of(sb), &v, I->opsize, 0));
		TRY(push(c, v, I->opsize));
	}
	return EMUL_OK;
}

int exec_enter(struct emul_ctx *c)
{
	u32 level = (u32)O1->val & 31, sb = stack_bytes(c);
	u64 frame;

	TRY(push(c, c->s.gpr[RBP], I->opsize));
	frame = c->s.gpr[RSP];
	if (level) {
		TRY(enter_nested(c, level));
		TRY(push(c, frame, I->opsize));
	}
	reg_set(c, RBP, MIN((u32)I->opsize, sb), frame);
	reg_set(c, RSP, sb, c->s.gpr[RSP] - (O0->val & 0xffff));
	/* The new top must be writable: the CPU faults here, not at the next push. */
	return stack_probe(c, I->opsize);
}

int exec_leave(struct emul_ctx *c)
{
	u32 sb = stack_bytes(c);
	u64 v;

	reg_set(c, RSP, sb, c->s.gpr[RBP]);
	TRY(pop(c, &v, I->opsize));
	reg_set(c, RBP, I->opsize, v);
	return EMUL_OK;
}
