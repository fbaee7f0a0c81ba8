/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kt.h - what the programs of this folder share: a VM, vCPUs in real and long mode, error names
 *
 * The programs print only what must be equal on every implementation of the
 * KVM API; each also runs on Linux, whose output is the expectation.
 */
#ifndef KT_H
#define KT_H

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define KT_MEM		0x400000u	/* bytes of guest RAM at 0 */
#define KT_CODE		0x1000u
#define KT_IDT		0x3000u		/* 256 gates of 16 bytes */
#define KT_GDT		0x2000u
#define KT_TABLES	0x10000u	/* PML4, PDPT, four PDs: 4 GiB one to one */
#define KT_STACK(id)	(0x30000u - (id) * 0x2000u)
#define KT_APIC		0xfee00000u
#define KT_IOAPIC	0xfec00000u

struct kt_vm { int fd; uint8_t *mem; };
struct kt_vcpu { int fd; struct kvm_run *run; };

static int kt_kvm = -1;
static size_t kt_run_bytes;

/* Guest code as data: NAME and NAME_end. */
#define GUEST(name, bits, text)							\
	extern const uint8_t name[], name##_end[];				\
	__asm__(".section .rodata\n.code" bits "\n.globl " #name "\n" #name ":\n" text	\
		"\n.globl " #name "_end\n" #name "_end:\n.code64\n.text\n")

__attribute__((unused)) static void kt_die(const char *what)
{
	printf("%s: errno %d (%s)\n", what, errno, strerror(errno));
	exit(1);
}

#define KT_MUST(expr) ({ long must_ = (long)(expr); if (must_ < 0) kt_die(#expr); must_; })

__attribute__((unused)) static const char *kt_errno_name(int e)
{
	static const struct { int nr; const char *name; } names[] = {
		{ EPERM, "EPERM" }, { ENOENT, "ENOENT" }, { EINTR, "EINTR" }, { EIO, "EIO" }, { ENXIO, "ENXIO" },
		{ E2BIG, "E2BIG" }, { EBADF, "EBADF" }, { EAGAIN, "EAGAIN" }, { ENOMEM, "ENOMEM" },
		{ EFAULT, "EFAULT" }, { EBUSY, "EBUSY" }, { EEXIST, "EEXIST" }, { ENODEV, "ENODEV" },
		{ EINVAL, "EINVAL" }, { ENOTTY, "ENOTTY" }, { ENOSYS, "ENOSYS" }, { EOPNOTSUPP, "EOPNOTSUPP" },
	};
	static char other[16];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].nr == e)
			return names[i].name;
	snprintf(other, sizeof(other), "errno %d", e);
	return other;
}

/* "what: VALUE" or "what: ENAME" */
__attribute__((unused)) static void kt_show(const char *what, long ret)
{
	if (ret < 0)
		printf("%s: %s\n", what, kt_errno_name(errno));
	else
		printf("%s: %ld\n", what, ret);
}

__attribute__((unused)) static void kt_init(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	kt_kvm = (int)KT_MUST(open("/dev/kvm", O_RDWR | O_CLOEXEC));
	kt_run_bytes = (size_t)KT_MUST(ioctl(kt_kvm, KVM_GET_VCPU_MMAP_SIZE, 0));
}

__attribute__((unused)) static int kt_slot(const struct kt_vm *vm, uint32_t id, uint32_t flags, uint64_t gpa,
					   uint64_t bytes, void *host)
{
	struct kvm_userspace_memory_region r = {
		.slot = id, .flags = flags, .guest_phys_addr = gpa, .memory_size = bytes,
		.userspace_addr = (uint64_t)(uintptr_t)host,
	};

	return ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &r);
}

__attribute__((unused)) static void *kt_pages(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		kt_die("mmap");
	return p;
}

__attribute__((unused)) static struct kt_vm kt_vm_create(int irqchip)
{
	struct kt_vm vm = { (int)KT_MUST(ioctl(kt_kvm, KVM_CREATE_VM, 0)), kt_pages(KT_MEM) };

	KT_MUST(kt_slot(&vm, 0, 0, 0, KT_MEM, vm.mem));
	if (irqchip)
		KT_MUST(ioctl(vm.fd, KVM_CREATE_IRQCHIP, 0));
	return vm;
}

__attribute__((unused)) static void kt_vm_close(struct kt_vm *vm)
{
	close(vm->fd);
	munmap(vm->mem, KT_MEM);
}

__attribute__((unused)) static struct kvm_cpuid2 *kt_cpuid(void)
{
	struct kvm_cpuid2 *c = calloc(1, sizeof(*c) + 256 * sizeof(c->entries[0]));

	c->nent = 256;
	KT_MUST(ioctl(kt_kvm, KVM_GET_SUPPORTED_CPUID, c));
	return c;
}

__attribute__((unused)) static struct kt_vcpu kt_vcpu_create(const struct kt_vm *vm, unsigned long id)
{
	struct kt_vcpu v = { (int)KT_MUST(ioctl(vm->fd, KVM_CREATE_VCPU, id)), NULL };
	struct kvm_cpuid2 *c = kt_cpuid();

	v.run = mmap(NULL, kt_run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, v.fd, 0);
	if (v.run == MAP_FAILED)
		kt_die("mmap of kvm_run");
	for (uint32_t i = 0; i < c->nent; i++)
		if (c->entries[i].function == 1) {
			/* Linux does not list it among the supported: it depends on the interrupt controller. */
			if (ioctl(kt_kvm, KVM_CHECK_EXTENSION, KVM_CAP_TSC_DEADLINE_TIMER) > 0)
				c->entries[i].ecx |= 1u << 24;
			c->entries[i].ebx = (c->entries[i].ebx & 0xffffff) | (uint32_t)id << 24;
		}
	KT_MUST(ioctl(v.fd, KVM_SET_CPUID2, c));
	free(c);
	return v;
}

__attribute__((unused)) static void kt_vcpu_close(struct kt_vcpu *v)
{
	munmap(v->run, kt_run_bytes);
	close(v->fd);
}

__attribute__((unused)) static void kt_real(const struct kt_vm *vm, const struct kt_vcpu *v, const uint8_t *code,
					    const uint8_t *end)
{
	struct kvm_regs r = { .rip = KT_CODE, .rflags = 2, .rsp = 0x8000 };
	struct kvm_sregs s;

	memcpy(vm->mem + KT_CODE, code, (size_t)(end - code));
	KT_MUST(ioctl(v->fd, KVM_GET_SREGS, &s));
	s.cs.base = s.cs.selector = 0;
	KT_MUST(ioctl(v->fd, KVM_SET_SREGS, &s));
	KT_MUST(ioctl(v->fd, KVM_SET_REGS, &r));
}

__attribute__((unused)) static void kt_gate(const struct kt_vm *vm, uint8_t vector, uint64_t handler)
{
	uint64_t *gate = (uint64_t *)(void *)(vm->mem + KT_IDT + vector * 16);

	gate[0] = (handler & 0xffff) | 8ull << 16 | 0x8e00ull << 32 | (handler >> 16 & 0xffff) << 48;
	gate[1] = handler >> 32;
}

__attribute__((unused)) static struct kvm_segment kt_segment(int code)
{
	return (struct kvm_segment){ .limit = 0xffffffff, .selector = code ? 8 : 16, .type = code ? 11 : 3,
				     .present = 1, .s = 1, .g = 1, .l = (uint8_t)code, .db = (uint8_t)!code };
}

/* Long mode, CPL 0, interrupts off, 4 GiB one to one, stack of its own, code at @at. */
__attribute__((unused)) static void kt_long(const struct kt_vm *vm, const struct kt_vcpu *v, uint32_t id,
					    uint64_t at, const uint8_t *code, const uint8_t *end)
{
	static const uint64_t gdt[3] = { 0, 0x00af9b000000ffffull, 0x00cf93000000ffffull };
	uint64_t *t = (uint64_t *)(void *)(vm->mem + KT_TABLES);
	struct kvm_regs r = { .rip = at, .rflags = 2, .rsp = KT_STACK(id) };
	struct kvm_sregs s;

	memcpy(vm->mem + at, code, (size_t)(end - code));
	memcpy(vm->mem + KT_GDT, gdt, sizeof(gdt));
	t[0] = (KT_TABLES + 0x1000) | 3;
	for (uint64_t i = 0; i < 4; i++)
		t[512 + i] = (KT_TABLES + 0x2000 + i * 0x1000) | 3;
	for (uint64_t i = 0; i < 2048; i++)
		t[1024 + i] = i << 21 | 0x83;
	KT_MUST(ioctl(v->fd, KVM_GET_SREGS, &s));
	s.cs = kt_segment(1);
	s.ds = s.es = s.ss = s.fs = s.gs = kt_segment(0);
	s.gdt = (struct kvm_dtable){ .base = KT_GDT, .limit = 23 };
	s.idt = (struct kvm_dtable){ .base = KT_IDT, .limit = 4095 };
	s.cr0 = 0x80010011;
	s.cr3 = KT_TABLES;
	s.cr4 = 0x20;
	s.efer = 0x500;
	KT_MUST(ioctl(v->fd, KVM_SET_SREGS, &s));
	KT_MUST(ioctl(v->fd, KVM_SET_REGS, &r));
}

__attribute__((unused)) static const char *kt_exit_name(uint32_t reason)
{
	static const char *const names[] = {
		[KVM_EXIT_IO] = "IO", [KVM_EXIT_HLT] = "HLT", [KVM_EXIT_MMIO] = "MMIO",
		[KVM_EXIT_SHUTDOWN] = "SHUTDOWN", [KVM_EXIT_INTR] = "INTR",
		[KVM_EXIT_FAIL_ENTRY] = "FAIL_ENTRY", [KVM_EXIT_INTERNAL_ERROR] = "INTERNAL_ERROR",
		[KVM_EXIT_IRQ_WINDOW_OPEN] = "IRQ_WINDOW_OPEN",
	};
	static char other[16];

	if (reason < sizeof(names) / sizeof(names[0]) && names[reason])
		return names[reason];
	snprintf(other, sizeof(other), "%u", reason);
	return other;
}

#endif
