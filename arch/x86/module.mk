# SPDX-License-Identifier: Apache-2.0
kernel-y += arch/x86/entry.S arch/x86/string.S arch/x86/serial.c arch/x86/gdt.c arch/x86/stubs.S arch/x86/trap.c arch/x86/start.c
kernel-y += arch/x86/switch.S arch/x86/thread.c arch/x86/fpu.c arch/x86/irq.c arch/x86/apic.c arch/x86/calibrate.c
kernel-y += arch/x86/paging.c arch/x86/host_format.c arch/x86/smp.c arch/x86/ap_start.S
kernel-y += arch/x86/pci.c arch/x86/nmi.c arch/x86/mce.c arch/x86/warp.c arch/x86/clock_source.c arch/x86/refine.c
kernel-y += arch/x86/memory.c arch/x86/random.c
