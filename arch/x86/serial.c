/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serial.c - COM1, a 16550: polled output, input by interrupt
 *
 * 115200 8N1. A port that is not there reads as 0xff in the scratch register
 * and is left alone. Source: PC16550D data sheet.
 */
#include <socle/arch.h>
#include <asm/io.h>
#include "irq.h"
#include "priv.h"

#define COM1	0x3f8
#define THR	0
#define IER	1
#define FCR	2
#define LCR	3
#define MCR	4
#define LSR	5
#define SCR	7
#define LSR_DATA	0x01
#define LSR_THR_EMPTY	0x20
#define COM1_GSI	4
#define TX_SPINS	1000000u	/* a dead line must not hang a panic */

static bool present;

void serial_init(void)
{
	outb(COM1 + SCR, 0x5a);
	if (inb(COM1 + SCR) != 0x5a)
		return;
	outb(COM1 + IER, 0);
	outb(COM1 + LCR, 0x80);
	outb(COM1 + 0, 1);		/* divisor 1: 115200 */
	outb(COM1 + 1, 0);
	outb(COM1 + LCR, 3);
	outb(COM1 + FCR, 7);
	outb(COM1 + MCR, 0xb);		/* DTR, RTS, OUT2 gates the interrupt */
	present = true;
}

static void input(void)
{
	while (inb(COM1 + LSR) & LSR_DATA)
		console_input(inb(COM1));
}

void serial_start_input(void)
{
	if (!present)
		return;
	irq_set_handler(VECTOR_SERIAL, input);
	ioapic_route(COM1_GSI, VECTOR_SERIAL);
	outb(COM1 + IER, 1);
	input();
}

static void put(u8 c)
{
	u32 spins = TX_SPINS;

	while (!(inb(COM1 + LSR) & LSR_THR_EMPTY) && --spins)
		arch_cpu_relax();
	outb(COM1 + THR, c);
}

void arch_console_write_raw(const char *s, size_t n)
{
	for (size_t i = 0; present && i < n; i++)
		put((u8)s[i]);
}

void arch_console_write(const char *s, size_t n)
{
	if (!present)
		return;
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\n')
			put('\r');
		put((u8)s[i]);
	}
}
