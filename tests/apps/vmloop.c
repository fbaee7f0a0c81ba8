/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vmloop.c - VMs come and go: 200 of random shape, then one while each allocation fails in turn
 *
 * Socle only, see calls.c and left.h.
 */
#include <linux/kvm.h>
#include "left.h"

#define ROUNDS	200
#define MAX_FDS	64
#define ARENA	0x200000ul		/* one page table of the host covers it */
#define STACK	65536ul

#define IOCTL(fd, cmd, arg) CALL(ioctl, fd, cmd, arg, 0, 0, 0)
enum { L_EINTR = 4, SIG_A = 10, PRIVATE_ANON_FIXED = 0x32, SHARED_FIXED = 0x11 };

static char *arena;
static long kvm;
static uint64_t seed = 20260101;

/* xorshift64* */
static uint32_t rnd(uint32_t below)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (uint32_t)((seed * 2685821657736338717ull) >> 33) % below;
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

static long whole_life(void)
{
	static struct vm m;
	long err;

	seed = 77;		/* the same shape each time */
	err = make(&m, 1, 2, 3, 2);

	if (!err)
		err = start_vcpu(m.vcpu[0], 0);
	if (!err)
		err = IOCTL(m.vcpu[0], KVM_RUN, 0);
	close_all(&m);
	return err;
}

int main(void)
{
	check("/dev/kvm and /dev/socle", left_init() && (kvm = CALL(open, "/dev/kvm", 2, 0, 0, 0, 0)) >= 0);
	arena = (char *)CALL(mmap, 0, ARENA, 3, 0x22, -1, 0);
	for (unsigned long i = 0; i < ARENA; i += 4096)
		arena[i] = 0;
	memcpy(arena, GUEST_OUT, sizeof(GUEST_OUT));
	test_rounds();
	fail_each("a VM's life", whole_life, restore_arena, 50);
	return failed;
}
