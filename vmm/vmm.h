/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the VMM share: one VM, its devices, its console. */
#ifndef VMM_H
#define VMM_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "pci.h"

#define MMIO_GAP_BASE	0xc0000000ull
#define FOUR_GIB	0x100000000ull

enum vm_state {
	VM_STOPPED,	/* no KVM resources are held */
	VM_RUNNING,	/* its vCPU threads run */
	VM_STOPPING,	/* asked to end; its threads are leaving */
};

enum vm_end {
	VM_END_NONE,
	VM_END_POWEROFF,
	VM_END_RESET,
	VM_END_STOPPED,	/* by the shell */
	VM_END_ERROR,	/* triple fault, KVM error: message was printed */
	VM_END_TEST,	/* test device wrote its exit code */
};

struct vm;

struct vcpu {
	struct vm *vm;
	uint32_t id;
	int fd;
	struct kvm_run *run;
	pthread_t thread;
	bool started;
};

struct uart {
	pthread_mutex_t lock;
	uint8_t ier, lcr, mcr, lsr, scr, fcr, dll, dlm, iir;
	uint8_t fifo[64];
	uint32_t head, count;
	uint32_t polls;		/* reads of the line status, nothing between */
	bool thre_pending;
	bool irq_level;
};

struct rtc {
	uint8_t index;
	uint8_t ram[128];
};

/* Where a console's output goes. */
struct sink {
	enum console_mode mode;
	int fd;
};

/* The boot CPU at its start. */
struct boot_state {
	bool wide;		/* long mode, 4 GiB mapped; else flat 32 bits */
	uint64_t rip, rax, rbx, rsi;
};

struct virtio_dev;
#define VMM_MAX_VIRTIO	(VMM_MAX_DISKS + 2u)
#define PCI_GSI_COUNT	8u

struct vm {
	struct vm_config cfg;
	uint32_t index;
	enum vm_state state;
	enum vm_end end;
	int exit_code;
	int fd;
	uint8_t *mem;		/* guest RAM, low part then the part over 4 GiB */
	uint64_t low_bytes, high_bytes;
	uint8_t *test_ram;
	struct vcpu vcpus[VMM_MAX_VCPUS];
	struct boot_state boot;
	struct sink serial_sink, console_sink;
	struct uart uart;
	struct rtc rtc;
	size_t run_bytes;
	uint64_t boot_ns;
	struct pci_bus pci;
	struct pci_dev host_bridge;
	uint32_t gsi_users[PCI_GSI_COUNT];	/* slots that pull it; by @lock */
	struct virtio_dev *virtio[VMM_MAX_VIRTIO];
	uint32_t nr_virtio;
	struct virtio_dev *console_dev;		/* takes the keyboard */
	uint32_t pm1_enable, pm1_control;
	uint32_t test_port;
	pthread_mutex_t lock;
};

/* vm.c */
int vm_start(struct vm *vm, int kvm_fd);
void vm_request_end(struct vm *vm, enum vm_end end);
void vm_join(struct vm *vm);
int vm_irq_line(struct vm *vm, uint32_t irq, bool level);
/* One of several users of a shared interrupt line, by its number below 32. */
void vm_gsi_share(struct vm *vm, uint32_t gsi, uint32_t user, bool level);
void *vm_ram(struct vm *vm, uint64_t gpa, uint64_t bytes);
void vm_error(const struct vm *vm, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* vcpu.c */
/* cpuid.c */
int cpuid_set(struct vcpu *vcpu, int kvm_fd);

int vcpu_create(struct vm *vm, struct vcpu *vcpu, int kvm_fd);
int vcpu_start(struct vcpu *vcpu);
void vcpu_kick(struct vcpu *vcpu);
void vcpu_destroy(struct vcpu *vcpu);
int vcpu_signal_init(void);

/* bus.c */
void bus_io(struct vm *vm, uint16_t port, bool write, uint32_t size,
	    uint8_t *data);
void bus_mmio(struct vm *vm, uint64_t gpa, bool write, uint32_t size,
	      uint8_t *data);

/* layout.c */
#define E820_MAX 8u
struct e820_range {
	uint64_t base, bytes;
	uint32_t type;
} __attribute__((packed));
uint32_t layout_e820(const struct vm *vm, struct e820_range *map);

/* acpi.c: writes the tables; the RSDP is at ACPI_RSDP_GPA */
#define ACPI_RSDP_GPA	0xe0000ull
#define ACPI_PM_BASE	0x600u
#define ACPI_PMTIMER	0x608u
#define ACPI_S5_TYPE	5u
int acpi_build(struct vm *vm);
struct aml;
void dsdt_build(const struct vm *vm, struct aml *a);

/* sink.c; an error is printed as one of the JSON's @field */
int sink_open(struct vm *vm, struct sink *s, const struct console_config *cfg,
	      const char *field);
void sink_close(struct sink *s);
void sink_put(struct vm *vm, const struct sink *s, const uint8_t *data,
	      uint32_t bytes);

/* devices; @value is the access's little-endian value */
void uart_init(struct vm *vm);
uint8_t uart_read(struct vm *vm, uint32_t reg);
void uart_write(struct vm *vm, uint32_t reg, uint8_t value);
uint32_t uart_input(struct vm *vm, const uint8_t *data, uint32_t bytes);
void rtc_init(struct vm *vm);
uint8_t rtc_read(struct vm *vm, uint32_t reg);
void rtc_write(struct vm *vm, uint32_t reg, uint8_t value);
uint32_t pmtimer_read(const struct vm *vm);
bool testdev_io(struct vm *vm, uint16_t port, bool write, uint32_t size,
		uint32_t *value);

/* console.c */
void console_output(struct vm *vm, const uint8_t *data, uint32_t bytes);
int console_run(struct vm *vms, uint32_t nr_vms, int kvm_fd, bool batch,
		bool exit_when_idle);
/* A line of our own among what the guests write; @text without its end. */
void console_message(const char *text);
void console_wake(void);
uint64_t clock_ns(void);

#endif
