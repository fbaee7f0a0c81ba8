/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel image, as it was linked. */
	.section .rodata
	.balign 4096
	.globl kernel_elf_start, kernel_elf_end
	.hidden kernel_elf_start
	.hidden kernel_elf_end
kernel_elf_start:
	.incbin KERNEL_ELF
kernel_elf_end:
	.section .note.GNU-stack, "", @progbits
