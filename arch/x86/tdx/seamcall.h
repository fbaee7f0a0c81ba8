/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seamcall.h - the one way to the TDX module: real or in software
 *
 * Every call goes through here: gate, mark of dirty caches, retry on lack of entropy. Statuses are
 * taken apart by status.h only. A failure that trying again cannot help
 * is logged here, in words.
 */
#ifndef TDX_SEAMCALL_H
#define TDX_SEAMCALL_H

#include <abi/tdx.h>
#include <socle/types.h>

/* What happened to the instruction when no module answered: the software class of codes. */
#define TDX_SW_ERROR		0x8000ff0000000000ull
#define TDX_SW_VMFAILINVALID	(TDX_SW_ERROR | 0xffff0000u)	/* module not loaded, being updated, or gone */
#define TDX_SW_GATE_CLOSED	(TDX_SW_ERROR | 0xffff0001u)	/* ours: after tdx_gate_close() */
#define TDX_SW_GP		(TDX_SW_ERROR | 13u)		/* SEAM not enabled by the BIOS */
#define TDX_SW_UD		(TDX_SW_ERROR | 6u)		/* not in VMX operation */

/* The call itself: registers in and out, RAX the leaf, then the status. Runs with preemption off. */
typedef void tdx_call_fn(struct tdx_module_args *args);

/* Opens the gate to FN: the instruction on a machine with SEAM, the software module elsewhere. */
void tdx_gate_open(tdx_call_fn *fn);
/**
 * tdx_gate_close - no call begins any more; returns when the last one that runs has ended
 *
 * Preemption and interrupts on. A call after this answers TDX_SW_GATE_CLOSED.
 */
void tdx_gate_close(void);

/**
 * seamcall - a call without outputs
 * @leaf: RAX: leaf and version; @args: RCX to R15 as the leaf takes them, unchanged
 * Return: completion status. Out of entropy: after ten tries.
 */
u64 seamcall(u64 leaf, const struct tdx_module_args *args);
/* Outputs RCX, RDX, R8 to R11; the rest of @args is kept. */
u64 seamcall_ret(u64 leaf, struct tdx_module_args *args);
/* All registers come out. */
u64 seamcall_saved_ret(u64 leaf, struct tdx_module_args *args);

/* 0 when done; else -ENODEV, -EOPNOTSUPP, -EACCES (the instruction failed), -ESHUTDOWN (gate closed),
 * -EAGAIN busy, interrupted or out of entropy, -EIO anything else. */
int tdx_errno(u64 status);

/* May caches of this CPU hold lines written for the module or by it? Set before each call, cleared by the flush. */
bool tdx_cache_dirty(u32 cpu);
void tdx_cache_flushed(void);	/* by the CPU that flushed, preemption off */
/* Calls since start, refused ones not counted. */
u64 tdx_calls(void);

#endif
