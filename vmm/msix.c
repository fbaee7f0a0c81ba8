// SPDX-License-Identifier: Apache-2.0
/*
 * Interrupts of PCI devices: MSI-X table and pending bits, or INTA.
 * Source: PCI Local Bus 3.0, 6.8.2 (MSI-X) and 6.2.2 (INTx disable).
 */
#include "pci.h"
#include "vmm.h"

#include <string.h>
#include <sys/ioctl.h>

#define CONTROL_ENABLE	0x8000u
#define CONTROL_MASK	0x4000u
#define ENTRY_MASKED	0x1u

static uint16_t control(const struct pci_dev *dev)
{
	uint16_t v;

	memcpy(&v, dev->config + dev->msix_cap + 2, sizeof(v));
	return v;
}

bool msix_enabled(const struct pci_dev *dev)
{
	return dev->nr_msix && (control(dev) & CONTROL_ENABLE);
}

static bool is_masked(const struct pci_dev *dev, uint32_t vector)
{
	return (control(dev) & CONTROL_MASK) ||
	       (dev->msix[vector].control & ENTRY_MASKED);
}

/* A message to nowhere is lost, as on a real bus. */
static void send(const struct pci_dev *dev, const struct msix_entry *e)
{
	struct kvm_msi msi;

	memset(&msi, 0, sizeof(msi));
	msi.address_lo = e->addr_lo;
	msi.address_hi = e->addr_hi;
	msi.data = e->data;
	(void)ioctl(dev->vm->fd, KVM_SIGNAL_MSI, &msi);
}

void msix_notify(struct pci_dev *dev, uint32_t vector)
{
	if (!msix_enabled(dev) || vector >= dev->nr_msix)
		return;
	if (is_masked(dev, vector))
		dev->msix_pending |= 1u << vector;
	else
		send(dev, &dev->msix[vector]);
}

void msix_update(struct pci_dev *dev)
{
	uint32_t i;

	if (!msix_enabled(dev)) {
		dev->msix_pending = 0;
		return;
	}
	for (i = 0; i < dev->nr_msix; i++) {
		if (!(dev->msix_pending & 1u << i) || is_masked(dev, i))
			continue;
		dev->msix_pending &= ~(1u << i);
		send(dev, &dev->msix[i]);
	}
}

void msix_access(struct pci_dev *dev, uint32_t offset, bool write,
		 uint32_t size, uint64_t *value)
{
	uint32_t table = dev->nr_msix * 16u;
	uint64_t pending = dev->msix_pending;

	/* Software has to access whole words of 4 or 8 bytes. */
	if ((size != 4 && size != 8) || (offset & (size - 1))) {
		*value = 0;
		return;
	}
	if (offset >= table) {
		if (!write)
			*value = pending >> (offset - table) * 8;
	} else if (write) {
		memcpy((uint8_t *)dev->msix + offset, value, size);
		msix_update(dev);
	} else {
		*value = 0;
		memcpy(value, (uint8_t *)dev->msix + offset, size);
	}
}

void intx_set(struct pci_dev *dev, bool level)
{
	uint16_t command;
	bool driven;

	memcpy(&command, dev->config + PCI_COMMAND, sizeof(command));
	dev->config[PCI_STATUS] &= (uint8_t)~PCI_STATUS_INTX;
	if (level)
		dev->config[PCI_STATUS] |= PCI_STATUS_INTX;
	dev->intx_level = level;
	driven = level && !msix_enabled(dev) && !(command & PCI_COMMAND_NO_INTX);
	if (driven == dev->intx_driven)
		return;
	dev->intx_driven = driven;
	vm_gsi_share(dev->vm, PCI_GSI(dev->slot), dev->slot, driven);
}
