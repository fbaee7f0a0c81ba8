/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.h - start of the neutral kernel
 */
#ifndef SOCLE_MAIN_H
#define SOCLE_MAIN_H

#include <socle/types.h>

struct boot_info;

/* Boot CPU, own stack, traps handled, interrupts off. */
void kernel_main(const struct boot_info *bi) __noreturn;
/* The other CPUs and the serial port's input; interrupts on. */
void arch_start_devices(void);
/* Option debug-exit: arch_poweroff(n) ends the emulator with n (isa-debug-exit at port 0xf4). */
void arch_set_debug_exit(bool on);

#endif
