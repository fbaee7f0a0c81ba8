/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes of ACPI tables and AML, appended to a buffer of fixed size
 *
 * A buffer that is full stays so and says it by @overflow.
 * Source: ACPI 6.5, 20.2 (AML grammar), 6.4 (resource descriptors).
 */
#ifndef VMM_AML_H
#define VMM_AML_H

#include <stdbool.h>
#include <stdint.h>

struct aml {
	uint8_t *p;
	uint32_t bytes, max;
	bool overflow;
};

void aml_bytes(struct aml *a, const void *data, uint32_t bytes);
void aml_value(struct aml *a, uint64_t value, uint32_t bytes);

/* Packages of known end: what begin returns goes to end. */
uint32_t aml_scope_begin(struct aml *a, const char *path);
uint32_t aml_device_begin(struct aml *a, const char *name);
uint32_t aml_package_begin(struct aml *a, uint8_t elements);
void aml_end(struct aml *a, uint32_t mark);

/* Name (@name, ...): the object follows, or is a number, or an EISA id. */
void aml_name(struct aml *a, const char *name);
void aml_name_integer(struct aml *a, const char *name, uint32_t value);
void aml_name_eisa(struct aml *a, const char *name, const char *id);
void aml_integer(struct aml *a, uint32_t value);

/* Name (_CRS, ResourceTemplate () {...}). */
uint32_t aml_crs_begin(struct aml *a);
void aml_crs_end(struct aml *a, uint32_t mark);
void aml_io(struct aml *a, uint16_t port, uint8_t ports);
void aml_irq(struct aml *a, uint8_t irq);
void aml_memory32(struct aml *a, uint32_t base, uint32_t bytes);
void aml_bus_range(struct aml *a, uint16_t first, uint16_t last);
void aml_io_window(struct aml *a, uint16_t first, uint16_t last);
void aml_memory_window(struct aml *a, uint32_t first, uint32_t last);

#endif
