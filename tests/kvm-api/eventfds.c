/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eventfds.c - ioeventfd (ports, MMIO, data match) and irqfd (MSI, level with resample)
 */
#include <poll.h>
#include <sys/eventfd.h>
#include "kt.h"

#define COUNT	0x5000

static struct kt_vm vm;
static struct kt_vcpu v;

static int ioeventfd(int fd, uint64_t addr, uint32_t len, uint32_t flags, uint64_t match)
{
	struct kvm_ioeventfd e = { .datamatch = match, .addr = addr, .len = len, .fd = fd, .flags = flags };

	return ioctl(vm.fd, KVM_IOEVENTFD, &e);
}

static int irqfd(int fd, uint32_t gsi, uint32_t flags, int resample)
{
	struct kvm_irqfd e = { .fd = (uint32_t)fd, .gsi = gsi, .flags = flags, .resamplefd = (uint32_t)resample };

	return ioctl(vm.fd, KVM_IRQFD, &e);
}

static long taken(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, 8) == 8 ? (long)n : 0;
}

static void signal_fd(int fd)
{
	uint64_t one = 1;

	if (write(fd, &one, 8) != 8)
		kt_die("write to an eventfd");
}

static const char *next_exit(void)
{
	static char text[80];

	KT_MUST(ioctl(v.fd, KVM_RUN, 0));
	if (v.run->exit_reason == KVM_EXIT_IO)
		snprintf(text, sizeof(text), "IO port %x size %u data %x", v.run->io.port, v.run->io.size,
			 *((uint8_t *)v.run + v.run->io.data_offset));
	else if (v.run->exit_reason == KVM_EXIT_MMIO)
		snprintf(text, sizeof(text), "MMIO %lx len %u data %x", (unsigned long)v.run->mmio.phys_addr,
			 v.run->mmio.len, v.run->mmio.data[0]);
	else
		return kt_exit_name(v.run->exit_reason);
	return text;
}

GUEST(stores, "64",
	" mov $0x510, %edx\n mov $1, %eax\n out %al, %dx\n mov $2, %al\n out %al, %dx\n mov $3, %al\n out %al, %dx\n"
	" out %ax, %dx\n"
	" mov $0x800000, %esi\n movl $5, (%rsi)\n movb $6, (%rsi)\n movl $7, 4(%rsi)\n movq $8, 8(%rsi)\n"
	" movw $9, 8(%rsi)\n mov $0xf4, %edx\n mov $0, %al\n out %al, %dx\n");

static void notifications(void)
{
	int port = eventfd(0, EFD_NONBLOCK), mmio = eventfd(0, EFD_NONBLOCK), any = eventfd(0, EFD_NONBLOCK);

	kt_show("port, matching 2", ioeventfd(port, 0x510, 1, KVM_IOEVENTFD_FLAG_PIO | KVM_IOEVENTFD_FLAG_DATAMATCH, 2));
	kt_show("the same again", ioeventfd(any, 0x510, 1, KVM_IOEVENTFD_FLAG_PIO | KVM_IOEVENTFD_FLAG_DATAMATCH, 2));
	kt_show("memory, 4 bytes", ioeventfd(mmio, 0x800000, 4, 0, 0));
	kt_show("memory, any length", ioeventfd(any, 0x800008, 0, 0, 0));
	kt_show("length 3", ioeventfd(any, 0x800100, 3, 0, 0));
	kt_show("length 0 with a match", ioeventfd(any, 0x800100, 0, KVM_IOEVENTFD_FLAG_DATAMATCH, 1));
	kt_show("wrapping", ioeventfd(any, ~0ull, 2, 0, 0));
	kt_show("unknown flag", ioeventfd(any, 0x800100, 4, 0x100, 0));
	kt_show("not an eventfd", ioeventfd(kt_kvm, 0x800100, 4, 0, 0));
	kt_show("bad descriptor", ioeventfd(999, 0x800100, 4, 0, 0));
	kt_show("deassign what is not there", ioeventfd(any, 0x800200, 4, KVM_IOEVENTFD_FLAG_DEASSIGN, 0));
	kt_long(&vm, &v, 0, KT_CODE, stores, stores_end);
	for (const char *e = ""; strncmp(e, "IO port f4", 10);) {
		e = next_exit();
		printf("exit: %s\n", e);
	}
	printf("port %ld, memory %ld, any length %ld\n", taken(port), taken(mmio), taken(any));
	kt_show("deassign", ioeventfd(mmio, 0x800000, 4, KVM_IOEVENTFD_FLAG_DEASSIGN, 0));
	kt_show("deassign again", ioeventfd(mmio, 0x800000, 4, KVM_IOEVENTFD_FLAG_DEASSIGN, 0));
	close(port);
	close(mmio);
	close(any);
}

/* Counts vector 0x50 (MSI) and 0x51 (IOAPIC pin 20, level); EOI to the local APIC. */
GUEST(counter, "64",
	" mov $0xfee00000, %ebp\n movl $0x1ff, 0xf0(%rbp)\n"
	" mov $0xfec00000, %edi\n movl $0x38, (%rdi)\n movl $0x8051, 0x10(%rdi)\n movl $0x39, (%rdi)\n movl $0, 0x10(%rdi)\n"
	" mov $0xf4, %edx\n out %al, %dx\n"
	"1: sti\n hlt\n cli\n out %al, %dx\n jmp 1b\n"
	".globl counter_msi\n counter_msi: incl 0x5000\n movl $0, 0xb0(%rbp)\n iretq\n"
	".globl counter_level\n counter_level: incl 0x5004\n movl $0, 0xb0(%rbp)\n iretq\n");
extern const uint8_t counter_msi[], counter_level[];

static void show_counts(const char *what)
{
	uint32_t n[2];
	const char *e = next_exit();

	memcpy(n, vm.mem + COUNT, sizeof(n));
	printf("%s: %.10s, msi %u, level %u\n", what, e, n[0], n[1]);
}

static void interrupts(void)
{
	struct { struct kvm_irq_routing head; struct kvm_irq_routing_entry e[2]; } r = {
		.head = { .nr = 2 },
		.e = { { .gsi = 30, .type = KVM_IRQ_ROUTING_MSI,
			 .u.msi = { .address_lo = 0xfee00000, .data = 0x50 } },
		       { .gsi = 20, .type = KVM_IRQ_ROUTING_IRQCHIP, .u.irqchip = { KVM_IRQCHIP_IOAPIC, 20 } } },
	};
	int msi = eventfd(0, EFD_NONBLOCK), level = eventfd(0, EFD_NONBLOCK), resample = eventfd(0, EFD_NONBLOCK);

	memset(vm.mem + COUNT, 0, 8);
	kt_long(&vm, &v, 0, KT_CODE, counter, counter_end);
	kt_gate(&vm, 0x50, KT_CODE + (uint64_t)(counter_msi - counter));
	kt_gate(&vm, 0x51, KT_CODE + (uint64_t)(counter_level - counter));
	kt_show("routing", ioctl(vm.fd, KVM_SET_GSI_ROUTING, &r));
	kt_show("irqfd", irqfd(msi, 30, 0, 0));
	kt_show("irqfd, same eventfd again", irqfd(msi, 31, 0, 0));
	kt_show("irqfd, unknown flag", irqfd(level, 20, 0x10, 0));
	kt_show("irqfd, bad descriptor", irqfd(999, 20, 0, 0));
	kt_show("irqfd with resample", irqfd(level, 20, KVM_IRQFD_FLAG_RESAMPLE, resample));
	show_counts("started");
	signal_fd(msi);
	show_counts("one MSI");
	signal_fd(level);
	show_counts("level");
	printf("resampled %ld\n", taken(resample));
	signal_fd(msi);
	show_counts("MSI again");
	kt_show("deassign", irqfd(msi, 30, KVM_IRQFD_FLAG_DEASSIGN, 0));
	signal_fd(msi);
	signal_fd(level);
	show_counts("MSI deassigned, level");
	printf("resampled %ld\n", taken(resample));
	close(level);
	close(resample);
	close(msi);
}

static void messages(void)
{
	struct kvm_msi m = { .address_lo = 0xfee00000, .data = 0x50 };

	kt_show("KVM_SIGNAL_MSI", ioctl(vm.fd, KVM_SIGNAL_MSI, &m));
	show_counts("message");
	m.address_lo = 0xfee07000;
	kt_show("message to nobody", ioctl(vm.fd, KVM_SIGNAL_MSI, &m));
	m.flags = 2;
	kt_show("message with an unknown flag", ioctl(vm.fd, KVM_SIGNAL_MSI, &m));
}

int main(void)
{
	kt_init();
	vm = kt_vm_create(1);
	v = kt_vcpu_create(&vm, 0);
	notifications();
	interrupts();
	messages();
	return 0;
}
