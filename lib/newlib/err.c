/* SPDX-License-Identifier: Apache-2.0 */
/* err.c - err(3), error(3) and their family */
#include <err.h>
#include <errno.h>
#include <error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void say(const char *fmt, va_list ap, const char *cause)
{
	fflush(stdout);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	if (fmt)
		vfprintf(stderr, fmt, ap);
	if (cause)
		fprintf(stderr, "%s%s", fmt ? ": " : "", cause);
	fputc('\n', stderr);
}

void vwarn(const char *fmt, va_list ap) { say(fmt, ap, strerror(errno)); }
void vwarnx(const char *fmt, va_list ap) { say(fmt, ap, NULL); }
void verr(int status, const char *fmt, va_list ap) { say(fmt, ap, strerror(errno)); exit(status); }
void verrx(int status, const char *fmt, va_list ap) { say(fmt, ap, NULL); exit(status); }

#define BODY(call) do { va_list ap; va_start(ap, fmt); call; va_end(ap); } while (0)
void warn(const char *fmt, ...) { BODY(vwarn(fmt, ap)); }
void warnx(const char *fmt, ...) { BODY(vwarnx(fmt, ap)); }
void err(int status, const char *fmt, ...) { BODY(say(fmt, ap, strerror(errno))); exit(status); }
void errx(int status, const char *fmt, ...) { BODY(say(fmt, ap, NULL)); exit(status); }

void error(int status, int code, const char *fmt, ...)
{
	BODY(say(fmt, ap, code ? strerror(code) : NULL));
	if (status)
		exit(status);
}
