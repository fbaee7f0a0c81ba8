/* SPDX-License-Identifier: Apache-2.0 */
/*
 * two_vcpus.c - two vCPUs: one starts the other by INIT and SIPI, then they send each other interrupts
 *
 * vCPU 0 sends vector 0x40 to vCPU 1, which answers with 0x41; a hundred rounds.
 */
#include "kt.h"

#define ROUNDS		100
#define COUNT_1		0x5000		/* rounds seen by vCPU 1 */
#define COUNT_0		0x5008		/* answers seen by vCPU 0 */
#define STARTED		0x5010		/* vCPU 1 came out of the SIPI */
#define TRAMPOLINE	0x8000
#define ENTRY_1		0x6000
#define STR2(x) #x
#define STR(x) STR2(x)

/* vCPU 0: INIT, two SIPIs, wait, then the rounds; each wait is a HLT. */
GUEST(boot_cpu, "64",
	" mov $0xfee00000, %ebp\n movl $0x1ff, 0xf0(%rbp)\n"
	" movl $0x01000000, 0x310(%rbp)\n movl $0x4500, 0x300(%rbp)\n"
	" movl $0x01000000, 0x310(%rbp)\n movl $0x4608, 0x300(%rbp)\n"
	" movl $0x01000000, 0x310(%rbp)\n movl $0x4608, 0x300(%rbp)\n"
	"1: pause\n cmpq $1, " STR(STARTED) "\n jne 1b\n"
	" xor %ebx, %ebx\n"
	"2: inc %rbx\n movl $0x01000000, 0x310(%rbp)\n movl $0x4040, 0x300(%rbp)\n"
	"3: cli\n cmpq %rbx, " STR(COUNT_0) "\n je 4f\n sti\n hlt\n jmp 3b\n"
	"4: cmp $" STR(ROUNDS) ", %rbx\n jne 2b\n"
	" mov $0xf4, %edx\n mov $1, %al\n out %al, %dx\n hlt\n"
	".globl boot_cpu_handler\n boot_cpu_handler: incq " STR(COUNT_0) "\n"
	" push %rax\n mov $0xfee000b0, %eax\n movl $0, (%rax)\n pop %rax\n iretq\n");
extern const uint8_t boot_cpu_handler[];

/* vCPU 1 at 0x8000 in real mode: to long mode with the tables of vCPU 0. */
GUEST(trampoline, "16",
	" xor %ax, %ax\n mov %ax, %ds\n lgdtl 0x8100\n lidtl 0x8110\n"
	" mov $0x20, %eax\n mov %eax, %cr4\n mov $0x10000, %eax\n mov %eax, %cr3\n"
	" mov $0xc0000080, %ecx\n rdmsr\n or $0x100, %eax\n wrmsr\n"
	" mov $0x80010011, %eax\n mov %eax, %cr0\n ljmpl $8, $0x6000\n");

GUEST(second_cpu, "64",
	" mov $16, %eax\n mov %eax, %ds\n mov %eax, %es\n mov %eax, %ss\n mov $0x2e000, %esp\n"
	" mov $0xfee00000, %ebp\n movl $0x1ff, 0xf0(%rbp)\n movq $1, " STR(STARTED) "\n"
	"1: sti\n hlt\n jmp 1b\n"
	".globl second_cpu_handler\n second_cpu_handler: incq " STR(COUNT_1) "\n"
	" movl $0, 0xb0(%rbp)\n movl $0, 0x310(%rbp)\n movl $0x4041, 0x300(%rbp)\n iretq\n");
extern const uint8_t second_cpu_handler[];

static volatile int stop;

static void on_signal(int sig)
{
	(void)sig;
}

static void *second_thread(void *arg)
{
	struct kt_vcpu *v = arg;

	while (!stop)
		if (ioctl(v->fd, KVM_RUN, 0) && errno != EINTR && errno != EAGAIN)
			kt_die("KVM_RUN of vCPU 1");
	return NULL;
}

int main(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct { uint16_t limit; uint32_t base; } __attribute__((packed)) gdtr = { 23, KT_GDT }, idtr = { 4095, KT_IDT };
	struct kt_vm vm;
	struct kt_vcpu v[2];
	pthread_t thread;
	uint64_t seen[3];

	kt_init();
	sigaction(SIGUSR1, &sa, NULL);
	vm = kt_vm_create(1);
	v[0] = kt_vcpu_create(&vm, 0);
	v[1] = kt_vcpu_create(&vm, 1);
	kt_long(&vm, &v[0], 0, KT_CODE, boot_cpu, boot_cpu_end);
	memcpy(vm.mem + TRAMPOLINE, trampoline, (size_t)(trampoline_end - trampoline));
	memcpy(vm.mem + 0x8100, &gdtr, sizeof(gdtr));
	memcpy(vm.mem + 0x8110, &idtr, sizeof(idtr));
	memcpy(vm.mem + ENTRY_1, second_cpu, (size_t)(second_cpu_end - second_cpu));
	kt_gate(&vm, 0x40, ENTRY_1 + (uint64_t)(second_cpu_handler - second_cpu));
	kt_gate(&vm, 0x41, KT_CODE + (uint64_t)(boot_cpu_handler - boot_cpu));
	pthread_create(&thread, NULL, second_thread, &v[1]);
	KT_MUST(ioctl(v[0].fd, KVM_RUN, 0));
	printf("vCPU 0 left: %s port %x\n", kt_exit_name(v[0].run->exit_reason), v[0].run->io.port);
	memcpy(seen, vm.mem + COUNT_1, sizeof(seen));
	printf("started %lu, vCPU 1 saw %lu, vCPU 0 saw %lu\n", (unsigned long)seen[2], (unsigned long)seen[0],
	       (unsigned long)seen[1]);
	stop = 1;
	pthread_kill(thread, SIGUSR1);
	pthread_join(thread, NULL);
	printf("done\n");
	return 0;
}
