/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm.h - what programs with small guests share: a VM with 256 KiB, start states, checks
 *
 * Plain KVM API: compiles and runs on Linux too. Each test gets a fresh VM.
 */
#ifndef TESTS_APPS_VM_H
#define TESTS_APPS_VM_H

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
#define HANDLER		0x3000u		/* vector handlers: BL = vector, halt */
#define IDT		0x4000u
#define DATA		0x5000u
#define STACK		0x8000u
#define TABLES		0xa000u
#define CPUID_MAX	128u

static int kvm_fd, vm_fd, vcpu_fd;
static struct kvm_run *run;
static size_t run_bytes;
static uint8_t *mem;
static char why[200];

/* Guest code in assembly: symbols NAME and NAME_end. */
#define GUEST(name, bits, text)							\
	extern const uint8_t name[], name##_end[];				\
	__asm__(".section .rodata\n.code" bits "\n.globl " #name "\n" #name ":\n" text	\
		"\n.globl " #name "_end\n" #name "_end:\n.code64\n.text\n")

#define CHECK(cond) do { if (!(cond)) {						\
	snprintf(why, sizeof(why), "line %d: %s (exit %u, errno %d)", __LINE__, #cond, run ? run->exit_reason : 0, errno); \
	return 0; } } while (0)
#define FAILS(call, err) (errno = 0, (call) == -1 && errno == (err))

static int vm_open(void)
{
	struct kvm_userspace_memory_region r = { .memory_size = MEM_BYTES };

	vm_fd = ioctl(kvm_fd, KVM_CREATE_VM, 0);
	if (vm_fd < 0)
		return -1;
	mem = mmap(NULL, MEM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	r.userspace_addr = (uint64_t)(uintptr_t)mem;
	if (mem == MAP_FAILED || ioctl(vm_fd, KVM_SET_USER_MEMORY_REGION, &r))
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

static struct kvm_regs regs(void)
{
	struct kvm_regs r = { 0 };

	ioctl(vcpu_fd, KVM_GET_REGS, &r);
	return r;
}

static void put_handlers(void)
{
	for (uint32_t v = 0; v < 256; v++)
		memcpy(mem + HANDLER + v * 4, (uint8_t[]){ 0xb3, (uint8_t)v, 0xf4, 0x90 }, 4);	/* mov $v, %bl; hlt */
}

/* Real mode at CODE, all bases 0. */
static __attribute__((unused)) int start_real(const uint8_t *code, const uint8_t *end)
{
	struct kvm_sregs s;
	struct kvm_regs r = { .rip = CODE, .rflags = 2, .rsp = STACK };

	memcpy(mem + CODE, code, (size_t)(end - code));
	put_handlers();
	for (uint32_t v = 0; v < 256; v++)
		memcpy(mem + v * 4, (uint16_t[]){ (uint16_t)(HANDLER + v * 4), 0 }, 4);
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

/* Long mode, CPL 0, the first 2 MiB one to one, an IDT. */
static __attribute__((unused)) int start_long(const uint8_t *code, const uint8_t *end)
{
	struct kvm_sregs s;
	struct kvm_regs r = { .rip = CODE, .rflags = 2, .rsp = STACK };
	uint64_t *t = (uint64_t *)(void *)(mem + TABLES), *gdt = (uint64_t *)(void *)(mem + 0x9000);

	memcpy(mem + CODE, code, (size_t)(end - code));
	put_handlers();
	memset(t, 0, 0x3000);
	t[0] = TABLES + 0x1003;
	t[512] = TABLES + 0x2003;
	t[1024] = 0x83;
	gdt[1] = 0x00af9b000000ffff;
	gdt[2] = 0x00cf93000000ffff;
	for (uint64_t v = 0; v < 32; v++) {
		uint64_t h = HANDLER + v * 4;

		memcpy(mem + IDT + v * 16, (uint64_t[]){ (h & 0xffff) | 8 << 16 | 0x8e00ull << 32 | (h >> 16) << 48, 0 }, 16);
	}
	if (ioctl(vcpu_fd, KVM_GET_SREGS, &s))
		return -1;
	s.cs = flat(1);
	s.ds = s.es = s.ss = s.fs = s.gs = flat(0);
	s.gdt = (struct kvm_dtable){ .base = 0x9000, .limit = 23 };
	s.idt = (struct kvm_dtable){ .base = IDT, .limit = 32 * 16 - 1 };
	s.cr0 = 0x80010011;
	s.cr3 = TABLES;
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

static struct kvm_cpuid2 *supported_cpuid(void)
{
	struct kvm_cpuid2 *c = calloc(1, sizeof(*c) + CPUID_MAX * sizeof(c->entries[0]));

	c->nent = CPUID_MAX;
	if (ioctl(kvm_fd, KVM_GET_SUPPORTED_CPUID, c))
		c->nent = 0;
	return c;
}

static __attribute__((unused)) struct kvm_cpuid_entry2 *leaf_of(struct kvm_cpuid2 *c, uint32_t leaf, uint32_t index)
{
	for (uint32_t i = 0; i < c->nent; i++)
		if (c->entries[i].function == leaf &&
		    (!(c->entries[i].flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) || c->entries[i].index == index))
			return &c->entries[i];
	return NULL;
}

static __attribute__((unused)) int set_cpuid(void)
{
	struct kvm_cpuid2 *c = supported_cpuid();
	int err = !c->nent || ioctl(vcpu_fd, KVM_SET_CPUID2, c);

	free(c);
	return err;
}

static __attribute__((unused)) int msr_set(uint32_t msr, uint64_t val)
{
	struct { struct kvm_msrs head; struct kvm_msr_entry e; } m = { { .nmsrs = 1 }, { .index = msr, .data = val } };

	return ioctl(vcpu_fd, KVM_SET_MSRS, &m) == 1;
}

static __attribute__((unused)) int msr_get(uint32_t msr, uint64_t *val)
{
	struct { struct kvm_msrs head; struct kvm_msr_entry e; } m = { { .nmsrs = 1 }, { .index = msr } };
	int n = ioctl(vcpu_fd, KVM_GET_MSRS, &m);

	*val = m.e.data;
	return n == 1;
}

struct vm_test { const char *name; int (*fn)(void); };
#define TEST(name) { #name, name }

static int vm_main(const char *program, const struct vm_test *tests, size_t n)
{
	unsigned passed = 0, failed = 0;

	kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm_fd < 0) {
		printf("%s: /dev/kvm: %s\n", program, strerror(errno));
		return 1;
	}
	run_bytes = (size_t)ioctl(kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	for (size_t i = 0; i < n; i++) {
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
	printf("%s: %u passed, %u failed\n", program, passed, failed);
	return failed != 0;
}

#endif
