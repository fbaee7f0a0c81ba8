// SPDX-License-Identifier: Apache-2.0
/* A VM's life: memory, irqchip, loading, vCPUs, the end. */
#include "vmm.h"
#include "load/load.h"
#include "virtio/virtio.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define TEST_RAM_GPA	0xff000000ull
#define TEST_RAM_BYTES	0x10000ull
#define TSS_GPA		0xfffbd000ull

void vm_error(const struct vm *vm, const char *fmt, ...)
{
	char text[384];
	int n = snprintf(text, sizeof(text), "vmm: %s: ", vm->cfg.name);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	va_end(ap);
	console_message(text);
}

/* NULL unless the whole range is RAM in one piece. */
void *vm_ram(struct vm *vm, uint64_t gpa, uint64_t bytes)
{
	if (gpa <= vm->low_bytes && bytes <= vm->low_bytes - gpa)
		return vm->mem + gpa;
	if (gpa < FOUR_GIB)
		return NULL;
	gpa -= FOUR_GIB;
	if (gpa <= vm->high_bytes && bytes <= vm->high_bytes - gpa)
		return vm->mem + vm->low_bytes + gpa;
	return NULL;
}

int vm_irq_line(struct vm *vm, uint32_t irq, bool level)
{
	struct kvm_irq_level line;

	memset(&line, 0, sizeof(line));
	line.irq = irq;
	line.level = level;
	return ioctl(vm->fd, KVM_IRQ_LINE, &line) ? -errno : 0;
}

void vm_gsi_share(struct vm *vm, uint32_t gsi, uint32_t user, bool level)
{
	uint32_t *users = &vm->gsi_users[gsi - PCI_GSI_BASE];

	pthread_mutex_lock(&vm->lock);
	*users = level ? *users | 1u << user : *users & ~(1u << user);
	vm_irq_line(vm, gsi, *users != 0);
	pthread_mutex_unlock(&vm->lock);
}

static int slot_set(struct vm *vm, uint32_t slot, uint64_t gpa,
		    uint64_t bytes, void *mem)
{
	struct kvm_userspace_memory_region r;

	if (!bytes)
		return 0;
	memset(&r, 0, sizeof(r));
	r.slot = slot;
	r.guest_phys_addr = gpa;
	r.memory_size = bytes;
	r.userspace_addr = (uint64_t)(uintptr_t)mem;
	return ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &r) ? -errno : 0;
}

static void *ram_map(uint64_t bytes)
{
	void *mem = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mem == MAP_FAILED ? NULL : mem;
}

static int memory_create(struct vm *vm)
{
	uint64_t bytes = vm->cfg.memory_bytes;
	int err;

	vm->low_bytes = bytes < MMIO_GAP_BASE ? bytes : MMIO_GAP_BASE;
	vm->high_bytes = bytes - vm->low_bytes;
	vm->mem = ram_map(bytes);
	if (!vm->mem) {
		vm_error(vm, "memory.size: the host has no room for %llu bytes",
			 (unsigned long long)bytes);
		return -ENOMEM;
	}
	err = slot_set(vm, 0, 0, vm->low_bytes, vm->mem);
	if (!err)
		err = slot_set(vm, 1, FOUR_GIB, vm->high_bytes,
			       vm->mem + vm->low_bytes);
	if (err || !vm->cfg.testdev)
		return err;
	vm->test_ram = ram_map(TEST_RAM_BYTES);
	if (!vm->test_ram)
		return -ENOMEM;
	return slot_set(vm, 2, TEST_RAM_GPA, TEST_RAM_BYTES, vm->test_ram);
}

static int irqchip_create(struct vm *vm)
{
	struct kvm_pit_config pit;

	/* Only Intel's KVM needs the TSS page; others may refuse it. */
	(void)ioctl(vm->fd, KVM_SET_TSS_ADDR, TSS_GPA);
	if (ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0))
		return -errno;
	memset(&pit, 0, sizeof(pit));
	pit.flags = KVM_PIT_SPEAKER_DUMMY;
	return ioctl(vm->fd, KVM_CREATE_PIT2, &pit) ? -errno : 0;
}

static void release(struct vm *vm)
{
	uint32_t i;

	virtio_destroy_all(vm);
	pci_bus_destroy(vm);
	sink_close(&vm->serial_sink);
	sink_close(&vm->console_sink);
	for (i = 0; i < vm->cfg.boot_vcpus; i++) {
		struct vcpu *vcpu = &vm->vcpus[i];
		/* The mapping's size is the host's; a VM's end keeps it. */
		if (vcpu->run)
			munmap(vcpu->run, vm->run_bytes);
		if (vcpu->fd >= 0)
			close(vcpu->fd);
		vcpu->run = NULL;
		vcpu->fd = -1;
	}
	if (vm->fd >= 0)
		close(vm->fd);
	vm->fd = -1;
	if (vm->mem)
		munmap(vm->mem, (size_t)vm->cfg.memory_bytes);
	if (vm->test_ram)
		munmap(vm->test_ram, TEST_RAM_BYTES);
	vm->mem = NULL;
	vm->test_ram = NULL;
}

static int devices_create(struct vm *vm)
{
	int err = sink_open(vm, &vm->serial_sink, &vm->cfg.serial, "serial");

	if (!err)
		err = sink_open(vm, &vm->console_sink, &vm->cfg.console,
				"console");
	if (!err)
		err = pci_bus_init(vm);
	return err ? err : virtio_create_all(vm);
}

static int build(struct vm *vm, int kvm_fd)
{
	uint32_t i;
	int err;

	vm->fd = ioctl(kvm_fd, KVM_CREATE_VM, 0);
	if (vm->fd < 0)
		return -errno;
	err = memory_create(vm);
	if (!err)
		err = irqchip_create(vm);
	if (!err)
		err = devices_create(vm);
	for (i = 0; !err && i < vm->cfg.boot_vcpus; i++)
		err = vcpu_create(vm, &vm->vcpus[i], kvm_fd);
	if (!err)
		err = load_kernel(vm);
	if (!err)
		err = acpi_build(vm);
	return err;
}

/* A message was printed if this is not 0; nothing is held then. */
int vm_start(struct vm *vm, int kvm_fd)
{
	int bytes = ioctl(kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	uint32_t i;
	int err;

	vm->run_bytes = bytes < 0 ? 0 : (size_t)bytes;
	vm->fd = -1;
	vm->end = VM_END_NONE;
	vm->boot_ns = clock_ns();
	for (i = 0; i < VMM_MAX_VCPUS; i++)
		vm->vcpus[i] = (struct vcpu){ .vm = vm, .id = i, .fd = -1 };
	vm->serial_sink.fd = vm->console_sink.fd = -1;
	memset(vm->gsi_users, 0, sizeof(vm->gsi_users));
	pthread_mutex_init(&vm->lock, NULL);
	uart_init(vm);
	rtc_init(vm);
	err = build(vm, kvm_fd);
	vm->state = err ? VM_STOPPED : VM_RUNNING;
	for (i = 0; !err && i < vm->cfg.boot_vcpus; i++)
		err = vcpu_start(&vm->vcpus[i]);
	if (!err)
		return 0;
	vm_error(vm, "cannot start: %s", strerror(-err));
	vm_request_end(vm, VM_END_ERROR);
	vm_join(vm);
	vm->end = VM_END_ERROR;
	return err;
}

/* From any thread, any number of times: the first reason counts. */
void vm_request_end(struct vm *vm, enum vm_end end)
{
	enum vm_state running = VM_RUNNING;
	uint32_t i;

	if (!__atomic_compare_exchange_n(&vm->state, &running, VM_STOPPING,
					 false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE))
		return;
	vm->end = end;
	for (i = 0; i < vm->cfg.boot_vcpus; i++)
		if (vm->vcpus[i].run)
			vcpu_kick(&vm->vcpus[i]);
	console_wake();
}

/* Waits for the vCPUs of a stopping VM and gives everything back. */
void vm_join(struct vm *vm)
{
	uint32_t i;

	for (i = 0; i < vm->cfg.boot_vcpus; i++)
		vcpu_destroy(&vm->vcpus[i]);
	release(vm);
	vm->state = VM_STOPPED;
}
