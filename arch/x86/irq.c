/* SPDX-License-Identifier: Apache-2.0 */
/*
 * irq.c - device and inter-processor vectors to their handlers
 */
#include <socle/arch.h>
#include <socle/cpu.h>
#include <socle/log.h>
#include <socle/sched.h>
#include <socle/time.h>
#include "irq.h"
#include "priv.h"

static void (*handlers[256])(void);

void irq_set_handler(u32 vector, void (*fn)(void))
{
	WRITE_ONCE(handlers[vector], fn);
}

bool irq_has_handler(u32 vector)
{
	return READ_ONCE(handlers[vector]) != NULL;
}

/* The reschedule itself is done on the way out. */
static void resched_ipi(void)
{
	*arch_need_resched() = true;
}

static void (*builtin(u32 vector))(void)
{
	switch (vector) {
	case VECTOR_TIMER: return timer_interrupt;
	case VECTOR_CALL: return cpu_call_handle_ipi;
	case VECTOR_RESCHED: return resched_ipi;
	default: return handlers[vector];
	}
}

void irq_handle(u32 vector)
{
	void (*fn)(void) = builtin(vector);

	if (vector == VECTOR_SPURIOUS)
		return;
	apic_eoi();
	if (fn)
		fn();
	else
		LOG_RATELIMIT(LOG_NOTICE, "interrupt vector %u has no handler\n", vector);
	nmi_tell();
	mce_tell();
	sched_irq_exit();
}
