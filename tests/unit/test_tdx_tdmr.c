/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_tdx_tdmr.c - TDMRs of random memory maps: the software module takes each set that the host builds
 *
 * Property: what is available in all TDMRs is the usable memory less the PAMTs, byte for byte. And the cost
 * of PAMT, static and dynamic.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <socle/fault_inject.h>
#include <socle/log.h>
#include "fake/kernel.h"
#include "leaf.h"
#include "pamt.h"
#include "softmodule.h"
#include "tdmr.h"

#define RAM	(12ull << 30)
#define MAPS	400
#define MAX_RANGES 40u

static const struct tdx_sysinfo limits = {
	.max_tdmrs = 64, .max_reserved = 16, .pamt_entry_size = { 16, 16, 16 }, .pamt_bitmap_bits = 1,
};

static char last_line[300];

void log_printf(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	(void)level;
	va_start(ap, fmt);
	vsnprintf(last_line, sizeof(last_line), fmt, ap);
	va_end(ap);
}

/* pamt.c's calls, which no test here makes. */
u64 tdh_phymem_pamt_add(hpa_t range, hpa_t first, hpa_t second) { (void)range, (void)first, (void)second; abort(); }
u64 tdh_phymem_pamt_remove(hpa_t range, hpa_t pair[2]) { (void)range, (void)pair; abort(); }
int tdx_errno(u64 status) { (void)status; abort(); }
bool tdx_busy(u64 status) { (void)status; abort(); }
bool tdx_interrupted(u64 status) { (void)status; abort(); }

static void mem_read(void *ctx, u64 pa, void *to, size_t len) { (void)ctx; memcpy(to, fake_ram + pa, len); }
static void mem_write(void *ctx, u64 pa, const void *from, size_t len) { (void)ctx; memcpy(fake_ram + pa, from, len); }
static bool program_key(void *ctx, u16 hkid) { (void)ctx; (void)hkid; return true; }

static struct softmodule_platform platform;
static struct softmodule *module;

static u64 ask(u64 leaf, u64 rcx, u64 rdx, u64 r8)
{
	struct tdx_module_args a = { .rax = leaf, .rcx = rcx, .rdx = rdx, .r8 = r8 };

	softmodule_seamcall(module, 0, &a);
	return a.rax;
}

static void module_start(const struct tdx_cmr_info *cmr, u32 nr)
{
	platform = (struct softmodule_platform){
		.read = mem_read, .write = mem_write, .program_key = program_key, .seamrr_base = 1ull << 45,
		.seamrr_size = 1 << 25, .lps = 1, .packages = 1, .maxpa = 46, .keyid_bits = 6, .first_private_hkid = 32,
		.last_private_hkid = 63, .max_tdmrs = 64, .pamt_entry_size = { 16, 16, 16 }, .dynamic_pamt = true,
	};
	memcpy(platform.cmr, cmr, nr * sizeof(*cmr));
	module = softmodule_init(module ? (void *)module : malloc(softmodule_size()), &platform);
	assert_true(ask(TDH_SYS_INIT, 0, 0, 0) == 0 && ask(TDH_SYS_LP_INIT, 0, 0, 0) == 0);
}

/* Above all memory of the test: the list of SYS.CONFIG. */
static u64 config(const struct tdx_tdmrs *t)
{
	u64 array = RAM, info = RAM + PAGE_SIZE;

	for (u32 i = 0; i < t->nr; i++) {
		u64 at = info + 512 * i;

		memcpy(fake_ram + array + 8 * i, &at, 8);
		memcpy(fake_ram + at, &t->tdmr[i], sizeof(t->tdmr[i]));
	}
	return ask(TDH_SYS_CONFIG, array, t->nr, 32 | (t->dynamic ? TDX_CONFIG_DYNAMIC_PAMT : 0));
}

/* A random map from 1 MiB on, in a random part of RAM; true: its holes are convertible too. */
static u32 random_map(struct phys_range *mem, u32 max)
{
	u64 at = SZ_1G / 1024 + PAGE_SIZE * test_random(1000);
	u32 nr = 0;

	while (nr < max && at < RAM - SZ_1G) {
		u64 size = PAGE_SIZE * (1 + (test_random(4) ? test_random(300000) : test_random(2000)));

		mem[nr] = (struct phys_range){ at, MIN(size, RAM - SZ_1G - at), 0 };
		at += mem[nr++].size + PAGE_SIZE * (1 + (test_random(5) ? test_random(3000) : test_random(600000)));
	}
	return nr;
}

/* CMRs: each range, with what follows when the random number says so; some ranges in two CMRs that meet. */
static u32 random_cmrs(struct tdx_cmr_info *cmr, const struct phys_range *mem, u32 nr)
{
	u32 n = 0;

	for (u32 i = 0; i < nr; i++) {
		u64 start = mem[i].start, end = start + mem[i].size, half = start + ALIGN_DOWN(mem[i].size / 2, PAGE_SIZE);

		if (n && cmr[n - 1].base + cmr[n - 1].size > start)
			start = cmr[n - 1].base + cmr[n - 1].size;
		if (!test_random(2) && i + 1 < nr)
			end = mem[i + 1].start;
		if (!test_random(4) && half > start && n + nr - i < TDX_MAX_CMRS) {
			cmr[n++] = (struct tdx_cmr_info){ start, half - start };
			start = half;
		}
		cmr[n++] = (struct tdx_cmr_info){ start, end - start };
	}
	return n;
}

static bool in_memory(const struct phys_range *mem, u32 nr, u64 pa)
{
	for (u32 i = 0; i < nr; i++)
		if (pa >= mem[i].start && pa - mem[i].start < mem[i].size)
			return true;
	return false;
}

static bool in_pamt(const struct tdx_tdmrs *t, u64 pa)
{
	for (u32 i = 0; i < t->nr; i++)
		for (u32 l = 0; l < 3; l++)
			if (pa >= t->tdmr[i].pamt[l].base && pa - t->tdmr[i].pamt[l].base < t->tdmr[i].pamt[l].size)
				return true;
	return false;
}

static bool available(const struct tdx_tdmrs *t, u64 pa)
{
	for (u32 i = 0; i < t->nr; i++) {
		const struct tdx_tdmr_info *d = &t->tdmr[i];

		if (pa < d->base || pa - d->base >= d->size)
			continue;
		for (u32 r = 0; r < TDX_MAX_RESERVED && d->reserved[r].size; r++)
			if (pa - d->base >= d->reserved[r].offset && pa - d->base - d->reserved[r].offset < d->reserved[r].size)
				return false;
		return true;
	}
	return false;
}

static void check_page(const struct tdx_tdmrs *t, const struct phys_range *mem, u32 nr, u64 pa)
{
	if (pa < RAM)
		assert_int_equal(available(t, pa), in_memory(mem, nr, pa) && !in_pamt(t, pa));
}

/* At each border, on both sides, and at random. */
static void check_available(const struct tdx_tdmrs *t, const struct phys_range *mem, u32 nr)
{
	for (u32 i = 0; i < nr; i++) {
		check_page(t, mem, nr, mem[i].start);
		check_page(t, mem, nr, mem[i].start - PAGE_SIZE);
		check_page(t, mem, nr, mem[i].start + mem[i].size);
		check_page(t, mem, nr, mem[i].start + mem[i].size - PAGE_SIZE);
	}
	for (u32 i = 0; i < t->nr; i++)
		for (u32 l = 0; l < 3; l++) {
			check_page(t, mem, nr, t->tdmr[i].pamt[l].base);
			check_page(t, mem, nr, t->tdmr[i].pamt[l].base - PAGE_SIZE);
			check_page(t, mem, nr, t->tdmr[i].pamt[l].base + t->tdmr[i].pamt[l].size);
		}
	for (u32 i = 0; i < 200; i++)
		check_page(t, mem, nr, PAGE_SIZE * test_random(RAM / PAGE_SIZE));
}

static u64 free_pages(void)
{
	struct phys_stats s;

	phys_get_stats(&s);
	return s.free_pages;
}

static void random_maps(void **state)
{
	u32 taken = 0, refused = 0;

	(void)state;
	for (u32 i = 0; i < MAPS; i++) {
		struct phys_range mem[MAX_RANGES];
		struct tdx_cmr_info cmr[TDX_MAX_CMRS];
		struct tdx_sysinfo info = limits;
		static struct tdx_tdmrs t;
		u32 nr = random_map(mem, 1 + (u32)test_random(12));
		u64 before;
		int err;

		assert_int_equal(phys_init(mem, nr), 0);
		info.nr_cmrs = (u16)random_cmrs(info.cmr, mem, nr);
		memcpy(cmr, info.cmr, sizeof(cmr));
		info.max_tdmrs = test_random(4) ? 64 : 1;
		before = free_pages();
		err = tdmrs_build(&t, &info, mem, nr, test_random(2));
		if (err) {
			assert_true(err == -ENOSPC || err == -ENOMEM);
			assert_int_equal(free_pages(), before);
			refused++;
			continue;
		}
		module_start(cmr, info.nr_cmrs);
		assert_int_equal(config(&t), 0);
		check_available(&t, mem, nr);
		tdmrs_free(&t);
		assert_int_equal(free_pages(), before);
		taken++;
	}
	printf("%u maps: %u taken by the module, %u refused by the builder\n", MAPS, taken, refused);
	assert_true(taken > MAPS / 2);
}

static void refusals(void **state)
{
	struct phys_range mem[] = { { SZ_2M, SZ_1G, 0 }, { 2 * SZ_1G, SZ_1G, 0 } };
	static struct tdx_tdmrs t;
	struct tdx_sysinfo info = limits;
	u64 before;

	(void)state;
	assert_int_equal(phys_init(mem, 2), 0);
	before = free_pages();
	info.nr_cmrs = 1;
	info.cmr[0] = (struct tdx_cmr_info){ SZ_2M, 2 * SZ_1G };
	assert_int_equal(tdmrs_build(&t, &info, mem, 2, true), -EOPNOTSUPP);
	assert_non_null(strstr(last_line, "memory at 0x80200000 (of 0x80000000 to 0xc0000000) is not convertible"));
	info.cmr[0].size = 4 * SZ_1G;
	info.max_reserved = 1;
	assert_int_equal(tdmrs_build(&t, &info, mem, 2, true), -ENOSPC);
	assert_non_null(strstr(last_line, "more holes than the module takes (1)"));
	info.max_reserved = 16;
	for (u64 nth = 1;; nth++) {
		int err;

		fault_inject_arm(nth);
		err = tdmrs_build(&t, &info, mem, 2, true);
		fault_inject_arm(0);
		if (!err)
			break;
		assert_int_equal(err, -ENOMEM);
		assert_int_equal(free_pages(), before);
	}
	tdmrs_free(&t);
	assert_int_equal(free_pages(), before);
}

/* Metadata before the first TD: PAMT, and the host's counters. */
static u64 idle_cost(u64 size)
{
	const struct tdx_tdmr_info tdmr = { .base = 0, .size = size };
	struct pamt_stats s;
	u64 bytes[3], sum = tdmr_pamt_bytes(&limits, size, true, bytes);

	assert_int_equal(pamt_init(&tdmr, 1), 0);
	pamt_get_stats(&s);
	assert_int_equal(pamt_exit(), 0);
	return sum + s.host_bytes;
}

static void costs(void **state)
{
	struct phys_range mem = { SZ_2M, SZ_1G, 0 };
	u64 bytes[3], small = 4 * SZ_1G, large = 2048 * SZ_1G;

	(void)state;
	assert_int_equal(phys_init(&mem, 1), 0);
	assert_int_equal(tdmr_pamt_bytes(&limits, SZ_1G, false, bytes), 4 * SZ_1G / 1024 + 8192 + 4096);
	assert_int_equal(tdmr_pamt_bytes(&limits, SZ_1G, true, bytes), 32768 + 8192 + 4096);
	printf("PAMT: static 4 GiB %lu, 2 TiB %lu; dynamic with counters: 4 GiB %lu (%.5f %%), 2 TiB %lu (%.5f %%)\n",
	       tdmr_pamt_bytes(&limits, small, false, bytes), tdmr_pamt_bytes(&limits, large, false, bytes),
	       idle_cost(small), 100.0 * (double)idle_cost(small) / (double)small,
	       idle_cost(large), 100.0 * (double)idle_cost(large) / (double)large);
	assert_true(idle_cost(small) * 1000000 <= small * 45);
	assert_true(idle_cost(large) * 100000 <= large * 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_maps), cmocka_unit_test(refusals), cmocka_unit_test(costs),
	};

	test_seed();
	fake_ram = mmap(NULL, RAM + SZ_2M, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (fake_ram == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
