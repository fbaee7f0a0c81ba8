/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trap.c - IDT and exceptions
 *
 * Every vector enters on an IST stack, since an app's stack may be absent.
 * A fault at an address in the fixup table resumes at its landing; any other
 * exception is a broken invariant of ours.
 */
#include <socle/arch.h>
#include <socle/log.h>
#include <errno.h>
#include <socle/mm.h>
#include <socle/sched.h>
#include <asm/fpu.h>
#include <asm/io.h>
#include "irq.h"
#include "priv.h"

#define NR_VECTORS	256
#define VECTOR_NMI	2
#define VECTOR_NM	7
#define VECTOR_DF	8
#define VECTOR_GP	13
#define VECTOR_PF	14
#define VECTOR_MCE	18
#define FIRST_IRQ	32
#define PF_WRITE	2u
#define PF_EXEC		16u

struct gate { u16 offset0, selector; u8 ist, type; u16 offset1; u32 offset2, reserved; };
struct fixup { u64 fault, landing; };
struct table_ptr { u16 limit; u64 base; } __packed;

extern const u64 trap_stubs[NR_VECTORS];
extern const struct fixup kernel_fixup_start[], kernel_fixup_end[];

static struct gate idt[NR_VECTORS];

static u8 stack_of(u32 vector)
{
	switch (vector) {
	case VECTOR_NMI: return IST_NMI;
	case VECTOR_DF: return IST_DF;
	case VECTOR_MCE: return IST_MCE;
	default: return IST_TRAP;
	}
}

/* Not moved to the thread's stack by the stub; see stubs.S. */
static bool has_own_stack(u64 vector)
{
	return stack_of((u32)vector) != IST_TRAP;
}

void idt_init(void)
{
	for (u32 i = 0; i < NR_VECTORS; i++) {
		u64 a = trap_stubs[i];

		idt[i] = (struct gate){ (u16)a, GDT_CODE, stack_of(i), 0x8e, (u16)(a >> 16), (u32)(a >> 32), 0 };
	}
	idt_load();
}

void idt_load(void)
{
	struct table_ptr ptr = { sizeof(idt) - 1, (u64)idt };

	__asm__ volatile("lidt %0" :: "m"(ptr));
}

static bool fix_up(struct trap_frame *f)
{
	const struct fixup *x;

	if (f->vector != VECTOR_GP && f->vector != VECTOR_PF)
		return false;
	for (x = kernel_fixup_start; x < kernel_fixup_end; x++) {
		if (x->fault == f->rip) {
			f->rip = x->landing;
			return true;
		}
	}
	return false;
}

/* A thread's stack lies above a page that is not mapped. */
static void tell_overflow(u64 cr2)
{
	const struct thread *t = thread_current();

	if (t && t->kstack && cr2 < (u64)t->kstack && (u64)t->kstack - cr2 <= PAGE_SIZE)
		log_error("kernel stack of thread %s is full\n", t->name);
}

static void emit(u64 rip)
{
	log_error("  %016lx\n", rip);
}

static void die(const struct trap_frame *f)
{
	tell_overflow(read_cr2());
	log_error("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
	log_error("rsi %016lx rdi %016lx rbp %016lx rsp %016lx\n", f->rsi, f->rdi, f->rbp, f->rsp);
	log_error("cr2 %016lx cr3 %016lx flags %lx\n", read_cr2(), read_cr3(), f->rflags);
	emit(f->rip);
	backtrace_from((const u64 *)f->rbp, emit);
	panic("exception %lu error %lx at %016lx\n", f->vector, f->error, f->rip);
}

/* 0: the access may be repeated. */
static int page_fault(struct trap_frame *f, u64 va)
{
	int err;

	if (va >= APP_VA_END || !(f->rflags & X86_EFLAGS_IF) || *arch_preempt_count())
		return -EFAULT;
	arch_irq_enable();
	err = mm_handle_fault(va, f->error & PF_WRITE, f->error & PF_EXEC);
	arch_irq_disable();
	return err;
}

/* App code runs on an app stack or at an app address; the gate is the kernel's. */
static bool from_app(const struct trap_frame *f)
{
	return f->rip < APP_VA_END || f->rsp < APP_VA_END;
}

/* Interrupts may not be taken on these stacks: nothing here switches threads. */
static void own_stack_exception(struct trap_frame *f)
{
	if (f->vector == VECTOR_NMI)
		nmi_handle();
	else if (f->vector == VECTOR_MCE)
		mce_handle(f);
	else
		die(f);
}

static void exception(struct trap_frame *f)
{
	u64 cr2 = read_cr2();

	if (f->vector == VECTOR_NM && fpu_app_fault())
		return;
	if (f->vector == VECTOR_PF && !page_fault(f, cr2))
		return;
	if (fix_up(f))
		return;
	if (!from_app(f))
		die(f);
	arch_irq_enable();
	app_fault((u32)f->vector, f->error, f->rip, cr2);
}

void trap_handle(struct trap_frame *f)
{
	if (f->vector >= FIRST_IRQ)
		irq_handle((u32)f->vector);
	else if (has_own_stack(f->vector))
		own_stack_exception(f);
	else
		exception(f);
	if (from_app(f) && !has_own_stack(f->vector))
		app_return_check();
}
