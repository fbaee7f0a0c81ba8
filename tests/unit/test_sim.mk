# SPDX-License-Identifier: Apache-2.0
unit-tests += test_sim
test_sim-src := $(addprefix tests/unit/,fake/sim.c fake/app.c fake/files.c fake/guest.c sim/sched_rounds.c sim/kvm_rounds.c sim/irqfd_rounds.c sim/create_rounds.c) \
	$(addprefix kernel/sched/,sched.c thread.c wait.c lock.c cross_call.c section.c) kernel/time/timer.c kernel/time/clock.c \
	$(filter kernel/kvm/%,$(kernel-y)) kernel/pt/pt.c kernel/facts/facts.c kernel/format.c \
	kernel/trace/ring.c kernel/trace/trace.c kernel/mem/fault_inject.c kernel/posix/futex.c kernel/posix/eventfd.c kernel/posix/poll_head.c
test_sim-cflags := -Iarch/fake/kvm/include -O2 -fno-sanitize=undefined -include tests/unit/fake/yield.h -Dsched_yield=kernel_sched_yield
