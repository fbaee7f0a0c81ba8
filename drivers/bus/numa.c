/* SPDX-License-Identifier: Apache-2.0 */
/*
 * numa.c - ACPI's System Resource Affinity Table
 *
 * Source: ACPI 6.5, 5.2.16: processor (type 0, 16 bytes), memory (type 1, 40
 * bytes), x2APIC (type 2, 24 bytes); bit 0 of the flags says that an entry counts.
 */
#include <socle/log.h>
#include <socle/numa.h>
#include "acpi_priv.h"

#define SRAT_FIRST	48u
#define SRAT_ENABLED	1u
#define MAX_CPUS_SRAT	1024u

static u32 domain[NUMA_MAX_NODES], nr_nodes;
static struct numa_range ranges[NUMA_MAX_RANGES];
static u32 nr_ranges;
static struct { u32 apic_id, node; } cpus[MAX_CPUS_SRAT];
static u32 nr_cpus;

/* A new one if need be; node 0 when there are too many. */
static u32 node_of_domain(u32 d)
{
	for (u32 i = 0; i < nr_nodes; i++)
		if (domain[i] == d)
			return i;
	if (nr_nodes == NUMA_MAX_NODES)
		return 0;
	domain[nr_nodes] = d;
	return nr_nodes++;
}

static u64 u64_at(const u8 *p)
{
	return acpi_u32(p) | (u64)acpi_u32(p + 4) << 32;
}

static void add_memory(const u8 *p)
{
	u64 start = u64_at(p + 8), size = u64_at(p + 16);

	if (!(acpi_u32(p + 28) & SRAT_ENABLED) || !size || start + size < start || nr_ranges == NUMA_MAX_RANGES)
		return;
	ranges[nr_ranges++] = (struct numa_range){ start, size, node_of_domain(acpi_u32(p + 2)) };
}

static void add_cpu(u32 apic_id, u32 d, u32 flags)
{
	if (!(flags & SRAT_ENABLED) || nr_cpus == MAX_CPUS_SRAT)
		return;
	cpus[nr_cpus].apic_id = apic_id;
	cpus[nr_cpus++].node = node_of_domain(d);
}

static void add_entry(const u8 *p)
{
	if (p[0] == 0 && p[1] >= 16)
		add_cpu(p[3], p[2] | (u32)p[9] << 8 | (u32)p[10] << 16 | (u32)p[11] << 24, acpi_u32(p + 4));
	else if (p[0] == 1 && p[1] >= 40)
		add_memory(p);
	else if (p[0] == 2 && p[1] >= 24)
		add_cpu(acpi_u32(p + 8), acpi_u32(p + 4), acpi_u32(p + 12));
}

void numa_init(void)
{
	const struct acpi_header *h = acpi_find("SRAT");
	const u8 *p, *end;

	nr_nodes = nr_ranges = nr_cpus = 0;
	if (!h)
		return;
	end = (const u8 *)h + h->length;
	for (p = (const u8 *)h + SRAT_FIRST; p + 2 <= end && p[1] >= 2 && p[1] <= end - p; p += p[1])
		add_entry(p);
}

u32 numa_nr_nodes(void)
{
	return MAX(nr_nodes, 1u);
}

u32 numa_node_of(u64 pa, u64 *end)
{
	*end = ~0ull;
	for (u32 i = 0; i < nr_ranges; i++) {
		const struct numa_range *r = &ranges[i];

		if (pa >= r->start && pa - r->start < r->size) {
			*end = r->start + r->size;
			return r->node;
		}
		if (r->start > pa)
			*end = MIN(*end, r->start);
	}
	return 0;
}

u32 numa_node_of_cpu(u32 apic_id)
{
	for (u32 i = 0; i < nr_cpus; i++)
		if (cpus[i].apic_id == apic_id)
			return cpus[i].node;
	return 0;
}
