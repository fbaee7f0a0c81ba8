/* SPDX-License-Identifier: Apache-2.0 */
/* start.c - from the kernel's hand-over to main(); the gate */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "thread.h"

extern int main(int argc, char **argv, char **envp);
extern void (*__preinit_array_start[])(void) __attribute__((weak));
extern void (*__preinit_array_end[])(void) __attribute__((weak));
extern void (*__init_array_start[])(void) __attribute__((weak));
extern void (*__init_array_end[])(void) __attribute__((weak));
extern void (*__fini_array_start[])(void) __attribute__((weak));
extern void (*__fini_array_end[])(void) __attribute__((weak));
void app_main(const struct app_start *s);
void __sinit(struct _reent *r);

static socle_gate gate;
char **environ;
char *program_invocation_name, *program_invocation_short_name;
char *__progname;

/* Calls that Linux repeats after handlers with SA_RESTART; the others say EINTR. */
static bool restarts(long nr)
{
	return nr == SOCLE_SYS_read || nr == SOCLE_SYS_write || nr == SOCLE_SYS_readv || nr == SOCLE_SYS_writev ||
	       nr == SOCLE_SYS_open;
}

long libc_raw_call(long nr, long a, long b, long c, long d, long e, long f)
{
	return gate(nr, a, b, c, d, e, f);
}

long libc_kernel_call(long nr, long a, long b, long c, long d, long e, long f)
{
	for (;;) {
		long ret = gate(nr, a, b, c, d, e, f);

		if (__builtin_expect(!pthread_block()->app.signal_pending, 1))
			return ret;
		if (!signals_deliver() || ret != -EINTR || !restarts(nr))
			return ret;
	}
}

long libc_result(long ret)
{
	if (ret >= 0 || ret < -4095)
		return ret;
	errno = (int)-ret;
	return -1;
}

long libc_call(long nr, long a, long b, long c, long d, long e, long f)
{
	return libc_result(libc_kernel_call(nr, a, b, c, d, e, f));
}

static void run_all(void (**fn)(void), void (**end)(void))
{
	for (; fn < end; fn++)
		(*fn)();
}

static void run_fini(void)
{
	for (void (**fn)(void) = __fini_array_end; fn > __fini_array_start;)
		(*--fn)();
}

static void set_program_name(char *argv0)
{
	char *slash = argv0 ? strrchr(argv0, '/') : NULL;

	program_invocation_name = argv0 ? argv0 : (char *)"";
	program_invocation_short_name = slash ? slash + 1 : program_invocation_name;
	__progname = program_invocation_short_name;
}

void app_main(const struct app_start *s)
{
	char **argv = (char **)(uintptr_t)s->argv;

	gate = (socle_gate)(uintptr_t)s->gate;
	environ = (char **)(uintptr_t)s->envp;
	tls_init_first(s);
	__sinit(first_thread->reent);	/* exit() flushes what this one knows */
	set_program_name(argv[0]);
	run_all(__preinit_array_start, __preinit_array_end);
	run_all(__init_array_start, __init_array_end);
	atexit(run_fini);
	exit(main((int)s->argc, argv, environ));
}

void _exit(int status)
{
	libc_raw_call(SOCLE_SYS_exit_group, status, 0, 0, 0, 0, 0);
	__builtin_unreachable();
}

void _Exit(int status)
{
	_exit(status);
}
