/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apic.c - local APIC (x2APIC where the CPU has it) and the IOAPIC
 *
 * Intel SDM vol. 3, chapter 11; IOAPIC: 82093AA data sheet.
 */
#include <socle/acpi.h>
#include <socle/arch.h>
#include <socle/clock.h>
#include <socle/log.h>
#include <socle/mem.h>
#include <socle/time.h>
#include <asm/io.h>
#include <asm/msr.h>
#include "irq.h"

#define APIC_PHYS	0xfee00000ull
#define IOAPIC_PHYS	0xfec00000ull
#define REG_ID		0x20
#define REG_TPR		0x80
#define REG_EOI		0xb0
#define REG_SVR		0xf0
#define REG_ICR		0x300
#define REG_ICR_HIGH	0x310
#define REG_LVT_TIMER	0x320
#define REG_LVT_LINT0	0x350
#define REG_LVT_LINT1	0x360
#define REG_LVT_ERROR	0x370
#define REG_INIT_COUNT	0x380
#define REG_COUNT	0x390
#define REG_DIVIDE	0x3e0
#define LVT_MASKED	0x10000u
#define LVT_DEADLINE	0x40000u
#define ICR_BUSY	0x1000u

static bool x2apic, deadline_mode;
static u64 apic_khz = 1;

static u32 reg_read(u32 reg)
{
	if (x2apic)
		return (u32)rdmsr(MSR_X2APIC(reg));
	return mmio_read32((u8 *)hpa_to_ptr(HPA(APIC_PHYS)) + reg);
}

static void reg_write(u32 reg, u32 v)
{
	if (x2apic)
		wrmsr(MSR_X2APIC(reg), v);
	else
		mmio_write32((u8 *)hpa_to_ptr(HPA(APIC_PHYS)) + reg, v);
}

void apic_eoi(void)
{
	reg_write(REG_EOI, 0);
}

u32 apic_id(void)
{
	u32 id = reg_read(REG_ID);

	return x2apic ? id : id >> 24;
}

void apic_send(u32 id, u32 icr_low)
{
	unsigned long irq = arch_irq_save();

	if (x2apic) {
		__asm__ volatile("mfence; lfence" ::: "memory");
		wrmsr(MSR_X2APIC(REG_ICR), (u64)id << 32 | icr_low);
	} else {
		while (reg_read(REG_ICR) & ICR_BUSY)
			arch_cpu_relax();
		reg_write(REG_ICR_HIGH, id << 24);
		reg_write(REG_ICR, icr_low);
	}
	arch_irq_restore(irq);
}

void apic_init_boot(void)
{
	x2apic = cpuid(1, 0).ecx & BIT(21);
	deadline_mode = cpuid(1, 0).ecx & BIT(24);
}

void apic_init_cpu(void)
{
	u64 base = rdmsr(MSR_APIC_BASE) | BIT(11);

	wrmsr(MSR_APIC_BASE, base);
	if (x2apic)
		wrmsr(MSR_APIC_BASE, base | BIT(10));
	reg_write(REG_SVR, 0x100 | VECTOR_SPURIOUS);
	reg_write(REG_TPR, 0);
	reg_write(REG_LVT_LINT0, LVT_MASKED);
	reg_write(REG_LVT_LINT1, 0x400);	/* NMI */
	reg_write(REG_LVT_ERROR, LVT_MASKED);
	reg_write(REG_DIVIDE, 0xb);		/* by 1 */
	reg_write(REG_LVT_TIMER, VECTOR_TIMER | (deadline_mode ? LVT_DEADLINE : 0));
}

void apic_timer_start(u32 count)
{
	reg_write(REG_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
	reg_write(REG_INIT_COUNT, count);
}

u32 apic_timer_count(void)
{
	return reg_read(REG_COUNT);
}

void apic_timer_calibrated(u64 khz)
{
	if (khz)
		apic_khz = khz;
	reg_write(REG_INIT_COUNT, 0);
	reg_write(REG_LVT_TIMER, VECTOR_TIMER | (deadline_mode ? LVT_DEADLINE : 0));
}

/* At most one microsecond early is not possible: the count is rounded up. */
static u32 count_until(u64 deadline)
{
	u64 now = arch_counter(), ticks;

	if (deadline <= now)
		return 1;
	ticks = deadline - now;
	if (ticks > 1ull << 40)
		return 0xffffffff;	/* fires early, is programmed again */
	ticks = ticks * apic_khz / clock_tsc_khz() + 1;
	return ticks > 0xffffffff ? 0xffffffff : (u32)ticks;
}

void arch_timer_program(u64 deadline)
{
	if (deadline_mode)
		wrmsr(MSR_TSC_DEADLINE, deadline == ~0ull ? 0 : MAX(deadline, 1ull));
	else
		reg_write(REG_INIT_COUNT, deadline == ~0ull ? 0 : count_until(deadline));
}

static void ioapic_write(u32 reg, u32 v)
{
	u8 *io = hpa_to_ptr(HPA(IOAPIC_PHYS));

	mmio_write32(io, reg);
	mmio_write32(io + 0x10, v);
}

void ioapic_route(u32 gsi, u32 vector)
{
	ioapic_write(0x10 + gsi * 2 + 1, apic_id() << 24);
	ioapic_write(0x10 + gsi * 2, vector);
}
