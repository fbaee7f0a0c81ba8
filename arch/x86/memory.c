/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.c - from the firmware's map to the allocator
 *
 * Loader memory stays out until nothing of it is used any more: first its page
 * tables and stack, later the files.
 */
#include <socle/boot_info.h>
#include <socle/log.h>
#include <socle/mem.h>
#include <socle/numa.h>
#include "priv.h"

#define LOW_PAGES	2u
#define LOW_END		0x9f000ull

static u64 low_page[LOW_PAGES];
static u32 low_used;

void *low_page_alloc(void)
{
	return low_used < LOW_PAGES && low_page[low_used] ? hpa_to_ptr(HPA(low_page[low_used++])) : NULL;
}

/* The last pages of the first range that ends below 640 KiB are for starting CPUs. */
static u64 take_low_pages(const struct boot_range *r)
{
	u64 end = MIN(r->start + r->size, LOW_END);

	if (low_page[0] || r->start >= LOW_END || end - r->start < (LOW_PAGES + 1) * PAGE_SIZE)
		return r->size;
	end = ALIGN_DOWN(end, PAGE_SIZE) - LOW_PAGES * PAGE_SIZE;
	for (u32 i = 0; i < LOW_PAGES; i++)
		low_page[i] = end + i * PAGE_SIZE;
	return end - r->start;
}

/* Appends [start, end), cut where the node changes; what is beyond the table's end is left out. */
static unsigned split_by_node(struct phys_range *out, unsigned nr, u64 start, u64 end)
{
	while (start < end && nr < BOOT_MAX_RANGES) {
		u64 next;
		int node = (int)numa_node_of(start, &next);

		next = MIN(next, end);
		out[nr++] = (struct phys_range){ start, next - start, node };
		start = next;
	}
	return nr;
}

void memory_init(const struct boot_info *bi)
{
	static struct phys_range ranges[BOOT_MAX_RANGES];
	unsigned nr = 0;

	for (u32 i = 0; i < bi->nr_ranges; i++) {
		const struct boot_range *r = &bi->range[i];

		if (r->type == BOOT_RAM)
			nr = split_by_node(ranges, nr, r->start, r->start + take_low_pages(r));
	}
	if (phys_init(ranges, nr))
		panic("memory: no free range of memory is large enough for the block descriptors\n");
}

/* Gives [start, end) back but for the kernel image and the boot files. */
static void add_without_files(const struct boot_info *bi, u64 start, u64 end)
{
	u64 stop = end, next = end;

	if (bi->kernel_pa + bi->kernel_size > start && bi->kernel_pa < stop) {
		stop = bi->kernel_pa;
		next = bi->kernel_pa + bi->kernel_size;
	}
	for (u32 i = 0; i < bi->nr_files; i++) {
		u64 pa = bi->file[i].pa, pa_end = ALIGN_UP(pa + bi->file[i].size, PAGE_SIZE);

		if (pa_end > start && pa < stop) {
			stop = pa;
			next = pa_end;
		}
	}
	if (start < stop)
		phys_add(start, stop - start);
	if (next < end)
		add_without_files(bi, MAX(next, start), end);
}

/* @bi is our copy; the loader's tables are no longer in use. */
void memory_add_loader(const struct boot_info *bi)
{
	for (u32 i = 0; i < bi->nr_ranges; i++)
		if (bi->range[i].type == BOOT_LOADER)
			add_without_files(bi, bi->range[i].start, bi->range[i].start + bi->range[i].size);
}
