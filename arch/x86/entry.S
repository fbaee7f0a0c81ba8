/* SPDX-License-Identifier: Apache-2.0 */
/* From the loader: RDI = struct boot_info in the direct map, interrupts off. */
	.section .text.entry, "ax"
	.globl kernel_entry
kernel_entry:
	lea	boot_stack_top(%rip), %rsp
	xor	%ebp, %ebp
	push	%rbp
	jmp	kernel_main

	.bss
	.balign 4096
boot_stack:
	.skip 32768
boot_stack_top:
	.section .note.GNU-stack, "", @progbits
