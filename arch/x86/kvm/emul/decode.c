/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode.c - bytes and mode to struct emul_insn by Zydis, behind a small cache
 *
 * The cache is keyed by the bytes themselves and the mode, never by RIP, so a
 * guest that rewrites its code cannot be given a stale decoding.
 */
#include "emul.h"
#include "optable.h"

#include <Zydis/Zydis.h>
#include <string.h>

#define EMUL_MAP_ROW(m, fn) [ZYDIS_MNEMONIC_##m] = OP_##m,
static const u8 op_of_mnemonic[ZYDIS_MNEMONIC_MAX_VALUE + 1] = { EMUL_OPS(EMUL_MAP_ROW) };
_Static_assert(OP_NR < 256, "struct emul_insn.op is a byte");

static const struct { ZydisMachineMode mode; ZydisStackWidth stack; } zydis_mode[] = {
	[EMUL_MODE_REAL]   = { ZYDIS_MACHINE_MODE_REAL_16, ZYDIS_STACK_WIDTH_16 },
	[EMUL_MODE_VM86]   = { ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_STACK_WIDTH_16 },
	[EMUL_MODE_PROT16] = { ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_STACK_WIDTH_16 },
	[EMUL_MODE_PROT32] = { ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32 },
	[EMUL_MODE_LONG]   = { ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64 },
};

static const struct { u16 first, last; u8 kind, reg; } reg_rows[] = {
	{ ZYDIS_REGISTER_AL, ZYDIS_REGISTER_BL, EMUL_OPND_GPR, 0 },
	{ ZYDIS_REGISTER_AH, ZYDIS_REGISTER_BH, EMUL_OPND_HIGH8, 0 },
	{ ZYDIS_REGISTER_SPL, ZYDIS_REGISTER_R15B, EMUL_OPND_GPR, 4 },
	{ ZYDIS_REGISTER_AX, ZYDIS_REGISTER_R15W, EMUL_OPND_GPR, 0 },
	{ ZYDIS_REGISTER_EAX, ZYDIS_REGISTER_R15D, EMUL_OPND_GPR, 0 },
	{ ZYDIS_REGISTER_RAX, ZYDIS_REGISTER_R15, EMUL_OPND_GPR, 0 },
	{ ZYDIS_REGISTER_RIP, ZYDIS_REGISTER_RIP, EMUL_OPND_NONE, EMUL_RIP_BASE },
	{ ZYDIS_REGISTER_EIP, ZYDIS_REGISTER_EIP, EMUL_OPND_NONE, EMUL_RIP_BASE },
	{ ZYDIS_REGISTER_ES, ZYDIS_REGISTER_GS, EMUL_OPND_SEG, 0 },
	{ ZYDIS_REGISTER_CR0, ZYDIS_REGISTER_CR15, EMUL_OPND_CR, 0 },
	{ ZYDIS_REGISTER_DR0, ZYDIS_REGISTER_DR15, EMUL_OPND_DR, 0 },
	{ ZYDIS_REGISTER_XMM0, ZYDIS_REGISTER_XMM15, EMUL_OPND_XMM, 0 },
	{ ZYDIS_REGISTER_YMM0, ZYDIS_REGISTER_YMM15, EMUL_OPND_XMM, 0 },
};

static bool reg_find(ZydisRegister r, u8 *kind, u8 *reg)
{
	for (u32 i = 0; i < ARRAY_SIZE(reg_rows); i++) {
		if ((u32)r < reg_rows[i].first || (u32)r > reg_rows[i].last)
			continue;
		*kind = reg_rows[i].kind;
		*reg = (u8)(reg_rows[i].reg + (u32)r - reg_rows[i].first);
		return true;
	}
	return false;
}

static u8 mem_reg(ZydisRegister r)
{
	u8 kind, reg;

	if (r == ZYDIS_REGISTER_NONE || !reg_find(r, &kind, &reg))
		return EMUL_NO_REG;
	return reg;
}

static bool operand_mem(const ZydisDecodedOperand *z, struct emul_operand *o)
{
	u8 kind;

	o->kind = EMUL_OPND_MEM;
	o->reg = mem_reg(z->mem.base);
	o->index = mem_reg(z->mem.index);
	o->scale = z->mem.scale;
	o->val = (u64)z->mem.disp.value;
	return reg_find(z->mem.segment, &kind, &o->seg) && kind == EMUL_OPND_SEG &&
	       z->mem.type != ZYDIS_MEMOP_TYPE_VSIB;
}

static bool operand_fill(const ZydisDecodedOperand *z, struct emul_operand *o)
{
	o->bytes = (u8)(z->size / 8);
	switch (z->type) {
	case ZYDIS_OPERAND_TYPE_REGISTER:
		return reg_find(z->reg.value, &o->kind, &o->reg);
	case ZYDIS_OPERAND_TYPE_MEMORY:
		return operand_mem(z, o);
	case ZYDIS_OPERAND_TYPE_IMMEDIATE:
		o->kind = EMUL_OPND_IMM;
		o->val = z->imm.value.u;
		return true;
	case ZYDIS_OPERAND_TYPE_POINTER:
		o->kind = EMUL_OPND_FAR;
		o->far_sel = z->ptr.segment;
		o->val = z->ptr.offset;
		return true;
	default:
		return false;
	}
}

/* Zydis 4.0 takes base 5 without displacement byte for R13D, with a 67 prefix and REX.B: there is no base. */
static void no_base(const ZydisDecodedInstruction *z, const ZydisDecodedOperand *zo, struct emul_operand *o)
{
	if (zo->encoding != ZYDIS_OPERAND_ENCODING_MODRM_RM || o->kind != EMUL_OPND_MEM || z->address_width == 16)
		return;
	if (z->raw.modrm.mod != 0 || z->raw.modrm.rm != 4 || z->raw.sib.base != 5)
		return;
	o->reg = EMUL_NO_REG;
	o->val = (u64)z->raw.disp.value;
}

/* The last of F2 and F3 counts; Zydis' attributes leave out F2 on MOVS and the like. */
static void rep_fill(const ZydisDecodedInstruction *z, struct emul_insn *insn)
{
	for (u32 i = 0; i < z->raw.prefix_count; i++) {
		u8 p = z->raw.prefixes[i].value;

		if (p == 0xf3 || p == 0xf2) {
			insn->rep = true;
			insn->repne = p == 0xf2;
		}
	}
}

static bool insn_fill(const ZydisDecoder *d, const ZydisDecoderContext *ctx,
		      const ZydisDecodedInstruction *z, struct emul_insn *insn)
{
	ZydisDecodedOperand ops[3];
	u8 n = z->operand_count_visible;

	insn->vex = z->encoding == ZYDIS_INSTRUCTION_ENCODING_VEX;
	if ((z->encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY && !insn->vex) || n > ARRAY_SIZE(ops))
		return false;
	if (n && ZYAN_FAILED(ZydisDecoderDecodeOperands(d, ctx, z, ops, n)))
		return false;
	for (u32 i = 0; i < n; i++) {
		if (!operand_fill(&ops[i], &insn->o[i]))
			return false;
		no_base(z, &ops[i], &insn->o[i]);
	}
	insn->nr_ops = n;
	return true;
}

static int decode_zydis(const u8 *bytes, u32 len, enum emul_mode mode, struct emul_insn *insn)
{
	ZydisDecoderContext ctx;
	ZydisDecodedInstruction z;
	ZydisDecoder d;
	ZyanStatus st;

	if (ZYAN_FAILED(ZydisDecoderInit(&d, zydis_mode[mode].mode, zydis_mode[mode].stack)))
		return EMUL_UNHANDLED;
	st = ZydisDecoderDecodeInstruction(&d, &ctx, bytes, len, &z);
	if (st == ZYDIS_STATUS_NO_MORE_DATA)
		return EMUL_RETRY;
	if (ZYAN_FAILED(st))
		return EMUL_UNHANDLED;
	memset(insn, 0, sizeof(*insn));
	insn->len = z.length;
	insn->opsize = (u8)(z.operand_width / 8);
	insn->addrsize = (u8)(z.address_width / 8);
	insn->opcode = z.opcode;
	insn->cc = z.opcode & 15;
	insn->modrm_reg = z.raw.modrm.reg;
	insn->lock = (z.attributes & ZYDIS_ATTRIB_HAS_LOCK) != 0;
	rep_fill(&z, insn);
	if (insn_fill(&d, &ctx, &z, insn))
		insn->op = op_of_mnemonic[z.mnemonic];
	return EMUL_OK;
}

static struct emul_cache_entry *cache_slot(struct emul_cache *c, const u8 *b, u32 len,
					   enum emul_mode mode)
{
	u32 h = (u32)mode;

	for (u32 i = 0; i < 4 && i < len; i++)
		h = h * 31u + b[i];
	return &c->e[(h ^ (h >> 7)) % EMUL_CACHE_ENTRIES];
}

int emul_decode(struct emul_cache *cache, const u8 *bytes, u32 len, enum emul_mode mode,
		struct emul_insn *insn)
{
	struct emul_cache_entry *e = NULL;
	int err;

	if (cache) {
		e = cache_slot(cache, bytes, len, mode);
		if (e->mode == (u8)(mode + 1) && e->insn.len <= len &&
		    memcmp(e->bytes, bytes, e->insn.len) == 0) {
			cache->hits++;
			*insn = e->insn;
			return EMUL_OK;
		}
		cache->misses++;
	}
	err = decode_zydis(bytes, len, mode, insn);
	if (err == EMUL_OK && e) {
		e->mode = (u8)(mode + 1);
		e->insn = *insn;
		memcpy(e->bytes, bytes, insn->len);
	}
	return err;
}

bool emul_supported(const struct emul_insn *insn)
{
	return insn->op != OP_NONE;
}
