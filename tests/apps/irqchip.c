/* SPDX-License-Identifier: Apache-2.0 */
/*
 * irqchip.c - small guests for the in-kernel interrupt controllers, by the KVM API
 *
 * An ordinary KVM program, the same on Linux. Guests run in long mode with an
 * IDT whose handlers append their vector to a log, end the interrupt as told
 * and return; a guest ends with a write to port 0xf0. One thread runs every
 * vCPU in turn; in two tests another one raises the interrupt meanwhile. Prints "ok NAME" or "FAIL NAME: why" and a line with the counts.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MEM_BYTES	0x40000u
#define CODE		0x1000u		/* vCPU n: CODE + n * 0x800 */
#define COMMON		0x3000u
#define STUBS		0x4000u
#define IDT		0x6000u
#define TABLES		0xa000u
#define LOG_COUNT	0x8000u
#define LOG		0x8010u
#define EOI_MODE	0x8008u		/* 0: none, 1: xAPIC, 2: x2APIC, 3: PIC */
#define MAX_VCPUS	3u
#define DONE		0xf0u

static int kvm_fd, vm_fd, vcpu_fd[MAX_VCPUS];
static struct kvm_run *runs[MAX_VCPUS];
static size_t run_bytes;
static uint8_t *mem;
static unsigned nr_vcpus;
static char why[200];

#define GUEST(name, bits, text)							\
	extern const uint8_t name[], name##_end[];				\
	__asm__(".section .rodata\n.code" bits "\n.globl " #name "\n" #name ":\n" text	\
		"\n.globl " #name "_end\n" #name "_end:\n.code64\n.text\n")

#define CHECK(cond) do { if (!(cond)) {						\
	snprintf(why, sizeof(why), "line %d: %s (exit %u/%u, errno %d, log %s)", __LINE__, #cond, \
		 runs[0] ? runs[0]->exit_reason : 0, runs[1] ? runs[1]->exit_reason : 0, errno, log_text()); \
	return 0; } } while (0)

/* Every vector's stub pushes it and jumps here. */
GUEST(g_common, "64", "push %rax\n push %rcx\n push %rdx\n mov 24(%rsp),%al\n"
	" mov $1,%ecx\n lock xadd %ecx,0x8000\n and $63,%ecx\n mov %al,0x8010(%rcx)\n"
	" mov 0x8008,%cl\n cmp $1,%cl\n je 1f\n cmp $2,%cl\n je 2f\n cmp $3,%cl\n jne 9f\n"
	" mov %al,%dl\n mov $0x20,%al\n cmp $0x28,%dl\n jb 4f\n out %al,$0xa0\n 4: out %al,$0x20\n jmp 9f\n"
	" 1: mov $0xfee000b0,%eax\n movl $0,(%rax)\n jmp 9f\n"
	" 2: xor %eax,%eax\n xor %edx,%edx\n mov $0x80b,%ecx\n wrmsr\n"
	" 9: pop %rdx\n pop %rcx\n pop %rax\n add $8,%rsp\n iretq");
/* An exception that nobody expects. */
GUEST(g_oops, "64", "out %al,$0xf1\n 1: jmp 1b");

static uint32_t log_count(void)
{
	return *(volatile uint32_t *)(void *)(mem + LOG_COUNT);
}

static const char *log_text(void)
{
	static char text[64];
	int n = 0;

	text[0] = 0;
	for (uint32_t i = 0; mem && i < log_count() && i < 12; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%02x ", mem[LOG + i]);
	return text;
}

static int log_is(const char *want)
{
	return log_count() == strlen(want) && !memcmp(mem + LOG, want, strlen(want));
}

static void log_clear(void)
{
	memset(mem + LOG_COUNT, 0, 8);
	memset(mem + LOG, 0, 64);
}

static void make_idt(void)
{
	memcpy(mem + COMMON, g_common, (size_t)(g_common_end - g_common));
	memcpy(mem + COMMON + 0x200, g_oops, (size_t)(g_oops_end - g_oops));
	for (uint32_t v = 0; v < 256; v++) {
		uint32_t stub = STUBS + v * 8, to = v < 32 && v != 2 ? COMMON + 0x200 : COMMON;
		int32_t rel = (int32_t)(to - (stub + 7));
		uint64_t *gate = (uint64_t *)(void *)(mem + IDT + v * 16);

		mem[stub] = 0x6a;
		mem[stub + 1] = (uint8_t)v;
		mem[stub + 2] = 0xe9;
		memcpy(mem + stub + 3, &rel, 4);
		gate[0] = (uint64_t)(stub & 0xffff) | 8u << 16 | 0x8e00ull << 32;
		gate[1] = 0;
	}
}

/* The first 2 MiB one to one, and the pages of IOAPIC and local APIC. */
static void make_tables(void)
{
	uint64_t *t = (uint64_t *)(void *)(mem + TABLES);

	memset(t, 0, 0x4000);
	t[0] = (TABLES + 0x1000) | 3;
	t[512] = (TABLES + 0x2000) | 3;
	t[512 + 3] = (TABLES + 0x3000) | 3;
	t[1024] = 0x83;
	t[1536 + 0x1f6] = 0xfec00093;	/* uncached */
	t[1536 + 0x1f7] = 0xfee00093;
}

static int slot(void)
{
	struct kvm_userspace_memory_region r = {
		.memory_size = MEM_BYTES, .userspace_addr = (uint64_t)(uintptr_t)mem,
	};

	return ioctl(vm_fd, KVM_SET_USER_MEMORY_REGION, &r);
}

static int set_cpuid(int fd)
{
	struct kvm_cpuid2 *c = calloc(1, sizeof(*c) + 100 * sizeof(c->entries[0]));
	int err;

	c->nent = 100;
	err = ioctl(kvm_fd, KVM_GET_SUPPORTED_CPUID, c);
	for (uint32_t i = 0; i < c->nent; i++)
		if (c->entries[i].function == 1)
			c->entries[i].ecx |= 1u << 21 | 1u << 24;	/* x2APIC, TSC deadline */
	err = err || ioctl(fd, KVM_SET_CPUID2, c);
	free(c);
	return err;
}

static int vm_open(void)
{
	vm_fd = ioctl(kvm_fd, KVM_CREATE_VM, 0);
	if (vm_fd < 0)
		return -1;
	mem = mmap(NULL, MEM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED || slot())
		return -1;
	make_tables();
	make_idt();
	return 0;
}

static int vcpu_open(void)
{
	unsigned n = nr_vcpus;

	vcpu_fd[n] = ioctl(vm_fd, KVM_CREATE_VCPU, n);
	if (vcpu_fd[n] < 0)
		return -1;
	runs[n] = mmap(NULL, run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu_fd[n], 0);
	if (runs[n] == MAP_FAILED)
		return -1;
	nr_vcpus++;
	return set_cpuid(vcpu_fd[n]);
}

static void vm_close(void)
{
	while (nr_vcpus) {
		nr_vcpus--;
		munmap(runs[nr_vcpus], run_bytes);
		close(vcpu_fd[nr_vcpus]);
		runs[nr_vcpus] = NULL;
	}
	close(vm_fd);
	munmap(mem, MEM_BYTES);
	mem = NULL;
}

static int create_chips(unsigned vcpus)
{
	struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };

	if (ioctl(vm_fd, KVM_CREATE_IRQCHIP, 0) || ioctl(vm_fd, KVM_CREATE_PIT2, &pit))
		return -1;
	while (vcpus--)
		if (vcpu_open())
			return -1;
	return 0;
}

static struct kvm_segment flat(int code)
{
	return (struct kvm_segment){ .limit = 0xffffffff, .selector = code ? 8 : 16, .type = code ? 11 : 3,
				     .present = 1, .s = 1, .g = 1, .l = (uint8_t)code, .db = (uint8_t)!code };
}

/* A GDT for the handlers' IRETQ: null, code, data. */
static void make_gdt(struct kvm_sregs *s)
{
	static const uint64_t gdt[3] = { 0, 0x00af9b000000ffff, 0x00cf93000000ffff };

	memcpy(mem + 0x9000, gdt, sizeof(gdt));
	s->gdt = (struct kvm_dtable){ .base = 0x9000, .limit = sizeof(gdt) - 1 };
	s->idt = (struct kvm_dtable){ .base = IDT, .limit = 0xfff };
}

static int load(unsigned n, const uint8_t *code, const uint8_t *end)
{
	struct kvm_mp_state mp = { KVM_MP_STATE_RUNNABLE };
	struct kvm_sregs s;
	struct kvm_regs r = { .rip = CODE + n * 0x800, .rflags = 2, .rsp = 0x20000 + n * 0x1000 };

	memcpy(mem + CODE + n * 0x800, code, (size_t)(end - code));
	if (ioctl(vcpu_fd[n], KVM_GET_SREGS, &s))
		return -1;
	s.cs = flat(1);
	s.ds = s.es = s.ss = s.fs = s.gs = flat(0);
	make_gdt(&s);
	s.cr0 = 0x80010011;
	s.cr3 = TABLES;
	s.cr4 = 0x20;
	s.efer = 0x500;
	return ioctl(vcpu_fd[n], KVM_SET_SREGS, &s) || ioctl(vcpu_fd[n], KVM_SET_REGS, &r) ||
	       ioctl(vcpu_fd[n], KVM_SET_MP_STATE, &mp);
}

#define LOAD(n, g) (!load(n, g, g##_end))

/* Until the guest writes a port; ~0: something else. */
static uint32_t go(unsigned n)
{
	if (ioctl(vcpu_fd[n], KVM_RUN, 0) || runs[n]->exit_reason != KVM_EXIT_IO)
		return ~0u;
	return runs[n]->io.port;
}

static struct kvm_regs regs(unsigned n)
{
	struct kvm_regs r = { 0 };

	ioctl(vcpu_fd[n], KVM_GET_REGS, &r);
	return r;
}

static int line(uint32_t gsi, uint32_t level)
{
	struct kvm_irq_level l = { .irq = gsi, .level = level };

	return ioctl(vm_fd, KVM_IRQ_LINE_STATUS, &l) ? -1000 : l.status;
}

/* --- assembly that guests share; clobbers eax, ecx, edx --- */
#define X(reg, val)	" mov $0xfee00000+" reg ",%ecx\n movl $" val ",(%rcx)\n"
#define X2(msr, lo, hi)	" mov $" msr ",%ecx\n mov $" lo ",%eax\n mov $" hi ",%edx\n wrmsr\n"
#define APIC_ON		X("0xf0", "0x1ff") X("0x80", "0") X("0x350", "0x10000")
#define X2_ON		" mov $0x1b,%ecx\n rdmsr\n or $0xc00,%eax\n wrmsr\n" X2("0x80f", "0x1ff", "0")
#define IOAPIC(reg, val) " mov $0xfec00000,%ecx\n movl $" reg ",(%rcx)\n movl $" val ",0x10(%rcx)\n"
#define EOI(mode)	" movb $" mode ",0x8008\n"
/* Waits, interrupts on, until the log has n entries. */
#define WAIT(n)		" sti\n 7: cmpl $" n ",0x8000\n jae 8f\n pause\n jmp 7b\n 8: cli\n"
#define HALT(n)		" 7: cli\n cmpl $" n ",0x8000\n jae 8f\n sti\n hlt\n jmp 7b\n 8:\n"
#define END		" out %al,$0xf0\n 7: jmp 7b"
#define OUTB(port, val)	" mov $" port ",%edx\n mov $" val ",%al\n out %al,%dx\n"
#define PIC_INIT	OUTB("0x20", "0x11") OUTB("0x21", "0x20") OUTB("0x21", "4") OUTB("0x21", "1") \
			OUTB("0xa0", "0x11") OUTB("0xa1", "0x28") OUTB("0xa1", "2") OUTB("0xa1", "1")

/* --- local APIC --- */
GUEST(g_self, "64", APIC_ON EOI("1") X("0x300", "0x44051") WAIT("1") X("0x310", "0") X("0x300", "0x4052") WAIT("2") END);

static int xapic_self_ipi(void)
{
	CHECK(!create_chips(1) && LOAD(0, g_self));
	CHECK(go(0) == DONE && log_is("\x51\x52"));
	return 1;
}

GUEST(g_self2, "64", X2_ON EOI("2") X2("0x83f", "0x61", "0") WAIT("1") X2("0x830", "0x44062", "0") WAIT("2")
	X2("0x830", "0x4063", "0") WAIT("3") END);

static int x2apic_self_ipi(void)
{
	CHECK(!create_chips(1) && LOAD(0, g_self2));
	CHECK(go(0) == DONE && log_is("\x61\x62\x63"));
	return 1;
}

/* The higher class first; a lower one waits for the EOI; TPR holds back. */
GUEST(g_prio, "64", APIC_ON EOI("1") X("0x80", "0x60") X("0x300", "0x44050") X("0x300", "0x44070") X("0x300", "0x44071")
	X("0x300", "0x44060") WAIT("2") " sti\n nop\n nop\n cli\n out %al,$0xf2\n" X("0x80", "0") WAIT("4") END);

static int priorities_order_interrupts(void)
{
	CHECK(!create_chips(1) && LOAD(0, g_prio));
	CHECK(go(0) == 0xf2 && log_is("\x71\x70"));
	CHECK(go(0) == DONE && log_is("\x71\x70\x60\x50"));
	return 1;
}

GUEST(g_cr8, "64", APIC_ON EOI("1") " mov $7,%eax\n mov %rax,%cr8\n mov $0xfee00080,%ecx\n mov (%rcx),%ebx\n"
	X("0x300", "0x44075") " sti\n nop\n nop\n cli\n out %al,$0xf2\n"
	" xor %eax,%eax\n mov %rax,%cr8\n" WAIT("1") X("0x80", "0x35") " mov %cr8,%rdi\n" END);

static int cr8_is_the_task_priority(void)
{
	CHECK(!create_chips(1) && LOAD(0, g_cr8));
	CHECK(go(0) == 0xf2 && log_is("") && regs(0).rbx == 0x70);
	CHECK(go(0) == DONE && log_is("\x75") && regs(0).rdi == 3);
	return 1;
}

#define TIMER(mode, vec, count) X("0x3e0", "0xb") X("0x320", #mode "+" #vec) X("0x380", #count)
GUEST(g_oneshot, "64", APIC_ON EOI("1") TIMER(0, 0x40, 1000000) HALT("1") " mov $0xfee00390,%ecx\n mov (%rcx),%ebx\n" END);

static int one_shot_timer_wakes_from_halt(void)
{
	CHECK(!create_chips(1) && LOAD(0, g_oneshot));
	CHECK(go(0) == DONE && log_is("\x40") && regs(0).rbx == 0);
	return 1;
}

GUEST(g_periodic, "64", APIC_ON EOI("1") TIMER(0x20000, 0x41, 1000000) HALT("3") X("0x320", "0x30041") END);

static int periodic_timer_goes_on(void)
{
	CHECK(!create_chips(1) && LOAD(0, g_periodic));
	CHECK(go(0) == DONE && log_count() >= 3 && !memcmp(mem + LOG, "\x41\x41\x41", 3));
	return 1;
}

GUEST(g_deadline, "64", APIC_ON EOI("1") X("0x320", "0x40042") " mfence\n rdtsc\n add $2000000,%eax\n adc $0,%edx\n"
	" mov $0x6e0,%ecx\n wrmsr\n" HALT("1") " mov $0x6e0,%ecx\n rdmsr\n mov %eax,%ebx\n or %edx,%ebx\n"
	" mov $1,%eax\n xor %edx,%edx\n wrmsr\n" WAIT("2") END);

static int tsc_deadline_timer(void)
{
	CHECK(!create_chips(1) && LOAD(0, g_deadline));
	CHECK(go(0) == DONE && log_is("\x42\x42") && regs(0).rbx == 0);
	return 1;
}

/* --- IOAPIC --- */
GUEST(g_ioapic, "64", APIC_ON EOI("1") IOAPIC("0x39", "0") IOAPIC("0x38", "0x55") IOAPIC("0x3b", "0") IOAPIC("0x3a", "0x8056")
	" out %al,$0xf2\n" WAIT("1") " out %al,$0xf3\n" WAIT("3") " sti\n nop\n nop\n cli\n" END);

static int ioapic_edge_and_level(void)
{
	CHECK(!create_chips(1) && LOAD(0, g_ioapic));
	CHECK(go(0) == 0xf2);
	CHECK(line(20, 1) == 1 && line(20, 1) <= 0 && line(20, 0) == 1);
	CHECK(go(0) == 0xf3 && log_is("\x55"));
	CHECK(line(21, 1) == 1);	/* level: comes again until the line falls */
	CHECK(go(0) == DONE && log_count() >= 3 && mem[LOG + 1] == 0x56 && mem[LOG + 2] == 0x56);
	CHECK(line(21, 0) == 1);
	return 1;
}

GUEST(g_masked, "64", APIC_ON EOI("1") IOAPIC("0x39", "0") IOAPIC("0x38", "0x18055") " out %al,$0xf2\n"
	IOAPIC("0x38", "0x8055") WAIT("1") END);

static int masked_level_waits(void)
{
	CHECK(!create_chips(1) && LOAD(0, g_masked));
	CHECK(go(0) == 0xf2 && line(20, 1) < 0);
	CHECK(go(0) == DONE && mem[LOG] == 0x55);
	return 1;
}

/* --- PIC --- */
#define VIRTUAL_WIRE X("0xf0", "0x1ff") X("0x350", "0x700")
GUEST(g_pic, "64", VIRTUAL_WIRE EOI("3") PIC_INIT OUTB("0x21", "0xe1") OUTB("0xa1", "0xfb") " out %al,$0xf2\n"
	WAIT("1") " out %al,$0xf3\n" WAIT("2") " out %al,$0xf4\n" WAIT("4") END);

static int pic_and_its_cascade(void)
{
	CHECK(!create_chips(1) && LOAD(0, g_pic));
	CHECK(go(0) == 0xf2);
	CHECK(line(3, 1) >= 0 && line(3, 0) >= 0);
	CHECK(go(0) == 0xf3 && log_is("\x23"));
	CHECK(line(10, 1) >= 0 && line(10, 0) >= 0);
	CHECK(go(0) == 0xf4 && log_is("\x23\x2a"));
	line(4, 1);
	line(10, 1);
	CHECK(go(0) == DONE && log_is("\x23\x2a\x2a\x24"));
	return 1;
}

/* --- PIT --- */
GUEST(g_pit, "64", VIRTUAL_WIRE EOI("3") PIC_INIT OUTB("0x21", "0xfe") OUTB("0xa1", "0xff")
	OUTB("0x43", "0x34") OUTB("0x40", "0xa9") OUTB("0x40", "4") HALT("3") OUTB("0x21", "0xff") END);

static int pit_ticks_through_the_pic(void)
{
	CHECK(!create_chips(1) && LOAD(0, g_pit));
	CHECK(go(0) == DONE && log_count() >= 3 && !memcmp(mem + LOG, "\x20\x20\x20", 3));
	return 1;
}

/* Channel 2 with its gate in port 0x61: the output rises when the count is over. */
GUEST(g_pit2, "64", " in $0x61,%al\n and $0xfc,%al\n or $1,%al\n out %al,$0x61\n" OUTB("0x43", "0xb0")
	OUTB("0x42", "0xff") OUTB("0x42", "0x0f") " in $0x61,%al\n mov %al,%bl\n"
	" 1: in $0x61,%al\n test $0x20,%al\n jz 1b\n mov %al,%bh\n"
	OUTB("0x43", "0xe8") " in $0x42,%al\n mov %al,%cl\n" END);

static int pit_channel_2_counts(void)
{
	CHECK(!create_chips(1) && LOAD(0, g_pit2));
	CHECK(go(0) == DONE);
	CHECK((regs(0).rbx & 0x20) == 0 && (regs(0).rbx & 0x2100) == 0x2100);
	CHECK((regs(0).rcx & 0xbf) == 0xb0);
	return 1;
}

/* --- messages, NMI --- */
GUEST(g_msi, "64", APIC_ON EOI("1") " out %al,$0xf2\n" WAIT("1") END);

static int msi_is_delivered(void)
{
	struct kvm_msi m = { .address_lo = 0xfee00000, .data = 0x4077 };

	CHECK(!create_chips(1) && LOAD(0, g_msi));
	CHECK(go(0) == 0xf2);
	CHECK(ioctl(vm_fd, KVM_SIGNAL_MSI, &m) == 1);
	CHECK(go(0) == DONE && log_is("\x77"));
	m.address_lo = 0xfee05000;	/* nobody has ID 5 */
	CHECK(ioctl(vm_fd, KVM_SIGNAL_MSI, &m) == 0);
	m.flags = 2;
	CHECK(ioctl(vm_fd, KVM_SIGNAL_MSI, &m) == -1 && errno == EINVAL);
	return 1;
}

GUEST(g_nmi, "64", EOI("0") APIC_ON " out %al,$0xf2\n nop\n out %al,$0xf3\n" X("0x300", "0x44400") " nop\n" END);

static int nmi_by_ioctl_and_by_ipi(void)
{
	CHECK(!create_chips(1) && LOAD(0, g_nmi));
	CHECK(go(0) == 0xf2 && !ioctl(vcpu_fd[0], KVM_NMI));
	CHECK(go(0) == 0xf3 && log_is("\x02"));
	CHECK(go(0) == DONE && log_is("\x02\x02"));
	return 1;
}

/* --- several CPUs --- */
GUEST(g_start, "64", APIC_ON X("0x310", "0x1000000") X("0x300", "0x4500") X("0x300", "0x4602") END);
GUEST(g_ap16, "16", "mov %cs,%ax\n mov $0x77,%bl\n out %al,$0xf0\n 1: jmp 1b");

static int init_and_sipi_start_a_cpu(void)
{
	struct kvm_mp_state mp;
	struct kvm_sregs s;

	CHECK(!create_chips(2));
	CHECK(!ioctl(vcpu_fd[1], KVM_GET_MP_STATE, &mp) && mp.mp_state == KVM_MP_STATE_UNINITIALIZED);
	CHECK(LOAD(0, g_start));
	CHECK(go(0) == DONE);
	memcpy(mem + 0x2000, g_ap16, (size_t)(g_ap16_end - g_ap16));
	CHECK(ioctl(vcpu_fd[1], KVM_RUN, 0) == -1 && errno == EAGAIN);
	CHECK(go(1) == DONE);
	CHECK((regs(1).rax & 0xffff) == 0x200 && (regs(1).rbx & 0xff) == 0x77);
	CHECK(!ioctl(vcpu_fd[1], KVM_GET_SREGS, &s) && s.cs.base == 0x2000 && !(s.cr0 & 1));
	CHECK(!(s.apic_base & 0x100));
	return 1;
}

GUEST(g_ready, "64", APIC_ON EOI("1") " out %al,$0xf2\n" WAIT("1") END);
GUEST(g_ipi, "64", APIC_ON EOI("1") X("0x310", "0x1000000") X("0x300", "0x4081") END);

static int ipi_to_another_cpu(void)
{
	CHECK(!create_chips(2));
	CHECK(LOAD(0, g_ipi) && LOAD(1, g_ready));
	CHECK(go(1) == 0xf2);
	CHECK(go(0) == DONE && log_count() == 0);
	CHECK(go(1) == DONE && log_is("\x81"));
	return 1;
}

/* Every vCPU stops before its STI, vCPU 0 sends, then each runs on: who takes an interrupt? */
GUEST(g_listen, "64", EOI("0") " out %al,$0xf2\n sti\n nop\n nop\n cli\n" END);

static int listen_all(unsigned first)
{
	for (unsigned n = first; n < nr_vcpus; n++)
		if (!LOAD(n, g_listen) || go(n) != 0xf2)
			return 0;
	return 1;
}

/* Bit n: vCPU n took one interrupt since the last call. */
static uint32_t who(void)
{
	uint32_t took = 0;

	for (unsigned n = 0; n < nr_vcpus; n++) {
		log_clear();
		if (go(n) != DONE)
			return ~0u;
		took |= (uint32_t)(log_count() == 1) << n;
	}
	return took;
}

static void lapic_reg(unsigned n, uint32_t reg, uint32_t val)
{
	struct kvm_lapic_state s;

	ioctl(vcpu_fd[n], KVM_GET_LAPIC, &s);
	memcpy(s.regs + reg, &val, 4);
	ioctl(vcpu_fd[n], KVM_SET_LAPIC, &s);
}

/* Takes back what was not ended; software-enabled; its logical names. */
static void fresh_apic(unsigned n, uint32_t ldr, uint32_t dfr)
{
	struct kvm_lapic_state s;

	ioctl(vcpu_fd[n], KVM_GET_LAPIC, &s);
	memset(s.regs + 0x100, 0, 0x180);
	ioctl(vcpu_fd[n], KVM_SET_LAPIC, &s);
	lapic_reg(n, 0xf0, 0x1ff);
	lapic_reg(n, 0xd0, ldr);
	lapic_reg(n, 0xe0, dfr);
}

/* vCPU 0 writes ICR2 = RDI, ICR = RSI through the page. */
GUEST(g_send, "64", EOI("0") " mov $0xfee00310,%ecx\n mov %edi,(%rcx)\n sub $0x10,%ecx\n mov %esi,(%rcx)\n" END);

static uint32_t reach(uint32_t dest, uint32_t icr)
{
	struct kvm_regs r;

	for (unsigned n = 0; n < nr_vcpus; n++) {
		static const uint32_t dfr[2] = { 0xffffffff, 0x0fffffff };
		int cluster = dest >> 31;

		fresh_apic(n, cluster ? (n + 1 == nr_vcpus ? 0x21000000 : 0x10000000 | 1u << (24 + n)) : 1u << (24 + n), dfr[cluster]);
	}
	if (!listen_all(1) || !LOAD(0, g_send))
		return ~0u;
	ioctl(vcpu_fd[0], KVM_GET_REGS, &r);
	r.rdi = dest << 24;
	r.rsi = icr;
	ioctl(vcpu_fd[0], KVM_SET_REGS, &r);
	if (go(0) != DONE || !LOAD(0, g_listen) || go(0) != 0xf2)
		return ~0u;
	return who();
}

#define CLUSTER 0x80000000u
static int xapic_destinations(void)
{
	CHECK(!create_chips(3));
	CHECK(reach(1, 0x4091) == 2 && reach(2, 0x4091) == 4 && reach(0, 0x4091) == 1);
	CHECK(reach(7, 0x4091) == 0);
	CHECK(reach(0xff, 0x4091) == 7);
	CHECK(reach(0, 0x44091) == 1 && reach(0, 0x84091) == 7 && reach(0, 0xc4091) == 6);
	CHECK(reach(1, 0x4891) == 1 && reach(6, 0x4891) == 6 && reach(0xf8, 0x4891) == 0 && reach(0xff, 0x4891) == 7);
	CHECK(reach(CLUSTER | 0x13, 0x4891) == 3 && reach(CLUSTER | 0x21, 0x4891) == 4 && reach(CLUSTER | 0x23, 0x4891) == 4);
	return 1;
}

/* Lowest priority reaches exactly one of those that are meant. */
static int lowest_priority_is_one(void)
{
	uint32_t got, seen = 0;

	CHECK(!create_chips(3));
	for (uint32_t vector = 0x90; vector < 0x99; vector++) {
		got = reach(6, 0x4900 | vector);
		CHECK(got == 2 || got == 4);
		seen |= got;
	}
	CHECK(seen == 6);
	return 1;
}

GUEST(g_send2, "64", EOI("0") X2_ON " mov $0x830,%ecx\n mov %esi,%eax\n mov %edi,%edx\n wrmsr\n" END);
GUEST(g_listen2, "64", EOI("0") X2_ON " out %al,$0xf2\n sti\n nop\n nop\n cli\n" END);

static uint32_t reach2(uint32_t dest, uint32_t icr)
{
	struct kvm_regs r;

	for (unsigned n = 1; n < nr_vcpus; n++)
		if (!LOAD(n, g_listen2) || go(n) != 0xf2)
			return ~0u;
	if (!LOAD(0, g_send2))
		return ~0u;
	ioctl(vcpu_fd[0], KVM_GET_REGS, &r);
	r.rdi = dest;
	r.rsi = icr;
	ioctl(vcpu_fd[0], KVM_SET_REGS, &r);
	if (go(0) != DONE || !LOAD(0, g_listen2) || go(0) != 0xf2)
		return ~0u;
	return who();
}

static void forget_isr(void)
{
	struct kvm_lapic_state s;

	for (unsigned n = 0; n < nr_vcpus; n++) {
		ioctl(vcpu_fd[n], KVM_GET_LAPIC, &s);
		memset(s.regs + 0x100, 0, 0x180);
		ioctl(vcpu_fd[n], KVM_SET_LAPIC, &s);
	}
}

static int x2apic_destinations(void)
{
	static const struct { uint32_t dest, icr, want; } t[] = {
		{ 1, 0x4091, 2 }, { 0xff, 0x4091, 0 }, { 0xffffffff, 0x4091, 7 }, { 0, 0x84091, 7 }, { 0, 0xc4091, 6 },
		{ 0, 0x44091, 1 }, { 2, 0x4891, 2 }, { 6, 0x4891, 6 }, { 0x10001, 0x4891, 0 }, { 0xffffffff, 0x4891, 7 },
	};

	CHECK(!create_chips(3));
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		uint32_t got = reach2(t[i].dest, t[i].icr);

		if (got != t[i].want)
			snprintf(why, sizeof(why), "to %x by %x: reached %x, not %x", t[i].dest, t[i].icr, got, t[i].want);
		if (got != t[i].want)
			return 0;
		forget_isr();
	}
	return 1;
}

/* Reserved ICR bits, a 64-bit value in another register, the page's registers: #GP. */
GUEST(g_x2bad, "64", X2_ON " mov %edi,%ecx\n mov %esi,%eax\n mov %ebx,%edx\n wrmsr\n" END);

static int x2apic_faults(void)
{
	static const struct { uint32_t msr, lo, hi; int fault; } t[] = {
		{ 0x830, 0x100000, 0, 1 }, { 0x808, 0, 1, 1 }, { 0x831, 0, 0, 1 }, { 0x80e, 0, 0, 1 }, { 0x802, 0, 0, 1 },
		{ 0x83f, 0x151, 0, 1 }, { 0x828, 1, 0, 1 }, { 0x828, 0, 0, 0 }, { 0x80b, 0, 0, 0 }, { 0x808, 0x20, 0, 0 },
	};
	struct kvm_regs r;

	CHECK(!create_chips(1));
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		CHECK(LOAD(0, g_x2bad) && !ioctl(vcpu_fd[0], KVM_GET_REGS, &r));
		r.rdi = t[i].msr;
		r.rsi = t[i].lo;
		r.rbx = t[i].hi;
		CHECK(!ioctl(vcpu_fd[0], KVM_SET_REGS, &r));
		if (go(0) != (t[i].fault ? 0xf1 : DONE))
			snprintf(why, sizeof(why), "MSR %x = %x:%x: port %x", t[i].msr, t[i].hi, t[i].lo, runs[0]->io.port);
		if (runs[0]->io.port != (t[i].fault ? 0xf1 : DONE))
			return 0;
	}
	return 1;
}

/* xAPIC -> x2APIC -> off -> xAPIC are allowed; x2APIC -> xAPIC is not. */
GUEST(g_base, "64", " mov $0x1b,%ecx\n rdmsr\n mov %eax,%ebx\n or $0xc00,%eax\n wrmsr\n rdmsr\n mov %eax,%esi\n"
	" and $~0xc00,%eax\n wrmsr\n or $0x800,%eax\n wrmsr\n or $0x400,%eax\n wrmsr\n out %al,$0xf2\n"
	" and $~0x400,%eax\n wrmsr\n" END);

static int apic_base_transitions(void)
{
	struct kvm_sregs s;

	CHECK(!create_chips(1) && LOAD(0, g_base));
	CHECK(go(0) == 0xf2 && regs(0).rbx == 0xfee00900 && regs(0).rsi == 0xfee00d00);
	CHECK(go(0) == 0xf1);
	CHECK(!ioctl(vcpu_fd[0], KVM_GET_SREGS, &s) && s.apic_base == 0xfee00d00);
	s.apic_base = 0xfee00900;	/* the VMM may */
	CHECK(!ioctl(vcpu_fd[0], KVM_SET_SREGS, &s));
	s.apic_base = 0xfee00500;
	CHECK(ioctl(vcpu_fd[0], KVM_SET_SREGS, &s) == -1 && errno == EINVAL);
	return 1;
}

/* The guest ends its interrupt by clearing the bit, if it is set, and by EOI otherwise; once in a while it is set. */
GUEST(g_pveoi, "64", APIC_ON EOI("0") " mov $0x4b564d04,%ecx\n mov $0x9101,%eax\n xor %edx,%edx\n wrmsr\n"
	" xor %ebx,%ebx\n mov $20,%edi\n 5:" X("0x300", "0x44051") " sti\n nop\n nop\n cli\n"
	" btrl $0,0x9100\n jnc 6f\n inc %ebx\n jmp 4f\n 6:" X("0xb0", "0")
	" 4: dec %edi\n jnz 5b\n mov $0xfee00120,%ecx\n mov (%rcx),%esi\n" END);

static int pv_eoi_needs_no_exit(void)
{
	CHECK(!create_chips(1) && LOAD(0, g_pveoi));
	CHECK(go(0) == DONE && log_count() == 20 && (uint32_t)regs(0).rbx > 0 && (uint32_t)regs(0).rsi == 0);
	return 1;
}

/* --- an interrupt from another thread, while the guest sleeps or never leaves guest mode --- */
#define FROM_PIN_20 APIC_ON EOI("1") IOAPIC("0x39", "0") IOAPIC("0x38", "0x55")
GUEST(g_sleeps, "64", FROM_PIN_20 " out %al,$0xf2\n" HALT("1") END);
GUEST(g_spins, "64", FROM_PIN_20 " out %al,$0xf2\n" WAIT("1") END);

static void *raise_later(void *arg)
{
	struct timespec ts = { .tv_nsec = *(long *)arg };

	nanosleep(&ts, NULL);
	line(20, 1);
	line(20, 0);
	return NULL;
}

static int raised_meanwhile(const uint8_t *code, const uint8_t *end)
{
	CHECK(!create_chips(1));
	for (long i = 0; i < 12; i++) {
		long delay = i * i * 100000;
		pthread_t t;

		log_clear();
		CHECK(!load(0, code, end) && go(0) == 0xf2);
		CHECK(!pthread_create(&t, NULL, raise_later, &delay));
		CHECK(go(0) == DONE && log_is("\x55"));
		CHECK(!pthread_join(t, NULL));
	}
	return 1;
}

static int line_wakes_a_halted_cpu(void) { return raised_meanwhile(g_sleeps, g_sleeps_end); }
static int line_interrupts_a_running_cpu(void) { return raised_meanwhile(g_spins, g_spins_end); }

/* --- routes, state, errors --- */
static int set_routes(const struct kvm_irq_routing_entry *e, uint32_t n)
{
	struct kvm_irq_routing *r = calloc(1, sizeof(*r) + 40 * sizeof(*e));
	int err;

	r->nr = n;
	memcpy(r->entries, e, n * sizeof(*e));
	err = ioctl(vm_fd, KVM_SET_GSI_ROUTING, r);
	free(r);
	return err;
}

static int routes_can_be_replaced(void)
{
	struct kvm_irq_routing_entry e[3] = {
		{ .gsi = 40, .type = KVM_IRQ_ROUTING_MSI, .u.msi = { .address_lo = 0xfee00000, .data = 0x4077 } },
		{ .gsi = 9, .type = KVM_IRQ_ROUTING_IRQCHIP, .u.irqchip = { KVM_IRQCHIP_IOAPIC, 20 } },
		{ .gsi = 9, .type = KVM_IRQ_ROUTING_IRQCHIP, .u.irqchip = { KVM_IRQCHIP_IOAPIC, 21 } },
	};

	CHECK(!create_chips(1) && LOAD(0, g_msi));
	CHECK(go(0) == 0xf2);
	CHECK(line(40, 1) == -1);
	CHECK(!set_routes(e, 2));
	CHECK(line(20, 1) == -1 && line(9, 1) == -1);	/* masked */
	CHECK(line(40, 1) == 1);
	CHECK(go(0) == DONE && log_is("\x77"));
	CHECK(set_routes(e, 3) == -1 && errno == EINVAL);
	e[2].type = KVM_IRQ_ROUTING_MSI;
	CHECK(set_routes(e, 3) == -1 && errno == EINVAL);
	e[1].gsi = 4096;
	CHECK(set_routes(e, 2) == -1 && errno == EINVAL);
	e[1].gsi = 9;
	e[1].u.irqchip.pin = 24;
	CHECK(set_routes(e, 2) == -1 && errno == EINVAL);
	e[1].flags = 1;
	e[1].u.irqchip.pin = 20;
	CHECK(set_routes(e, 2) == -1 && errno == EINVAL);
	CHECK(line(40, 1) == 1);			/* what was there stays */
	return 1;
}

static int enable(uint32_t cap, uint64_t arg)
{
	struct kvm_enable_cap c = { .cap = cap, .args = { arg } };

	return ioctl(vm_fd, KVM_ENABLE_CAP, &c);
}

/* Only local APICs in the kernel: the end of a level interrupt of the VMM's IOAPIC comes out, ExtINT comes by KVM_INTERRUPT. */
GUEST(g_split, "64", APIC_ON X("0x350", "0x700") EOI("1") " out %al,$0xf2\n" WAIT("1") " out %al,$0xf3\n" EOI("0") WAIT("2") END);

static int split_irqchip(void)
{
	struct kvm_irq_routing_entry e = {
		.gsi = 3, .type = KVM_IRQ_ROUTING_MSI, .u.msi = { .address_lo = 0xfee00000, .data = 0xc066 },
	};
	struct kvm_interrupt ext = { 0x33 };
	struct kvm_irqchip chip = { .chip_id = 0 };

	CHECK(!enable(KVM_CAP_SPLIT_IRQCHIP, 24));
	CHECK(enable(KVM_CAP_SPLIT_IRQCHIP, 24) == -1 && errno == EEXIST);
	CHECK(ioctl(vm_fd, KVM_CREATE_IRQCHIP, 0) == -1 && errno == EEXIST);
	CHECK(ioctl(vm_fd, KVM_GET_IRQCHIP, &chip) == -1 && errno == ENXIO);
	CHECK(!vcpu_open() && LOAD(0, g_split));
	CHECK(!set_routes(&e, 1));
	CHECK(go(0) == 0xf2 && line(3, 1) == 1);
	CHECK(!ioctl(vcpu_fd[0], KVM_RUN, 0) && runs[0]->exit_reason == KVM_EXIT_IOAPIC_EOI && runs[0]->eoi.vector == 0x66);
	CHECK(go(0) == 0xf3 && log_is("\x66"));
	CHECK(!ioctl(vcpu_fd[0], KVM_INTERRUPT, &ext));
	CHECK(ioctl(vcpu_fd[0], KVM_INTERRUPT, &ext) == -1 && errno == EEXIST);
	CHECK(go(0) == DONE && log_is("\x66\x33"));
	return 1;
}

static int x2apic_ids_of_32_bits(void)
{
	struct kvm_msi m = { .address_lo = 0xfee00000, .address_hi = 0x100, .data = 0x4077 };
	struct kvm_lapic_state s;

	CHECK(enable(KVM_CAP_X2APIC_API, 4) == -1 && errno == EINVAL);
	CHECK(!enable(KVM_CAP_X2APIC_API, 3) && !create_chips(2) && LOAD(1, g_listen2));
	CHECK(go(1) == 0xf2);
	CHECK(!ioctl(vcpu_fd[1], KVM_GET_LAPIC, &s) && *(uint32_t *)(void *)(s.regs + 0x20) == 1);
	*(uint32_t *)(void *)(s.regs + 0x20) = 1 << 24;
	CHECK(ioctl(vcpu_fd[1], KVM_SET_LAPIC, &s) == -1 && errno == EINVAL);
	CHECK(ioctl(vm_fd, KVM_SIGNAL_MSI, &m) == 0);		/* ID 0x100 */
	m.address_hi = 0xffffff00;
	m.address_lo = 0xfeeff000;
	CHECK(ioctl(vm_fd, KVM_SIGNAL_MSI, &m) == 2 || LOAD(0, g_listen2));
	m.address_hi = 1;
	CHECK(ioctl(vm_fd, KVM_SIGNAL_MSI, &m) == -1);
	return 1;
}

/* A running periodic timer and a waiting interrupt move to another VM. */
GUEST(g_moving, "64", APIC_ON EOI("1") TIMER(0x20000, 0x41, 20000000) X("0x300", "0x44045") END);
GUEST(g_moved, "64", EOI("1") HALT("3") END);

static int local_apic_state_moves(void)
{
	struct kvm_lapic_state s;

	CHECK(!create_chips(1) && LOAD(0, g_moving));
	CHECK(go(0) == DONE && log_count() == 0 && !ioctl(vcpu_fd[0], KVM_GET_LAPIC, &s));
	CHECK(*(uint32_t *)(void *)(s.regs + 0x380) == 20000000 && (*(uint32_t *)(void *)(s.regs + 0x220) & 0x20));
	vm_close();
	CHECK(!vm_open() && !create_chips(1) && !ioctl(vcpu_fd[0], KVM_SET_LAPIC, &s));
	CHECK(LOAD(0, g_moved));
	CHECK(go(0) == DONE && mem[LOG] == 0x45 && mem[LOG + 1] == 0x41 && mem[LOG + 2] == 0x41);
	return 1;
}

/* An edge that waits behind a mask, a level that is high: kept by KVM_GET/SET_IRQCHIP. */
static int ioapic_state_moves(void)
{
	struct kvm_irqchip c = { .chip_id = KVM_IRQCHIP_IOAPIC };

	CHECK(!create_chips(1) && line(20, 1) == -1 && !ioctl(vm_fd, KVM_GET_IRQCHIP, &c));
	CHECK(c.chip.ioapic.irr == 1u << 20);
	vm_close();
	CHECK(!vm_open() && !create_chips(1) && LOAD(0, g_msi) && go(0) == 0xf2);
	c.chip.ioapic.redirtbl[20].bits = 0x77;
	CHECK(!ioctl(vm_fd, KVM_SET_IRQCHIP, &c));
	CHECK(go(0) == DONE && log_is("\x77"));
	CHECK(!ioctl(vm_fd, KVM_GET_IRQCHIP, &c) && c.chip.ioapic.irr == 0);	/* sent: shown no more */
	return 1;
}

static int wrong_calls_have_linux_errors(void)
{
	struct kvm_lapic_state s;
	struct kvm_pit_state2 pit;

	CHECK(ioctl(vm_fd, KVM_GET_PIT2, &pit) == -1 && errno == ENXIO);
	CHECK(set_routes(NULL, 0) == -1 && errno == EINVAL);
	CHECK(!ioctl(vm_fd, KVM_SET_BOOT_CPU_ID, 1));
	CHECK(!vcpu_open() && ioctl(vcpu_fd[0], KVM_GET_LAPIC, &s) == -1 && errno == EINVAL);
	CHECK(ioctl(vm_fd, KVM_SET_BOOT_CPU_ID, 0) == -1 && errno == EBUSY);
	CHECK(ioctl(vm_fd, KVM_CREATE_IRQCHIP, 0) == -1 && errno == EINVAL);
	CHECK(enable(KVM_CAP_SPLIT_IRQCHIP, 5000) == -1 && errno == EINVAL);
	CHECK(enable(KVM_CAP_SPLIT_IRQCHIP, 24) == -1 && errno == EEXIST);
	CHECK(ioctl(kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_IRQ_ROUTING) == 4096);
	CHECK(ioctl(kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_X2APIC_API) == 3);
	return 1;
}

#define TEST(name) { #name, name }
static const struct { const char *name; int (*fn)(void); } tests[] = {
	TEST(xapic_self_ipi), TEST(x2apic_self_ipi), TEST(priorities_order_interrupts), TEST(cr8_is_the_task_priority),
	TEST(one_shot_timer_wakes_from_halt), TEST(periodic_timer_goes_on), TEST(tsc_deadline_timer),
	TEST(ioapic_edge_and_level), TEST(masked_level_waits), TEST(pic_and_its_cascade),
	TEST(pit_ticks_through_the_pic), TEST(pit_channel_2_counts), TEST(msi_is_delivered),
	TEST(nmi_by_ioctl_and_by_ipi), TEST(init_and_sipi_start_a_cpu), TEST(ipi_to_another_cpu),
	TEST(xapic_destinations), TEST(lowest_priority_is_one), TEST(x2apic_destinations), TEST(x2apic_faults),
	TEST(apic_base_transitions), TEST(line_wakes_a_halted_cpu), TEST(line_interrupts_a_running_cpu),
	TEST(pv_eoi_needs_no_exit), TEST(routes_can_be_replaced), TEST(split_irqchip),
	TEST(x2apic_ids_of_32_bits), TEST(local_apic_state_moves), TEST(ioapic_state_moves), TEST(wrong_calls_have_linux_errors),
};

int main(void)
{
	unsigned passed = 0, failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm_fd < 0) {
		printf("irqchip: /dev/kvm: %s\n", strerror(errno));
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
	printf("irqchip: %u passed, %u failed\n", passed, failed);
	return failed != 0;
}
