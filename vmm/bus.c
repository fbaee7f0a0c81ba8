// SPDX-License-Identifier: Apache-2.0
/* Port and MMIO dispatch: a table of ranges; nothing there reads ones. */
#include "vmm.h"

#include <string.h>

#define ALL_ONES 0xffffffffu

struct io_range {
	uint16_t base, count;
	void (*access)(struct vm *vm, uint32_t reg, bool write, uint32_t size,
		       uint32_t *value);
};

static void uart_access(struct vm *vm, uint32_t reg, bool write,
			uint32_t size, uint32_t *value)
{
	(void)size;
	if (vm->serial_sink.mode == CONSOLE_OFF)
		*value = ALL_ONES;
	else if (write)
		uart_write(vm, reg, (uint8_t)*value);
	else
		*value = uart_read(vm, reg);
}

static void rtc_access(struct vm *vm, uint32_t reg, bool write, uint32_t size,
		       uint32_t *value)
{
	(void)size;
	if (write)
		rtc_write(vm, reg, (uint8_t)*value);
	else
		*value = rtc_read(vm, reg);
}

/* The keyboard controller without a keyboard: only its reset pulse. */
static void i8042_access(struct vm *vm, uint32_t reg, bool write,
			 uint32_t size, uint32_t *value)
{
	(void)size;
	if (!write) {
		*value = 0;
		return;
	}
	if (reg == 4 && (*value & 0xf1) == 0xf0)
		vm_request_end(vm, VM_END_RESET);
}

/* PM1 event and control block, PM timer, and our reset register. */
static void pm_access(struct vm *vm, uint32_t reg, bool write, uint32_t size,
		      uint32_t *value)
{
	(void)size;
	if (reg == 2) {
		if (write)
			vm->pm1_enable = *value;
		else
			*value = vm->pm1_enable;
	} else if (reg == 4) {
		if (!write) {
			*value = vm->pm1_control | 1;	/* SCI_EN */
			return;
		}
		vm->pm1_control = *value & 0x1c00;
		/* SLP_EN with the \_S5 type 5 of our DSDT */
		if ((*value & 0x3c00) == (0x2000 | ACPI_S5_TYPE << 10))
			vm_request_end(vm, VM_END_POWEROFF);
	} else if (reg == 8) {
		if (!write)
			*value = pmtimer_read(vm);
	} else if (!write) {
		*value = 0;
	}
}

/* System control port A: fast reset, and an A20 gate that is always open. */
static void port92_access(struct vm *vm, uint32_t reg, bool write,
			  uint32_t size, uint32_t *value)
{
	(void)reg;
	(void)size;
	if (!write)
		*value = 0x02;
	else if (*value & 1)
		vm_request_end(vm, VM_END_RESET);
}

static const struct io_range io_ranges[] = {
	{ 0x060, 5, i8042_access },
	{ 0x070, 2, rtc_access },
	{ 0x092, 1, port92_access },
	{ 0x3f8, 8, uart_access },
	{ ACPI_PM_BASE, 12, pm_access },
	{ 0xcf8, 8, pci_io },
};

static const struct io_range *io_find(uint16_t port)
{
	size_t i;

	for (i = 0; i < sizeof(io_ranges) / sizeof(io_ranges[0]); i++) {
		uint32_t off = (uint32_t)port - io_ranges[i].base;

		if (port >= io_ranges[i].base && off < io_ranges[i].count)
			return &io_ranges[i];
	}
	return NULL;
}

void bus_io(struct vm *vm, uint16_t port, bool write, uint32_t size,
	    uint8_t *data)
{
	const struct io_range *range = io_find(port);
	uint32_t value = ALL_ONES;

	if (write) {
		value = 0;
		memcpy(&value, data, size);
	}
	if (range)
		range->access(vm, (uint32_t)port - range->base, write, size,
			      &value);
	else if (vm->cfg.testdev)
		testdev_io(vm, port, write, size, &value);
	if (!write)
		memcpy(data, &value, size);
}

void bus_mmio(struct vm *vm, uint64_t gpa, bool write, uint32_t size,
	      uint8_t *data)
{
	uint64_t value = ~0ull;

	if (write) {
		value = 0;
		memcpy(&value, data, size);
	}
	if (!pci_mmio(vm, gpa, write, size, &value))
		value = ~0ull;
	if (!write)
		memcpy(data, &value, size);
}
