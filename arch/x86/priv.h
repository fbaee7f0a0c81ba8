/* SPDX-License-Identifier: Apache-2.0 */
/*
 * priv.h - between the files of arch/x86
 */
#ifndef X86_PRIV_H
#define X86_PRIV_H

#include <asm/cpu.h>
#include <socle/pt.h>
#include <socle/types.h>

struct boot_info;

/* What the stubs push; Intel SDM vol. 3, 6.14. */
struct trap_frame {
	u64 r15, r14, r13, r12, r11, r10, r9, r8;
	u64 rbp, rdi, rsi, rdx, rcx, rbx, rax;
	u64 vector, error;
	u64 rip, cs, rflags, rsp, ss;
};

void arch_start(struct boot_info *bi) __noreturn;
void serial_init(void);
bool cpu_alloc_tables(u32 id);			/* GDT, TSS and interrupt stacks of CPU @id */
struct cpu_area *cpu_init_tables(u32 id);	/* on that CPU */
void *low_page_alloc(void);			/* a page below 1 MiB, NULL: none left */
void idt_init(void);
void idt_load(void);
void trap_handle(struct trap_frame *f);
void memory_init(const struct boot_info *bi);
void memory_add_loader(const struct boot_info *bi);
void serial_start_input(void);
void paging_init(const struct boot_info *bi);
void paging_init_cpu(void);
u64 paging_root(void);
u32 cpu_apic_id(u32 cpu);
void backtrace_from(const u64 *frame, void (*emit)(u64 rip));	/* @frame: value of RBP */
/* nmi.c, mce.c: handle on their own stacks; tell from an ordinary interrupt */
void nmi_handle(void);
void nmi_tell(void);
u32 nmi_count(void);			/* but for those that stop a CPU */
void mce_init_cpu(void);
void mce_handle(const struct trap_frame *f);
void mce_tell(void);
void mce_start(void);			/* looks for corrected errors from time to time; all CPUs run */
extern const struct pt_format host_format;	/* host_format.c */
void refine_init(bool was_measured);	/* false: the TSC's frequency was stated, and is only compared */
void refine_start(void);		/* once, with timers and ACPI */

#define GDT_CODE	0x08
#define GDT_DATA	0x10
#define GDT_TSS		0x18
#define IST_TRAP	1	/* every ordinary vector */
#define IST_NMI		2
#define IST_DF		3
#define IST_MCE		4

#endif
