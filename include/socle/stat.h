/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stat.h - counters of the kernel itself
 */
#ifndef SOCLE_STAT_H
#define SOCLE_STAT_H

#include <socle/types.h>

/* Of one CPU; written by it only, with preemption off. */
struct cpu_stat {
	u64 switches;
	u64 section_start;		/* counter when preemption went off; 0: it is on, or was off before "stat on" */
	u64 section_place;		/* code that switched it off */
	u64 longest, longest_place;	/* counter ticks */
} __aligned(64);
extern struct cpu_stat cpu_stats[];

/* Are sections with preemption off measured? They cost two readings of the counter each. */
extern bool stat_sections;
void section_begin(u64 place);
void section_end(void);

void stat_init(void);			/* registers the fact "stat" */

#endif
