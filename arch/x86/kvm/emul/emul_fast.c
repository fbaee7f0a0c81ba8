/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emul_fast.c - intercepted instructions of fixed form, matched from their bytes
 *
 * One row for each opcode; prefixes are read once in front of it. Encodings:
 * AMD APM vol. 3, appendix A.
 */
#include "emul.h"

enum { SHAPE_PLAIN, SHAPE_MODRM_EQ, SHAPE_MODRM_REG, SHAPE_CR, SHAPE_IO_IMM, SHAPE_IO_DX };

struct row { u8 map, opcode, shape, arg, op; };	/* map 0: one byte, 1: 0F */

static const struct row rows[] = {
	{ 1, 0xa2, SHAPE_PLAIN, 0, FAST_CPUID },
	{ 1, 0x32, SHAPE_PLAIN, 0, FAST_RDMSR },
	{ 1, 0x30, SHAPE_PLAIN, 0, FAST_WRMSR },
	{ 0, 0xf4, SHAPE_PLAIN, 0, FAST_HLT },
	{ 1, 0x31, SHAPE_PLAIN, 0, FAST_RDTSC },
	{ 1, 0x33, SHAPE_PLAIN, 0, FAST_RDPMC },
	{ 1, 0x06, SHAPE_PLAIN, 0, FAST_CLTS },
	{ 1, 0x08, SHAPE_PLAIN, 0, FAST_INVD },
	{ 1, 0x09, SHAPE_PLAIN, 0, FAST_WBINVD },
	{ 1, 0xaa, SHAPE_PLAIN, 0, FAST_RSM },
	{ 0, 0xcc, SHAPE_PLAIN, 0, FAST_INT3 },
	{ 0, 0xf1, SHAPE_PLAIN, 0, FAST_ICEBP },
	{ 0, 0x90, SHAPE_PLAIN, 0, FAST_PAUSE },	/* with F3 */
	{ 1, 0x01, SHAPE_MODRM_EQ, 0xd9, FAST_VMMCALL },
	{ 1, 0x01, SHAPE_MODRM_EQ, 0xc1, FAST_VMCALL },
	{ 1, 0x01, SHAPE_MODRM_EQ, 0xf9, FAST_RDTSCP },
	{ 1, 0x01, SHAPE_MODRM_EQ, 0xd1, FAST_XSETBV },
	{ 1, 0x01, SHAPE_MODRM_EQ, 0xc8, FAST_MONITOR },
	{ 1, 0x01, SHAPE_MODRM_EQ, 0xc9, FAST_MWAIT },
	{ 1, 0x01, SHAPE_MODRM_EQ, 0xd8, FAST_VMRUN },
	{ 1, 0x01, SHAPE_MODRM_EQ, 0xda, FAST_VMLOAD },
	{ 1, 0x01, SHAPE_MODRM_EQ, 0xdb, FAST_VMSAVE },
	{ 1, 0x01, SHAPE_MODRM_EQ, 0xdc, FAST_STGI },
	{ 1, 0x01, SHAPE_MODRM_EQ, 0xdd, FAST_CLGI },
	{ 1, 0x01, SHAPE_MODRM_EQ, 0xde, FAST_SKINIT },
	{ 1, 0x01, SHAPE_MODRM_EQ, 0xdf, FAST_INVLPGA },
	{ 1, 0x22, SHAPE_CR, 0, FAST_MOV_TO_CR },
	{ 1, 0x20, SHAPE_CR, 0, FAST_MOV_FROM_CR },
	{ 1, 0x23, SHAPE_CR, 0, FAST_MOV_TO_DR },
	{ 1, 0x21, SHAPE_CR, 0, FAST_MOV_FROM_DR },
	{ 0, 0xe4, SHAPE_IO_IMM, 1, FAST_IN },
	{ 0, 0xe5, SHAPE_IO_IMM, 0, FAST_IN },
	{ 0, 0xe6, SHAPE_IO_IMM, 1, FAST_OUT },
	{ 0, 0xe7, SHAPE_IO_IMM, 0, FAST_OUT },
	{ 0, 0xec, SHAPE_IO_DX, 1, FAST_IN },
	{ 0, 0xed, SHAPE_IO_DX, 0, FAST_IN },
	{ 0, 0xee, SHAPE_IO_DX, 1, FAST_OUT },
	{ 0, 0xef, SHAPE_IO_DX, 0, FAST_OUT },
};

static const char *const names[FAST_NR] = {
	"none", "cpuid", "rdmsr", "wrmsr", "hlt", "vmmcall", "vmcall", "rdtsc", "rdtscp", "rdpmc",
	"mov to cr", "mov from cr", "mov to dr", "mov from dr", "clts", "invd", "wbinvd", "xsetbv",
	"pause", "monitor", "mwait", "vmrun", "vmload", "vmsave", "stgi", "clgi", "skinit", "invlpga",
	"rsm", "in", "out", "int3", "icebp", "invlpg",
};

const char *emul_fast_name(u8 op)
{
	return op < FAST_NR ? names[op] : "?";
}

struct prefixes { u32 len; u8 rex; bool op16, rep, lock; };

static bool is_legacy_prefix(u8 b, struct prefixes *p)
{
	switch (b) {
	case 0x66: p->op16 = true; return true;
	case 0xf2: case 0xf3: p->rep = true; return true;
	case 0xf0: p->lock = true; return true;
	case 0x67: case 0x2e: case 0x36: case 0x3e: case 0x26: case 0x64: case 0x65: return true;
	default: return false;
	}
}

static struct prefixes read_prefixes(const u8 *b, u32 len, bool long_mode)
{
	struct prefixes p = { .len = 0 };

	for (; p.len < len && p.len < 14; p.len++) {
		if (is_legacy_prefix(b[p.len], &p))
			p.rex = 0;	/* a REX that is not last counts for nothing */
		else if (long_mode && (b[p.len] & 0xf0) == 0x40)
			p.rex = b[p.len];
		else
			break;
	}
	return p;
}

/* Bytes after the opcode; ~0: does not fit. */
static u32 match_rest(const struct row *r, const u8 *b, u32 len, const struct prefixes *p, struct emul_fast *f)
{
	switch (r->shape) {
	case SHAPE_MODRM_EQ:
		return len >= 1 && b[0] == r->arg ? 1 : ~0u;
	case SHAPE_CR:			/* mod is ignored: always a register */
		if (len < 1)
			return ~0u;
		f->reg = (u8)((b[0] >> 3 & 7) | (p->rex & 4 ? 8 : 0));
		f->gpr = (u8)((b[0] & 7) | (p->rex & 1 ? 8 : 0));
		if (p->lock && f->reg == 0)
			f->reg = 8;	/* LOCK MOV CR0: AMD's other way to CR8 */
		return 1;
	case SHAPE_IO_IMM:
		if (len < 1)
			return ~0u;
		f->port = b[0];
		return 1;
	case SHAPE_IO_DX:
		f->port_in_dx = true;
		return 0;
	default:
		return 0;
	}
}

/* The usual case: 0F and one opcode byte, nothing in front. The first rows of the table. */
#define NR_BARE 3

static bool match_bare(const u8 *bytes, u32 len, struct emul_fast *f)
{
	if (len < 2 || bytes[0] != 0x0f)
		return false;
	for (u32 i = 0; i < NR_BARE; i++)
		if (bytes[1] == rows[i].opcode) {
			*f = (struct emul_fast){ .op = rows[i].op, .len = 2, .opsize = 4 };
			return true;
		}
	return false;
}

bool emul_fast_match(const u8 *bytes, u32 len, bool long_mode, bool default16, struct emul_fast *f)
{
	struct prefixes p;
	u32 at, rest;
	u8 map = 0;

	if (match_bare(bytes, len, f))
		return true;
	p = read_prefixes(bytes, len, long_mode);
	at = p.len;
	if (at < len && bytes[at] == 0x0f) {
		map = 1;
		at++;
	}
	if (at >= len)
		return false;
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];

		if (r->map != map || r->opcode != bytes[at])
			continue;
		*f = (struct emul_fast){ .op = r->op, .rep = p.rep };
		rest = match_rest(r, bytes + at + 1, len - at - 1, &p, f);
		if (rest == ~0u || (r->op == FAST_PAUSE && !p.rep))
			continue;
		f->len = (u8)(at + 1 + rest);
		f->opsize = r->arg == 1 ? 1 : p.op16 != default16 ? 2 : 4;
		return f->len <= 15;
	}
	return false;
}
