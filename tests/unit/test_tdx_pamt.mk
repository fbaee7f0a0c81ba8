# SPDX-License-Identifier: Apache-2.0
unit-tests += test_tdx_pamt
test_tdx_pamt-src := $(addprefix arch/x86/tdx/,pamt.c pages.c leaf.c seamcall.c status.c) tests/unit/fake/sim.c \
	$(addprefix kernel/sched/,sched.c thread.c wait.c lock.c cross_call.c section.c) kernel/time/timer.c kernel/time/clock.c \
	kernel/facts/facts.c kernel/format.c kernel/trace/ring.c kernel/trace/trace.c kernel/mem/fault_inject.c
test_tdx_pamt-cflags := -Iarch/x86/tdx -O2 -fno-sanitize=undefined -include tests/unit/fake/yield.h -Dsched_yield=kernel_sched_yield
