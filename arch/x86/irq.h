/* SPDX-License-Identifier: Apache-2.0 */
/*
 * irq.h - the host's interrupt vectors and its local APIC
 */
#ifndef X86_IRQ_H
#define X86_IRQ_H

#include <socle/types.h>

#define VECTOR_SERIAL	0x30
#define VECTOR_TIMER	0xec
#define VECTOR_CALL	0xfb
#define VECTOR_RESCHED	0xfd
#define VECTOR_SPURIOUS	0xff

/* Handlers run with interrupts off; the EOI is sent before. */
void irq_set_handler(u32 vector, void (*fn)(void));
bool irq_has_handler(u32 vector);
void irq_handle(u32 vector);

/* apic.c */
void apic_init_boot(void);		/* maps or switches to x2APIC */
void apic_init_cpu(void);
void apic_eoi(void);
u32 apic_id(void);
void apic_send(u32 apic_id, u32 icr_low);	/* SDM vol. 3, 11.6.1 */
u32 apic_timer_count(void);
void apic_timer_start(u32 count);	/* one shot, divide by 1 */
void apic_timer_calibrated(u64 apic_khz);	/* 0: as measured on the boot CPU */
void ioapic_route(u32 gsi, u32 vector);	/* edge, active high, to the boot CPU */

/* calibrate.c */
void clock_calibrate(u64 tsc_at_boot, u64 realtime_s);

/* smp.c */
void smp_start(void);

#endif
