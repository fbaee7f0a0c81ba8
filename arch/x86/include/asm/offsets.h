/* SPDX-License-Identifier: Apache-2.0 */
/*
 * offsets.h - offsets in struct cpu_area for assembly; gdt.c checks them
 */
#ifndef X86_OFFSETS_H
#define X86_OFFSETS_H

#define CPU_AREA_SELF		0
#define CPU_AREA_CURRENT	8
#define CPU_AREA_KSTACK_TOP	16
#define CPU_AREA_PREEMPT	24
#define CPU_AREA_SCRATCH	32
#define CPU_AREA_ID		40
#define CPU_AREA_RESCHED	44

#endif
