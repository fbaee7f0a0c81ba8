# SPDX-License-Identifier: Apache-2.0
kernel-y += arch/x86/entry.S arch/x86/string.S arch/x86/serial.c arch/x86/gdt.c arch/x86/stubs.S arch/x86/trap.c arch/x86/start.c
