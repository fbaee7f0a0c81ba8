// SPDX-License-Identifier: Apache-2.0
/*
 * leaf.c - registers of each host leaf. The only place that knows them
 */
#include "leaf.h"
#include "seamcall.h"
#include "status.h"

#define HINT		(1ull << 62)		/* the range has no used 4 KiB page left */
#define PAGE_OF(reg)	HPA((reg) & ~HINT & ~0xfffull)
#define VERSION(n)	((u64)(n) << TDX_VERSION_SHIFT)

typedef struct tdx_module_args regs;

static const struct { u16 leaf; const char *name; } names[] = {
#define X(name, number) { number, #name },
	TDX_HOST_LEAVES(X)
#undef X
};

const char *tdx_leaf_name(u64 rax)
{
	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].leaf == (rax & TDX_LEAF_MASK))
			return names[i].name;
	return "unknown leaf";
}

static u64 no_output(u64 leaf, u64 rcx, u64 rdx)
{
	const regs r = { .rcx = rcx, .rdx = rdx };

	return seamcall(leaf, &r);
}

static u64 mapping(gpa_t gpa, enum tdx_level level)
{
	return gpa.v | level;
}

u64 tdh_sys_init(void) { return no_output(TDH_SYS_INIT, 0, 0); }
u64 tdh_sys_lp_init(void) { return no_output(TDH_SYS_LP_INIT, 0, 0); }
u64 tdh_sys_key_config(void) { return no_output(TDH_SYS_KEY_CONFIG, 0, 0); }
u64 tdh_sys_shutdown(u16 handoff_version) { return no_output(TDH_SYS_SHUTDOWN, handoff_version, 0); }

/* Field in RDX; next field and value come back. */
static u64 read_field(u64 leaf, u64 rcx, u64 field, u64 *next, u64 *value)
{
	regs r = { .rcx = rcx, .rdx = field };
	u64 status = seamcall_ret(leaf, &r);

	if (next)
		*next = r.rdx;
	*value = r.r8;
	return status;
}

static u64 write_field(u64 leaf, u64 rcx, u64 field, u64 value, u64 mask, u64 *old)
{
	regs r = { .rcx = rcx, .rdx = field, .r8 = value, .r9 = mask };
	u64 status = seamcall_ret(leaf, &r);

	if (old)
		*old = r.r8;
	return status;
}

u64 tdh_sys_rd(u64 field, u64 *next, u64 *value)
{
	return read_field(TDH_SYS_RD, 0, field, next, value);
}

u64 tdh_sys_config(hpa_t list, u32 nr, u16 global_hkid, bool dynamic_pamt)
{
	const regs r = { .rcx = list.v, .rdx = nr, .r8 = global_hkid | (dynamic_pamt ? TDX_CONFIG_DYNAMIC_PAMT : 0) };

	return seamcall(TDH_SYS_CONFIG, &r);
}

u64 tdh_sys_tdmr_init(hpa_t tdmr, hpa_t *next)
{
	regs r = { .rcx = tdmr.v };
	u64 status = seamcall_ret(TDH_SYS_TDMR_INIT, &r);

	*next = HPA(r.rdx);
	return status;
}

u64 tdh_phymem_pamt_add(hpa_t range, hpa_t first, hpa_t second)
{
	const regs r = { .rcx = range.v | TDX_2M, .rdx = first.v, .r8 = second.v };

	return seamcall(TDH_PHYMEM_PAMT_ADD, &r);
}

u64 tdh_phymem_pamt_remove(hpa_t range, hpa_t pair[2])
{
	regs r = { .rcx = range.v | TDX_2M };
	u64 status = seamcall_ret(TDH_PHYMEM_PAMT_REMOVE, &r);

	pair[0] = HPA(r.rdx);
	pair[1] = HPA(r.r8);
	return status;
}

u64 tdh_phymem_page_rdmd(hpa_t page, struct tdx_module_args *out)
{
	*out = (regs){ .rcx = page.v };
	return seamcall_ret(TDH_PHYMEM_PAGE_RDMD, out);
}

u64 tdh_phymem_page_reclaim(hpa_t page, u64 *type, hpa_t *owner, enum tdx_level *level)
{
	regs r = { .rcx = page.v };
	u64 status = seamcall_ret(TDH_PHYMEM_PAGE_RECLAIM, &r);

	*type = r.rcx;
	*owner = HPA(r.rdx);
	*level = (enum tdx_level)r.r8;
	return status;
}

u64 tdh_phymem_page_wbinvd(hpa_t page, u16 hkid, u32 hkid_shift)
{
	return no_output(TDH_PHYMEM_PAGE_WBINVD, page.v | (u64)hkid << hkid_shift, 0);
}

u64 tdh_phymem_cache_wb(bool resume) { return no_output(TDH_PHYMEM_CACHE_WB, resume, 0); }

u64 tdh_mng_create(hpa_t tdr, u16 hkid) { return no_output(TDH_MNG_CREATE, tdr.v, hkid); }
u64 tdh_mng_key_config(hpa_t tdr) { return no_output(TDH_MNG_KEY_CONFIG, tdr.v, 0); }
u64 tdh_mng_addcx(hpa_t page, hpa_t tdr) { return no_output(TDH_MNG_ADDCX, page.v, tdr.v); }
u64 tdh_mng_vpflushdone(hpa_t tdr) { return no_output(TDH_MNG_VPFLUSHDONE, tdr.v, 0); }
u64 tdh_mng_key_freeid(hpa_t tdr) { return no_output(TDH_MNG_KEY_FREEID, tdr.v, 0); }

u64 tdh_mng_init(hpa_t tdr, hpa_t params, u64 *detail)
{
	regs r = { .rcx = tdr.v, .rdx = params.v };
	u64 status = seamcall_ret(TDH_MNG_INIT, &r);

	*detail = r.rcx;
	return status;
}

u64 tdh_mng_rd(hpa_t tdr, u64 field, u64 *value) { return read_field(TDH_MNG_RD, tdr.v, field, NULL, value); }

u64 tdh_mng_wr(hpa_t tdr, u64 field, u64 value, u64 mask, u64 *old)
{
	return write_field(TDH_MNG_WR, tdr.v, field, value, mask, old);
}

u64 tdh_vp_create(hpa_t tdvpr, hpa_t tdr) { return no_output(TDH_VP_CREATE, tdvpr.v, tdr.v); }
u64 tdh_vp_addcx(hpa_t page, hpa_t tdvpr) { return no_output(TDH_VP_ADDCX, page.v, tdvpr.v); }
u64 tdh_vp_flush(hpa_t tdvpr) { return no_output(TDH_VP_FLUSH, tdvpr.v, 0); }

u64 tdh_vp_init(hpa_t tdvpr, u64 rcx, u32 x2apic_id)
{
	const regs r = { .rcx = tdvpr.v, .rdx = rcx, .r8 = x2apic_id };

	return seamcall(TDH_VP_INIT | VERSION(1), &r);
}

u64 tdh_vp_rd(hpa_t tdvpr, u64 field, u64 *value) { return read_field(TDH_VP_RD, tdvpr.v, field, NULL, value); }

u64 tdh_vp_wr(hpa_t tdvpr, u64 field, u64 value, u64 mask, u64 *old)
{
	return write_field(TDH_VP_WR, tdvpr.v, field, value, mask, old);
}

/* GPA and level in RCX, TDR in RDX; the entry and its state come back. */
static u64 on_sept(u64 leaf, gpa_t gpa, enum tdx_level level, regs *r, struct tdx_sept_info *info)
{
	u64 status;

	r->rcx = mapping(gpa, level);
	status = seamcall_ret(leaf, r);
	if (info)
		*info = (struct tdx_sept_info){ r->rcx, r->rdx };
	return status;
}

u64 tdh_mem_sept_add(gpa_t gpa, enum tdx_level level, hpa_t tdr, hpa_t page, struct tdx_sept_info *info)
{
	regs r = { .rdx = tdr.v, .r8 = page.v };

	return on_sept(TDH_MEM_SEPT_ADD, gpa, level, &r, info);
}

u64 tdh_mem_sept_rd(gpa_t gpa, enum tdx_level level, hpa_t tdr, struct tdx_sept_info *info)
{
	regs r = { .rdx = tdr.v };

	return on_sept(TDH_MEM_SEPT_RD, gpa, level, &r, info);
}

/* The page that was there comes back in RCX. */
static u64 takes_page(u64 leaf, gpa_t gpa, enum tdx_level level, regs *r, hpa_t *page)
{
	u64 status = on_sept(leaf, gpa, level, r, NULL);

	*page = PAGE_OF(r->rcx);
	return status;
}

u64 tdh_mem_sept_remove(gpa_t gpa, enum tdx_level level, hpa_t tdr, hpa_t *page)
{
	regs r = { .rdx = tdr.v };

	return takes_page(TDH_MEM_SEPT_REMOVE, gpa, level, &r, page);
}

u64 tdh_mem_page_add(gpa_t gpa, hpa_t tdr, hpa_t page, hpa_t source, struct tdx_sept_info *info)
{
	regs r = { .rdx = tdr.v, .r8 = page.v, .r9 = source.v };

	return on_sept(TDH_MEM_PAGE_ADD, gpa, TDX_4K, &r, info);
}

u64 tdh_mem_page_aug(gpa_t gpa, enum tdx_level level, hpa_t tdr, hpa_t page, struct tdx_sept_info *info)
{
	regs r = { .rdx = tdr.v, .r8 = page.v };

	return on_sept(TDH_MEM_PAGE_AUG, gpa, level, &r, info);
}

u64 tdh_mem_page_remove(gpa_t gpa, enum tdx_level level, hpa_t tdr, hpa_t *page)
{
	regs r = { .rdx = tdr.v };

	return takes_page(TDH_MEM_PAGE_REMOVE, gpa, level, &r, page);
}

u64 tdh_mem_page_demote(gpa_t gpa, enum tdx_level level, hpa_t tdr, hpa_t sept, const hpa_t pair[2],
			struct tdx_sept_info *info)
{
	regs r = { .rcx = mapping(gpa, level), .rdx = tdr.v, .r8 = sept.v, .r12 = pair[0].v, .r13 = pair[1].v };
	u64 status = seamcall_saved_ret(TDH_MEM_PAGE_DEMOTE, &r);

	*info = (struct tdx_sept_info){ r.rcx, r.rdx };
	return status;
}

u64 tdh_mem_page_promote(gpa_t gpa, enum tdx_level level, hpa_t tdr, hpa_t *sept, hpa_t pair[2])
{
	regs r = { .rcx = mapping(gpa, level), .rdx = tdr.v };
	u64 status = seamcall_saved_ret(TDH_MEM_PAGE_PROMOTE | VERSION(1), &r);

	*sept = PAGE_OF(r.rcx);
	pair[0] = HPA(r.r12);
	pair[1] = HPA(r.r13);
	return status;
}

u64 tdh_mem_page_relocate(gpa_t gpa, hpa_t tdr, hpa_t page, hpa_t *old)
{
	regs r = { .rdx = tdr.v, .r8 = page.v };

	return takes_page(TDH_MEM_PAGE_RELOCATE, gpa, TDX_4K, &r, old);
}

u64 tdh_mem_range_block(gpa_t gpa, enum tdx_level level, hpa_t tdr, struct tdx_sept_info *info)
{
	regs r = { .rdx = tdr.v };

	return on_sept(TDH_MEM_RANGE_BLOCK, gpa, level, &r, info);
}

u64 tdh_mem_range_unblock(gpa_t gpa, enum tdx_level level, hpa_t tdr, struct tdx_sept_info *info)
{
	regs r = { .rdx = tdr.v };

	return on_sept(TDH_MEM_RANGE_UNBLOCK, gpa, level, &r, info);
}

u64 tdh_mem_track(hpa_t tdr) { return no_output(TDH_MEM_TRACK, tdr.v, 0); }

u64 tdh_mr_extend(gpa_t gpa, hpa_t tdr, struct tdx_sept_info *info)
{
	regs r = { .rdx = tdr.v };

	return on_sept(TDH_MR_EXTEND, gpa, TDX_4K, &r, info);
}

u64 tdh_mr_finalize(hpa_t tdr) { return no_output(TDH_MR_FINALIZE, tdr.v, 0); }
