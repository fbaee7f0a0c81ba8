/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_signal.c - pending signals against two sets per process: no signal is lost, none is doubled
 *
 * Signals 1-32 go to the process, 33-64 to threads, so that the model need not
 * say what happens when one thread has the same signal from both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <socle/process.h>
#include "../../kernel/posix/proc.h"
#include "fake/kernel.h"

#define THREADS	5u
#define STEPS	200000u
#define PROC_SET	0xffffffffull

static struct thread threads[THREADS];
static struct uthread uthreads[THREADS];
static bool alive[THREADS];
static struct thread *current;
static struct proc proc;
static u64 model_proc, model_thread[THREADS];
static int killed_with;
static u32 told;

struct thread *thread_current(void) { return current; }
void thread_kick(struct thread *t) { assert_ptr_equal(t->proc, &proc); }
void proc_kill_locked(struct proc *p, int status) { (void)p; killed_with = status; }
int copy_to_app(u64 to, const void *src, size_t n) { (void)to; assert_int_equal(n, 4); told = *(const u32 *)src; return 0; }
void log_printf(enum log_level level, const char *fmt, ...) { (void)level; (void)fmt; }

static void join_thread(u32 i)
{
	threads[i] = (struct thread){ .proc = &proc, .posix = &uthreads[i] };
	threads[i].sig_blocked = ~0ull & ~SIG_UNBLOCKABLE;
	uthreads[i] = (struct uthread){ .app_thread = 0x1000 };
	list_add_tail(&proc.threads, &threads[i].proc_link);
	model_thread[i] = 0;
	alive[i] = true;
}

static void leave_thread(u32 i)
{
	list_del(&threads[i].proc_link);
	signal_thread_left_locked(&proc, &threads[i]);
	model_thread[i] = 0;
	alive[i] = false;
}

static void setup(void)
{
	proc = (struct proc){ 0 };
	list_init(&proc.threads);
	for (int sig = 1; sig <= ABI_NSIG; sig++)
		proc.action[sig].handler = 0x1000;
	for (u32 i = 0; i < THREADS; i++)
		join_thread(i);
	model_proc = 0;
	killed_with = 0;
}

static u32 nr_alive(void)
{
	u32 n = 0;

	for (u32 i = 0; i < THREADS; i++)
		n += alive[i];
	return n;
}

static void check_state(void)
{
	u64 proc_seen = proc.sig_pending;

	for (u32 i = 0; i < THREADS; i++) {
		u64 marked = uthreads[i].from_proc;

		if (!alive[i])
			continue;
		assert_int_equal(threads[i].sig_pending & ~marked, model_thread[i]);
		assert_int_equal(marked & ~threads[i].sig_pending, 0);
		assert_int_equal(marked & threads[i].sig_blocked, 0);	/* who blocks it does not keep it */
		assert_int_equal(proc.sig_pending & ~threads[i].sig_blocked, 0);
		assert_int_equal(proc_seen & marked, 0);
		proc_seen |= marked;
	}
	assert_int_equal(proc_seen, model_proc);
}

static u64 random_set(void)
{
	u64 a = test_random(~0ull), b = test_random(~0ull);

	switch (test_random(4)) {
	case 0: return 0;
	case 1: return ~0ull;
	case 2: return a & b;
	default: return a | b;
	}
}

static void take(u32 i, u64 set)
{
	u64 could = model_thread[i] & set;
	s32 code = 0;
	int sig;

	/* Of the process: what nobody has, and what this thread has. */
	could |= (proc.sig_pending | uthreads[i].from_proc) & set;
	sig = signal_take_locked(&proc, &threads[i], set, &code);
	assert_int_equal(sig, could ? __builtin_ctzll(could) + 1 : 0);
	if (!sig)
		return;
	assert_int_equal(code, sig * 3);
	model_proc &= ~SIG_BIT(sig);
	model_thread[i] &= ~SIG_BIT(sig);
	/* What the call moved to this thread and it blocks goes back with the mask, as sigtimedwait does. */
	signal_set_blocked_locked(&proc, &threads[i], threads[i].sig_blocked);
}

static int to_process(void)
{
	int sig = 1 + (int)test_random(32);

	return sig == ABI_SIGKILL || sig == ABI_SIGSTOP ? 1 : sig;
}

static void step(void)
{
	u32 i = (u32)test_random(THREADS);
	int sig;

	if (!alive[i]) {
		join_thread(i);
		return;
	}
	current = &threads[i];
	switch (test_random(8)) {
	case 0: case 1:
		sig = to_process();
		/* Marked in somebody already: one instance. */
		if (!(model_proc & SIG_BIT(sig)))
			signal_post_proc(&proc, sig, sig * 3);
		model_proc |= SIG_BIT(sig);
		break;
	case 2: case 3:
		sig = 33 + (int)test_random(32);
		signal_post_thread(&proc, &threads[i], sig, sig * 3);
		model_thread[i] |= SIG_BIT(sig);
		break;
	case 4: case 5:
		signal_set_blocked_locked(&proc, &threads[i], random_set());
		break;
	case 6:
		take(i, random_set());
		break;
	default:
		if (nr_alive() > 1 && test_random(4) == 0)
			leave_thread(i);
	}
}

static void random_steps(void **state)
{
	(void)state;
	test_seed();
	setup();
	for (u32 n = 0; n < STEPS; n++) {
		step();
		check_state();
	}
	assert_int_equal(killed_with, 0);
}

static void default_ends_only_who_does_not_block(void **state)
{
	(void)state;
	setup();
	proc.action[15].handler = ABI_SIG_DFL;
	signal_post_proc(&proc, 15, 0);
	assert_int_equal(killed_with, 0);
	current = &threads[0];
	signal_set_blocked_locked(&proc, current, 0);
	signal_boundary();
	assert_int_equal(killed_with, 128 + 15);
	killed_with = 0;
	signal_post_thread(&proc, &threads[0], 15, 0);
	assert_int_equal(killed_with, 128 + 15);
}

static void kill_is_never_blocked(void **state)
{
	(void)state;
	setup();
	signal_post_proc(&proc, ABI_SIGKILL, 0);
	assert_int_equal(killed_with, 128 + 9);
}

/* A call with a mask of its own: the signal interrupts it, no default action, and stays. */
static void mask_of_a_call(void **state)
{
	u64 old;

	(void)state;
	setup();
	current = &threads[1];
	proc.action[10].handler = ABI_SIG_DFL;
	old = signal_mask_begin(0);
	signal_post_proc(&proc, 10, 0);
	assert_true(thread_signal_pending(current));
	signal_mask_end(old);
	assert_false(thread_signal_pending(current));
	assert_int_equal(killed_with, 0);
	assert_int_equal(proc.sig_pending, SIG_BIT(10));
}

static void ignored_is_dropped(void **state)
{
	(void)state;
	setup();
	current = &threads[0];
	signal_set_blocked_locked(&proc, current, 0);
	proc.action[10].handler = ABI_SIG_IGN;
	signal_post_proc(&proc, 10, 0);
	proc.action[ABI_SIGCHLD].handler = ABI_SIG_DFL;
	signal_post_thread(&proc, current, ABI_SIGCHLD, 0);
	assert_int_equal(current->sig_pending | proc.sig_pending, 0);
}

static void boundary_tells_libc(void **state)
{
	(void)state;
	setup();
	current = &threads[0];
	told = 0;
	signal_call_mask(0);
	signal_post_thread(&proc, current, 10, 0);
	signal_call_done(true);
	signal_boundary();
	assert_int_equal(told, 1);
	/* Without a handler to run the old mask comes back at once. */
	proc.action[10].handler = ABI_SIG_IGN;
	signal_boundary();
	assert_int_equal(current->sig_blocked, ~0ull & ~SIG_UNBLOCKABLE);
	assert_false(uthreads[0].restore_mask);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_steps),
		cmocka_unit_test(default_ends_only_who_does_not_block),
		cmocka_unit_test(kill_is_never_blocked),
		cmocka_unit_test(mask_of_a_call),
		cmocka_unit_test(ignored_is_dropped),
		cmocka_unit_test(boundary_tells_libc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
