# SPDX-License-Identifier: Apache-2.0
kernel-y += kernel/sched/lock.c kernel/sched/wait.c kernel/sched/sched.c kernel/sched/section.c kernel/sched/thread.c kernel/sched/cross_call.c
