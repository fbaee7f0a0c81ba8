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

/* The option @name of the command line has the value @value ("": it is there without one). */
bool cmdline_has(const char *name, const char *value);

#endif
