/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls.c - thread-local storage and the block of each thread
 *
 * Source: Ulrich Drepper, "ELF Handling For Thread-Local Storage", variants I
 * (riscv) and II (x86). The program's own headers name the initial image.
 */
#include <string.h>
#include <sys/mman.h>
#include "thread.h"

#define PT_TLS 7u
#define ROUND_UP(x, a) (((x) + (a) - 1) & ~((size_t)(a) - 1))

struct elf_header {
	unsigned char ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
struct elf_segment { uint32_t type, flags; uint64_t offset, vaddr, paddr, filesz, memsz, align; };

extern const struct elf_header __ehdr_start;	/* the linker's */

struct pthread *first_thread;
static const struct elf_segment *image;
static struct elf_segment none = { .align = 1 };

static const struct elf_segment *find_image(void)
{
	const struct elf_segment *s = (const void *)((const char *)&__ehdr_start + __ehdr_start.phoff);

	for (unsigned i = 0; i < __ehdr_start.phnum; i++)
		if (s[i].type == PT_TLS)
			return &s[i];
	return &none;
}

/* The thread pointer is aligned as the image asks, the block's size too. */
static size_t alignment(void)
{
	return image->align > 64 ? image->align : 64;
}

size_t tls_block_bytes(void)
{
	return ROUND_UP(sizeof(struct pthread), alignment()) + ROUND_UP(image->memsz, alignment()) + alignment();
}

/* Variant II: the image ends at the thread pointer. Variant I: it begins there, our block lies below. */
struct pthread *tls_place(void *map, size_t map_bytes)
{
	uintptr_t end = ((uintptr_t)map + map_bytes) & ~(alignment() - 1);
#ifdef __x86_64__
	struct pthread *t = (void *)(end - ROUND_UP(sizeof(*t), alignment()));
	char *tls = (char *)t - ROUND_UP(image->memsz, alignment());
#else
	char *tls = (char *)(end - ROUND_UP(image->memsz, alignment()));
	struct pthread *t = (void *)(tls - ROUND_UP(sizeof(*t), alignment()));
#endif
	memcpy(tls, (const void *)(uintptr_t)image->vaddr, image->filesz);
	t->self = t;
	return t;
}

void tls_init_first(const struct app_start *s)
{
	size_t bytes;
	void *map;

	image = find_image();
	bytes = ROUND_UP(tls_block_bytes(), 4096);
	map = (void *)libc_raw_call(SOCLE_SYS_mmap, 0, (long)bytes, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if ((intptr_t)map < 0 && (intptr_t)map > -4096)
		libc_raw_call(SOCLE_SYS_exit_group, 127, 0, 0, 0, 0, 0);
	first_thread = tls_place(map, bytes);
	first_thread->reent = _GLOBAL_REENT;
	first_thread->stack = (void *)(uintptr_t)s->stack_low;
	first_thread->stack_bytes = s->stack_bytes;
	first_thread->app.tid = (uint32_t)libc_raw_call(SOCLE_SYS_gettid, 0, 0, 0, 0, 0, 0);
	first_thread->alive = first_thread->app.tid;
	libc_raw_call(SOCLE_SYS_set_tls, (long)first_thread, (long)&first_thread->app, 0, 0, 0, 0);
}
