/* SPDX-License-Identifier: Apache-2.0 */
/*
 * string.S - the four functions that the compiler calls by itself
 *
 * Weak: newlib's take their place where it is linked. Standard contracts;
 * RDI, RSI, RDX in, RAX out.
 */
	.text
	.weak memcpy, memset, memmove, memcmp
memcpy:
	movq %rdi, %rax
	movq %rdx, %rcx
	rep movsb
	ret

memset:
	movq %rdi, %r8
	movl %esi, %eax
	movq %rdx, %rcx
	rep stosb
	movq %r8, %rax
	ret

memmove:
	movq %rdi, %rax
	movq %rdx, %rcx
	movq %rdi, %r8
	subq %rsi, %r8
	cmpq %rdx, %r8			/* unsigned: true only when dst lies inside [src, src+n) */
	jb 1f
	rep movsb
	ret
1:	leaq -1(%rdi,%rdx), %rdi
	leaq -1(%rsi,%rdx), %rsi
	std
	rep movsb
	cld
	ret

memcmp:
	xorl %eax, %eax
	movq %rdx, %rcx
	testq %rcx, %rcx
	jz 1f
	repe cmpsb
	je 1f
	movzbl -1(%rdi), %eax
	movzbl -1(%rsi), %ecx
	subl %ecx, %eax
1:	ret
	.section .note.GNU-stack, "", @progbits
