/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format.h - printf's conversions for the log: no locale, no memory, any context
 */
#ifndef KERNEL_FORMAT_H
#define KERNEL_FORMAT_H

#include <stdarg.h>
#include <socle/types.h>

/* %d %i %u %x %X %p %c %s %%, flags '-' and '0', width, precision of %s, l ll z.
 * Returns the bytes written (at most @size - 1); a NUL follows. A cut line still ends with '\n'. */
size_t format_line(char *buf, size_t size, const char *fmt, va_list ap) __attribute__((format(printf, 3, 0)));

#endif
