/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_numa.c - SRAT with good and with damaged entries; the allocator prefers the near node
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <socle/mem.h>
#include <socle/numa.h>
#include "../../drivers/bus/acpi_priv.h"
#include "fake/kernel.h"

#define RAM	(64u << 20)
#define RSDP	0x1000u
#define RSDT	0x2000u

void outw(u16 port, u16 value) { (void)port, (void)value; }

static u8 body[8192];
static u32 at;

static void seal(u32 where, u32 length, u32 sum_at)
{
	u8 sum = 0;

	fake_ram[where + sum_at] = 0;
	for (u32 i = 0; i < length; i++)
		sum = (u8)(sum + fake_ram[where + i]);
	fake_ram[where + sum_at] = (u8)-sum;
}

/* The table lies at the end of the array, where the sanitizer watches. */
static void install(void)
{
	struct acpi_rsdp r = { .rsdt = RSDT };
	struct acpi_header rsdt = { .signature = "RSDT", .length = sizeof(rsdt) + 4 };
	struct acpi_header h = { .signature = "SRAT", .length = (u32)sizeof(h) + at };
	u32 srat = RAM - h.length;

	memcpy(fake_ram + RSDP, &r, sizeof(r));
	seal(RSDP, 20, offsetof(struct acpi_rsdp, checksum));
	memcpy(fake_ram + RSDT, &rsdt, sizeof(rsdt));
	memcpy(fake_ram + RSDT + sizeof(rsdt), &srat, 4);
	seal(RSDT, rsdt.length, offsetof(struct acpi_header, checksum));
	memcpy(fake_ram + srat, &h, sizeof(h));
	memcpy(fake_ram + srat + sizeof(h), body, at);
	seal(srat, h.length, offsetof(struct acpi_header, checksum));
	assert_int_equal(acpi_init(RSDP), 0);
	numa_init();
}

static void put(u8 type, u8 length, u32 domain, u64 a, u64 b, u32 flags)
{
	u8 *p = body + at;

	memset(p, 0, length);
	p[0] = type;
	p[1] = length;
	if (type == 1) {
		memcpy(p + 2, &domain, 4);
		memcpy(p + 8, &a, 8);
		memcpy(p + 16, &b, 8);
		memcpy(p + 28, &flags, 4);
	} else if (type == 0) {
		p[2] = (u8)domain;
		p[3] = (u8)a;
		memcpy(p + 4, &flags, 4);
		memcpy(p + 9, (u8 *)&domain + 1, 3);
	} else {
		memcpy(p + 4, &domain, 4);
		memcpy(p + 8, &a, 4);
		memcpy(p + 12, &flags, 4);
	}
	at += length;
}

static void begin(void)
{
	memset(body, 0, sizeof(body));
	at = 12;			/* revision, reserved */
}

static void good_table(void **state)
{
	u64 end;

	(void)state;
	begin();
	put(0, 16, 0x01020304, 5, 0, 1);
	put(1, 40, 7, 0, 0xa0000, 1);
	put(1, 40, 7, 0x100000, 0x100000, 1);
	put(1, 40, 0x01020304, 0x200000, 0x100000, 1);
	put(1, 40, 9, 0x300000, 0x100000, 0);	/* not enabled */
	put(9, 20, 0, 0, 0, 0);			/* unknown type */
	put(2, 24, 7, 300, 0, 1);
	install();
	assert_int_equal(numa_nr_nodes(), 2);
	assert_int_equal(numa_node_of_cpu(5), 0);
	assert_int_equal(numa_node_of_cpu(300), 1);
	assert_int_equal(numa_node_of_cpu(77), 0);
	assert_int_equal(numa_node_of(0x9ffff, &end), 1);
	assert_int_equal(end, 0xa0000);
	assert_int_equal(numa_node_of(0xa0000, &end), 0);
	assert_int_equal(end, 0x100000);
	assert_int_equal(numa_node_of(0x1fffff, &end), 1);
	assert_int_equal(end, 0x200000);
	assert_int_equal(numa_node_of(0x300000, &end), 0);
	assert_int_equal(end, ~0ull);
}

static void too_much(void **state)
{
	u64 end;

	(void)state;
	begin();
	for (u32 i = 0; i < 100; i++)
		put(1, 40, i, (u64)i << 21, 1 << 21, 1);
	put(1, 40, 1, ~0ull - 4096, 8192, 1);		/* wraps */
	put(1, 40, 1, 4096, 0, 1);
	install();
	assert_int_equal(numa_nr_nodes(), NUMA_MAX_NODES);
	assert_int_equal(numa_node_of(3ull << 21, &end), 3);
	assert_int_equal(numa_node_of(20ull << 21, &end), 0);
	assert_int_equal(numa_node_of(99ull << 21, &end), 0);
}

/* Any bytes: no access outside the table (the sanitizer), answers within the limits. */
static void random_tables(void **state)
{
	(void)state;
	for (u32 round = 0; round < 3000; round++) {
		u64 pa = test_random(1ull << 40), end;

		begin();
		at = (u32)test_random(700);
		for (u32 i = 0; i < at; i++)
			body[i] = (u8)(test_random(4) ? test_random(48) : test_random(256));
		install();
		assert_true(numa_nr_nodes() <= NUMA_MAX_NODES);
		for (u32 i = 0; i < 5; i++, pa = end) {
			assert_true(numa_node_of(pa, &end) < numa_nr_nodes());
			assert_true(end > pa);
			if (end == ~0ull)
				break;
		}
		assert_true(numa_node_of_cpu((u32)test_random(256)) < numa_nr_nodes());
	}
}

static void near_memory_first(void **state)
{
	const struct phys_range two[] = { { 0x100000, (16u << 20) - 0x100000, 0 }, { 16u << 20, 8u << 20, 1 } };
	hpa_t pa[8];

	(void)state;
	assert_int_equal(phys_init(two, 2), 0);
	assert_int_equal(phys_nr_nodes(), 2);
	fake_node = 1;
	for (u32 i = 0; i < 4; i++) {
		assert_int_equal(phys_alloc(SZ_2M, SZ_2M, MEM_APP, PHYS_ANY_NODE, 0, &pa[i]), 0);
		assert_int_equal(phys_node_of(pa[i]), 1);
	}
	assert_int_equal(phys_alloc(SZ_2M, SZ_2M, MEM_APP, PHYS_ANY_NODE, 0, &pa[4]), 0);
	assert_int_equal(phys_node_of(pa[4]), 0);		/* node 1 is full */
	phys_free(pa[2], SZ_2M);
	assert_int_equal(phys_alloc(PAGE_SIZE, PAGE_SIZE, MEM_KERNEL, 0, 0, &pa[5]), 0);
	assert_int_equal(phys_node_of(pa[5]), 0);		/* asked for */
	assert_int_equal(phys_alloc(PAGE_SIZE, PAGE_SIZE, MEM_KERNEL, PHYS_ANY_NODE, 0, &pa[6]), 0);
	assert_int_equal(phys_node_of(pa[6]), 1);
	fake_node = 200;					/* a CPU whose node has no memory */
	assert_int_equal(phys_alloc(PAGE_SIZE, PAGE_SIZE, MEM_KERNEL, PHYS_ANY_NODE, 0, &pa[7]), 0);
	fake_node = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_table), cmocka_unit_test(too_much), cmocka_unit_test(random_tables),
		cmocka_unit_test(near_memory_first),
	};

	test_seed();
	fake_ram_init(RAM);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
