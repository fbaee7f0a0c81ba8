/* SPDX-License-Identifier: Apache-2.0 */
/*
 * phys.c - physical memory in 2 MiB blocks
 *
 * A block is wholly free (on its node's free list), wholly taken, or split:
 * then its pages have one owner and a bitmap says which of them are free.
 * Split blocks with free pages are on the partial list of (node, owner).
 */
#include <errno.h>
#include <string.h>
#include <socle/arch.h>
#include <socle/fault_inject.h>
#include <socle/lock.h>
#include <socle/log.h>
#include <socle/mem.h>
#include <socle/numa.h>

#define BLOCK_SHIFT	21
#define BLOCK_PAGES	512u
#define MAX_NODES	NUMA_MAX_NODES
#define NIL		(~0u)

enum block_state { BLOCK_ABSENT, BLOCK_FREE, BLOCK_TAKEN, BLOCK_SPLIT };

struct block {
	u32 next, prev;			/* in a free or partial list */
	u16 free_pages;
	u8 state, owner, node, pad[3];
	u64 free_map[BLOCK_PAGES / 64];	/* bit set: page is free; split blocks only */
};

static struct block *blocks;
static u32 nr_blocks, nr_nodes = 1;
static u32 free_list[MAX_NODES], partial_list[MAX_NODES][MEM_NR_OWNERS];
static spinlock_t lock;
static struct phys_stats stats;

static void list_push(u32 *head, u32 b)
{
	blocks[b].prev = NIL;
	blocks[b].next = *head;
	if (*head != NIL)
		blocks[*head].prev = b;
	*head = b;
}

static void list_unlink(u32 *head, u32 b)
{
	if (blocks[b].prev != NIL)
		blocks[blocks[b].prev].next = blocks[b].next;
	else
		*head = blocks[b].next;
	if (blocks[b].next != NIL)
		blocks[blocks[b].next].prev = blocks[b].prev;
}

static u32 *partial_of(const struct block *b)
{
	return &partial_list[b->node][b->owner];
}

static void block_to_free(u32 i)
{
	struct block *b = &blocks[i];

	b->state = BLOCK_FREE;
	b->owner = MEM_FREE;
	b->free_pages = BLOCK_PAGES;
	list_push(&free_list[b->node], i);
}

/* A free block becomes split, all pages free, for @owner. */
static void block_split(u32 i, enum mem_owner owner)
{
	struct block *b = &blocks[i];

	list_unlink(&free_list[b->node], i);
	b->state = BLOCK_SPLIT;
	b->owner = (u8)owner;
	b->free_pages = BLOCK_PAGES;
	memset(b->free_map, 0xff, sizeof(b->free_map));
	list_push(partial_of(b), i);
}

static bool page_is_free(const struct block *b, u32 page)
{
	return b->free_map[page / 64] & BIT(page & 63);
}

static u32 first_free(const struct block *b, u32 from)
{
	for (u32 w = from / 64; w < BLOCK_PAGES / 64; w++) {
		u64 bits = b->free_map[w];

		if (w == from / 64)
			bits &= ~0ul << (from & 63);
		if (bits)
			return w * 64 + (u32)__builtin_ctzl(bits);
	}
	return BLOCK_PAGES;
}

/* First run of @pages free pages at a multiple of @align pages, or BLOCK_PAGES. */
static u32 find_run(const struct block *b, u32 pages, u32 align)
{
	for (u32 at = first_free(b, 0); at + pages <= BLOCK_PAGES; at = first_free(b, at + 1)) {
		u32 n = 0;

		if (at & (align - 1))
			continue;
		while (n < pages && page_is_free(b, at + n))
			n++;
		if (n == pages)
			return at;
	}
	return BLOCK_PAGES;
}

static void take_pages(u32 i, u32 at, u32 pages)
{
	struct block *b = &blocks[i];

	for (u32 n = at; n < at + pages; n++)
		b->free_map[n / 64] &= ~BIT(n & 63);
	b->free_pages = (u16)(b->free_pages - pages);
	if (!b->free_pages)
		list_unlink(partial_of(b), i);
}

static bool alloc_small(u32 pages, u32 align, enum mem_owner owner, u32 node, u64 *pa)
{
	u32 i = partial_list[node][owner], at = BLOCK_PAGES;

	for (; i != NIL; i = blocks[i].next) {
		at = find_run(&blocks[i], pages, align);
		if (at < BLOCK_PAGES)
			break;
	}
	if (i == NIL) {
		i = free_list[node];
		if (i == NIL)
			return false;
		block_split(i, owner);
		at = 0;
	}
	take_pages(i, at, pages);
	*pa = ((u64)i << BLOCK_SHIFT) + ((u64)at << PAGE_SHIFT);
	return true;
}

static void take_block(u32 i, enum mem_owner owner)
{
	list_unlink(&free_list[blocks[i].node], i);
	blocks[i].state = BLOCK_TAKEN;
	blocks[i].owner = (u8)owner;
	blocks[i].free_pages = 0;
}

/* Runs of more than one block: first fit over the descriptors. */
static u32 find_blocks(u32 count, u32 align, u32 node)
{
	for (u32 at = 0; at + count <= nr_blocks; at += align) {
		u32 n = 0;

		while (n < count && blocks[at + n].state == BLOCK_FREE && blocks[at + n].node == node)
			n++;
		if (n == count)
			return at;
	}
	return NIL;
}

static bool alloc_blocks(u32 count, u32 align, enum mem_owner owner, u32 node, u64 *pa)
{
	u32 at = count == 1 && align == 1 ? free_list[node] : find_blocks(count, align, node);

	if (at == NIL)
		return false;
	for (u32 i = at; i < at + count; i++)
		take_block(i, owner);
	*pa = (u64)at << BLOCK_SHIFT;
	return true;
}

static bool alloc_on_node(u64 bytes, u64 align, enum mem_owner owner, u32 node, u64 *pa)
{
	if (bytes < SZ_2M && align < SZ_2M)
		return alloc_small((u32)(bytes >> PAGE_SHIFT), (u32)(align >> PAGE_SHIFT), owner, node, pa);
	return alloc_blocks((u32)((bytes + SZ_2M - 1) >> BLOCK_SHIFT),
			    (u32)MAX(align >> BLOCK_SHIFT, 1ul), owner, node, pa);
}

static u64 rounded(u64 bytes, u64 align)
{
	return bytes < SZ_2M && align < SZ_2M ? bytes : ALIGN_UP(bytes, SZ_2M);
}

int phys_alloc(u64 bytes, u64 align, enum mem_owner owner, int node, u32 flags, hpa_t *out)
{
	u32 near = node < 0 ? arch_node() : (u32)node, first = near < nr_nodes ? near : 0;
	unsigned long irq;
	bool ok = false;
	u64 pa = 0;

	if (!bytes || (bytes & (PAGE_SIZE - 1)) || align < PAGE_SIZE || (align & (align - 1)) ||
	    owner == MEM_FREE || owner >= MEM_NR_OWNERS)
		return -EINVAL;
	if (fault_inject_hit())
		return -ENOMEM;
	if (bytes >= SZ_1G && IS_ALIGNED(bytes, SZ_1G))
		align = MAX(align, SZ_1G);
	irq = spin_lock_irqsave(&lock);
	for (u32 n = 0; n < nr_nodes && !ok; n++)
		ok = alloc_on_node(bytes, align, owner, (first + n) % nr_nodes, &pa);
	if (ok) {
		u64 pages = rounded(bytes, align) >> PAGE_SHIFT;

		stats.free_pages -= pages;
		stats.least_free_pages = MIN(stats.least_free_pages, stats.free_pages);
		stats.by_owner[owner] += pages;
	}
	spin_unlock_irqrestore(&lock, irq);
	if (!ok)
		return -ENOMEM;
	if (flags & PHYS_ZERO)
		memset(hpa_to_ptr(HPA(pa)), 0, bytes);
	*out = HPA(pa);
	return 0;
}

static void free_small(u32 i, u32 at, u32 pages)
{
	struct block *b = &blocks[i];

	ASSERT(b->state == BLOCK_SPLIT && at + pages <= BLOCK_PAGES);
	if (!b->free_pages)
		list_push(partial_of(b), i);
	for (u32 n = at; n < at + pages; n++) {
		ASSERT(!page_is_free(b, n));
		b->free_map[n / 64] |= BIT(n & 63);
	}
	b->free_pages = (u16)(b->free_pages + pages);
	if (b->free_pages == BLOCK_PAGES) {
		list_unlink(partial_of(b), i);
		block_to_free(i);
	}
}

void phys_free(hpa_t pa, u64 bytes)
{
	u32 i = (u32)(pa.v >> BLOCK_SHIFT), owner;
	unsigned long irq = spin_lock_irqsave(&lock);
	u64 pages;

	ASSERT(i < nr_blocks && IS_ALIGNED(pa.v | bytes, PAGE_SIZE));
	owner = blocks[i].owner;
	if (blocks[i].state == BLOCK_SPLIT) {
		pages = bytes >> PAGE_SHIFT;
		free_small(i, (u32)(pa.v >> PAGE_SHIFT) & (BLOCK_PAGES - 1), (u32)pages);
	} else {
		u32 count = (u32)((bytes + SZ_2M - 1) >> BLOCK_SHIFT);

		pages = (u64)count * BLOCK_PAGES;
		for (u32 n = i; n < i + count; n++) {
			ASSERT(blocks[n].state == BLOCK_TAKEN);
			block_to_free(n);
		}
	}
	stats.free_pages += pages;
	stats.by_owner[owner] -= pages;
	spin_unlock_irqrestore(&lock, irq);
}

void phys_split(hpa_t block)
{
	u32 i = (u32)(block.v >> BLOCK_SHIFT);
	unsigned long irq = spin_lock_irqsave(&lock);

	ASSERT(i < nr_blocks && IS_ALIGNED(block.v, SZ_2M) && blocks[i].state == BLOCK_TAKEN);
	blocks[i].state = BLOCK_SPLIT;
	blocks[i].free_pages = 0;
	memset(blocks[i].free_map, 0, sizeof(blocks[i].free_map));
	spin_unlock_irqrestore(&lock, irq);
}

/* Pages that never were ours become free; the block becomes a split one of MEM_KERNEL. */
static void add_part(u32 i, u32 at, u32 pages)
{
	struct block *b = &blocks[i];

	stats.free_pages += pages;
	stats.total_pages += pages;
	if (b->state == BLOCK_ABSENT && pages == BLOCK_PAGES) {
		block_to_free(i);	/* most of all memory: no look at single pages */
		return;
	}
	if (b->state == BLOCK_ABSENT) {
		b->state = BLOCK_SPLIT;
		b->owner = MEM_KERNEL;
		b->free_pages = 0;
		memset(b->free_map, 0, sizeof(b->free_map));
	}
	free_small(i, at, pages);
}

void phys_add(u64 start, u64 size)
{
	u64 at = ALIGN_UP(start, PAGE_SIZE), end = ALIGN_DOWN(start + size, PAGE_SIZE), next;
	unsigned long irq = spin_lock_irqsave(&lock);

	for (; at < end; at = next) {
		u32 i = (u32)(at >> BLOCK_SHIFT);

		next = MIN(ALIGN_DOWN(at, SZ_2M) + SZ_2M, end);
		if (i >= nr_blocks)
			break;
		add_part(i, (u32)(at >> PAGE_SHIFT) & (BLOCK_PAGES - 1), (u32)((next - at) >> PAGE_SHIFT));
	}
	spin_unlock_irqrestore(&lock, irq);
}

static void node_of_blocks(const struct phys_range *r)
{
	if (r->node <= 0 || (u32)r->node >= MAX_NODES)
		return;
	nr_nodes = MAX(nr_nodes, (u32)r->node + 1);
	for (u64 b = r->start >> BLOCK_SHIFT; b < (r->start + r->size + SZ_2M - 1) >> BLOCK_SHIFT; b++)
		blocks[b].node = (u8)r->node;
}

/* The descriptors take the first range from 1 MiB up that has room for them. */
static u64 place_descriptors(const struct phys_range *r, unsigned nr, u64 bytes)
{
	for (unsigned i = 0; i < nr; i++) {
		u64 start = ALIGN_UP(MAX(r[i].start, 0x100000ul), PAGE_SIZE);

		if (start < r[i].start + r[i].size && r[i].start + r[i].size - start >= bytes)
			return start;
	}
	return 0;
}

int phys_init(const struct phys_range *r, unsigned nr)
{
	u64 top = 0, bytes, at;

	for (unsigned i = 0; i < nr; i++)
		top = MAX(top, r[i].start + r[i].size);
	nr_blocks = (u32)((top + SZ_2M - 1) >> BLOCK_SHIFT);
	bytes = ALIGN_UP(nr_blocks * sizeof(struct block), PAGE_SIZE);
	at = place_descriptors(r, nr, bytes);
	if (!at)
		return -ENOMEM;
	blocks = hpa_to_ptr(HPA(at));
	memset(blocks, 0, bytes);
	stats.descriptor_bytes = bytes;
	memset(free_list, 0xff, sizeof(free_list));
	memset(partial_list, 0xff, sizeof(partial_list));
	for (unsigned i = 0; i < nr; i++)
		node_of_blocks(&r[i]);
	for (unsigned i = 0; i < nr; i++) {
		u64 start = MAX(r[i].start, PAGE_SIZE), end = r[i].start + r[i].size;

		if (at >= start && at < end) {
			phys_add(start, at - start);
			start = at + bytes;
		}
		if (start < end)
			phys_add(start, end - start);
	}
	return 0;
}

enum mem_owner phys_owner(hpa_t pa)
{
	u64 i = pa.v >> BLOCK_SHIFT;

	return i < nr_blocks ? (enum mem_owner)READ_ONCE(blocks[i].owner) : MEM_FREE;
}

u32 phys_node_of(hpa_t pa)
{
	u64 i = pa.v >> BLOCK_SHIFT;

	return i < nr_blocks ? blocks[i].node : 0;
}

u32 phys_nr_nodes(void)
{
	return nr_nodes;
}

void phys_watch_least(void)
{
	unsigned long irq = spin_lock_irqsave(&lock);

	stats.least_free_pages = stats.free_pages;
	spin_unlock_irqrestore(&lock, irq);
}

void phys_get_stats(struct phys_stats *st)
{
	unsigned long irq = spin_lock_irqsave(&lock);

	*st = stats;
	spin_unlock_irqrestore(&lock, irq);
}

void *page_alloc(void)
{
	hpa_t pa;

	if (phys_alloc(PAGE_SIZE, PAGE_SIZE, MEM_KERNEL, PHYS_ANY_NODE, PHYS_ZERO, &pa))
		return NULL;
	return hpa_to_ptr(pa);
}

void page_free(void *page)
{
	phys_free(ptr_to_hpa(page), PAGE_SIZE);
}
