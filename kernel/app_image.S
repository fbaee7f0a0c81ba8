/* SPDX-License-Identifier: Apache-2.0 */
/* The program that runs unless the boot volume has another: the VMM, without its debug information. */
	.section .rodata
	.balign 16
	.globl app_image, app_image_end
app_image:
	.incbin APP_IMAGE
app_image_end:
	.section .note.GNU-stack, "", @progbits
