/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_tdx_pamt.c - Dynamic PAMT on the simulated machine, against a model of ranges, pairs and used pages
 *
 * The model plays the module for PAMT.ADD and PAMT.REMOVE: locks of ranges that fail at once, and faults.
 * A page is used only while its range has a pair; a pair goes only when no page is used. CHECK, ROUNDS, SEED:
 * see fake/sim.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <socle/fault_inject.h>
#include "fake/sim.h"
#include "leaf.h"
#include "pamt.h"
#include "seamcall.h"

#define BASE	(8ull << 30)
#define NR_RANGES 3u
#define PAGES	8u		/* of a range, that the threads use */

static struct range {
	bool has_pair, exclusive;
	u32 shared, used;
	u64 pair[2];
} ranges[NR_RANGES];

/* One refusal in so many calls; 0: never. */
static struct { u32 busy, add, remove; } faults;

#define STATUS(name) ((u64)(u32)TDX_##name##_CODE << 32)

static struct range *range_of(u64 pa)
{
	SIM_ASSERT(pa >= BASE && pa < BASE + NR_RANGES * SZ_2M);
	return &ranges[(pa - BASE) / SZ_2M];
}

static bool one_in(u32 n)
{
	return n && !sim_random(n);
}

static u64 model_add(struct range *r, const struct tdx_module_args *a)
{
	if (one_in(faults.add))
		return STATUS(OPERAND_INVALID);
	SIM_ASSERT(!r->has_pair && !r->used);
	SIM_ASSERT(a->rdx != a->r8);
	*r = (struct range){ .has_pair = true, .exclusive = true, .pair = { a->rdx, a->r8 } };
	return 0;
}

static u64 model_remove(struct range *r, struct tdx_module_args *a)
{
	if (one_in(faults.remove))
		return STATUS(PAMT_PAGE_NOT_EMPTY);
	SIM_ASSERT(r->has_pair && !r->used);
	r->has_pair = false;
	a->rdx = r->pair[0];
	a->r8 = r->pair[1];
	return 0;
}

static void model(struct tdx_module_args *a)
{
	struct range *r = range_of(a->rcx & ~7ull);

	SIM_ASSERT((a->rcx & 7) == TDX_2M);
	if (one_in(faults.busy) || r->exclusive || r->shared) {
		SIM_ASSERT(!r->exclusive);	/* the host's lock */
		a->rax = STATUS(OPERAND_BUSY) | TDX_OPERAND_RCX;
		return;
	}
	r->exclusive = true;
	sim_yield();
	a->rax = a->rax == TDH_PHYMEM_PAMT_ADD ? model_add(r, a) : model_remove(r, a);
	sim_yield();
	r->exclusive = false;
}

/* What MEM.PAGE.ADD or RECLAIM do to the range of a page. */
static void model_use(u64 page, int change)
{
	struct range *r = range_of(page);

	SIM_ASSERT(r->has_pair && !r->exclusive);
	r->shared++;
	sim_yield();
	r->used += (u32)change;
	SIM_ASSERT(r->has_pair);
	r->shared--;
}

static void start(void)
{
	static const struct tdx_tdmr_info tdmr = { .base = BASE, .size = SZ_1G };

	if (!pamt_on())
		SIM_ASSERT(pamt_init(&tdmr, 1) == 0);
	memset(ranges, 0, sizeof(ranges));
	memset(&faults, 0, sizeof(faults));
	tdx_gate_open(model);
}

static void all_given_back(void)
{
	struct pamt_stats s;

	memset(&faults, 0, sizeof(faults));
	SIM_ASSERT(pamt_retry_parked() == 0);
	pamt_get_stats(&s);
	SIM_ASSERT(!s.pairs && !s.parked && !s.references);
	for (u32 i = 0; i < NR_RANGES; i++)
		SIM_ASSERT(!ranges[i].has_pair && !ranges[i].used);
}

/* One 4 KiB page's life in a TD, some times over. */
struct user { u64 page[2]; struct pamt_account *account; u32 turns; };

static void one_life(const struct user *u, struct tdx_stock *stock)
{
	hpa_t page = HPA(u->page[sim_random(2)]);
	int err;

	SIM_ASSERT(tdx_stock_fill(stock, PAMT_GET_PAGES) == 0);
	err = pamt_get(page, stock, u->account);
	if (err) {
		SIM_ASSERT(faults.add || faults.busy);
		SIM_ASSERT(err == -EIO || err == -EAGAIN);
		return;
	}
	model_use(page.v, 1);
	sim_yield();
	model_use(page.v, -1);
	pamt_put(page);
}

static void page_user(void *arg)
{
	const struct user *u = arg;
	struct tdx_stock stock = { .nr = 0 };

	for (u32 i = 0; i < u->turns; i++)
		one_life(u, &stock);
	tdx_stock_drain(&stock);
}

static u64 page_in(u32 range, u32 n)
{
	return BASE + range * SZ_2M + n * PAGE_SIZE;
}

/* Two CPUs, one range: 20 lives of a page, a million in all rounds. */
static void fight_round(void)
{
	struct user u[2] = {
		{ { page_in(0, 0), page_in(0, 1) }, NULL, 10 },
		{ { page_in(0, 2), page_in(0, 511) }, NULL, 10 },
	};
	const struct sim_job jobs[] = { { page_user, &u[0] }, { page_user, &u[1] } };

	start();
	sim_parallel(jobs, 2);
	all_given_back();
}

/* Refusals at random, accounts, three ranges. */
static void faults_round(void)
{
	struct pamt_account account[3];
	struct user u[3];
	struct sim_job jobs[3];

	start();
	faults.busy = sim_random(2) ? 3 : 0;
	faults.add = sim_random(2) ? 4 : 0;
	faults.remove = sim_random(2) ? 2 : 0;
	for (u32 i = 0; i < 3; i++) {
		SIM_ASSERT(pamt_account_open(&account[i]) == 0);
		u[i] = (struct user){ { page_in(i % 2, i), page_in(1 + i % 2, PAGES + i) }, &account[i], 5 };
		jobs[i] = (struct sim_job){ page_user, &u[i] };
	}
	sim_parallel(jobs, 3);
	pamt_account_close(&account[0]);	/* may still pay for a parked pair: not on the next one's bill */
	SIM_ASSERT(pamt_account_open(&account[0]) == 0);
	all_given_back();
	SIM_ASSERT(account[0].pairs == 0 && account[1].pairs == 0 && account[2].pairs == 0);
	pamt_account_close(&account[0]);
	pamt_account_close(&account[1]);
	pamt_account_close(&account[2]);
}

/* A parked pair is used again without an ADD, and a huge page waits until it is gone. */
static void parked_round(void)
{
	struct tdx_stock stock = { .nr = 0 };
	struct pamt_stats before, s;
	hpa_t page = HPA(page_in(1, (u32)sim_random(512)));

	start();
	pamt_get_stats(&before);
	SIM_ASSERT(pamt_get(page, &stock, NULL) == -ENOMEM);
	SIM_ASSERT(pamt_get(HPA(BASE + 8 * (1ull << 32)), &stock, NULL) == -EINVAL);
	SIM_ASSERT(tdx_stock_fill(&stock, PAMT_GET_PAGES) == 0);
	SIM_ASSERT(pamt_get(page, &stock, NULL) == 0);
	faults.remove = 1;
	pamt_put(page);
	pamt_get_stats(&s);
	SIM_ASSERT(s.parked == 1 && s.pairs == 1 && s.references == 0);
	SIM_ASSERT(pamt_claim_huge(page) == -EBUSY && pamt_retry_parked() == 1 && pamt_exit() == -EBUSY);
	SIM_ASSERT(pamt_get(page, &stock, NULL) == 0);
	pamt_get_stats(&s);
	SIM_ASSERT(s.parked == 0 && s.references == 1 && s.adds == before.adds + 1);
	pamt_put(page);
	faults.remove = 0;
	SIM_ASSERT(pamt_claim_huge(page) == 0);
	tdx_stock_drain(&stock);
	all_given_back();
}

/* A huge page is split with a pair of the host's and joined again. */
static void split_round(void)
{
	struct tdx_stock stock = { .nr = 0 };
	struct pamt_account account;
	hpa_t range = HPA(page_in(2, 0)), pair[2];
	struct pamt_stats s;

	start();
	SIM_ASSERT(pamt_account_open(&account) == 0);
	SIM_ASSERT(pamt_demote_begin(range, &stock, pair) == -ENOMEM);
	SIM_ASSERT(tdx_stock_fill(&stock, PAMT_GET_PAGES) == 0);
	SIM_ASSERT(pamt_demote_begin(range, &stock, pair) == 0);
	pamt_demote_end(range, &stock, pair, &account, false);
	SIM_ASSERT(stock.nr == PAMT_GET_PAGES && account.pairs == 0);
	SIM_ASSERT(pamt_demote_begin(range, &stock, pair) == 0);
	pamt_demote_end(range, &stock, pair, &account, true);
	ranges[2] = (struct range){ .has_pair = true, .used = 0, .pair = { pair[0].v, pair[1].v } };
	pamt_get_stats(&s);
	SIM_ASSERT(s.references == 512 && s.pairs == 1 && account.pairs == 1);
	if (sim_random(2)) {
		ranges[2].has_pair = false;
		pamt_promoted(range, pair[0], pair[1]);
	} else {
		for (u32 i = 0; i < 512; i++)
			pamt_put(HPA(range.v + i * PAGE_SIZE));
	}
	SIM_ASSERT(account.pairs == 0);
	pamt_account_close(&account);
	tdx_stock_drain(&stock);
	all_given_back();
}

/* Each allocation of a page's life fails in turn. */
static void no_memory_round(void)
{
	struct tdx_stock stock = { .nr = 0 };
	hpa_t page = HPA(page_in(0, 7));

	start();
	for (u64 nth = 1;; nth++) {
		int err;

		fault_inject_arm(nth);
		err = tdx_stock_fill(&stock, PAMT_GET_PAGES);
		fault_inject_arm(0);
		if (!err)
			break;
		SIM_ASSERT(err == -ENOMEM && nth <= PAMT_GET_PAGES);
		SIM_ASSERT(pamt_get(page, &stock, NULL) == -ENOMEM);
		tdx_stock_drain(&stock);
	}
	SIM_ASSERT(pamt_get(page, &stock, NULL) == 0);
	SIM_ASSERT(stock.nr == 0);
	pamt_put(page);
	all_given_back();
}

static const struct { const char *name; u32 cpus; u64 rounds; void (*round)(void); } scenarios[] = {
	{ "tdx pamt fight", 2, 50000, fight_round },
	{ "tdx pamt faults", 3, 20000, faults_round },
	{ "tdx pamt parked", 1, 1000, parked_round },
	{ "tdx pamt split", 1, 1000, split_round },
	{ "tdx pamt no memory", 1, 100, no_memory_round },
};

/* In a process of its own: the machine boots once. */
static bool passes(u32 i)
{
	int status = 1;

	fflush(stdout);
	if (!fork()) {
		int ret = sim_main(scenarios[i].name, scenarios[i].cpus, scenarios[i].rounds, scenarios[i].round);

		fflush(stdout);
		_exit(ret);
	}
	return wait(&status) > 0 && !status;
}

int main(int argc, char **argv)
{
	u32 failed = 0;

	for (u32 i = 0; i < ARRAY_SIZE(scenarios); i++)
		if (argc == 1 || strstr(scenarios[i].name, argv[1]))
			failed += !passes(i);
	printf("%u failed\n", failed);
	return failed != 0;
}
