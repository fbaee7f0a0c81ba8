// SPDX-License-Identifier: Apache-2.0
/*
 * pamt.c - Dynamic PAMT: references of 2 MiB ranges, pairs on demand
 *
 * A range is 2 MiB. Its counter says how many 4 KiB pages of it the module has. pamt_get() brings the pair
 * for the first, pamt_put() takes it back after the last.
 *
 * Invariant, outside the lock: count > 0 implies that the range has a pair; PARKED that it has one with
 * count 0, because the module refused to give it back.
 *
 * Races. 1 to n and n to 1 need no lock: the pair is there and stays. 0 to 1 and 1 to 0 happen under `lock`
 * only, and so do ADD and REMOVE. So a get that finds 0 waits for a put that is removing, and a put that
 * finds 1 looks again under the lock, where a get may have made it 2. One lock for all ranges: the module
 * holds entries of the pair's own range while it works, so that locks per range would still meet as
 * OPERAND_BUSY.
 *
 * Memory is kept sparsely: a block of 4 GiB has a page of counters when a TDMR is in it, and a page of
 * payers while it has a pair. Source: TDX Module Base specification, "Dynamic PAMT".
 */
#include "pamt.h"
#include <errno.h>
#include <string.h>
#include <socle/lock.h>
#include <socle/log.h>
#include "leaf.h"
#include "seamcall.h"
#include "status.h"

#define RANGE_SHIFT	21
#define BLOCK_SHIFT	32
#define RANGES		(1u << (BLOCK_SHIFT - RANGE_SHIFT))
#define PARKED		0x8000u
#define COUNT		0x7fffu
#define PAGES_OF_RANGE	512u
#define BUSY_TRIES	16
#define MAX_ACCOUNTS	2048	/* as many HKIDs as a module has */

struct block {
	u16 *count;	/* RANGES; NULL: no TDMR here */
	u16 *payer;	/* RANGES, account ids; NULL: no pair here */
	u32 pairs;
};

static struct block *blocks;
static u64 nr_blocks;
static spinlock_t lock = SPINLOCK_INIT;
static struct pamt_account *accounts[MAX_ACCOUNTS];	/* 0: nobody */
static struct pamt_stats stats;				/* under `lock`; not `references` */

bool pamt_on(void)
{
	return blocks;
}

static struct block *block_of(hpa_t pa)
{
	u64 n = pa.v >> BLOCK_SHIFT;

	return n < nr_blocks && blocks[n].count ? &blocks[n] : NULL;
}

static u32 index_of(hpa_t pa)
{
	return (pa.v >> RANGE_SHIFT) & (RANGES - 1);
}

static hpa_t range_at(const struct block *b, u32 i)
{
	return HPA((u64)(b - blocks) << BLOCK_SHIFT | (u64)i << RANGE_SHIFT);
}

static void free_counters(void)
{
	for (u64 n = 0; n < nr_blocks; n++)
		page_free(blocks[n].count);
	kfree(blocks);
	blocks = NULL;
	nr_blocks = 0;
	memset(&stats, 0, sizeof(stats));
}

static int add_counters(const struct tdx_tdmr_info *t)
{
	for (u64 n = t->base >> BLOCK_SHIFT; n <= (t->base + t->size - 1) >> BLOCK_SHIFT; n++) {
		if (blocks[n].count)
			continue;
		blocks[n].count = page_alloc();
		if (!blocks[n].count)
			return -ENOMEM;
		stats.host_bytes += PAGE_SIZE;
	}
	return 0;
}

int pamt_init(const struct tdx_tdmr_info *tdmrs, u32 nr)
{
	u64 end = tdmrs[nr - 1].base + tdmrs[nr - 1].size;	/* TDMRs are in order */
	int err = 0;

	nr_blocks = ((end - 1) >> BLOCK_SHIFT) + 1;
	blocks = kmalloc(nr_blocks * sizeof(*blocks));
	if (!blocks) {
		nr_blocks = 0;
		return -ENOMEM;
	}
	stats.host_bytes = nr_blocks * sizeof(*blocks);
	for (u32 i = 0; i < nr && !err; i++)
		err = add_counters(&tdmrs[i]);
	if (err)
		free_counters();
	return err;
}

int pamt_exit(void)
{
	struct pamt_stats s;

	if (!blocks)
		return 0;
	pamt_retry_parked();
	pamt_get_stats(&s);
	if (s.pairs || s.references)
		return -EBUSY;
	free_counters();
	return 0;
}

int pamt_account_open(struct pamt_account *a)
{
	unsigned long flags = spin_lock_irqsave(&lock);
	int err = -ENOSPC;

	for (u32 id = 1; id < MAX_ACCOUNTS && err; id++) {
		if (accounts[id])
			continue;
		*a = (struct pamt_account){ .id = (u16)id };
		accounts[id] = a;
		err = 0;
	}
	spin_unlock_irqrestore(&lock, flags);
	return err;
}

static void charge_nobody(const struct pamt_account *a)
{
	for (u64 n = 0; n < nr_blocks; n++)
		for (u32 i = 0; blocks[n].payer && i < RANGES; i++)
			if (blocks[n].payer[i] == a->id)
				blocks[n].payer[i] = 0;
}

void pamt_account_close(struct pamt_account *a)
{
	unsigned long flags = spin_lock_irqsave(&lock);

	if (a->pairs)
		charge_nobody(a);
	accounts[a->id] = NULL;
	spin_unlock_irqrestore(&lock, flags);
}

/* Under the lock. A page of payers comes from @stock; false: it is empty. */
static bool pair_arrived(struct block *b, u32 i, struct tdx_stock *stock, struct pamt_account *payer)
{
	hpa_t page;

	if (!b->payer) {
		if (!stock || !tdx_stock_take(stock, &page))
			return false;
		b->payer = memset(hpa_to_ptr(page), 0, PAGE_SIZE);
		stats.host_bytes += PAGE_SIZE;
	}
	b->payer[i] = payer ? payer->id : 0;
	if (payer)
		payer->pairs++;
	b->pairs++;
	stats.pairs++;
	return true;
}

/* Under the lock. Return: the page of payers, when it is not needed any more. */
static void *pair_left(struct block *b, u32 i)
{
	struct pamt_account *payer = accounts[b->payer[i]];
	void *page = b->payer;

	if (payer)
		payer->pairs--;
	b->payer[i] = 0;
	stats.pairs--;
	if (--b->pairs)
		return NULL;
	b->payer = NULL;
	stats.host_bytes -= PAGE_SIZE;
	return page;
}

static bool again(u64 status, u32 *tries)
{
	return (tdx_busy(status) || tdx_interrupted(status) || tdx_code(status) == TDX_INTERRUPTED_PAMT_CODE) &&
	       ++*tries < BUSY_TRIES;
}

static u64 add(hpa_t range, hpa_t first, hpa_t second)
{
	u32 tries = 0;
	u64 status;

	do
		status = tdh_phymem_pamt_add(range, first, second);
	while (again(status, &tries));
	if (tdx_done(status))
		stats.adds++;
	else
		stats.refused_adds++;
	return status;
}

static u64 remove_pair(hpa_t range, hpa_t pair[2])
{
	u32 tries = 0;
	u64 status;

	do
		status = tdh_phymem_pamt_remove(range, pair);
	while (again(status, &tries));
	if (tdx_done(status))
		stats.removes++;
	else
		stats.refused_removes++;
	return status;
}

/* Under the lock, count 0, no pair. */
static int bring_pair(struct block *b, u32 i, struct tdx_stock *stock, struct pamt_account *payer)
{
	hpa_t pair[2];
	u64 status;

	if (!stock || stock->nr < 2 + !b->payer)
		return -ENOMEM;
	tdx_stock_take(stock, &pair[0]);
	tdx_stock_take(stock, &pair[1]);
	status = add(range_at(b, i), pair[0], pair[1]);
	if (tdx_done(status)) {
		pair_arrived(b, i, stock, payer);
		return 0;
	}
	tdx_stock_give(stock, pair[1]);
	tdx_stock_give(stock, pair[0]);
	return tdx_errno(status);
}

/* One more, if there is one: the pair is there. */
static bool get_more(u16 *count)
{
	u16 c = __atomic_load_n(count, __ATOMIC_ACQUIRE);

	while (c & COUNT)
		if (__atomic_compare_exchange_n(count, &c, (u16)(c + 1), true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return true;
	return false;
}

static int get_first(struct block *b, u32 i, struct tdx_stock *stock, struct pamt_account *payer)
{
	unsigned long flags = spin_lock_irqsave(&lock);
	u16 *count = &b->count[i];
	int err = 0;

	if (get_more(count)) {
		spin_unlock_irqrestore(&lock, flags);
		return 0;
	}
	if (*count & PARKED)
		stats.parked--;
	else
		err = bring_pair(b, i, stock, payer);
	if (!err)
		__atomic_store_n(count, 1, __ATOMIC_RELEASE);	/* pairs with get_more(): after the pair */
	spin_unlock_irqrestore(&lock, flags);
	return err;
}

int pamt_get(hpa_t page, struct tdx_stock *stock, struct pamt_account *payer)
{
	struct block *b;

	if (!blocks)
		return 0;
	b = block_of(page);
	if (!b)
		return -EINVAL;
	return get_more(&b->count[index_of(page)]) ? 0 : get_first(b, index_of(page), stock, payer);
}

/* One less, unless it is the last. */
static bool put_more(u16 *count)
{
	u16 c = __atomic_load_n(count, __ATOMIC_ACQUIRE);

	while ((c & COUNT) > 1)
		if (__atomic_compare_exchange_n(count, &c, (u16)(c - 1), true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return true;
	return false;
}

struct freed { hpa_t pair[2]; bool has_pair; void *payers; };

/* Under the lock, count 0. */
static void take_pair(struct block *b, u32 i, struct freed *f)
{
	f->has_pair = tdx_done(remove_pair(range_at(b, i), f->pair));
	if (f->has_pair)
		f->payers = pair_left(b, i);
}

static void free_all(const struct freed *f)
{
	if (f->has_pair) {
		tdx_page_free(f->pair[0], PAGE_SIZE);
		tdx_page_free(f->pair[1], PAGE_SIZE);
	}
	if (f->payers)
		phys_free(ptr_to_hpa(f->payers), PAGE_SIZE);
}

static void put_last(struct block *b, u32 i)
{
	unsigned long flags = spin_lock_irqsave(&lock);
	struct freed f = { .has_pair = false };
	u16 *count = &b->count[i];

	if (!(*count & COUNT)) {
		spin_unlock_irqrestore(&lock, flags);
		log_error("tdx: pamt_put of %#lx without pamt_get\n", range_at(b, i).v);
		return;
	}
	if (__atomic_sub_fetch(count, 1, __ATOMIC_ACQ_REL)) {	/* a get was faster */
		spin_unlock_irqrestore(&lock, flags);
		return;
	}
	take_pair(b, i, &f);
	if (!f.has_pair) {
		__atomic_store_n(count, PARKED, __ATOMIC_RELEASE);
		stats.parked++;
	}
	spin_unlock_irqrestore(&lock, flags);
	free_all(&f);
}

void pamt_put(hpa_t page)
{
	struct block *b = block_of(page);

	if (b && !put_more(&b->count[index_of(page)]))
		put_last(b, index_of(page));
}

static bool retry_one(struct block *b, u32 i)
{
	unsigned long flags = spin_lock_irqsave(&lock);
	struct freed f = { .has_pair = false };
	bool parked = b->count[i] & PARKED;

	if (parked)
		take_pair(b, i, &f);
	if (f.has_pair) {
		__atomic_store_n(&b->count[i], 0, __ATOMIC_RELEASE);
		stats.parked--;
	}
	spin_unlock_irqrestore(&lock, flags);
	free_all(&f);
	return !parked || f.has_pair;
}

u64 pamt_retry_parked(void)
{
	for (u64 n = 0; READ_ONCE(stats.parked) && n < nr_blocks; n++)
		for (u32 i = 0; blocks[n].count && READ_ONCE(blocks[n].pairs) && i < RANGES; i++)
			if (READ_ONCE(blocks[n].count[i]) & PARKED)
				retry_one(&blocks[n], i);
	return READ_ONCE(stats.parked);
}

int pamt_claim_huge(hpa_t range)
{
	struct block *b;

	if (!blocks)
		return 0;
	b = block_of(range);
	if (!b)
		return -EINVAL;
	return retry_one(b, index_of(range)) ? 0 : -EBUSY;
}

int pamt_demote_begin(hpa_t range, struct tdx_stock *stock, hpa_t pair[2])
{
	pair[0] = pair[1] = HPA(0);
	if (!blocks)
		return 0;
	if (!block_of(range))
		return -EINVAL;
	if (stock->nr < PAMT_GET_PAGES)
		return -ENOMEM;
	tdx_stock_take(stock, &pair[0]);
	tdx_stock_take(stock, &pair[1]);
	return 0;
}

void pamt_demote_end(hpa_t range, struct tdx_stock *stock, const hpa_t pair[2], struct pamt_account *payer, bool done)
{
	struct block *b = block_of(range);
	unsigned long flags;

	if (!b)
		return;
	if (!done) {
		tdx_stock_give(stock, pair[1]);
		tdx_stock_give(stock, pair[0]);
		return;
	}
	flags = spin_lock_irqsave(&lock);
	pair_arrived(b, index_of(range), stock, payer);
	__atomic_store_n(&b->count[index_of(range)], PAGES_OF_RANGE, __ATOMIC_RELEASE);
	spin_unlock_irqrestore(&lock, flags);
}

void pamt_promoted(hpa_t range, hpa_t first, hpa_t second)
{
	struct freed f = { .pair = { first, second }, .has_pair = true };
	struct block *b = block_of(range);
	unsigned long flags;

	if (!b)
		return;
	flags = spin_lock_irqsave(&lock);
	__atomic_store_n(&b->count[index_of(range)], 0, __ATOMIC_RELEASE);
	f.payers = pair_left(b, index_of(range));
	spin_unlock_irqrestore(&lock, flags);
	free_all(&f);
}

static u64 references(void)
{
	u64 sum = 0;

	for (u64 n = 0; n < nr_blocks; n++)
		for (u32 i = 0; READ_ONCE(blocks[n].pairs) && i < RANGES; i++)
			sum += READ_ONCE(blocks[n].count[i]) & COUNT;
	return sum;
}

void pamt_get_stats(struct pamt_stats *s)
{
	unsigned long flags = spin_lock_irqsave(&lock);

	*s = stats;
	spin_unlock_irqrestore(&lock, flags);
	s->references = references();
}
