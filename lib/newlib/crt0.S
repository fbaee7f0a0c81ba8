/* SPDX-License-Identifier: Apache-2.0 */
/* crt0.S - _start(RDI = struct app_start *): to C on an aligned stack */
	.text
	.globl _start
_start:
	xorl %ebp, %ebp
	andq $-16, %rsp
	call app_main
	ud2
	.section .note.GNU-stack, "", @progbits
