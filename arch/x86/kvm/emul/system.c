/* SPDX-License-Identifier: Apache-2.0 */
/*
 * system.c - control and debug registers, MSRs, descriptor tables, flags of the system
 *
 * What they do to the machine is behind struct emul_ops; here are operands and
 * the checks of privilege. Intel SDM vol. 2.
 */
#include "priv.h"

#include <string.h>

#define I (&c->insn)
#define O0 (&c->insn.o[0])
#define O1 (&c->insn.o[1])

#define CALL_OP(fn, ...) (c->ops->fn ? c->ops->fn(c, __VA_ARGS__) : EMUL_UNHANDLED)

static int need_cpl0(struct emul_ctx *c)
{
	return c->s.cpl ? emul_fault(c, V_GP, 0) : EMUL_OK;
}

/* MOV to and from CR and DR: the operand's size is the mode's. */
int mov_system(struct emul_ctx *c)
{
	u32 bytes = c->mode == EMUL_MODE_LONG ? 8 : 4;
	u64 v;

	TRY(need_cpl0(c));
	if (O1->kind == EMUL_OPND_CR)
		TRY(CALL_OP(get_cr, O1->reg, &v));
	else if (O1->kind == EMUL_OPND_DR)
		TRY(CALL_OP(get_dr, O1->reg, &v));
	else
		v = reg_get(c, O1->reg, bytes);
	if (O0->kind == EMUL_OPND_CR)
		return CALL_OP(set_cr, O0->reg, v);
	if (O0->kind == EMUL_OPND_DR)
		return CALL_OP(set_dr, O0->reg, v);
	reg_set(c, O0->reg, bytes, v);
	return EMUL_OK;
}

/* Sets PE, never clears it. */
int exec_lmsw(struct emul_ctx *c)
{
	u64 v;

	TRY(need_cpl0(c));
	TRY(op_get(c, O0, &v));
	return CALL_OP(set_cr, 0, (c->s.cr0 & ~0xeull) | (v & 0xf));
}

static int need_umip(struct emul_ctx *c)
{
	return (c->s.cr4 & EMUL_CR4_UMIP) && is_protected(c) && c->s.cpl ? emul_fault(c, V_GP, 0) : EMUL_OK;
}

int exec_smsw(struct emul_ctx *c)
{
	TRY(need_umip(c));
	return op_set(c, O0, c->s.cr0);
}

int exec_clts(struct emul_ctx *c)
{
	TRY(need_cpl0(c));
	return CALL_OP(set_cr, 0, c->s.cr0 & ~EMUL_CR0_TS);
}

int exec_lgdt(struct emul_ctx *c)
{
	bool wide = c->mode == EMUL_MODE_LONG;
	u32 bytes = wide ? 10 : 6;
	u8 buf[10];
	u64 la, base = 0;
	u16 limit;

	TRY(need_cpl0(c));
	TRY(mem_linear(c, O0->seg, mem_offset(c, O0), bytes, false, &la));
	TRY(mem_read(c, la, buf, bytes, 0));
	memcpy(&limit, buf, 2);
	memcpy(&base, buf + 2, bytes - 2);
	if (!wide && I->opsize == 2)
		base &= 0xffffff;
	if (wide && !is_canonical(c, base))
		return emul_fault(c, V_GP, 0);
	return CALL_OP(set_dt, I->op == OP_LIDT, base, limit);
}

int exec_sgdt(struct emul_ctx *c)
{
	u32 bytes = c->mode == EMUL_MODE_LONG ? 10 : 6;
	u8 buf[10];
	u64 base;
	u16 limit;

	TRY(need_umip(c));
	TRY(CALL_OP(get_dt, I->op == OP_SIDT, &base, &limit));
	memcpy(buf, &limit, 2);
	memcpy(buf + 2, &base, 8);
	return seg_write(c, O0->seg, mem_offset(c, O0), buf, bytes, 0);
}

int exec_invlpg(struct emul_ctx *c)
{
	u64 la = mem_offset(c, O0);

	TRY(need_cpl0(c));
	if (c->mode != EMUL_MODE_LONG)
		la = (u32)(la + c->s.seg[O0->seg].base);
	else if (O0->seg >= EMUL_FS)
		la += c->s.seg[O0->seg].base;
	return CALL_OP(invlpg, la);
}

int exec_rdmsr(struct emul_ctx *c)
{
	u64 v;

	TRY(need_cpl0(c));
	TRY(CALL_OP(get_msr, (u32)c->s.gpr[RCX], &v));
	c->s.gpr[RAX] = (u32)v;
	c->s.gpr[RDX] = v >> 32;
	return EMUL_OK;
}

int exec_wrmsr(struct emul_ctx *c)
{
	TRY(need_cpl0(c));
	return CALL_OP(set_msr, (u32)c->s.gpr[RCX], (u32)c->s.gpr[RAX] | c->s.gpr[RDX] << 32);
}

int exec_rdtsc(struct emul_ctx *c)
{
	u64 v;

	if ((c->s.cr4 & EMUL_CR4_TSD) && is_protected(c) && c->s.cpl)
		return emul_fault(c, V_GP, 0);
	TRY(CALL_OP(read_tsc, &v));
	c->s.gpr[RAX] = (u32)v;
	c->s.gpr[RDX] = v >> 32;
	return EMUL_OK;
}

int exec_cpuid(struct emul_ctx *c)
{
	u32 a = (u32)c->s.gpr[RAX], b, x = (u32)c->s.gpr[RCX], d;

	TRY(CALL_OP(cpuid, &a, &b, &x, &d));
	c->s.gpr[RAX] = a;
	c->s.gpr[RBX] = b;
	c->s.gpr[RCX] = x;
	c->s.gpr[RDX] = d;
	return EMUL_OK;
}

int exec_hlt(struct emul_ctx *c)
{
	TRY(need_cpl0(c));
	return c->ops->halt ? c->ops->halt(c) : EMUL_UNHANDLED;
}

int exec_wbinvd(struct emul_ctx *c)
{
	TRY(need_cpl0(c));
	return c->ops->wbinvd ? c->ops->wbinvd(c) : EMUL_OK;
}

/* CLI and STI. STI holds interrupts off for one more instruction. */
int exec_if(struct emul_ctx *c)
{
	bool was = c->s.rflags & FL_IF;

	if (c->mode != EMUL_MODE_REAL && c->s.cpl > (c->s.rflags & FL_IOPL) >> 12)
		return emul_fault(c, V_GP, 0);
	if (I->op == OP_CLI) {
		c->s.rflags &= ~FL_IF;
		return EMUL_OK;
	}
	c->s.rflags |= FL_IF;
	c->shadow = was ? 0 : EMUL_SHADOW_STI;
	return EMUL_OK;
}
