/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASM_SERIAL_H
#define ASM_SERIAL_H
#include <socle/types.h>
void serial_init(void);
void arch_console_write(const char *s, size_t n);
void arch_console_write_raw(const char *s, size_t n);
#endif
