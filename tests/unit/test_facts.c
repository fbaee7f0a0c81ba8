// SPDX-License-Identifier: Apache-2.0
/* test_facts.c - text that grows, with and without memory; names */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <socle/fault_inject.h>
#include <socle/mem.h>
#include "../../kernel/facts/facts.h"
#include "fake/kernel.h"

static u32 live;

void *kmalloc(size_t n)
{
	if (fault_inject_hit())
		return NULL;
	live++;
	return calloc(1, n);
}

void kfree(void *p)
{
	live -= p != NULL;
	free(p);
}

static void write_lines(struct fact_text *t, u32 nr)
{
	for (u32 i = 0; i < nr; i++)
		fact_printf(t, "%08x\n", i);
}

static void long_text_is_whole(void **state)
{
	struct fact_text t = { 0 };
	char want[16];

	(void)state;
	fault_inject_arm(0);
	write_lines(&t, 1000);
	assert_false(t.failed);
	assert_int_equal(t.len, 9000);
	for (u32 i = 0; i < 1000; i++) {
		snprintf(want, sizeof(want), "%08x\n", i);
		assert_memory_equal(t.buf + i * 9, want, 9);
	}
	kfree(t.buf);
	assert_int_equal(live, 0);
}

/* What does not fit is lost, nothing after it is written, nothing leaks. */
static void each_allocation_may_fail(void **state)
{
	(void)state;
	for (u32 nth = 1;; nth++) {
		struct fact_text t = { 0 };
		bool failed;

		fault_inject_arm(nth);
		write_lines(&t, 1000);
		failed = t.failed;
		assert_int_equal(t.len % 9, 0);
		assert_true(failed == (fault_inject_count() == nth));
		kfree(t.buf);
		assert_int_equal(live, 0);
		if (!failed)
			return;
	}
}

static int tell_nothing(struct fact_text *t, const char *args)
{
	(void)t, (void)args;
	return 0;
}

static void names_are_whole_words(void **state)
{
	static struct fact mem = { .name = "mem", .tell = tell_nothing }, memory = { .name = "memory", .tell = tell_nothing };

	(void)state;
	fact_register(&mem);
	fact_register(&memory);
	assert_ptr_equal(fact_find("mem", 3), &mem);
	assert_ptr_equal(fact_find("memory", 6), &memory);
	assert_null(fact_find("me", 2));
	assert_null(fact_find("", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_text_is_whole), cmocka_unit_test(each_allocation_may_fail),
		cmocka_unit_test(names_are_whole_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
