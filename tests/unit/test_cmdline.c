/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_cmdline.c - words of the command line, against a search that splits at blanks
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "../../kernel/cmdline.h"
#include "fake/kernel.h"

static void words(void **state)
{
	(void)state;
	cmdline_init("  debug-exit log=debug\tselftest=\n x=a=b logs");
	assert_non_null(cmdline_find("debug-exit"));
	assert_null(cmdline_find("debug"));
	assert_null(cmdline_find("exit"));
	assert_null(cmdline_find("lo"));
	assert_non_null(cmdline_find("logs"));
	assert_true(cmdline_has("log", "debug"));
	assert_false(cmdline_has("log", "debu"));
	assert_false(cmdline_has("log", "debugs"));
	assert_true(cmdline_has("selftest", ""));
	assert_true(cmdline_has("x", "a=b"));
	assert_false(cmdline_has("y", ""));
	cmdline_init("");
	assert_null(cmdline_find("log"));
}

/* 1024 bytes at most: what is longer is cut, never read beyond. */
static void long_line(void **state)
{
	char text[3000];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	memcpy(text, "log=x ", 6);
	memcpy(text + 2000, " late ", 6);
	cmdline_init(text);
	assert_true(cmdline_has("log", "x"));
	assert_null(cmdline_find("late"));
}

static bool model_has(const char *text, const char *name, const char *value)
{
	char copy[64], want[16];
	bool seen = false;

	snprintf(want, sizeof(want), "%s=%s", name, value);
	strcpy(copy, text);
	for (char *save, *w = strtok_r(copy, " ", &save); w && !seen; w = strtok_r(NULL, " ", &save)) {
		seen = !strcmp(w, name) || !strncmp(w, want, strlen(name) + 1);	/* the first with this name counts */
		if (seen)
			return !strcmp(w, want) || (!*value && !strcmp(w, name));
	}
	return false;
}

static void random_lines(void **state)
{
	(void)state;
	for (u32 i = 0; i < 300000; i++) {
		static const char letters[] = "ab= ";
		char text[32] = { 0 }, name[3] = { 0 }, value[3] = { 0 };

		for (u64 n = test_random(sizeof(text)); n-- > 0;)
			text[n] = letters[test_random(4)];
		for (u64 n = 1 + test_random(2); n-- > 0;)
			name[n] = letters[test_random(2)];
		for (u64 n = test_random(3); n-- > 0;)
			value[n] = letters[test_random(2)];
		cmdline_init(text);
		if (cmdline_has(name, value) != model_has(text, name, value))
			fail_msg("'%s' '%s' '%s'", text, name, value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words), cmocka_unit_test(long_line), cmocka_unit_test(random_lines),
	};

	test_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
