/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_pci.c - a machine of bridges and devices is found as it is; any rubbish in config space ends the walk
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <errno.h>
#include <string.h>
#include <socle/facts.h>
#include <socle/mem.h>
#include <socle/pci.h>
#include "fake/kernel.h"

#define RAM (32u << 20)

struct fn { u8 bus, devfn; u32 reg[64], writable[64]; };
static struct fn fns[16];
static u32 nr_fns, writes;
static bool rubbish;
static u64 accesses;

static struct fn *fn_at(struct pci_address a)
{
	for (u32 i = 0; i < nr_fns; i++)
		if (!a.segment && fns[i].bus == a.bus && fns[i].devfn == a.devfn)
			return &fns[i];
	return NULL;
}

static u32 fake_read(struct pci_address a, u32 off)
{
	struct fn *f = fn_at(a);

	assert_true(off % 4 == 0 && off < 256);
	accesses++;
	if (rubbish)
		return (u32)test_random(4) ? (u32)test_random(1ull << 32) : ~0u;
	return f ? f->reg[off / 4] : ~0u;
}

static void fake_write(struct pci_address a, u32 off, u32 val)
{
	struct fn *f = fn_at(a);

	assert_true(off % 4 == 0 && off < 256);
	writes++;
	if (f)
		f->reg[off / 4] = (f->reg[off / 4] & ~f->writable[off / 4]) | (val & f->writable[off / 4]);
}

static const struct pci_access fake = { fake_read, fake_write };

static struct fn *add(u8 bus, u8 slot, u8 func, u32 id, u8 header)
{
	struct fn *f = &fns[nr_fns++];

	memset(f, 0, sizeof(*f));
	f->bus = bus;
	f->devfn = (u8)(slot << 3 | func);
	f->reg[0] = id;
	f->reg[1] = 7;
	f->writable[1] = 0x407;
	f->reg[2] = 0x02000001;
	f->reg[3] = (u32)header << 16;
	return f;
}

static void bridge(u8 bus, u8 slot, u8 secondary)
{
	struct fn *f = add(bus, slot, 0, 0x00011b36, 1);

	f->reg[2] = 0x06040000;
	f->reg[6] = bus | (u32)secondary << 8 | 0xff0000;
}

static void begin(void)
{
	pci_forget_all();
	nr_fns = 0;
	rubbish = false;
}

static void machine(void **state)
{
	struct fact_text t = { 0 };
	struct pci_dev *d;
	struct fn *f;
	u64 pa;

	(void)state;
	begin();
	bridge(0, 1, 5);
	bridge(5, 0, 3);		/* numbers need not grow */
	bridge(3, 0, 5);		/* a ring */
	bridge(3, 1, 0);		/* not set up */
	f = add(3, 2, 0, 0x10001af4, 0x80);
	f->reg[4] = 0xc001;			/* BAR 0: 32 ports */
	f->writable[4] = 0xffe0;
	f->reg[5] = 0xfebc0000;			/* BAR 1: 4 KiB */
	f->writable[5] = 0xfffff000;
	f->reg[6] = 0x0000000c;			/* BAR 2: 64 bits, 16 GiB at 32 GiB */
	f->reg[7] = 0x00000008;
	f->writable[7] = 0xfffffffc;
	f->reg[8] = 0xfff00004;			/* BAR 4: 64 bits, 1 MiB, across the end */
	f->writable[8] = 0xfff00000;
	f->reg[9] = ~0u;
	f->writable[9] = ~0u;
	f->reg[1] |= 0x10u << 16;
	f->reg[13] = 0x41;			/* low bits are reserved */
	f->reg[16] = 0x00015011;		/* MSI-X, 2 entries, next 0x50 */
	f->writable[16] = 0xc0000000;
	f->reg[17] = 0x00000ff1;		/* table: BAR 1 + 0xff0 */
	f->reg[20] = 0x00804005;		/* MSI, 64 bits; next is 0x40: a ring */
	f->writable[20] = 0x00710000;
	f->writable[21] = f->writable[22] = f->writable[23] = ~0u;
	(void)add(3, 2, 5, 0x12348086, 0);	/* function 5, none between */
	assert_int_equal(pci_scan(&fake, 0, 0, 255), 6);
	assert_int_equal(pci_count(), 6);
	d = pci_find(0x1af4, 0x1000, 0);
	assert_non_null(d);
	assert_null(pci_find(0x1af4, 0x1000, 1));
	assert_non_null(pci_find(0x1b36, 1, 3));
	assert_non_null(pci_find(0x8086, 0x1234, 0));
	assert_true(d->bar[0].is_io && d->bar[0].start == 0xc000 && d->bar[0].bytes == 32);
	assert_true(!d->bar[1].is_io && d->bar[1].start == 0xfebc0000 && d->bar[1].bytes == 4096);
	assert_true(d->bar[2].is_64 && d->bar[2].start == 32ull << 30 && d->bar[2].bytes == 16ull << 30);
	assert_int_equal(d->bar[3].bytes, 0);
	/* Its last byte is the last of all: the BAR is sound. */
	assert_true(d->bar[4].bytes == 1 << 20 && d->bar[4].start == 0xfffffffffff00000ull);
	/* Sizing leaves all as it was. */
	assert_true(f->reg[4] == 0xc001 && f->reg[5] == 0xfebc0000 && f->reg[7] == 8 && (f->reg[1] & 0xffff) == 7);
	assert_true(d->cap_msix == 0x40 && d->nr_msix == 2 && d->cap_msi == 0x50);
	assert_int_equal(pci_msix_table(d, &pa), -EINVAL);	/* 32 bytes from 0xff0 are too many */
	f->reg[17] = 0x00000fe1;
	assert_int_equal(pci_msix_table(d, &pa), 0);
	assert_int_equal(pa, 0xfebc0fe0);
	f->reg[17] = 6;
	assert_int_equal(pci_msix_table(d, &pa), -EINVAL);
	f->reg[17] = 0;				/* ports hold no table */
	assert_int_equal(pci_msix_table(d, &pa), -EINVAL);
	assert_int_equal(pci_msi_enable(d, 0x1fee01000ull, 0x41), 0);
	assert_true(f->reg[20] & 0x10000 && f->reg[21] == 0xfee01000 && f->reg[22] == 1 && f->reg[23] == 0x41);
	pci_msi_disable(d);
	assert_false(f->reg[20] & 0x10000);
	pci_tell(&t);
	assert_false(t.failed);
	assert_non_null(memmem(t.buf, t.len, "0000:03:02.0 1af4:1000 class 020000 msi msix 2 bar0 io c000+20", 60));
	kfree(t.buf);
}

static void msix_entries(void **state)
{
	volatile u32 table[8] = { 0 };
	struct pci_dev d = { .cap_msix = 0x40, .nr_msix = 2 };

	(void)state;
	assert_int_equal(pci_msix_set(&d, table, 2, 1, 1), -EINVAL);
	assert_int_equal(pci_msix_set(&d, table, 1, 0x1fee00000ull, 7), 0);
	assert_true(table[4] == 0xfee00000 && table[5] == 1 && table[6] == 7 && table[7] == 0 && !table[0]);
	d.cap_msix = 0;
	assert_int_equal(pci_msix_set(&d, table, 0, 1, 1), -ENOENT);
}

/* Every read gives something else: the walk ends, within a bound, and what it found can be told. */
static void any_rubbish(void **state)
{
	(void)state;
	for (u32 round = 0; round < 20; round++) {
		struct fact_text t = { 0 };
		int found;

		begin();
		rubbish = true;
		accesses = 0;
		found = pci_scan(&fake, 0, (u8)test_random(256), (u8)test_random(8));
		assert_true(found >= 0 && found <= 256 * 256);
		assert_true(accesses < 9ull * 256 * 200);
		assert_int_equal(pci_count(), found);
		pci_tell(&t);
		assert_false(t.failed);
		kfree(t.buf);
	}
	begin();
}

int main(void)
{
	const struct phys_range all = { 0x100000, RAM - 0x100000, 0 };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machine), cmocka_unit_test(msix_entries), cmocka_unit_test(any_rubbish),
	};

	test_seed();
	fake_ram_init(RAM);
	assert_int_equal(phys_init(&all, 1), 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
