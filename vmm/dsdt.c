// SPDX-License-Identifier: Apache-2.0
/*
 * The DSDT: the PCI root with its windows and interrupts, serial port, clock,
 * and how to power off. Source: ACPI 6.5, 6.1 and 7.4.2; PCI Firmware 3.3.
 */
#include "aml.h"
#include "vmm.h"

/* INTA of each slot to its pin of the IOAPIC; there are no links. */
static void interrupt_routes(struct aml *a)
{
	uint32_t slot, table, route;

	aml_name(a, "_PRT");
	table = aml_package_begin(a, PCI_SLOTS);
	for (slot = 0; slot < PCI_SLOTS; slot++) {
		route = aml_package_begin(a, 4);
		aml_integer(a, slot << 16 | 0xffff);
		aml_integer(a, 0);
		aml_integer(a, 0);
		aml_integer(a, PCI_GSI(slot));
		aml_end(a, route);
	}
	aml_end(a, table);
}

static void pci_root(struct aml *a)
{
	uint32_t device = aml_device_begin(a, "PCI0"), crs;

	aml_name_eisa(a, "_HID", "PNP0A08");
	aml_name_eisa(a, "_CID", "PNP0A03");
	aml_name_integer(a, "_UID", 0);
	aml_name_integer(a, "_BBN", 0);
	crs = aml_crs_begin(a);
	aml_bus_range(a, 0, 0);
	aml_io(a, 0xcf8, 8);
	aml_io_window(a, 0x0000, 0x0cf7);
	aml_io_window(a, 0x0d00, 0xffff);
	aml_memory_window(a, (uint32_t)PCI_WINDOW_GPA,
			  (uint32_t)(PCI_WINDOW_GPA + PCI_WINDOW_BYTES - 1));
	aml_crs_end(a, crs);
	interrupt_routes(a);
	aml_end(a, device);
}

/* What the ECAM takes belongs to the board. */
static void board(struct aml *a)
{
	uint32_t device = aml_device_begin(a, "MBRD"), crs;

	aml_name_eisa(a, "_HID", "PNP0C02");
	crs = aml_crs_begin(a);
	aml_memory32(a, (uint32_t)PCI_ECAM_GPA, (uint32_t)PCI_ECAM_BYTES);
	aml_crs_end(a, crs);
	aml_end(a, device);
}

static void serial_port(struct aml *a)
{
	uint32_t device = aml_device_begin(a, "COM1"), crs;

	aml_name_eisa(a, "_HID", "PNP0501");
	aml_name_integer(a, "_UID", 1);
	crs = aml_crs_begin(a);
	aml_io(a, 0x3f8, 8);
	aml_irq(a, 4);
	aml_crs_end(a, crs);
	aml_end(a, device);
}

/* Without an interrupt: it has no alarm. */
static void clock_chip(struct aml *a)
{
	uint32_t device = aml_device_begin(a, "RTC_"), crs;

	aml_name_eisa(a, "_HID", "PNP0B00");
	crs = aml_crs_begin(a);
	aml_io(a, 0x70, 2);
	aml_crs_end(a, crs);
	aml_end(a, device);
}

void dsdt_build(const struct vm *vm, struct aml *a)
{
	uint32_t scope = aml_scope_begin(a, "\\_SB_"), s5;

	pci_root(a);
	board(a);
	if (vm->cfg.serial.mode != CONSOLE_OFF)
		serial_port(a);
	clock_chip(a);
	aml_end(a, scope);
	aml_name(a, "\\_S5_");
	s5 = aml_package_begin(a, 4);
	aml_integer(a, ACPI_S5_TYPE);
	aml_integer(a, ACPI_S5_TYPE);
	aml_integer(a, 0);
	aml_integer(a, 0);
	aml_end(a, s5);
}
