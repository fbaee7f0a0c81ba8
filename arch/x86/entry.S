/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry.S - from the loader's page tables and stack to kernel_main()
 *
 * In: RDI = struct boot_info * (direct map), interrupts off.
 */
	.section .text.entry, "ax"
	.globl kernel_entry
kernel_entry:
	cld
	movq $boot_stack_top, %rsp
	xorl %ebp, %ebp
	call arch_start			/* does not return */
1:	hlt
	jmp 1b

	.section .bss
	.balign 4096
	.globl boot_stack, boot_stack_top
boot_stack:
	.skip 32768
boot_stack_top:
	.section .note.GNU-stack, "", @progbits
