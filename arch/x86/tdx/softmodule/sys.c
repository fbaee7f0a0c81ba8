/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sys.c - the module's life: SYS.INIT, LP.INIT, CONFIG, KEY.CONFIG, TDMR.INIT, SHUTDOWN
 *
 * Source: TDX Module ABI, TDH.SYS.*.
 */
#include <string.h>
#include "module.h"

size_t softmodule_size(void)
{
	return sizeof(struct softmodule);
}

struct softmodule *softmodule_init(void *memory, const struct softmodule_platform *p)
{
	struct softmodule *m = memory;

	memset(m, 0, sizeof(*m));
	m->p = p;
	return m;
}

/* Version 1: R8 is the configuration of fatal diagnostics; bits 54 and 55 alone were seen accepted. */
#define DIAGNOSTICS_OK (0xcull << 52)

u64 sys_init(struct softmodule *m, unsigned lp, struct tdx_module_args *a)
{
	u64 rcx = a->rcx, r8 = a->r8, version = (a->rax & TDX_VERSION_MASK) >> TDX_VERSION_SHIFT;

	(void)lp;
	if (version > 1)
		return OPERAND(RAX);
	a->rcx = a->rdx = a->r8 = a->r9 = a->r10 = 0;
	if (m->state != SYSINIT_PENDING)
		return STATUS(SYS_INIT_NOT_PENDING, 0);
	if (rcx)
		return OPERAND(RCX);
	if (version == 1 && (r8 & ~DIAGNOSTICS_OK))
		return OPERAND(R8);
	m->state = SYSINIT_DONE;
	return 0;
}

u64 sys_lp_init(struct softmodule *m, unsigned lp, struct tdx_module_args *a)
{
	(void)a;
	if (m->state != SYSINIT_DONE)
		return STATUS(SYS_LP_INIT_NOT_PENDING, 0);
	if (m->lp_done[lp])
		return STATUS(SYS_LP_INIT_DONE, 0);
	m->lp_done[lp] = true;
	m->lps_done++;
	return 0;
}

static u64 read_tdmrs(struct softmodule *m, u64 array, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		u64 pa;

		m->p->read(m->p->ctx, array + 8 * i, &pa, sizeof(pa));
		if (shared_operand(m, pa, TDX_TDMR_INFO_ALIGN, sizeof(m->tdmr[i]), TDX_OPERAND_RCX))
			return OPERAND(RCX);
		m->p->read(m->p->ctx, pa, &m->tdmr[i], sizeof(m->tdmr[i]));
	}
	return 0;
}

u64 sys_config(struct softmodule *m, unsigned lp, struct tdx_module_args *a)
{
	u64 hkid = a->r8 & TDX_CONFIG_HKID_MASK, status;
	bool dynamic = a->r8 & TDX_CONFIG_DYNAMIC_PAMT;

	(void)lp;
	if (m->state != SYSINIT_DONE || m->lps_done != m->p->lps)
		return STATUS(SYS_CONFIG_NOT_PENDING, 0);
	status = shared_operand(m, a->rcx, TDX_TDMR_INFO_ALIGN, 8 * m->p->max_tdmrs, TDX_OPERAND_RCX);
	if (status)
		return status;
	if (!a->rdx || a->rdx > m->p->max_tdmrs)
		return OPERAND(RDX);
	if ((a->r8 & ~(TDX_CONFIG_HKID_MASK | TDX_CONFIG_DYNAMIC_PAMT)) || !hkid_private(m, hkid) ||
	    (dynamic && !m->p->dynamic_pamt))
		return OPERAND(R8);
	m->hkid_reserved[hkid] = true;		/* for good, even if the TDMRs are refused */
	status = read_tdmrs(m, a->rcx, (unsigned)a->rdx);
	if (!status)
		status = tdmr_check(m, m->tdmr, (unsigned)a->rdx, dynamic);
	if (status)
		return status;
	m->tdmrs = (unsigned)a->rdx;
	for (unsigned i = 0; i < m->tdmrs; i++)
		m->initialised[i] = m->tdmr[i].base;
	m->dynamic_pamt = dynamic;
	m->global_hkid = (u16)hkid;
	m->state = SYSCONFIG_DONE;
	return 0;
}

u64 sys_key_config(struct softmodule *m, unsigned lp, struct tdx_module_args *a)
{
	(void)lp;
	(void)a;
	if (m->state != SYSCONFIG_DONE)
		return STATUS(SYS_KEY_CONFIG_NOT_PENDING, 0);
	if (!m->p->program_key(m->p->ctx, m->global_hkid))
		return STATUS(KEY_GENERATION_FAILED, 0);
	m->state = SYS_READY;
	return 0;
}

#define GIB (1ull << 30)

/* What a call initialises, in bytes of the TDMR: its time is bounded. */
static u64 chunk(const struct softmodule *m)
{
	return m->dynamic_pamt ? 16ull << 20 : 4ull << 20;
}

u64 sys_tdmr_init(struct softmodule *m, unsigned lp, struct tdx_module_args *a)
{
	unsigned i = 0;

	(void)lp;
	while (i < m->tdmrs && m->tdmr[i].base != a->rcx)
		i++;
	if (i == m->tdmrs)
		return OPERAND(RCX);
	if (m->initialised[i] == m->tdmr[i].base + m->tdmr[i].size)
		return STATUS(TDMR_ALREADY_INITIALIZED, 0);
	m->initialised[i] += chunk(m);
	a->rdx = m->initialised[i] & ~(GIB - 1);
	return 0;
}

/* RCX: the version of the data handed to the next module, and "not while it is sensitive". */
#define HANDOFF_VERSION		1ull
#define SHUTDOWN_AVOID_SENSITIVE (1ull << 16)

u64 sys_shutdown(struct softmodule *m, unsigned lp, struct tdx_module_args *a)
{
	(void)lp;
	if ((a->rcx & ~SHUTDOWN_AVOID_SENSITIVE) != HANDOFF_VERSION)
		return OPERAND(RCX);
	m->state = SYS_SHUTDOWN;
	return 0;
}

u64 sys_lp_shutdown(struct softmodule *m, unsigned lp, struct tdx_module_args *a)
{
	(void)m;
	(void)lp;
	(void)a;
	return 0;
}

/* Nothing was handed over: a module that updates another is not modelled. */
u64 sys_update(struct softmodule *m, unsigned lp, struct tdx_module_args *a)
{
	(void)lp;
	(void)a;
	if (m->state != SYSINIT_DONE || m->lps_done != m->p->lps)
		return STATUS(SYS_STATE_INCORRECT, 0);
	return STATUS(SYS_INVALID_HANDOFF, 0);
}
