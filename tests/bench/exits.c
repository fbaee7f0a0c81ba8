/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits.c - what an exit costs, in ticks of the guest's TSC for each operation
 *
 * Under an emulator that counts instructions (QEMU, -icount shift=0) a tick is
 * an executed instruction, the guest's loop included. Prints "bench NAME VALUE
 * ticks"; the same file runs on Linux's KVM.
 */
#include <sys/eventfd.h>
#include "../kvm-api/kt.h"

#define ROUNDS		"1000"
#define NR_ROUNDS	1000
#define RESULT		0x5000
#define VECTOR		0x50

/* Ticks of ROUNDS times @op go to RESULT; @setup before. R12 to R15 and RBP are the loop's. */
#define BENCH(name, setup, op)								\
	GUEST(name, "64", setup								\
	      "\n mov $" ROUNDS ", %r12d\n rdtsc\n shl $32, %rdx\n lea (%rdx,%rax), %r13\n"	\
	      "1: " op "\n dec %r12d\n jnz 1b\n"					\
	      " rdtsc\n shl $32, %rdx\n add %rdx, %rax\n sub %r13, %rax\n mov %rax, 0x5000\n"	\
	      " mov $0xf4, %edx\n out %al, %dx\n"					\
	      ".globl " #name "_handler\n " #name "_handler:\n inc %r15\n"			\
	      " mov $0x80b, %ecx\n xor %eax, %eax\n xor %edx, %edx\n wrmsr\n iretq\n");		\
	extern const uint8_t name##_handler[]

/* x2APIC on, APIC enabled, interrupts on. */
#define X2APIC	" mov $0x1b, %ecx\n rdmsr\n or $0xc00, %eax\n wrmsr\n"				\
		" mov $0x80f, %ecx\n mov $0x1ff, %eax\n xor %edx, %edx\n wrmsr\n xor %r15d, %r15d\n sti\n"
/* The operation ends when its interrupt was handled. */
#define UNTIL_HANDLED	"\n mov %r15, %r14\n wrmsr\n2: cmp %r15, %r14\n je 2b\n"

BENCH(b_cpuid, "", "xor %eax, %eax\n cpuid");
BENCH(b_pio_kernel, " mov $0x4d0, %edx", "mov $0x4d0, %edx\n in %dx, %al");
BENCH(b_pio_vmm, "", "mov $0x99, %edx\n in %dx, %al");
BENCH(b_mmio_vmm, " mov $0x800000, %esi", "mov %eax, (%rsi)");
BENCH(b_mmio_eventfd, " mov $0x801000, %esi", "mov %eax, (%rsi)");
BENCH(b_pio_eventfd, "", "mov $0x510, %edx\n out %eax, %dx");
BENCH(b_msr_write, "", "mov $0x3b, %ecx\n xor %eax, %eax\n xor %edx, %edx\n wrmsr");
BENCH(b_msr_read, "", "mov $0x3b, %ecx\n rdmsr");
BENCH(b_self_ipi, X2APIC, " mov $0x830, %ecx\n mov $0x44050, %eax\n xor %edx, %edx" UNTIL_HANDLED);
BENCH(b_cr4, "", "mov %cr4, %rax\n xor $0x80, %rax\n mov %rax, %cr4\n xor $0x80, %rax\n mov %rax, %cr4");
BENCH(b_timer, X2APIC " mov $0x832, %ecx\n mov $0x40050, %eax\n xor %edx, %edx\n wrmsr\n",
      " mov $0x6e0, %ecx\n mov $1, %eax\n xor %edx, %edx" UNTIL_HANDLED);
BENCH(b_wbinvd, "", "wbinvd");

#define ROW(name, code, irqchip) { name, code, code##_end, code##_handler, irqchip }
static const struct { const char *name; const uint8_t *code, *end, *handler; int irqchip; } rows[] = {
	ROW("exit.cpuid", b_cpuid, 1), ROW("exit.pio_kernel", b_pio_kernel, 1), ROW("exit.pio_vmm", b_pio_vmm, 1),
	ROW("exit.mmio_vmm", b_mmio_vmm, 1), ROW("exit.mmio_eventfd", b_mmio_eventfd, 1),
	ROW("exit.pio_eventfd", b_pio_eventfd, 1), ROW("exit.msr_write", b_msr_write, 1),
	ROW("exit.msr_read", b_msr_read, 1), ROW("exit.self_ipi", b_self_ipi, 1), ROW("exit.cr4", b_cr4, 1),
	ROW("timer.immediate", b_timer, 1), ROW("exit.wbinvd", b_wbinvd, 1),
};

static void ioeventfd(const struct kt_vm *vm, int fd, uint64_t addr, uint32_t flags)
{
	struct kvm_ioeventfd e = { .addr = addr, .len = 4, .fd = fd, .flags = flags };

	KT_MUST(ioctl(vm->fd, KVM_IOEVENTFD, &e));
}

/* The smallest VMM: answers nothing. 0: the guest came to its end. */
static int run(const struct kt_vcpu *v)
{
	for (;;) {
		if (ioctl(v->fd, KVM_RUN, 0))
			return -1;
		if (v->run->exit_reason == KVM_EXIT_IO && v->run->io.port == 0xf4)
			return 0;
		if (v->run->exit_reason != KVM_EXIT_IO && v->run->exit_reason != KVM_EXIT_MMIO)
			return -1;
	}
}

int main(void)
{
	int failed = 0;

	kt_init();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kt_vm vm = kt_vm_create(rows[i].irqchip);
		struct kt_vcpu v = kt_vcpu_create(&vm, 0);
		int fd = eventfd(0, EFD_NONBLOCK);
		uint64_t ticks;

		ioeventfd(&vm, fd, 0x801000, 0);
		ioeventfd(&vm, fd, 0x510, KVM_IOEVENTFD_FLAG_PIO);
		kt_long(&vm, &v, 0, KT_CODE, rows[i].code, rows[i].end);
		kt_gate(&vm, VECTOR, KT_CODE + (uint64_t)(rows[i].handler - rows[i].code));
		if (run(&v)) {
			printf("FAIL %s: exit %s\n", rows[i].name, kt_exit_name(v.run->exit_reason));
			failed = 1;
		} else {
			memcpy(&ticks, vm.mem + RESULT, 8);
			printf("bench %s %lu ticks\n", rows[i].name, (unsigned long)(ticks / NR_ROUNDS));
		}
		close(fd);
		kt_vcpu_close(&v);
		kt_vm_close(&vm);
	}
	return failed;
}
