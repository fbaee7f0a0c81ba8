/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace.h - binary trace points, always compiled in
 *
 * Off, a point is a load and a branch; on, it fills one 32-byte record of this
 * CPU's ring. Any context, also NMI. The oldest records are overwritten.
 */
#ifndef SOCLE_TRACE_H
#define SOCLE_TRACE_H

#include <socle/types.h>

#define POINT(name, a, a_form, b, b_form) TRACE_##name,
enum trace_id {
#include <socle/trace_points.h>
	NR_TRACE_POINTS
};
#undef POINT

#define TRACE_NO_VCPU 0xffffffffu

/* As it is saved. */
struct trace_record {
	u64 time;			/* counter; 0: being written */
	u16 cpu, id;
	u32 vcpu;
	u64 arg[2];
};
_Static_assert(sizeof(struct trace_record) == 32, "size of a trace record");

extern bool trace_is_on;
void trace_write(enum trace_id id, u32 vcpu, u64 a, u64 b);

static inline void trace(enum trace_id id, u32 vcpu, u64 a, u64 b)
{
	if (unlikely(trace_is_on))
		trace_write(id, vcpu, a, b);
}

void trace_init(void);			/* registers the fact "trace" */

#endif
