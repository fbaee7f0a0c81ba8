/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci.h - PCI functions of the machine, their BARs, capabilities and interrupts
 *
 * What config space says is not trusted: each walk is bounded, and a value that
 * makes no sense counts as absent. Functions are found once, at boot, and stay.
 * Source: PCI Local Bus 3.0, chapter 6; PCI Express Base 5.0, 7.5.
 */
#ifndef SOCLE_PCI_H
#define SOCLE_PCI_H

#include <socle/list.h>
#include <socle/types.h>

#define PCI_BARS 6u

struct pci_address { u16 segment; u8 bus, devfn; };

/* Config space in aligned words of 32 bits; @off below 4096, without ECAM below 256 (else all ones). */
struct pci_access {
	u32 (*read)(struct pci_address a, u32 off);
	void (*write)(struct pci_address a, u32 off, u32 val);
};

struct pci_bar {
	u64 start, bytes;		/* bytes 0: absent */
	bool is_io, is_64, prefetch;
};

struct pci_dev {
	struct list link;
	struct pci_address at;
	u16 vendor, device;
	u32 class_code;			/* base class, sub-class, interface */
	u8 header, revision;
	u8 cap_msi, cap_msix, cap_express;	/* offset in config space; 0: none */
	u16 nr_msix;			/* entries of the MSI-X table */
	struct pci_bar bar[PCI_BARS];
	const struct pci_access *access;
};

/* Adds what is on @bus and behind its bridges, at most up to @last_bus. Number found, or -ENOMEM. */
int pci_scan(const struct pci_access *access, u16 segment, u8 bus, u8 last_bus);
struct pci_dev *pci_find(u16 vendor, u16 device, u32 nth);	/* NULL: there are fewer */
u32 pci_count(void);
void pci_forget_all(void);		/* tests */

u32 pci_read(const struct pci_dev *d, u32 off);
void pci_write(const struct pci_dev *d, u32 off, u32 val);
#define PCI_COMMAND_IO		1u
#define PCI_COMMAND_MEMORY	2u
#define PCI_COMMAND_MASTER	4u
#define PCI_COMMAND_INTX_OFF	0x400u
void pci_set_command(const struct pci_dev *d, u32 set, u32 clear);

/* The device's one MSI goes to @address with @data. 0, or -ENOENT: it has none. */
int pci_msi_enable(const struct pci_dev *d, u64 address, u32 data) __must_check;
void pci_msi_disable(const struct pci_dev *d);
/* Entry @index of the MSI-X table at @table (mapped, see pci_msix_table()). 0, -ENOENT, -EINVAL */
int pci_msix_set(const struct pci_dev *d, volatile u32 *table, u32 index, u64 address, u32 data) __must_check;
void pci_msix_enable(const struct pci_dev *d, bool on);
/* Physical address of the table, all of it inside its BAR. 0, -ENOENT, -EINVAL */
int pci_msix_table(const struct pci_dev *d, u64 *pa) __must_check;

/* arch: finds the machine's segments and scans them; the fact "pci" */
void pci_init(void);
struct fact_text;
void pci_tell(struct fact_text *t);

#endif
