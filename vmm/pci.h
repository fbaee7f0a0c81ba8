/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PCI root bus of single-function devices with one memory BAR and MSI-X
 *
 * Lock order: the bus's lock, then a device's. The bus's covers config space
 * and where BARs are; a device's its registers and its MSI-X state. A
 * device's own thread takes the device's lock only.
 */
#ifndef VMM_PCI_H
#define VMM_PCI_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct vm;

#define PCI_SLOTS		32u
#define PCI_CONFIG_BYTES	256u

/* Where the host bridge's DSDT says that BARs may be, and the ECAM of bus 0. */
#define PCI_WINDOW_GPA		0xc0000000ull
#define PCI_WINDOW_BYTES	0x20000000ull
#define PCI_ECAM_GPA		0xe0000000ull
#define PCI_ECAM_BYTES		0x100000ull

/* INTA of a device, on the IOAPIC; the PIC has no way to it. */
#define PCI_GSI_BASE		16u
#define PCI_GSI(slot)		(PCI_GSI_BASE + (slot) % 8)

#define PCI_COMMAND		0x04u
#define PCI_COMMAND_MEMORY	0x0002u
#define PCI_COMMAND_MASTER	0x0004u
#define PCI_COMMAND_NO_INTX	0x0400u
#define PCI_STATUS		0x06u
#define PCI_STATUS_INTX		0x0008u
#define PCI_STATUS_CAPS		0x0010u
#define PCI_BAR0		0x10u
#define PCI_CAP_PTR		0x34u
#define PCI_CAP_FIRST		0x40u

#define MSIX_MAX		16u
#define MSIX_NO_VECTOR		0xffffu

struct msix_entry {
	uint32_t addr_lo, addr_hi, data, control;
};

struct pci_dev {
	struct vm *vm;
	uint32_t slot;
	pthread_mutex_t lock;
	uint8_t config[PCI_CONFIG_BYTES];
	uint8_t writable[PCI_CONFIG_BYTES];	/* mask of bits */
	uint32_t caps_end;			/* first free byte */
	uint32_t last_cap;
	uint32_t bar_bytes;			/* power of two, or 0: none */
	/* With the device's lock held; @value holds @size bytes. */
	void (*bar_access)(struct pci_dev *dev, uint32_t offset, bool write,
			   uint32_t size, uint64_t *value);
	/* BAR 0 decodes at @gpa from now on, 0: nowhere; with the bus's lock. */
	void (*bar_moved)(struct pci_dev *dev, uint64_t gpa);
	uint64_t bar_gpa;			/* as last told */

	uint32_t msix_cap, nr_msix, msix_offset;	/* table, in BAR 0 */
	struct msix_entry msix[MSIX_MAX];
	uint32_t msix_pending;			/* bit per vector */
	bool intx_level;	/* what the device asks for */
	bool intx_driven;	/* what goes to the IOAPIC */
};

struct pci_bus {
	pthread_mutex_t lock;
	struct pci_dev *dev[PCI_SLOTS];
	uint32_t address;			/* port 0xcf8 */
};

int pci_bus_init(struct vm *vm);
void pci_bus_destroy(struct vm *vm);
/* Ports 0xcf8 to 0xcff. */
void pci_io(struct vm *vm, uint32_t reg, bool write, uint32_t size,
	    uint32_t *value);
/* False if no device is at @gpa. */
bool pci_mmio(struct vm *vm, uint64_t gpa, bool write, uint32_t size,
	      uint64_t *value);

/* Before pci_add(): header, capabilities; ids as in config space. */
void pci_init(struct pci_dev *dev, struct vm *vm, uint16_t vendor,
	      uint16_t device, uint32_t class_revision);
/* Offset of the new capability; @body has what follows id and link. */
uint32_t pci_add_cap(struct pci_dev *dev, uint8_t id, const void *body,
		     uint32_t bytes);
/* Table of @nr at @offset of BAR 0, pending bits behind it. */
void pci_add_msix(struct pci_dev *dev, uint32_t nr, uint32_t offset);
/* Gives it a slot and a place in the window. -ENOSPC: the bus is full. */
int pci_add(struct pci_dev *dev);

/* msix.c; all with the device's lock held. */
#define MSIX_TABLE_BYTES(nr)	((nr) * 16u + 8u)
void msix_access(struct pci_dev *dev, uint32_t offset, bool write,
		 uint32_t size, uint64_t *value);
bool msix_enabled(const struct pci_dev *dev);
void msix_notify(struct pci_dev *dev, uint32_t vector);
/* After a change of the control word: what was held back goes out. */
void msix_update(struct pci_dev *dev);
void intx_set(struct pci_dev *dev, bool level);

#endif
