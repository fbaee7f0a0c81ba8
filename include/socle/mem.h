/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mem.h - physical memory, small objects, kernel virtual mappings
 *
 * Physical memory is kept in one descriptor per 2 MiB block; 4 KiB detail only
 * for blocks that are split. Nothing here sleeps; all of it may be called with
 * a spinlock held, but "no allocation under a spinlock" is the house rule.
 */
#ifndef SOCLE_MEM_H
#define SOCLE_MEM_H

#include <socle/types.h>

enum mem_owner { MEM_FREE, MEM_KERNEL, MEM_SLAB, MEM_APP, MEM_DMA, MEM_TDX, MEM_PAMT, MEM_POISONED, MEM_NR_OWNERS };

#define PHYS_ZERO	1u		/* contents zeroed */
#define PHYS_ANY_NODE	(-1)		/* near this CPU, else wherever there is some */

struct phys_range { u64 start, size; int node; };	/* bytes */

/* Boot: hand over all usable ranges (sorted, not overlapping), then free more later
 * (boot files, loader memory) with phys_add(). */
int phys_init(const struct phys_range *usable, unsigned nr);
void phys_add(u64 start, u64 size);

/**
 * phys_alloc - a run of 4 KiB pages
 * @bytes: multiple of 4 KiB; 2 MiB and 1 GiB runs come naturally aligned
 * @align: power of two >= 4 KiB; runs under 2 MiB never cross a 2 MiB block
 * @out:   physical address
 * Return: 0, -ENOMEM (also when failed on purpose, see fault_inject.h), -EINVAL
 */
int phys_alloc(u64 bytes, u64 align, enum mem_owner owner, int node, u32 flags, hpa_t *out) __must_check;
void phys_free(hpa_t pa, u64 bytes);
/* An allocated 2 MiB block becomes 512 pages that are freed one by one. Cannot fail. */
void phys_split(hpa_t block);

/* Owner of the allocated pages of the 2 MiB block around @pa; MEM_FREE also for no memory of ours. */
enum mem_owner phys_owner(hpa_t pa);
u32 phys_node_of(hpa_t pa);
/* Number of NUMA nodes, >= 1. */
u32 phys_nr_nodes(void);

struct phys_stats {
	u64 total_pages, free_pages, by_owner[MEM_NR_OWNERS], descriptor_bytes;
	u64 least_free_pages;		/* since phys_watch_least() */
};
void phys_watch_least(void);
void phys_get_stats(struct phys_stats *st);

/* Direct map (arch constant). */
void *hpa_to_ptr(hpa_t pa);
hpa_t ptr_to_hpa(const void *direct_map_ptr);

/* One zeroed 4 KiB kernel page through the direct map; NULL when there is none. */
void *page_alloc(void);
void page_free(void *page);

/* Object caches; sizes up to 2048 come from slabs, larger ones from phys_alloc. */
struct kmem_cache;
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align);
void *kmem_cache_alloc(struct kmem_cache *c);	/* zeroed */
void kmem_cache_free(struct kmem_cache *c, void *obj);
void *kmalloc(size_t bytes);			/* zeroed, 16-byte aligned (page aligned from 4 KiB) */
void kfree(void *p);
u64 kmem_bytes_in_use(void);

/* Kernel virtual area: maps nr_pages fresh pages with an unmapped guard page on
 * both sides; for stacks. NULL when out of memory. */
void *vmap_stack_alloc(u64 nr_pages);
void vmap_stack_free(void *base, u64 nr_pages);

#endif
