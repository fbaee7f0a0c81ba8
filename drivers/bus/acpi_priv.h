/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acpi_priv.h - layouts of the tables that acpi.c reads
 */
#ifndef ACPI_PRIV_H
#define ACPI_PRIV_H

#include <socle/acpi.h>
#include <socle/mem.h>

#define ACPI_ENODEV	19
#define ACPI_EINVAL	22
#define ACPI_MAX_BYTES	(16u << 20)	/* a longer table is taken for garbage */
#define ACPI_MADT_FIRST	44
#define ACPI_MADT_ENABLED 1u
#define ACPI_SLP_EN	(1u << 13)

struct acpi_rsdp {
	char signature[8];
	u8 checksum;
	char oem_id[6];
	u8 revision;
	u32 rsdt, length;
	u64 xsdt;
} __packed;

struct acpi_fadt {
	struct acpi_header header;
	u32 facs, dsdt;
	u8 reserved, profile;
	u16 sci;
	u32 smi_command;
	u8 acpi_enable, acpi_disable, s4bios, pstate;
	u32 pm1a_event, pm1b_event, pm1a_control, pm1b_control, pm2_control, pm_timer;
} __packed;

struct acpi_madt_cpu { u32 apic_id, flags; };

static inline const void *acpi_ptr(u64 pa) { return hpa_to_ptr(HPA(pa)); }

static inline u32 acpi_u32(const u8 *p)
{
	return p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

/* True for a local APIC (type 0, 8 bytes) or x2APIC (type 9, 16 bytes) entry. */
static inline bool acpi_madt_cpu(const u8 *p, struct acpi_madt_cpu *out)
{
	if (p[0] == 0 && p[1] >= 8)
		*out = (struct acpi_madt_cpu){ p[3], acpi_u32(p + 4) };
	else if (p[0] == 9 && p[1] >= 16)
		*out = (struct acpi_madt_cpu){ acpi_u32(p + 4), acpi_u32(p + 8) };
	else
		return false;
	return true;
}

#endif
