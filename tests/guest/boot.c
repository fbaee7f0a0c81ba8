/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot.c - a guest that prints how it was loaded: PVH or multiboot 1
 *
 * Flat 32 bits, no libraries. Prints command line, modules and the memory map
 * on the serial port; then does what the command line says:
 *   exit=N     the test device's exit port gets N
 *   triple     a triple fault
 *   nowhere    reads and writes where nothing is, then goes on
 *   reset      the keyboard controller's reset pulse
 *   testdev    every part of the test device
 */
#include <stdint.h>

#define SERIAL		0x3f8

#ifndef MULTIBOOT
__asm__(".section .note.pvh,\"a\",@note\n.p2align 2\n"
	".long 4, 4, 18\n.asciz \"Xen\"\n.long start_pvh\n");
#endif
__asm__(".section .mb,\"a\"\n.p2align 2\n"
	".long 0x1badb002, 3, -(0x1badb002 + 3)\n"
	".text\n.globl start_mb, start_pvh\n"
	"start_pvh: xor %eax, %eax\n"
	"start_mb: mov $stack_end, %esp\n push %ebx\n push %eax\n call guest\n1: hlt\n jmp 1b\n"
	".bss\n.skip 4096\nstack_end:\n.text\n");

struct start_info {
	uint32_t magic, version, flags, nr_modules;
	uint64_t modlist, cmdline, rsdp, memmap;
	uint32_t memmap_entries, reserved;
};

struct mb_info {
	uint32_t flags, mem_lower, mem_upper, boot_device, cmdline;
	uint32_t nr_modules, modules, syms[4], mmap_bytes, mmap;
};

static void outb(uint16_t port, uint8_t v) { __asm__ volatile("outb %0, %1" :: "a"(v), "Nd"(port)); }
static void outl(uint16_t port, uint32_t v) { __asm__ volatile("outl %0, %1" :: "a"(v), "Nd"(port)); }
static uint8_t inb(uint16_t port) { uint8_t v; __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port)); return v; }
static uint32_t inl(uint16_t port) { uint32_t v; __asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port)); return v; }

static void puts(const char *s)
{
	while (*s)
		outb(SERIAL, (uint8_t)*s++);
}

static void hex(uint64_t v)
{
	char text[17];
	int i = 16;

	text[16] = 0;
	do
		text[--i] = "0123456789abcdef"[v & 15];
	while (v >>= 4);
	puts(text + i);
}

static void say(const char *what, uint64_t v)
{
	puts(what);
	hex(v);
}

static const char *find(const char *text, const char *word)
{
	for (; *text; text++) {
		const char *a = text, *b = word;

		while (*b && *a == *b)
			a++, b++;
		if (!*b)
			return a;
	}
	return 0;
}

static void module(uint32_t start, uint32_t bytes, uint32_t text)
{
	const uint8_t *p = (const uint8_t *)start;
	uint32_t i, sum = 0;

	for (i = 0; i < bytes; i++)
		sum += p[i];
	puts("module '");
	puts((const char *)text);
	say("' bytes ", bytes);
	say(" sum ", sum);
	puts("\r\n");
}

static void range(uint64_t base, uint64_t bytes, uint32_t type)
{
	say("memory ", base);
	say(" bytes ", bytes);
	say(" type ", type);
	puts("\r\n");
}

static const char *from_pvh(const struct start_info *s)
{
	const uint64_t *m = (const uint64_t *)(uint32_t)s->modlist, *r = (const uint64_t *)(uint32_t)s->memmap;
	uint32_t i;

	say("pvh: version ", s->version);
	say(", magic ", s->magic);
	puts(*(const uint64_t *)(uint32_t)s->rsdp == 0x2052545020445352ull ? ", RSDP\r\n" : ", no RSDP\r\n");
	for (i = 0; i < s->nr_modules; i++)
		module((uint32_t)m[i * 4], (uint32_t)m[i * 4 + 1], (uint32_t)m[i * 4 + 2]);
	for (i = 0; i < s->memmap_entries; i++)
		range(r[i * 3], r[i * 3 + 1], (uint32_t)r[i * 3 + 2]);
	return (const char *)(uint32_t)s->cmdline;
}

static const char *from_multiboot(const struct mb_info *s)
{
	const uint32_t *m = (const uint32_t *)s->modules;
	uint32_t i, at;

	say("multiboot: flags ", s->flags);
	say(", lower KiB ", s->mem_lower);
	say(", upper KiB ", s->mem_upper);
	puts("\r\n");
	for (i = 0; i < s->nr_modules; i++)
		module(m[i * 4], m[i * 4 + 1] - m[i * 4], m[i * 4 + 2]);
	for (at = s->mmap; at < s->mmap + s->mmap_bytes; at += *(const uint32_t *)at + 4)
		range(*(const uint64_t *)(at + 4), *(const uint64_t *)(at + 12), *(const uint32_t *)(at + 20));
	return (const char *)s->cmdline;
}

static void triple(void)
{
	struct { uint16_t limit; uint32_t base; } __attribute__((packed)) none = { 0, 0 };

	__asm__ volatile("lidt %0\n int3" :: "m"(none));
}

static void nowhere(void)
{
	volatile uint32_t *p = (volatile uint32_t *)0xd0000000;

	*p = 1;
	say("nowhere: memory ", *p);
	outl(0x5000, 1);
	say(" port ", inl(0x5000));
	puts("\r\n");
}

static void reset(void)
{
	puts("reset: now\r\n");
	outb(0x64, 0xfe);
}

/* The test device's lines are the interrupt controllers': the PIC's request register shows them. */
static void testdev(void)
{
	volatile uint32_t *ram = (volatile uint32_t *)0xff000000;

	outl(0xe0, 0x12345678);
	say("testdev: scratch ", inl(0xe0));
	ram[0] = 0xcafe;
	ram[0x3fff] = 0xbabe;
	say(" ram ", ram[0]);
	say(" ", ram[0x3fff]);
	outb(0x20, 0x11);	/* master PIC from its start: vectors 0x20, edges */
	outb(0x21, 0x20);
	outb(0x21, 0x04);
	outb(0x21, 0x01);
	outb(0x20, 0x0a);	/* request register */
	outl(0x2005, 1);
	say(" irq ", inb(0x20));
	outl(0x2005, 0);
	puts("\r\n");
}

void guest(uint32_t magic, void *info);
void guest(uint32_t magic, void *info)
{
	const char *text = magic == 0x2badb002 ? from_multiboot(info) : from_pvh(info), *value;

	puts("command line '");
	puts(text);
	puts("'\r\n");
	if (find(text, "testdev"))
		testdev();
	if (find(text, "nowhere"))
		nowhere();
	if (find(text, "reset"))
		reset();
	if (find(text, "triple"))
		triple();
	value = find(text, "exit=");
	if (value)
		outb(0xf4, (uint8_t)(*value - '0'));
	__asm__ volatile("cli\n hlt");
}
