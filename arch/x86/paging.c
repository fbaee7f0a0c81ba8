/* SPDX-License-Identifier: Apache-2.0 */
/*
 * paging.c - the host's page tables: one address space, W^X
 *
 * The upper half holds the direct map, kernel stacks and the image; the lower
 * half is the app's. Everything is supervisor: apps run at CPL 0. Formats:
 * Intel SDM vol. 3, chapter 4.
 */
#include <errno.h>
#include <string.h>
#include <socle/arch.h>
#include <socle/boot_info.h>
#include <socle/cpu.h>
#include <socle/log.h>
#include <socle/mem.h>
#include <socle/mm.h>
#include <socle/pt.h>
#include <asm/io.h>
#include <asm/msr.h>
#include "priv.h"

#define DIRECT_MAP	0xffff800000000000ull
#define IMAGE_BASE	0xffffffff80000000ull
#define EFER_NXE	BIT(11)
#define CR4_PGE		BIT(7)
#define CR0_WP		BIT(16)
#define FLUSH_PAGES	32u

extern char kernel_start[], kernel_text_start[], kernel_text_end[], kernel_rodata_start[];
extern char kernel_rodata_end[], kernel_data_start[], kernel_data_end[];

static struct pt host_pt;

void *hpa_to_ptr(hpa_t pa)
{
	return (void *)(pa.v + DIRECT_MAP);
}

hpa_t ptr_to_hpa(const void *p)
{
	return HPA((u64)p - DIRECT_MAP);
}

static u64 level_bytes(u32 level)
{
	return PAGE_SIZE << (9 * level);
}

static int map_with(struct pt_cache *cache, u64 va, hpa_t pa, u32 level, u32 prot)
{
	unsigned long irq = spin_lock_irqsave(&host_pt.lock);
	void *deferred = NULL;
	int err = pt_map(&host_pt, va, pa, level, prot, cache);

	if (err == -EEXIST) {		/* small pages make room for a large one */
		(void)pt_unmap(&host_pt, va, va + level_bytes(level), &deferred);
		err = pt_map(&host_pt, va, pa, level, prot, cache);
	}
	spin_unlock_irqrestore(&host_pt.lock, irq);
	if (deferred) {
		arch_flush_tlb_all();
		pt_free_deferred(deferred);
	}
	return err;
}

/* The tables are there most often: pages for new ones are taken only when they are not. */
static int map_prot(u64 va, hpa_t pa, u32 level, u32 prot)
{
	struct pt_cache cache = { .nr = 0 };
	int err = map_with(&cache, va, pa, level, prot);

	if (err != -ENOMEM)
		return err;
	err = pt_cache_fill(&cache, PT_MAX_LEVELS - 1);
	if (!err)
		err = map_with(&cache, va, pa, level, prot);
	pt_cache_drain(&cache);		/* also after a fill that failed half way */
	return err;
}

int arch_map(u64 va, hpa_t pa, u64 bytes, u32 flags)
{
	u32 prot = PT_R | (flags & ARCH_MAP_W ? PT_W : 0) | (flags & ARCH_MAP_X ? PT_X : 0);
	u32 level = bytes == SZ_1G ? 2 : bytes == SZ_2M ? 1 : 0;

	return map_prot(va, pa, level, prot);
}

struct flush { u64 va, bytes; };

static void flush_here(void *arg)
{
	const struct flush *f = arg;

	if (f->bytes > FLUSH_PAGES * PAGE_SIZE) {
		write_cr3(read_cr3());
		return;
	}
	for (u64 at = 0; at < f->bytes; at += PAGE_SIZE)
		invlpg(f->va + at);
}

void arch_flush_tlb_all(void)
{
	struct flush f = { 0, ~0ull };

	cpu_call_all(flush_here, &f);
}

int arch_unmap(u64 va, u64 bytes)
{
	struct flush f = { va, bytes };
	void *deferred = NULL;
	unsigned long irq = spin_lock_irqsave(&host_pt.lock);
	bool flush = pt_unmap(&host_pt, va, va + bytes, &deferred);

	spin_unlock_irqrestore(&host_pt.lock, irq);
	if (flush)
		cpu_call_all(flush_here, &f);
	pt_free_deferred(deferred);
	return 0;
}

int arch_lookup(u64 va, hpa_t *pa)
{
	unsigned long irq = spin_lock_irqsave(&host_pt.lock);
	u32 level = 0, prot;
	bool found = pt_lookup(&host_pt, va, pa, &level, &prot);
	u64 mask = level_bytes(level) - 1;

	spin_unlock_irqrestore(&host_pt.lock, irq);
	pa->v = (pa->v & ~mask) + (va & mask);
	return found ? 0 : -ENOENT;
}

static void must_map(u64 va, u64 pa, u32 level, u32 prot)
{
	int err = map_prot(va, HPA(pa), level, prot);

	if (err)
		panic("paging: no memory for the host's page tables (error %d)\n", err);
}

/* All of it writable, never executable: the image has its own mapping. */
static void map_direct(u64 top)
{
	bool has_1g = cpuid(0x80000001, 0).edx & BIT(26);
	u64 at = 0;

	top = ALIGN_UP(MAX(top, 4ull << 30), SZ_1G);
	while (at < top) {
		u32 level = has_1g ? 2 : 1;

		must_map(DIRECT_MAP + at, at, level, PT_R | PT_W);
		at += level_bytes(level);
	}
}

static void map_image(u64 pa, const char *start, const char *end, u32 prot)
{
	for (u64 va = (u64)start; va < (u64)end; va += PAGE_SIZE)
		must_map(va, pa + (va - IMAGE_BASE), 0, prot);
}

void paging_init_cpu(void)
{
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
	write_cr0(read_cr0() | CR0_WP);
	write_cr3(host_pt.root.v);
	write_cr4(read_cr4() & ~CR4_PGE);
}

u64 paging_root(void)
{
	return host_pt.root.v;
}

/* Boot CPU: own tables, then off the loader's. */
void paging_init(const struct boot_info *bi)
{
	u32 levels = read_cr4() & BIT(12) ? 5 : 4;
	u64 top = 0;

	for (u32 i = 0; i < bi->nr_ranges; i++)
		if (bi->range[i].type != BOOT_MMIO)
			top = MAX(top, bi->range[i].start + bi->range[i].size);
	if (pt_init(&host_pt, &host_format, levels))
		panic("paging: no memory for the host's page tables\n");
	map_direct(MAX(top, bi->fb.pa + bi->fb.size));
	map_image(bi->kernel_pa, kernel_text_start, kernel_text_end, PT_R | PT_X);
	map_image(bi->kernel_pa, kernel_rodata_start, kernel_rodata_end, PT_R);
	map_image(bi->kernel_pa, kernel_data_start, kernel_data_end, PT_R | PT_W);
	paging_init_cpu();
}
