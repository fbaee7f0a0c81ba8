// SPDX-License-Identifier: Apache-2.0
/* One vCPU: its start state, its thread, its exits. */
#include "vmm.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define BOOT_GDT	0x500ull
#define BOOT_PML4	0x9000ull	/* then one PDPT and four PDs */

static void kick_handler(int sig)
{
	(void)sig;
}

int vcpu_signal_init(void)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = kick_handler;
	return sigaction(SIGUSR1, &sa, NULL) ? -errno : 0;
}

/* Flat segments: code at 0x10, data at 0x18. */
static void boot_gdt(struct vm *vm, bool wide)
{
	const uint64_t gdt[4] = {
		0, 0, wide ? 0x00af9b000000ffffull : 0x00cf9b000000ffffull,
		0x00cf93000000ffffull,
	};

	memcpy(vm_ram(vm, BOOT_GDT, sizeof(gdt)), gdt, sizeof(gdt));
}

/* 4 GiB mapped one to one by 2 MiB pages. */
static void boot_tables(struct vm *vm)
{
	uint64_t *pt = vm_ram(vm, BOOT_PML4, 6 * 4096);
	uint64_t i;

	memset(pt, 0, 6 * 4096);
	pt[0] = (BOOT_PML4 + 0x1000) | 3;
	for (i = 0; i < 4; i++)
		pt[512 + i] = (BOOT_PML4 + 0x2000 + i * 0x1000) | 3;
	for (i = 0; i < 2048; i++)
		pt[1024 + i] = i << 21 | 0x83;
}

static struct kvm_segment segment(uint16_t selector, uint8_t type, bool code64)
{
	struct kvm_segment s;

	memset(&s, 0, sizeof(s));
	s.limit = 0xffffffff;
	s.selector = selector;
	s.type = type;
	s.present = 1;
	s.s = 1;
	s.g = 1;
	s.l = code64;
	s.db = !code64;
	return s;
}

static int boot_state(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	const struct boot_state *b = &vm->boot;
	struct kvm_sregs s;
	struct kvm_regs r;

	if (ioctl(vcpu->fd, KVM_GET_SREGS, &s))
		return -errno;
	s.cs = segment(0x10, 0xb, b->wide);
	s.ds = s.es = s.fs = s.gs = s.ss = segment(0x18, 3, false);
	s.gdt.base = BOOT_GDT;
	s.gdt.limit = 31;
	s.cr0 = 0x11;
	boot_gdt(vm, b->wide);
	if (b->wide) {
		boot_tables(vm);
		s.cr3 = BOOT_PML4;
		s.cr4 = 0x20;
		s.cr0 |= 0x80000000u;
		s.efer = 0x500;
	}
	memset(&r, 0, sizeof(r));
	r.rip = b->rip;
	r.rflags = 2;
	r.rax = b->rax;
	r.rbx = b->rbx;
	r.rsi = b->rsi;
	if (ioctl(vcpu->fd, KVM_SET_SREGS, &s) ||
	    ioctl(vcpu->fd, KVM_SET_REGS, &r))
		return -errno;
	return 0;
}

int vcpu_create(struct vm *vm, struct vcpu *vcpu, int kvm_fd)
{
	int bytes = ioctl(kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	void *run;

	vcpu->vm = vm;
	if (bytes < 0)
		return -errno;
	vcpu->fd = ioctl(vm->fd, KVM_CREATE_VCPU, vcpu->id);
	if (vcpu->fd < 0)
		return -errno;
	run = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
		   vcpu->fd, 0);
	if (run == MAP_FAILED)
		return -errno;
	vcpu->run = run;
	return cpuid_set(vcpu, kvm_fd);
}

/* False when the vCPU's thread shall end. */
static bool exit_handle(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	struct vm *vm = vcpu->vm;
	uint8_t *data;
	uint32_t i;

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		data = (uint8_t *)run + run->io.data_offset;
		for (i = 0; i < run->io.count; i++, data += run->io.size)
			bus_io(vm, run->io.port,
			       run->io.direction == KVM_EXIT_IO_OUT,
			       run->io.size, data);
		return true;
	case KVM_EXIT_MMIO:
		bus_mmio(vm, run->mmio.phys_addr, run->mmio.is_write,
			 run->mmio.len, run->mmio.data);
		return true;
	case KVM_EXIT_INTR:
	case KVM_EXIT_HLT:
		return true;
	case KVM_EXIT_SHUTDOWN:
		vm_error(vm, "vCPU %u: triple fault", vcpu->id);
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		vm_error(vm, "vCPU %u: KVM internal error %u", vcpu->id,
			 run->internal.suberror);
		break;
	case KVM_EXIT_FAIL_ENTRY:
		vm_error(vm, "vCPU %u: entry failed, reason %llx", vcpu->id,
			 (unsigned long long)
			 run->fail_entry.hardware_entry_failure_reason);
		break;
	default:
		vm_error(vm, "vCPU %u: unknown exit %u", vcpu->id,
			 run->exit_reason);
		break;
	}
	vm_request_end(vm, VM_END_ERROR);
	return false;
}

static void *vcpu_thread(void *arg)
{
	struct vcpu *vcpu = arg;
	struct vm *vm = vcpu->vm;

	while (__atomic_load_n(&vm->state, __ATOMIC_ACQUIRE) == VM_RUNNING) {
		if (ioctl(vcpu->fd, KVM_RUN, 0) < 0) {
			if (errno == EINTR || errno == EAGAIN)
				continue;
			vm_error(vm, "vCPU %u: KVM_RUN: %s", vcpu->id,
				 strerror(errno));
			vm_request_end(vm, VM_END_ERROR);
			break;
		}
		if (!exit_handle(vcpu))
			break;
	}
	return NULL;
}

/* immediate_exit closes the race with a thread not yet in KVM_RUN. */
void vcpu_kick(struct vcpu *vcpu)
{
	__atomic_store_n(&vcpu->run->immediate_exit, 1, __ATOMIC_RELEASE);
	if (vcpu->started && !pthread_equal(vcpu->thread, pthread_self()))
		pthread_kill(vcpu->thread, SIGUSR1);
}

int vcpu_start(struct vcpu *vcpu)
{
	int err = vcpu->id ? 0 : boot_state(vcpu);

	if (!err)
		err = -pthread_create(&vcpu->thread, NULL, vcpu_thread, vcpu);
	vcpu->started = !err;
	return err;
}

void vcpu_destroy(struct vcpu *vcpu)
{
	if (vcpu->started)
		pthread_join(vcpu->thread, NULL);
	vcpu->started = false;
}
