/* SPDX-License-Identifier: Apache-2.0 */
/* test_ldisc.c - lines, editing, echo, signals, and random input against a model of two arrays */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "../../kernel/posix/ldisc.h"

static struct ldisc d;
static char printed[256];
static int last_signal;

static void type(const char *text, size_t n)
{
	struct ldisc_echo e;

	printed[0] = 0;
	for (size_t i = 0; i < n; i++) {
		int sig = ldisc_input(&d, (u8)text[i], &e);

		last_signal = sig ? sig : last_signal;
		strncat(printed, (char *)e.bytes, e.nr);
	}
}

#define TYPE(text) type(text, sizeof(text) - 1)

static const char *take(u32 max)
{
	static char buf[300];

	buf[ldisc_read(&d, (u8 *)buf, max)] = 0;
	return buf;
}

static void lines(void **state)
{
	(void)state;
	ldisc_init(&d, true);
	TYPE("one");
	assert_false(ldisc_is_readable(&d, 1));
	assert_string_equal(printed, "one");
	TYPE("\rtwo\n");
	assert_string_equal(printed, "\r\ntwo\r\n");
	assert_int_equal(ldisc_nr_readable(&d), 8);
	assert_string_equal(take(2), "on");
	assert_string_equal(take(100), "e\n");
	assert_string_equal(take(100), "two\n");
	assert_false(ldisc_is_readable(&d, 1));
}

static void editing(void **state)
{
	(void)state;
	ldisc_init(&d, true);
	TYPE("ab\177\177\177c\177");
	assert_string_equal(printed, "ab\b \b\b \bc\b \b");
	TYPE("lost\025kept\n");
	assert_string_equal(take(100), "kept\n");
	TYPE("x\n\177y\n");
	assert_string_equal(take(100), "x\n");
	assert_string_equal(take(100), "y\n");
}

static void end_of_file(void **state)
{
	(void)state;
	ldisc_init(&d, false);
	TYPE("part\004");
	assert_true(ldisc_is_readable(&d, 1));
	assert_string_equal(take(100), "part");
	TYPE("\004");
	assert_true(ldisc_is_readable(&d, 1));
	assert_string_equal(take(100), "");
	assert_false(ldisc_is_readable(&d, 1));
}

static void signals(void **state)
{
	(void)state;
	ldisc_init(&d, true);
	last_signal = 0;
	TYPE("text\003");
	assert_int_equal(last_signal, 2);
	assert_string_equal(printed, "text^C");
	TYPE("\n");
	assert_string_equal(take(100), "\n");
	TYPE("\034");
	assert_int_equal(last_signal, 3);
	d.t.lflag &= ~KT_ISIG;
	last_signal = 0;
	TYPE("\003\n");
	assert_int_equal(last_signal, 0);
	assert_string_equal(take(100), "\003\n");
}

static void raw(void **state)
{
	struct ktermios t;

	(void)state;
	ldisc_init(&d, true);
	TYPE("begun");
	t = d.t;
	t.iflag = t.lflag = 0;
	t.oflag = ~0u;
	ldisc_set(&d, &t);
	assert_int_equal(d.t.oflag, KT_OPOST | KT_ONLCR);
	assert_true(ldisc_is_readable(&d, 5));
	assert_false(ldisc_is_readable(&d, 6));
	TYPE("\r\003\177\004");
	assert_string_equal(printed, "");
	assert_string_equal(take(100), "begun\r\003\177\004");
	t.lflag = KT_ICANON;
	TYPE("old");
	ldisc_set(&d, &t);
	assert_false(ldisc_is_readable(&d, 1));
	TYPE("new\n");
	assert_string_equal(take(100), "oldnew\n");
}

static void output(void **state)
{
	u8 out[20];

	(void)state;
	ldisc_init(&d, true);
	assert_int_equal(ldisc_output(&d, (const u8 *)"a\n\nb", 4, out), 6);
	assert_memory_equal(out, "a\r\n\r\nb", 6);
	d.t.oflag = 0;
	assert_int_equal(ldisc_output(&d, (const u8 *)"a\n", 2, out), 2);
}

static void full(void **state)
{
	u32 total = 0, n;
	u8 out[512];

	(void)state;
	ldisc_init(&d, false);
	for (u32 i = 0; i < 2 * LDISC_RING; i++)
		TYPE("z");
	assert_false(ldisc_is_readable(&d, 1));
	TYPE("\n\n\n");
	while ((n = ldisc_read(&d, out, sizeof(out))))
		total += n;
	assert_int_equal(total, LDISC_RING);
	assert_int_equal(out[(total - 1) % sizeof(out)], '\n');
}

/* Model: lines that are complete, and the one that is edited. */
static void random_input(void **state)
{
	static u8 done[LDISC_RING], line[LDISC_RING];
	unsigned seed = 20260101u;
	u32 nr_done = 0, nr_line = 0;

	(void)state;
	printf("seed %u\n", seed);
	srand(seed);
	ldisc_init(&d, false);
	for (int i = 0; i < 200000; i++) {
		static const u8 special[] = { '\n', '\r', 127, 21 };
		u8 byte = (u8)(rand() % 4 ? 'a' + rand() % 26 : special[rand() % 4]), out[64];
		struct ldisc_echo e;

		if (rand() % 3) {
			if (nr_done + nr_line + 2 > sizeof(done))
				continue;
			assert_int_equal(ldisc_input(&d, byte, &e), 0);
			assert_int_equal(e.nr, 0);
			if (byte == 127) {
				nr_line -= nr_line != 0;
			} else if (byte == 21) {
				nr_line = 0;
			} else {
				line[nr_line++] = byte == '\r' ? '\n' : byte;
				if (line[nr_line - 1] == '\n') {
					memcpy(done + nr_done, line, nr_line);
					nr_done += nr_line;
					nr_line = 0;
				}
			}
		} else {
			u32 max = (u32)rand() % 64, n = ldisc_read(&d, out, max), want = 0;

			while (want < max && want < nr_done && (!want || done[want - 1] != '\n'))
				want++;
			assert_int_equal(n, want);
			assert_memory_equal(out, done, n);
			memmove(done, done + n, nr_done -= n);
		}
		assert_int_equal(ldisc_nr_readable(&d), nr_done);
		assert_int_equal(ldisc_is_readable(&d, 1), nr_done != 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines), cmocka_unit_test(editing), cmocka_unit_test(end_of_file), cmocka_unit_test(signals),
		cmocka_unit_test(raw), cmocka_unit_test(output), cmocka_unit_test(full), cmocka_unit_test(random_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
