/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leaf.h - the host leaves as functions: what goes in, what comes out, with types
 *
 * Return: completion status. Outputs are valid when tdx_done(), or where a comment says so. Names are the
 * ABI's. Source: TDX Module ABI, "Host-side (SEAMCALL) interface functions".
 */
#ifndef TDX_LEAF_H
#define TDX_LEAF_H

#include <abi/tdx.h>
#include <socle/types.h>

/* Size of a mapping; number of the level. */
enum tdx_level { TDX_4K, TDX_2M, TDX_1G, TDX_512G, TDX_256T };

/* Name of the leaf in RAX, without TDH_; "unknown leaf". */
const char *tdx_leaf_name(u64 rax);

u64 tdh_sys_init(void);
u64 tdh_sys_lp_init(void);
u64 tdh_sys_rd(u64 field, u64 *next, u64 *value);
/* @list: @nr physical addresses of TDMR_INFO, 512-aligned. */
u64 tdh_sys_config(hpa_t list, u32 nr, u16 global_hkid, bool dynamic_pamt);
u64 tdh_sys_key_config(void);			/* one CPU of each package */
u64 tdh_sys_tdmr_init(hpa_t tdmr, hpa_t *next);
u64 tdh_sys_shutdown(u16 handoff_version);

/* @range: 2 MiB. */
u64 tdh_phymem_pamt_add(hpa_t range, hpa_t first, hpa_t second);
u64 tdh_phymem_pamt_remove(hpa_t range, hpa_t pair[2]);
u64 tdh_phymem_page_rdmd(hpa_t page, struct tdx_module_args *out);
u64 tdh_phymem_page_reclaim(hpa_t page, u64 *type, hpa_t *owner, enum tdx_level *level);
u64 tdh_phymem_page_wbinvd(hpa_t page, u16 hkid, u32 hkid_shift);
u64 tdh_phymem_cache_wb(bool resume);		/* one CPU of each package */

u64 tdh_mng_create(hpa_t tdr, u16 hkid);
u64 tdh_mng_key_config(hpa_t tdr);		/* one CPU of each package */
u64 tdh_mng_addcx(hpa_t page, hpa_t tdr);
/* *@detail: leaf and sub-leaf of CPUID, when CPUID_CONFIG is the operand of the failure. */
u64 tdh_mng_init(hpa_t tdr, hpa_t params, u64 *detail);
u64 tdh_mng_rd(hpa_t tdr, u64 field, u64 *value);
u64 tdh_mng_wr(hpa_t tdr, u64 field, u64 value, u64 mask, u64 *old);
u64 tdh_mng_vpflushdone(hpa_t tdr);
u64 tdh_mng_key_freeid(hpa_t tdr);

u64 tdh_vp_create(hpa_t tdvpr, hpa_t tdr);
u64 tdh_vp_addcx(hpa_t page, hpa_t tdvpr);
/* @x2apic_id: the module must have TOPOLOGY_ENUM. */
u64 tdh_vp_init(hpa_t tdvpr, u64 rcx, u32 x2apic_id);
u64 tdh_vp_rd(hpa_t tdvpr, u64 field, u64 *value);
u64 tdh_vp_wr(hpa_t tdvpr, u64 field, u64 value, u64 mask, u64 *old);
u64 tdh_vp_flush(hpa_t tdvpr);			/* on the CPU that it is bound to */

/* S-EPT entry and its level and state: outputs of failures too, of the entry at which the walk stopped. */
struct tdx_sept_info { u64 entry, level_state; };

u64 tdh_mem_sept_add(gpa_t gpa, enum tdx_level level, hpa_t tdr, hpa_t page, struct tdx_sept_info *info);
u64 tdh_mem_sept_rd(gpa_t gpa, enum tdx_level level, hpa_t tdr, struct tdx_sept_info *info);
u64 tdh_mem_sept_remove(gpa_t gpa, enum tdx_level level, hpa_t tdr, hpa_t *page);
/* @source: 4 KiB of any memory. */
u64 tdh_mem_page_add(gpa_t gpa, hpa_t tdr, hpa_t page, hpa_t source, struct tdx_sept_info *info);
u64 tdh_mem_page_aug(gpa_t gpa, enum tdx_level level, hpa_t tdr, hpa_t page, struct tdx_sept_info *info);
u64 tdh_mem_page_remove(gpa_t gpa, enum tdx_level level, hpa_t tdr, hpa_t *page);
/* @level: of the page that is split; @sept: new table; @pair: for its range, in dynamic mode. */
u64 tdh_mem_page_demote(gpa_t gpa, enum tdx_level level, hpa_t tdr, hpa_t sept, const hpa_t pair[2],
			struct tdx_sept_info *info);
/* @level: of the page that comes; out: the table that is free, and the pair. */
u64 tdh_mem_page_promote(gpa_t gpa, enum tdx_level level, hpa_t tdr, hpa_t *sept, hpa_t pair[2]);
u64 tdh_mem_page_relocate(gpa_t gpa, hpa_t tdr, hpa_t page, hpa_t *old);
u64 tdh_mem_range_block(gpa_t gpa, enum tdx_level level, hpa_t tdr, struct tdx_sept_info *info);
u64 tdh_mem_range_unblock(gpa_t gpa, enum tdx_level level, hpa_t tdr, struct tdx_sept_info *info);
u64 tdh_mem_track(hpa_t tdr);
u64 tdh_mr_extend(gpa_t gpa, hpa_t tdr, struct tdx_sept_info *info);	/* 256 bytes */
u64 tdh_mr_finalize(hpa_t tdr);

#endif
