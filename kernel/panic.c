/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panic.c - the end, with a backtrace
 */
#include <socle/arch.h>
#include <socle/log.h>
#include <socle/sched.h>
#include "format.h"

#define PANIC_STATUS 63

static u32 first;			/* CPU + 1 */

static void emit(u64 rip)
{
	log_error("  %016lx\n", rip);
}

/* On the same CPU the message cannot be completed; another one must not garble the first. */
static void __noreturn second_panic(u32 by)
{
	if (by == arch_cpu_id() + 1)
		arch_poweroff(PANIC_STATUS);
	for (;;)
		arch_cpu_relax();
}

void panic(const char *fmt, ...)
{
	u32 me = arch_cpu_id() + 1, expected = 0;
	char line[256];
	va_list ap;

	arch_irq_disable();
	if (!__atomic_compare_exchange_n(&first, &expected, me, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		second_panic(expected);
	log_break();
	arch_stop_others();
	va_start(ap, fmt);
	format_line(line, sizeof(line), fmt, ap);
	va_end(ap);
	log_error("panic: CPU %u, thread %s: %s", me - 1, thread_current() ? thread_current()->name : "-", line);
	arch_backtrace(emit);
	arch_poweroff(PANIC_STATUS);
}
