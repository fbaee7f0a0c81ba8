/* SPDX-License-Identifier: Apache-2.0 */
/*
 * npt.c - the row of the page-table walker for SVM's nested tables
 *
 * They have the format of the host's tables and are walked as user accesses:
 * every entry needs U (AMD APM vol. 2, 15.25.5).
 */
#include <asm/io.h>
#include "vcpu.h"

#define NPT_P	BIT(0)
#define NPT_W	BIT(1)
#define NPT_U	BIT(2)
#define NPT_A	BIT(5)
#define NPT_D	BIT(6)
#define NPT_PS	BIT(7)
#define NPT_NX	BIT(63)
#define NPT_ADDR 0x000ffffffffff000ull

static u64 make_table(hpa_t t) { return t.v | NPT_P | NPT_W | NPT_U | NPT_A; }
static bool is_present(u64 e) { return e & NPT_P; }
static bool is_leaf(u64 e, u32 level) { return level == 0 || (e & NPT_PS); }
static u64 rights(u32 prot) { return (prot & PT_W ? NPT_W : 0) | (prot & PT_X ? 0 : NPT_NX); }

static u64 make_leaf(hpa_t pa, u32 level, u32 prot)
{
	return pa.v | NPT_P | NPT_U | NPT_A | NPT_D | rights(prot) | (level ? NPT_PS : 0);
}

static hpa_t entry_address(u64 e, u32 level)
{
	(void)level;
	return HPA(e & NPT_ADDR);
}

static u32 entry_prot(u64 e)
{
	return PT_R | (e & NPT_W ? PT_W : 0) | (e & NPT_NX ? 0 : PT_X);
}

static u64 set_prot(u64 e, u32 prot)
{
	return (e & ~(NPT_W | NPT_NX)) | rights(prot);
}

static const struct pt_format npt_format = {
	.name = "NPT", .leaf_levels = 7, .make_table = make_table, .make_leaf = make_leaf,
	.is_present = is_present, .is_leaf = is_leaf, .address = entry_address,
	.prot = entry_prot, .set_prot = set_prot,
};

const struct pt_format *arch_s2pt_format = &npt_format;

/* Nested paging has the host's depth. */
u32 arch_s2pt_levels(void)
{
	return read_cr4() & BIT(12) ? 5 : 4;
}
