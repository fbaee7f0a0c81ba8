/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_trace.c - records come back whole, the oldest go first; the decoder knows every point
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <string.h>
#include "../../kernel/trace/ring.h"

bool trace_is_on;
static struct trace_ring ring;
static bool stop;

static struct trace_record record(u64 n)
{
	return (struct trace_record){ n, (u16)n, (u16)(n * 3), (u32)(n * 5), { n * 7, ~n } };
}

static bool is_whole(const struct trace_record *r)
{
	struct trace_record want = record(r->time);

	return !memcmp(r, &want, sizeof(want));
}

static void oldest_go_first(void **state)
{
	struct trace_record r, in;

	(void)state;
	memset(&ring, 0, sizeof(ring));
	assert_false(ring_get(&ring, 0, &r));
	for (u64 n = 1; n <= 3 * RING_RECORDS + 7; n++) {
		in = record(n);
		ring_put(&ring, &in);
	}
	assert_int_equal(ring_oldest(&ring), 2 * RING_RECORDS + 7);
	assert_false(ring_get(&ring, 2 * RING_RECORDS + 6, &r));
	for (u64 n = ring_oldest(&ring); n < ring.next; n++) {
		assert_true(ring_get(&ring, n, &r));
		assert_int_equal(r.time, n + 1);
		assert_true(is_whole(&r));
	}
}

static void *write_records(void *arg)
{
	(void)arg;
	for (u64 n = 1; !__atomic_load_n(&stop, __ATOMIC_RELAXED); n++) {
		struct trace_record in = record(n);

		ring_put(&ring, &in);
	}
	return NULL;
}

/* A reader beside the writer sees whole records only. */
static void no_torn_record(void **state)
{
	struct trace_record r;
	pthread_t t;
	u64 seen = 0;

	(void)state;
	memset(&ring, 0, sizeof(ring));
	pthread_create(&t, NULL, write_records, NULL);
	while (seen < 200000) {
		for (u64 n = ring_oldest(&ring); n < __atomic_load_n(&ring.next, __ATOMIC_RELAXED); n++) {
			if (!ring_get(&ring, n, &r))
				continue;
			assert_true(is_whole(&r));
			seen++;
		}
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(t, NULL);
}

static void decoder(void **state)
{
	struct trace_record r = { 1, 0, TRACE_kvm_exit, 2, { 0x72, 0xfff0 } };
	char text[160], small[8];

	(void)state;
	trace_decode(&r, text, sizeof(text));
	assert_string_equal(text, "kvm_exit reason 0x72 rip 0xfff0");
	r.id = TRACE_kvm_userspace_exit;
	r.arg[0] = 2;
	r.arg[1] = (u64)-4;
	trace_decode(&r, text, sizeof(text));
	assert_string_equal(text, "kvm_userspace_exit reason 2 result -4");
	for (u32 id = 0; id < NR_TRACE_POINTS; id++) {
		assert_non_null(trace_name(id));
		r.id = (u16)id;
		assert_true(trace_decode(&r, text, sizeof(text)) >= strlen(trace_name(id)));
		assert_int_equal(strncmp(text, trace_name(id), strlen(trace_name(id))), 0);
		for (u32 other = 0; other < id; other++)
			assert_string_not_equal(trace_name(id), trace_name(other));
	}
	assert_null(trace_name(NR_TRACE_POINTS));
	r.id = 999;
	trace_decode(&r, text, sizeof(text));
	assert_string_equal(text, "point 999 0x2 0xfffffffffffffffc");
	assert_true(trace_decode(&r, small, sizeof(small)) < sizeof(small));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(oldest_go_first), cmocka_unit_test(no_torn_record), cmocka_unit_test(decoder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
