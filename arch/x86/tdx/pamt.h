/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pamt.h - Dynamic PAMT: metadata pages of a 2 MiB range, while a 4 KiB page in it belongs to a TD
 */
#ifndef TDX_PAMT_H
#define TDX_PAMT_H

#include <abi/tdx.h>
#include <socle/types.h>
#include "pages.h"

/* Stock that one pamt_get() may need: the pair, and a page of the block's payers. */
#define PAMT_GET_PAGES	3

/* Who pays for a pair: one for each TD. */
struct pamt_account {
	u64 pairs;	/* that this account brought, and that are still there */
	u16 id;		/* of pamt.c */
};

/* Dynamic mode: counters for the memory of @tdmrs. 0 or -ENOMEM. Never called: every function below does nothing. */
int pamt_init(const struct tdx_tdmr_info *tdmrs, u32 nr) __must_check;
/* Frees the counters. No page may be in use; parked pairs are tried once more. -EBUSY: some stay, nothing is freed. */
int pamt_exit(void) __must_check;
bool pamt_on(void);

/* 0, or -ENOSPC: 2047 accounts are open. */
int pamt_account_open(struct pamt_account *a) __must_check;
/* What it still pays for is charged to nobody. */
void pamt_account_close(struct pamt_account *a);

/**
 * pamt_get - before a 4 KiB page is given to the module
 * @page:  page; @stock: PAMT_GET_PAGES in it, what is not used stays; @payer: may be NULL
 *
 * Never allocates; a spinlock of the caller may be held, but none that pamt_put() is called under too.
 * Return: 0, -ENOMEM stock too small, -EINVAL no TDMR there, -EAGAIN module busy, -EIO refused.
 * Source: TDX Module ABI, TDH.PHYMEM.PAMT.ADD.
 */
int pamt_get(hpa_t page, struct tdx_stock *stock, struct pamt_account *payer) __must_check;
/* After the module gave the page back, or never took it. Never fails: a pair that stays is parked. */
void pamt_put(hpa_t page);

/* Before a 2 MiB range is given as one page: no pair may be there. 0, -EBUSY: a parked one that stays. */
int pamt_claim_huge(hpa_t range) __must_check;
/* A pair from the stock (PAMT_GET_PAGES in it) for MEM.PAGE.DEMOTE of a 2 MiB page; zeros in static mode. 0, -ENOMEM,
 * -EINVAL. Then pamt_demote_end(): @done, the range has 512 references; else the pair goes back to the stock. */
int pamt_demote_begin(hpa_t range, struct tdx_stock *stock, hpa_t pair[2]) __must_check;
void pamt_demote_end(hpa_t range, struct tdx_stock *stock, const hpa_t pair[2], struct pamt_account *payer, bool done);
/* The module joined 512 pages and gave the pair back: the pages are freed. */
void pamt_promoted(hpa_t range, hpa_t first, hpa_t second);

/* Tries to remove each parked pair. Return: how many stay. */
u64 pamt_retry_parked(void);

struct pamt_stats {
	u64 pairs, parked;	/* in the module, with the parked ones; parked */
	u64 references;		/* of 4 KiB pages */
	u64 host_bytes;		/* counters and payers */
	u64 adds, removes, refused_adds, refused_removes;
};
void pamt_get_stats(struct pamt_stats *s);

#endif
