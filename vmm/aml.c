// SPDX-License-Identifier: Apache-2.0
/* AML by hand: lengths always in three bytes, so that they can be patched. */
#include "aml.h"

#include <string.h>

#define OP_NAME		0x08u
#define OP_BYTE		0x0au
#define OP_DWORD	0x0cu
#define OP_SCOPE	0x10u
#define OP_BUFFER	0x11u
#define OP_PACKAGE	0x12u
#define OP_EXT		0x5bu
#define OP_EXT_DEVICE	0x82u
#define LENGTH_BYTES	3u

void aml_bytes(struct aml *a, const void *data, uint32_t bytes)
{
	if (a->overflow || bytes > a->max - a->bytes) {
		a->overflow = true;
		return;
	}
	memcpy(a->p + a->bytes, data, bytes);
	a->bytes += bytes;
}

void aml_value(struct aml *a, uint64_t value, uint32_t bytes)
{
	aml_bytes(a, &value, bytes);
}

/* Three bytes: low nibble with the form, then eight and eight bits. */
static uint32_t length_begin(struct aml *a)
{
	uint32_t mark = a->bytes;

	aml_value(a, 0x80, LENGTH_BYTES);
	return mark;
}

void aml_end(struct aml *a, uint32_t mark)
{
	uint32_t bytes = a->bytes - mark;

	if (a->overflow)
		return;
	a->p[mark] = (uint8_t)(0x80 | (bytes & 0xf));
	a->p[mark + 1] = (uint8_t)(bytes >> 4);
	a->p[mark + 2] = (uint8_t)(bytes >> 12);
}

uint32_t aml_scope_begin(struct aml *a, const char *path)
{
	uint32_t mark;

	aml_value(a, OP_SCOPE, 1);
	mark = length_begin(a);
	aml_bytes(a, path, (uint32_t)strlen(path));
	return mark;
}

uint32_t aml_device_begin(struct aml *a, const char *name)
{
	uint32_t mark;

	aml_value(a, OP_EXT | OP_EXT_DEVICE << 8, 2);
	mark = length_begin(a);
	aml_bytes(a, name, 4);
	return mark;
}

uint32_t aml_package_begin(struct aml *a, uint8_t elements)
{
	uint32_t mark;

	aml_value(a, OP_PACKAGE, 1);
	mark = length_begin(a);
	aml_value(a, elements, 1);
	return mark;
}

void aml_integer(struct aml *a, uint32_t value)
{
	aml_value(a, value < 2 ? value : OP_DWORD, 1);
	if (value >= 2)
		aml_value(a, value, 4);
}

void aml_name(struct aml *a, const char *name)
{
	aml_value(a, OP_NAME, 1);
	aml_bytes(a, name, (uint32_t)strlen(name));
}

void aml_name_integer(struct aml *a, const char *name, uint32_t value)
{
	aml_name(a, name);
	aml_integer(a, value);
}

static uint32_t hex(char c)
{
	return c <= '9' ? (uint32_t)(c - '0') : (uint32_t)(c - 'A' + 10);
}

/* "PNP0A08": three letters of five bits, four digits; big endian. */
void aml_name_eisa(struct aml *a, const char *name, const char *id)
{
	uint32_t v = (uint32_t)(id[0] - 0x40) << 26 |
		     (uint32_t)(id[1] - 0x40) << 21 |
		     (uint32_t)(id[2] - 0x40) << 16 | hex(id[3]) << 12 |
		     hex(id[4]) << 8 | hex(id[5]) << 4 | hex(id[6]);

	aml_name(a, name);
	aml_value(a, OP_DWORD, 1);
	aml_value(a, __builtin_bswap32(v), 4);
}

/* The buffer's size is a word behind its package length. */
uint32_t aml_crs_begin(struct aml *a)
{
	uint32_t mark;

	aml_name(a, "_CRS");
	aml_value(a, OP_BUFFER, 1);
	mark = length_begin(a);
	aml_value(a, 0x0b, 1);
	aml_value(a, 0, 2);
	return mark;
}

void aml_crs_end(struct aml *a, uint32_t mark)
{
	uint32_t data = mark + LENGTH_BYTES + 3;
	uint16_t bytes;

	aml_value(a, 0x0079, 2);	/* end tag, no checksum */
	if (a->overflow)
		return;
	bytes = (uint16_t)(a->bytes - data);
	memcpy(a->p + data - 2, &bytes, 2);
	aml_end(a, mark);
}

void aml_io(struct aml *a, uint16_t port, uint8_t ports)
{
	aml_value(a, 0x0147, 2);	/* 16 bits decoded */
	aml_value(a, port, 2);
	aml_value(a, port, 2);
	aml_value(a, 1u | (uint32_t)ports << 8, 2);
}

/* Edge triggered, active high. */
void aml_irq(struct aml *a, uint8_t irq)
{
	aml_value(a, 0x22, 1);
	aml_value(a, 1u << irq, 2);
}

void aml_memory32(struct aml *a, uint32_t base, uint32_t bytes)
{
	aml_value(a, 0x000986, 3);
	aml_value(a, 1, 1);		/* writable */
	aml_value(a, base, 4);
	aml_value(a, bytes, 4);
}

/* Address spaces: fixed at both ends, produced for the bus below. */
static void word_window(struct aml *a, uint8_t type, uint8_t flags,
			uint16_t first, uint16_t last)
{
	aml_value(a, 0x000d88, 3);
	aml_value(a, type | 0x0c00u | (uint32_t)flags << 16, 3);
	aml_value(a, 0, 2);
	aml_value(a, first, 2);
	aml_value(a, last, 2);
	aml_value(a, 0, 2);
	aml_value(a, (uint64_t)last - first + 1, 2);
}

void aml_bus_range(struct aml *a, uint16_t first, uint16_t last)
{
	word_window(a, 2, 0, first, last);
}

void aml_io_window(struct aml *a, uint16_t first, uint16_t last)
{
	word_window(a, 1, 3, first, last);
}

void aml_memory_window(struct aml *a, uint32_t first, uint32_t last)
{
	aml_value(a, 0x001787, 3);
	aml_value(a, 0x010c00, 3);	/* memory, read and write */
	aml_value(a, 0, 4);
	aml_value(a, first, 4);
	aml_value(a, last, 4);
	aml_value(a, 0, 4);
	aml_value(a, (uint64_t)last - first + 1, 4);
}
