/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acpi.h - the firmware's tables
 */
#ifndef SOCLE_ACPI_H
#define SOCLE_ACPI_H

#include <socle/types.h>

struct acpi_header {
	char signature[4];
	u32 length;
	u8 revision, checksum;
	char oem_id[6], oem_table_id[8];
	u32 oem_revision, creator_id, creator_revision;
} __packed;

/* Reads the root table. 0; -ENODEV no RSDP; -EINVAL bad checksum or length. */
int acpi_init(u64 rsdp_pa) __must_check;
/* First table with this signature and a good checksum; NULL: none. */
const struct acpi_header *acpi_find(const char *signature);
/* APIC ids of usable CPUs from the MADT, at most @max; returns how many there are. */
u32 acpi_cpus(u32 *apic_id, u32 max);
/* I/O port of the PM timer; 0: none, or not in port space. */
u16 acpi_pm_timer_port(void);
/* Tries soft-off (S5); returns when the tables do not say how. */
void acpi_poweroff(void);

#endif
