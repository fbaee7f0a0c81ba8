/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panic.c - the end, with a backtrace
 */
#include <socle/arch.h>
#include <socle/log.h>
#include "format.h"

#define PANIC_STATUS 63

static u32 panicking;

static void emit(u64 rip)
{
	log_error("  %016lx\n", rip);
}

void panic(const char *fmt, ...)
{
	char line[256];
	va_list ap;

	arch_irq_disable();
	/* A second one, on this CPU or another, must not garble or repeat the first. */
	if (__atomic_fetch_add(&panicking, 1, __ATOMIC_ACQ_REL))
		arch_poweroff(PANIC_STATUS);
	va_start(ap, fmt);
	format_line(line, sizeof(line), fmt, ap);
	va_end(ap);
	log_error("panic: %s", line);
	arch_backtrace(emit);
	arch_poweroff(PANIC_STATUS);
}
