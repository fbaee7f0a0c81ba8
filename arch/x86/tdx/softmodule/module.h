/* SPDX-License-Identifier: Apache-2.0 */
/*
 * module.h - the software module's own state
 *
 * Absent so far: locks (one call at a time), the PAMT, TDs, metadata. Fields are written by sys.c only.
 */
#ifndef MODULE_H
#define MODULE_H

#include "softmodule.h"

enum sys_state { SYSINIT_PENDING, SYSINIT_DONE, SYSCONFIG_DONE, SYS_READY, SYS_SHUTDOWN };

enum { PAMT_1G, PAMT_2M, PAMT_4K, PAMT_AREAS };

struct softmodule {
	const struct softmodule_platform *p;
	enum sys_state state;
	bool dynamic_pamt;		/* chosen at SYS.CONFIG */
	u16 global_hkid;
	unsigned lps_done;
	bool lp_done[SOFTMODULE_MAX_LPS];
	unsigned tdmrs;
	struct tdx_tdmr_info tdmr[TDX_MAX_TDMRS];
	u64 initialised[TDX_MAX_TDMRS];	/* end of what SYS.TDMR.INIT did */
	bool hkid_reserved[1 << 16];
};

/* A status: code of the list in abi/tdx.h, detail in the lower half. */
#define STATUS(name, detail) ((u64)(u32)TDX_##name##_CODE << 32 | (u32)(detail))
#define OPERAND(operand) STATUS(OPERAND_INVALID, TDX_OPERAND_##operand)

/* A host buffer: 0, or OPERAND_INVALID with OPERAND. ALIGN is a power of two. TDX Module ABI, physical operands. */
u64 shared_operand(const struct softmodule *m, u64 pa, u64 align, size_t len, enum tdx_operand operand);

/* Is HKID one of the private ones? */
static inline bool hkid_private(const struct softmodule *m, u64 hkid)
{
	return hkid >= m->p->first_private_hkid && hkid <= m->p->last_private_hkid;
}

/* All rules for the TDMRs of SYS.CONFIG: 0, or the first breach in the module's order. */
u64 tdmr_check(const struct softmodule *m, const struct tdx_tdmr_info *t, unsigned count, bool dynamic);

typedef u64 leaf_fn(struct softmodule *m, unsigned lp, struct tdx_module_args *a);

leaf_fn sys_init, sys_lp_init, sys_config, sys_key_config, sys_tdmr_init, sys_shutdown, sys_lp_shutdown, sys_update;

#endif
