/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops.c - moves, arithmetic and bit instructions
 */
#include "priv.h"

#define I (&c->insn)
#define O0 (&c->insn.o[0])
#define O1 (&c->insn.o[1])

int exec_nop(struct emul_ctx *c) { (void)c; return EMUL_OK; }
int exec_fence(struct emul_ctx *c) { (void)c; __atomic_thread_fence(__ATOMIC_SEQ_CST); return EMUL_OK; }

int exec_mov(struct emul_ctx *c)
{
	u64 v;

	if (O0->kind == EMUL_OPND_CR || O1->kind == EMUL_OPND_CR ||
	    O0->kind == EMUL_OPND_DR || O1->kind == EMUL_OPND_DR)
		return mov_system(c);
	TRY(op_get(c, O1, &v));
	if (O0->kind != EMUL_OPND_SEG)
		return op_set(c, O0, v);
	if (O0->reg == EMUL_SS)
		c->shadow = EMUL_SHADOW_MOV_SS;
	return load_segment(c, O0->reg, (u16)v);
}

int exec_movsx(struct emul_ctx *c)
{
	u64 v;

	TRY(op_get(c, O1, &v));
	return op_set(c, O0, sext(v, O1->bytes));
}

static u64 bswap_bytes(u64 v, u32 bytes)
{
	return __builtin_bswap64(v) >> (64 - 8 * bytes);
}

int exec_movbe(struct emul_ctx *c)
{
	u64 v;

	TRY(op_get(c, O1, &v));
	return op_set(c, O0, bswap_bytes(v, O1->bytes));
}

int exec_bswap(struct emul_ctx *c)
{
	u64 v;

	if (O0->bytes == 2)	/* undefined */
		return EMUL_UNHANDLED;
	TRY(op_get(c, O0, &v));
	return op_set(c, O0, bswap_bytes(v, O0->bytes));
}

int exec_lea(struct emul_ctx *c) { return op_set(c, O0, mem_offset(c, O1)); }

int exec_xchg(struct emul_ctx *c)
{
	const struct emul_operand *mem = O1->kind == EMUL_OPND_MEM ? O1 : O0;
	const struct emul_operand *reg = mem == O1 ? O0 : O1;
	u64 a, b;
	int res;

	TRY(op_get(c, reg, &b));
	do {
		TRY(op_get_rmw(c, mem, &a));
		res = op_update(c, mem, a, b);
	} while (try_again(c, res));
	return res == EMUL_OK ? op_set(c, reg, a) : res;
}

int exec_xlat(struct emul_ctx *c)
{
	u64 off = (c->s.gpr[RBX] + (c->s.gpr[RAX] & 0xff)) & mask_of(I->addrsize), v = 0;
	u32 seg = EMUL_DS;

	for (u32 i = 0; i < I->nr_ops; i++)
		seg = I->o[i].kind == EMUL_OPND_MEM ? I->o[i].seg : seg;
	TRY(seg_read(c, seg, off, &v, 1, 0));
	reg_set(c, RAX, 1, v);
	return EMUL_OK;
}

int exec_lahf(struct emul_ctx *c)
{
	u64 f = (c->s.rflags & 0xd5) | 2;

	c->s.gpr[RAX] = (c->s.gpr[RAX] & ~0xff00ull) | f << 8;
	return EMUL_OK;
}

int exec_sahf(struct emul_ctx *c)
{
	c->s.rflags = (c->s.rflags & ~0xd5ull) | (c->s.gpr[RAX] >> 8 & 0xd5);
	return EMUL_OK;
}

int exec_alu(struct emul_ctx *c)
{
	bool writes = I->op != OP_CMP && I->op != OP_TEST;
	u64 a, b, f, r;
	int res;

	TRY(op_get(c, O1, &b));
	do {
		f = c->s.rflags;
		TRY(writes ? op_get_rmw(c, O0, &a) : op_get(c, O0, &a));
		r = alu_binary(I->op, a, b, O0->bytes, &f);
		res = writes ? op_update(c, O0, a, r) : EMUL_OK;
	} while (try_again(c, res));
	if (res == EMUL_OK)
		c->s.rflags = f;
	return res;
}

int exec_alu1(struct emul_ctx *c)
{
	u64 a, f, r;
	int res;

	do {
		f = c->s.rflags;
		TRY(op_get_rmw(c, O0, &a));
		r = alu_unary(I->op, a, O0->bytes, &f);
		res = op_update(c, O0, a, r);
	} while (try_again(c, res));
	if (res == EMUL_OK)
		c->s.rflags = f;
	return res;
}

int exec_shift(struct emul_ctx *c)
{
	u64 a, n = 1, f = c->s.rflags, r;

	if (I->nr_ops > 1)
		TRY(op_get(c, O1, &n));
	TRY(op_get_rmw(c, O0, &a));
	r = alu_shift(I->op, a, (u32)n & 0xff, O0->bytes, &f);
	TRY(op_set(c, O0, r));
	c->s.rflags = f;
	return EMUL_OK;
}

int exec_shiftd(struct emul_ctx *c)
{
	u64 a, b, n, f = c->s.rflags, r;

	TRY(op_get(c, O1, &b));
	TRY(op_get(c, &I->o[2], &n));
	TRY(op_get_rmw(c, O0, &a));
	r = alu_shiftd(I->op == OP_SHLD, a, b, (u32)n & 0xff, O0->bytes, &f);
	TRY(op_set(c, O0, r));
	c->s.rflags = f;
	return EMUL_OK;
}

int exec_xadd(struct emul_ctx *c)
{
	u64 a, b, f;
	int res;

	TRY(op_get(c, O1, &b));
	do {
		u64 r;

		f = c->s.rflags;
		TRY(op_get_rmw(c, O0, &a));
		r = alu_binary(OP_ADD, a, b, O0->bytes, &f);
		if (O0->kind != EMUL_OPND_MEM) {
			TRY(op_set(c, O1, a));	/* XADD r,r: the sum wins */
			res = op_set(c, O0, r);
		} else {
			res = op_update(c, O0, a, r);
		}
	} while (try_again(c, res));
	if (res != EMUL_OK)
		return res;
	c->s.rflags = f;
	return O0->kind == EMUL_OPND_MEM ? op_set(c, O1, a) : EMUL_OK;
}

int exec_cmpxchg(struct emul_ctx *c)
{
	u64 acc = reg_get(c, RAX, O0->bytes), a, b, f;
	int res;

	TRY(op_get(c, O1, &b));
	do {
		f = c->s.rflags;
		TRY(op_get_rmw(c, O0, &a));
		alu_binary(OP_CMP, acc, a, O0->bytes, &f);
		/* Memory is always written; a register that differs keeps its upper half too. */
		res = EMUL_OK;
		if (acc == a || O0->kind == EMUL_OPND_MEM)
			res = op_update(c, O0, a, acc == a ? b : a);
	} while (try_again(c, res));
	if (res != EMUL_OK)
		return res;
	c->s.rflags = f;
	if (acc != a)
		reg_set(c, RAX, O0->bytes, a);
	return EMUL_OK;
}

int exec_setcc(struct emul_ctx *c) { return op_set(c, O0, cond_true(I->cc, c->s.rflags)); }

int exec_cmov(struct emul_ctx *c)
{
	u64 a, b;

	TRY(op_get(c, O1, &b));
	TRY(op_get(c, O0, &a));
	return op_set(c, O0, cond_true(I->cc, c->s.rflags) ? b : a);
}

int exec_flagop(struct emul_ctx *c)
{
	u64 *f = &c->s.rflags;

	switch (I->op) {
	case OP_CLC: *f &= ~FL_CF; break;
	case OP_STC: *f |= FL_CF; break;
	case OP_CMC: *f ^= FL_CF; break;
	case OP_CLD: *f &= ~FL_DF; break;
	case OP_STD: *f |= FL_DF; break;
	}
	return EMUL_OK;
}
