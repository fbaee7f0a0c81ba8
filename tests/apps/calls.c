/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls.c - kernel calls below the libc: threads, futexes, signals, exit from any thread
 *
 * Socle only: it makes the calls that libc makes, and its threads are unknown
 * to libc, so they call nothing else. The process ends by the call of one
 * thread while others spin, sleep, read and run a guest.
 */
#include <linux/kvm.h>
#include <socle/app.h>
#include <socle/syscall.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define STACK	65536ul
#define MANY	64

long libc_raw_call(long nr, long a, long b, long c, long d, long e, long f);
#define CALL(name, a, b, c, d, e, f) \
	libc_raw_call(SOCLE_SYS_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
/* Linux's error numbers: newlib's differ. */
enum { L_ESRCH = 3, L_EINTR = 4, L_EAGAIN = 11, L_EFAULT = 14, L_EINVAL = 22, L_ENOSYS = 38, L_ETIMEDOUT = 110 };

#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define FUTEX_WAIT_BITSET 9
#define FUTEX_WAKE_BITSET 10

struct worker {
	struct app_thread app;
	void (*fn)(struct worker *);
	long arg;
	uint32_t alive;			/* the kernel clears it */
	uint32_t tid;
	void *stack;
};

static int failed;

static void check(const char *what, int good)
{
	printf("%s %s\n", good ? "ok  " : "FAIL", what);
	failed += !good;
}

static void worker_main(struct worker *w)
{
	w->fn(w);
	CALL(thread_exit, &w->alive, w->stack, STACK, 0, 0, 0);
}

static void *map_pages(unsigned long bytes)
{
	return (void *)CALL(mmap, 0, bytes, 3, 0x22, -1, 0);	/* read and write; private, anonymous */
}

static long start(struct worker *w, void (*fn)(struct worker *), long arg)
{
	struct socle_thread st = { .entry = (uint64_t)worker_main, .arg = (uint64_t)w };

	memset(w, 0, sizeof(*w));
	w->fn = fn;
	w->arg = arg;
	w->alive = 1;
	w->stack = map_pages(STACK);
	st.stack_top = (uint64_t)w->stack + STACK;
	st.app_thread = (uint64_t)&w->app;
	st.tid_out = (uint64_t)&w->tid;
	return CALL(thread_create, &st, 0, 0, 0, 0, 0);
}

static void join(struct worker *w)
{
	while (__atomic_load_n(&w->alive, __ATOMIC_ACQUIRE))
		CALL(futex, &w->alive, FUTEX_WAIT, 1, 0, 0, 0);
}

static void say_tid(struct worker *w)
{
	w->arg = CALL(gettid, 0, 0, 0, 0, 0, 0);
}

static void test_one(void)
{
	struct worker w;
	long tid = start(&w, say_tid, 0);

	join(&w);
	check("a thread has the tid that its creator gets", tid > 1 && w.arg == tid && (long)w.tid == tid);
}

/* A mutex of one word: 0 free, 1 taken, 2 taken and somebody waits. */
static uint32_t lock_word;
static long counter;

static void lock(void)
{
	uint32_t seen = 0;

	if (__atomic_compare_exchange_n(&lock_word, &seen, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(&lock_word, 2, __ATOMIC_ACQUIRE))
		CALL(futex, &lock_word, FUTEX_WAIT, 2, 0, 0, 0);
}

static void unlock(void)
{
	if (__atomic_exchange_n(&lock_word, 0, __ATOMIC_RELEASE) == 2)
		CALL(futex, &lock_word, FUTEX_WAKE, 1, 0, 0, 0);
}

static void count(struct worker *w)
{
	for (int i = 0; i < w->arg; i++) {
		lock();
		counter++;
		if (i % 100 == 0)
			CALL(sched_yield, 0, 0, 0, 0, 0, 0);
		unlock();
	}
}

static void test_many(void)
{
	static struct worker w[MANY];
	int started = 0;

	for (int i = 0; i < MANY; i++)
		started += start(&w[i], count, 1000) > 0;
	for (int i = 0; i < MANY; i++)
		join(&w[i]);
	check("threads count under a futex lock", started == MANY && counter == MANY * 1000);
}

static int fails_with(long ret, int err)
{
	return ret == -err;
}

static void test_futex_errors(void)
{
	struct socle_timespec soon = { 0, 1000000 }, bad = { 0, 1000000000 };
	uint32_t word = 5;

	check("futex wait on another value", fails_with(CALL(futex, &word, FUTEX_WAIT, 4, 0, 0, 0), L_EAGAIN));
	check("futex wait times out", fails_with(CALL(futex, &word, FUTEX_WAIT, 5, &soon, 0, 0), L_ETIMEDOUT));
	check("futex wait until a time in the past",
	      fails_with(CALL(futex, &word, FUTEX_WAIT_BITSET, 5, &soon, 0, 1), L_ETIMEDOUT));
	check("futex wait with a bad time", fails_with(CALL(futex, &word, FUTEX_WAIT, 5, &bad, 0, 0), L_EINVAL));
	check("futex wait without bits", fails_with(CALL(futex, &word, FUTEX_WAIT_BITSET, 5, 0, 0, 0), L_EINVAL));
	check("futex on an odd address", fails_with(CALL(futex, (long)&word + 1, FUTEX_WAKE, 1, 0, 0, 0), L_EINVAL));
	check("futex on no memory", fails_with(CALL(futex, 0x1000, FUTEX_WAIT, 0, 0, 0, 0), L_EFAULT));
	check("futex operation that is absent", fails_with(CALL(futex, &word, 99, 0, 0, 0, 0), L_ENOSYS));
	check("futex wake of nobody", CALL(futex, &word, FUTEX_WAKE, 1, 0, 0, 0) == 0);
}

static uint32_t gate_word, at_gate;

static void wait_at_gate(struct worker *w)
{
	__atomic_fetch_add(&at_gate, 1, __ATOMIC_SEQ_CST);
	CALL(futex, &gate_word, FUTEX_WAIT_BITSET, 0, 0, 0, w->arg);
}

static void wait_until(uint32_t *word, uint32_t value)
{
	while (__atomic_load_n(word, __ATOMIC_SEQ_CST) != value)
		CALL(sched_yield, 0, 0, 0, 0, 0, 0);
}

static void test_bitset(void)
{
	struct worker w[2];
	long woken = 0;

	start(&w[0], wait_at_gate, 1);
	start(&w[1], wait_at_gate, 2);
	wait_until(&at_gate, 2);
	while (!woken) {	/* it may be on its way to the wait still */
		CALL(sched_yield, 0, 0, 0, 0, 0, 0);
		woken = CALL(futex, &gate_word, FUTEX_WAKE_BITSET, 100, 0, 0, 2);
	}
	join(&w[1]);
	check("futex wake by bits wakes only the one", woken == 1 && w[0].alive);
	while (__atomic_load_n(&w[0].alive, __ATOMIC_SEQ_CST)) {
		CALL(futex, &gate_word, FUTEX_WAKE, 1, 0, 0, 0);
		CALL(sched_yield, 0, 0, 0, 0, 0, 0);
	}
}

static void test_affinity(void)
{
	uint64_t mask[4] = { 0 }, one[4] = { 0 };
	struct socle_sysinfo si;
	uint32_t cpu = ~0u;
	long n = CALL(sched_getaffinity, 0, sizeof(mask), mask, 0, 0, 0);

	CALL(sysinfo, &si, 0, 0, 0, 0, 0);
	check("affinity names every CPU", n == 8 && mask[0] == (1ull << si.nr_cpus) - 1);
	one[0] = 1ull << (si.nr_cpus - 1);
	CALL(sched_setaffinity, 0, sizeof(one), one, 0, 0, 0);
	CALL(getcpu, &cpu, 0, 0, 0, 0, 0);
	check("a thread moves to the CPU that it asks for", cpu == si.nr_cpus - 1);
	CALL(sched_setaffinity, 0, sizeof(mask), mask, 0, 0, 0);
	memset(one, 0, sizeof(one));
	check("affinity to no CPU", fails_with(CALL(sched_setaffinity, 0, sizeof(one), one, 0, 0, 0), L_EINVAL));
	check("affinity of no thread", fails_with(CALL(sched_getaffinity, 9999, sizeof(one), one, 0, 0, 0), L_ESRCH));
}

static uint32_t busy;

#define BIT_OF(sig) (1ull << ((sig) - 1))
enum { SIG_A = 10, SIG_B = 12, SIG_ALRM = 14, SIG_WINCH = 28, BLOCK = 0, UNBLOCK = 1, SETMASK = 2 };
static int sig_good[8];

static void set_mask(int how, uint64_t set)
{
	CALL(sigprocmask, how, &set, 0, 0, 0, 0);
}

static void set_handler(int sig, uint64_t handler, uint64_t mask)
{
	struct socle_sigaction a = { .handler = handler, .mask = mask };

	CALL(sigaction, sig, &a, 0, 0, 0, 0);
}

static long take(uint64_t set, long ms, struct socle_siginfo *info)
{
	struct socle_timespec t = { ms / 1000, ms % 1000 * 1000000 };

	return CALL(sigtimedwait, &set, info, &t, 0, 0, 0);
}

/* In a thread of its own: the word that says "handlers are to run" is in struct app_thread. */
static void signals(struct worker *w)
{
	struct socle_siginfo info = { 0 };
	struct socle_sigframe fr = { .old_mask = 0 };
	uint64_t pending = 0, none = 0, alarm[2] = { 1000000, 0 };
	long self = CALL(gettid, 0, 0, 0, 0, 0, 0);

	set_mask(SETMASK, BIT_OF(SIG_A));
	CALL(tgkill, self, SIG_A, 0, 0, 0, 0);
	CALL(sigpending, &pending, 0, 0, 0, 0, 0);
	sig_good[0] = pending == BIT_OF(SIG_A) && !w->app.signal_pending &&
		take(BIT_OF(SIG_A), 10000, &info) == SIG_A && info.code == -6 &&
		take(BIT_OF(SIG_A), 1, &info) == -L_EAGAIN;

	set_handler(SIG_A, 0x1234, BIT_OF(SIG_B));
	CALL(tgkill, self, SIG_A, 0, 0, 0, 0);
	set_mask(UNBLOCK, BIT_OF(SIG_A));
	sig_good[1] = w->app.signal_pending && CALL(sigdeliver, &fr, 0, 0, 0, 0, 0) == 1 && fr.info.signo == SIG_A &&
		fr.action.handler == 0x1234 && fr.old_mask == 0 && !w->app.signal_pending &&
		CALL(sigdeliver, &fr, 0, 0, 0, 0, 0) == 0;
	pending = 0;
	CALL(sigprocmask, 0, 0, &pending, 0, 0, 0);
	sig_good[2] = pending == (BIT_OF(SIG_A) | BIT_OF(SIG_B));
	set_mask(SETMASK, 0);

	/* The first thread has it blocked, so it is ours. */
	CALL(kill, 1, SIG_A, 0, 0, 0, 0);
	sig_good[3] = w->app.signal_pending && CALL(sigdeliver, &fr, 0, 0, 0, 0, 0) == 1 && fr.info.code == 0;
	set_mask(SETMASK, 0);

	set_handler(SIG_ALRM, 0x1000, 0);
	CALL(setitimer, 0, alarm, 0, 0, 0, 0);
	sig_good[4] = CALL(sigsuspend, &none, 0, 0, 0, 0, 0) == -L_EINTR && w->app.signal_pending &&
		CALL(sigdeliver, &fr, 0, 0, 0, 0, 0) == 1 && fr.info.signo == SIG_ALRM;
	set_mask(SETMASK, 0);

	CALL(kill, 1, SIG_WINCH, 0, 0, 0, 0);	/* ignored by default */
	sig_good[5] = !w->app.signal_pending;
	sig_good[6] = CALL(tgkill, 12345, SIG_A, 0, 0, 0, 0) == -L_ESRCH && CALL(kill, 77, SIG_A, 0, 0, 0, 0) == -L_ESRCH &&
		CALL(kill, 1, 65, 0, 0, 0, 0) == -L_EINVAL && CALL(kill, 1, 0, 0, 0, 0, 0) == 0 &&
		CALL(sigaction, 9, &fr, 0, 0, 0, 0) == -L_EINVAL;
}

static void test_signals(void)
{
	static const char *const name[] = {
		"a blocked signal waits and is taken", "a handler is to run at the end of a call",
		"the mask while a handler runs", "a signal to the process goes to who does not block it",
		"an alarm ends sigsuspend", "a signal that is ignored", "errors of kill and sigaction",
	};
	struct worker w;

	set_mask(BLOCK, BIT_OF(SIG_A) | BIT_OF(SIG_ALRM));
	start(&w, signals, 0);
	join(&w);
	for (int i = 0; i < 7; i++)
		check(name[i], sig_good[i]);
}

static void spin(struct worker *w)
{
	(void)w;
	__atomic_fetch_add(&busy, 1, __ATOMIC_SEQ_CST);
	for (;;)
		__asm__ volatile("" ::: "memory");
}

static void sleep_on_word(struct worker *w)
{
	__atomic_fetch_add(&busy, 1, __ATOMIC_SEQ_CST);
	for (;;)
		CALL(futex, &w->alive, FUTEX_WAIT, 1, 0, 0, 0);
}

static void read_terminal(struct worker *w)
{
	char c;

	(void)w;
	__atomic_fetch_add(&busy, 1, __ATOMIC_SEQ_CST);
	for (;;)
		CALL(read, 0, &c, 1, 0, 0, 0);
}

/* A guest that is one endless jump. Returns the vCPU's descriptor. */
static int make_guest(void)
{
	long vm, vcpu, kvm = CALL(open, "/dev/kvm", 2, 0, 0, 0, 0);
	uint8_t *ram = map_pages(4096);
	struct kvm_userspace_memory_region r = { .memory_size = 4096, .userspace_addr = (uint64_t)ram };
	struct kvm_sregs s;
	struct kvm_regs regs = { .rflags = 2 };

	vm = CALL(ioctl, kvm, KVM_CREATE_VM, 0, 0, 0, 0);
	vcpu = CALL(ioctl, vm, KVM_CREATE_VCPU, 0, 0, 0, 0);
	memcpy(ram, "\xeb\xfe", 2);
	CALL(ioctl, vm, KVM_SET_USER_MEMORY_REGION, &r, 0, 0, 0);
	CALL(ioctl, vcpu, KVM_GET_SREGS, &s, 0, 0, 0);
	s.cs.base = s.cs.selector = 0;
	CALL(ioctl, vcpu, KVM_SET_SREGS, &s, 0, 0, 0);
	CALL(ioctl, vcpu, KVM_SET_REGS, &regs, 0, 0, 0);
	return (int)vcpu;
}

static void run_guest(struct worker *w)
{
	int vcpu = make_guest();

	(void)w;
	__atomic_fetch_add(&busy, 1, __ATOMIC_SEQ_CST);
	for (;;)
		CALL(ioctl, vcpu, KVM_RUN, 0, 0, 0, 0);
}

#define LAST "ok   exit from a thread that is not the first\n"

/* The signal is blocked but while the guest runs, as KVM_SET_SIGNAL_MASK says. */
static void run_until_signal(struct worker *w)
{
	struct { struct kvm_signal_mask head; uint64_t set; } m = { { .len = 8 }, 0 };
	int vcpu = make_guest();
	uint64_t pending = 0;

	set_mask(SETMASK, BIT_OF(SIG_B));
	memcpy((char *)&m + sizeof(m.head), "\0\0\0\0\0\0\0", 8);
	CALL(ioctl, vcpu, KVM_SET_SIGNAL_MASK, &m, 0, 0, 0);
	__atomic_store_n(&w->tid, CALL(gettid, 0, 0, 0, 0, 0, 0), __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&busy, 1, __ATOMIC_SEQ_CST);
	w->arg = CALL(ioctl, vcpu, KVM_RUN, 0, 0, 0, 0) == -L_EINTR;
	CALL(sigpending, &pending, 0, 0, 0, 0, 0);
	w->arg = w->arg && pending == BIT_OF(SIG_B) && !w->app.signal_pending;
}

static void test_run_interrupted(void)
{
	struct worker w;

	busy = 0;
	start(&w, run_until_signal, 0);
	wait_until(&busy, 1);
	for (int i = 0; i < 20; i++)
		CALL(sched_yield, 0, 0, 0, 0, 0, 0);
	CALL(tgkill, w.tid, SIG_B, 0, 0, 0, 0);
	join(&w);
	check("a signal ends KVM_RUN, which has a mask of its own", w.arg == 1);
	busy = 0;
}

static void leave(struct worker *w)
{
	(void)w;
	wait_until(&busy, 4);
	for (int i = 0; i < 50; i++)	/* the others get to where they are meant to be */
		CALL(sched_yield, 0, 0, 0, 0, 0, 0);
	CALL(write, 1, LAST, sizeof(LAST) - 1, 0, 0, 0);
	CALL(exit_group, failed, 0, 0, 0, 0, 0);
}

int main(void)
{
	static struct worker w[5];

	setvbuf(stdout, NULL, _IONBF, 0);
	test_one();
	test_many();
	test_futex_errors();
	test_bitset();
	test_affinity();
	test_signals();
	test_run_interrupted();
	start(&w[0], spin, 0);
	start(&w[1], sleep_on_word, 0);
	start(&w[2], read_terminal, 0);
	start(&w[3], run_guest, 0);
	start(&w[4], leave, 0);
	join(&w[0]);
	return 1;
}
