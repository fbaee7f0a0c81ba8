/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emul.c - small guests that need an instruction emulated: device memory, string I/O, NMI windows
 *
 * An ordinary KVM program. Device memory is where no slot is: from 0x40000 on.
 */
#include "vm.h"

#define MMIO	0x40000u

static uint8_t device[0x3000];		/* what is behind MMIO, for guests that read what they wrote */
static uint32_t mmio_reads, mmio_writes, longest;
static uint8_t io_bytes[8192];
static uint32_t io_len, io_exits, io_fed;

/* Plays a device and ports until the guest does something else. Ports read 0, 1, 2 ... */
static uint32_t play(void)
{
	for (;;) {
		uint32_t reason = go();
		uint8_t *data = (uint8_t *)run + run->io.data_offset;

		if (reason == KVM_EXIT_MMIO) {
			uint64_t at = run->mmio.phys_addr - MMIO;

			if (at + run->mmio.len > sizeof(device))
				return reason;
			longest = run->mmio.len > longest ? run->mmio.len : longest;
			if (run->mmio.is_write)
				memcpy(device + at, run->mmio.data, run->mmio.len);
			else
				memcpy(run->mmio.data, device + at, run->mmio.len);
			*(run->mmio.is_write ? &mmio_writes : &mmio_reads) += 1;
		} else if (reason == KVM_EXIT_IO && run->io.port != 0x99) {
			uint32_t n = run->io.size * run->io.count;

			io_exits++;
			for (uint32_t i = 0; i < n; i++) {
				if (run->io.direction == KVM_EXIT_IO_IN)
					data[i] = (uint8_t)io_fed++;
				else if (io_len < sizeof(io_bytes))
					io_bytes[io_len++] = data[i];
			}
		} else {
			return reason;
		}
	}
}

static void fresh(void)
{
	memset(device, 0, sizeof(device));
	mmio_reads = mmio_writes = longest = io_len = io_exits = io_fed = 0;
}

static int is_device(uint32_t at, uint64_t val, uint32_t n)
{
	return !memcmp(device + at, &val, n);
}

GUEST(g_vec, "64", "mov %cr4,%rax\n or $0x200,%rax\n mov %rax,%cr4\n mov $0x40000,%edi\n mov $0x5000,%esi\n"
	" movdqu (%rsi),%xmm1\n movdqu %xmm1,8(%rdi)\n movdqa 0x20(%rdi),%xmm9\n movdqu %xmm9,0x40(%rsi)\n"
	" movntdq %xmm9,0x40(%rdi)\n movups %xmm1,0x51(%rdi)\n movq %xmm1,0x70(%rdi)\n movd %xmm1,0x80(%rdi)\n"
	" movss 0x20(%rdi),%xmm1\n movdqu %xmm1,0x50(%rsi)\n mov $0x77,%eax\n movnti %eax,0x90(%rdi)\n hlt");

static int vector_moves_on_a_device(void)
{
	fresh();
	CHECK(!start_long(g_vec, g_vec_end));
	for (uint32_t i = 0; i < 16; i++) {
		mem[DATA + i] = (uint8_t)(i + 1);
		device[0x20 + i] = (uint8_t)(0xa0 + i);
	}
	CHECK(play() == KVM_EXIT_HLT);
	CHECK(longest == 8);
	CHECK(!memcmp(device + 8, mem + DATA, 16));
	CHECK(!memcmp(mem + DATA + 0x40, device + 0x20, 16));
	CHECK(!memcmp(device + 0x40, device + 0x20, 16));
	CHECK(!memcmp(device + 0x51, mem + DATA, 16));
	CHECK(!memcmp(device + 0x70, mem + DATA, 8) && device[0x78] == 0);
	CHECK(!memcmp(device + 0x80, mem + DATA, 4) && device[0x84] == 0);
	CHECK(!memcmp(mem + DATA + 0x50, "\xa0\xa1\xa2\xa3\0\0\0\0\0\0\0\0\0\0\0\0", 16));
	CHECK(device[0x90] == 0x77);
	return 1;
}

GUEST(g_forms, "64", "mov $0x40000,%edi\n mov $0x11,%eax\n mov %rax,(%rdi)\n addl $5,(%rdi)\n lock incl (%rdi)\n"
	" mov $0x17,%eax\n mov $0x99,%ecx\n lock cmpxchg %ecx,(%rdi)\n setz 8(%rdi)\n mov $0x1234,%edx\n xchg %edx,(%rdi)\n"
	" mov %edx,0x10(%rdi)\n btsl $4,(%rdi)\n setc 9(%rdi)\n shll $4,(%rdi)\n negl 0x10(%rdi)\n"
	" mov $0x40004,%eax\n movl $0x21,4(%rdi)\n imul $3,4(%rdi),%ebx\n mov %ebx,0x18(%rdi)\n popcnt 4(%rdi),%ebx\n"
	" mov %ebx,0x1c(%rdi)\n mov $100,%eax\n xor %edx,%edx\n divl 4(%rdi)\n mov %eax,0x20(%rdi)\n"
	" bsrl 4(%rdi),%ebx\n mov %ebx,0x24(%rdi)\n movbe 4(%rdi),%ebx\n mov %ebx,0x28(%rdi)\n"
	" xor %eax,%eax\n xor %edx,%edx\n mov $0xabcd,%ebx\n mov $0xef,%ecx\n lock cmpxchg8b 0x30(%rdi)\n setz 0xa(%rdi)\n hlt");

static int arithmetic_on_a_device(void)
{
	fresh();
	CHECK(!start_long(g_forms, g_forms_end));
	CHECK(play() == KVM_EXIT_HLT);
	CHECK(device[8] == 1);			/* CMPXCHG found 0x17 */
	CHECK(is_device(0x10, (uint32_t)-0x99, 4));
	CHECK(is_device(0, 0x12340, 4) || is_device(0, 0x12340 | 0x100, 4));
	CHECK(device[9] == 1);			/* bit 4 of 0x1234 was set */
	CHECK(is_device(0x18, 0x63, 4) && is_device(0x1c, 2, 4) && is_device(0x20, 3, 4) && is_device(0x24, 5, 4));
	CHECK(is_device(0x28, 0x21000000, 4));
	CHECK(device[0xa] == 1 && is_device(0x30, 0xef0000abcdull, 8));
	return 1;
}

GUEST(g_stack, "64", "mov $0x40100,%esp\n push $0x55\n pop %rbx\n pushq $0x1234\n pop 0x40040\n pushfq\n mov $0x8000,%esp\n"
	" lea 1f(%rip),%rax\n mov %rax,0x40080\n jmp *0x40080\n hlt\n 1: lea 2f(%rip),%rax\n mov %rax,0x40080\n call *0x40080\n"
	" mov $0x42,%ecx\n hlt\n 2: mov $0x41,%edx\n ret");

static int stack_and_jumps_on_a_device(void)
{
	fresh();
	CHECK(!start_long(g_stack, g_stack_end));
	CHECK(play() == KVM_EXIT_HLT);
	CHECK(regs().rbx == 0x55 && is_device(0x40, 0x1234, 8));
	CHECK(device[0xf8] & 2);		/* flags */
	CHECK(regs().rdx == 0x41 && regs().rcx == 0x42 && regs().rsp == 0x8000);
	return 1;
}

GUEST(g_rep, "64", "cld\n mov $0x5000,%esi\n mov $0x40ffc,%edi\n mov $9,%ecx\n rep movsb\n"
	" mov $0x40ffc,%esi\n mov $0x6000,%edi\n mov $2,%ecx\n rep movsl\n"
	" std\n mov $0x5007,%esi\n mov $0x40107,%edi\n mov $8,%ecx\n rep movsb\n cld\n"
	" mov $0xee,%eax\n mov $0x40200,%edi\n mov $5,%ecx\n rep stosw\n"
	" mov $0x40100,%esi\n mov $0x5000,%edi\n mov $20,%ecx\n repe cmpsb\n mov %ecx,%ebx\n"
	" mov $0x40000,%esi\n mov $0x41000,%edi\n mov $3,%ecx\n rep movsq\n mov $0x40ffd,%esi\n lodsl\n hlt");

static int strings_on_a_device(void)
{
	uint32_t v;

	fresh();
	CHECK(!start_long(g_rep, g_rep_end));
	for (uint32_t i = 0; i < 32; i++)
		mem[DATA + i] = (uint8_t)(i + 1);
	memset(device, 0x5a, 24);
	CHECK(play() == KVM_EXIT_HLT);
	CHECK(!memcmp(device + 0xffc, mem + DATA, 4) && !memcmp(mem + 0x6000, mem + DATA, 8));
	CHECK(!memcmp(device + 0x100, mem + DATA, 8));
	CHECK(!memcmp(device + 0x200, "\xee\0\xee\0\xee\0\xee\0\xee\0\0", 11));
	CHECK(regs().rbx == 11);		/* the ninth byte differs */
	CHECK(!memcmp(device + 0x1000, device, 24));
	memcpy(&v, device + 0xffd, 3);
	CHECK((regs().rax & 0xffffff) == (0x040302 & 0xffffff));	/* over the page, read in two parts */
	return 1;
}

GUEST(g_ins, "64", "cld\n mov $0x60,%edx\n mov $0x10800,%edi\n mov $3000,%ecx\n rep insb\n mov %rdi,%rbx\n"
	" std\n mov $0x5100,%edi\n mov $4,%ecx\n rep insb\n cld\n mov $0x40000,%edi\n mov $3,%ecx\n rep insw\n"
	" xor %ecx,%ecx\n rep insb\n hlt");

static int string_input_in_batches(void)
{
	fresh();
	CHECK(!start_long(g_ins, g_ins_end));
	CHECK(play() == KVM_EXIT_HLT);
	for (uint32_t i = 0; i < 3000; i++)
		CHECK(mem[0x10800 + i] == (uint8_t)i);
	CHECK(regs().rbx == 0x10800 + 3000 && regs().rcx == 0);
	CHECK(mem[0x5100] == (uint8_t)3000 && mem[0x50fd] == (uint8_t)3003);
	CHECK(device[0] == (uint8_t)3004 && device[5] == (uint8_t)3009);
	CHECK(io_exits < 100 && io_fed == 3010);
	return 1;
}

GUEST(g_outs2, "64", "cld\n mov $0x61,%edx\n mov $0x10ffd,%esi\n mov $300,%ecx\n rep outsw\n mov %rsi,%rbx\n"
	" std\n mov $0x5003,%esi\n mov $4,%ecx\n rep outsb\n cld\n mov $0x40000,%esi\n mov $4,%ecx\n rep outsb\n hlt");

static int string_output_from_everywhere(void)
{
	fresh();
	memcpy(device, "\x91\x92\x93\x94", 4);
	CHECK(!start_long(g_outs2, g_outs2_end));
	for (uint32_t i = 0; i < 600; i++)
		mem[0x10ffd + i] = (uint8_t)(i * 7);
	memcpy(mem + DATA, "\1\2\3\4", 4);
	CHECK(play() == KVM_EXIT_HLT);
	CHECK(io_len == 608 && !memcmp(io_bytes, mem + 0x10ffd, 600));
	CHECK(!memcmp(io_bytes + 600, "\4\3\2\1\x91\x92\x93\x94", 8));
	CHECK(regs().rbx == 0x10ffd + 600);
	return 1;
}

GUEST(g_span, "16", "mov $0x3000,%ax\n mov %ax,%ds\n mov $0x44332211,%eax\n mov %eax,0xfffe\n hlt");

/* Real mode: over the limit of the segment is #GP; flat over the end of RAM is split. */
static int real_mode_limit(void)
{
	fresh();
	CHECK(!start_real(g_span, g_span_end));
	CHECK(play() == KVM_EXIT_HLT && (regs().rbx & 0xff) == 13);
	return 1;
}

GUEST(g_ramdev, "64", "mov $0x3fffd,%edi\n mov $0x8877665544332211,%rax\n mov %rax,(%rdi)\n mov (%rdi),%rbx\n hlt");

static int access_half_memory_half_device(void)
{
	fresh();
	CHECK(!start_long(g_ramdev, g_ramdev_end));
	CHECK(play() == KVM_EXIT_HLT);
	CHECK(!memcmp(mem + 0x3fffd, "\x11\x22\x33", 3) && !memcmp(device, "\x44\x55\x66\x77\x88", 5));
	CHECK(regs().rbx == 0x8877665544332211);
	return 1;
}

GUEST(g_seg, "16", "mov $0x4000,%ax\n mov %ax,%ds\n mov 0,%ss\n lds 4,%si\n mov %ds,%bx\n hlt");

static int segments_from_a_device(void)
{
	struct kvm_sregs s;

	fresh();
	memcpy(device, "\x34\x12", 2);
	memcpy(device + 4, "\xcd\xab\x78\x56", 4);
	CHECK(!start_real(g_seg, g_seg_end));
	CHECK(play() == KVM_EXIT_HLT);
	CHECK(!ioctl(vcpu_fd, KVM_GET_SREGS, &s));
	CHECK(s.ss.selector == 0x1234 && s.ss.base == 0x12340 && s.ds.base == 0x56780);
	CHECK((regs().rsi & 0xffff) == 0xabcd && (regs().rbx & 0xffff) == 0x5678);
	return 1;
}

GUEST(g_x87, "64", "mov $0x40000,%edi\n fldl (%rdi)\n hlt");

static int what_cannot_be_emulated_is_reported(void)
{
	CHECK(!start_long(g_x87, g_x87_end));
	CHECK(play() == KVM_EXIT_INTERNAL_ERROR);
	CHECK(run->emulation_failure.suberror == KVM_INTERNAL_ERROR_EMULATION);
	CHECK(run->emulation_failure.flags & KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES);
	CHECK(run->emulation_failure.insn_size >= 2 && !memcmp(run->emulation_failure.insn_bytes, "\xdd\x07", 2));
	CHECK(regs().rip == CODE + 5);
	return 1;
}

GUEST(g_user, "64", "fldl (%rdi)\n hlt");

static int a_user_program_gets_ud(void)
{
	struct kvm_sregs s;
	struct kvm_regs r;
	uint64_t *t = (uint64_t *)(void *)(mem + TABLES), *gdt = (uint64_t *)(void *)(mem + 0x9000);

	CHECK(!start_long(g_user, g_user_end));
	t[0] |= 4;
	t[512] |= 4;
	t[1024] |= 4;

	gdt[4] = 0x0000890070000067;
	gdt[5] = 0;
	memcpy(mem + 0x7004, (uint64_t[]){ STACK }, 8);
	CHECK(!ioctl(vcpu_fd, KVM_GET_SREGS, &s));
	s.cs.dpl = s.ss.dpl = s.ds.dpl = s.es.dpl = 3;
	s.cs.selector = 0x33;
	s.ss.selector = 0x3b;
	s.tr = (struct kvm_segment){ .base = 0x7000, .limit = 0x67, .selector = 0x20, .type = 11, .present = 1 };
	s.gdt.limit = 0x3f;
	CHECK(!ioctl(vcpu_fd, KVM_SET_SREGS, &s));
	r = regs();
	r.rdi = MMIO;
	CHECK(!ioctl(vcpu_fd, KVM_SET_REGS, &r));
	CHECK(play() == KVM_EXIT_HLT && (regs().rbx & 0xff) == 6);
	return 1;
}

GUEST(g_nmi, "16", "1: out %al,$0x99\n out %al,$0x99\n hlt\n .globl g_nmi_handler\n g_nmi_handler: inc %si\n"
	" out %al,$0x99\n iret");
extern const uint8_t g_nmi_handler[];

/* While one NMI is handled another waits for the IRET, and enters before the next instruction. */
static int nmi_waits_for_iret(void)
{
	uint16_t h = (uint16_t)(CODE + (g_nmi_handler - g_nmi));

	CHECK(!start_real(g_nmi, g_nmi_end));
	memcpy(mem + 2 * 4, (uint16_t[]){ h, 0 }, 4);
	CHECK(play() == KVM_EXIT_IO && (uint16_t)regs().rsi == 0);
	CHECK(!ioctl(vcpu_fd, KVM_NMI, 0));
	CHECK(play() == KVM_EXIT_IO && (uint16_t)regs().rsi == 1);	/* in the handler */
	CHECK(!ioctl(vcpu_fd, KVM_NMI, 0));
	CHECK(play() == KVM_EXIT_IO && (uint16_t)regs().rsi == 2);	/* again, and nothing ran between */
	CHECK((uint16_t)regs().rsp == STACK - 6);	/* not nested */
	CHECK(!(regs().rflags & 0x100));
	CHECK(play() == KVM_EXIT_IO && (uint16_t)regs().rsi == 2);	/* the second OUT of the program */
	CHECK(play() == KVM_EXIT_HLT && (uint16_t)regs().rsp == STACK);
	return 1;
}

GUEST(g_nmish, "16", "out %al,$0x99\n mov %ax,%ss\n out %al,$0x99\n hlt");

static int nmi_is_not_lost_in_a_shadow(void)
{
	CHECK(!start_real(g_nmish, g_nmish_end));
	CHECK(play() == KVM_EXIT_IO);
	CHECK(!ioctl(vcpu_fd, KVM_NMI, 0));
	for (int i = 0; i < 3 && play() == KVM_EXIT_IO; i++)
		;
	CHECK(run->exit_reason == KVM_EXIT_HLT && (regs().rbx & 0xff) == 2);
	return 1;
}

GUEST(g_rdpmc, "16", "xor %ecx,%ecx\n rdpmc\n hlt");
GUEST(g_monitor, "64", "mov $0x5000,%eax\n xor %ecx,%ecx\n xor %edx,%edx\n monitor\n mwait\n wbinvd\n invd\n mov $0x77,%ebx\n hlt");

static int rarer_exits(void)
{
	CHECK(!start_real(g_rdpmc, g_rdpmc_end));
	CHECK(go() == KVM_EXIT_HLT && (regs().rbx & 0xff) == 13);
	CHECK(!start_long(g_monitor, g_monitor_end));
	CHECK(go() == KVM_EXIT_HLT && regs().rbx == 0x77);
	return 1;
}

GUEST(g_noidt, "64", "sti\n nop\n 1: jmp 1b");

/* The IDT is on no memory: an injected interrupt cannot be delivered, and its handler's
 * address is nothing that an emulation of the current instruction could read. */
static int interrupt_through_an_idt_on_a_device(void)
{
	struct kvm_interrupt irq = { 0x40 };
	struct kvm_sregs s;

	CHECK(!start_long(g_noidt, g_noidt_end));
	CHECK(!ioctl(vcpu_fd, KVM_GET_SREGS, &s));
	s.idt = (struct kvm_dtable){ .base = 0x50000, .limit = 0xfff };
	CHECK(!ioctl(vcpu_fd, KVM_SET_SREGS, &s));
	CHECK(!ioctl(vcpu_fd, KVM_INTERRUPT, &irq));
	CHECK(go() == KVM_EXIT_INTERNAL_ERROR && run->internal.suberror == KVM_INTERNAL_ERROR_DELIVERY_EV);
	return 1;
}

GUEST(g_smc2, "64", "mov $0x40000,%edi\n mov $300,%ecx\n 1: .globl g_smc2_at\n g_smc2_at: movb $0,(%rdi)\n"
	" incb g_smc2_at - g_smc2 + 0x1002\n loop 1b\n hlt");

static int rewritten_code_many_times(void)
{
	uint32_t sum = 0;

	fresh();
	CHECK(!start_long(g_smc2, g_smc2_end));
	for (uint32_t i = 0; i < 300; i++) {
		CHECK(go() == KVM_EXIT_MMIO && run->mmio.is_write);
		CHECK(run->mmio.data[0] == (uint8_t)i);
		sum += run->mmio.data[0];
	}
	CHECK(go() == KVM_EXIT_HLT && sum != 0);
	return 1;
}

static const struct vm_test tests[] = {
	TEST(vector_moves_on_a_device), TEST(arithmetic_on_a_device), TEST(stack_and_jumps_on_a_device),
	TEST(strings_on_a_device), TEST(string_input_in_batches), TEST(string_output_from_everywhere),
	TEST(real_mode_limit), TEST(access_half_memory_half_device), TEST(segments_from_a_device),
	TEST(what_cannot_be_emulated_is_reported), TEST(a_user_program_gets_ud), TEST(nmi_waits_for_iret),
	TEST(nmi_is_not_lost_in_a_shadow), TEST(rarer_exits), TEST(interrupt_through_an_idt_on_a_device),
	TEST(rewritten_code_many_times),
};

int main(void)
{
	return vm_main("emul", tests, sizeof(tests) / sizeof(tests[0]));
}
