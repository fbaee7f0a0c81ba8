// SPDX-License-Identifier: Apache-2.0
/*
 * seamcall.c - gate, dirty-cache mark, entropy retry
 *
 * A CPU says that it is inside before it looks whether the gate is open; who closes it looks at the CPUs
 * after it closed. One of the two sees the other, so no call begins after tdx_gate_close() returned.
 * Source: tdx.h of the ABI; TDX Module Base specification, "SEAMCALL instruction".
 */
#include "seamcall.h"
#include <errno.h>
#include <socle/cpu.h>
#include <socle/log.h>
#include <socle/sched.h>
#include "leaf.h"
#include "status.h"

#define ENTROPY_TRIES 10

static struct { bool inside, dirty; u64 calls; } per_cpu[MAX_CPUS] __aligned(64);
static tdx_call_fn *gate;

void tdx_gate_open(tdx_call_fn *fn)
{
	__atomic_store_n(&gate, fn, __ATOMIC_SEQ_CST);
}

void tdx_gate_close(void)
{
	__atomic_store_n(&gate, NULL, __ATOMIC_SEQ_CST);
	for (u32 cpu = 0; cpu < MAX_CPUS; cpu++)
		while (__atomic_load_n(&per_cpu[cpu].inside, __ATOMIC_SEQ_CST))	/* pairs with call() */
			sched_yield();
}

static void until_entropy(tdx_call_fn *fn, u64 leaf, struct tdx_module_args *args)
{
	const struct tdx_module_args in = *args;

	for (u32 i = 0; i < ENTROPY_TRIES; i++) {
		*args = in;
		args->rax = leaf;
		fn(args);
		if (tdx_code(args->rax) != TDX_RND_NO_ENTROPY_CODE)
			return;
	}
}

static u64 call(u64 leaf, struct tdx_module_args *args)
{
	tdx_call_fn *fn;
	u32 cpu;

	preempt_disable();
	cpu = cpu_id();
	__atomic_store_n(&per_cpu[cpu].inside, true, __ATOMIC_SEQ_CST);	/* before the gate: tdx_gate_close() */
	fn = __atomic_load_n(&gate, __ATOMIC_SEQ_CST);
	if (fn) {
		per_cpu[cpu].dirty = true;	/* before the call: an NMI that stops this CPU inside must see it */
		barrier();
		per_cpu[cpu].calls++;
		until_entropy(fn, leaf, args);
	} else {
		args->rax = TDX_SW_GATE_CLOSED;
	}
	__atomic_store_n(&per_cpu[cpu].inside, false, __ATOMIC_RELEASE);
	preempt_enable();
	return args->rax;
}

static void log_failure(u64 leaf, const struct tdx_module_args *in, u64 status)
{
	const struct tdx_explanation e = tdx_explain(status);

	if (tdx_done(status) || tdx_busy(status) || tdx_interrupted(status))
		return;		/* not failures yet: the caller may try again */
	LOG_RATELIMIT(LOG_NOTICE, "tdx: %s rcx=%#llx rdx=%#llx r8=%#llx: %s%s%s (%#llx): %s; %s\n", tdx_leaf_name(leaf),
		      in->rcx, in->rdx, in->r8, e.name, e.operand ? " " : "", e.operand ? e.operand : "",
		      (unsigned long long)status, e.cause, e.action);
}

u64 seamcall_saved_ret(u64 leaf, struct tdx_module_args *args)
{
	const struct tdx_module_args in = *args;
	u64 status = call(leaf, args);

	log_failure(leaf, &in, status);
	return status;
}

u64 seamcall(u64 leaf, const struct tdx_module_args *args)
{
	struct tdx_module_args copy = *args;

	return seamcall_saved_ret(leaf, &copy);
}

u64 seamcall_ret(u64 leaf, struct tdx_module_args *args)
{
	struct tdx_module_args out = *args;
	u64 status = seamcall_saved_ret(leaf, &out);

	args->rcx = out.rcx;
	args->rdx = out.rdx;
	args->r8 = out.r8;
	args->r9 = out.r9;
	args->r10 = out.r10;
	args->r11 = out.r11;
	return status;
}

static const struct { u64 status; int err; } instruction_errors[] = {
	{ TDX_SW_VMFAILINVALID, -ENODEV }, { TDX_SW_GP, -EOPNOTSUPP }, { TDX_SW_UD, -EACCES },
	{ TDX_SW_GATE_CLOSED, -ESHUTDOWN },
};

int tdx_errno(u64 status)
{
	if (tdx_done(status))
		return 0;
	for (u32 i = 0; i < ARRAY_SIZE(instruction_errors); i++)
		if (instruction_errors[i].status == status)
			return instruction_errors[i].err;
	return tdx_busy(status) || tdx_interrupted(status) || tdx_code(status) == TDX_RND_NO_ENTROPY_CODE ||
	       tdx_code(status) == TDX_KEY_GENERATION_FAILED_CODE ? -EAGAIN : -EIO;
}

bool tdx_cache_dirty(u32 cpu)
{
	return READ_ONCE(per_cpu[cpu].dirty);
}

void tdx_cache_flushed(void)
{
	per_cpu[cpu_id()].dirty = false;
}

u64 tdx_calls(void)
{
	u64 sum = 0;

	for (u32 cpu = 0; cpu < MAX_CPUS; cpu++)
		sum += READ_ONCE(per_cpu[cpu].calls);
	return sum;
}
