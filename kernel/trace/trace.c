/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace.c - the fact "trace": on, off, show [records]
 *
 * Rings are made when tracing is first switched on, and stay: a CPU may still
 * write a record while another one switches it off.
 */
#include <errno.h>
#include <string.h>
#include <socle/arch.h>
#include <socle/clock.h>
#include <socle/cpu.h>
#include <socle/facts.h>
#include <socle/lock.h>
#include <socle/mem.h>
#include <socle/sched.h>
#include "ring.h"

#define SHOW_DEFAULT	100u
#define SHOW_DIGITS	6u
#define LINE_BYTES	160u

bool trace_is_on;
static struct trace_ring *rings[MAX_CPUS];
static struct mutex lock = MUTEX_INIT(lock);

/* Interrupts off: a writer that is preempted in the middle could be lapped. An NMI is too short for that. */
void trace_write(enum trace_id id, u32 vcpu, u64 a, u64 b)
{
	unsigned long irq = arch_irq_save();
	u32 cpu = arch_cpu_id();
	struct trace_record rec = { arch_counter() | 1, (u16)cpu, (u16)id, vcpu, { a, b } };
	struct trace_ring *r = READ_ONCE(rings[cpu]);

	if (r)
		ring_put(r, &rec);
	arch_irq_restore(irq);
}

static int switch_on(void)
{
	for (u32 cpu = 0; cpu < cpu_nr_online(); cpu++) {
		if (!rings[cpu])
			__atomic_store_n(&rings[cpu], kmalloc(sizeof(struct trace_ring)), __ATOMIC_RELEASE);
		if (!rings[cpu])
			return -ENOMEM;
	}
	WRITE_ONCE(trace_is_on, true);
	return 0;
}

/* How far back each CPU's part of the newest @want records goes. */
struct cursor { u64 at[MAX_CPUS], end[MAX_CPUS]; };

/* CPU whose next record is the oldest of all; MAX_CPUS: none is left. */
static u32 next_cpu(struct cursor *c, struct trace_record *out)
{
	struct trace_record rec;
	u32 found = MAX_CPUS;

	for (u32 cpu = 0; cpu < cpu_nr_online(); cpu++) {
		while (c->at[cpu] < c->end[cpu] && !ring_get(rings[cpu], c->at[cpu], &rec))
			c->at[cpu]++;
		if (c->at[cpu] == c->end[cpu] || (found < MAX_CPUS && rec.time >= out->time))
			continue;
		found = cpu;
		*out = rec;
	}
	return found;
}

static u64 cursor_init(struct cursor *c)
{
	u64 total = 0;

	for (u32 cpu = 0; cpu < cpu_nr_online(); cpu++) {
		if (!rings[cpu])
			continue;
		c->end[cpu] = READ_ONCE(rings[cpu]->next);
		c->at[cpu] = ring_oldest(rings[cpu]);
		total += c->end[cpu] - c->at[cpu];
	}
	return total;
}

static void show_record(struct fact_text *t, const struct trace_record *rec)
{
	u64 us = clock_counter_to_ns(rec->time) / 1000;
	char line[LINE_BYTES];

	(void)trace_decode(rec, line, sizeof(line));
	if (rec->vcpu == TRACE_NO_VCPU)
		fact_printf(t, "%5lu.%06lu cpu %u %s\n", us / 1000000, us % 1000000, rec->cpu, line);
	else
		fact_printf(t, "%5lu.%06lu cpu %u vm %u vcpu %u %s\n", us / 1000000, us % 1000000, rec->cpu,
			    rec->vcpu >> 16, rec->vcpu & 0xffff, line);
}

static int show(struct fact_text *t, u64 want)
{
	struct cursor *c = kmalloc(sizeof(*c));
	struct trace_record rec;
	u64 skip, total;
	u32 cpu;

	if (!c)
		return -ENOMEM;
	total = cursor_init(c);
	skip = total > want ? total - want : 0;
	while ((cpu = next_cpu(c, &rec)) < MAX_CPUS) {
		c->at[cpu]++;
		if (skip)
			skip--;
		else
			show_record(t, &rec);
	}
	kfree(c);
	return 0;
}

static int parse_count(const char *s, u64 *out)
{
	u32 n = 0;

	s += strspn(s, " ");
	*out = *s ? 0 : SHOW_DEFAULT;
	for (; s[n] >= '0' && s[n] <= '9' && n < SHOW_DIGITS; n++)
		*out = *out * 10 + (u64)(s[n] - '0');
	return s[n] ? -EINVAL : 0;
}

static int tell(struct fact_text *t, const char *args)
{
	u64 count;
	int err = 0;

	mutex_lock(&lock);
	if (!strcmp(args, "on"))
		err = switch_on();
	else if (!strcmp(args, "off"))
		WRITE_ONCE(trace_is_on, false);
	else if (!strncmp(args, "show", 4))
		err = parse_count(args + 4, &count) ? -EINVAL : show(t, count);
	else if (*args)
		err = -EINVAL;
	else
		fact_printf(t, "trace is %s; trace on | off | show [records]\n", trace_is_on ? "on" : "off");
	mutex_unlock(&lock);
	return err;
}

static struct fact fact = { .name = "trace", .tell = tell };

void trace_init(void)
{
	fact_register(&fact);
}
