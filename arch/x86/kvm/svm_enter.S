/* SPDX-License-Identifier: Apache-2.0 */
/*
 * void svm_enter(u64 regs[16], u64 vmcb_pa, u64 host_vmcb_pa)
 *
 * One guest entry and exit. Called with interrupts off and GIF clear; returns
 * with GIF clear. IF is set around VMRUN only: with V_INTR_MASKING it decides
 * whether a physical interrupt ends guest mode. RAX and RSP travel in the VMCB.
 */
#include "svm_enter.h"

	.text
	.globl svm_enter
	.type svm_enter, @function
svm_enter:
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	push	%rdx			/* host VMCB */
	push	%rsi			/* guest VMCB */
	push	%rdi			/* registers */
	mov	%rdi, %rax
	mov	8(%rax), %rcx
	mov	16(%rax), %rdx
	mov	24(%rax), %rbx
	mov	40(%rax), %rbp
	mov	48(%rax), %rsi
	mov	56(%rax), %rdi
	mov	64(%rax), %r8
	mov	72(%rax), %r9
	mov	80(%rax), %r10
	mov	88(%rax), %r11
	mov	96(%rax), %r12
	mov	104(%rax), %r13
	mov	112(%rax), %r14
	mov	120(%rax), %r15
	mov	8(%rsp), %rax
	testb	$SVM_ENTER_VERW, svm_enter_flags(%rip)
	jz	1f
	verw	svm_data_selector(%rip)
1:	sti
	vmload	%rax
	vmrun	%rax
	vmsave	%rax
	cli
	pop	%rax			/* RSP and RAX are the host's again: RAX is the guest VMCB */
	mov	%rcx, 8(%rax)
	mov	%rdx, 16(%rax)
	mov	%rbx, 24(%rax)
	mov	%rbp, 40(%rax)
	mov	%rsi, 48(%rax)
	mov	%rdi, 56(%rax)
	mov	%r8, 64(%rax)
	mov	%r9, 72(%rax)
	mov	%r10, 80(%rax)
	mov	%r11, 88(%rax)
	mov	%r12, 96(%rax)
	mov	%r13, 104(%rax)
	mov	%r14, 112(%rax)
	mov	%r15, 120(%rax)
	/* No guest value stays where host code could use it before it writes it. */
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%ebx, %ebx
	xor	%ebp, %ebp
	xor	%esi, %esi
	xor	%edi, %edi
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%r11d, %r11d
	/*
	 * No return before this point and none speculated: the LFENCE ends what
	 * a wrong guess of the branch may have begun.
	 */
	testb	$SVM_ENTER_FILL, svm_enter_flags(%rip)
	jz	2f
	.rept	RSB_ENTRIES
	call	3f
	int3
3:
	.endr
	add	$8 * RSB_ENTRIES, %rsp
2:	lfence
	pop	%rax
	pop	%rax
	vmload	%rax			/* host FS, GS, TR, LDTR, syscall MSRs */
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret
	.size svm_enter, . - svm_enter

	.section .note.GNU-stack, "", @progbits
