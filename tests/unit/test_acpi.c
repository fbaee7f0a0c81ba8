/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_acpi.c - firmware tables: good ones are read, damaged ones are never read beyond their length
 *
 * Tables end at the end of the host's memory block, where the sanitizer watches.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <asm/io.h>
#include "../../drivers/bus/acpi_priv.h"
#include "fake/kernel.h"

#define RAM	(2u << 20)
#define RSDP	0x1000u
#define XSDT	0x2000u
#define MADT	0x3000u
#define FADT	0x4000u

static u32 dsdt;			/* at the very end of memory */
static u16 ports[8], values[8];
static u32 nr_writes;

void outw(u16 port, u16 value)
{
	assert_true(nr_writes < 8);
	ports[nr_writes] = port;
	values[nr_writes++] = value;
}

static void seal(u32 at, u32 length, u32 sum_at)
{
	u8 sum = 0;

	fake_ram[at + sum_at] = 0;
	for (u32 i = 0; i < length; i++)
		sum = (u8)(sum + fake_ram[at + i]);
	fake_ram[at + sum_at] = (u8)-sum;
}

static void table(u32 at, const char *signature, const void *body, u32 bytes)
{
	struct acpi_header h = { .length = (u32)sizeof(h) + bytes, .revision = 1 };

	memcpy(h.signature, signature, 4);
	memcpy(fake_ram + at, &h, sizeof(h));
	memcpy(fake_ram + at + sizeof(h), body, bytes);
	seal(at, h.length, offsetof(struct acpi_header, checksum));
}

static const u8 s5[] = { 0x08, '_', 'S', '5', '_', 0x12, 0x06, 0x04, 0x0a, 0x05, 0x0a, 0x05, 0x00, 0x00 };
static const u8 madt[] = {
	0, 0, 0xe0, 0xfe, 1, 0, 0, 0,
	0, 8, 0, 3, 1, 0, 0, 0,				/* local APIC 3 */
	0, 8, 1, 4, 0, 0, 0, 0,				/* 4: not enabled */
	1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0,	/* an IOAPIC */
	9, 16, 0, 0, 0x00, 0x01, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0,	/* x2APIC 256 */
};

static void build(bool xsdt)
{
	struct acpi_rsdp r = { .revision = xsdt ? 2 : 0, .rsdt = XSDT, .length = 36, .xsdt = xsdt ? XSDT : 0 };
	struct acpi_fadt f = { .dsdt = dsdt, .pm1a_control = 0x604, .pm1b_control = 0x704 };
	const u64 wide[] = { 0, MADT, FADT };
	const u32 narrow[] = { 0, MADT, FADT };

	memset(fake_ram, 0, RAM);
	memcpy(r.signature, "RSD PTR ", 8);
	memcpy(fake_ram + RSDP, &r, sizeof(r));
	seal(RSDP, 20, offsetof(struct acpi_rsdp, checksum));
	table(XSDT, xsdt ? "XSDT" : "RSDT", xsdt ? (const void *)wide : narrow, xsdt ? sizeof(wide) : sizeof(narrow));
	table(MADT, "APIC", madt, sizeof(madt));
	table(FADT, "FACP", &f.facs, sizeof(f) - sizeof(f.header));
	table(dsdt, "DSDT", s5, sizeof(s5));
	nr_writes = 0;
}

static void good(void **state)
{
	u32 id[4];

	(void)state;
	for (u32 xsdt = 0; xsdt < 2; xsdt++) {
		build(xsdt);
		assert_int_equal(acpi_init(RSDP), 0);
		assert_int_equal(acpi_cpus(id, 4), 2);
		assert_int_equal(id[0], 3);
		assert_int_equal(id[1], 256);
		assert_int_equal(acpi_cpus(id, 1), 2);
		assert_null(acpi_find("HPET"));
		acpi_poweroff();
		assert_int_equal(nr_writes, 2);
		assert_int_equal(ports[0], 0x604);
		assert_int_equal(values[0], 5 << 10 | ACPI_SLP_EN);
		assert_int_equal(ports[1], 0x704);
	}
}

static void absent(void **state)
{
	(void)state;
	build(true);
	assert_int_equal(acpi_init(0), -ACPI_ENODEV);
	assert_null(acpi_find("APIC"));
	fake_ram[RSDP + 5]++;
	assert_int_equal(acpi_init(RSDP), -ACPI_EINVAL);
	build(true);
	fake_ram[XSDT + 40]++;
	assert_int_equal(acpi_init(RSDP), -ACPI_EINVAL);
	assert_null(acpi_find("APIC"));
	build(true);
	fake_ram[MADT + 50]++;
	assert_int_equal(acpi_init(RSDP), 0);
	assert_int_equal(acpi_cpus(NULL, 0), 0);
}

/* Any byte of MADT, FADT or DSDT is another one, and the checksum is right again. */
static void damaged(void **state)
{
	static const u32 at[] = { MADT, FADT };
	u32 id[4];

	(void)state;
	for (u32 i = 0; i < 200000; i++) {
		u32 where = (u32)test_random(3), t = where < 2 ? at[where] : dsdt, length;

		build(test_random(2));
		length = ((struct acpi_header *)(fake_ram + t))->length;
		for (u64 n = 1 + test_random(3); n; n--) {
			u32 off = (u32)(sizeof(struct acpi_header) + test_random(length - sizeof(struct acpi_header)));

			if (t != FADT || off < offsetof(struct acpi_fadt, dsdt) || off >= offsetof(struct acpi_fadt, reserved))
				fake_ram[t + off] = (u8)(test_random(4) ? test_random(256) : 0xff);
		}
		seal(t, length, offsetof(struct acpi_header, checksum));
		assert_int_equal(acpi_init(RSDP), 0);
		assert_true(acpi_cpus(id, 4) <= sizeof(madt) / 2);
		acpi_poweroff();
		assert_true(nr_writes <= 2);
	}
}

/* The DSDT is cut short anywhere, at the end of memory. */
static void cut(void **state)
{
	(void)state;
	for (u32 n = 0; n <= sizeof(s5); n++) {
		u32 at = RAM - (u32)sizeof(struct acpi_header) - n;

		build(true);
		table(at, "DSDT", s5, n);
		((struct acpi_fadt *)(fake_ram + FADT))->dsdt = at;
		seal(FADT, sizeof(struct acpi_fadt), offsetof(struct acpi_header, checksum));
		assert_int_equal(acpi_init(RSDP), 0);
		acpi_poweroff();
		assert_true(nr_writes == 0 || (n >= 10 && values[0] == (5 << 10 | ACPI_SLP_EN)));
	}
}

static int setup(void **state)
{
	(void)state;
	fake_ram_init(RAM);
	dsdt = RAM - (u32)sizeof(struct acpi_header) - (u32)sizeof(s5);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good), cmocka_unit_test(absent), cmocka_unit_test(damaged), cmocka_unit_test(cut),
	};

	test_seed();
	return cmocka_run_group_tests(tests, setup, NULL);
}
