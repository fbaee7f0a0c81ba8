/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_elf.c - programs of hostile make: nothing outside of the file is read, nothing outside of the app's
 * addresses is mapped, and only what was mapped is written
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "../../kernel/posix/proc.h"
#include "fake/kernel.h"

#define SEGMENTS 4u
#define FILE_BYTES 1024u

struct header {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
struct segment { u32 type, flags; u64 offset, vaddr, paddr, filesz, memsz, align; };

static struct { u64 start, end; u32 prot; bool final; } maps[64];
static u32 nr_maps;
static u64 copied;
static const u8 *file;
static u64 file_bytes;

void log_printf(enum log_level level, const char *fmt, ...) { (void)level; (void)fmt; }

long mm_map(struct mm *mm, const struct map_request *q)
{
	(void)mm;
	assert_true(q->addr >= MM_LOWEST && q->bytes <= APP_VA_END && q->addr + q->bytes <= APP_VA_END);
	assert_true(q->bytes && !((q->addr | q->bytes) & (PAGE_SIZE - 1)));
	for (u32 i = 0; i < nr_maps; i++)
		if (q->addr < maps[i].end && maps[i].start < q->addr + q->bytes)
			return -EEXIST;
	if (nr_maps == ARRAY_SIZE(maps))
		return -ENOMEM;
	maps[nr_maps].start = q->addr;
	maps[nr_maps].end = q->addr + q->bytes;
	maps[nr_maps].prot = q->prot;
	maps[nr_maps++].final = false;
	return (long)q->addr;
}

/* The sanitizer watches the source. */
int copy_to_app(u64 to, const void *src, size_t n)
{
	const u8 *p = src;
	u64 sum = 0;

	assert_true(nr_maps && to >= maps[nr_maps - 1].start && to + n <= maps[nr_maps - 1].end);
	assert_true(n == 0 || (p >= file && p + n <= file + file_bytes));
	for (size_t i = 0; i < n; i++)
		sum += p[i];
	copied += n;
	return sum == ~0ull;
}

int mm_protect(struct mm *mm, u64 start, u64 bytes, u32 prot)
{
	(void)mm;
	assert_true(nr_maps && start == maps[nr_maps - 1].start && start + bytes == maps[nr_maps - 1].end);
	assert_true((prot & (ABI_PROT_WRITE | ABI_PROT_EXEC)) != (ABI_PROT_WRITE | ABI_PROT_EXEC));
	maps[nr_maps - 1].prot = prot;
	maps[nr_maps - 1].final = true;
	return 0;
}

static void build(u8 *out)
{
	struct header h = {
		.ident = "\177ELF\2\1\1", .type = 2, .machine = 62, .entry = 0x400100, .phoff = sizeof(h),
		.ehsize = sizeof(h), .phentsize = sizeof(struct segment), .phnum = SEGMENTS,
	};

	memset(out, 0, FILE_BYTES);
	memcpy(out, &h, sizeof(h));
	for (u32 i = 0; i < SEGMENTS; i++) {
		struct segment s = {
			.type = i == 3 ? 7 : 1, .flags = i == 0 ? 5 : i == 1 ? 4 : 6, .offset = 512 + i * 64,
			.vaddr = 0x400000 + i * 0x10000 + i * 64, .filesz = 64, .memsz = i == 2 ? 0x3000 : 64,
		};
		memcpy(out + sizeof(h) + i * sizeof(s), &s, sizeof(s));
	}
}

static int load(const u8 *image, u64 bytes)
{
	u64 entry;

	file = image;
	file_bytes = bytes;
	nr_maps = 0;
	copied = 0;
	return elf_load(NULL, image, bytes, &entry);
}

static void good(void **state)
{
	u8 *image = malloc(FILE_BYTES);

	(void)state;
	build(image);
	assert_int_equal(load(image, FILE_BYTES), 0);
	assert_int_equal(nr_maps, 3);
	assert_int_equal(copied, 3 * 64);
	assert_int_equal(maps[0].prot, ABI_PROT_READ | ABI_PROT_EXEC);
	assert_int_equal(maps[1].prot, ABI_PROT_READ);
	assert_int_equal(maps[2].prot, ABI_PROT_READ | ABI_PROT_WRITE);
	assert_int_equal(maps[2].end - maps[2].start, 0x4000);
	free(image);
}

static void cut(void **state)
{
	u8 whole[FILE_BYTES];

	(void)state;
	build(whole);
	for (u64 n = 0; n < FILE_BYTES; n++) {
		u8 *image = malloc(n ? n : 1);
		int err;

		memcpy(image, whole, n);
		err = load(image, n);
		assert_true(err == -ENOEXEC || (err == 0 && n >= 512 + 3 * 64));
		free(image);
	}
}

static u64 odd_value(void)
{
	static const u64 some[] = { 0, 1, 63, 64, 511, 1023, 1024, 0xfff, 0x10000, 0x7fffffff, 0xffffffff, 1ull << 47,
				    (1ull << 47) - 4096, 1ull << 63, ~0ull, ~0ull - 4095 };

	return some[test_random(ARRAY_SIZE(some))] + test_random(3) - 1;
}

static void hostile(void **state)
{
	u32 ran = 0;

	(void)state;
	for (u32 i = 0; i < 300000; i++) {
		u8 *image = malloc(FILE_BYTES);
		int err;

		build(image);
		for (u64 n = 1 + test_random(4); n; n--) {
			u64 v = odd_value(), at = test_random(sizeof(struct header) + SEGMENTS * sizeof(struct segment) - 8);

			if (test_random(2))
				image[at] = (u8)v;
			else
				memcpy(image + (at & ~7ull), &v, 8);
		}
		err = load(image, FILE_BYTES);
		ran += !err;
		for (u32 k = 0; !err && k < nr_maps; k++)
			assert_true(maps[k].final);
		assert_true(err <= 0);
		free(image);
	}
	assert_true(ran > 1000);	/* some changes do no harm */
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(good), cmocka_unit_test(cut), cmocka_unit_test(hostile) };

	test_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
