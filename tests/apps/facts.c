/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.c - /dev/socle: what the kernel tells about itself
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char text[65536];

/* The whole answer, or NULL. */
static const char *ask(const char *question)
{
	int fd = open("/dev/socle", O_RDWR);
	size_t len = 0;
	ssize_t n;

	if (fd < 0 || write(fd, question, strlen(question)) < 0) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	while (len < sizeof(text) - 1 && (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = 0;
	close(fd);
	return text;
}

static long value(const char *answer, const char *name)
{
	const char *at = answer ? strstr(answer, name) : NULL;

	return at ? atol(at + strlen(name)) : -1;
}

static unsigned failed;

static void check(const char *what, int ok)
{
	printf("%s %s\n", ok ? "ok  " : "FAIL", what);
	failed += !ok;
}

int main(void)
{
	const char *a = ask("log");

	check("the log begins with the kernel's first line", a && strstr(a, "socle: kernel at"));
	a = ask("mem");
	check("memory: some is free, some is the app's", value(a, "free_pages ") > 0 && value(a, "app_pages ") > 0 &&
	      value(a, "total_pages ") > value(a, "free_pages "));
	a = ask("boot\n");
	check("points of the boot come in order", value(a, "kernel ") > 0 && value(a, "app ") > value(a, "kernel ") &&
	      value(a, "now ") > value(a, "app "));
	check("no guest was entered yet", value(a, "first_entry ") == -1);
	check("an unknown name is EINVAL", !ask("nonsense") && errno == EINVAL);
	check("part of a name is unknown", !ask("lo") && errno == EINVAL);
	return failed != 0;
}
