/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cc.h - compiler and platform for lwIP
 *
 * lwIP's own sources are compiled with this, without the kernel's headers: what it needs is declared here.
 */
#ifndef LWIP_ARCH_CC_H
#define LWIP_ARCH_CC_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>	/* before atoi is renamed */
#include <sys/types.h>	/* ssize_t */

/* Else lwIP makes an ssize_t of its own, which clashes with libc's. */
#ifndef SSIZE_MAX
#define SSIZE_MAX LONG_MAX
#endif
#define LWIP_NO_UNISTD_H	1
#define LWIP_NO_CTYPE_H		1	/* libc's tables depend on the libc */
#define LWIP_ERRNO_STDINCLUDE	1

void *kmalloc(size_t bytes);
void kfree(void *p);
uint32_t lwip_port_random(void);
int lwip_port_atoi(const char *s);
void lwip_port_assert(const char *what, const char *file, int line) __attribute__((noreturn));

#define atoi				lwip_port_atoi	/* newlib's wants its per-thread state */
#define LWIP_RAND()			lwip_port_random()
#define LWIP_PLATFORM_DIAG(args)	/* statistics and debugging are off */
#define LWIP_PLATFORM_ASSERT(what)	lwip_port_assert(what, __FILE__, __LINE__)

#endif
