// SPDX-License-Identifier: Apache-2.0
/*
 * ACPI tables at 0xe0000, inside the range that E820 reserves: RSDP, XSDT,
 * FADT with PM1, PM timer and reset register, MADT, and a DSDT that holds
 * \_S5 alone. PCI comes with the root bus.
 */
#include "vmm.h"

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
	/* Name (\_S5, Package () { 5, 5, 0, 0 }) */
	static const uint8_t aml[] = {
		0x08, '\\', '_', 'S', '5', '_', 0x12, 0x08, 0x04,
		0x0a, 0x05, 0x0a, 0x05, 0x00, 0x00,
	};
	struct table t = table_begin(vm, gpa, "DSDT", 2);

	memcpy(t.p + t.bytes, aml, sizeof(aml));
	t.bytes += (uint32_t)sizeof(aml);
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

static uint64_t fadt(struct vm *vm, uint64_t *gpa, uint64_t dsdt_gpa)
{
	struct table t = table_begin(vm, gpa, "FACP", 5);

	memset(t.p + HEADER_BYTES, 0, 268 - HEADER_BYTES);
	t.bytes = 268;
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
	uint64_t gpa = TABLES_GPA, fadt_gpa, madt_gpa, xsdt_gpa;
	struct table xsdt;
	uint32_t bytes = 36;

	if (!rsdp || !vm_ram(vm, TABLES_GPA, 2 * TABLES_BYTES))
		return -ENOMEM;
	fadt_gpa = dsdt(vm, &gpa);
	fadt_gpa = fadt(vm, &gpa, fadt_gpa);
	madt_gpa = madt(vm, &gpa);
	xsdt = table_begin(vm, &gpa, "XSDT", 1);
	emit(&xsdt, fadt_gpa, 8);
	emit(&xsdt, madt_gpa, 8);
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
