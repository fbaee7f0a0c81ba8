// SPDX-License-Identifier: Apache-2.0
/* For test guests: exit port, scratch ports and interrupt lines, as QEMU's
 * pc-testdev and isa-debug-exit. */
#include "vmm.h"

#define EXIT_PORT	0xf4u
#define SCRATCH_FIRST	0xe0u
#define SCRATCH_LAST	0xe8u
#define IRQ_FIRST	0x2000u
#define IRQ_COUNT	24u

/* False if the port is not this device's. */
bool testdev_io(struct vm *vm, uint16_t port, bool write, uint32_t size,
		uint32_t *value)
{
	(void)size;
	if (port == EXIT_PORT) {
		if (write) {
			vm->exit_code = (int)((*value << 1 | 1) & 0xff);
			vm_request_end(vm, VM_END_TEST);
		}
		return true;
	}
	if (port >= SCRATCH_FIRST && port <= SCRATCH_LAST) {
		if (write)
			vm->test_port = *value;
		else
			*value = vm->test_port;
		return true;
	}
	if (port >= IRQ_FIRST && port < IRQ_FIRST + IRQ_COUNT) {
		if (write)
			vm_irq_line(vm, port - IRQ_FIRST, *value != 0);
		return true;
	}
	return false;
}
