/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring.c - one CPU's trace records, and their text
 *
 * A writer takes a place with one atomic addition, so that an interrupt or an
 * NMI in the middle writes into the next one. The time is 0 while a record is
 * not complete and is written last; a reader that finds the same time before
 * and after its copy has a whole record.
 */
#include <stdarg.h>
#include "../format.h"
#include "ring.h"

enum form { NONE, HEX, DEC };
struct point {
	const char *name;
	struct { const char *name; enum form form; } arg[2];
};

#define POINT(n, a, a_form, b, b_form) [TRACE_##n] = { #n, { { a, a_form }, { b, b_form } } },
static const struct point points[NR_TRACE_POINTS] = {
#include <socle/trace_points.h>
};
#undef POINT

void ring_put(struct trace_ring *r, const struct trace_record *rec)
{
	u64 n = __atomic_fetch_add(&r->next, 1, __ATOMIC_RELAXED);
	struct trace_record *at = &r->rec[n % RING_RECORDS];

	__atomic_store_n(&at->time, 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);	/* partner: the second look of ring_get() */
	at->cpu = rec->cpu;
	at->id = rec->id;
	at->vcpu = rec->vcpu;
	at->arg[0] = rec->arg[0];
	at->arg[1] = rec->arg[1];
	__atomic_store_n(&at->time, rec->time, __ATOMIC_RELEASE);
}

u64 ring_oldest(const struct trace_ring *r)
{
	u64 next = __atomic_load_n(&r->next, __ATOMIC_ACQUIRE);

	return next > RING_RECORDS ? next - RING_RECORDS : 0;
}

bool ring_get(const struct trace_ring *r, u64 n, struct trace_record *out)
{
	const struct trace_record *at = &r->rec[n % RING_RECORDS];
	u64 before = __atomic_load_n(&at->time, __ATOMIC_ACQUIRE);

	*out = *at;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	out->time = __atomic_load_n(&at->time, __ATOMIC_RELAXED);
	return before && out->time == before && n >= ring_oldest(r);
}

const char *trace_name(u32 id)
{
	return id < NR_TRACE_POINTS ? points[id].name : NULL;
}

static size_t put(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	n = format_line(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

size_t trace_decode(const struct trace_record *rec, char *buf, size_t size)
{
	const struct point *p = rec->id < NR_TRACE_POINTS ? &points[rec->id] : NULL;
	size_t n;

	if (!p)
		return put(buf, size, "point %u 0x%lx 0x%lx", rec->id, rec->arg[0], rec->arg[1]);
	n = put(buf, size, "%s", p->name);
	for (u32 i = 0; i < 2; i++) {
		if (p->arg[i].form == HEX)
			n += put(buf + n, size - n, " %s 0x%lx", p->arg[i].name, rec->arg[i]);
		else if (p->arg[i].form == DEC)
			n += put(buf + n, size - n, " %s %ld", p->arg[i].name, rec->arg[i]);
	}
	return n;
}
