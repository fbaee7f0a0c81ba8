/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acpi.c - RSDP, XSDT or RSDT, MADT, and S5
 *
 * No AML interpreter: the S5 sleep type is read from the literal package
 * `Name (_S5_, Package () {a, b, ...})` in the DSDT.
 * Source: ACPI 6.5, 5.2 (tables), 5.2.12 (MADT), 4.8.3 (PM1 control), 20.2 (AML).
 */
#include <socle/acpi.h>
#include <socle/log.h>
#include <asm/io.h>
#include "acpi_priv.h"

static const struct acpi_header *root;
static u32 entry_bytes;			/* 8: XSDT, 4: RSDT */

static bool checksum_ok(const void *p, u32 n)
{
	const u8 *b = p;
	u8 sum = 0;

	while (n--)
		sum = (u8)(sum + *b++);
	return sum == 0;
}

static bool is_signature(const char *a, const char *b)
{
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}

static bool table_ok(const struct acpi_header *h)
{
	return h->length >= sizeof(*h) && h->length <= ACPI_MAX_BYTES && checksum_ok(h, h->length);
}

int acpi_init(u64 rsdp_pa)
{
	const struct acpi_rsdp *r = acpi_ptr(rsdp_pa);
	u64 pa;

	root = NULL;
	if (!rsdp_pa)
		return -ACPI_ENODEV;
	if (!checksum_ok(r, 20))
		return -ACPI_EINVAL;
	entry_bytes = r->revision >= 2 && r->xsdt ? 8 : 4;
	pa = entry_bytes == 8 ? r->xsdt : r->rsdt;
	root = acpi_ptr(pa);
	if (!pa || !table_ok(root)) {
		root = NULL;
		return -ACPI_EINVAL;
	}
	return 0;
}

static u64 root_entry(u32 i)
{
	const u8 *p = (const u8 *)(root + 1) + i * entry_bytes;
	u64 v = 0;

	for (u32 n = 0; n < entry_bytes; n++)
		v |= (u64)p[n] << (8 * n);
	return v;
}

const struct acpi_header *acpi_find(const char *signature)
{
	u32 nr = root ? (root->length - (u32)sizeof(*root)) / entry_bytes : 0;

	for (u32 i = 0; i < nr; i++) {
		u64 pa = root_entry(i);
		const struct acpi_header *h = acpi_ptr(pa);

		if (pa && is_signature(h->signature, signature) && table_ok(h))
			return h;
	}
	return NULL;
}

u32 acpi_cpus(u32 *apic_id, u32 max)
{
	const struct acpi_header *h = acpi_find("APIC");
	const u8 *p, *end;
	u32 nr = 0;

	if (!h)
		return 0;
	end = (const u8 *)h + h->length;
	for (p = (const u8 *)h + ACPI_MADT_FIRST; p + 2 <= end && p[1] >= 2 && p + p[1] <= end; p += p[1]) {
		struct acpi_madt_cpu cpu;

		if (!acpi_madt_cpu(p, &cpu) || !(cpu.flags & ACPI_MADT_ENABLED))
			continue;
		if (nr < max)
			apic_id[nr] = cpu.apic_id;
		nr++;
	}
	return nr;
}

static bool s5_type(const struct acpi_header *dsdt, u8 *type)
{
	const u8 *b = (const u8 *)dsdt;

	for (u32 i = sizeof(*dsdt); i + 8 < dsdt->length; i++) {
		u32 at = i + 4;

		if (!is_signature((const char *)b + i, "_S5_") || b[at] != 0x12)
			continue;
		at += 2 + (b[at + 1] >> 6);	/* package opcode, length bytes */
		at++;				/* number of elements */
		if (at + 1 < dsdt->length && b[at] == 0x0a)
			at++;			/* byte prefix; zero and one stand for themselves */
		if (at >= dsdt->length)
			return false;
		*type = b[at];
		return true;
	}
	return false;
}

u16 acpi_pm_timer_port(void)
{
	const struct acpi_fadt *f = (const struct acpi_fadt *)acpi_find("FACP");

	return f && f->header.length >= sizeof(*f) && f->pm_timer < 0x10000 ? (u16)f->pm_timer : 0;
}

void acpi_poweroff(void)
{
	const struct acpi_fadt *f = (const struct acpi_fadt *)acpi_find("FACP");
	const struct acpi_header *dsdt;
	u8 type;

	if (!f || f->header.length < sizeof(*f) || !f->dsdt || !f->pm1a_control)
		return;
	dsdt = acpi_ptr(f->dsdt);
	if (!table_ok(dsdt) || !s5_type(dsdt, &type))
		return;
	outw((u16)f->pm1a_control, (u16)((type & 7u) << 10 | ACPI_SLP_EN));
	if (f->pm1b_control)
		outw((u16)f->pm1b_control, (u16)((type & 7u) << 10 | ACPI_SLP_EN));
}
