/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate.h - kernel calls inside the libc port
 *
 * After each call the handlers of waiting signals run (signal.c).
 */
#ifndef LIBC_GATE_H
#define LIBC_GATE_H

#include <socle/app.h>
#include <socle/syscall.h>

/* A value or -errno. */
long libc_kernel_call(long nr, long a, long b, long c, long d, long e, long f);
/* Sets errno and returns -1 for a negative result. */
long libc_call(long nr, long a, long b, long c, long d, long e, long f);
#define RAW(name, a, b, c, d, e, f) \
	libc_kernel_call(SOCLE_SYS_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define CALL(name, a, b, c, d, e, f) \
	libc_call(SOCLE_SYS_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* Without a look at signals, for what must not run handlers. A value or -errno. */
long libc_raw_call(long nr, long a, long b, long c, long d, long e, long f);

long libc_result(long ret);	/* a raw call's result as libc_call() gives it */

#endif
