/* SPDX-License-Identifier: Apache-2.0 */
/*
 * start.c - first C code, power-off, backtrace
 */
#include <socle/acpi.h>
#include <socle/arch.h>
#include <socle/boot_info.h>
#include <socle/log.h>
#include <socle/main.h>
#include <socle/numa.h>
#include <socle/sched.h>
#include <asm/fpu.h>
#include <asm/io.h>
#include "irq.h"
#include "priv.h"

#define DEBUG_EXIT_PORT	0xf4
#define BACKTRACE_DEPTH	16
#define KERNEL_BASE	0xffff800000000000ull

static bool debug_exit;

/* The loader's copy goes back to the allocator. */
static struct boot_info boot_info;

void arch_start(struct boot_info *bi)
{
	serial_init();
	cpu_init_tables(0);
	idt_init();
	if (bi->magic != BOOT_INFO_MAGIC)
		panic("boot_info: magic %lx, wanted %lx\n", bi->magic, (u64)BOOT_INFO_MAGIC);
	boot_info = *bi;
	if (!acpi_init(boot_info.rsdp_pa))	/* by the loader's tables; kernel_main() tells of errors */
		numa_init();
	memory_init(&boot_info);
	paging_init(&boot_info);
	memory_add_loader(&boot_info);
	fpu_init_cpu();
	mce_init_cpu();
	apic_init_boot();
	apic_init_cpu();
	arch_cpu_area()->node = numa_node_of_cpu(apic_id());
	clock_calibrate(boot_info.tsc_at_exit, boot_info.realtime_s);
	sched_init();
	kernel_main(&boot_info);
}

void arch_start_devices(void)
{
	smp_start();
	refine_start();
	mce_start();
	serial_start_input();
}

void arch_set_debug_exit(bool on)
{
	debug_exit = on;
}

void arch_poweroff(int status)
{
	arch_irq_disable();
	if (debug_exit)
		outb(DEBUG_EXIT_PORT, (u8)status);
	acpi_poweroff();
	for (;;)
		__asm__ volatile("hlt");
}

void arch_reboot(void)
{
	arch_irq_disable();
	outb(0xcf9, 0x06);		/* reset control register, full reset */
	outb(0x64, 0xfe);		/* keyboard controller pulse */
	for (;;)
		__asm__ volatile("hlt");
}

void backtrace_from(const u64 *frame, void (*emit)(u64 rip))
{
	for (u32 i = 0; i < BACKTRACE_DEPTH; i++) {
		if ((u64)frame < KERNEL_BASE || ((u64)frame & 7))
			return;
		emit(frame[1]);
		if (frame[0] <= (u64)frame)
			return;
		frame = (const u64 *)frame[0];
	}
}

void arch_backtrace(void (*emit)(u64 rip))
{
	backtrace_from(__builtin_frame_address(0), emit);
}
