/* SPDX-License-Identifier: Apache-2.0 */
/*
 * segment.c - loading segment registers, with the descriptor's checks
 *
 * Intel SDM vol. 3, 5.4 to 5.8; vol. 2, MOV and LDS. A check that fails names
 * the selector in the error code.
 */
#include "priv.h"

#include <string.h>

#define TYPE_CODE	8u
#define TYPE_CONFORMING	4u
#define TYPE_WRITABLE	2u		/* data; readable: code */
#define TYPE_ACCESSED	1u
#define SEL_TI		4u

struct descriptor { u64 la, raw; };

static u32 raw_attr(u64 d)
{
	return (u32)(d >> 40 & 0xff) | (u32)(d >> 52 & 0xf) << 8;
}

static void unpack(u64 d, u16 sel, struct emul_seg *s)
{
	s->sel = sel;
	s->attr = (u16)raw_attr(d);
	s->base = (d >> 16 & 0xffffff) | (d >> 56 & 0xff) << 24;
	s->limit = (u32)(d & 0xffff) | (u32)(d >> 48 & 0xf) << 16;
	if (s->attr & EMUL_ATTR_G)
		s->limit = s->limit << 12 | 0xfff;
}

static int table_of(struct emul_ctx *c, u16 sel, u64 *base, u32 *limit)
{
	struct emul_seg ldt;
	u16 lim;

	if (sel & SEL_TI) {
		if (!c->ops->get_ldt)
			return EMUL_UNHANDLED;
		TRY(c->ops->get_ldt(c, &ldt));
		*base = ldt.base;
		*limit = ldt.attr & EMUL_ATTR_P ? ldt.limit : 0;
		return EMUL_OK;
	}
	if (!c->ops->get_dt)
		return EMUL_UNHANDLED;
	TRY(c->ops->get_dt(c, false, base, &lim));
	*limit = lim;
	return EMUL_OK;
}

static int descriptor_read(struct emul_ctx *c, u16 sel, struct descriptor *d)
{
	u64 base;
	u32 limit;

	TRY(table_of(c, sel, &base, &limit));
	if ((sel | 7u) > limit)
		return emul_fault(c, V_GP, sel & 0xfffc);
	d->la = base + (sel & 0xfff8);
	if (c->mode != EMUL_MODE_LONG)
		d->la = (u32)d->la;
	return mem_read(c, d->la, &d->raw, 8, EMUL_ACC_SYSTEM);
}

/* The byte with the type, so that a concurrent change of the rest stays. */
static int set_accessed(struct emul_ctx *c, const struct descriptor *d, struct emul_seg *s)
{
	u8 type = (u8)(d->raw >> 40) | TYPE_ACCESSED;

	if (d->raw >> 40 & TYPE_ACCESSED)
		return EMUL_OK;
	s->attr |= TYPE_ACCESSED;
	return mem_write(c, d->la + 5, &type, 1, EMUL_ACC_SYSTEM);
}

static int null_segment(struct emul_ctx *c, u32 seg, u16 sel)
{
	struct emul_seg *s = &c->s.seg[seg];

	if (seg == EMUL_SS && (c->mode != EMUL_MODE_LONG || c->s.cpl == 3 || (sel & 3) != c->s.cpl))
		return emul_fault(c, V_GP, 0);
	*s = (struct emul_seg){ .sel = sel };
	if (seg == EMUL_SS)
		s->attr = (u16)(c->s.cpl << 5);	/* the CPL stays where hardware looks for it */
	c->seg_dirty |= 1u << seg;
	return EMUL_OK;
}

static bool stack_ok(const struct emul_ctx *c, u32 attr, u16 sel)
{
	return (sel & 3) == c->s.cpl && EMUL_ATTR_DPL(attr) == c->s.cpl && (attr & EMUL_ATTR_S) &&
	       (attr & (TYPE_CODE | TYPE_WRITABLE)) == TYPE_WRITABLE;
}

static bool data_ok(const struct emul_ctx *c, u32 attr, u16 sel)
{
	u32 weaker = MAX((u32)c->s.cpl, sel & 3u);

	if (!(attr & EMUL_ATTR_S) || (attr & (TYPE_CODE | TYPE_WRITABLE)) == TYPE_CODE)
		return false;
	if ((attr & (TYPE_CODE | TYPE_CONFORMING)) == (TYPE_CODE | TYPE_CONFORMING))
		return true;
	return EMUL_ATTR_DPL(attr) >= weaker;
}

static void load_real(struct emul_ctx *c, u32 seg, u16 sel)
{
	struct emul_seg *s = &c->s.seg[seg];

	s->sel = sel;
	s->base = (u32)sel << 4;
	if (c->mode == EMUL_MODE_VM86) {
		s->limit = 0xffff;
		s->attr = 0xf3;
	}
	c->seg_dirty |= 1u << seg;
}

int load_segment(struct emul_ctx *c, u32 seg, u16 sel)
{
	struct descriptor d;
	struct emul_seg s;

	if (seg == EMUL_CS || seg >= EMUL_NR_SEGS)
		return emul_fault(c, V_UD, 0);
	if (!is_protected(c)) {
		load_real(c, seg, sel);
		return EMUL_OK;
	}
	if (!(sel & 0xfffc))
		return null_segment(c, seg, sel);
	TRY(descriptor_read(c, sel, &d));
	unpack(d.raw, sel, &s);
	if (seg == EMUL_SS ? !stack_ok(c, s.attr, sel) : !data_ok(c, s.attr, sel))
		return emul_fault(c, V_GP, sel & 0xfffc);
	if (!(s.attr & EMUL_ATTR_P))
		return emul_fault(c, seg == EMUL_SS ? V_SS : V_NP, sel & 0xfffc);
	TRY(set_accessed(c, &d, &s));
	c->s.seg[seg] = s;
	c->seg_dirty |= 1u << seg;
	return EMUL_OK;
}

static bool code_ok(const struct emul_ctx *c, u32 attr, u16 sel)
{
	if (attr & TYPE_CONFORMING)
		return EMUL_ATTR_DPL(attr) <= c->s.cpl;
	return (sel & 3u) <= c->s.cpl && EMUL_ATTR_DPL(attr) == c->s.cpl;
}

int code_segment(struct emul_ctx *c, u16 sel, struct emul_seg *out)
{
	struct descriptor d;

	*out = c->s.seg[EMUL_CS];
	if (!is_protected(c)) {
		out->sel = sel;
		out->base = (u32)sel << 4;
		return EMUL_OK;
	}
	if (!(sel & 0xfffc))
		return emul_fault(c, V_GP, 0);
	TRY(descriptor_read(c, sel, &d));
	unpack(d.raw, sel, out);
	if (!(out->attr & EMUL_ATTR_S))
		return EMUL_UNHANDLED;	/* gates and TSSs */
	if (!(out->attr & TYPE_CODE) || !code_ok(c, out->attr, sel))
		return emul_fault(c, V_GP, sel & 0xfffc);
	if ((c->s.efer & (1u << 10)) && (out->attr & EMUL_ATTR_L) && (out->attr & EMUL_ATTR_DB))
		return emul_fault(c, V_GP, sel & 0xfffc);
	if (!(out->attr & EMUL_ATTR_P))
		return emul_fault(c, V_NP, sel & 0xfffc);
	TRY(set_accessed(c, &d, out));
	out->sel = (u16)((sel & ~3u) | c->s.cpl);
	return EMUL_OK;
}

static u32 seg_of_op(u32 op)
{
	switch (op) {
	case OP_LDS: return EMUL_DS;
	case OP_LES: return EMUL_ES;
	case OP_LFS: return EMUL_FS;
	case OP_LGS: return EMUL_GS;
	default: return EMUL_SS;
	}
}

/* LDS and its relatives. */
int exec_lseg(struct emul_ctx *c)
{
	const struct emul_operand *m = &c->insn.o[1];
	u32 bytes = c->insn.o[0].bytes;
	u8 buf[10] = { 0 };
	u64 la, off = 0;
	u16 sel;

	TRY(mem_linear(c, m->seg, mem_offset(c, m), bytes + 2, false, &la));
	TRY(mem_read(c, la, buf, bytes + 2, 0));
	memcpy(&off, buf, bytes);
	memcpy(&sel, buf + bytes, 2);
	TRY(load_segment(c, seg_of_op(c->insn.op), sel));
	return op_set(c, &c->insn.o[0], off);
}
