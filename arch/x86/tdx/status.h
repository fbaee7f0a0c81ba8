/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status.h - a completion status taken apart: predicates, and an explanation in words
 *
 * The one place that knows what a status means. Callers decide by the predicates and print
 * the explanation; nobody else compares raw numbers.
 */
#ifndef TDX_STATUS_H
#define TDX_STATUS_H

#include <abi/tdx.h>
#include <socle/types.h>

/* The upper half of STATUS, to be compared with TDX_*_CODE. */
static inline int tdx_code(u64 status)
{
	return (int)(u32)(status >> 32);
}

/* Success in the widest sense: done, or informational (bit 63 clear, outputs valid). */
static inline bool tdx_done(u64 status)
{
	return !(status & TDX_STATUS_ERROR);
}

/* The instruction itself failed: no module answered. */
static inline bool tdx_no_module(u64 status)
{
	return (status & TDX_STATUS_ERROR) && ((status >> TDX_STATUS_CLASS_SHIFT) & 0xff) == TDX_CLASS_SOFTWARE;
}

/* The same call may succeed later, with nothing changed by the host but time or kicked vCPUs. */
bool tdx_busy(u64 status);

/* The call was stopped by an interrupt: call again. */
bool tdx_interrupted(u64 status);

struct tdx_explanation {
	const char *name;	/* without TDX_; "unknown status" if the table has none */
	const char *class;	/* group of codes */
	const char *operand;	/* NULL if the detail is no operand */
	const char *cause;	/* likely, in a host that is right otherwise */
	const char *action;
	u32 detail;		/* bits 31:0 */
};

/* Any 64-bit value is allowed; no pointer but `operand` is ever NULL. Source: TDX Module ABI, completion status codes. */
struct tdx_explanation tdx_explain(u64 status);

#endif
