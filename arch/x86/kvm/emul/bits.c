/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bits.c - bit tests and scans, sign extension, multiplication, division, CMPXCHG8B
 */
#include "priv.h"

#include <string.h>

#define I (&c->insn)
#define O0 (&c->insn.o[0])
#define O1 (&c->insn.o[1])

static u64 bit_change(u32 op, u64 v, u64 bit)
{
	switch (op) {
	case OP_BTS: return v | bit;
	case OP_BTR: return v & ~bit;
	case OP_BTC: return v ^ bit;
	default: return v;
	}
}

/* The operand that holds the bit: a register index reaches beyond a memory operand. */
static int bit_operand(struct emul_ctx *c, struct emul_operand *o, u32 *bit)
{
	u64 index;

	*o = *O0;
	TRY(op_get(c, O1, &index));
	*bit = (u32)index & (O0->bytes * 8u - 1);
	if (O0->kind == EMUL_OPND_MEM && O1->kind != EMUL_OPND_IMM) {
		s64 n = (s64)sext(index, O0->bytes) >> (O0->bytes == 2 ? 4 : O0->bytes == 4 ? 5 : 6);

		o->val += (u64)n * O0->bytes;
	}
	return EMUL_OK;
}

int exec_bt(struct emul_ctx *c)
{
	struct emul_operand o;
	u64 v;
	u32 bit;
	int res;

	TRY(bit_operand(c, &o, &bit));
	do {
		TRY(I->op == OP_BT ? op_get(c, &o, &v) : op_get_rmw(c, &o, &v));
		res = I->op == OP_BT ? EMUL_OK : op_update(c, &o, v, bit_change(I->op, v, 1ull << bit));
	} while (try_again(c, res));
	if (res == EMUL_OK)
		c->s.rflags = (c->s.rflags & ~FL_CF) | (v >> bit & 1);
	return res;
}

static u32 lowest_bit(u64 v) { return (u32)__builtin_ctzll(v); }
static u32 highest_bit(u64 v) { return 63 - (u32)__builtin_clzll(v); }

/* BSF, BSR with a zero source: ZF, the destination keeps its value (AMD; Intel's CPUs do the same). */
int exec_bscan(struct emul_ctx *c)
{
	u64 v;

	TRY(op_get(c, O1, &v));
	c->s.rflags = (c->s.rflags & ~FL_ZF) | (v ? 0 : FL_ZF);
	if (!v)
		return EMUL_OK;
	return op_set(c, O0, I->op == OP_BSF ? lowest_bit(v) : highest_bit(v));
}

int exec_count(struct emul_ctx *c)
{
	u32 bits = O0->bytes * 8u;
	u64 v, r;

	TRY(op_get(c, O1, &v));
	if (I->op == OP_POPCNT) {
		u64 x = v;

		for (r = 0; x; x &= x - 1ull)
			r++;
		c->s.rflags = (c->s.rflags & ~FL_ARITH) | (v ? 0 : FL_ZF);
		return op_set(c, O0, r);
	}
	if (I->op == OP_TZCNT)
		r = v ? lowest_bit(v) : bits;
	else
		r = v ? bits - 1 - highest_bit(v) : bits;
	c->s.rflags &= ~(FL_CF | FL_ZF);
	if (!v)
		c->s.rflags |= FL_CF;
	if (!r)
		c->s.rflags |= FL_ZF;
	return op_set(c, O0, r);
}

/* CBW, CWDE, CDQE: the lower half of RAX into all of it. */
int exec_cbw(struct emul_ctx *c)
{
	u32 to = I->op == OP_CBW ? 2 : I->op == OP_CWDE ? 4 : 8;

	reg_set(c, RAX, to, sext(c->s.gpr[RAX], to / 2));
	return EMUL_OK;
}

/* CWD, CDQ, CQO: the sign of RAX into RDX. */
int exec_cwd(struct emul_ctx *c)
{
	u32 n = I->op == OP_CWD ? 2 : I->op == OP_CDQ ? 4 : 8;

	reg_set(c, RDX, n, c->s.gpr[RAX] & sign_of(n) ? ~0ull : 0);
	return EMUL_OK;
}

struct wide { u64 lo, hi; };

static struct wide mul_unsigned(u64 a, u64 b)
{
	unsigned __int128 p = (unsigned __int128)a * b;

	return (struct wide){ (u64)p, (u64)(p >> 64) };
}

static struct wide mul_signed(u64 a, u64 b)
{
	__int128 p = (__int128)(s64)a * (s64)b;

	return (struct wide){ (u64)p, (u64)((unsigned __int128)p >> 64) };
}

/* Product of two operands of @bytes, halves right-aligned. */
static struct wide product(u64 a, u64 b, u32 bytes, bool is_signed)
{
	struct wide p;

	if (is_signed)
		p = mul_signed(sext(a, bytes), sext(b, bytes));
	else
		p = mul_unsigned(a & mask_of(bytes), b & mask_of(bytes));
	if (bytes < 8)
		p.hi = p.lo >> (bytes * 8) & mask_of(bytes);
	p.lo &= mask_of(bytes);
	return p;
}

static void mul_flags(struct emul_ctx *c, const struct wide *p, u32 bytes, bool is_signed)
{
	u64 fits = is_signed && (p->lo & sign_of(bytes)) ? mask_of(bytes) : 0;

	c->s.rflags &= ~(FL_CF | FL_OF);
	if (p->hi != fits)
		c->s.rflags |= FL_CF | FL_OF;
}

static void set_pair(struct emul_ctx *c, const struct wide *p, u32 bytes)
{
	if (bytes == 1) {
		reg_set(c, RAX, 2, p->hi << 8 | p->lo);
		return;
	}
	reg_set(c, RAX, bytes, p->lo);
	reg_set(c, RDX, bytes, p->hi);
}

int exec_mul(struct emul_ctx *c)
{
	bool is_signed = I->op == OP_IMUL;
	u32 bytes = O0->bytes;
	struct wide p;
	u64 a, b;

	if (I->nr_ops >= 2 && O1->kind != EMUL_OPND_NONE) {	/* IMUL r, r/m [, imm] */
		const struct emul_operand *src = I->nr_ops == 3 ? &I->o[2] : O0;

		TRY(op_get(c, O1, &a));
		TRY(op_get(c, src, &b));
		p = product(a, b, bytes, true);
		mul_flags(c, &p, bytes, true);
		return op_set(c, O0, p.lo);
	}
	TRY(op_get(c, O0, &a));
	p = product(a, c->s.gpr[RAX], bytes, is_signed);
	mul_flags(c, &p, bytes, is_signed);
	set_pair(c, &p, bytes);
	return EMUL_OK;
}

/* @n by @d, bit by bit: no helper of the compiler's library is linked. False: does not fit in 64 bits. */
static bool div_unsigned(struct wide n, u64 d, u64 *quot, u64 *rem)
{
	u64 r = n.hi, q = 0;

	if (!d || n.hi >= d)
		return false;
	for (u32 i = 64; i-- > 0;) {
		bool carry = r >> 63;

		r = r << 1 | (n.lo >> i & 1);
		if (carry || r >= d) {
			r -= d;
			q |= 1ull << i;
		}
	}
	*quot = q;
	*rem = r;
	return true;
}

static struct wide negate(struct wide w)
{
	return (struct wide){ -w.lo, ~w.hi + (w.lo == 0) };
}

/* Dividend and divisor are sign-extended. False: the quotient needs more than @bytes. */
static bool div_signed(struct wide n, u64 d, u32 bytes, u64 *quot, u64 *rem)
{
	bool neg = n.hi >> 63, flip = neg != (bool)(d >> 63);
	u64 limit = sign_of(bytes) - (flip ? 0 : 1);

	if (!div_unsigned(neg ? negate(n) : n, d >> 63 ? -d : d, quot, rem) || *quot > limit)
		return false;
	*quot = flip ? -*quot : *quot;
	*rem = neg ? -*rem : *rem;
	return true;
}

/* RDX:RAX (AX for bytes) as 128 bits. */
static struct wide dividend(const struct emul_ctx *c, u32 bytes, bool is_signed)
{
	u64 v;

	if (bytes == 8)
		return (struct wide){ c->s.gpr[RAX], c->s.gpr[RDX] };
	v = bytes == 1 ? c->s.gpr[RAX] & 0xffff
		       : reg_get(c, RAX, bytes) | reg_get(c, RDX, bytes) << (bytes * 8);
	if (is_signed)
		v = sext(v, bytes * 2);
	return (struct wide){ v, is_signed && v >> 63 ? ~0ull : 0 };
}

int exec_div(struct emul_ctx *c)
{
	bool is_signed = I->op == OP_IDIV, ok;
	u32 bytes = O0->bytes;
	struct wide n = dividend(c, bytes, is_signed), p;
	u64 d;

	TRY(op_get(c, O0, &d));
	if (is_signed)
		ok = div_signed(n, sext(d, bytes), bytes, &p.lo, &p.hi);
	else
		ok = div_unsigned(n, d, &p.lo, &p.hi) && p.lo <= mask_of(bytes);
	if (!ok)
		return emul_fault(c, V_DE, 0);
	p.lo &= mask_of(bytes);
	p.hi &= mask_of(bytes);
	set_pair(c, &p, bytes);
	return EMUL_OK;
}

/* CMPXCHG8B and CMPXCHG16B: always a write, of the old value if they differ. */
int exec_cmpxchg_pair(struct emul_ctx *c)
{
	u32 half = I->op == OP_CMPXCHG8B ? 4 : 8;
	u8 old[16] = { 0 }, want[16], repl[16];
	u64 la;
	int res;

	memcpy(want, &c->s.gpr[RAX], half);
	memcpy(want + half, &c->s.gpr[RDX], half);
	memcpy(repl, &c->s.gpr[RBX], half);
	memcpy(repl + half, &c->s.gpr[RCX], half);
	TRY(mem_linear(c, O0->seg, mem_offset(c, O0), half * 2, true, &la));
	if (half == 8 && (la & 15))
		return emul_fault(c, V_GP, 0);
	do {
		TRY(mem_read(c, la, old, half * 2, EMUL_ACC_RMW));
		res = mem_cmpxchg(c, la, old, memcmp(old, want, half * 2) ? old : repl, half * 2);
	} while (try_again(c, res));
	if (res != EMUL_OK)
		return res;
	if (!memcmp(old, want, half * 2)) {
		c->s.rflags |= FL_ZF;
		return EMUL_OK;
	}
	c->s.rflags &= ~FL_ZF;
	c->s.gpr[RAX] = c->s.gpr[RDX] = 0;
	memcpy(&c->s.gpr[RAX], old, half);
	memcpy(&c->s.gpr[RDX], old + half, half);
	return EMUL_OK;
}
