/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci_regs.h - config space, in words of 32 bits. PCI Local Bus 3.0, 6.1, 6.2, 6.7, 6.8.
 */
#ifndef PCI_REGS_H
#define PCI_REGS_H

#define PCI_ID			0x00
#define PCI_COMMAND		0x04	/* status in the upper half */
#define PCI_STATUS_CAPS		0x10u
#define PCI_CLASS		0x08
#define PCI_HEADER		0x0c	/* header type in bits 23:16 */
#define PCI_HEADER_DEVICE	0
#define PCI_HEADER_BRIDGE	1
#define PCI_HEADER_MULTI	0x80u
#define PCI_BAR0		0x10
#define PCI_BAR_IO		1u
#define PCI_BAR_IO_MASK		0xfffffffcu
#define PCI_BAR_TYPE		6u
#define PCI_BAR_64		4u
#define PCI_BAR_PREFETCH	8u
#define PCI_BAR_MASK		0xfffffff0u
#define PCI_BUSES		0x18	/* primary, secondary, subordinate */
#define PCI_CAP_LIST		0x34
#define PCI_FIRST_CAP		0x40
#define PCI_MAX_CAPS		48u
#define PCI_CAP_MSI		0x05
#define PCI_CAP_EXPRESS		0x10
#define PCI_CAP_MSIX		0x11

#define MSI_ENABLE		(1u << 16)	/* in the capability's first word */
#define MSI_MULTIPLE		(7u << 20)
#define MSI_64			(1u << 23)
#define MSI_MASKS		(1u << 24)
#define MSIX_MASK_ALL		(1u << 30)
#define MSIX_ENABLE		(1u << 31)

#endif
