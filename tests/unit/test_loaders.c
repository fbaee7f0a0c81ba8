// SPDX-License-Identifier: Apache-2.0
/*
 * The VMM's loaders: good images of each kind, and the same images cut and
 * changed at random. The file and the guest's memory are heap blocks of their
 * exact sizes, so that the address sanitizer sees every step beside them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../vmm/load/load.h"
#include "../../vmm/vmm.h"

#define MEMORY (8u << 20)

static struct vm vm;
static char said[256];
static uint32_t seed;

void vm_error(const struct vm *v, const char *fmt, ...)
{
	va_list ap;

	(void)v;
	va_start(ap, fmt);
	vsnprintf(said, sizeof(said), fmt, ap);
	va_end(ap);
}

void *vm_ram(struct vm *v, uint64_t gpa, uint64_t bytes)
{
	return gpa <= v->low_bytes && bytes <= v->low_bytes - gpa
		? v->mem + gpa : NULL;
}

static uint32_t next(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static void put(uint8_t *p, uint32_t at, uint64_t v, uint32_t bytes)
{
	memcpy(p + at, &v, bytes);
}

static uint64_t mem(uint64_t gpa, uint32_t bytes)
{
	uint64_t v = 0;

	memcpy(&v, vm.mem + gpa, bytes);
	return v;
}

/* Two sectors of setup, 64 bytes of code at 1 MiB, protocol 2.12. */
static size_t make_bzimage(uint8_t *p)
{
	memset(p, 0, 1088);
	p[0x1f1] = 1;
	put(p, 0x1f4, 4, 4);
	p[0x201] = 0x66;
	memcpy(p + 0x202, "HdrS", 4);
	put(p, 0x206, 0x20c, 2);
	p[0x211] = 1;
	put(p, 0x214, 0x100000, 4);
	put(p, 0x22c, 0x7fffffff, 4);
	put(p, 0x236, 1, 2);
	put(p, 0x238, 255, 4);
	put(p, 0x258, 0x200000, 8);
	put(p, 0x260, 0x10000, 4);
	memset(p + 1024, 0x90, 64);
	return 1088;
}

/* 64 bits: a segment of 32 bytes in 48 at 1 MiB, and a PVH note. */
static size_t make_pvh(uint8_t *p)
{
	memset(p, 0, 320);
	memcpy(p, "\177ELF\2\1\1", 7);
	put(p, 18, 62, 2);
	put(p, 24, 0x100000, 8);
	put(p, 32, 64, 8);
	put(p, 54, 56, 2);
	put(p, 56, 2, 2);
	put(p, 64, 1, 4);
	put(p, 72, 256, 8);
	put(p, 88, 0x100000, 8);
	put(p, 96, 32, 8);
	put(p, 104, 48, 8);
	put(p, 120, 4, 4);
	put(p, 128, 288, 8);
	put(p, 152, 20, 8);
	memset(p + 256, 0x90, 32);
	put(p, 288, 4 | 4ull << 32, 8);
	put(p, 296, 18, 4);
	memcpy(p + 300, "Xen", 4);
	put(p, 304, 0x100010, 4);
	return 320;
}

/* No ELF: addresses in the header, which is 16 bytes into the image. */
static size_t make_multiboot(uint8_t *p)
{
	memset(p, 0, 96);
	put(p, 32, 0x1badb002, 4);
	put(p, 36, 0x10003, 4);
	put(p, 40, -(0x1badb002 + 0x10003), 4);
	put(p, 44, 0x100010, 4);
	put(p, 48, 0x100000, 4);
	put(p, 52, 0x100050, 4);
	put(p, 56, 0x100100, 4);
	put(p, 60, 0x100030, 4);
	p[16] = 0xab;
	return 96;
}

static size_t (*const makers[])(uint8_t *p) = {
	make_bzimage, make_pvh, make_multiboot,
};

static char path[] = "/tmp/socle-loader-XXXXXX";

static int setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	vm.mem = malloc(MEMORY);
	vm.low_bytes = MEMORY;
	vm.cfg.kernel = path;
	return fd < 0 || !vm.mem || close(fd);
}

static int teardown(void **state)
{
	(void)state;
	free(vm.mem);
	return unlink(path);
}

static int load(const uint8_t *p, size_t bytes)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, bytes, f), bytes);
	fclose(f);
	said[0] = 0;
	return load_kernel(&vm);
}

static void good_bzimage(void **state)
{
	uint8_t p[2048];
	size_t n = make_bzimage(p);

	(void)state;
	vm.cfg.cmdline = "quiet";
	assert_int_equal(load(p, n), 0);
	assert_true(vm.boot.wide);
	assert_int_equal(vm.boot.rip, 0x200200);
	assert_int_equal(vm.boot.rsi, BOOT_INFO_GPA);
	assert_int_equal(mem(0x200000, 8), 0x9090909090909090);
	assert_string_equal(vm.mem + mem(BOOT_INFO_GPA + 0x228, 4), "quiet");
	assert_int_equal(mem(BOOT_INFO_GPA + 0x1e8, 1), 4);
	put(p, 0x236, 0, 2);		/* without the 64-bit entry */
	assert_int_equal(load(p, n), 0);
	assert_false(vm.boot.wide);
	assert_int_equal(vm.boot.rip, 0x200000);
	put(p, 0x258, MEMORY - 0x8000, 8);
	assert_true(load(p, n) < 0);
	assert_non_null(strstr(said, "does not fit in memory"));
	vm.cfg.cmdline = NULL;
	n = make_bzimage(p);
	assert_true(load(p, n - 16) < 0);
	assert_non_null(strstr(said, "truncated: 1072 bytes"));
	vm.cfg.nr_modules = 1;
	assert_true(load(p, n) < 0);
	assert_non_null(strstr(said, "payload.modules"));
	vm.cfg.nr_modules = 0;
}

static void good_pvh(void **state)
{
	uint8_t p[2048];
	size_t n = make_pvh(p);

	(void)state;
	memset(vm.mem + 0x100000, 0xff, 64);
	vm.cfg.initramfs = path;
	assert_int_equal(load(p, n), 0);
	assert_int_equal(vm.boot.rip, 0x100010);
	assert_int_equal(vm.boot.rbx, BOOT_INFO_GPA);
	assert_int_equal(mem(0x10001f, 2), 0x90);	/* zeroed behind */
	assert_int_equal(mem(0x100030, 1), 0xff);
	assert_int_equal(mem(BOOT_INFO_GPA, 4), 0x336ec578);
	assert_int_equal(mem(BOOT_INFO_GPA + 12, 4), 1);
	assert_int_equal(mem(mem(BOOT_INFO_GPA + 16, 8) + 8, 8), n);
	assert_memory_equal(vm.mem + mem(mem(BOOT_INFO_GPA + 16, 8), 8), p, n);
	vm.cfg.initramfs = NULL;
	put(p, 104, 0xffffffffffffff00, 8);
	assert_true(load(p, n) < 0);
	assert_non_null(strstr(said, "does not fit in memory"));
	put(p, 104, 48, 8);
	put(p, 88, 0x8000, 8);
	assert_true(load(p, n) < 0);	/* over the boot data */
	put(p, 88, 0x100000, 8);
	put(p, 72, 300, 8);
	assert_true(load(p, n) < 0);
	assert_non_null(strstr(said, "truncated"));
}

static void good_multiboot(void **state)
{
	uint8_t p[2048];
	size_t n = make_multiboot(p);

	(void)state;
	vm.cfg.cmdline = "a";
	assert_int_equal(load(p, n), 0);
	assert_int_equal(vm.boot.rip, 0x100030);
	assert_int_equal(vm.boot.rax, 0x2badb002);
	assert_int_equal(mem(0x100000, 1), 0xab);
	assert_int_equal(mem(0x100050, 8), 0);
	vm.cfg.cmdline = NULL;
	put(p, 36, 0x10007, 4);
	put(p, 40, -(0x1badb002 + 0x10007), 4);
	assert_true(load(p, n) < 0);
	assert_non_null(strstr(said, "a video mode"));
	assert_true(load(p + 40, n - 40) < 0);
	assert_non_null(strstr(said, "not a bzImage"));
}

/* Interesting values at random places; sizes cut at random. */
static void fuzz(void **state)
{
	static const uint64_t values[] = {
		0, 1, 0x7f, 0xff, 0xffff, 0x100000, MEMORY, MEMORY - 1,
		0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
		0x7fffffffffffffff, 0xfffffffffffff000, ~0ull,
	};
	uint32_t i, j, loaded = 0;

	(void)state;
	print_message("seed %u\n", seed);
	for (i = 0; i < 5000; i++) {
		uint8_t p[2048];
		size_t n = makers[next(3)](p);
		uint32_t changes = next(4);

		for (j = 0; j < changes; j++) {
			uint32_t at = next(4) ? next((uint32_t)n - 8)
					      : 0x1f0 + next(0x78);

			put(p, at, values[next(15)], 1u << next(4));
		}
		if (!next(4))
			n = next((uint32_t)n + 1);
		vm.cfg.initramfs = next(2) ? path : NULL;
		if (load(p, n))
			assert_true(said[0]);
		else
			loaded++;
	}
	vm.cfg.initramfs = NULL;
	assert_in_range(loaded, 250, 4750);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_bzimage),
		cmocka_unit_test(good_pvh),
		cmocka_unit_test(good_multiboot),
		cmocka_unit_test(fuzz),
	};

	seed = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 20260101u;
	return cmocka_run_group_tests(tests, setup, teardown);
}
