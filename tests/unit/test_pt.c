/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_pt.c - the page-table walker against a list of leaves and tables, for every format
 *
 * Rows: host and NPT (the kernel's own), Sv39x4 (a root of 16 KiB), and one with
 * odd bits: complemented address, "present" is bit 5 clear, so an empty entry
 * must be written by nobody but the row's owner.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <socle/mem.h>
#include <socle/pt.h>
#include "../../arch/x86/priv.h"
#include "fake/kernel.h"

#define STEPS 30000u
extern const struct pt_format *arch_s2pt_format;	/* NPT */

/* --- Sv39x4: privileged spec, "Hypervisor extension", two-stage address translation --- */

static u64 sv_table(hpa_t t) { return t.v >> 2 | 1; }
static u64 sv_leaf(hpa_t pa, u32 level, u32 prot)
{
	(void)level;
	return pa.v >> 2 | 0xd1 | (prot & PT_R ? 2 : 0) | (prot & PT_W ? 4 : 0) | (prot & PT_X ? 8 : 0);
}
static bool sv_present(u64 e) { return e & 1; }
static bool sv_is_leaf(u64 e, u32 level) { (void)level; return e & 0xe; }
static hpa_t sv_address(u64 e, u32 level) { (void)level; return HPA((e >> 10 & GENMASK(43, 0)) << 12); }
static u32 sv_prot(u64 e) { return (e & 2 ? PT_R : 0) | (e & 4 ? PT_W : 0) | (e & 8 ? PT_X : 0); }
static u64 sv_set_prot(u64 e, u32 prot) { return (e & ~0xeull) | (sv_leaf(HPA(0), 0, prot) & 0xe); }
static u32 sv_index_bits(u32 level, u32 levels) { return level == levels - 1 ? 11 : 9; }
static const struct pt_format sv39x4 = {
	.name = "Sv39x4", .leaf_levels = 7, .make_table = sv_table, .make_leaf = sv_leaf, .is_present = sv_present,
	.is_leaf = sv_is_leaf, .address = sv_address, .prot = sv_prot, .set_prot = sv_set_prot, .index_bits = sv_index_bits,
};

/* --- odd bits --- */

#define ODD_LEAF(level)	(level ? 1ull << 62 : 1ull)	/* the mark of a leaf depends on the level */
static u64 odd_address(hpa_t pa) { return (~pa.v & 0x0000fffffffff000ull) | 0x20; }
static u64 odd_table(hpa_t t) { return odd_address(t); }
static u64 odd_leaf(hpa_t pa, u32 level, u32 prot) { return odd_address(pa) | ODD_LEAF(level) | (u64)(~prot & 7) << 52; }
static bool odd_present(u64 e) { return e & 0x20; }
static bool odd_is_leaf(u64 e, u32 level) { return e & ODD_LEAF(level); }
static hpa_t odd_entry_address(u64 e, u32 level) { (void)level; return HPA(~e & 0x0000fffffffff000ull); }
static u32 odd_prot(u64 e) { return ~(e >> 52) & 7; }
static u64 odd_set_prot(u64 e, u32 prot) { return (e & ~(7ull << 52)) | (u64)(~prot & 7) << 52; }
static const struct pt_format odd = {
	.name = "odd", .leaf_levels = 7, .make_table = odd_table, .make_leaf = odd_leaf, .is_present = odd_present,
	.is_leaf = odd_is_leaf, .address = odd_entry_address, .prot = odd_prot, .set_prot = odd_set_prot,
};

/* --- the model: leaves, and tables (level of the entry that points to it, first address) --- */

struct leaf { u64 addr, pa; u32 level, prot; };
struct table { u64 addr; u32 level; };
static struct leaf leaves[4096];
static struct table tables[4096];
static u32 nr_leaves, nr_tables;
static struct pt pt;
static struct pt_cache cache;
static u64 span;			/* of the whole tree [bytes] */

static u64 bytes_of(u32 level) { return PAGE_SIZE << (9 * level); }
static bool covers(u64 start, u64 bytes, u64 addr) { return addr >= start && addr - start < bytes; }

static struct leaf *leaf_at(u64 addr)
{
	for (u32 i = 0; i < nr_leaves; i++)
		if (covers(leaves[i].addr, bytes_of(leaves[i].level), addr))
			return &leaves[i];
	return NULL;
}

static bool has_table(u64 addr, u32 level)
{
	for (u32 i = 0; i < nr_tables; i++)
		if (tables[i].level == level && tables[i].addr == ALIGN_DOWN(addr, bytes_of(level)))
			return true;
	return false;
}

/* Few places, so that things meet: at the ends of the tree and around a 1 GiB boundary. */
static u64 random_addr(u32 level)
{
	const u64 base[] = { 0, 3 * SZ_1G, span - SZ_1G, span / 2 - SZ_1G };
	u64 a = base[test_random(4)];

	if (test_random(2))
		a += SZ_1G - (1 + test_random(3)) * SZ_2M;
	else
		a += test_random(3) * SZ_2M;
	a += test_random(2) ? test_random(4) * PAGE_SIZE : SZ_2M - (1 + test_random(4)) * PAGE_SIZE;
	return ALIGN_DOWN(a, bytes_of(level));
}

/* Callers of formats with signed addresses pass the upper half with its upper bits set. */
static u64 as_passed(u64 a)
{
	return a >= span / 2 && test_random(2) ? a | ~(span - 1) : a;
}

static int model_map(u64 addr, u64 pa, u32 level, u32 prot)
{
	struct leaf *l = leaf_at(addr);
	u32 stock = cache.nr;

	if (l && l->level > level)
		return -EEXIST;
	for (u32 at = pt.levels - 1; at > level; at--) {
		if (has_table(addr, at))
			continue;
		if (!stock)
			return -ENOMEM;
		stock--;
		tables[nr_tables++] = (struct table){ ALIGN_DOWN(addr, bytes_of(at)), at };
	}
	if (level && has_table(addr, level))
		return -EEXIST;
	if (!l)
		l = &leaves[nr_leaves++];
	*l = (struct leaf){ addr, pa, level, prot };
	return 0;
}

static void step_map(void)
{
	u32 level = (u32)test_random(8) ? (u32)test_random(2) : 2, prot = PT_R | (u32)test_random(8);
	u64 addr = random_addr(level), pa = test_random(1ull << 20) * bytes_of(level) & GENMASK(45, 0);
	int err;

	if (test_random(8))
		assert_int_equal(pt_cache_fill(&cache, PT_MAX_LEVELS - 1), 0);
	err = model_map(addr, pa, level, prot);
	assert_int_equal(pt_map(&pt, as_passed(addr), HPA(pa), level, prot, &cache), err);
}

static void random_range(u64 *start, u64 *end)
{
	u64 a = random_addr(0), b = random_addr(0);

	if (test_random(2))
		b = MIN(a + test_random(1024) * PAGE_SIZE, span);
	*start = MIN(a, b);
	*end = MAX(a, b);
}

static bool meets(u64 start, u64 end, const struct leaf *l)
{
	return start < end && l->addr < end && start < l->addr + bytes_of(l->level);
}

static bool model_unmap(u64 start, u64 end, u32 *freed)
{
	bool any = false;

	for (u32 i = 0; i < nr_leaves;) {
		if (!meets(start, end, &leaves[i])) {
			i++;
			continue;
		}
		leaves[i] = leaves[--nr_leaves];
		any = true;
	}
	*freed = 0;
	for (u32 i = 0; i < nr_tables;) {
		if (tables[i].addr < start || tables[i].addr + bytes_of(tables[i].level) > end) {
			i++;
			continue;
		}
		tables[i] = tables[--nr_tables];
		any = true;
		++*freed;
	}
	return any;
}

static void step_unmap(void)
{
	void *deferred = NULL;
	u64 start, end;
	u32 freed, n = 0;
	bool any;

	random_range(&start, &end);
	any = model_unmap(start, end, &freed);
	assert_int_equal(pt_unmap(&pt, start, end, &deferred), any);
	for (void *p = deferred; p; p = *(void **)p)
		n++;
	assert_int_equal(n, freed);
	pt_free_deferred(deferred);
}

static void step_protect(void)
{
	u64 start, end;
	bool any = false;

	random_range(&start, &end);
	for (u32 i = 0; i < nr_leaves; i++) {
		if (!meets(start, end, &leaves[i]) || !(leaves[i].prot & PT_W))
			continue;
		leaves[i].prot &= ~PT_W;
		any = true;
	}
	assert_int_equal(pt_write_protect(&pt, start, end), any);
}

static void look(u64 addr)
{
	const struct leaf *l = leaf_at(addr);
	u32 level, prot;
	hpa_t pa;

	assert_int_equal(pt_lookup(&pt, as_passed(addr), &pa, &level, &prot), l != NULL);
	if (!l)
		return;
	assert_int_equal(level, l->level);
	assert_int_equal(prot, l->prot);
	assert_int_equal(pa.v, l->pa);
}

static void check_counts(void)
{
	u64 n[3] = { 0 };

	for (u32 i = 0; i < nr_leaves; i++)
		n[leaves[i].level]++;
	for (u32 i = 0; i < 3; i++)
		assert_int_equal(pt.nr_leaves[i], n[i]);
	assert_int_equal(pt.nr_table_pages, nr_tables + (pt.fmt->index_bits ? 4 : 1));
}

static void run(const struct pt_format *fmt, u32 levels)
{
	struct phys_range ram = { 0, 64 << 20, 0 };
	struct phys_stats before, after;

	print_message("%s, %u levels\n", fmt->name, levels);
	fake_ram_init(ram.size);
	assert_int_equal(phys_init(&ram, 1), 0);
	nr_leaves = nr_tables = 0;
	span = bytes_of(levels) << (fmt->index_bits ? 2 : 0);
	phys_get_stats(&before);
	assert_int_equal(pt_init(&pt, fmt, levels), 0);
	for (u32 i = 0; i < STEPS; i++) {
		switch (test_random(8)) {
		case 0: step_unmap(); break;
		case 1: step_protect(); break;
		default: step_map();
		}
		for (u32 k = 0; k < 4; k++)
			look(random_addr(0) + test_random(PAGE_SIZE));
		check_counts();
	}
	pt_cache_drain(&cache);
	pt_destroy(&pt);
	phys_get_stats(&after);
	assert_int_equal(after.free_pages, before.free_pages);
}

static void host_4(void **s) { (void)s; run(&host_format, 4); }
static void host_5(void **s) { (void)s; run(&host_format, 5); }
static void npt_4(void **s) { (void)s; run(arch_s2pt_format, 4); }
static void npt_5(void **s) { (void)s; run(arch_s2pt_format, 5); }
static void sv39x4_3(void **s) { (void)s; run(&sv39x4, 3); }
static void odd_3(void **s) { (void)s; run(&odd, 3); }
static void odd_5(void **s) { (void)s; run(&odd, 5); }

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_4), cmocka_unit_test(host_5), cmocka_unit_test(npt_4), cmocka_unit_test(npt_5),
		cmocka_unit_test(sv39x4_3), cmocka_unit_test(odd_3), cmocka_unit_test(odd_5),
	};

	test_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
