// SPDX-License-Identifier: Apache-2.0
/*
 * ACPI tables at 0xe0000, inside the range that E820 reserves: RSDP, XSDT,
 * FADT with PM1, PM timer and reset register, FACS, MADT, MCFG, and the DSDT
 * of dsdt.c. Source: ACPI 6.5, chapter 5; PCI Firmware 3.3, 4.1.2 (MCFG).
 */
#include "vmm.h"
#include "aml.h"

#include <errno.h>
#include <string.h>

#define TABLES_GPA	0xe0040ull
#define TABLES_BYTES	0x2000u
#define HEADER_BYTES	36u
#define SCI_IRQ		9u

struct table {
	uint8_t *p;
	uint64_t gpa;
	uint32_t bytes;
};

static void emit(struct table *t, uint64_t value, uint32_t bytes)
{
	memcpy(t->p + t->bytes, &value, bytes);
	t->bytes += bytes;
}

static uint8_t checksum(const uint8_t *p, size_t bytes)
{
	uint8_t sum = 0;

	while (bytes--)
		sum = (uint8_t)(sum + *p++);
	return (uint8_t)-sum;
}

static struct table table_begin(struct vm *vm, uint64_t *gpa, const char *sig,
				uint8_t revision)
{
	struct table t = { vm_ram(vm, *gpa, TABLES_BYTES), *gpa,
			   HEADER_BYTES };

	memset(t.p, 0, HEADER_BYTES);
	memcpy(t.p, sig, 4);
	t.p[8] = revision;
	memcpy(t.p + 10, "SOCLE SOCLEVM ", 14);
	t.p[24] = 1;
	memcpy(t.p + 28, "SOCL", 4);
	t.p[32] = 1;
	return t;
}

static uint64_t table_end(struct table *t, uint64_t *gpa)
{
	memcpy(t->p + 4, &t->bytes, 4);
	t->p[9] = checksum(t->p, t->bytes);
	*gpa = (t->gpa + t->bytes + 15) & ~15ull;
	return t->gpa;
}

static uint64_t dsdt(struct vm *vm, uint64_t *gpa)
{
	struct table t = table_begin(vm, gpa, "DSDT", 2);
	struct aml a = { t.p + HEADER_BYTES, 0, TABLES_BYTES - HEADER_BYTES,
			 false };

	dsdt_build(vm, &a);
	if (a.overflow)
		return 0;
	t.bytes += a.bytes;
	return table_end(&t, gpa);
}

/* No header of the common kind: signature, length, and an unused lock. */
static uint64_t facs(struct vm *vm, uint64_t *gpa)
{
	uint64_t at = (*gpa + 63) & ~63ull;
	uint8_t *p = vm_ram(vm, at, 64);
	uint32_t bytes = 64;

	memset(p, 0, 64);
	memcpy(p, "FACS", 4);
	memcpy(p + 4, &bytes, 4);
	p[32] = 2;
	*gpa = at + 64;
	return at;
}

/* ECAM of segment 0, bus 0. */
static uint64_t mcfg(struct vm *vm, uint64_t *gpa)
{
	struct table t = table_begin(vm, gpa, "MCFG", 1);

	emit(&t, 0, 8);
	emit(&t, PCI_ECAM_GPA, 8);
	emit(&t, 0, 8);
	return table_end(&t, gpa);
}

static void put(struct table *t, uint32_t at, uint64_t value, uint32_t bytes)
{
	memcpy(t->p + at, &value, bytes);
}

/* Generic address: a port. */
static void gas(struct table *t, uint32_t at, uint8_t bits, uint8_t access,
		uint64_t port)
{
	put(t, at, 1, 1);
	put(t, at + 1, bits, 1);
	put(t, at + 3, access, 1);
	put(t, at + 4, port, 8);
}

static uint64_t fadt(struct vm *vm, uint64_t *gpa, uint64_t facs_gpa,
		     uint64_t dsdt_gpa)
{
	struct table t = table_begin(vm, gpa, "FACP", 5);

	memset(t.p + HEADER_BYTES, 0, 268 - HEADER_BYTES);
	t.bytes = 268;
	put(&t, 36, facs_gpa, 4);
	put(&t, 40, dsdt_gpa, 4);
	put(&t, 46, SCI_IRQ, 2);
	put(&t, 56, ACPI_PM_BASE, 4);
	put(&t, 64, ACPI_PM_BASE + 4, 4);
	put(&t, 76, ACPI_PMTIMER, 4);
	put(&t, 88, 4, 1);		/* PM1_EVT_LEN */
	put(&t, 89, 2, 1);
	put(&t, 91, 4, 1);
	put(&t, 96, 0xffff, 2);		/* no C2, no C3 */
	put(&t, 98, 0xffff, 2);
	put(&t, 108, 0x32, 1);		/* century */
	put(&t, 109, 0x5, 2);		/* legacy devices; no VGA, no 8042 */
	/* WBINVD, C1, no power or sleep button, RTC not in fixed space, reset */
	put(&t, 112, 0x01 | 0x04 | 0x10 | 0x20 | 0x40 | 0x400, 4);
	gas(&t, 116, 8, 1, 0xcf9);
	put(&t, 128, 6, 1);
	put(&t, 140, dsdt_gpa, 8);
	gas(&t, 148, 32, 2, ACPI_PM_BASE);
	gas(&t, 172, 16, 2, ACPI_PM_BASE + 4);
	gas(&t, 208, 32, 3, ACPI_PMTIMER);
	return table_end(&t, gpa);
}

/* Interrupt source override: ISA @irq arrives at @gsi. */
static void override(struct table *t, uint8_t irq, uint32_t gsi,
		     uint16_t flags)
{
	emit(t, 0x0a02, 2);
	emit(t, (uint64_t)irq << 8, 2);
	emit(t, gsi, 4);
	emit(t, flags, 2);
}

static uint64_t madt(struct vm *vm, uint64_t *gpa)
{
	struct table t = table_begin(vm, gpa, "APIC", 4);
	uint32_t i;

	emit(&t, 0xfee00000, 4);
	emit(&t, 1, 4);			/* two PICs */
	for (i = 0; i < vm->cfg.boot_vcpus; i++) {
		emit(&t, 0x0800, 2);
		emit(&t, i | i << 8, 2);
		emit(&t, 1, 4);
	}
	emit(&t, 0x0c01, 2);
	emit(&t, 0, 2);			/* IOAPIC id 0: not a CPU's id space */
	emit(&t, 0xfec00000, 4);
	emit(&t, 0, 4);
	override(&t, 0, 2, 0);
	override(&t, SCI_IRQ, SCI_IRQ, 0x000d);
	emit(&t, 0x0604, 2);		/* NMI on LINT1 of every CPU */
	emit(&t, 0xff, 1);
	emit(&t, 0, 2);
	emit(&t, 1, 1);
	return table_end(&t, gpa);
}

int acpi_build(struct vm *vm)
{
	uint8_t *rsdp = vm_ram(vm, ACPI_RSDP_GPA, 36);
	uint64_t gpa = TABLES_GPA, dsdt_gpa, entries[3], xsdt_gpa;
	struct table xsdt;
	uint32_t bytes = 36, i;

	if (!rsdp || !vm_ram(vm, TABLES_GPA, 2 * TABLES_BYTES))
		return -ENOMEM;
	dsdt_gpa = dsdt(vm, &gpa);
	if (!dsdt_gpa)
		return -ENOSPC;
	entries[0] = fadt(vm, &gpa, facs(vm, &gpa), dsdt_gpa);
	entries[1] = madt(vm, &gpa);
	entries[2] = mcfg(vm, &gpa);
	xsdt = table_begin(vm, &gpa, "XSDT", 1);
	for (i = 0; i < 3; i++)
		emit(&xsdt, entries[i], 8);
	xsdt_gpa = table_end(&xsdt, &gpa);

	memset(rsdp, 0, 36);
	memcpy(rsdp, "RSD PTR ", 8);
	memcpy(rsdp + 9, "SOCLE ", 6);
	rsdp[15] = 2;
	memcpy(rsdp + 20, &bytes, 4);
	memcpy(rsdp + 24, &xsdt_gpa, 8);
	rsdp[8] = checksum(rsdp, 20);
	rsdp[32] = checksum(rsdp, 36);
	return 0;
}
