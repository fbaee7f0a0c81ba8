/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elf.c - a static ELF64 program into app memory (System V ABI, chapter 5)
 */
#include "proc.h"

#define PT_LOAD		1u
#define PF_X		1u
#define PF_W		2u
#define EM_X86_64	62u
#define EM_RISCV	243u
#define ET_EXEC		2u

struct ehdr {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
struct phdr { u32 type, flags; u64 offset, vaddr, paddr, filesz, memsz, align; };

static int bad(const char *why)
{
	log_notice("app: not a program that can run: %s\n", why);
	return -ENOEXEC;
}

static bool machine_fits(u16 machine)
{
#ifdef __x86_64__
	return machine == EM_X86_64;
#else
	return machine == EM_RISCV;
#endif
}

static int load_segment(struct mm *mm, const u8 *image, u64 bytes, const struct phdr *p)
{
	u64 start = ALIGN_DOWN(p->vaddr, PAGE_SIZE), end = ALIGN_UP(p->vaddr + p->memsz, PAGE_SIZE);
	struct map_request q = {
		.addr = start, .bytes = end - start, .prot = ABI_PROT_READ | ABI_PROT_WRITE,
		.flags = ABI_MAP_PRIVATE | ABI_MAP_ANONYMOUS | ABI_MAP_FIXED_NOREPLACE | ABI_MAP_FIXED,
		.kind = REGION_ANON,
	};
	u32 prot = ABI_PROT_READ | (p->flags & PF_W ? ABI_PROT_WRITE : 0) | (p->flags & PF_X ? ABI_PROT_EXEC : 0);
	long at;

	if (p->filesz > p->memsz || p->offset > bytes || p->filesz > bytes - p->offset)
		return bad("a segment reaches beyond the file");
	if (p->vaddr < MM_LOWEST || p->memsz > APP_VA_END || p->vaddr > APP_VA_END - p->memsz)
		return bad("a segment lies outside the app's addresses");
	if ((p->flags & PF_W) && (p->flags & PF_X))
		return bad("a segment is writable and executable");
	at = mm_map(mm, &q);
	if (at < 0)
		return (int)at;
	if (copy_to_app(p->vaddr, image + p->offset, p->filesz))
		return -ENOMEM;
	return mm_protect(mm, start, end - start, prot);
}

int elf_load(struct mm *mm, const u8 *image, u64 bytes, u64 *entry)
{
	const struct ehdr *e = (const void *)image;
	int err = 0;

	if (bytes < sizeof(*e) || memcmp(e->ident, "\177ELF\2\1", 6))
		return bad("no ELF64 header");
	if (e->type != ET_EXEC || !machine_fits(e->machine))
		return bad("not a static executable for this machine");
	if (e->phentsize != sizeof(struct phdr) || e->phoff > bytes ||
	    e->phnum > (bytes - e->phoff) / sizeof(struct phdr))
		return bad("program headers reach beyond the file");
	for (u32 i = 0; i < e->phnum && !err; i++) {
		struct phdr p;

		memcpy(&p, image + e->phoff + i * sizeof(p), sizeof(p));
		if (p.type == PT_LOAD && p.memsz)
			err = load_segment(mm, image, bytes, &p);
	}
	*entry = e->entry;
	return err;
}
