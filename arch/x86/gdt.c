/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gdt.c - per-CPU area, GDT, TSS and the interrupt stacks of each CPU
 *
 * Intel SDM vol. 3: 3.5 (GDT), 8.7 (64-bit TSS), 6.14.5 (IST).
 */
#include <stddef.h>
#include <socle/arch.h>
#include <socle/mem.h>
#include <socle/sched.h>
#include <asm/msr.h>
#include "priv.h"

_Static_assert(offsetof(struct cpu_area, current) == CPU_AREA_CURRENT, "offset");
_Static_assert(offsetof(struct cpu_area, kstack_top) == CPU_AREA_KSTACK_TOP, "offset");
_Static_assert(offsetof(struct cpu_area, preempt_count) == CPU_AREA_PREEMPT, "offset");
_Static_assert(offsetof(struct cpu_area, scratch) == CPU_AREA_SCRATCH, "offset");
_Static_assert(offsetof(struct cpu_area, id) == CPU_AREA_ID, "offset");
_Static_assert(offsetof(struct cpu_area, need_resched) == CPU_AREA_RESCHED, "offset");

#define IST_BYTES 8192

struct tss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3, iopb;
} __packed;

struct cpu_tables {
	struct cpu_area area;
	u64 gdt[5];			/* null, code, data, TSS (two words) */
	struct tss tss;
	u8 ist[4][IST_BYTES] __aligned(16);
};

struct table_ptr { u16 limit; u64 base; } __packed;

static struct cpu_tables boot_tables;

static void set_tss(struct cpu_tables *t)
{
	u64 base = (u64)&t->tss, limit = sizeof(t->tss) - 1;

	for (u32 i = 0; i < 4; i++)
		t->tss.ist[i] = (u64)t->ist[i] + IST_BYTES;
	t->tss.iopb = sizeof(t->tss);
	t->gdt[3] = limit | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24 & 0xff) << 56;
	t->gdt[4] = base >> 32;
}

static void load_tables(struct cpu_tables *t)
{
	struct table_ptr ptr = { sizeof(t->gdt) - 1, (u64)t->gdt };

	t->gdt[1] = 0x00af9b000000ffffull;	/* 64-bit code, DPL 0 */
	t->gdt[2] = 0x00cf93000000ffffull;
	set_tss(t);
	__asm__ volatile("lgdt %0\n\t"
			 "pushq %1\n\t"
			 "leaq 1f(%%rip), %%rax\n\t"
			 "pushq %%rax\n\t"
			 "lretq\n"
			 "1:\tmovl %2, %%eax\n\t"
			 "movl %%eax, %%ds\n\t"
			 "movl %%eax, %%es\n\t"
			 "movl %%eax, %%ss\n\t"
			 "movl %%eax, %%fs\n\t"
			 "movl %%eax, %%gs\n\t"
			 "movl %3, %%eax\n\t"
			 "ltr %%ax"
			 :: "m"(ptr), "i"(GDT_CODE), "i"(GDT_DATA), "i"(GDT_TSS) : "rax", "memory");
	wrmsr(MSR_GS_BASE, (u64)&t->area);
}

static struct cpu_tables *all_tables[MAX_CPUS] = { &boot_tables };

bool cpu_alloc_tables(u32 id)
{
	if (!all_tables[id])
		all_tables[id] = kmalloc(sizeof(struct cpu_tables));
	return all_tables[id] != NULL;
}

struct cpu_area *cpu_init_tables(u32 id)
{
	struct cpu_area *a = &all_tables[id]->area;

	a->self = a;
	a->id = id;
	a->preempt_count = &a->boot_preempt_count;
	a->online = true;
	load_tables(all_tables[id]);
	return a;
}

void arch_thread_adopt(struct thread *t)
{
	struct cpu_area *a = arch_cpu_area();

	t->arch.preempt_count = *a->preempt_count;
	a->current = t;
	a->preempt_count = &t->arch.preempt_count;
	a->kstack_top = t->arch.kstack_top;
}
