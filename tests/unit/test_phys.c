/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_phys.c - allocator and slabs against an owner array: nothing is given out twice, all comes back
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <socle/fault_inject.h>
#include <socle/mem.h>
#include "fake/kernel.h"

#define RAM	(64ull << 20)
#define RUNS	300u
#define STEPS	30000u

struct run { u64 pa, bytes; u32 owner; };

static u8 taken[RAM >> PAGE_SHIFT];

static void mark(const struct run *r, u8 from, u8 to)
{
	for (u64 p = r->pa >> PAGE_SHIFT; p < (r->pa + r->bytes) >> PAGE_SHIFT; p++) {
		assert_int_equal(taken[p], from);
		taken[p] = to;
	}
}

static u64 random_size(void)
{
	switch (test_random(8)) {
	case 0: return SZ_2M * (1 + test_random(3));
	case 1: return PAGE_SIZE * (1 + test_random(500));
	default: return PAGE_SIZE * (1 + test_random(9));
	}
}

static void step(struct run *r)
{
	hpa_t pa;
	u64 align;

	if (r->bytes) {
		mark(r, 1, 0);
		phys_free(HPA(r->pa), r->bytes);
		r->bytes = 0;
		return;
	}
	r->bytes = random_size();
	align = PAGE_SIZE << test_random(4);
	r->owner = MEM_KERNEL + (u32)test_random(3);
	if (phys_alloc(r->bytes, align, r->owner, PHYS_ANY_NODE, 0, &pa)) {
		r->bytes = 0;
		return;
	}
	r->pa = pa.v;
	assert_true(IS_ALIGNED(pa.v, align));
	if (r->bytes < SZ_2M)
		assert_int_equal(pa.v / SZ_2M, (pa.v + r->bytes - 1) / SZ_2M);
	mark(r, 0, 1);
	assert_int_equal(phys_owner(pa), r->owner);
}

static void random_runs(void **state)
{
	static struct run runs[RUNS];
	struct phys_range usable[] = { { 0x1000, 0x9e000, 0 }, { 0x100000, RAM - 0x100000 - 0x3000, 0 } };
	struct phys_stats before, after;

	(void)state;
	test_seed();
	fake_ram_init(RAM);
	assert_int_equal(phys_init(usable, 2), 0);
	phys_get_stats(&before);
	assert_int_equal(before.free_pages, before.total_pages);
	memset(taken, 2, sizeof(taken));
	for (u32 i = 0; i < 2; i++)
		memset(taken + (usable[i].start >> PAGE_SHIFT), 0, usable[i].size >> PAGE_SHIFT);
	for (u32 i = 0; i < STEPS; i++)
		step(&runs[test_random(RUNS)]);
	for (u32 i = 0; i < RUNS; i++)
		if (runs[i].bytes)
			step(&runs[i]);
	phys_get_stats(&after);
	assert_int_equal(after.free_pages, before.free_pages);
	for (u32 i = MEM_KERNEL; i < MEM_NR_OWNERS; i++)
		assert_int_equal(after.by_owner[i], 0);
}

static void bad_arguments(void **state)
{
	hpa_t pa;

	(void)state;
	assert_int_equal(phys_alloc(0, PAGE_SIZE, MEM_KERNEL, -1, 0, &pa), -EINVAL);
	assert_int_equal(phys_alloc(5, PAGE_SIZE, MEM_KERNEL, -1, 0, &pa), -EINVAL);
	assert_int_equal(phys_alloc(PAGE_SIZE, 3, MEM_KERNEL, -1, 0, &pa), -EINVAL);
	assert_int_equal(phys_alloc(PAGE_SIZE, PAGE_SIZE, MEM_FREE, -1, 0, &pa), -EINVAL);
	assert_int_equal(phys_alloc(RAM * 2, PAGE_SIZE, MEM_KERNEL, -1, 0, &pa), -ENOMEM);
}

static void slab_objects(void **state)
{
	static u8 *obj[400];
	static u32 size[400];
	struct phys_stats before, after;

	(void)state;
	kfree(kmalloc(1));
	phys_get_stats(&before);
	for (u32 i = 0; i < STEPS; i++) {
		u32 n = (u32)test_random(ARRAY_SIZE(obj));

		if (obj[n]) {
			for (u32 b = 0; b < size[n]; b++)
				assert_int_equal(obj[n][b], (u8)n);
			kfree(obj[n]);
			obj[n] = NULL;
			continue;
		}
		size[n] = 1 + (u32)test_random(test_random(20) ? 3000 : 20000);
		fault_inject_arm(test_random(10) ? 0 : 1 + test_random(2));
		obj[n] = kmalloc(size[n]);
		fault_inject_arm(0);
		if (!obj[n])
			continue;
		for (u32 b = 0; b < size[n]; b++)
			assert_int_equal(obj[n][b], 0);
		memset(obj[n], (int)n, size[n]);
	}
	for (u32 n = 0; n < ARRAY_SIZE(obj); n++) {
		kfree(obj[n]);
		obj[n] = NULL;
	}
	phys_get_stats(&after);
	assert_int_equal(after.free_pages, before.free_pages);
	assert_int_equal(kmem_bytes_in_use(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_runs), cmocka_unit_test(bad_arguments), cmocka_unit_test(slab_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
