/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stat.c - the fact "stat": CPUs, VMs, vCPUs
 *
 * "stat on" and "stat off" switch the measurement of sections with preemption
 * off; on also forgets the longest ones.
 */
#include <errno.h>
#include <string.h>
#include <socle/clock.h>
#include <socle/cpu.h>
#include <socle/facts.h>
#include <socle/kvm.h>
#include <socle/sched.h>
#include <socle/stat.h>
#include <socle/time.h>

static void forget(void *arg)
{
	struct cpu_stat *s = &cpu_stats[cpu_id()];

	(void)arg;
	s->section_start = s->longest = s->longest_place = 0;
}

static void tell_cpus(struct fact_text *t)
{
	for (u32 i = 0; i < cpu_nr_online(); i++) {
		const struct cpu_stat *s = &cpu_stats[i];

		fact_printf(t, "cpu %u switches %lu", i, READ_ONCE(s->switches));
		if (s->longest)
			fact_printf(t, " preempt_off_max_ns %lu at %lx", s->longest * 1000000 / clock_tsc_khz(),
				    s->longest_place);
		fact_printf(t, "\n");
	}
}

static int tell(struct fact_text *t, const char *args)
{
	if (!strcmp(args, "on")) {
		cpu_call_all(forget, NULL);
		WRITE_ONCE(stat_sections, true);
	} else if (!strcmp(args, "off")) {
		WRITE_ONCE(stat_sections, false);
	} else if (*args) {
		return -EINVAL;
	} else {
		tell_cpus(t);
		kvm_tell_stats(t);
	}
	return 0;
}

static struct fact fact = { .name = "stat", .tell = tell };

void stat_init(void)
{
	fact_register(&fact);
}
