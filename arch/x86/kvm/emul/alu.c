/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alu.c - arithmetic with flags, pure functions
 */
#include "priv.h"

static u64 flags_szp(u64 r, u32 bytes)
{
	u64 f = 0;

	r &= mask_of(bytes);
	if (!r)
		f |= FL_ZF;
	if (r & sign_of(bytes))
		f |= FL_SF;
	if (!__builtin_parity((u32)r & 0xff))
		f |= FL_PF;
	return f;
}

static void flags_put(u64 *flags, u64 which, u64 val)
{
	*flags = (*flags & ~which) | (val & which);
}

static u64 add_flags(u64 a, u64 b, u64 cin, u32 bytes, u64 *flags)
{
	u64 m = mask_of(bytes), r = (a + b + cin) & m;
	u64 carry = ((a & b) | ((a | b) & ~r)) & sign_of(bytes);
	u64 over = (a ^ r) & (b ^ r) & sign_of(bytes);

	flags_put(flags, FL_ARITH, flags_szp(r, bytes) | (carry ? FL_CF : 0) |
		  (over ? FL_OF : 0) | ((a ^ b ^ r) & FL_AF));
	return r;
}

static u64 sub_flags(u64 a, u64 b, u64 cin, u32 bytes, u64 *flags)
{
	u64 m = mask_of(bytes), r = (a - b - cin) & m;
	u64 borrow = ((~a & b) | ((~a | b) & r)) & sign_of(bytes);
	u64 over = (a ^ b) & (a ^ r) & sign_of(bytes);

	flags_put(flags, FL_ARITH, flags_szp(r, bytes) | (borrow ? FL_CF : 0) |
		  (over ? FL_OF : 0) | ((a ^ b ^ r) & FL_AF));
	return r;
}

static u64 logic_flags(u64 r, u32 bytes, u64 *flags)
{
	flags_put(flags, FL_ARITH, flags_szp(r, bytes));
	return r;
}

u64 alu_binary(u32 op, u64 a, u64 b, u32 bytes, u64 *flags)
{
	u64 cin = *flags & FL_CF;

	a &= mask_of(bytes);
	b &= mask_of(bytes);
	switch (op) {
	case OP_ADD: case OP_XADD: return add_flags(a, b, 0, bytes, flags);
	case OP_ADC: return add_flags(a, b, cin, bytes, flags);
	case OP_SBB: return sub_flags(a, b, cin, bytes, flags);
	case OP_OR: return logic_flags(a | b, bytes, flags);
	case OP_XOR: return logic_flags(a ^ b, bytes, flags);
	case OP_AND: case OP_TEST: return logic_flags(a & b, bytes, flags);
	default: return sub_flags(a, b, 0, bytes, flags);	/* SUB CMP CMPXCHG CMPS SCAS */
	}
}

u64 alu_unary(u32 op, u64 a, u32 bytes, u64 *flags)
{
	u64 cf = *flags & FL_CF, r;

	switch (op) {
	case OP_NOT:
		return ~a & mask_of(bytes);
	case OP_NEG:
		return sub_flags(0, a, 0, bytes, flags);
	case OP_INC:
		r = add_flags(a, 1, 0, bytes, flags);
		break;
	default:
		r = sub_flags(a, 1, 0, bytes, flags);
	}
	flags_put(flags, FL_CF, cf);
	return r;
}

/* One step; CF is the bit that leaves. OF: as after the last step of a count of one. */
static u64 rotate_step(u32 op, u64 a, u32 bytes, u64 *flags)
{
	u64 top = sign_of(bytes), cf = *flags & FL_CF, out, r;

	if (op == OP_ROL || op == OP_RCL) {
		out = (a & top) != 0;
		r = ((a << 1) | (op == OP_ROL ? out : cf)) & mask_of(bytes);
	} else {
		out = a & 1;
		r = (a >> 1) | ((op == OP_ROR ? out : cf) ? top : 0);
	}
	flags_put(flags, FL_CF, out);
	return r;
}

static u64 rotate(u32 op, u64 a, u32 count, u32 bytes, u64 *flags)
{
	u64 top = sign_of(bytes), over;
	bool left = op == OP_ROL || op == OP_RCL;

	if (!count)
		return a;
	for (u32 i = 0; i < count; i++)
		a = rotate_step(op, a, bytes, flags);
	over = left ? ((a & top) != 0) ^ (*flags & FL_CF) : ((a & top) != 0) ^ ((a & top >> 1) != 0);
	flags_put(flags, FL_OF, over ? FL_OF : 0);
	return a;
}

u64 alu_shift(u32 op, u64 a, u32 count, u32 bytes, u64 *flags)
{
	u64 top = sign_of(bytes), r = a & mask_of(bytes), out = 0, over;

	count &= bytes == 8 ? 63 : 31;
	if (op <= OP_RCR)
		return rotate(op, r, count, bytes, flags);
	if (!count)
		return r;
	for (u32 i = 0; i < count; i++) {
		out = op == OP_SHL ? (r & top) != 0 : r & 1;
		if (op == OP_SHL)
			r = (r << 1) & mask_of(bytes);
		else
			r = (r >> 1) | (op == OP_SAR ? r & top : 0);
	}
	over = op == OP_SHL ? ((r & top) != 0) ^ out : op == OP_SHR ? (a & top) != 0 : 0;
	flags_put(flags, FL_ARITH, flags_szp(r, bytes) | out | (over ? FL_OF : 0));
	return r;
}

u64 alu_shiftd(bool left, u64 a, u64 b, u32 count, u32 bytes, u64 *flags)
{
	u64 top = sign_of(bytes), r = a & mask_of(bytes), out = 0;

	count &= bytes == 8 ? 63 : 31;
	if (!count)
		return r;
	for (u32 i = 0; i < count; i++) {
		if (left) {
			out = (r & top) != 0;
			r = ((r << 1) | ((b & top) != 0)) & mask_of(bytes);
			b <<= 1;
		} else {
			out = r & 1;
			r = (r >> 1) | (b & 1 ? top : 0);
			b >>= 1;
		}
	}
	flags_put(flags, FL_ARITH, flags_szp(r, bytes) | out | ((a ^ r) & top ? FL_OF : 0));
	return r;
}

bool cond_true(u32 cc, u64 f)
{
	bool sf = f & FL_SF, of = f & FL_OF, zf = f & FL_ZF, r = false;

	switch (cc >> 1) {
	case 0: r = of; break;
	case 1: r = f & FL_CF; break;
	case 2: r = zf; break;
	case 3: r = zf || (f & FL_CF); break;
	case 4: r = sf; break;
	case 5: r = f & FL_PF; break;
	case 6: r = sf != of; break;
	case 7: r = zf || sf != of; break;
	}
	return r != (cc & 1);
}
