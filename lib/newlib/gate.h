/* SPDX-License-Identifier: Apache-2.0 */
/* gate.h - kernel calls inside the libc port */
#ifndef LIBC_GATE_H
#define LIBC_GATE_H

#include <socle/app.h>
#include <socle/syscall.h>

/* Nothing but the call: a value or a negative Linux error number. Needs no thread state of libc's. */
long libc_raw_call(long nr, long a, long b, long c, long d, long e, long f);
/* Sets errno and returns -1 for a negative result. */
long libc_call(long nr, long a, long b, long c, long d, long e, long f);
#define CALL(name, a, b, c, d, e, f) \
	libc_call(SOCLE_SYS_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
int libc_errno_of(long linux_errno);

#endif
