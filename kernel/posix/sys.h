/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sys.h - kernel calls: one function sys_NAME for each line of SOCLE_SYSCALLS
 */
#ifndef POSIX_SYS_H
#define POSIX_SYS_H

#include <socle/app.h>
#include <socle/syscall.h>
#include "proc.h"

#define ARGS long a __unused, long b __unused, long c __unused, long d __unused, long e __unused, long f __unused
#define SYS_PROTOTYPE(name) long sys_##name(long a, long b, long c, long d, long e, long f);
SOCLE_SYSCALLS(SYS_PROTOTYPE)
#undef SYS_PROTOTYPE

#define PATH_BYTES 128u			/* with the NUL; as the boot volume's */
/* A path in its shortest form, "" for the root. 0, -EFAULT, -ENOENT (empty), -ENAMETOOLONG. */
int path_in(char path[PATH_BYTES], u64 app);

void chacha20_block(const u32 key[8], u64 counter, u32 out[16]);	/* random.c */

#define NS_PER_S 1000000000ull

/* Time span of a struct socle_timespec, capped far in the future. 0, -EFAULT, -EINVAL (not normalised). */
int timespec_in(u64 app, u64 *ns);
int timespec_out(u64 app, u64 ns);
/* clock_ns() value @ns from now; WAIT_FOREVER is never the result. */
u64 deadline_after(u64 ns);
/* clock_ns() value of an absolute time of @clock (ABI_CLOCK_*). */
u64 deadline_at(long clock, u64 ns);

#endif
