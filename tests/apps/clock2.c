/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock2.c - kvmclock of a VM with two vCPUs that run at the same time
 *
 * Both guests take turns at one word of memory: who has the turn reads kvmclock
 * and checks that it is not before the time that the other one left. RSI counts
 * turns, RDI steps back.
 */
#include <pthread.h>
#include "vm.h"

#define TURNS	20000u

/* 0x6000: turn; 0x6008: last time; page of vCPU n at 0x5000 + n * 64. R8: own number. */
GUEST(g_turns, "64", "mov $0x4b564d01,%ecx\n mov %r8d,%eax\n shl $6,%eax\n lea 0x5001(%rax),%eax\n xor %edx,%edx\n wrmsr\n"
	" lea -1(%rax),%r9d\n xor %esi,%esi\n xor %edi,%edi\n"
	"1: mov 0x6000,%eax\n cmp %r8d,%eax\n jne 1b\n"
	"2: mov (%r9),%r10d\n test $1,%r10d\n jnz 2b\n lfence\n rdtsc\n shl $32,%rdx\n or %rdx,%rax\n"
	" sub 8(%r9),%rax\n mov 28(%r9),%cl\n test %cl,%cl\n js 3f\n shl %cl,%rax\n jmp 4f\n"
	"3: neg %cl\n shr %cl,%rax\n"
	"4: mov 24(%r9),%edx\n mul %rdx\n shrd $32,%rdx,%rax\n add 16(%r9),%rax\n"
	" cmp (%r9),%r10d\n jne 2b\n"
	" cmp 0x6008,%rax\n jae 5f\n inc %edi\n"
	"5: mov %rax,0x6008\n mov %r8d,%eax\n xor $1,%eax\n mov %eax,0x6000\n"
	" inc %esi\n cmp $20000,%esi\n jb 1b\n hlt");

static int second_fd;
static struct kvm_run *second_run;

static void *run_second(void *arg)
{
	(void)arg;
	return ioctl(second_fd, KVM_RUN, 0) || second_run->exit_reason != KVM_EXIT_HLT ? (void *)1 : NULL;
}

/* The second one starts as the first does. */
static int make_second(void)
{
	struct kvm_cpuid2 *c = supported_cpuid();
	struct kvm_sregs s;
	struct kvm_regs r;

	second_fd = ioctl(vm_fd, KVM_CREATE_VCPU, 1);
	if (second_fd < 0 || ioctl(second_fd, KVM_SET_CPUID2, c))
		return -1;
	free(c);
	second_run = mmap(NULL, run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, second_fd, 0);
	if (second_run == MAP_FAILED || ioctl(vcpu_fd, KVM_GET_SREGS, &s) || ioctl(vcpu_fd, KVM_GET_REGS, &r))
		return -1;
	s.apic_base &= ~0x100ull;
	r.r8 = 1;
	r.rsp = STACK - 0x800;
	return ioctl(second_fd, KVM_SET_SREGS, &s) || ioctl(second_fd, KVM_SET_REGS, &r);
}

static int kvmclock_never_goes_back(void)
{
	struct kvm_clock_data clock = { 0 };
	struct kvm_regs r;
	pthread_t thread;
	void *failed = (void *)1;

	CHECK(!set_cpuid() && !start_long(g_turns, g_turns_end) && !make_second());
	CHECK(!pthread_create(&thread, NULL, run_second, NULL));
	CHECK(go() == KVM_EXIT_HLT);
	CHECK(!pthread_join(thread, &failed) && !failed);
	CHECK(!ioctl(vm_fd, KVM_GET_CLOCK, &clock) && !ioctl(second_fd, KVM_GET_REGS, &r));
	CHECK(regs().rsi == TURNS && r.rsi == TURNS);
	/* Without a stable TSC the guest must compare with the last value itself. */
	CHECK(!(clock.flags & KVM_CLOCK_TSC_STABLE) || (regs().rdi == 0 && r.rdi == 0));
	CHECK((mem[DATA + 29] & 1) == !!(clock.flags & KVM_CLOCK_TSC_STABLE));
	/* One pair for all vCPUs. */
	CHECK(!(clock.flags & KVM_CLOCK_TSC_STABLE) || !memcmp(mem + DATA + 4, mem + DATA + 64 + 4, 28));
	munmap(second_run, run_bytes);
	close(second_fd);
	return 1;
}

static const struct vm_test tests[] = { TEST(kvmclock_never_goes_back) };

int main(void)
{
	return vm_main("clock2", tests, sizeof(tests) / sizeof(tests[0]));
}
