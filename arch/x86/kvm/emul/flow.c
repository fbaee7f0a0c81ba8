/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow.c - jumps, calls, returns, loops; near and, inside one privilege level, far
 *
 * Targets are checked before anything is pushed. Gates, task switches and
 * changes of privilege are not done here: EMUL_UNHANDLED.
 * Intel SDM vol. 2 (JMP, CALL, RET, IRET); AMD APM vol. 3.
 */
#include "priv.h"

#define I (&c->insn)
#define O0 (&c->insn.o[0])

#define OPCODE_LOOPNE	0xe0
#define OPCODE_LOOPE	0xe1
#define OPCODE_RETF	0xca		/* and 0xcb */

/* Near branches in 64-bit code have 64 bits whatever the prefixes say. */
static u32 branch_bytes(const struct emul_ctx *c)
{
	return c->mode == EMUL_MODE_LONG ? 8 : I->opsize;
}

static u64 next_rip(const struct emul_ctx *c)
{
	return c->s.rip + I->len;
}

static int jump_relative(struct emul_ctx *c)
{
	return jump_to(c, next_rip(c) + O0->val, branch_bytes(c));
}

int exec_jcc(struct emul_ctx *c)
{
	return cond_true(I->cc, c->s.rflags) ? jump_relative(c) : EMUL_OK;
}

int exec_loop(struct emul_ctx *c)
{
	bool zf = c->s.rflags & FL_ZF;
	u64 count = (c->s.gpr[RCX] - 1) & mask_of(I->addrsize);
	bool taken = count && (I->opcode != OPCODE_LOOPE || zf) && (I->opcode != OPCODE_LOOPNE || !zf);

	if (taken)
		TRY(jump_relative(c));
	reg_set(c, RCX, I->addrsize, count);
	return EMUL_OK;
}

int exec_jcxz(struct emul_ctx *c)
{
	return reg_get(c, RCX, I->addrsize) ? EMUL_OK : jump_relative(c);
}

struct far_ptr { u16 sel; u64 off; };

/* True: the operand is a far pointer, in *@p. */
static int far_operand(struct emul_ctx *c, struct far_ptr *p, bool *is_far)
{
	const struct emul_operand *o = O0;
	u8 buf[10] = { 0 };
	u64 la;

	*is_far = o->kind == EMUL_OPND_FAR || (o->kind == EMUL_OPND_MEM && (I->modrm_reg == 3 || I->modrm_reg == 5));
	if (!*is_far)
		return EMUL_OK;
	if (o->kind == EMUL_OPND_FAR) {
		*p = (struct far_ptr){ o->far_sel, o->val & mask_of(I->opsize) };
		return EMUL_OK;
	}
	TRY(mem_linear(c, o->seg, mem_offset(c, o), I->opsize + 2u, false, &la));
	TRY(mem_read(c, la, buf, I->opsize + 2u, 0));
	p->off = p->sel = 0;
	__builtin_memcpy(&p->off, buf, I->opsize);
	__builtin_memcpy(&p->sel, buf + I->opsize, 2);
	return EMUL_OK;
}

/* CS:RIP of a far transfer; EMUL_UNHANDLED where a gate or another privilege level comes in. */
static int far_jump(struct emul_ctx *c, const struct far_ptr *p)
{
	struct emul_seg cs;

	TRY(code_segment(c, p->sel, &cs));
	if ((cs.attr & EMUL_ATTR_L) && (c->s.efer & (1u << 10)) ? !is_canonical(c, p->off) : p->off > cs.limit)
		return emul_fault(c, V_GP, 0);
	c->s.seg[EMUL_CS] = cs;
	c->seg_dirty |= 1u << EMUL_CS;
	c->s.rip = p->off - I->len;
	return EMUL_OK;
}

static int near_target(struct emul_ctx *c, u64 *target)
{
	if (O0->kind == EMUL_OPND_IMM) {
		*target = next_rip(c) + O0->val;
		return EMUL_OK;
	}
	return op_get(c, O0, target);
}

int exec_jmp(struct emul_ctx *c)
{
	struct far_ptr p;
	bool is_far;
	u64 target;

	TRY(far_operand(c, &p, &is_far));
	if (is_far)
		return far_jump(c, &p);
	TRY(near_target(c, &target));
	return jump_to(c, target, branch_bytes(c));
}

static int far_call(struct emul_ctx *c, const struct far_ptr *p)
{
	u64 back = next_rip(c);
	u16 cs = c->s.seg[EMUL_CS].sel;

	TRY(far_jump(c, p));
	TRY(push(c, cs, I->opsize));
	return push(c, back, I->opsize);
}

int exec_call(struct emul_ctx *c)
{
	u64 back = next_rip(c), target;
	struct far_ptr p;
	bool is_far;

	TRY(far_operand(c, &p, &is_far));
	if (is_far)
		return far_call(c, &p);
	TRY(near_target(c, &target));
	TRY(jump_to(c, target, branch_bytes(c)));
	return push(c, back, branch_bytes(c));
}

static void drop_arguments(struct emul_ctx *c)
{
	u32 sb = stack_bytes(c);

	if (I->nr_ops)
		reg_set(c, RSP, sb, c->s.gpr[RSP] + (O0->val & 0xffff));
}

static int far_return(struct emul_ctx *c)
{
	u64 off, sel;
	struct far_ptr p;

	TRY(pop(c, &off, I->opsize));
	TRY(pop(c, &sel, I->opsize));
	p = (struct far_ptr){ (u16)sel, off };
	if (is_protected(c) && (sel & 3) != c->s.cpl)
		return (sel & 3) < c->s.cpl ? emul_fault(c, V_GP, (u32)sel & 0xfffc) : EMUL_UNHANDLED;
	TRY(far_jump(c, &p));
	drop_arguments(c);
	return EMUL_OK;
}

int exec_ret(struct emul_ctx *c)
{
	u64 target;

	if ((I->opcode & 0xfe) == OPCODE_RETF)
		return far_return(c);
	TRY(pop(c, &target, branch_bytes(c)));
	TRY(jump_to(c, target, branch_bytes(c)));
	drop_arguments(c);
	return EMUL_OK;
}

/* Real mode only. */
int exec_iret(struct emul_ctx *c)
{
	u64 off, sel, flags, change;
	struct far_ptr p;

	if (c->mode != EMUL_MODE_REAL)
		return EMUL_UNHANDLED;
	TRY(pop(c, &off, I->opsize));
	TRY(pop(c, &sel, I->opsize));
	TRY(pop(c, &flags, I->opsize));
	p = (struct far_ptr){ (u16)sel, off };
	TRY(far_jump(c, &p));
	change = I->opsize == 2 ? 0x7fd5 : 0x257fd5;
	c->s.rflags = (c->s.rflags & ~change) | (flags & change);
	return EMUL_OK;
}
