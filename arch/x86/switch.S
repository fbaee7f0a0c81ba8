/* SPDX-License-Identifier: Apache-2.0 */
/*
 * switch.S - stack switch, start of a thread, entry of an app, kernel call gate
 */
#include <asm/offsets.h>
	.text
	.globl thread_switch_stack, thread_start_asm, app_enter_asm, app_gate

/* thread_switch_stack(RDI u64 *save_rsp, RSI new rsp) */
thread_switch_stack:
	pushq %rbp
	pushq %rbx
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	movq %rsp, (%rdi)
	movq %rsi, %rsp
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbx
	popq %rbp
	ret

/* First return of a new thread: R12 = function, R13 = argument. */
thread_start_asm:
	movq %r13, %rdi
	xorl %ebp, %ebp
	call *%r12
	ud2

/* app_enter_asm(RDI rip, RSI rsp, RDX arg0, RCX arg1): nothing of the kernel stays in registers */
app_enter_asm:
	movq %rsi, %rsp
	sti				/* the app's stack may be absent: the push below may fault */
	movq %rdi, %rax
	movq %rdx, %rdi
	movq %rcx, %rsi
	pushq $0			/* return address: none */
	xorl %ebx, %ebx
	xorl %ecx, %ecx
	xorl %edx, %edx
	xorl %ebp, %ebp
	xorl %r8d, %r8d
	xorl %r9d, %r9d
	xorl %r10d, %r10d
	xorl %r11d, %r11d
	xorl %r12d, %r12d
	xorl %r13d, %r13d
	xorl %r14d, %r14d
	xorl %r15d, %r15d
	jmp *%rax

/*
 * app_gate(nr, a, b, c, d, e, f): a C call of the app; f is on its stack.
 * Interrupts are off while RSP is neither stack's, so that a trap sees either
 * the app's RSP (and starts at the top of the kernel stack) or the kernel's.
 */
app_gate:
	movq 8(%rsp), %rax		/* f; may fault like any access of the app */
	pushq %rbp
	movq %rsp, %rbp
	cli
	movq %gs:CPU_AREA_KSTACK_TOP, %rsp
	sti
	pushq $0
	pushq %rax
	call syscall_dispatch		/* interrupts are off after it */
	movq %rbp, %rsp
	sti
	popq %rbp
	ret
	.section .note.GNU-stack, "", @progbits
