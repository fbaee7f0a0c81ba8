/* SPDX-License-Identifier: Apache-2.0 */
/* start.c - from the kernel's hand-over to main() */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include "gate.h"

extern int main(int argc, char **argv, char **envp);
extern void (*__init_array_start[])(void) __attribute__((weak));
extern void (*__init_array_end[])(void) __attribute__((weak));
void app_main(const struct app_start *s);

static socle_gate gate;
char **environ;

long libc_raw_call(long nr, long a, long b, long c, long d, long e, long f)
{
	return gate(nr, a, b, c, d, e, f);
}

long libc_call(long nr, long a, long b, long c, long d, long e, long f)
{
	long ret = libc_raw_call(nr, a, b, c, d, e, f);

	if (ret >= 0 || ret < -4095)
		return ret;
	errno = libc_errno_of(-ret);
	return -1;
}

void app_main(const struct app_start *s)
{
	gate = (socle_gate)(uintptr_t)s->gate;
	environ = (char **)(uintptr_t)s->envp;
	for (void (**fn)(void) = __init_array_start; fn < __init_array_end; fn++)
		(*fn)();
	exit(main((int)s->argc, (char **)(uintptr_t)s->argv, environ));
}

void _exit(int status)
{
	CALL(exit_group, status, 0, 0, 0, 0, 0);
	for (;;)
		;
}
