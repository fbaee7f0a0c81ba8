/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ap_start.S - a new CPU from real mode to C
 *
 * Copied to a page below 1 MiB. That page is in no page table of ours, so
 * paging is switched on from a temporary PML4 that smp.c fills: the host's
 * upper half plus the page itself one to one.
 */
	.section .rodata
	.globl ap_image, ap_image_end, ap_cr3, ap_stack, ap_arg, ap_entry, ap_levels5
	.balign 16
ap_image:
	.code16
	cli
	cld
	movw %cs, %ax
	movw %ax, %ds
	xorl %ebx, %ebx
	movw %ax, %bx
	shll $4, %ebx			/* linear address of this page */
	leal ap32 - ap_image(%ebx), %eax
	movl %eax, ap_far - ap_image
	movw $8, ap_far - ap_image + 4	/* the CPU before us has left 0x18 */
	leal ap_gdt - ap_image(%ebx), %eax
	movl %eax, ap_gdtr - ap_image + 2
	lgdtl ap_gdtr - ap_image
	movl %cr0, %eax
	orl $1, %eax
	movl %eax, %cr0
	ljmpl *(ap_far - ap_image)
	.code32
ap32:
	movw $0x10, %ax
	movw %ax, %ds
	movw %ax, %es
	movw %ax, %ss
	movl $0x20, %eax		/* PAE */
	cmpl $0, ap_levels5 - ap_image(%ebx)
	je 1f
	orl $0x1000, %eax		/* LA57 */
1:	movl %eax, %cr4
	movl ap_cr3 - ap_image(%ebx), %eax
	movl %eax, %cr3
	movl $0xc0000080, %ecx
	rdmsr
	orl $0x900, %eax		/* LME, NXE */
	wrmsr
	movl %cr0, %eax
	andl $0x9fffffff, %eax		/* caches on */
	orl $0x80010001, %eax		/* PG, WP, PE */
	movl %eax, %cr0
	leal ap64 - ap_image(%ebx), %eax
	movl %eax, ap_far - ap_image(%ebx)
	movw $0x18, ap_far - ap_image + 4(%ebx)
	ljmpl *(ap_far - ap_image)(%ebx)
	.code64
ap64:
	movq ap_stack - ap_image(%rbx), %rsp
	movq ap_arg - ap_image(%rbx), %rdi
	movq ap_entry - ap_image(%rbx), %rax
	xorl %ebp, %ebp
	call *%rax
	ud2

	.balign 8
ap_gdt:
	.quad 0
	.quad 0x00cf9b000000ffff
	.quad 0x00cf93000000ffff
	.quad 0x00af9b000000ffff
ap_gdtr:
	.word 31
	.long 0
	.balign 8
ap_far:
	.long 0
	.word 8
	.balign 8
ap_cr3:
	.quad 0
ap_stack:
	.quad 0
ap_arg:
	.quad 0
ap_entry:
	.quad 0
ap_levels5:
	.long 0
ap_image_end:
	.section .note.GNU-stack, "", @progbits
