/* SPDX-License-Identifier: Apache-2.0 */
/*
 * string.S - the four functions that the compiler calls by itself
 *
 * Weak: an object of newlib that brings its own does not clash. Standard contracts;
 * RDI, RSI, RDX in, RAX out. Eight bytes at a time, then the rest: on a CPU
 * without fast strings each step counts.
 */
	.text
	.weak memcpy, memset, memmove, memcmp
memcpy:
	movq %rdi, %rax
	movq %rdx, %rcx
	shrq $3, %rcx
	rep movsq
	movl %edx, %ecx
	andl $7, %ecx
	rep movsb
	ret

memset:
	movq %rdi, %r8
	movzbl %sil, %esi
	movabsq $0x0101010101010101, %rax
	imulq %rsi, %rax
	movq %rdx, %rcx
	shrq $3, %rcx
	rep stosq
	movl %edx, %ecx
	andl $7, %ecx
	rep stosb
	movq %r8, %rax
	ret

memmove:
	movq %rdi, %rcx
	subq %rsi, %rcx
	cmpq %rdx, %rcx			/* unsigned: below only when dst lies inside [src, src+n) */
	jae memcpy
	movq %rdi, %rax
	movq %rdx, %rcx
	leaq -1(%rdi,%rdx), %rdi
	leaq -1(%rsi,%rdx), %rsi
	std
	rep movsb
	cld
	ret

memcmp:
	movq %rdx, %rcx
	shrq $3, %rcx
	jz 2f
1:	movq (%rdi), %rax
	cmpq (%rsi), %rax
	jne 3f
	addq $8, %rdi
	addq $8, %rsi
	decq %rcx
	jnz 1b
2:	andl $7, %edx
	jz 5f
	jmp 4f
3:	movl $8, %edx			/* the difference is in these eight */
4:	movzbl (%rdi), %eax
	movzbl (%rsi), %ecx
	subl %ecx, %eax
	jne 6f
	incq %rdi
	incq %rsi
	decl %edx
	jnz 4b
5:	xorl %eax, %eax
6:	ret
	.section .note.GNU-stack, "", @progbits
