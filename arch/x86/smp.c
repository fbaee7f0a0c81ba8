/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smp.c - starts the other CPUs one after another
 *
 * INIT, SIPI, SIPI: Intel SDM vol. 3, 9.4.4. A CPU that does not come within a
 * second is left out with a message.
 */
#include <string.h>
#include <socle/acpi.h>
#include <socle/arch.h>
#include <socle/cpu.h>
#include <socle/log.h>
#include <socle/mem.h>
#include <socle/numa.h>
#include <socle/sched.h>
#include <socle/time.h>
#include <asm/fpu.h>
#include <asm/io.h>
#include "irq.h"
#include "priv.h"
#include "warp.h"

#define ICR_INIT	0x4500u
#define ICR_SIPI	0x4600u
#define AP_STACK_PAGES	4u
#define START_TIMEOUT_NS 1000000000ull

extern const char ap_image[], ap_image_end[], ap_cr3[], ap_stack[], ap_arg[], ap_entry[], ap_levels5[];

static u32 nr_online = 1;
static u32 invited;			/* the CPU that may come in; one that comes too late stays out */
static struct cpu_area *areas[MAX_CPUS];

u32 cpu_id(void)
{
	return arch_cpu_id();
}

u32 cpu_apic_id(u32 cpu)
{
	return areas[cpu]->apic_id;
}

u32 arch_node(void)
{
	return arch_cpu_area()->node;
}

u32 cpu_nr_online(void)
{
	return __atomic_load_n(&nr_online, __ATOMIC_ACQUIRE);
}

/* One side wins: the CPU that comes in, or the boot CPU that waits no longer. */
static bool take_invitation(u32 id)
{
	return __atomic_compare_exchange_n(&invited, &id, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static void ap_main(void *arg)
{
	u32 id = (u32)(u64)arg;

	while (!take_invitation(id))
		__asm__ volatile("cli; hlt");
	paging_init_cpu();
	areas[id] = cpu_init_tables(id);
	idt_load();
	fpu_init_cpu();
	mce_init_cpu();
	apic_init_cpu();
	apic_timer_calibrated(0);
	areas[id]->apic_id = apic_id();
	areas[id]->node = numa_node_of_cpu(apic_id());
	__atomic_store_n(&nr_online, id + 1, __ATOMIC_RELEASE);
	warp_target(id);
	sched_init_ap();
}

static void put(u8 *page, const char *symbol, u64 v)
{
	memcpy(page + (symbol - ap_image), &v, sizeof(v));
}

static void delay(u64 ns)
{
	ndelay_busy(ns);
}

static bool start_one(u32 id, u32 target, u8 *page, u64 page_pa)
{
	void *stack = vmap_stack_alloc(AP_STACK_PAGES);
	u64 deadline;

	if (!stack || !cpu_alloc_tables(id))
		return false;
	put(page, ap_stack, (u64)stack + AP_STACK_PAGES * PAGE_SIZE);
	put(page, ap_arg, id);
	__atomic_store_n(&invited, id, __ATOMIC_RELEASE);
	apic_send(target, ICR_INIT);
	delay(10000000);
	for (u32 i = 0; i < 2 && cpu_nr_online() <= id; i++) {
		apic_send(target, ICR_SIPI | (u32)(page_pa >> PAGE_SHIFT));
		deadline = clock_ns() + START_TIMEOUT_NS / 2;
		while (cpu_nr_online() <= id && clock_ns() < deadline)
			arch_cpu_relax();
	}
	if (take_invitation(id))
		return false;
	while (cpu_nr_online() <= id)
		arch_cpu_relax();
	warp_source(id);
	return true;
}

/* The host's upper half and a lower half that maps the first 2 MiB one to one. */
static u64 *start_tables(void)
{
	u64 *pml4 = low_page_alloc(), *pdpt = page_alloc(), *pd = page_alloc();
	bool five = read_cr4() & BIT(12);
	u64 *p4 = five ? page_alloc() : pml4;

	if (!pml4 || !pdpt || !pd || !p4)
		return NULL;
	memcpy(pml4, hpa_to_ptr(HPA(paging_root())), PAGE_SIZE);
	if (five)
		pml4[0] = ptr_to_hpa(p4).v | 3;
	p4[0] = ptr_to_hpa(pdpt).v | 3;
	pdpt[0] = ptr_to_hpa(pd).v | 3;
	pd[0] = 0x83;
	return pml4;
}

void smp_start(void)
{
	u32 ids[MAX_CPUS], nr = acpi_cpus(ids, MAX_CPUS), id = 1;
	u64 *tables;
	u8 *page;

	areas[0] = arch_cpu_area();
	areas[0]->apic_id = apic_id();
	if (nr <= 1)
		return;
	page = low_page_alloc();
	tables = start_tables();
	if (!page || !tables) {
		log_error("smp: no memory below 1 MiB to start CPUs from: one CPU only\n");
		return;
	}
	memcpy(page, ap_image, (size_t)(ap_image_end - ap_image));
	put(page, ap_cr3, ptr_to_hpa(tables).v);
	put(page, ap_entry, (u64)ap_main);
	put(page, ap_levels5, (read_cr4() >> 12) & 1);
	for (u32 i = 0; i < MIN(nr, MAX_CPUS); i++) {
		if (ids[i] == areas[0]->apic_id)
			continue;
		if (start_one(id, ids[i], page, ptr_to_hpa(page).v))
			id++;
		else
			log_error("smp: CPU with APIC id %u does not start\n", ids[i]);
	}
	log_info("smp: %u CPUs\n", cpu_nr_online());
}

void arch_send_resched_ipi(u32 cpu)
{
	apic_send(areas[cpu]->apic_id, VECTOR_RESCHED);
}

void arch_send_call_ipi(u32 cpu)
{
	apic_send(areas[cpu]->apic_id, VECTOR_CALL);
}

void arch_idle(void)
{
	__asm__ volatile("sti; hlt" ::: "memory");
}
