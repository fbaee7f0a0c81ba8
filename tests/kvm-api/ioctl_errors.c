/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ioctl_errors.c - every ioctl in the wrong order, on the wrong descriptor, with bad pointers and wrong sizes
 */
#include "kt.h"

struct call { const char *name; unsigned long cmd; size_t bytes; };
#define CALL(cmd, bytes) { #cmd, cmd, bytes }

/* With a structure behind the pointer. */
static const struct call vm_calls[] = {
	CALL(KVM_SET_USER_MEMORY_REGION, 32), CALL(KVM_GET_DIRTY_LOG, 16), CALL(KVM_IRQ_LINE, 8),
	CALL(KVM_GET_IRQCHIP, 520), CALL(KVM_SET_IRQCHIP, 520), CALL(KVM_SET_GSI_ROUTING, 8), CALL(KVM_IRQFD, 32),
	CALL(KVM_IOEVENTFD, 64), CALL(KVM_SIGNAL_MSI, 32), CALL(KVM_CREATE_PIT2, 64), CALL(KVM_GET_PIT2, 112),
	CALL(KVM_SET_PIT2, 112), CALL(KVM_SET_CLOCK, 48), CALL(KVM_GET_CLOCK, 48), CALL(KVM_ENABLE_CAP, 104),
	CALL(KVM_REGISTER_COALESCED_MMIO, 16),
};
static const struct call vcpu_calls[] = {
	CALL(KVM_GET_REGS, 144), CALL(KVM_SET_REGS, 144), CALL(KVM_GET_SREGS, 312), CALL(KVM_SET_SREGS, 312),
	CALL(KVM_TRANSLATE, 24), CALL(KVM_INTERRUPT, 4), CALL(KVM_GET_MSRS, 8), CALL(KVM_SET_MSRS, 8),
	CALL(KVM_SET_CPUID2, 8), CALL(KVM_GET_CPUID2, 8), CALL(KVM_SET_SIGNAL_MASK, 4), CALL(KVM_GET_FPU, 416),
	CALL(KVM_SET_FPU, 416), CALL(KVM_GET_LAPIC, 1024), CALL(KVM_SET_LAPIC, 1024), CALL(KVM_GET_MP_STATE, 4),
	CALL(KVM_SET_MP_STATE, 4), CALL(KVM_SET_GUEST_DEBUG, 72), CALL(KVM_GET_VCPU_EVENTS, 64),
	CALL(KVM_SET_VCPU_EVENTS, 64), CALL(KVM_GET_DEBUGREGS, 128), CALL(KVM_SET_DEBUGREGS, 128),
	CALL(KVM_GET_XSAVE, 4096), CALL(KVM_SET_XSAVE, 4096), CALL(KVM_GET_XCRS, 392), CALL(KVM_SET_XCRS, 392),
};
static const struct call system_calls[] = {
	CALL(KVM_GET_MSR_INDEX_LIST, 4), CALL(KVM_GET_SUPPORTED_CPUID, 8),
};

static void show_call(const char *what, int fd, const struct call *c, void *arg)
{
	long ret = ioctl(fd, c->cmd, arg);

	printf("%s %s: %s\n", c->name, what, ret < 0 ? kt_errno_name(errno) : "accepted");
}

/* The page before a hole: the structure reaches over the end of what is mapped. */
static void bad_pointers(int fd, const struct call *c, size_t nr)
{
	uint8_t *page = kt_pages(0x2000);

	munmap(page + 0x1000, 0x1000);
	for (size_t i = 0; i < nr; i++) {
		show_call("at 16", fd, &c[i], (void *)16);
		show_call("cut off", fd, &c[i], page + 0x1000 - c[i].bytes + 1);
		show_call("in kernel memory", fd, &c[i], (void *)0xffff800000001000ul);
	}
	munmap(page, 0x1000);
}

static void wrong_descriptor(const char *what, int fd, const struct call *c, size_t nr)
{
	static uint8_t zero[4096];

	for (size_t i = 0; i < nr; i++) {
		memset(zero, 0, sizeof(zero));
		show_call(what, fd, &c[i], zero);
	}
}

static void numbers(int vm, int vcpu)
{
	struct { const char *name; int fd; } fds[] = { { "/dev/kvm", kt_kvm }, { "VM", vm }, { "vCPU", vcpu } };

	for (int i = 0; i < 3; i++) {
		printf("%s, command 0: %s\n", fds[i].name, ioctl(fds[i].fd, 0, 0) < 0 ? kt_errno_name(errno) : "accepted");
		printf("%s, KVM command 0xfe: %s\n", fds[i].name,
		       ioctl(fds[i].fd, _IO(KVMIO, 0xfe), 0) < 0 ? kt_errno_name(errno) : "accepted");
		printf("%s, KVM_RUN with another size: %s\n", fds[i].name,
		       ioctl(fds[i].fd, _IOW(KVMIO, 0x80, uint32_t), 0) < 0 ? kt_errno_name(errno) : "accepted");
		printf("%s, KVM_SET_REGS one byte short: %s\n", fds[i].name,
		       ioctl(fds[i].fd, _IOC(_IOC_WRITE, KVMIO, 0x82, 143), 0) < 0 ? kt_errno_name(errno) : "accepted");
	}
}

static void arguments(int vm, int vcpu)
{
	kt_show("KVM_GET_API_VERSION", ioctl(kt_kvm, KVM_GET_API_VERSION, 0));
	kt_show("KVM_GET_API_VERSION with an argument", ioctl(kt_kvm, KVM_GET_API_VERSION, 1));
	kt_show("KVM_GET_VCPU_MMAP_SIZE with an argument", ioctl(kt_kvm, KVM_GET_VCPU_MMAP_SIZE, 1));
	kt_show("KVM_CREATE_VM of type 77", ioctl(kt_kvm, KVM_CREATE_VM, 77));
	kt_show("KVM_CHECK_EXTENSION 9999", ioctl(kt_kvm, KVM_CHECK_EXTENSION, 9999));
	kt_show("the same vCPU again", ioctl(vm, KVM_CREATE_VCPU, 0));
	kt_show("vCPU 100000", ioctl(vm, KVM_CREATE_VCPU, 100000));
	kt_show("KVM_RUN with an argument", ioctl(vcpu, KVM_RUN, 1));
	kt_show("mmap beyond the end", mmap(NULL, 0x1000, PROT_READ, MAP_SHARED, vcpu, 0x100000) == MAP_FAILED ? -1 : 0);
	kt_show("mmap of a VM", mmap(NULL, 0x1000, PROT_READ, MAP_SHARED, vm, 0) == MAP_FAILED ? -1 : 0);
}

static void regions(struct kt_vm *vm)
{
	static const struct { const char *what; uint32_t id, flags; uint64_t gpa, bytes; } rows[] = {
		{ "slot 40000", 40000, 0, 0x800000, 0x1000 }, { "unknown flag", 1, 0x100, 0x800000, 0x1000 },
		{ "odd size", 1, 0, 0x800000, 0x1001 }, { "odd address", 1, 0, 0x800001, 0x1000 },
		{ "wrapping", 1, 0, 0xfffffffffffff000, 0x2000 }, { "delete what is not there", 1, 0, 0, 0 },
		{ "overlap", 1, 0, 0x1000, 0x1000 }, { "other size", 0, 0, 0, 0x1000 },
		{ "read-only from now on", 0, KVM_MEM_READONLY, 0, KT_MEM },
		{ "dirty log on", 0, KVM_MEM_LOG_DIRTY_PAGES, 0, KT_MEM }, { "dirty log off", 0, 0, 0, KT_MEM },
	};
	uint8_t *odd = vm->mem + 1;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		kt_show(rows[i].what, kt_slot(vm, rows[i].id, rows[i].flags, rows[i].gpa, rows[i].bytes, vm->mem));
	kt_show("odd host address", kt_slot(vm, 1, 0, 0x800000, 0x1000, odd));
	kt_show("kernel host address", kt_slot(vm, 1, 0, 0x800000, 0x1000, (void *)0xffff800000000000ul));
}

#define N(a) (sizeof(a) / sizeof((a)[0]))

int main(void)
{
	struct kt_vm vm;
	struct kt_vcpu v;

	kt_init();
	vm = kt_vm_create(1);
	v = kt_vcpu_create(&vm, 0);
	arguments(vm.fd, v.fd);
	numbers(vm.fd, v.fd);
	regions(&vm);
	bad_pointers(kt_kvm, system_calls, N(system_calls));
	bad_pointers(vm.fd, vm_calls, N(vm_calls));
	bad_pointers(v.fd, vcpu_calls, N(vcpu_calls));
	wrong_descriptor("on /dev/kvm", kt_kvm, vm_calls, N(vm_calls));
	wrong_descriptor("on /dev/kvm", kt_kvm, vcpu_calls, N(vcpu_calls));
	wrong_descriptor("on a VM", vm.fd, vcpu_calls, N(vcpu_calls));
	wrong_descriptor("on a vCPU", v.fd, vm_calls, N(vm_calls));
	wrong_descriptor("on a vCPU", v.fd, system_calls, N(system_calls));
	kt_vcpu_close(&v);
	kt_vm_close(&vm);
	return 0;
}
