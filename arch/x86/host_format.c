/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_format.c - the row of the page-table walker for the host's tables, 4 and 5 levels
 *
 * Source: Intel SDM vol. 3, chapter 4.
 */
#include <socle/pt.h>
#include "priv.h"

#define PTE_P		BIT(0)
#define PTE_W		BIT(1)
#define PTE_A		BIT(5)
#define PTE_D		BIT(6)
#define PTE_PS		BIT(7)
#define PTE_NX		BIT(63)
#define PTE_ADDR	0x000ffffffffff000ull

static u64 make_table(hpa_t table) { return table.v | PTE_P | PTE_W; }
static bool is_present(u64 e) { return e & PTE_P; }
static bool is_leaf(u64 e, u32 level) { return level == 0 || (e & PTE_PS); }
static u64 rights(u32 prot) { return (prot & PT_W ? PTE_W : 0) | (prot & PT_X ? 0 : PTE_NX); }

static u64 make_leaf(hpa_t pa, u32 level, u32 prot)
{
	return pa.v | PTE_P | PTE_A | PTE_D | rights(prot) | (level ? PTE_PS : 0);
}

static hpa_t entry_address(u64 e, u32 level)
{
	(void)level;
	return HPA(e & PTE_ADDR);
}

static u32 entry_prot(u64 e)
{
	return PT_R | (e & PTE_W ? PT_W : 0) | (e & PTE_NX ? 0 : PT_X);
}

static u64 set_prot(u64 e, u32 prot)
{
	return (e & ~(PTE_W | PTE_NX)) | rights(prot);
}

const struct pt_format host_format = {
	.name = "x86 host",
	.leaf_levels = 7,
	.make_table = make_table,
	.make_leaf = make_leaf,
	.is_present = is_present,
	.is_leaf = is_leaf,
	.address = entry_address,
	.prot = entry_prot,
	.set_prot = set_prot,
};
