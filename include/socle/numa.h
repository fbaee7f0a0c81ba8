/* SPDX-License-Identifier: Apache-2.0 */
/*
 * numa.h - which node memory and CPUs belong to (ACPI SRAT)
 *
 * Proximity domains, which are any numbers, become nodes 0, 1, 2 ... in the
 * order in which the table names them. Without the table all is node 0.
 */
#ifndef SOCLE_NUMA_H
#define SOCLE_NUMA_H

#include <socle/types.h>

#define NUMA_MAX_NODES	8u
#define NUMA_MAX_RANGES	64u

struct numa_range { u64 start, size; u32 node; };

/* Reads the table, after acpi_init(). What does not fit the limits counts as node 0. */
void numa_init(void);
u32 numa_nr_nodes(void);		/* >= 1 */
/* Node of @pa; *@end: where that may change, above @pa. */
u32 numa_node_of(u64 pa, u64 *end);
u32 numa_node_of_cpu(u32 apic_id);

#endif
