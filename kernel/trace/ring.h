/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring.h - one CPU's trace records, and their text
 */
#ifndef TRACE_RING_H
#define TRACE_RING_H

#include <socle/trace.h>

#define RING_RECORDS 4096u

struct trace_ring {
	u64 next;			/* records ever begun */
	struct trace_record rec[RING_RECORDS];
};

/* @time must not be 0. */
void ring_put(struct trace_ring *r, const struct trace_record *rec);
/* Record number @n, counted from the first ever; false: overwritten, or being written. */
bool ring_get(const struct trace_ring *r, u64 n, struct trace_record *out);
u64 ring_oldest(const struct trace_ring *r);

/* "name a 0x1 b 2", without a line end; bytes, less than @size. An unknown id is shown as its number. */
size_t trace_decode(const struct trace_record *rec, char *buf, size_t size);
const char *trace_name(u32 id);		/* NULL: no such point */

#endif
