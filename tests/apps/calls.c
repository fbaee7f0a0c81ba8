/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls.c - kernel calls below the libc: threads, futexes, and exit from any thread
 *
 * Socle only: it makes the calls that libc makes. The process ends by the
 * call of one thread while others spin, sleep, read and run a guest.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <socle/app.h>
#include <socle/syscall.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define STACK	65536ul
#define MANY	64

long libc_call(long nr, long a, long b, long c, long d, long e, long f);
#define CALL(name, a, b, c, d, e, f) \
	libc_call(SOCLE_SYS_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
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

static long start(struct worker *w, void (*fn)(struct worker *), long arg)
{
	struct socle_thread st = { .entry = (uint64_t)worker_main, .arg = (uint64_t)w };

	memset(w, 0, sizeof(*w));
	w->fn = fn;
	w->arg = arg;
	w->alive = 1;
	w->stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
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
	return ret == -1 && errno == err;
}

static void test_futex_errors(void)
{
	struct socle_timespec soon = { 0, 1000000 }, bad = { 0, 1000000000 };
	uint32_t word = 5;

	check("futex wait on another value", fails_with(CALL(futex, &word, FUTEX_WAIT, 4, 0, 0, 0), EAGAIN));
	check("futex wait times out", fails_with(CALL(futex, &word, FUTEX_WAIT, 5, &soon, 0, 0), ETIMEDOUT));
	check("futex wait until a time in the past",
	      fails_with(CALL(futex, &word, FUTEX_WAIT_BITSET, 5, &soon, 0, 1), ETIMEDOUT));
	check("futex wait with a bad time", fails_with(CALL(futex, &word, FUTEX_WAIT, 5, &bad, 0, 0), EINVAL));
	check("futex wait without bits", fails_with(CALL(futex, &word, FUTEX_WAIT_BITSET, 5, 0, 0, 0), EINVAL));
	check("futex on an odd address", fails_with(CALL(futex, (long)&word + 1, FUTEX_WAKE, 1, 0, 0, 0), EINVAL));
	check("futex on no memory", fails_with(CALL(futex, 0x1000, FUTEX_WAIT, 0, 0, 0, 0), EFAULT));
	check("futex operation that is absent", fails_with(CALL(futex, &word, 99, 0, 0, 0, 0), ENOSYS));
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
	check("affinity to no CPU", fails_with(CALL(sched_setaffinity, 0, sizeof(one), one, 0, 0, 0), EINVAL));
	check("affinity of no thread", fails_with(CALL(sched_getaffinity, 9999, sizeof(one), one, 0, 0, 0), ESRCH));
}

static uint32_t busy;

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

/* A guest that is one endless jump. */
static void run_guest(struct worker *w)
{
	int vm, vcpu, kvm = open("/dev/kvm", O_RDWR);
	uint8_t *ram = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region r = { .memory_size = 4096, .userspace_addr = (uint64_t)ram };
	struct kvm_sregs s;
	struct kvm_regs regs = { .rflags = 2 };

	(void)w;
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	memcpy(ram, "\xeb\xfe", 2);
	ioctl(vm, KVM_SET_USER_MEMORY_REGION, &r);
	ioctl(vcpu, KVM_GET_SREGS, &s);
	s.cs.base = s.cs.selector = 0;
	ioctl(vcpu, KVM_SET_SREGS, &s);
	ioctl(vcpu, KVM_SET_REGS, &regs);
	__atomic_fetch_add(&busy, 1, __ATOMIC_SEQ_CST);
	for (;;)
		ioctl(vcpu, KVM_RUN, 0);
}

static void leave(struct worker *w)
{
	(void)w;
	wait_until(&busy, 4);
	for (int i = 0; i < 50; i++)	/* the others get to where they are meant to be */
		CALL(sched_yield, 0, 0, 0, 0, 0, 0);
	printf("ok   exit from a thread that is not the first\n");
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
	start(&w[0], spin, 0);
	start(&w[1], sleep_on_word, 0);
	start(&w[2], read_terminal, 0);
	start(&w[3], run_guest, 0);
	start(&w[4], leave, 0);
	join(&w[0]);
	return 1;
}
