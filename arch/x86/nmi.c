/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nmi.c - non-maskable interrupts: the stop of a panic, and others, which are counted
 *
 * The handler has its own stack, takes no lock and prints nothing: the next
 * ordinary interrupt of the CPU tells what came. In guest mode an NMI is
 * intercepted, and comes here when the host sets GIF.
 */
#include <socle/arch.h>
#include <socle/cpu.h>
#include <socle/log.h>
#include <asm/io.h>
#include "irq.h"
#include "priv.h"

#define ICR_NMI_OTHERS	0xc4400u	/* all but self, delivery mode NMI, assert: SDM vol. 3, 11.6.1 */
#define ICR_NMI		0x4400u
#define STOP_LOOPS	10000000u

static bool stop;
static u32 nr_stopped, nr_nmi, nr_told;

void nmi_handle(void)
{
	if (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		__atomic_fetch_add(&nr_nmi, 1, __ATOMIC_RELAXED);
		return;
	}
	__atomic_fetch_add(&nr_stopped, 1, __ATOMIC_RELAXED);
	for (;;)
		__asm__ volatile("cli; hlt");
}

u32 nmi_count(void)
{
	return __atomic_load_n(&nr_nmi, __ATOMIC_RELAXED);
}

/* From an ordinary interrupt. */
void nmi_tell(void)
{
	u32 n = nmi_count(), told = __atomic_exchange_n(&nr_told, n, __ATOMIC_RELAXED);

	if (n != told)
		LOG_RATELIMIT(LOG_NOTICE, "nmi: %u, cause unknown\n", n - told);
}

bool arch_test_nmi(void)
{
	u32 before = nmi_count();

	apic_send(apic_id(), ICR_NMI);
	for (u32 i = 0; i < STOP_LOOPS && nmi_count() == before; i++)
		arch_cpu_relax();
	return nmi_count() == before + 1;
}

/* For a panic: returns when the others stand still, or do not answer. */
void arch_stop_others(void)
{
	u32 others = cpu_nr_online() - 1;

	if (!others)
		return;
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	apic_send(0, ICR_NMI_OTHERS);
	for (u32 i = 0; i < STOP_LOOPS && __atomic_load_n(&nr_stopped, __ATOMIC_RELAXED) < others; i++)
		arch_cpu_relax();
}
