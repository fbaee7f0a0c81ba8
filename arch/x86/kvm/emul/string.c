/* SPDX-License-Identifier: Apache-2.0 */
/*
 * string.c - string instructions, one element each, and port I/O
 *
 * exec_rep() in exec.c commits the state after every element.
 */
#include "priv.h"

#include <string.h>

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

	if (I->o[0].kind == EMUL_OPND_XMM || I->o[1].kind == EMUL_OPND_XMM)
		return exec_vmov_low(c);
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

/* Elements from @off upwards that @seg, its page and a batch hold: they are checked together. */
static u32 batch(struct emul_ctx *c, u32 seg, u64 off, bool write)
{
	u64 n = reg_get(c, RCX, I->addrsize), la;

	if (!I->rep || (c->s.rflags & (FL_DF | FL_TF)))
		return 1;
	n = MIN(n, EMUL_IO_BYTES / I->opsize);
	if (off + n * I->opsize - 1 > mask_of(I->addrsize) ||
	    mem_linear(c, seg, off, (u32)n * I->opsize, write, &la) != EMUL_OK)
		return 1;
	n = MIN(n, (PAGE_SIZE - (la & (PAGE_SIZE - 1))) / I->opsize);
	return n ? (u32)n : 1;
}

/* The destination is checked before the port is read: a device must not lose data to a #PF. */
static int read_ahead(struct emul_ctx *c)
{
	struct emul_pending p = { EMUL_PIO_IN, (u16)c->s.gpr[RDX], I->opsize, 1 };
	int res;

	TRY(dst_write(c, 0, EMUL_ACC_PROBE));
	if (!c->ops->pio_in)
		return EMUL_UNHANDLED;
	p.count = batch(c, EMUL_ES, reg_get(c, RDI, I->addrsize), true);
	res = c->ops->pio_in(c, (u16)p.addr, p.size, p.count, c->io);
	if (res == EMUL_EXIT)
		c->pending = p;
	if (res != EMUL_DEVICE && res != EMUL_OK)
		return res;
	c->io_pos = 0;
	c->io_end = p.size * p.count;
	return EMUL_OK;
}

int exec_ins(struct emul_ctx *c)
{
	u64 v = 0;

	if (c->io_pos == c->io_end) {
		TRY(pio_check(c, (u16)c->s.gpr[RDX], I->opsize));
		TRY(read_ahead(c));
	}
	memcpy(&v, c->io + c->io_pos, I->opsize);
	TRY(dst_write(c, v, 0));
	c->io_pos += I->opsize;
	advance(c, RDI);
	return EMUL_OK;
}

/* Elements for a batch into io[]; 0: there is no plain memory. */
static u32 gather(struct emul_ctx *c)
{
	u64 off = reg_get(c, RSI, I->addrsize), la;
	u32 n = batch(c, src_seg(c), off, false);

	if (n == 1 || mem_linear(c, src_seg(c), off, n * I->opsize, false, &la) != EMUL_OK)
		return 0;
	return c->ops->read(c, la, c->io, n * I->opsize, EMUL_ACC_RAM) == EMUL_OK ? n : 0;
}

static void outs_done(struct emul_ctx *c, u32 n)
{
	c->elements = n;
	reg_set(c, RSI, I->addrsize, c->s.gpr[RSI] + (u64)(n - 1) * I->opsize);
	advance(c, RSI);
}

int exec_outs(struct emul_ctx *c)
{
	u16 port = (u16)c->s.gpr[RDX];
	u32 n;
	u64 v;

	TRY(pio_check(c, port, I->opsize));
	n = gather(c);
	if (n) {
		TRY(pio_do_out(c, port, I->opsize, n, c->io));
		outs_done(c, n);
		return EMUL_OK;
	}
	TRY(src_read(c, &v));
	TRY(pio_do_out(c, port, I->opsize, 1, &v));
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
	TRY(pio_check(c, port_of(c, 0), I->o[1].bytes));
	return pio_do_out(c, port_of(c, 0), I->o[1].bytes, 1, &v);
}
