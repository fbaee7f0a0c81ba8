/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slot_move.c - a memory slot moves, goes and comes under a running guest
 *
 * The guest stores a growing number at A and B without end; the slot with the
 * memory is at one of them, the other store leaves to the VMM. No store may be
 * lost, torn or reach memory that was taken away.
 */
#include "kt.h"

#define A	0x800000ul
#define B	0xa00000ul
#define MOVES	200

GUEST(writer, "64",
	" xor %ebx, %ebx\n mov $0x800000, %esi\n mov $0xa00000, %edi\n"
	"1: inc %rbx\n mov %rbx, (%rsi)\n mov %rbx, (%rdi)\n"
	" cmpb $0, 0x5000\n je 1b\n mov $0xf4, %edx\n out %al, %dx\n");

static struct kt_vm vm;
static struct kt_vcpu v;
static uint64_t exits, bad_exits, last_exit;

static void *runner(void *arg)
{
	(void)arg;
	for (;;) {
		uint64_t val;

		KT_MUST(ioctl(v.fd, KVM_RUN, 0));
		if (v.run->exit_reason == KVM_EXIT_IO)
			return NULL;
		exits++;
		memcpy(&val, v.run->mmio.data, 8);
		if (v.run->exit_reason != KVM_EXIT_MMIO || !v.run->mmio.is_write || v.run->mmio.len != 8 ||
		    (v.run->mmio.phys_addr != A && v.run->mmio.phys_addr != B) || val < last_exit)
			bad_exits++;
		last_exit = val;
	}
}

static void moving(void)
{
	volatile uint64_t *page = kt_pages(0x200000);
	struct kvm_regs r;
	uint64_t seen = 0, grew = 0, back = 0;
	pthread_t thread;

	kt_long(&vm, &v, 0, KT_CODE, writer, writer_end);
	vm.mem[0x5000] = 0;
	KT_MUST(kt_slot(&vm, 1, 0, A, 0x200000, (void *)(uintptr_t)page));
	pthread_create(&thread, NULL, runner, NULL);
	for (int i = 0; i < MOVES; i++) {
		uint64_t now;

		KT_MUST(kt_slot(&vm, 1, 0, i & 1 ? A : B, 0x200000, (void *)(uintptr_t)page));
		while ((now = *page) == seen)
			sched_yield();
		grew += now > seen;
		back += now < seen;
		seen = now;
	}
	KT_MUST(kt_slot(&vm, 1, 0, A, 0, NULL));
	seen = *page;
	for (int i = 0; i < 1000; i++)
		sched_yield();
	printf("memory of a deleted slot stays as it was: %d\n", seen == *page);
	vm.mem[0x5000] = 1;
	pthread_join(thread, NULL);
	KT_MUST(ioctl(v.fd, KVM_GET_REGS, &r));
	printf("moves %d, memory grew %lu times, went back %lu times\n", MOVES, (unsigned long)grew, (unsigned long)back);
	printf("the other stores left: %d, wrong ones %lu, last is the guest's: %d\n", exits > 0,
	       (unsigned long)bad_exits, last_exit == r.rbx);
	munmap((void *)(uintptr_t)page, 0x200000);
}

GUEST(reader, "64", "1: mov 0x800000, %eax\n out %eax, $0x10\n jmp 1b\n");

static void show_read(const char *what)
{
	uint32_t val;

	KT_MUST(ioctl(v.fd, KVM_RUN, 0));
	if (v.run->exit_reason == KVM_EXIT_MMIO) {
		printf("%s: MMIO %lx len %u\n", what, (unsigned long)v.run->mmio.phys_addr, v.run->mmio.len);
		memset(v.run->mmio.data, 0x77, 8);
		KT_MUST(ioctl(v.fd, KVM_RUN, 0));
	}
	memcpy(&val, (uint8_t *)v.run + v.run->io.data_offset, 4);
	printf("%s: %s %x\n", what, kt_exit_name(v.run->exit_reason), val);
}

static void replacing(void)
{
	uint32_t *one = kt_pages(0x1000), *two = kt_pages(0x1000);

	kt_long(&vm, &v, 0, KT_CODE, reader, reader_end);
	*one = 0x11111111;
	*two = 0x22222222;
	show_read("no slot");
	KT_MUST(kt_slot(&vm, 2, 0, A, 0x1000, one));
	show_read("first memory");
	kt_show("other memory, slot in use", kt_slot(&vm, 2, 0, A, 0x1000, two));
	kt_show("overlapping slot", kt_slot(&vm, 3, 0, A, 0x1000, two));
	KT_MUST(kt_slot(&vm, 2, 0, A, 0, NULL));
	show_read("deleted");
	KT_MUST(kt_slot(&vm, 2, KVM_MEM_READONLY, A, 0x1000, two));
	show_read("second memory, read-only");
	madvise(two, 0x1000, MADV_DONTNEED);
	show_read("after MADV_DONTNEED");
	*two = 0x33333333;
	show_read("written again");
	munmap(one, 0x1000);
}

int main(void)
{
	kt_init();
	vm = kt_vm_create(0);
	v = kt_vcpu_create(&vm, 0);
	moving();
	replacing();
	return 0;
}
