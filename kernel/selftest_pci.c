/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selftest_pci.c - an MSI from QEMU's edu device, where the machine has one
 *
 * Its registers (QEMU's documentation of the device): 0x04 gives back the
 * inverted value, a write to 0x60 raises an interrupt, one to 0x64 takes it away.
 */
#include <socle/arch.h>
#include <socle/cpu.h>
#include <socle/log.h>
#include <socle/mem.h>
#include <socle/pci.h>
#include <socle/time.h>
#include "selftest.h"

#define EDU_VENDOR	0x1234
#define EDU_DEVICE	0x11e8
#define EDU_LIVENESS	(0x04 / 4)
#define EDU_RAISE	(0x60 / 4)
#define EDU_ACKNOWLEDGE	(0x64 / 4)
#define TIMEOUT_NS	60000000000ull

static u32 arrived, arrived_on;

static void handler(void)
{
	arrived_on = cpu_id();
	__atomic_fetch_add(&arrived, 1, __ATOMIC_RELEASE);
}

static bool one_msi(volatile u32 *regs, u32 want)
{
	u64 deadline = clock_ns() + TIMEOUT_NS;

	regs[EDU_RAISE] = 1;
	while (__atomic_load_n(&arrived, __ATOMIC_ACQUIRE) < want && clock_ns() < deadline)
		arch_cpu_relax();
	regs[EDU_ACKNOWLEDGE] = 1;
	return READ_ONCE(arrived) == want;
}

bool selftest_msi(void)
{
	const struct pci_dev *d = pci_find(EDU_VENDOR, EDU_DEVICE, 0);
	struct msi_target target;
	u32 cpu = cpu_nr_online() - 1;
	volatile u32 *regs;
	bool ok;

	if (!d)
		return true;
	regs = hpa_to_ptr(HPA(d->bar[0].start));
	if (d->bar[0].bytes != 0x100000 || arch_msi_alloc(cpu, handler, &target))
		return false;
	pci_set_command(d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	regs[EDU_LIVENESS] = 0x12345678;
	ok = regs[EDU_LIVENESS] == ~0x12345678u && !pci_msi_enable(d, target.address, target.data) &&
	     one_msi(regs, 1) && one_msi(regs, 2) && arrived_on == cpu;
	pci_msi_disable(d);
	arch_msi_free(&target);
	log_notice("selftest: %u MSIs on CPU %u\n", arrived, arrived_on);
	return ok;
}
