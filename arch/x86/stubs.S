/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stubs.S - one entry for each vector, all into trap_handle()
 *
 * Builds struct trap_frame (priv.h) on the interrupt stack, then moves it: to
 * the top of the thread's kernel stack when an app was interrupted, else below
 * the interrupted stack pointer. So a handler may switch threads. NMI, double
 * fault and machine check stay where they are. Vectors
 * with an error code of the CPU's: 8, 10-14, 17, 21, 29, 30 (SDM vol. 3, 6.13).
 */
#include <asm/offsets.h>
	.text
	.altmacro
	.macro stub n
trap_stub_\n:
	.if !(\n == 8 || (\n >= 10 && \n <= 14) || \n == 17 || \n == 21 || \n == 29 || \n == 30)
	pushq $0
	.endif
	pushq $\n
	jmp trap_common
	.endm
	.macro stub_ref n
	.quad trap_stub_\n
	.endm

	.set i, 0
	.rept 256
	stub %i
	.set i, i + 1
	.endr

trap_common:
	pushq %rax
	pushq %rbx
	pushq %rcx
	pushq %rdx
	pushq %rsi
	pushq %rdi
	pushq %rbp
	pushq %r8
	pushq %r9
	pushq %r10
	pushq %r11
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	cld
	movq %rsp, %rsi
	cmpb $2, 120(%rsi)
	je 2f
	cmpb $8, 120(%rsi)
	je 2f
	cmpb $18, 120(%rsi)
	je 2f
	movq 160(%rsi), %rdi		/* interrupted RSP */
	testq %rdi, %rdi
	js 1f
	movq %gs:CPU_AREA_KSTACK_TOP, %rdi
1:	andq $-16, %rdi
	subq $176, %rdi
	movq %rdi, %rdx
	movl $22, %ecx
	rep movsq			/* a fault here (stack overflow) starts on this stack again and panics */
	movq %rdx, %rsp
2:	movq %rsp, %rdi
	xorl %ebp, %ebp
	call trap_handle		/* 15 registers, 2 words, 5 words: RSP is 16-byte aligned here */
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %r11
	popq %r10
	popq %r9
	popq %r8
	popq %rbp
	popq %rdi
	popq %rsi
	popq %rdx
	popq %rcx
	popq %rbx
	popq %rax
	addq $16, %rsp
	iretq

/* rdmsr_safe(EDI msr, RSI u64 *v), wrmsr_safe(EDI msr, RSI v): clobber RCX, RDX */
	.globl rdmsr_safe, wrmsr_safe, arch_copy_faultable
rdmsr_safe:
	movl %edi, %ecx
1:	rdmsr
	shlq $32, %rdx
	orq %rdx, %rax
	movq %rax, (%rsi)
	xorl %eax, %eax
	ret
2:	movq $0, (%rsi)
	movl $-5, %eax
	ret
	.pushsection .fixup_table, "a"
	.quad 1b, 2b
	.popsection

wrmsr_safe:
	movl %edi, %ecx
	movl %esi, %eax
	movq %rsi, %rdx
	shrq $32, %rdx
3:	wrmsr
	xorl %eax, %eax
	ret
4:	movl $-5, %eax
	ret
	.pushsection .fixup_table, "a"
	.quad 3b, 4b
	.popsection

/* arch_copy_faultable(RDI dst, RSI src, RDX n): RAX = bytes not copied */
arch_copy_faultable:
	movq %rdx, %rcx
	andl $7, %edx
	shrq $3, %rcx
5:	rep movsq
6:	leaq (%rdx,%rcx,8), %rcx	/* after a fault: byte by byte up to the bad one */
7:	rep movsb
8:	movq %rcx, %rax
	ret
	.pushsection .fixup_table, "a"
	.quad 5b, 6b, 7b, 8b
	.popsection

	.section .rodata
	.balign 8
	.globl trap_stubs
trap_stubs:
	.set i, 0
	.rept 256
	stub_ref %i
	.set i, i + 1
	.endr
	.section .note.GNU-stack, "", @progbits
