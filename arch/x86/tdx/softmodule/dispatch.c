/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dispatch.c - the table of host leaves, and what is checked before any of them runs
 *
 * Order: reserved bits of RAX, version, shut down, not ready, unknown. Source: TDX Module ABI, SEAMCALL.
 */
#include "module.h"

enum { VERSIONED = 1, BEFORE_READY = 2, AFTER_SHUTDOWN = 4 };

static const struct leaf {
	u8 flags;
	leaf_fn *fn;		/* NULL: not built yet, answered like an unknown leaf once READY */
} leaves[] = {
	[TDH_MEM_SEPT_ADD] = { VERSIONED, NULL },
	[TDH_MNG_RD] = { VERSIONED, NULL },
	[TDH_VP_RD] = { VERSIONED, NULL },
	[TDH_VP_INIT] = { VERSIONED, NULL },
	[TDH_MEM_PAGE_PROMOTE] = { VERSIONED, NULL },
	[TDH_MEM_SEPT_REMOVE] = { VERSIONED, NULL },
	[TDH_SYS_UPDATE] = { VERSIONED | BEFORE_READY, sys_update },
	[TDH_SYS_INIT] = { VERSIONED | BEFORE_READY, sys_init },
	[TDH_SYS_LP_INIT] = { BEFORE_READY, sys_lp_init },
	[TDH_SYS_CONFIG] = { BEFORE_READY, sys_config },
	[TDH_SYS_KEY_CONFIG] = { BEFORE_READY, sys_key_config },
	[TDH_SYS_INFO] = { BEFORE_READY, NULL },
	[TDH_SYS_RD] = { BEFORE_READY, NULL },
	[TDH_SYS_RDALL] = { BEFORE_READY, NULL },
	[TDH_SYS_LP_SHUTDOWN] = { BEFORE_READY | AFTER_SHUTDOWN, sys_lp_shutdown },
	[TDH_SYS_TDMR_INIT] = { 0, sys_tdmr_init },
	[TDH_SYS_SHUTDOWN] = { 0, sys_shutdown },
};

static const struct leaf *find(u64 number)
{
	static const struct leaf unknown;

	return number < sizeof(leaves) / sizeof(*leaves) ? &leaves[number] : &unknown;
}

static u64 call(struct softmodule *m, unsigned lp, struct tdx_module_args *a)
{
	const struct leaf *leaf = find(a->rax & TDX_LEAF_MASK);

	if (a->rax & ~(TDX_LEAF_MASK | TDX_VERSION_MASK))
		return OPERAND(RAX);
	if ((a->rax & TDX_VERSION_MASK) && !(leaf->flags & VERSIONED))
		return OPERAND(RAX);
	if (m->state == SYS_SHUTDOWN && !(leaf->flags & AFTER_SHUTDOWN))
		return STATUS(SYS_SHUTDOWN, 0);
	if (m->state != SYS_READY && !(leaf->flags & BEFORE_READY))
		return STATUS(SYS_NOT_READY, 0);
	return leaf->fn ? leaf->fn(m, lp, a) : OPERAND(RAX);
}

void softmodule_seamcall(struct softmodule *m, unsigned lp, struct tdx_module_args *args)
{
	args->rax = call(m, lp, args);
}

u64 shared_operand(const struct softmodule *m, u64 pa, u64 align, size_t len, enum tdx_operand operand)
{
	const struct softmodule_platform *p = m->p;
	u64 keyid = (pa & ((1ull << p->maxpa) - 1)) >> (p->maxpa - p->keyid_bits);
	u64 at = pa & ((1ull << (p->maxpa - p->keyid_bits)) - 1);

	/* The module compares with 52 bits, whatever the CPU's width is. */
	if ((pa & (align - 1)) || pa >> 52 || hkid_private(m, keyid) ||
	    (at < p->seamrr_base + p->seamrr_size && at + len > p->seamrr_base))
		return STATUS(OPERAND_INVALID, operand);
	return 0;
}
