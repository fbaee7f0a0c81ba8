/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_tdx_seamcall.c - the gate on the simulated machine: no call begins after it closed; entropy; registers
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <socle/cpu.h>
#include "fake/sim.h"
#include "leaf.h"
#include "seamcall.h"
#include "status.h"

#define STATUS(name) ((u64)(u32)TDX_##name##_CODE << 32)

static u32 inside, calls, entropy_failures;
static bool closed;

static void module(struct tdx_module_args *a)
{
	SIM_ASSERT(!closed && tdx_cache_dirty(cpu_id()));
	inside++;
	calls++;
	sim_yield();
	a->rcx = 1; a->rdx = 2; a->rbx = 3; a->rbp = 4; a->rsi = 5; a->rdi = 6; a->r8 = 7; a->r9 = 8; a->r10 = 9;
	a->r11 = 10; a->r12 = 11; a->r13 = 12; a->r14 = 13; a->r15 = 14;
	a->rax = entropy_failures ? STATUS(RND_NO_ENTROPY) : 0;
	entropy_failures -= entropy_failures != 0;
	inside--;
}

static void caller(void *arg)
{
	u64 status;

	(void)arg;
	do
		status = tdh_sys_init();
	while (status != TDX_SW_GATE_CLOSED);
}

static void closer(void *arg)
{
	(void)arg;
	for (u64 i = sim_random(30); i; i--)
		sim_yield();
	tdx_gate_close();
	closed = true;
	SIM_ASSERT(inside == 0);
}

static void gate_round(void)
{
	const struct sim_job jobs[] = { { caller, NULL }, { closer, NULL }, { caller, NULL } };

	inside = calls = entropy_failures = 0;
	closed = false;
	tdx_gate_open(module);
	sim_parallel(jobs, 3);
	SIM_ASSERT(tdx_errno(tdh_sys_init()) == -ESHUTDOWN);
}

static void entropy(void)
{
	calls = 0;
	entropy_failures = 9;
	SIM_ASSERT(tdh_sys_init() == 0 && calls == 10);
	entropy_failures = 10;
	SIM_ASSERT(tdx_errno(tdh_sys_init()) == -EAGAIN && entropy_failures == 0 && calls == 20);
}

/* Each form returns its own registers and keeps the others. */
static void forms_round(void)
{
	struct tdx_module_args a = { .rax = 99, .rcx = 100, .rbx = 101, .r12 = 102 };
	const struct tdx_module_args before = a;

	closed = false;
	inside = calls = entropy_failures = 0;
	tdx_gate_open(module);
	entropy();
	SIM_ASSERT(seamcall(TDH_SYS_RD, &a) == 0 && !memcmp(&a, &before, sizeof(a)));
	SIM_ASSERT(seamcall_ret(TDH_SYS_RD, &a) == 0);
	SIM_ASSERT(a.rax == 99 && a.rcx == 1 && a.rdx == 2 && a.r8 == 7 && a.r9 == 8 && a.r10 == 9 && a.r11 == 10);
	SIM_ASSERT(a.rbx == 101 && a.r12 == 102 && a.rbp == 0 && a.rsi == 0 && a.rdi == 0 && a.r13 == 0);
	SIM_ASSERT(seamcall_saved_ret(TDH_SYS_RD, &a) == 0);
	SIM_ASSERT(a.rbx == 3 && a.rbp == 4 && a.rsi == 5 && a.rdi == 6 && a.r12 == 11 && a.r15 == 14);
	preempt_disable();
	tdx_cache_flushed();
	SIM_ASSERT(!tdx_cache_dirty(cpu_id()));
	preempt_enable();
	tdx_gate_close();
	SIM_ASSERT(tdh_sys_init() == TDX_SW_GATE_CLOSED);
	SIM_ASSERT(!tdx_cache_dirty(cpu_id()));		/* a refused call dirties nothing */
}

static void errnos_round(void)
{
	static const struct { u64 status; int err; } rows[] = {
		{ 0, 0 }, { STATUS(KEY_CONFIGURED), 0 }, { TDX_SW_VMFAILINVALID, -ENODEV }, { TDX_SW_GP, -EOPNOTSUPP },
		{ TDX_SW_UD, -EACCES }, { STATUS(OPERAND_BUSY) | 1, -EAGAIN }, { STATUS(INTERRUPTED_RESUMABLE), -EAGAIN },
		{ STATUS(KEY_GENERATION_FAILED), -EAGAIN }, { STATUS(OPERAND_INVALID), -EIO }, { STATUS(TD_FATAL), -EIO },
	};

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		SIM_ASSERT(tdx_errno(rows[i].status) == rows[i].err);
	SIM_ASSERT(!strcmp(tdx_leaf_name(TDH_MEM_PAGE_AUG | 1 << 16), "MEM_PAGE_AUG"));
	SIM_ASSERT(!strcmp(tdx_leaf_name(46), "unknown leaf"));
}

static void small_round(void)
{
	forms_round();
	errnos_round();
}

static bool passes(const char *name, u32 cpus, u64 rounds, void (*round)(void))
{
	int status = 1;

	fflush(stdout);
	if (!fork()) {
		int ret = sim_main(name, cpus, rounds, round);

		fflush(stdout);
		_exit(ret);
	}
	return wait(&status) > 0 && !status;
}

int main(void)
{
	u32 failed = !passes("tdx gate", 3, 20000, gate_round) + !passes("tdx seamcall", 1, 100, small_round);

	printf("%u failed\n", failed);
	return failed != 0;
}
