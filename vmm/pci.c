// SPDX-License-Identifier: Apache-2.0
/*
 * The PCI root bus: config space by ports and ECAM, BARs found by address.
 * Source: PCI Local Bus 3.0, 6.1 to 6.2; PCI Express 7.2.2 (ECAM).
 */
#include "pci.h"
#include "vmm.h"

#include <errno.h>
#include <string.h>

#define ALL_ONES	0xffffffffu
#define CF8_ENABLE	0x80000000u
#define HEADER_BYTES	64u
#define BAR_STRIDE	0x100000u	/* of the places that devices get */

static uint32_t get(const struct pci_dev *dev, uint32_t at, uint32_t bytes)
{
	uint32_t v = 0;

	memcpy(&v, dev->config + at, bytes);
	return v;
}

static void set(struct pci_dev *dev, uint32_t at, uint32_t v, uint32_t bytes)
{
	memcpy(dev->config + at, &v, bytes);
}

static void set_writable(struct pci_dev *dev, uint32_t at, uint32_t mask,
			 uint32_t bytes)
{
	memcpy(dev->writable + at, &mask, bytes);
}

/* Where BAR 0 decodes now, 0: nowhere. */
static uint64_t bar_gpa(const struct pci_dev *dev)
{
	if (!dev->bar_bytes || !(get(dev, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY))
		return 0;
	return get(dev, PCI_BAR0, 4) & ~0xfu;
}

static void bar_check(struct pci_dev *dev)
{
	uint64_t gpa = bar_gpa(dev);

	if (gpa == dev->bar_gpa)
		return;
	dev->bar_gpa = gpa;
	if (dev->bar_moved)
		dev->bar_moved(dev, gpa);
}

static void config_write(struct pci_dev *dev, uint32_t at, uint32_t size,
			 uint32_t value)
{
	uint32_t i;

	pthread_mutex_lock(&dev->lock);
	for (i = 0; i < size && at + i < PCI_CONFIG_BYTES; i++) {
		uint8_t mask = dev->writable[at + i];

		dev->config[at + i] = (uint8_t)((dev->config[at + i] & ~mask) |
						(value >> i * 8 & mask));
	}
	if (dev->nr_msix)
		msix_update(dev);
	intx_set(dev, dev->intx_level);
	pthread_mutex_unlock(&dev->lock);
	bar_check(dev);
}

static uint32_t config_read(struct pci_dev *dev, uint32_t at, uint32_t size)
{
	uint32_t v;

	pthread_mutex_lock(&dev->lock);
	v = get(dev, at, size);
	pthread_mutex_unlock(&dev->lock);
	return v;
}

/* @at: offset in the ECAM of bus 0, so bits 19:15 slot, 14:12 function. */
static void config_access(struct pci_bus *bus, uint32_t at, bool write,
			  uint32_t size, uint32_t *value)
{
	struct pci_dev *dev = bus->dev[at >> 15 & (PCI_SLOTS - 1)];
	uint32_t reg = at & 0xfff;

	if (!dev || (at & 0x7000)) {
		*value = ALL_ONES;
		return;
	}
	if (reg >= PCI_CONFIG_BYTES || reg + size > PCI_CONFIG_BYTES) {
		*value = 0;	/* no extended capabilities */
		return;
	}
	if (write)
		config_write(dev, reg, size, *value);
	else
		*value = config_read(dev, reg, size);
}

static void data_access(struct pci_bus *bus, uint32_t byte, bool write,
			uint32_t size, uint32_t *value)
{
	uint32_t a = bus->address;

	/* Another bus than 0, or no config cycle. */
	if (!(a & CF8_ENABLE) || (a & 0x7fff0000u)) {
		*value = ALL_ONES;
		return;
	}
	config_access(bus, (a & 0xff00) << 4 | (a & 0xfc) | byte, write, size,
		      value);
}

void pci_io(struct vm *vm, uint32_t reg, bool write, uint32_t size,
	    uint32_t *value)
{
	struct pci_bus *bus = &vm->pci;

	pthread_mutex_lock(&bus->lock);
	if (reg >= 4)
		data_access(bus, reg - 4, write, size, value);
	else if (reg == 0 && size == 4 && write)
		bus->address = *value & 0x80fffffcu;
	else if (reg == 0 && size == 4)
		*value = bus->address;
	else if (!write)
		*value = reg == 1 ? 0 : ALL_ONES;
	pthread_mutex_unlock(&bus->lock);
	/* The reset control register of the host bridge. */
	if (reg == 1 && size == 1 && write && (*value & 4))
		vm_request_end(vm, VM_END_RESET);
}

static struct pci_dev *dev_at(struct pci_bus *bus, uint64_t gpa, uint32_t size)
{
	uint32_t i;

	for (i = 0; i < PCI_SLOTS; i++) {
		struct pci_dev *dev = bus->dev[i];

		if (dev && dev->bar_gpa && gpa >= dev->bar_gpa &&
		    gpa + size <= dev->bar_gpa + dev->bar_bytes)
			return dev;
	}
	return NULL;
}

static void ecam_access(struct pci_bus *bus, uint32_t at, bool write,
			uint32_t size, uint64_t *value)
{
	uint32_t v = (uint32_t)*value;

	if (size > 4 || (at & (size - 1))) {
		*value = ~0ull;
		return;
	}
	config_access(bus, at, write, size, &v);
	*value = v;
}

bool pci_mmio(struct vm *vm, uint64_t gpa, bool write, uint32_t size,
	      uint64_t *value)
{
	struct pci_bus *bus = &vm->pci;
	struct pci_dev *dev = NULL;
	bool ecam = gpa >= PCI_ECAM_GPA && gpa < PCI_ECAM_GPA + PCI_ECAM_BYTES;
	uint32_t offset = 0;

	pthread_mutex_lock(&bus->lock);
	if (ecam)
		ecam_access(bus, (uint32_t)(gpa - PCI_ECAM_GPA), write, size,
			    value);
	else
		dev = dev_at(bus, gpa, size);
	if (dev)
		offset = (uint32_t)(gpa - dev->bar_gpa);
	pthread_mutex_unlock(&bus->lock);
	if (!dev)
		return ecam;

	pthread_mutex_lock(&dev->lock);
	if (dev->nr_msix && offset >= dev->msix_offset &&
	    offset < dev->msix_offset + MSIX_TABLE_BYTES(dev->nr_msix))
		msix_access(dev, offset - dev->msix_offset, write, size, value);
	else
		dev->bar_access(dev, offset, write, size, value);
	pthread_mutex_unlock(&dev->lock);
	return true;
}

void pci_init(struct pci_dev *dev, struct vm *vm, uint16_t vendor,
	      uint16_t device, uint32_t class_revision)
{
	dev->vm = vm;
	pthread_mutex_init(&dev->lock, NULL);
	set(dev, 0x00, vendor, 2);
	set(dev, 0x02, device, 2);
	set(dev, 0x08, class_revision, 4);
	set_writable(dev, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
		     PCI_COMMAND_NO_INTX, 2);
	set_writable(dev, 0x0c, 0xff, 1);	/* cache line: scratch */
	set_writable(dev, 0x3c, 0xff, 1);	/* interrupt line: scratch */
	dev->caps_end = PCI_CAP_FIRST;
}

uint32_t pci_add_cap(struct pci_dev *dev, uint8_t id, const void *body,
		     uint32_t bytes)
{
	uint32_t at = dev->caps_end;

	set(dev, dev->last_cap ? dev->last_cap + 1 : PCI_CAP_PTR, at, 1);
	set(dev, PCI_STATUS, PCI_STATUS_CAPS, 2);
	set(dev, at, id, 1);
	memcpy(dev->config + at + 2, body, bytes);
	dev->last_cap = at;
	dev->caps_end = (at + 2 + bytes + 3) & ~3u;
	return at;
}

void pci_add_msix(struct pci_dev *dev, uint32_t nr, uint32_t offset)
{
	uint8_t body[10] = { (uint8_t)(nr - 1) };
	uint32_t pba = offset + nr * 16, i;

	memcpy(body + 2, &offset, 4);
	memcpy(body + 6, &pba, 4);
	dev->msix_cap = pci_add_cap(dev, 0x11, body, sizeof(body));
	set_writable(dev, dev->msix_cap + 2, 0xc000, 2);
	dev->nr_msix = nr;
	dev->msix_offset = offset;
	for (i = 0; i < nr; i++)
		dev->msix[i].control = 1;
}

int pci_add(struct pci_dev *dev)
{
	struct pci_bus *bus = &dev->vm->pci;
	uint32_t slot = 0;

	while (slot < PCI_SLOTS && bus->dev[slot])
		slot++;
	if (slot == PCI_SLOTS)
		return -ENOSPC;
	bus->dev[slot] = dev;
	dev->slot = slot;
	if (dev->bar_bytes) {
		set(dev, PCI_BAR0, (uint32_t)PCI_WINDOW_GPA + slot * BAR_STRIDE,
		    4);
		set_writable(dev, PCI_BAR0, ~(dev->bar_bytes - 1), 4);
		set(dev, 0x3c, PCI_GSI(slot), 1);
		set(dev, 0x3d, 1, 1);		/* INTA */
	}
	return 0;
}

int pci_bus_init(struct vm *vm)
{
	memset(&vm->pci, 0, sizeof(vm->pci));
	pthread_mutex_init(&vm->pci.lock, NULL);
	memset(&vm->host_bridge, 0, sizeof(vm->host_bridge));
	pci_init(&vm->host_bridge, vm, 0x1b36, 0x0008, 0x06000000);
	return pci_add(&vm->host_bridge);
}

/* The devices themselves belong to others. */
void pci_bus_destroy(struct vm *vm)
{
	memset(vm->pci.dev, 0, sizeof(vm->pci.dev));
}
