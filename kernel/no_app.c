/* SPDX-License-Identifier: Apache-2.0 */
/*
 * no_app.c - what the architecture calls when this build has no app
 */
#include <errno.h>
#include <socle/arch.h>
#include <socle/log.h>

int mm_handle_fault(u64 va, bool write, bool exec)
{
	(void)va;
	(void)write;
	(void)exec;
	return -EFAULT;
}

void app_fault(u32 vector, u64 error, u64 rip, u64 va)
{
	panic("exception %u error %lx at %lx, address %lx, and no app runs\n", vector, error, rip, va);
}

long syscall_dispatch(long nr, long a, long b, long c, long d, long e, long f)
{
	(void)nr, (void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
	return -ENOSYS;
}

void console_input(u8 byte)
{
	(void)byte;
}
