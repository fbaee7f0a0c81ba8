/* SPDX-License-Identifier: Apache-2.0 */
/*
 * softmodule.h - a TDX module in software: what its user sees
 *
 * Emulated, not confidential: no memory is encrypted. One entry, registers in and out as SEAMCALL has
 * them. Pure C; the platform is reached through the callbacks only, so that the same files run in the
 * kernel and as a host program. Any register value from the host is allowed; a broken rule is answered
 * with the status that the ABI gives, in its order of checks.
 */
#ifndef SOFTMODULE_H
#define SOFTMODULE_H

#include <abi/tdx.h>
#include <socle/types.h>

#define SOFTMODULE_MAX_LPS	1024

struct softmodule_platform {
	/* Reads LEN bytes of physical memory; beyond memory: zeros. */
	void (*read)(void *ctx, u64 pa, void *to, size_t len);
	void (*write)(void *ctx, u64 pa, const void *from, size_t len);
	bool (*program_key)(void *ctx, u16 hkid);	/* false: no entropy */
	void *ctx;

	struct tdx_cmr_info cmr[TDX_MAX_CMRS];
	u64 seamrr_base, seamrr_size;	/* the module's own memory: no operand may lie there */
	unsigned lps, packages;
	unsigned maxpa, keyid_bits;
	u16 first_private_hkid, last_private_hkid;
	unsigned max_tdmrs;
	unsigned pamt_entry_size[3];	/* 1G, 2M, 4K, in bytes */
	bool dynamic_pamt;		/* offered */
};

struct softmodule;

/* Bytes that the user gives to softmodule_init. */
size_t softmodule_size(void);

/* Power cycle. P is kept, not copied. */
struct softmodule *softmodule_init(void *memory, const struct softmodule_platform *p);

/* One call of logical processor LP (below p->lps). */
void softmodule_seamcall(struct softmodule *m, unsigned lp, struct tdx_module_args *args);

#endif
