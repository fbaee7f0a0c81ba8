/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vmloop.c - VMs come and go: 200 of random shape, then one while each allocation fails in turn
 *
 * Socle only, see calls.c: what is left behind is asked of /dev/socle. What the
 * app touches while allocations fail is there before, or the app would end.
 */
#include <linux/kvm.h>
#include <socle/app.h>
#include <socle/syscall.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ROUNDS	200
#define MAX_FDS	64
#define ARENA	0x200000ul		/* one page table of the host covers it */
#define STACK	65536ul

long libc_raw_call(long nr, long a, long b, long c, long d, long e, long f);
#define CALL(name, a, b, c, d, e, f) \
	libc_raw_call(SOCLE_SYS_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define IOCTL(fd, cmd, arg) CALL(ioctl, fd, cmd, arg, 0, 0, 0)
enum { L_EINTR = 4, L_ENOMEM = 12, SIG_A = 10, PRIVATE_ANON_FIXED = 0x32, SHARED_FIXED = 0x11 };

static int failed;
static char *arena;
static long kvm, facts;
static uint64_t seed = 20260101;

static void check(const char *what, int good)
{
	printf("%s %s\n", good ? "ok  " : "FAIL", what);
	failed += !good;
}

/* xorshift64* */
static uint32_t rnd(uint32_t below)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (uint32_t)((seed * 2685821657736338717ull) >> 33) % below;
}

/* --- facts --- */

static char text[1024];

static void ask(const char *question)
{
	long n, len = 0;

	text[0] = 0;
	if (CALL(write, facts, question, strlen(question), 0, 0, 0) < 0)
		return;
	while ((n = CALL(read, facts, text + len, sizeof(text) - 1 - (unsigned long)len, 0, 0, 0)) > 0)
		len += n;
	text[len] = 0;
}

static uint64_t value(const char *name)
{
	const char *at = strstr(text, name);
	uint64_t v = 0;

	for (at = at ? at + strlen(name) : ""; *at >= '0' && *at <= '9'; at++)
		v = v * 10 + (uint64_t)(*at - '0');
	return v;
}

struct held { uint64_t objects, kernel, app, threads, app_threads, fds; };

static struct held held_now(void)
{
	struct held h;

	ask("mem");
	h.objects = value("object_bytes ");
	h.kernel = value("kernel_pages ");
	h.app = value("app_pages ");
	h.threads = value("threads ");
	ask("app");
	h.app_threads = value("threads ");
	h.fds = value("descriptors ");
	return h;
}

static int same(const struct held *a, const struct held *b)
{
	return a->objects == b->objects && a->kernel == b->kernel && a->app == b->app && a->threads == b->threads &&
	       a->app_threads == b->app_threads && a->fds == b->fds;
}

/* Threads and files may be on their way out still. */
static int back_to(const struct held *before, int say)
{
	struct held h;

	for (int i = 0; i < 10000; i++) {
		h = held_now();
		if (same(&h, before))
			return 1;
		CALL(sched_yield, 0, 0, 0, 0, 0, 0);
	}
	if (say)
		printf("objects %lu -> %lu, kernel pages %lu -> %lu, app pages %lu -> %lu, threads %lu -> %lu, fds %lu -> %lu\n",
		       before->objects, h.objects, before->kernel, h.kernel, before->app, h.app, before->threads, h.threads,
		       before->fds, h.fds);
	return 0;
}

/* --- one VM --- */

struct vm { long fd[MAX_FDS]; int nr_fds; long vm, vcpu[4]; int nr_vcpus, irqchip; };

static long keep(struct vm *m, long fd)
{
	if (fd >= 0)
		m->fd[m->nr_fds++] = fd;
	return fd;
}

/* The vCPUs' mappings go; these calls may fail like others. */
static void restore_arena(void)
{
	for (int i = 0; i < 4; i++)
		CALL(mmap, arena + 0x10000 + i * 0x3000, 0x3000, 3, PRIVATE_ANON_FIXED, -1, 0);
}

/* Out of order, so that who comes first differs. */
static void close_all(struct vm *m)
{
	while (m->nr_fds) {
		int i = (int)rnd((uint32_t)m->nr_fds);

		CALL(close, m->fd[i], 0, 0, 0, 0, 0);
		m->fd[i] = m->fd[--m->nr_fds];
	}
	restore_arena();
}

static long add_slot(struct vm *m, int slot)
{
	struct kvm_userspace_memory_region r = {
		.slot = (uint32_t)slot, .guest_phys_addr = (uint64_t)slot << 20, .flags = rnd(2) ? KVM_MEM_LOG_DIRTY_PAGES : 0,
		.memory_size = 0x1000 + rnd(15) * 0x1000ul, .userspace_addr = (uint64_t)arena,
	};

	return IOCTL(m->vm, KVM_SET_USER_MEMORY_REGION, &r);
}

static long add_vcpu(struct vm *m)
{
	int i = m->nr_vcpus;
	long fd = keep(m, IOCTL(m->vm, KVM_CREATE_VCPU, i)), ret;

	if (fd < 0)
		return fd;
	m->vcpu[m->nr_vcpus++] = fd;
	ret = CALL(mmap, arena + 0x10000 + i * 0x3000, 0x3000, 3, SHARED_FIXED, fd, 0);
	return ret < 0 ? ret : 0;
}

static long add_notification(struct vm *m, int i)
{
	long fd = keep(m, CALL(eventfd, 0, 0, 0, 0, 0, 0)), second;
	struct kvm_ioeventfd io = { .addr = 0x500 + (uint64_t)i, .len = 1, .fd = (int)fd, .flags = KVM_IOEVENTFD_FLAG_PIO };
	struct kvm_irqfd irq = { .fd = (uint32_t)fd, .gsi = 3 + rnd(20) };
	struct kvm_coalesced_mmio_zone zone = { .addr = 0xd0000000 + (uint64_t)i * 16, .size = 16 };
	long err;

	if (fd < 0)
		return fd;
	err = IOCTL(m->vm, KVM_IOEVENTFD, &io);
	if (!err)
		err = IOCTL(m->vm, KVM_REGISTER_COALESCED_MMIO, &zone);
	if (err || !m->irqchip)
		return err;
	if (rnd(2)) {
		second = keep(m, CALL(eventfd, 0, 0, 0, 0, 0, 0));
		if (second < 0)
			return second;
		irq.flags = KVM_IRQFD_FLAG_RESAMPLE;
		irq.resamplefd = (uint32_t)second;
	}
	return IOCTL(m->vm, KVM_IRQFD, &irq);
}

/* hlt; then an endless loop for who runs without leaving */
static long start_vcpu(long vcpu, uint64_t rip)
{
	struct kvm_sregs s;
	struct kvm_regs r = { .rip = rip, .rflags = 2 };
	long err = IOCTL(vcpu, KVM_GET_SREGS, &s);

	s.cs.base = s.cs.selector = 0;
	if (!err)
		err = IOCTL(vcpu, KVM_SET_SREGS, &s);
	return err ? err : IOCTL(vcpu, KVM_SET_REGS, &r);
}

#define GUEST_OUT	"\xba\x00\x05\xee\xba\xf4\x00\xee\xeb\xfe"	/* out to 0x500 and 0xf4, then jmp here */
#define AT_LOOP		8u

static long make(struct vm *m, int irqchip, int vcpus, int slots, int notifications)
{
	long err;

	memset(m, 0, sizeof(*m));
	m->vm = keep(m, IOCTL(kvm, KVM_CREATE_VM, 0));
	if (m->vm < 0)
		return m->vm;
	err = irqchip ? IOCTL(m->vm, KVM_CREATE_IRQCHIP, 0) : 0;
	m->irqchip = irqchip && !err;
	for (int i = 0; i < slots && !err; i++)
		err = add_slot(m, i);
	for (int i = 0; i < vcpus && !err; i++)
		err = add_vcpu(m);
	for (int i = 0; i < notifications && !err; i++)
		err = add_notification(m, i);
	return err;
}

/* --- a thread that is in the guest until a signal --- */

struct runner { struct app_thread app; uint32_t alive, tid; long vcpu; };

static void runner_main(struct runner *r)
{
	while (IOCTL(r->vcpu, KVM_RUN, 0) != -L_EINTR)
		;
	CALL(thread_exit, &r->alive, 0, 0, 0, 0, 0);
}

static void run_in_thread(long vcpu)
{
	static char stack[STACK] __attribute__((aligned(16)));
	static struct runner r;
	struct socle_thread st = { .entry = (uint64_t)runner_main, .arg = (uint64_t)&r, .stack_top = (uint64_t)stack + STACK,
				   .app_thread = (uint64_t)&r.app };

	memset(&r, 0, sizeof(r));
	r.alive = 1;
	r.vcpu = vcpu;
	st.tid_out = (uint64_t)&r.tid;
	if (start_vcpu(vcpu, AT_LOOP) || CALL(thread_create, &st, 0, 0, 0, 0, 0) < 0)
		return;
	for (uint32_t n = rnd(20); n; n--)
		CALL(sched_yield, 0, 0, 0, 0, 0, 0);
	CALL(tgkill, r.tid, SIG_A, 0, 0, 0, 0);
	while (__atomic_load_n(&r.alive, __ATOMIC_SEQ_CST))
		CALL(futex, &r.alive, 0, 1, 0, 0, 0);
}

static int one_round(void)
{
	struct vm m;
	int bad, vcpus = 1 + (int)rnd(4);

	bad = make(&m, (int)rnd(2), vcpus, 1 + (int)rnd(8), (int)rnd(4)) != 0;
	if (!bad && rnd(2))
		bad = start_vcpu(m.vcpu[0], 0) || IOCTL(m.vcpu[0], KVM_RUN, 0);
	if (!bad && rnd(2))
		run_in_thread(m.vcpu[rnd(m.irqchip ? 1 : (uint32_t)vcpus)]);
	close_all(&m);
	return !bad;
}

static void test_rounds(void)
{
	uint64_t ignored[3] = { 0x1000, 0, 0 };
	struct held before;
	int good = 0;

	CALL(sigaction, SIG_A, ignored, 0, 0, 0, 0);	/* a handler that nobody calls: the signal interrupts */
	for (int i = 0; i < 20; i++)
		good += one_round();
	before = held_now();
	for (int i = 0; i < ROUNDS; i++)
		good += one_round();
	check("200 VMs of random shape work", good == ROUNDS + 20);
	check("memory, descriptors and threads are as before", back_to(&before, 1));
}

/* --- each allocation fails once --- */

static uint64_t arm(uint64_t nth)
{
	static char q[32];
	int n = sizeof(q) - 1;

	do
		q[--n] = (char)('0' + nth % 10);
	while (nth /= 10);
	memcpy(q + n - 5, "fail ", 5);
	ask(q + n - 5);
	return value("seen ");
}

static long whole_life(void)
{
	static struct vm m;
	long err = make(&m, 1, 2, 3, 2);

	if (!err)
		err = start_vcpu(m.vcpu[0], 0);
	if (!err)
		err = IOCTL(m.vcpu[0], KVM_RUN, 0);
	close_all(&m);
	return err;
}

static void test_failures(void)
{
	struct held before;
	uint64_t nth, seen, errors = 0, leaks = 0, wrong = 0;
	long err;

	for (int i = 0; i < 3; i++)
		whole_life();
	before = held_now();
	for (nth = 1; nth < 100000; nth++) {
		uint64_t same_seed = seed;

		arm(nth);
		err = whole_life();
		seen = arm(0);
		restore_arena();
		if (seen < nth)
			break;
		errors += err != 0;
		wrong += err && err != -L_ENOMEM;
		if (err && err != -L_ENOMEM)
			printf("allocation %lu: error %ld\n", nth, -err);
		if (!back_to(&before, leaks < 10)) {
			if (leaks++ < 10)
				printf("allocation %lu: error %ld, something is left\n", nth, -err);
			before = held_now();
		}
		seed = same_seed;
	}
	printf("%lu allocations, %lu errors\n", nth - 1, errors);
	check("each allocation of a VM's life fails in turn", nth > 50 && nth < 100000 && errors > 20 && !wrong);
	check("nothing is left behind", !leaks);
	check("and then it works", whole_life() == 0);
}

/* The kernel keeps the memory of as many files as were ever open. */
static void open_many(void)
{
	long fd[MAX_FDS];

	for (int i = 0; i < MAX_FDS; i++)
		fd[i] = CALL(eventfd, 0, 0, 0, 0, 0, 0);
	for (int i = 0; i < MAX_FDS; i++)
		CALL(close, fd[i], 0, 0, 0, 0, 0);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	kvm = CALL(open, "/dev/kvm", 2, 0, 0, 0, 0);
	facts = CALL(open, "/dev/socle", 2, 0, 0, 0, 0);
	check("/dev/kvm and /dev/socle", kvm >= 0 && facts >= 0);
	arena = (char *)CALL(mmap, 0, ARENA, 3, 0x22, -1, 0);
	for (unsigned long i = 0; i < ARENA; i += 4096)
		arena[i] = 0;
	memcpy(arena, GUEST_OUT, sizeof(GUEST_OUT));
	open_many();
	test_rounds();
	test_failures();
	return failed;
}
