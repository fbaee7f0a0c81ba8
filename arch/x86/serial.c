/* SPDX-License-Identifier: Apache-2.0 */
/* serial.c - the 16550 at 0x3f8, transmit side, polled */
#include <asm/io.h>
#include <asm/serial.h>

#define COM1	0x3f8
#define LSR	(COM1 + 5)

static bool present;

void serial_init(void)
{
	outb(COM1 + 1, 0);		/* no interrupts */
	outb(COM1 + 3, 0x80);
	outb(COM1, 1);			/* 115200 */
	outb(COM1 + 1, 0);
	outb(COM1 + 3, 3);		/* 8n1 */
	outb(COM1 + 2, 7);		/* FIFOs on and empty */
	outb(COM1 + 4, 3);		/* DTR, RTS */
	outb(COM1 + 7, 0x5a);		/* scratch: tells whether there is one */
	present = inb(COM1 + 7) == 0x5a;
}

static void put(char c)
{
	u32 tries = 100000;		/* a UART that never drains must not hang the host */

	while (!(inb(LSR) & 0x20) && --tries)
		;
	outb(COM1, (u8)c);
}

void arch_console_write(const char *s, size_t n)
{
	if (!present)
		return;
	for (; n; n--, s++) {
		if (*s == '\n')
			put('\r');
		put(*s);
	}
}
