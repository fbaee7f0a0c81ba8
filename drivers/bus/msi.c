/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msi.c - a function's message-signalled interrupts
 *
 * Source: PCI Local Bus 3.0, 6.8.1 (MSI), 6.8.2 (MSI-X).
 */
#include <errno.h>
#include <socle/pci.h>
#include "pci_regs.h"

#define ENTRY_WORDS 4u

int pci_msi_enable(const struct pci_dev *d, u64 address, u32 data)
{
	u32 cap = d->cap_msi, control, at = cap + 8;

	if (!cap)
		return -ENOENT;
	control = pci_read(d, cap) & ~(MSI_ENABLE | MSI_MULTIPLE);
	if (!(control & MSI_64) && address >> 32)
		return -EINVAL;
	pci_write(d, cap, control);
	pci_write(d, cap + 4, (u32)address);
	if (control & MSI_64) {
		pci_write(d, at, (u32)(address >> 32));
		at += 4;
	}
	pci_write(d, at, data);
	if (control & MSI_MASKS)
		pci_write(d, at + 4, 0);
	pci_write(d, cap, control | MSI_ENABLE);
	return 0;
}

void pci_msi_disable(const struct pci_dev *d)
{
	if (d->cap_msi)
		pci_write(d, d->cap_msi, pci_read(d, d->cap_msi) & ~MSI_ENABLE);
}

int pci_msix_table(const struct pci_dev *d, u64 *pa)
{
	const struct pci_bar *b;
	u32 word, off;

	if (!d->cap_msix)
		return -ENOENT;
	word = pci_read(d, d->cap_msix + 4u);
	off = word & ~7u;
	if ((word & 7) >= PCI_BARS)
		return -EINVAL;
	b = &d->bar[word & 7];
	if (b->is_io || off >= b->bytes || (u64)d->nr_msix * ENTRY_WORDS * 4 > b->bytes - off)
		return -EINVAL;
	*pa = b->start + off;
	return 0;
}

/* Masked while it changes; address and data are three writes. */
int pci_msix_set(const struct pci_dev *d, volatile u32 *table, u32 index, u64 address, u32 data)
{
	volatile u32 *e = table + index * ENTRY_WORDS;

	if (!d->cap_msix)
		return -ENOENT;
	if (index >= d->nr_msix)
		return -EINVAL;
	e[3] |= 1;
	e[0] = (u32)address;
	e[1] = (u32)(address >> 32);
	e[2] = data;
	e[3] &= ~1u;
	return 0;
}

void pci_msix_enable(const struct pci_dev *d, bool on)
{
	u32 control;

	if (!d->cap_msix)
		return;
	control = pci_read(d, d->cap_msix) & ~(MSIX_ENABLE | MSIX_MASK_ALL);
	pci_write(d, d->cap_msix, on ? control | MSIX_ENABLE : control);
}
