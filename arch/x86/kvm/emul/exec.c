/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec.c - begin, dispatch, repeat, complete
 *
 * Invariant: outside this file's functions ctx.s is the state before the
 * instruction, after it, or after a whole number of elements of a REP string.
 */
#include "priv.h"

#include <string.h>

#define EMUL_REP_MAX 1024	/* elements before interrupts get their turn */

#define EMUL_EXEC_ROW(m, fn) [OP_##m] = exec_##fn,
static int (*const exec_table[OP_NR])(struct emul_ctx *c) = { EMUL_OPS(EMUL_EXEC_ROW) };

enum emul_mode emul_mode_of(const struct emul_state *s)
{
	u16 cs = s->seg[EMUL_CS].attr;

	if (!(s->cr0 & EMUL_CR0_PE))
		return EMUL_MODE_REAL;
	if ((s->efer & (1u << 10)) && (cs & EMUL_ATTR_L))
		return EMUL_MODE_LONG;
	if (s->rflags & FL_VM)
		return EMUL_MODE_VM86;
	return cs & EMUL_ATTR_DB ? EMUL_MODE_PROT32 : EMUL_MODE_PROT16;
}

int emul_fault(struct emul_ctx *c, u8 vector, u32 error)
{
	c->fault.vector = vector;
	c->fault.has_error = vector == 8 || (vector >= V_TS && vector <= V_PF) || vector == V_AC;
	c->fault.error = error;
	c->fault.cr2 = 0;
	if (c->mode == EMUL_MODE_REAL)
		c->fault.has_error = false;
	return EMUL_FAULT;
}

int emul_page_fault(struct emul_ctx *c, u64 linear, u32 error)
{
	emul_fault(c, V_PF, error);
	c->fault.has_error = true;
	c->fault.cr2 = linear;
	return EMUL_FAULT;
}

int emul_begin(struct emul_ctx *c, const u8 *bytes, u32 len)
{
	int res;

	c->mode = emul_mode_of(&c->s);
	c->log_len = c->log_pos = 0;
	c->io_pos = c->io_end = 0;
	c->posted = false;
	c->rep_done = 0;
	c->shadow = c->seg_dirty = 0;
	res = emul_decode(c->cache, bytes, MIN(len, 15u), c->mode, &c->insn);
	if (res == EMUL_RETRY && len >= 15)
		return emul_fault(c, V_GP, 0);
	return res == EMUL_UNHANDLED ? emul_fault(c, V_UD, 0) : res;
}

static bool is_ins(const struct emul_ctx *c)
{
	return c->insn.op >= OP_INSB && c->insn.op <= OP_INSD;
}

/* Elements of an INS that the VMM has read. */
static void take_input(struct emul_ctx *c, const void *data)
{
	c->io_pos = 0;
	c->io_end = MIN(c->pending.size * c->pending.count, (u32)EMUL_IO_BYTES);
	memcpy(c->io, data, c->io_end);
}

void emul_complete(struct emul_ctx *c, const void *data)
{
	struct emul_logged *l = &c->log[c->log_len];

	if (c->pending_logged || c->log_len == EMUL_LOG)
		return;
	if (c->pending.kind == EMUL_PIO_IN && is_ins(c)) {
		take_input(c, data);
		return;
	}
	l->p = c->pending;
	if (data && (c->pending.kind == EMUL_MEM_READ || c->pending.kind == EMUL_PIO_IN))
		memcpy(l->data, data, MIN(c->pending.size, (u32)sizeof(l->data)));
	c->log_len++;
}

/* One pass; on anything but EMUL_OK the state is as before. */
static int exec_once(struct emul_ctx *c)
{
	int res;

	c->saved = c->s;
	c->tries = 0;
	c->log_pos = 0;
	c->pending_logged = c->posted = false;
	c->elements = 1;
	res = exec_table[c->insn.op](c);
	if (res == EMUL_OK) {
		c->log_len = 0;
	} else {
		c->s = c->saved;
		c->shadow = c->seg_dirty = 0;
	}
	return res;
}

static bool is_compare(u32 op) { return op >= OP_CMPSB && op <= OP_SCASQ; }

/* MOVSD is also the name of a vector move. */
static bool is_string(const struct emul_ctx *c)
{
	const struct emul_insn *i = &c->insn;

	return i->op >= OP_MOVSB && i->op <= OP_OUTSD && i->o[0].kind != EMUL_OPND_XMM &&
	       i->o[1].kind != EMUL_OPND_XMM;
}

static bool rep_ends(const struct emul_ctx *c)
{
	if (!reg_get(c, RCX, c->insn.addrsize))
		return true;
	return is_compare(c->insn.op) && ((c->s.rflags & FL_ZF) != 0) == c->insn.repne;
}

static void insn_end(struct emul_ctx *c)
{
	u64 rip = c->s.rip + c->insn.len;

	c->s.rip = c->mode == EMUL_MODE_LONG ? rip : (u32)rip;
	c->s.rflags &= ~FL_RF;
}

/* Interrupts get their turn, but never while input that was read ahead waits. */
static bool rep_pauses(struct emul_ctx *c)
{
	if (is_ins(c))
		return c->io_pos == c->io_end;
	return ++c->rep_done >= EMUL_REP_MAX;
}

static int exec_rep(struct emul_ctx *c)
{
	u32 as = c->insn.addrsize;

	if (!reg_get(c, RCX, as)) {
		insn_end(c);
		return EMUL_OK;
	}
	for (;;) {
		TRY(exec_once(c));
		reg_set(c, RCX, as, c->s.gpr[RCX] - c->elements);
		if (rep_ends(c)) {
			insn_end(c);
			break;
		}
		if (c->posted || (c->s.rflags & FL_TF) || rep_pauses(c))
			break;
	}
	return EMUL_OK;
}

int emul_exec(struct emul_ctx *c)
{
	u32 op = c->insn.op;
	int res;

	if (op == OP_NONE || !exec_table[op])
		return EMUL_UNHANDLED;
	if (c->insn.rep && is_string(c))
		return exec_rep(c);
	res = exec_once(c);
	if (res == EMUL_OK)
		insn_end(c);
	return res;
}
