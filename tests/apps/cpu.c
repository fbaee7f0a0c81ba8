/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpu.c - CPUID, MSRs, control registers, clocks, hypercalls of a vCPU, by small guests
 */
#include "vm.h"

/* Leaf 0x40000010 is younger than the Linux that this program may run on. */
static int has_timing_leaf(void)
{
	struct kvm_cpuid2 *c = supported_cpuid();
	int has = c->nent && leaf_of(c, 0x40000000, 0)->eax >= 0x40000010;

	free(c);
	return has;
}

/*
 * QEMU's TCG takes INT3 for a software interrupt, so that there is no #BP to
 * intercept; VMRUN does not arm DR7; XSETBV is not intercepted, nor are high
 * bits of control registers looked at: what Linux leaves to the CPU fails there.
 */
static int on_tcg(void)
{
	uint32_t a = 0x40000000, b, c = 0, d;

	__asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return b == 0x54474354;				/* "TCGT" */
}

static int linux_on_tcg(void)
{
	return on_tcg() && !has_timing_leaf();
}

/* --- CPUID --- */

static int supported_cpuid_has_no_duplicates(void)
{
	struct kvm_cpuid2 *c = supported_cpuid();

	CHECK(c->nent > 20);
	for (uint32_t i = 0; i < c->nent; i++)
		for (uint32_t j = 0; j < i; j++)
			CHECK(c->entries[i].function != c->entries[j].function ||
			      c->entries[i].index != c->entries[j].index);
	CHECK(leaf_of(c, 0x40000000, 0)->ebx == 0x4b4d564b);
	CHECK(leaf_of(c, 0x80000008, 0) && leaf_of(c, 0x80000001, 0)->edx >> 29 & 1);
	free(c);
	return 1;
}

static int cpuid_calls_have_linux_errors(void)
{
	struct kvm_cpuid2 *c = supported_cpuid(), *g = calloc(1, sizeof(*g) + 300 * sizeof(g->entries[0]));
	uint32_t n = c->nent;

	g->nent = 2;
	CHECK(FAILS(ioctl(kvm_fd, KVM_GET_SUPPORTED_CPUID, g), E2BIG));
	g->nent = 257;
	CHECK(FAILS(ioctl(vcpu_fd, KVM_SET_CPUID2, g), E2BIG));
	CHECK(FAILS(ioctl(vcpu_fd, KVM_SET_CPUID2, 8), EFAULT));
	CHECK(!ioctl(vcpu_fd, KVM_SET_CPUID2, c));
	g->nent = n - 1;
	CHECK(FAILS(ioctl(vcpu_fd, KVM_GET_CPUID2, g), E2BIG));
	g->nent = 300;
	CHECK(!ioctl(vcpu_fd, KVM_GET_CPUID2, g));	/* Linux 6.1 leaves nent as it is */
	for (uint32_t i = 0; i < n; i++)
		CHECK(g->entries[i].function == c->entries[i].function && g->entries[i].index == c->entries[i].index);
	leaf_of(c, 0x80000008, 0)->eax = 0x3128;	/* 49 linear bits */
	CHECK(FAILS(ioctl(vcpu_fd, KVM_SET_CPUID2, c), EINVAL));
	free(c);
	free(g);
	return 1;
}

GUEST(g_hlt, "16", "hlt");

static int cpuid_is_frozen_by_the_first_run(void)
{
	struct kvm_cpuid2 *c = supported_cpuid();
	uint32_t n = c->nent;

	CHECK(!ioctl(vcpu_fd, KVM_SET_CPUID2, c));
	CHECK(!start_real(g_hlt, g_hlt_end) && go() == KVM_EXIT_HLT);
	c->nent = CPUID_MAX;
	CHECK(!ioctl(vcpu_fd, KVM_GET_CPUID2, c));
	c->nent = n;
	CHECK(!ioctl(vcpu_fd, KVM_SET_CPUID2, c));
	leaf_of(c, 0, 0)->edx ^= 1;
	CHECK(FAILS(ioctl(vcpu_fd, KVM_SET_CPUID2, c), EINVAL));
	free(c);
	return 1;
}

/* CPUID of EAX, ECX as the VMM set them. */
GUEST(g_cpuid, "64", "cpuid\n hlt\n jmp g_cpuid");

static struct kvm_regs guest_cpuid(uint32_t leaf, uint32_t index)
{
	struct kvm_regs r = regs();

	r.rax = leaf;
	r.rcx = index;
	ioctl(vcpu_fd, KVM_SET_REGS, &r);
	if (go() != KVM_EXIT_HLT)
		memset(&r, 0xff, sizeof(r));
	else
		r = regs();
	return r;
}

static int cpuid_beyond_the_last_leaf(void)
{
	struct kvm_cpuid2 *c = supported_cpuid();
	struct kvm_cpuid_entry2 *zero = leaf_of(c, 0, 0), *last;
	struct kvm_regs r;

	zero->ebx = 0x756e6547;			/* GenuineIntel */
	zero->edx = 0x49656e69;
	zero->ecx = 0x6c65746e;
	zero->eax = 2;
	last = leaf_of(c, 2, 0);
	last->eax = 0x11111101;
	CHECK(!ioctl(vcpu_fd, KVM_SET_CPUID2, c) && !start_long(g_cpuid, g_cpuid_end));
	r = guest_cpuid(0x1000, 0);
	CHECK(r.rax == last->eax && r.rbx == last->ebx);
	r = guest_cpuid(0x40000005, 0);		/* a hypervisor leaf that nobody fills */
	CHECK(!has_timing_leaf() || (!r.rax && !r.rbx && !r.rcx && !r.rdx));
	r = guest_cpuid(0x80000000, 0);
	CHECK(r.rax >= 0x80000008);
	free(c);
	return 1;
}

static int amd_gives_zeros_beyond_the_last_leaf(void)
{
	struct kvm_cpuid2 *c = supported_cpuid();
	struct kvm_cpuid_entry2 *zero = leaf_of(c, 0, 0);
	struct kvm_regs r;

	zero->ebx = 0x68747541;			/* AuthenticAMD */
	zero->edx = 0x69746e65;
	zero->ecx = 0x444d4163;
	CHECK(!ioctl(vcpu_fd, KVM_SET_CPUID2, c) && !start_long(g_cpuid, g_cpuid_end));
	r = guest_cpuid(0x1000, 0);
	CHECK(!r.rax && !r.rbx && !r.rcx && !r.rdx);
	free(c);
	return 1;
}

GUEST(g_osxsave, "64", "mov $1,%eax\n xor %ecx,%ecx\n cpuid\n mov %ecx,%esi\n"
	" mov %cr4,%rax\n or $0x40000,%eax\n mov %rax,%cr4\n mov $1,%eax\n xor %ecx,%ecx\n cpuid\n mov %ecx,%edi\n"
	" mov $0xd,%eax\n xor %ecx,%ecx\n cpuid\n mov %ebx,%r8d\n"
	" mov $3,%eax\n xor %edx,%edx\n xor %ecx,%ecx\n xsetbv\n mov $0xd,%eax\n cpuid\n mov %ebx,%r9d\n hlt");

static int cpuid_follows_cr4_and_xcr0(void)
{
	CHECK(!set_cpuid() && !start_long(g_osxsave, g_osxsave_end));
	CHECK(go() == KVM_EXIT_HLT);
	CHECK(!(regs().rsi >> 27 & 1) && (regs().rdi >> 27 & 1));
	CHECK(regs().r8 == 576 && regs().r9 == 576);
	return 1;
}

/* All states that CPUID has into XCR0: its size is in leaf 0xd, and XGETBV shows it after other exits too. */
GUEST(g_xcr0, "64", "mov %cr4,%rax\n or $0x40000,%eax\n mov %rax,%cr4\n"
	" mov $0xd,%eax\n xor %ecx,%ecx\n cpuid\n mov %eax,%esi\n mov %ecx,%edi\n"
	" mov %esi,%eax\n xor %edx,%edx\n xor %ecx,%ecx\n xsetbv\n"
	" mov $0xd,%eax\n xor %ecx,%ecx\n cpuid\n mov %ebx,%r8d\n xor %ecx,%ecx\n xgetbv\n mov %eax,%r9d\n hlt");

static int cpuid_has_the_size_of_all_states(void)
{
	struct kvm_xcrs x = { 0 };

	CHECK(!set_cpuid() && !start_long(g_xcr0, g_xcr0_end));
	CHECK(go() == KVM_EXIT_HLT);
	if (linux_on_tcg())
		return 1;
	CHECK(regs().rdi >= 576 && regs().r8 == regs().rdi);
	CHECK(regs().r9 == regs().rsi);
	CHECK(!ioctl(vcpu_fd, KVM_GET_XCRS, &x) && x.xcrs[0].value == regs().rsi);
	return 1;
}

/* --- clocks --- */

struct pvclock { uint32_t version, pad; uint64_t tsc, ns; uint32_t mul; int8_t shift; uint8_t flags, pad2[2]; };

static uint64_t pvclock_ns(const struct pvclock *p, uint64_t tsc)
{
	uint64_t d = tsc - p->tsc;

	d = p->shift < 0 ? d >> -p->shift : d << p->shift;
	return p->ns + (uint64_t)((unsigned __int128)d * p->mul >> 32);
}

/* The frequency as a Linux guest computes it. */
static uint32_t pvclock_khz(const struct pvclock *p)
{
	uint64_t khz = (1000000ull << 32) / p->mul;

	return (uint32_t)(p->shift < 0 ? khz << -p->shift : khz >> p->shift);
}

GUEST(g_clock, "64", "mov $0x4b564d01,%ecx\n mov $0x5001,%eax\n xor %edx,%edx\n wrmsr\n"
	" rdtsc\n shl $32,%rdx\n or %rdx,%rax\n mov %rax,%rsi\n mov $0x40000010,%eax\n xor %ecx,%ecx\n cpuid\n hlt\n"
	" jmp g_clock");

static int kvmclock_agrees_with_the_vmm(void)
{
	struct kvm_clock_data before = { 0 }, after = { 0 }, set = { .clock = 1ull << 50 };
	struct pvclock *p = (struct pvclock *)(void *)(mem + DATA);
	uint64_t ns, slack;

	CHECK(!set_cpuid() && !start_long(g_clock, g_clock_end));
	CHECK(!ioctl(vm_fd, KVM_GET_CLOCK, &before));
	CHECK(go() == KVM_EXIT_HLT);
	CHECK(!ioctl(vm_fd, KVM_GET_CLOCK, &after));
	CHECK(p->version && !(p->version & 1));
	ns = pvclock_ns(p, regs().rsi);
	slack = before.flags & KVM_CLOCK_TSC_STABLE ? 1 : 50000000;
	CHECK(ns + slack >= before.clock && ns <= after.clock + slack);
	CHECK(!ioctl(vm_fd, KVM_SET_CLOCK, &set));
	CHECK(go() == KVM_EXIT_HLT);
	CHECK(pvclock_ns(p, regs().rsi) + slack >= set.clock);
	set.flags = 1u << 30;
	CHECK(FAILS(ioctl(vm_fd, KVM_SET_CLOCK, &set), EINVAL));
	CHECK(!ioctl(vcpu_fd, KVM_KVMCLOCK_CTRL, 0));
	CHECK(go() == KVM_EXIT_HLT && (p->flags & 2));
	return 1;
}

static int timing_leaf_agrees_with_kvmclock(void)
{
	struct pvclock *p = (struct pvclock *)(void *)(mem + DATA);
	uint32_t khz = (uint32_t)ioctl(vcpu_fd, KVM_GET_TSC_KHZ, 0), leaf;

	CHECK(!set_cpuid() && !start_long(g_clock, g_clock_end));
	CHECK(go() == KVM_EXIT_HLT);
	CHECK(pvclock_khz(p) + 8 >= khz && pvclock_khz(p) <= khz + 8);
	leaf = (uint32_t)regs().rax;
	CHECK(!has_timing_leaf() || (leaf == khz && regs().rbx == 1000000));
	return 1;
}

GUEST(g_tsc, "64", "rdtsc\n shl $32,%rdx\n or %rdx,%rax\n mov %rax,%rsi\n hlt\n"
	" rdtscp\n shl $32,%rdx\n or %rdx,%rax\n mov %rax,%rdi\n mov %ecx,%r8d\n hlt\n"
	" mov $0x10,%ecx\n rdmsr\n shl $32,%rdx\n or %rdx,%rax\n mov %rax,%r9\n hlt");

static int another_tsc_frequency(void)
{
	uint32_t host = (uint32_t)ioctl(vcpu_fd, KVM_GET_TSC_KHZ, 0);
	struct pvclock *p = (struct pvclock *)(void *)(mem + DATA);
	struct kvm_clock_data c1 = { 0 }, c2 = { 0 };
	uint64_t t1, t2, ns;

	CHECK(host > 0 && !set_cpuid());
	if (ioctl(vcpu_fd, KVM_SET_TSC_KHZ, host * 2)) {
		CHECK(errno == EINVAL);		/* no such control here */
		return 1;
	}
	CHECK(ioctl(vcpu_fd, KVM_GET_TSC_KHZ, 0) == (int)(host * 2));
	CHECK(!start_long(g_clock, g_clock_end) && go() == KVM_EXIT_HLT);
	if (!has_timing_leaf() && pvclock_khz(p) < host + 16)
		return 1;			/* Linux without TSC scaling: only the counter itself is faster, by and by */
	CHECK(pvclock_khz(p) + 16 >= host * 2 && pvclock_khz(p) <= host * 2 + 16);
	CHECK(!has_timing_leaf() || regs().rax == host * 2);
	CHECK(msr_set(0xc0000103, 0x1234) && !start_long(g_tsc, g_tsc_end));
	CHECK(!ioctl(vm_fd, KVM_GET_CLOCK, &c1));
	CHECK(go() == KVM_EXIT_HLT);
	t1 = regs().rsi;
	for (int i = 0; i < 100; i++)
		CHECK(!ioctl(vm_fd, KVM_GET_CLOCK, &c2));
	CHECK(go() == KVM_EXIT_HLT);
	t2 = regs().rdi;
	CHECK(!ioctl(vm_fd, KVM_GET_CLOCK, &c2));
	CHECK(regs().r8 == 0x1234);
	ns = pvclock_ns(p, t2) - pvclock_ns(p, t1);	/* by the guest's own clock */
	CHECK(t2 > t1 && ns <= c2.clock - c1.clock + 1);
	CHECK((t2 - t1) * 1000 / ns <= host / 500 + 10 && (t2 - t1) * 1000 / ns + 10 >= host / 500);
	CHECK(go() == KVM_EXIT_HLT && regs().r9 > t2);
	return 1;
}

GUEST(g_adjust, "64", "mov $0x3b,%ecx\n mov $0x10000000,%edx\n xor %eax,%eax\n wrmsr\n rdtsc\n mov %edx,%esi\n hlt\n"
	" mov $0x10,%ecx\n mov $5,%edx\n xor %eax,%eax\n wrmsr\n rdtsc\n mov %edx,%edi\n"
	" mov $0x3b,%ecx\n rdmsr\n mov %edx,%r8d\n hlt");

static int tsc_writes_and_adjust(void)
{
	uint64_t a = 1, b;

	CHECK(!set_cpuid() && !start_long(g_adjust, g_adjust_end));
	CHECK(go() == KVM_EXIT_HLT && (regs().rsi >> 28) == 1);
	CHECK(msr_get(0x3b, &a) && a == 0x1000000000000000);
	CHECK(go() == KVM_EXIT_HLT && regs().rdi == 5 && regs().r8 != 0x10000000);
	CHECK(msr_get(0x10, &a) && a >> 32 == 5);
	CHECK(msr_set(0x10, 1ull << 60) && msr_get(0x10, &a) && a >> 60 == 1);
	CHECK(msr_set(0x3b, 77) && msr_get(0x3b, &b) && b == 77 && msr_get(0x10, &b) && b + (1ull << 40) >= a);
	return 1;
}

/* --- MSRs --- */

/* ECX, EDX:EAX from the VMM; BL: vector of the fault, 0 none. */
GUEST(g_wrmsr, "16", "wrmsr\n hlt");
GUEST(g_rdmsr, "16", "rdmsr\n hlt");

static int vector_of_msr(int write, uint32_t msr, uint64_t val, uint64_t *got)
{
	struct kvm_regs r;

	if (write ? start_real(g_wrmsr, g_wrmsr_end) : start_real(g_rdmsr, g_rdmsr_end))
		return -1;
	r = regs();
	r.rcx = msr;
	r.rax = (uint32_t)val;
	r.rdx = val >> 32;
	if (ioctl(vcpu_fd, KVM_SET_REGS, &r) || go() != KVM_EXIT_HLT)
		return -1;
	r = regs();
	if (got)
		*got = (uint32_t)r.rax | r.rdx << 32;
	return (int)(r.rbx & 0xff);
}

struct msr_case { uint32_t msr; uint64_t val; int guest, host; };	/* guest: vector; host: accepted */
static const struct msr_case msr_cases[] = {
	{ 0x2ff, 0xc06, 0, 1 }, { 0x2ff, 0x402, 13, 0 }, { 0x2ff, 0x100, 13, 0 },	/* MTRR default type */
	{ 0x200, 0x100006, 0, 1 }, { 0x200, 0x100206, 13, 0 }, { 0x200, 0x100003, 13, 0 },
	{ 0x201, 0xfff00800, 0, 1 }, { 0x201, 0x7ff, 13, 0 }, { 0x201, ~0ull, 13, 0 },
	{ 0x250, 0x0606060606060606, 0, 1 }, { 0x250, 0x0606060606060602, 13, 0 },
	{ 0x277, 0x0007040600070406, 0, 1 }, { 0x277, 0x0202020202020202, 13, 0 },
	{ 0xfe, 0, 13, 0 },							/* MTRRcap is read-only */
	{ 0xc0000082, 0xffffffff81000000, 0, 1 },
	{ 0xc0000080, 0x1, 0, 1 }, { 0xc0000080, 1ull << 63, 13, 0 },
	{ 0x400, ~0ull, 0, 1 }, { 0x400, 5, 13, 0 }, { 0x401, 1, 13, 1 }, { 0x401, 0, 0, 1 },
	{ 0xc0010015, 1ull << 18, 0, 1 }, { 0xc0010015, 1ull << 40, 13, 0 },
	{ 0x12345678, 0, 13, 0 },
};

static int reserved_bits_of_msrs(void)
{
	CHECK(!set_cpuid());
	for (size_t i = 0; i < sizeof(msr_cases) / sizeof(msr_cases[0]); i++) {
		const struct msr_case *c = &msr_cases[i];
		int v = vector_of_msr(1, c->msr, c->val, NULL), host = msr_set(c->msr, c->val);

		snprintf(why, sizeof(why), "MSR %x = %llx: guest vector %d, VMM %d", c->msr, (unsigned long long)c->val, v, host);
		if (v != c->guest || host != c->host)
			return 0;
		msr_set(0xc0010015, 0);
	}
	CHECK(!msr_set(0xc0000102, 0x0008000000000000));	/* not canonical; the guest's own WRMSR is not seen */
	return 1;
}

static int listed_msrs_can_be_saved_and_restored(void)
{
	struct { struct kvm_msr_list l; uint32_t index[200]; } list = { { .nmsrs = 1 }, { 0 } };
	uint64_t val;

	CHECK(FAILS(ioctl(kvm_fd, KVM_GET_MSR_INDEX_LIST, &list), E2BIG));
	CHECK(list.l.nmsrs > 20 && list.l.nmsrs < 200);
	CHECK(!ioctl(kvm_fd, KVM_GET_MSR_INDEX_LIST, &list) && !set_cpuid());
	for (uint32_t i = 0; i < list.l.nmsrs; i++) {
		snprintf(why, sizeof(why), "MSR %x", list.l.indices[i]);
		if (list.l.indices[i] >> 8 == 0x4b564d)	/* Linux lists some that need its interrupt controller */
			continue;
		if (!msr_get(list.l.indices[i], &val) || !msr_set(list.l.indices[i], val))
			return 0;
	}
	return 1;
}

static int feature_msrs_of_the_host(void)
{
	struct { struct kvm_msr_list l; uint32_t index[64]; } list = { { .nmsrs = 64 }, { 0 } };
	struct { struct kvm_msrs head; struct kvm_msr_entry e[2]; } m = { .head.nmsrs = 2 };

	CHECK(!ioctl(kvm_fd, KVM_GET_MSR_FEATURE_INDEX_LIST, &list) && list.l.nmsrs > 0);
	m.e[0].index = list.l.indices[0];
	m.e[1].index = 0x12345678;
	CHECK(ioctl(kvm_fd, KVM_GET_MSRS, &m) == 1);
	m.head.nmsrs = 256;
	CHECK(FAILS(ioctl(kvm_fd, KVM_GET_MSRS, &m), E2BIG));
	return 1;
}

static int vm_cap(uint32_t cap, uint64_t arg)
{
	struct kvm_enable_cap c = { .cap = cap, .args = { arg } };

	return ioctl(vm_fd, KVM_ENABLE_CAP, &c);
}

static int unknown_msrs_can_go_to_the_vmm(void)
{
	struct kvm_regs r;

	CHECK(!set_cpuid() && FAILS(vm_cap(KVM_CAP_X86_USER_SPACE_MSR, 1u << 20), EINVAL));
	CHECK(!vm_cap(KVM_CAP_X86_USER_SPACE_MSR, KVM_MSR_EXIT_REASON_UNKNOWN));
	CHECK(!start_real(g_rdmsr, g_rdmsr_end));
	r = regs();
	r.rcx = 0x12345678;
	CHECK(!ioctl(vcpu_fd, KVM_SET_REGS, &r) && go() == KVM_EXIT_X86_RDMSR);
	CHECK(run->msr.index == 0x12345678 && run->msr.reason == KVM_MSR_EXIT_REASON_UNKNOWN);
	run->msr.data = 0x1122334455667788;
	CHECK(go() == KVM_EXIT_HLT && regs().rax == 0x55667788 && regs().rdx == 0x11223344);
	CHECK(!start_real(g_wrmsr, g_wrmsr_end));
	r = regs();
	r.rcx = 0x12345678;
	r.rax = 7;
	CHECK(!ioctl(vcpu_fd, KVM_SET_REGS, &r) && go() == KVM_EXIT_X86_WRMSR && run->msr.data == 7);
	run->msr.error = 1;
	CHECK(go() == KVM_EXIT_HLT && (regs().rbx & 0xff) == 13);
	return 1;
}

static int msr_filters(void)
{
	uint8_t none[8] = { 0 };
	struct kvm_msr_filter f = { .flags = KVM_MSR_FILTER_DEFAULT_ALLOW };
	uint64_t val;

	f.ranges[0] = (struct kvm_msr_filter_range){ .flags = KVM_MSR_FILTER_WRITE, .nmsrs = 2, .base = 0xc0000082, .bitmap = none };
	CHECK(!set_cpuid() && vector_of_msr(1, 0xc0000082, 5, NULL) == 0);
	CHECK(!ioctl(vm_fd, KVM_X86_SET_MSR_FILTER, &f));
	CHECK(vector_of_msr(1, 0xc0000082, 6, NULL) == 13);
	CHECK(vector_of_msr(0, 0xc0000082, 0, &val) == 0 && val == 5);
	CHECK(vector_of_msr(1, 0xc0000084, 6, NULL) == 0);
	f.ranges[0].flags = 4;
	CHECK(FAILS(ioctl(vm_fd, KVM_X86_SET_MSR_FILTER, &f), EINVAL));
	f.ranges[0].flags = KVM_MSR_FILTER_READ;
	f.ranges[0].nmsrs = 0x600 * 8 + 1;
	CHECK(FAILS(ioctl(vm_fd, KVM_X86_SET_MSR_FILTER, &f), EINVAL));
	memset(&f, 0, sizeof(f));
	CHECK(!ioctl(vm_fd, KVM_X86_SET_MSR_FILTER, &f));
	CHECK(vector_of_msr(1, 0xc0000082, 6, NULL) == 0);
	return 1;
}

/* --- hypercalls --- */

GUEST(g_vmmcall, "64", "mov $1000,%eax\n vmmcall\n mov %rax,%rsi\n mov $1,%eax\n vmmcall\n mov %rax,%rdi\n"
	" mov $9,%eax\n mov $0x5000,%ebx\n xor %ecx,%ecx\n vmmcall\n mov %rax,%r8\n"
	" mov $9,%eax\n mov $5,%ecx\n vmmcall\n mov %rax,%r9\n hlt");
GUEST(g_vmcall, "64", "mov $1000,%eax\n vmcall\n mov %rax,%rsi\n hlt");

static int hypercalls(void)
{
	uint64_t pair[3];

	CHECK(!set_cpuid() && !start_long(g_vmmcall, g_vmmcall_end));
	CHECK(go() == KVM_EXIT_HLT);
	CHECK(regs().rsi == (uint64_t)-1000 && regs().rdi == 0);
	memcpy(pair, mem + DATA, sizeof(pair));
	if (regs().r8 == (uint64_t)-95)		/* Linux when the TSC is not its clock */
		return 1;
	CHECK(regs().r8 == 0 && pair[0] > 1000000000 && pair[1] < 1000000000 && pair[2]);
	CHECK(regs().r9 == (uint64_t)-95);
	CHECK(!start_long(g_vmcall, g_vmcall_end));
	CHECK(go() == KVM_EXIT_HLT && regs().rsi == (uint64_t)-1000);
	return 1;
}

GUEST(g_map, "64", "mov $12,%eax\n mov $0x7000,%ebx\n mov $2,%ecx\n mov $1,%edx\n vmmcall\n mov %rax,%rsi\n hlt");

static int hypercalls_go_to_the_vmm_if_asked(void)
{
	CHECK(!set_cpuid() && !start_long(g_map, g_map_end));
	CHECK(go() == KVM_EXIT_HLT && regs().rsi == (uint64_t)-1000);
	CHECK(!vm_cap(KVM_CAP_EXIT_HYPERCALL, 1u << 12));
	CHECK(!start_long(g_map, g_map_end) && go() == KVM_EXIT_HYPERCALL);
	CHECK(run->hypercall.nr == 12 && run->hypercall.args[0] == 0x7000 && run->hypercall.args[1] == 2);
	run->hypercall.ret = 0x55;
	CHECK(go() == KVM_EXIT_HLT && regs().rsi == 0x55);
	CHECK(FAILS(vm_cap(KVM_CAP_EXIT_HYPERCALL, 1), EINVAL));
	return 1;
}

/* --- control registers --- */

/* Long mode: RAX into CRn; BL: vector. */
GUEST(g_cr0, "64", "mov %rax,%cr0\n hlt");
GUEST(g_cr3, "64", "mov %rax,%cr3\n hlt");
GUEST(g_cr4, "64", "mov %rax,%cr4\n hlt");
GUEST(g_cr8, "64", "mov %rax,%cr8\n hlt");

static int vector_of_cr(const uint8_t *code, const uint8_t *end, uint64_t val)
{
	struct kvm_regs r;

	if (start_long(code, end))
		return -1;
	r = regs();
	r.rax = val;
	if (ioctl(vcpu_fd, KVM_SET_REGS, &r) || go() != KVM_EXIT_HLT)
		return -1;
	return (int)(regs().rbx & 0xff);
}

#define CR(n, val) vector_of_cr(g_cr##n, g_cr##n##_end, val)

static int reserved_bits_of_control_registers(void)
{
	CHECK(!set_cpuid());
	CHECK(CR(0, 0x80010011) == 0);
	CHECK(linux_on_tcg() || CR(0, 0x180010011) == 13);
	CHECK(CR(0, 0xa0010011) == 13);				/* NW without CD */
	CHECK(CR(0, 0x80010010) == 13 && CR(0, 0x00010011) == 13);	/* PG without PE; PG off in 64-bit code */
	CHECK(CR(4, 0x20) == 0 && CR(4, 0xa0) == 0 && CR(4, 0) == 13);	/* PAE off in long mode */
	CHECK(CR(4, 0x1020) == 13 && CR(4, 0x2020) == 13);	/* LA57 in long mode; VMXE */
	CHECK(linux_on_tcg() || CR(4, 1ull << 40 | 0x20) == 13);
	CHECK(CR(8, 15) == 0 && CR(8, 16) == 13);
	CHECK(CR(3, TABLES) == 0);
	return 1;
}

/* 32-bit protected mode from real mode: PAE paging whose PDPTRs have reserved bits. */
GUEST(g_pae, "16", "mov $0x9000,%eax\n mov %eax,%cr3\n mov $0x20,%eax\n mov %eax,%cr4\n"
	" mov %cr0,%eax\n or $0x80000001,%eax\n mov %eax,%cr0\n hlt");

static int pae_checks_its_pointers(void)
{
	uint64_t bad[4] = { 0xa003 };

	CHECK(!set_cpuid() && !start_real(g_pae, g_pae_end));
	memcpy(mem + 0x9000, bad, sizeof(bad));
	CHECK(go() == KVM_EXIT_HLT && (regs().rbx & 0xff) == 13);
	return 1;
}

static int sregs_of_impossible_states(void)
{
	struct kvm_sregs s, g;

	CHECK(!set_cpuid() && !start_long(g_hlt, g_hlt_end));
	CHECK(!ioctl(vcpu_fd, KVM_GET_SREGS, &g));
	s = g;
	s.cr0 &= ~1ull;				/* PG without PE */
	CHECK(FAILS(ioctl(vcpu_fd, KVM_SET_SREGS, &s), EINVAL));
	s = g;
	s.cr4 = 0;				/* long mode without PAE */
	CHECK(FAILS(ioctl(vcpu_fd, KVM_SET_SREGS, &s), EINVAL));
	s = g;
	s.efer = 0x100;				/* LMA missing */
	CHECK(FAILS(ioctl(vcpu_fd, KVM_SET_SREGS, &s), EINVAL));
	s = g;
	s.cr4 |= 1ull << 30;
	CHECK(FAILS(ioctl(vcpu_fd, KVM_SET_SREGS, &s), EINVAL));
	s = g;
	s.interrupt_bitmap[1] = 1;
	CHECK(!ioctl(vcpu_fd, KVM_SET_SREGS, &s) && !ioctl(vcpu_fd, KVM_GET_SREGS, &g));
	CHECK(g.interrupt_bitmap[1] == 1 && g.cr3 == TABLES && g.efer == 0x500);
	return 1;
}

static int sregs2_has_the_pae_pointers(void)
{
	struct kvm_sregs2 s = { 0 };
	uint64_t ptr[4] = { 0xa001, 0xb001, 0, 0xc001 };

	if (ioctl(kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_SREGS2) <= 0)
		return 1;
	memcpy(mem + 0x9000, ptr, sizeof(ptr));
	CHECK(!set_cpuid() && !ioctl(vcpu_fd, KVM_GET_SREGS2, &s) && !s.flags);
	s.flags = 2;
	CHECK(FAILS(ioctl(vcpu_fd, KVM_SET_SREGS2, &s), EINVAL));
	s.flags = KVM_SREGS2_FLAGS_PDPTRS_VALID;
	CHECK(FAILS(ioctl(vcpu_fd, KVM_SET_SREGS2, &s), EINVAL));	/* no PAE paging */
	s.cr0 = 0x80000011;
	s.cr4 = 0x20;
	s.cr3 = 0x9000;
	memcpy(s.pdptrs, ptr, sizeof(ptr));
	CHECK(!ioctl(vcpu_fd, KVM_SET_SREGS2, &s));
	memset(&s, 0, sizeof(s));
	CHECK(!ioctl(vcpu_fd, KVM_GET_SREGS2, &s) && s.flags == KVM_SREGS2_FLAGS_PDPTRS_VALID);
	CHECK(s.pdptrs[0] == 0xa001 && s.pdptrs[3] == 0xc001);
	return 1;
}

/* --- FPU state --- */

GUEST(g_xmm, "64", "mov %cr4,%rax\n or $0x600,%eax\n mov %rax,%cr4\n movdqu 0x5000,%xmm3\n paddq %xmm3,%xmm3\n"
	" movdqu %xmm3,0x5010\n hlt\n movdqu %xmm3,0x5020\n hlt");

static int fpu_state_round_trip(void)
{
	static struct kvm_xsave x, y;
	struct kvm_fpu f;
	uint64_t v[2] = { 0x1111, 0x2222 };

	CHECK(!set_cpuid() && !start_long(g_xmm, g_xmm_end));
	memcpy(mem + DATA, v, sizeof(v));
	CHECK(go() == KVM_EXIT_HLT && *(uint64_t *)(void *)(mem + 0x5010) == 0x2222);
	CHECK(!ioctl(vcpu_fd, KVM_GET_FPU, &f) && *(uint64_t *)(void *)f.xmm[3] == 0x2222);
	CHECK(!ioctl(vcpu_fd, KVM_GET_XSAVE, &x));
	CHECK(*(uint64_t *)(void *)((uint8_t *)x.region + 160 + 3 * 16) == 0x2222);
	*(uint64_t *)(void *)((uint8_t *)x.region + 160 + 3 * 16) = 0x7777;
	CHECK(!ioctl(vcpu_fd, KVM_SET_XSAVE, &x));
	CHECK(go() == KVM_EXIT_HLT && *(uint64_t *)(void *)(mem + 0x5020) == 0x7777);
	CHECK(!ioctl(vcpu_fd, KVM_GET_XSAVE, &y));
	x.region[24 / 4] = 0xffffffff;			/* MXCSR */
	CHECK(FAILS(ioctl(vcpu_fd, KVM_SET_XSAVE, &x), EINVAL));
	x = y;
	x.region[512 / 4 + 1] |= 1u << 30;		/* a state that nobody has */
	CHECK(FAILS(ioctl(vcpu_fd, KVM_SET_XSAVE, &x), EINVAL));
	CHECK(!ioctl(vcpu_fd, KVM_SET_XSAVE, &y));
	return 1;
}

static int xcrs_are_checked(void)
{
	struct kvm_xcrs x = { 0 };

	CHECK(!set_cpuid());
	CHECK(!ioctl(vcpu_fd, KVM_GET_XCRS, &x) && x.nr_xcrs == 1 && x.xcrs[0].value == 1);
	x.xcrs[0].value = 3;
	CHECK(!ioctl(vcpu_fd, KVM_SET_XCRS, &x));
	x.xcrs[0].value = 2;				/* no x87 */
	CHECK(FAILS(ioctl(vcpu_fd, KVM_SET_XCRS, &x), EINVAL));
	x.xcrs[0].value = 5;				/* AVX without SSE */
	CHECK(FAILS(ioctl(vcpu_fd, KVM_SET_XCRS, &x), EINVAL));
	x.nr_xcrs = 17;
	CHECK(FAILS(ioctl(vcpu_fd, KVM_SET_XCRS, &x), EINVAL));
	return 1;
}

/* --- debug --- */

GUEST(g_dr, "64", "mov $0x1234,%eax\n mov %rax,%dr0\n mov $0x5678,%eax\n mov %rax,%dr3\n mov %dr0,%rsi\n cpuid\n"
	" mov %dr0,%rdi\n mov %dr3,%r8\n mov %dr6,%r9\n mov %dr7,%r10\n hlt");

static int debug_registers_are_the_guests(void)
{
	struct kvm_debugregs d = { 0 };

	CHECK(!set_cpuid() && !start_long(g_dr, g_dr_end));
	CHECK(go() == KVM_EXIT_HLT);
	CHECK(regs().rsi == 0x1234 && regs().rdi == 0x1234 && regs().r8 == 0x5678);
	CHECK(regs().r9 == 0xffff0ff0 && regs().r10 == 0x400);
	CHECK(!ioctl(vcpu_fd, KVM_GET_DEBUGREGS, &d) && d.db[0] == 0x1234 && d.db[3] == 0x5678);
	d.db[1] = 0x9999;
	CHECK(!ioctl(vcpu_fd, KVM_SET_DEBUGREGS, &d) && !ioctl(vcpu_fd, KVM_GET_DEBUGREGS, &d) && d.db[1] == 0x9999);
	d.dr7 = 1ull << 32;
	CHECK(FAILS(ioctl(vcpu_fd, KVM_SET_DEBUGREGS, &d), EINVAL));
	d.dr7 = 0x400;
	d.flags = 1;
	CHECK(FAILS(ioctl(vcpu_fd, KVM_SET_DEBUGREGS, &d), EINVAL));
	return 1;
}

/* A data breakpoint of the guest's own on DATA; with CPUID between arming and access. */
GUEST(g_watch, "64", "mov $0x5000,%eax\n mov %rax,%dr1\n mov $0x00d00004,%eax\n mov %rax,%dr7\n xor %eax,%eax\n cpuid\n"
	" xor %ebx,%ebx\n movl $1,0x5000\n hlt");

static int guests_breakpoint_is_hit(void)
{
	struct kvm_debugregs d = { 0 };

	CHECK(!set_cpuid() && !start_long(g_watch, g_watch_end));
	CHECK(go() == KVM_EXIT_HLT && (regs().rbx & 0xff) == 1);
	CHECK(!ioctl(vcpu_fd, KVM_GET_DEBUGREGS, &d) && (d.dr6 & 15) == 2);
	return 1;
}

GUEST(g_step, "64", "nop\n nop\n mov $0,%eax\n cpuid\n nop\n hlt");

static int debug_on(uint32_t control, uint64_t dr0, uint64_t dr7)
{
	struct kvm_guest_debug d = { .control = control, .arch.debugreg = { [0] = dr0, [7] = dr7 } };

	return ioctl(vcpu_fd, KVM_SET_GUEST_DEBUG, &d);
}

static int vmm_steps_through_the_guest(void)
{
	static const uint32_t at[] = { 1, 2, 7, 9, 10 };

	CHECK(!set_cpuid() && !start_long(g_step, g_step_end));
	CHECK(!debug_on(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP, 0, 0));
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		CHECK(go() == KVM_EXIT_DEBUG && run->debug.arch.exception == 1);
		CHECK(run->debug.arch.pc == CODE + at[i] && (run->debug.arch.dr6 >> 14 & 1));
		CHECK(!(regs().rflags & 0x100));
	}
	CHECK(!debug_on(0, 0, 0) && go() == KVM_EXIT_HLT);
	return 1;
}

GUEST(g_int3, "64", "nop\n int3\n nop\n hlt");

static int vmm_sets_breakpoints(void)
{
	CHECK(!set_cpuid() && !start_long(g_int3, g_int3_end));
	CHECK(!debug_on(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_SW_BP, 0, 0));
	if (go() == KVM_EXIT_HLT)
		CHECK(on_tcg() && (regs().rbx & 0xff) == 3);
	else
		CHECK(run->exit_reason == KVM_EXIT_DEBUG && run->debug.arch.exception == 3 && run->debug.arch.pc == CODE + 1);
	CHECK(!start_long(g_step, g_step_end));
	CHECK(!debug_on(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP, CODE + 2, 0x401));
	if (go() == KVM_EXIT_HLT) {
		CHECK(on_tcg());
	} else {
		CHECK(run->exit_reason == KVM_EXIT_DEBUG && run->debug.arch.exception == 1 && run->debug.arch.pc == CODE + 2);
		CHECK((run->debug.arch.dr6 & 15) == 1 && (run->debug.arch.dr7 & 1));
	}
	CHECK(!debug_on(0, 0, 0));
	CHECK(!start_long(g_int3, g_int3_end));
	CHECK(go() == KVM_EXIT_HLT && (regs().rbx & 0xff) == 3);	/* the guest's own again */
	return 1;
}

/* --- events --- */

static int events_can_be_saved_and_restored(void)
{
	struct kvm_vcpu_events e = { 0 };

	CHECK(!set_cpuid() && !start_long(g_hlt, g_hlt_end));
	CHECK(!ioctl(vcpu_fd, KVM_GET_VCPU_EVENTS, &e) && !e.exception.injected);
	e.exception.injected = 1;
	e.exception.nr = 13;
	e.exception.has_error_code = 1;
	e.exception.error_code = 0;
	CHECK(!ioctl(vcpu_fd, KVM_SET_VCPU_EVENTS, &e));
	memset(&e, 0, sizeof(e));
	CHECK(!ioctl(vcpu_fd, KVM_GET_VCPU_EVENTS, &e) && e.exception.injected && e.exception.nr == 13);
	CHECK(go() == KVM_EXIT_HLT && (regs().rbx & 0xff) == 13);
	e.exception.nr = 32;
	CHECK(FAILS(ioctl(vcpu_fd, KVM_SET_VCPU_EVENTS, &e), EINVAL));
	e.exception.nr = 13;
	e.flags |= 1u << 20;
	CHECK(FAILS(ioctl(vcpu_fd, KVM_SET_VCPU_EVENTS, &e), EINVAL));
	e.flags = KVM_VCPUEVENT_VALID_PAYLOAD;		/* not enabled */
	CHECK(FAILS(ioctl(vcpu_fd, KVM_SET_VCPU_EVENTS, &e), EINVAL));
	return 1;
}

/* CR2 changes when the exception is delivered, not when it is set. */
GUEST(g_cr2, "64", "hlt");

static int payloads_wait_for_delivery(void)
{
	struct kvm_vcpu_events e = { 0 };
	struct kvm_sregs s;

	CHECK(!vm_cap(KVM_CAP_EXCEPTION_PAYLOAD, 1) && !set_cpuid() && !start_long(g_cr2, g_cr2_end));
	CHECK(!ioctl(vcpu_fd, KVM_GET_VCPU_EVENTS, &e) && (e.flags & KVM_VCPUEVENT_VALID_PAYLOAD));
	e.exception.pending = 1;
	e.exception.nr = 14;
	e.exception.has_error_code = 1;
	e.exception_has_payload = 1;
	e.exception_payload = 0xabc000;
	CHECK(!ioctl(vcpu_fd, KVM_SET_VCPU_EVENTS, &e) && !ioctl(vcpu_fd, KVM_GET_VCPU_EVENTS, &e));
	CHECK(e.exception.pending && e.exception_has_payload && e.exception_payload == 0xabc000);
	CHECK(!ioctl(vcpu_fd, KVM_GET_SREGS, &s) && s.cr2 != 0xabc000);
	CHECK(go() == KVM_EXIT_HLT && (regs().rbx & 0xff) == 14);
	CHECK(!ioctl(vcpu_fd, KVM_GET_SREGS, &s) && s.cr2 == 0xabc000);
	return 1;
}

static int machine_checks(void)
{
	struct kvm_x86_mce m = { .status = 1ull << 63 | 1ull << 60, .bank = 1, .addr = 0x1234 };
	uint64_t caps = 0, cap, val;

	CHECK(!set_cpuid() && !ioctl(kvm_fd, KVM_X86_GET_MCE_CAP_SUPPORTED, &caps));
	cap = 0;
	CHECK(FAILS(ioctl(vcpu_fd, KVM_X86_SETUP_MCE, &cap), EINVAL));
	cap = 10 | (caps & (1ull << 8));
	CHECK(!ioctl(vcpu_fd, KVM_X86_SETUP_MCE, &cap));
	CHECK(msr_get(0x179, &val) && val == cap && !msr_get(0x400 + 4 * 10, &val));
	CHECK(!ioctl(vcpu_fd, KVM_X86_SET_MCE, &m) && msr_get(0x405, &val) && val == m.status);
	CHECK(msr_get(0x406, &val) && val == 0x1234);
	m.bank = 10;
	CHECK(FAILS(ioctl(vcpu_fd, KVM_X86_SET_MCE, &m), EINVAL));
	m.bank = 2;
	m.status |= 1ull << 61;				/* uncorrected, no action required: recorded only */
	CHECK(!ioctl(vcpu_fd, KVM_X86_SET_MCE, &m) && msr_get(0x409, &val) && val == m.status);
	CHECK(!start_long(g_hlt, g_hlt_end) && go() == KVM_EXIT_HLT);
	m.mcg_status = 5;				/* an exception, and CR4.MCE is off */
	CHECK(!start_long(g_hlt, g_hlt_end) && !ioctl(vcpu_fd, KVM_X86_SET_MCE, &m));
	CHECK(go() == KVM_EXIT_SHUTDOWN);
	return 1;
}

static int translation_and_absent_commands(void)
{
	struct kvm_translation t = { .linear_address = 0x1234 };
	struct kvm_one_reg reg = { 0 };
	uint64_t word = 0;

	CHECK(!set_cpuid() && !start_long(g_hlt, g_hlt_end));
	CHECK(!ioctl(vcpu_fd, KVM_TRANSLATE, &t) && t.valid && t.physical_address == 0x1234);
	t.linear_address = 0x40000000;
	CHECK(!ioctl(vcpu_fd, KVM_TRANSLATE, &t) && !t.valid);
	CHECK(FAILS(ioctl(vcpu_fd, KVM_GET_ONE_REG, &reg), EINVAL));
	CHECK(FAILS(ioctl(vm_fd, KVM_SET_TSS_ADDR, 0xfffff000ul), EINVAL));
	CHECK(!ioctl(vm_fd, KVM_SET_TSS_ADDR, 0xfffbd000ul));
	CHECK(FAILS(ioctl(vm_fd, KVM_SET_IDENTITY_MAP_ADDR, &word), EINVAL));	/* vCPUs exist */
	CHECK(FAILS(vm_cap(0xffff, 0), EINVAL));
	CHECK(FAILS(ioctl(kvm_fd, _IO(KVMIO, 0xfe), 0), EINVAL));
	CHECK(FAILS(ioctl(vcpu_fd, _IO(KVMIO, 0xfe), 0), EINVAL));
	CHECK(FAILS(ioctl(vm_fd, _IOWR(KVMIO, 0xba, unsigned long), 0), ENOTTY));	/* KVM_MEMORY_ENCRYPT_OP */
	return 1;
}

static const struct vm_test tests[] = {
	TEST(supported_cpuid_has_no_duplicates), TEST(cpuid_calls_have_linux_errors),
	TEST(cpuid_is_frozen_by_the_first_run), TEST(cpuid_beyond_the_last_leaf),
	TEST(amd_gives_zeros_beyond_the_last_leaf), TEST(cpuid_follows_cr4_and_xcr0), TEST(cpuid_has_the_size_of_all_states),
	TEST(kvmclock_agrees_with_the_vmm), TEST(timing_leaf_agrees_with_kvmclock), TEST(another_tsc_frequency),
	TEST(tsc_writes_and_adjust), TEST(reserved_bits_of_msrs), TEST(listed_msrs_can_be_saved_and_restored),
	TEST(feature_msrs_of_the_host), TEST(unknown_msrs_can_go_to_the_vmm), TEST(msr_filters),
	TEST(hypercalls), TEST(hypercalls_go_to_the_vmm_if_asked),
	TEST(reserved_bits_of_control_registers),
	TEST(pae_checks_its_pointers),
	TEST(sregs_of_impossible_states),
	TEST(sregs2_has_the_pae_pointers),
	TEST(fpu_state_round_trip),
	TEST(xcrs_are_checked),
	TEST(debug_registers_are_the_guests),
	TEST(guests_breakpoint_is_hit),
	TEST(vmm_steps_through_the_guest),
	TEST(vmm_sets_breakpoints),
	TEST(events_can_be_saved_and_restored),
	TEST(payloads_wait_for_delivery),
	TEST(machine_checks),
	TEST(translation_and_absent_commands),
};

int main(void)
{
	return vm_main("cpu", tests, sizeof(tests) / sizeof(tests[0]));
}
