/* SPDX-License-Identifier: Apache-2.0 */
/*
 * int128.c - division of 128-bit numbers
 *
 * The compiler's own keeps numbers below the stack pointer, where interrupts write.
 */
typedef __int128 ti;
typedef unsigned __int128 uti;

uti __udivmodti4(uti a, uti b, uti *rest);
uti __udivti3(uti a, uti b);
uti __umodti3(uti a, uti b);
ti __divti3(ti a, ti b);
ti __modti3(ti a, ti b);

static int leading_zeros(uti a)
{
	unsigned long high = (unsigned long)(a >> 64), low = (unsigned long)a;

	return high ? __builtin_clzl(high) : low ? 64 + __builtin_clzl(low) : 128;
}

/* Quotient bit by bit from the first that can be 1. Division by 0 traps as the instruction does. */
uti __udivmodti4(uti a, uti b, uti *rest)
{
	uti quotient = 0;
	int shift;

	if (!b || (!(a >> 64) && !(b >> 64))) {
		unsigned long x = (unsigned long)a, y = (unsigned long)b;

		*rest = x % y;
		return x / y;
	}
	shift = a < b ? -1 : leading_zeros(b) - leading_zeros(a);
	for (; shift >= 0; shift--) {
		if (a < b << shift)
			continue;
		a -= b << shift;
		quotient |= (uti)1 << shift;
	}
	*rest = a;
	return quotient;
}

uti __udivti3(uti a, uti b)
{
	uti rest;

	return __udivmodti4(a, b, &rest);
}

uti __umodti3(uti a, uti b)
{
	uti rest;

	__udivmodti4(a, b, &rest);
	return rest;
}

static uti magnitude(ti a)
{
	return a < 0 ? -(uti)a : (uti)a;
}

ti __divti3(ti a, ti b)
{
	uti q = __udivti3(magnitude(a), magnitude(b));

	return (ti)((a < 0) != (b < 0) ? -q : q);
}

ti __modti3(ti a, ti b)
{
	uti r = __umodti3(magnitude(a), magnitude(b));

	return (ti)(a < 0 ? -r : r);
}
