/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guests.c - small guests, one behaviour each, by the KVM API
 *
 * An ordinary KVM program: the same file compiles and gives the same answers on
 * Linux. Prints "ok NAME" or "FAIL NAME: why" and a last line with the counts.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEM_BYTES	0x40000u
#define CODE		0x1000u
#define HANDLER		0x3000u		/* real mode: vector handlers write BL and halt */

static int kvm_fd, vm_fd, vcpu_fd;
static struct kvm_run *run;
static size_t run_bytes;
static uint8_t *mem;
static char why[160];

#define GUEST(name, bits, text)							\
	extern const uint8_t name[], name##_end[];				\
	__asm__(".section .rodata\n.code" bits "\n.globl " #name "\n" #name ":\n" text	\
		"\n.globl " #name "_end\n" #name "_end:\n.code64\n.text\n")

#define CHECK(cond) do { if (!(cond)) {						\
	snprintf(why, sizeof(why), "line %d: %s (exit %u, errno %d)", __LINE__, #cond, run ? run->exit_reason : 0, errno); \
	return 0; } } while (0)

static int slot(uint32_t id, uint32_t flags, uint64_t gpa, uint64_t bytes, void *host)
{
	struct kvm_userspace_memory_region r = {
		.slot = id, .flags = flags, .guest_phys_addr = gpa, .memory_size = bytes,
		.userspace_addr = (uint64_t)(uintptr_t)host,
	};

	return ioctl(vm_fd, KVM_SET_USER_MEMORY_REGION, &r);
}

static int vm_open(void)
{
	vm_fd = ioctl(kvm_fd, KVM_CREATE_VM, 0);
	if (vm_fd < 0)
		return -1;
	mem = mmap(NULL, MEM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED || slot(0, 0, 0, 0x10000, mem))
		return -1;
	vcpu_fd = ioctl(vm_fd, KVM_CREATE_VCPU, 0);
	if (vcpu_fd < 0)
		return -1;
	run = mmap(NULL, run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu_fd, 0);
	return run == MAP_FAILED ? -1 : 0;
}

static void vm_close(void)
{
	munmap(run, run_bytes);
	close(vcpu_fd);
	close(vm_fd);
	munmap(mem, MEM_BYTES);
	run = NULL;
}

static void load(uint32_t at, const uint8_t *code, const uint8_t *end)
{
	memcpy(mem + at, code, (size_t)(end - code));
}

/* Real mode at CODE, flat zero segments; vector n's handler halts with BL = n. */
static int start_real(const uint8_t *code, const uint8_t *end)
{
	struct kvm_sregs s;
	struct kvm_regs r = { .rip = CODE, .rflags = 2, .rsp = 0x8000 };

	load(CODE, code, end);
	for (uint32_t v = 0; v < 256; v++) {
		uint8_t *h = mem + HANDLER + v * 4;

		memcpy(h, (uint8_t[]){ 0xb3, (uint8_t)v, 0xf4, 0x90 }, 4);	/* mov $v, %bl; hlt */
		memcpy(mem + v * 4, (uint16_t[]){ (uint16_t)(HANDLER + v * 4), 0 }, 4);
	}
	if (ioctl(vcpu_fd, KVM_GET_SREGS, &s))
		return -1;
	s.cs.base = s.cs.selector = 0;
	if (ioctl(vcpu_fd, KVM_SET_SREGS, &s))
		return -1;
	return ioctl(vcpu_fd, KVM_SET_REGS, &r);
}

static struct kvm_segment flat(int code)
{
	return (struct kvm_segment){ .limit = 0xffffffff, .selector = code ? 8 : 16, .type = code ? 11 : 3,
				     .present = 1, .s = 1, .g = 1, .l = (uint8_t)code, .db = (uint8_t)!code };
}

/* Long mode, CPL 0; the first 2 MiB one to one and, at 1 GiB, the same memory by 4 KiB pages. */
static int start_long(const uint8_t *code, const uint8_t *end)
{
	struct kvm_sregs s;
	struct kvm_regs r = { .rip = CODE, .rflags = 2, .rsp = 0x8000 };
	uint64_t *t = (uint64_t *)(void *)(mem + 0xa000);

	load(CODE, code, end);
	memset(t, 0, 0x5000);
	t[0] = 0xb003;			/* PML4 at a000 -> PDPT at b000 */
	t[512] = 0xc003;		/* -> PD at c000 */
	t[513] = 0xd003;		/* 1 GiB -> PD at d000 */
	t[1024] = 0x83;
	t[1536] = 0xe003;		/* -> PT at e000 */
	for (uint64_t i = 0; i < 16; i++)
		t[2048 + i] = i << 12 | 3;
	if (ioctl(vcpu_fd, KVM_GET_SREGS, &s))
		return -1;
	s.cs = flat(1);
	s.ds = s.es = s.ss = s.fs = s.gs = flat(0);
	s.cr0 = 0x80010011;
	s.cr3 = 0xa000;
	s.cr4 = 0x20;
	s.efer = 0x500;
	if (ioctl(vcpu_fd, KVM_SET_SREGS, &s))
		return -1;
	return ioctl(vcpu_fd, KVM_SET_REGS, &r);
}

static uint32_t go(void)
{
	return ioctl(vcpu_fd, KVM_RUN, 0) ? ~0u : run->exit_reason;
}

static struct kvm_regs regs(void)
{
	struct kvm_regs r = { 0 };

	ioctl(vcpu_fd, KVM_GET_REGS, &r);
	return r;
}

static uint8_t *io_data(void)
{
	return (uint8_t *)run + run->io.data_offset;
}

GUEST(g_out, "16", "mov $0x3f8,%dx\n mov $0x41,%al\n out %al,%dx\n mov $0x1234,%ax\n out %ax,$0x80\n"
	" hlt");
GUEST(g_in, "16", "mov $0x55aa,%ax\n in $0x60,%al\n mov %ax,%bx\n in $0x62,%ax\n mov %ax,%cx\n hlt");

static int port_output_reaches_the_vmm(void)
{
	CHECK(!start_real(g_out, g_out_end));
	CHECK(go() == KVM_EXIT_IO && run->io.direction == KVM_EXIT_IO_OUT && run->io.port == 0x3f8);
	CHECK(run->io.size == 1 && run->io.count == 1 && io_data()[0] == 0x41);
	CHECK(go() == KVM_EXIT_IO && run->io.port == 0x80 && run->io.size == 2);
	CHECK(io_data()[0] == 0x34 && io_data()[1] == 0x12);
	CHECK(go() == KVM_EXIT_HLT);
	return 1;
}

static int port_input_keeps_the_other_bytes(void)
{
	CHECK(!start_real(g_in, g_in_end));
	CHECK(go() == KVM_EXIT_IO && run->io.direction == KVM_EXIT_IO_IN && run->io.port == 0x60);
	io_data()[0] = 0x77;
	CHECK(go() == KVM_EXIT_IO && run->io.size == 2);
	memcpy(io_data(), "\xef\xbe", 2);
	CHECK(go() == KVM_EXIT_HLT);
	CHECK((regs().rbx & 0xffff) == 0x5577 && (regs().rcx & 0xffff) == 0xbeef);
	return 1;
}

GUEST(g_outs, "16", "mov $0x5000,%si\n mov $5,%cx\n mov $0x3f8,%dx\n cld\n rep outsb\n hlt");

static int string_output_comes_in_order(void)
{
	char got[8] = { 0 };
	uint32_t n = 0;

	CHECK(!start_real(g_outs, g_outs_end));
	memcpy(mem + 0x5000, "socle", 5);
	while (n < 5 && go() == KVM_EXIT_IO)
		for (uint32_t i = 0; i < run->io.count && n < 5; i++)
			got[n++] = (char)io_data()[i];
	CHECK(!strcmp(got, "socle"));
	CHECK(go() == KVM_EXIT_HLT && (regs().rcx & 0xffff) == 0 && (regs().rsi & 0xffff) == 0x5005);
	return 1;
}

GUEST(g_mmio, "16", "mov $0x2000,%ax\n mov %ax,%ds\n mov 0x10,%bx\n movl $0x11223344,0x20\n movb $7,0x31\n hlt");

static int mmio_reaches_the_vmm(void)
{
	CHECK(!start_real(g_mmio, g_mmio_end));
	CHECK(go() == KVM_EXIT_MMIO && run->mmio.phys_addr == 0x20010 && run->mmio.len == 2 && !run->mmio.is_write);
	memcpy(run->mmio.data, "\xcd\xab", 2);
	CHECK(go() == KVM_EXIT_MMIO && run->mmio.phys_addr == 0x20020 && run->mmio.len == 4 && run->mmio.is_write);
	CHECK(!memcmp(run->mmio.data, "\x44\x33\x22\x11", 4));
	CHECK(go() == KVM_EXIT_MMIO && run->mmio.phys_addr == 0x20031 && run->mmio.len == 1 && run->mmio.data[0] == 7);
	CHECK(go() == KVM_EXIT_HLT && (regs().rbx & 0xffff) == 0xabcd);
	return 1;
}

/* Two bytes on both sides of the end of memory: RAM and device in one access. */
GUEST(g_cross, "16", "mov $0x0f00,%ax\n mov %ax,%ds\n mov $0xbbaa,%ax\n mov %ax,0x0fff\n hlt");

static int access_over_the_end_of_memory(void)
{
	CHECK(!start_real(g_cross, g_cross_end));
	CHECK(go() == KVM_EXIT_MMIO && run->mmio.phys_addr == 0x10000 && run->mmio.len == 1 && run->mmio.is_write);
	CHECK(run->mmio.data[0] == 0xbb);
	CHECK(go() == KVM_EXIT_HLT && mem[0xffff] == 0xaa);
	return 1;
}

/* An instruction that the guest rewrites after it was decoded once. */
GUEST(g_smc, "16", "mov $0x2000,%ax\n mov %ax,%ds\n mov $2,%cx\n"
	"1: .globl g_smc_patch\n g_smc_patch: movb $1,0x40\n"
	" movb $2,%cs:(0x1000 + g_smc_patch - g_smc + 4)\n loop 1b\n hlt");

static int rewritten_code_is_decoded_again(void)
{
	CHECK(!start_real(g_smc, g_smc_end));
	CHECK(go() == KVM_EXIT_MMIO && run->mmio.data[0] == 1);
	CHECK(go() == KVM_EXIT_MMIO && run->mmio.data[0] == 2);
	CHECK(go() == KVM_EXIT_HLT);
	return 1;
}

GUEST(g_vmrun, "16", "vmrun\n hlt");
GUEST(g_vmxon, "16", "vmxon (%bx)\n hlt");
GUEST(g_wrmsr, "16", "mov $0xc0000080,%ecx\n mov $0xffffffff,%eax\n mov %eax,%edx\n wrmsr\n hlt");
GUEST(g_badmsr, "16", "mov $0x12345678,%ecx\n rdmsr\n hlt");
GUEST(g_badcr4, "16", "mov $0x80000000,%eax\n mov %eax,%cr4\n hlt");

static int vector_of(const uint8_t *code, const uint8_t *end)
{
	if (start_real(code, end) || go() != KVM_EXIT_HLT)
		return -1;
	return (int)(regs().rbx & 0xff);
}

static int forbidden_instructions_fault_in_the_guest(void)
{
	CHECK(vector_of(g_vmrun, g_vmrun_end) == 6);
	CHECK(vector_of(g_vmxon, g_vmxon_end) == 6);
	CHECK(vector_of(g_wrmsr, g_wrmsr_end) == 13);
	CHECK(vector_of(g_badmsr, g_badmsr_end) == 13);
	CHECK(vector_of(g_badcr4, g_badcr4_end) == 13);
	return 1;
}

GUEST(g_triple, "16", "lidt 0x2000\n int3\n hlt");

static int triple_fault_ends_the_guest_only(void)
{
	CHECK(!start_real(g_triple, g_triple_end));
	memset(mem + 0x2000, 0, 16);
	CHECK(go() == KVM_EXIT_SHUTDOWN);
	return 1;
}

GUEST(g_cpuid, "64", "mov $0x40000000,%eax\n cpuid\n mov %ebx,%esi\n mov $0x40000010,%eax\n cpuid\n hlt");

static int set_cpuid(void)
{
	struct kvm_cpuid2 *c = calloc(1, sizeof(*c) + 100 * sizeof(c->entries[0]));
	int err;

	c->nent = 100;
	err = ioctl(kvm_fd, KVM_GET_SUPPORTED_CPUID, c) || ioctl(vcpu_fd, KVM_SET_CPUID2, c);
	free(c);
	return err;
}

static int cpuid_has_the_signature(void)
{
	CHECK(!set_cpuid());
	CHECK(!start_long(g_cpuid, g_cpuid_end));
	CHECK(go() == KVM_EXIT_HLT);
	CHECK(regs().rsi == 0x4b4d564b);
	return 1;
}

GUEST(g_long, "64", "mov $0x40005000,%rdi\n mov $0x1122334455667788,%rax\n mov %rax,(%rdi)\n"
	" mov $0x40005ffc,%rdi\n mov %rax,(%rdi)\n mov 0x5ffc,%rbx\n"
	" mov %cr3,%rcx\n mov %rcx,%cr3\n mov %cr0,%rdx\n mov %rdx,%cr0\n hlt");

static int long_mode_pages(void)
{
	uint64_t v;

	CHECK(!start_long(g_long, g_long_end));
	CHECK(go() == KVM_EXIT_HLT);
	memcpy(&v, mem + 0x5000, 8);
	CHECK(v == 0x1122334455667788 && regs().rbx == v);
	return 1;
}

GUEST(g_lmmio, "64", "mov $0x40000,%edi\n mov %rax,(%rdi)\n mov 8(%rdi),%rax\n movzbl 0x10(%rdi),%ebx\n"
	" mov $0x100,%ecx\n lock xadd %ecx,0x20(%rdi)\n hlt");

static int mmio_in_long_mode(void)
{
	CHECK(!start_long(g_lmmio, g_lmmio_end));
	CHECK(go() == KVM_EXIT_MMIO && run->mmio.phys_addr == 0x40000 && run->mmio.len == 8 && run->mmio.is_write);
	CHECK(go() == KVM_EXIT_MMIO && run->mmio.phys_addr == 0x40008 && !run->mmio.is_write);
	memset(run->mmio.data, 0x5a, 8);
	CHECK(go() == KVM_EXIT_MMIO && run->mmio.phys_addr == 0x40010 && run->mmio.len == 1);
	run->mmio.data[0] = 0x99;
	CHECK(go() == KVM_EXIT_MMIO && run->mmio.phys_addr == 0x40020 && run->mmio.len == 4 && !run->mmio.is_write);
	memset(run->mmio.data, 0, 8);
	run->mmio.data[0] = 5;
	CHECK(go() == KVM_EXIT_MMIO && run->mmio.is_write && run->mmio.data[0] == 5 && run->mmio.data[1] == 1);
	CHECK(go() == KVM_EXIT_HLT);
	CHECK(regs().rax == 0x5a5a5a5a5a5a5a5a && regs().rbx == 0x99 && (uint32_t)regs().rcx == 5);
	return 1;
}

GUEST(g_irq, "16", "sti\n nop\n 1: jmp 1b");

static int injected_interrupt_is_taken(void)
{
	struct kvm_interrupt i = { 0x40 };

	CHECK(!start_real(g_irq, g_irq_end));
	CHECK(!ioctl(vcpu_fd, KVM_INTERRUPT, &i));
	CHECK(go() == KVM_EXIT_HLT && (regs().rbx & 0xff) == 0x40);
	return 1;
}

GUEST(g_window, "16", "nop\n out %al,$0x10\n sti\n nop\n nop\n out %al,$0x11\n hlt");

static int interrupt_window_is_reported(void)
{
	struct kvm_interrupt i = { 0x41 };

	CHECK(!start_real(g_window, g_window_end));
	CHECK(go() == KVM_EXIT_IO && run->io.port == 0x10);
	CHECK(!run->if_flag && !run->ready_for_interrupt_injection);
	run->request_interrupt_window = 1;
	CHECK(go() == KVM_EXIT_IRQ_WINDOW_OPEN && run->ready_for_interrupt_injection);
	run->request_interrupt_window = 0;
	CHECK(!ioctl(vcpu_fd, KVM_INTERRUPT, &i));
	CHECK(go() == KVM_EXIT_HLT && (regs().rbx & 0xff) == 0x41);
	return 1;
}

GUEST(g_touch, "16", "mov $0x2000,%ax\n mov %ax,%ds\n mov 0,%bl\n movb $9,1\n hlt");

static int slots_come_move_and_go(void)
{
	CHECK(!slot(1, 0, 0x20000, 0x10000, mem + 0x20000));
	mem[0x20000] = 0x31;
	CHECK(!start_real(g_touch, g_touch_end));
	CHECK(go() == KVM_EXIT_HLT && (regs().rbx & 0xff) == 0x31 && mem[0x20001] == 9);
	CHECK(!slot(1, 0, 0x30000, 0x10000, mem + 0x20000));
	CHECK(!start_real(g_touch, g_touch_end));
	CHECK(go() == KVM_EXIT_MMIO && run->mmio.phys_addr == 0x20000 && !run->mmio.is_write);
	CHECK(go() == KVM_EXIT_MMIO && run->mmio.is_write);
	CHECK(go() == KVM_EXIT_HLT);
	CHECK(slot(2, 0, 0x3f000, 0x2000, mem) == -1 && errno == EEXIST);
	CHECK(!slot(1, 0, 0x30000, 0, mem + 0x20000));
	CHECK(!slot(1, KVM_MEM_READONLY, 0x20000, 0x10000, mem + 0x20000));
	CHECK(!start_real(g_touch, g_touch_end));
	mem[0x20001] = 1;
	CHECK(go() == KVM_EXIT_MMIO && run->mmio.is_write && run->mmio.phys_addr == 0x20001);
	CHECK(go() == KVM_EXIT_HLT && (regs().rbx & 0xff) == 0x31 && mem[0x20001] == 1);
	return 1;
}

static int dirty_pages_are_logged(void)
{
	uint64_t bits[4] = { 0 };
	struct kvm_dirty_log log = { .slot = 1, .dirty_bitmap = bits };

	CHECK(!slot(1, KVM_MEM_LOG_DIRTY_PAGES, 0x20000, 0x10000, mem + 0x20000));
	CHECK(!start_real(g_touch, g_touch_end));
	CHECK(go() == KVM_EXIT_HLT);
	CHECK(!ioctl(vm_fd, KVM_GET_DIRTY_LOG, &log) && bits[0] == 1);
	CHECK(!ioctl(vm_fd, KVM_GET_DIRTY_LOG, &log) && bits[0] == 0);
	CHECK(!start_real(g_touch, g_touch_end));
	CHECK(go() == KVM_EXIT_HLT);
	CHECK(!ioctl(vm_fd, KVM_GET_DIRTY_LOG, &log) && bits[0] == 1);
	return 1;
}

static int a_terabyte_slot_costs_nothing(void)
{
	void *big = mmap(NULL, 1ul << 40, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	CHECK(big != MAP_FAILED);
	CHECK(!slot(3, 0, 1ul << 32, 1ul << 40, big));
	CHECK(!slot(3, 0, 1ul << 32, 0, big));
	CHECK(!munmap(big, 1ul << 40));
	return 1;
}

static int wrong_calls_have_linux_errors(void)
{
	struct kvm_sregs s;

	CHECK(ioctl(vcpu_fd, KVM_RUN, 1) == -1 && errno == EINVAL);
	CHECK(ioctl(kvm_fd, KVM_GET_API_VERSION, 0) == KVM_API_VERSION);
	CHECK(ioctl(kvm_fd, KVM_GET_API_VERSION, 1) == -1 && errno == EINVAL);
	CHECK(ioctl(vm_fd, KVM_CREATE_VCPU, 0) == -1 && errno == EEXIST);
	CHECK(ioctl(vm_fd, KVM_CREATE_VCPU, 100000) == -1 && errno == EINVAL);
	CHECK(ioctl(vm_fd, _IO(KVMIO, 0xfe), 0) == -1 && errno == ENOTTY);
	CHECK(ioctl(vcpu_fd, KVM_GET_SREGS, 8) == -1 && errno == EFAULT);
	CHECK(slot(1, 0, 0x1001, 0x1000, mem) == -1 && errno == EINVAL);
	CHECK(slot(1, 0xff00, 0x20000, 0x1000, mem) == -1 && errno == EINVAL);
	CHECK(!ioctl(vcpu_fd, KVM_GET_SREGS, &s));
	s.efer = 0x500;
	s.cr0 = 0x80000011;
	s.cr4 = 0;
	CHECK(ioctl(vcpu_fd, KVM_SET_SREGS, &s) == -1 && errno == EINVAL);
	return 1;
}

static int immediate_exit_is_eintr(void)
{
	CHECK(!start_real(g_irq, g_irq_end));
	run->immediate_exit = 1;
	CHECK(ioctl(vcpu_fd, KVM_RUN, 0) == -1 && errno == EINTR);
	run->immediate_exit = 0;
	return 1;
}

static int msrs_can_be_set_and_read(void)
{
	struct { struct kvm_msrs head; struct kvm_msr_entry e[3]; } m = { .head.nmsrs = 3 };

	m.e[0] = (struct kvm_msr_entry){ .index = 0xc0000082, .data = 0xffffffff81000000 };
	m.e[1] = (struct kvm_msr_entry){ .index = 0x277, .data = 0x0007040600070406 };
	m.e[2] = (struct kvm_msr_entry){ .index = 0x277, .data = 0x02 };	/* reserved type */
	CHECK(ioctl(vcpu_fd, KVM_SET_MSRS, &m) == 2);
	m.e[0].data = m.e[1].data = 0;
	m.head.nmsrs = 2;
	CHECK(ioctl(vcpu_fd, KVM_GET_MSRS, &m) == 2);
	CHECK(m.e[0].data == 0xffffffff81000000 && m.e[1].data == 0x0007040600070406);
	return 1;
}

GUEST(g_coal, "16", "mov $0x2000,%ax\n mov %ax,%ds\n movl $0x11223344,0x20\n movb $7,0x23\n mov $0x55,%al\n"
	" out %al,$0x70\n out %al,$0x71\n movw $0x99,0x24\n hlt");

static int writes_are_coalesced(void)
{
	struct kvm_coalesced_mmio_zone zone = { .addr = 0x20020, .size = 4 }, port = { .addr = 0x70, .size = 1, .pio = 1 };
	int page = ioctl(vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_COALESCED_MMIO);
	struct kvm_coalesced_mmio_ring *ring = (void *)((char *)run + page * 4096);
	struct kvm_coalesced_mmio *e = ring->coalesced_mmio;

	CHECK(page > 0 && ioctl(vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_COALESCED_PIO) == 1);
	CHECK(!ioctl(vm_fd, KVM_REGISTER_COALESCED_MMIO, &zone) && !ioctl(vm_fd, KVM_REGISTER_COALESCED_MMIO, &port));
	port.pio = 2;
	CHECK(ioctl(vm_fd, KVM_REGISTER_COALESCED_MMIO, &port) == -1 && errno == EINVAL);
	CHECK(!start_real(g_coal, g_coal_end));
	CHECK(go() == KVM_EXIT_IO && run->io.port == 0x71);
	CHECK(ring->first == 0 && ring->last == 3);
	CHECK(e[0].phys_addr == 0x20020 && e[0].len == 4 && !e[0].pio && !memcmp(e[0].data, "\x44\x33\x22\x11", 4));
	CHECK(e[1].phys_addr == 0x20023 && e[1].len == 1 && e[1].data[0] == 7);
	CHECK(e[2].phys_addr == 0x70 && e[2].len == 1 && e[2].pio && e[2].data[0] == 0x55);
	CHECK(go() == KVM_EXIT_MMIO && run->mmio.phys_addr == 0x20024);
	CHECK(!ioctl(vm_fd, KVM_UNREGISTER_COALESCED_MMIO, &zone) && !ioctl(vm_fd, KVM_UNREGISTER_COALESCED_MMIO, &zone));
	CHECK(go() == KVM_EXIT_HLT && !start_real(g_coal, g_coal_end));
	CHECK(go() == KVM_EXIT_MMIO && run->mmio.phys_addr == 0x20020);
	return 1;
}

/* No room, or a ring that the app spoiled: the write goes to the VMM. */
static int a_full_ring_is_the_vmms(void)
{
	struct kvm_coalesced_mmio_zone zone = { .addr = 0x20020, .size = 4 };
	struct kvm_coalesced_mmio_ring *ring = (void *)((char *)run + 2 * 4096);

	CHECK(!ioctl(vm_fd, KVM_REGISTER_COALESCED_MMIO, &zone));
	CHECK(!start_real(g_coal, g_coal_end));
	ring->first = 1;
	CHECK(go() == KVM_EXIT_MMIO && run->mmio.phys_addr == 0x20020);
	ring->last = 0xfffffff0;
	CHECK(go() == KVM_EXIT_MMIO && run->mmio.phys_addr == 0x20023);
	return 1;
}

#define TEST(name) { #name, name }
static const struct { const char *name; int (*fn)(void); } tests[] = {
	TEST(port_output_reaches_the_vmm), TEST(port_input_keeps_the_other_bytes),
	TEST(string_output_comes_in_order), TEST(mmio_reaches_the_vmm), TEST(access_over_the_end_of_memory),
	TEST(rewritten_code_is_decoded_again), TEST(forbidden_instructions_fault_in_the_guest),
	TEST(triple_fault_ends_the_guest_only), TEST(cpuid_has_the_signature), TEST(long_mode_pages),
	TEST(mmio_in_long_mode), TEST(injected_interrupt_is_taken), TEST(interrupt_window_is_reported), TEST(slots_come_move_and_go),
	TEST(dirty_pages_are_logged), TEST(a_terabyte_slot_costs_nothing), TEST(wrong_calls_have_linux_errors),
	TEST(immediate_exit_is_eintr), TEST(msrs_can_be_set_and_read),
	TEST(writes_are_coalesced), TEST(a_full_ring_is_the_vmms),
};

int main(void)
{
	unsigned passed = 0, failed = 0;

	kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm_fd < 0) {
		printf("guests: /dev/kvm: %s\n", strerror(errno));
		return 1;
	}
	run_bytes = (size_t)ioctl(kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		int ok = 0;

		snprintf(why, sizeof(why), "cannot create a VM (errno %d)", errno);
		if (!vm_open()) {
			ok = tests[i].fn();
			vm_close();
		}
		printf(ok ? "ok   %s\n" : "FAIL %s: %s\n", tests[i].name, why);
		passed += ok != 0;
		failed += !ok;
	}
	printf("guests: %u passed, %u failed\n", passed, failed);
	return failed != 0;
}
