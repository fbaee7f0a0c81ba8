/* SPDX-License-Identifier: Apache-2.0 */
/*
 * section.c - the longest section with preemption off, on each CPU
 *
 * A guest that runs is not part of one: its entry ends the section and its
 * exit begins another.
 */
#include <socle/arch.h>
#include <socle/sched.h>
#include <socle/stat.h>

struct cpu_stat cpu_stats[MAX_CPUS];
bool stat_sections;

void section_begin(u64 place)
{
	struct cpu_stat *s = &cpu_stats[arch_cpu_id()];

	s->section_place = place;
	s->section_start = arch_counter();
}

void section_end(void)
{
	struct cpu_stat *s = &cpu_stats[arch_cpu_id()];
	u64 took = arch_counter() - s->section_start;

	if (s->section_start && took > s->longest) {
		s->longest = took;
		s->longest_place = s->section_place;
	}
	s->section_start = 0;
}
