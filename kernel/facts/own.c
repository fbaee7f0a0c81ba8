/* SPDX-License-Identifier: Apache-2.0 */
/*
 * own.c - facts of the kernel itself: log, memory, the points of the boot
 */
#include <socle/arch.h>
#include <socle/log.h>
#include <socle/mem.h>
#include <socle/sched.h>
#include "facts.h"

#define CHUNK 256u

u64 boot_mark_at[NR_BOOT_MARKS];

static int tell_log(struct fact_text *t, const char *args)
{
	char chunk[CHUNK];
	u64 pos = 0;
	size_t n;

	(void)args;
	while ((n = log_read(&pos, chunk, sizeof(chunk))))
		fact_write(t, chunk, n);
	return 0;
}

static const char *const owner_names[MEM_NR_OWNERS] = {
	[MEM_FREE] = "free", [MEM_KERNEL] = "kernel", [MEM_SLAB] = "slab", [MEM_APP] = "app", [MEM_DMA] = "dma",
	[MEM_TDX] = "tdx", [MEM_PAMT] = "pamt", [MEM_POISONED] = "poisoned",
};

/* Pages of 4 KiB, then bytes and counts. One "name value" a line. */
static int tell_mem(struct fact_text *t, const char *args)
{
	struct phys_stats st;

	(void)args;
	phys_get_stats(&st);
	fact_printf(t, "total_pages %lu\n", st.total_pages);
	fact_printf(t, "free_pages %lu\n", st.free_pages);
	for (u32 i = MEM_FREE + 1; i < MEM_NR_OWNERS; i++)
		fact_printf(t, "%s_pages %lu\n", owner_names[i], st.by_owner[i]);
	fact_printf(t, "descriptor_bytes %lu\n", st.descriptor_bytes);
	fact_printf(t, "object_bytes %lu\n", kmem_bytes_in_use());
	fact_printf(t, "threads %u\n", thread_count());
	return 0;
}

static const char *const mark_names[NR_BOOT_MARKS] = { "exit", "kernel", "app", "first_entry" };

/* Counter ticks since ExitBootServices. */
static int tell_boot(struct fact_text *t, const char *args)
{
	u64 start = boot_mark_at[MARK_EXIT_BOOT_SERVICES];

	(void)args;
	for (u32 i = MARK_KERNEL; i < NR_BOOT_MARKS; i++)
		if (boot_mark_at[i])
			fact_printf(t, "%s %lu\n", mark_names[i], boot_mark_at[i] - start);
	fact_printf(t, "now %lu\n", arch_counter() - start);
	return 0;
}

static u64 ram_bytes, guest_bytes;

void facts_set_ram(u64 bytes)
{
	ram_bytes = bytes;
}

void facts_add_guest_memory(u64 bytes)
{
	__atomic_fetch_add(&guest_bytes, bytes, __ATOMIC_RELAXED);
}

/* Ticks since ExitBootServices; memory at its fullest since the app began, in KiB. */
void facts_report(void)
{
	u64 start = boot_mark_at[MARK_EXIT_BOOT_SERVICES], first = boot_mark_at[MARK_FIRST_ENTRY];
	struct phys_stats st;

	phys_get_stats(&st);
	log_info("boot: app at %lu, first guest entry at %lu, end at %lu ticks\n", boot_mark_at[MARK_APP] - start,
		 first ? first - start : 0, arch_counter() - start);
	log_info("memory: %lu KiB in use at most, of which %lu KiB were guests'\n",
		 (ram_bytes >> 10) - (st.least_free_pages << 2), guest_bytes >> 10);
}

static struct fact own[] = {
	{ .name = "log", .tell = tell_log }, { .name = "mem", .tell = tell_mem }, { .name = "boot", .tell = tell_boot },
};

void facts_init(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(own); i++)
		fact_register(&own[i]);
	fact_register(&fact_fail);
	facts_device_init();
}
