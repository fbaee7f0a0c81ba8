/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mitigate_table.c - which mitigations a CPU needs, from what it reports
 *
 * A row is needed when the CPU has one of the "has" bits (none listed: always),
 * none of the "not" bits, and ARCH_CAPABILITIES does not say that it is immune.
 * Sources: Intel's and AMD's papers on speculation (CPUID 7, 0x80000008 EBX,
 * 0x80000021; ARCH_CAPABILITIES). Pure.
 */
#include "mitigate.h"

enum { EAX, EBX, ECX, EDX };
enum { ANY_VENDOR, INTEL, AMD };

struct row {
	const char *name;
	u8 vendor, immune_bit;		/* of ARCH_CAPABILITIES, NONE */
	u8 min_family, max_family;	/* 0: any */
	struct mitigate_bit has[2], not[2];	/* "not" counts when all of it is there */
};
#define NONE 0xff

#define IBPB_AMD	{ 0x80000008, EBX, 12 }
#define IBRS_AMD	{ 0x80000008, EBX, 14 }
#define SPEC_CTRL	{ 7, EDX, 26 }
#define AUTO_IBRS	{ 0x80000021, EAX, 8 }

static const struct row rows[MITIGATE_NR] = {
	[MITIGATE_RSB] = { .name = "return stack filled after an exit", .immune_bit = NONE },
	[MITIGATE_IBPB] = { .name = "IBPB for another vCPU", .immune_bit = NONE, .has = { IBPB_AMD, SPEC_CTRL } },
	[MITIGATE_AUTO_IBRS] = { .name = "automatic IBRS", .immune_bit = NONE, .has = { AUTO_IBRS } },
	[MITIGATE_IBRS] = { .name = "IBRS in the host", .immune_bit = NONE, .has = { IBRS_AMD, SPEC_CTRL }, .not = { AUTO_IBRS } },
	[MITIGATE_VERW] = { .name = "buffers cleared before an entry", .immune_bit = 5,	/* MDS_NO */
		.has = { { 7, EDX, 10 }, { 0x80000021, EAX, 5 } },
		.not = { { 0x80000021, ECX, 1 }, { 0x80000021, ECX, 2 } } },		/* no TSA */
	[MITIGATE_L1D] = { .name = "L1D flushed for another vCPU", .vendor = INTEL, .immune_bit = 0,	/* RDCL_NO */
		.has = { { 7, EDX, 28 } } },
};

static const struct row missing[] = {
	{ .name = "branch type confusion", .vendor = AMD, .immune_bit = NONE, .min_family = 0x15, .max_family = 0x17,
		.not = { { 0x80000008, EBX, 29 } } },
	{ .name = "return stack overflow (SRSO)", .vendor = AMD, .immune_bit = NONE, .min_family = 0x17, .max_family = 0x19,
		.not = { { 0x80000021, EAX, 29 } } },
};

static bool has(const struct mitigate_cpu *cpu, const struct mitigate_bit *b)
{
	u32 r[4];

	cpu->read(b->leaf & 0x80000000, 0, r);
	if (b->leaf > r[EAX])
		return false;
	cpu->read(b->leaf, 0, r);
	return r[b->reg] >> b->nr & 1;
}

static u32 vendor(const struct mitigate_cpu *cpu)
{
	u32 r[4];

	cpu->read(0, 0, r);
	return r[EBX] == 0x756e6547 ? INTEL : r[EBX] == 0x68747541 || r[EBX] == 0x6f677948 ? AMD : ANY_VENDOR;
}

static u32 family(const struct mitigate_cpu *cpu)
{
	u32 r[4], base;

	cpu->read(1, 0, r);
	base = r[EAX] >> 8 & 15;
	return base == 15 ? base + (r[EAX] >> 20 & 0xff) : base;
}

static bool has_any(const struct mitigate_cpu *cpu, const struct mitigate_bit b[2])
{
	if (!b[0].leaf)
		return true;
	return has(cpu, &b[0]) || (b[1].leaf && has(cpu, &b[1]));
}

static bool has_all(const struct mitigate_cpu *cpu, const struct mitigate_bit b[2])
{
	if (!b[0].leaf || !has(cpu, &b[0]))
		return false;
	return !b[1].leaf || has(cpu, &b[1]);
}

static bool applies(const struct mitigate_cpu *cpu, const struct row *r)
{
	u32 f = family(cpu);

	if (r->vendor != ANY_VENDOR && r->vendor != vendor(cpu))
		return false;
	if (r->max_family && (f < r->min_family || f > r->max_family))
		return false;
	if (r->immune_bit != NONE && (cpu->arch_capabilities >> r->immune_bit & 1))
		return false;
	return has_any(cpu, r->has) && !has_all(cpu, r->not);
}

/* Intel SDM vol. 4, IA32_SPEC_CTRL; AMD APM vol. 2, 3.2.9. */
const struct spec_ctrl_row spec_ctrl_rows[SPEC_CTRL_ROWS] = {
	{ BIT(0), { SPEC_CTRL, IBRS_AMD } },
	{ BIT(1), { { 7, EDX, 27 }, { 0x80000008, EBX, 15 } } },	/* STIBP */
	{ BIT(2), { { 7, EDX, 31 }, { 0x80000008, EBX, 24 } } },	/* SSBD */
	{ BIT(7), { { 0x80000008, EBX, 28 } } },			/* PSFD */
};

u64 spec_ctrl_exists(const struct mitigate_cpu *cpu)
{
	u64 bits = 0;

	for (u32 i = 0; i < SPEC_CTRL_ROWS; i++)
		if (has_any(cpu, spec_ctrl_rows[i].by))
			bits |= spec_ctrl_rows[i].bits;
	return bits;
}

u32 mitigations_needed(const struct mitigate_cpu *cpu)
{
	u32 needed = 0;

	for (u32 i = 0; i < MITIGATE_NR; i++)
		if (applies(cpu, &rows[i]))
			needed |= (u32)BIT(i);
	return needed;
}

const char *mitigation_name(u32 m)
{
	return rows[m].name;
}

const char *mitigation_missing(const struct mitigate_cpu *cpu, u32 n)
{
	for (u32 i = 0; i < ARRAY_SIZE(missing); i++)
		if (applies(cpu, &missing[i]) && !n--)
			return missing[i].name;
	return NULL;
}
