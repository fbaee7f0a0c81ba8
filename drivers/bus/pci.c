/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci.c - functions found by walking buses and bridges
 */
#include <errno.h>
#include <socle/facts.h>
#include <socle/mem.h>
#include <socle/pci.h>
#include "pci_regs.h"

static struct list devices = LIST_INIT(devices);
static u32 nr_devices;

u32 pci_read(const struct pci_dev *d, u32 off)
{
	return d->access->read(d->at, off);
}

void pci_write(const struct pci_dev *d, u32 off, u32 val)
{
	d->access->write(d->at, off, val);
}

/* The status half clears bits that are written as one. */
void pci_set_command(const struct pci_dev *d, u32 set, u32 clear)
{
	u32 command = pci_read(d, PCI_COMMAND) & 0xffff;

	pci_write(d, PCI_COMMAND, (command & ~clear) | set);
}

static u32 probe_word(const struct pci_dev *d, u32 off)
{
	u32 old = pci_read(d, off), mask;

	pci_write(d, off, ~0u);
	mask = pci_read(d, off);
	pci_write(d, off, old);
	return mask;
}

/* The lowest bit that can be set is the size. */
static u64 size_of_mask(u64 mask)
{
	return mask & (0 - mask);
}

/* Returns how many words the BAR takes. */
static u32 size_bar(const struct pci_dev *d, u32 i, u32 nr, struct pci_bar *b)
{
	u32 off = PCI_BAR0 + 4 * i, low = pci_read(d, off), mask = probe_word(d, off);
	u64 wide;

	*b = (struct pci_bar){ .is_io = low & PCI_BAR_IO };
	if (!mask || mask == ~0u)
		return 1;
	if (b->is_io) {
		b->start = low & PCI_BAR_IO_MASK;
		b->bytes = size_of_mask(mask & PCI_BAR_IO_MASK & 0xffff);
		return 1;
	}
	b->is_64 = (low & PCI_BAR_TYPE) == PCI_BAR_64;
	b->prefetch = low & PCI_BAR_PREFETCH;
	if (!b->is_64 || i + 1 >= nr) {
		b->is_64 = false;
		b->start = low & PCI_BAR_MASK;
		b->bytes = size_of_mask(mask & PCI_BAR_MASK);
		return 1;
	}
	wide = (u64)probe_word(d, off + 4) << 32 | (mask & PCI_BAR_MASK);
	b->start = (u64)pci_read(d, off + 4) << 32 | (low & PCI_BAR_MASK);
	b->bytes = size_of_mask(wide);
	return 2;
}

/* A BAR that is not aligned to its size, or runs over the end, is none. */
static bool bar_is_sound(const struct pci_bar *b)
{
	return b->bytes && IS_ALIGNED(b->start, b->bytes) && b->start + b->bytes - 1 >= b->start;
}

static void size_bars(struct pci_dev *d)
{
	u32 nr = d->header == PCI_HEADER_DEVICE ? 6 : d->header == PCI_HEADER_BRIDGE ? 2 : 0;
	u32 command = pci_read(d, PCI_COMMAND) & 0xffff;

	pci_set_command(d, 0, PCI_COMMAND_IO | PCI_COMMAND_MEMORY);	/* all ones are no address to answer at */
	for (u32 i = 0; i < nr;) {
		struct pci_bar b;
		u32 words = size_bar(d, i, nr, &b);

		if (bar_is_sound(&b))
			d->bar[i] = b;
		i += words;
	}
	pci_write(d, PCI_COMMAND, command);
}

static void add_capability(struct pci_dev *d, u8 id, u8 at, u32 word)
{
	if (id == PCI_CAP_MSI && !d->cap_msi) {
		d->cap_msi = at;
	} else if (id == PCI_CAP_MSIX && !d->cap_msix) {
		d->cap_msix = at;
		d->nr_msix = (u16)((word >> 16 & 0x7ff) + 1);
	} else if (id == PCI_CAP_EXPRESS && !d->cap_express) {
		d->cap_express = at;
	}
}

static void find_capabilities(struct pci_dev *d)
{
	u8 at;

	if (!(pci_read(d, PCI_COMMAND) >> 16 & PCI_STATUS_CAPS))
		return;
	at = (u8)(pci_read(d, PCI_CAP_LIST) & 0xfc);
	/* The list may be a ring: it has no more members than fit. */
	for (u32 n = 0; n < PCI_MAX_CAPS && at >= PCI_FIRST_CAP; n++) {
		u32 word = pci_read(d, at);

		if (word == ~0u)
			return;
		add_capability(d, (u8)word, at, word);
		at = (u8)(word >> 8 & 0xfc);
	}
}

static struct pci_dev *add_function(const struct pci_access *access, struct pci_address at, u32 id)
{
	struct pci_dev *d = kmalloc(sizeof(*d));
	u32 class;

	if (!d)
		return NULL;
	d->at = at;
	d->access = access;
	d->vendor = (u16)id;
	d->device = (u16)(id >> 16);
	class = pci_read(d, PCI_CLASS);
	d->class_code = class >> 8;
	d->revision = (u8)class;
	d->header = pci_read(d, PCI_HEADER) >> 16 & 0x7f;
	size_bars(d);
	find_capabilities(d);
	list_add_tail(&devices, &d->link);
	nr_devices++;
	return d;
}

struct walk {
	const struct pci_access *access;
	u16 segment;
	u8 last_bus;
	u64 seen[4], todo[4];		/* buses */
	int found;
};

static void see_bridge(struct walk *w, const struct pci_dev *d)
{
	u32 secondary = pci_read(d, PCI_BUSES) >> 8 & 0xff;

	if (d->header == PCI_HEADER_BRIDGE && secondary && secondary <= w->last_bus)
		w->todo[secondary / 64] |= BIT(secondary & 63);
}

static int scan_slot(struct walk *w, u8 bus, u8 slot)
{
	for (u8 fn = 0; fn < 8; fn++) {
		struct pci_address at = { w->segment, bus, (u8)(slot << 3 | fn) };
		u32 id = w->access->read(at, PCI_ID);
		struct pci_dev *d;

		if ((u16)id == 0xffff || !(u16)id) {
			if (!fn)
				return 0;
			continue;
		}
		d = add_function(w->access, at, id);
		if (!d)
			return -ENOMEM;
		w->found++;
		see_bridge(w, d);
		if (!fn && !(pci_read(d, PCI_HEADER) >> 16 & PCI_HEADER_MULTI))
			return 0;
	}
	return 0;
}

static int next_bus(struct walk *w)
{
	for (u32 i = 0; i < 4; i++) {
		u64 left = w->todo[i] & ~w->seen[i];

		if (left) {
			u32 bus = i * 64 + (u32)__builtin_ctzl(left);

			w->seen[i] |= BIT(bus & 63);
			return (int)bus;
		}
	}
	return -1;
}

int pci_scan(const struct pci_access *access, u16 segment, u8 bus, u8 last_bus)
{
	struct walk w = { .access = access, .segment = segment, .last_bus = last_bus };
	int b, err;

	w.todo[bus / 64] = BIT(bus & 63);
	while ((b = next_bus(&w)) >= 0) {
		for (u8 slot = 0; slot < 32; slot++) {
			err = scan_slot(&w, (u8)b, slot);
			if (err)
				return err;
		}
	}
	return w.found;
}

struct pci_dev *pci_find(u16 vendor, u16 device, u32 nth)
{
	struct pci_dev *d;

	list_for_each(d, &devices, link)
		if (d->vendor == vendor && d->device == device && !nth--)
			return d;
	return NULL;
}

u32 pci_count(void)
{
	return nr_devices;
}

void pci_forget_all(void)
{
	while (!list_empty(&devices)) {
		struct pci_dev *d = list_first(&devices, struct pci_dev, link);

		list_del(&d->link);
		kfree(d);
	}
	nr_devices = 0;
}

void pci_tell(struct fact_text *t)
{
	struct pci_dev *d;

	list_for_each(d, &devices, link) {
		fact_printf(t, "%04x:%02x:%02x.%u %04x:%04x class %06x", d->at.segment, d->at.bus, d->at.devfn >> 3,
			    d->at.devfn & 7, d->vendor, d->device, d->class_code);
		if (d->cap_msi)
			fact_printf(t, " msi");
		if (d->cap_msix)
			fact_printf(t, " msix %u", d->nr_msix);
		for (u32 i = 0; i < PCI_BARS; i++)
			if (d->bar[i].bytes)
				fact_printf(t, " bar%u %s %lx+%lx", i, d->bar[i].is_io ? "io" : "mem", d->bar[i].start,
					    d->bar[i].bytes);
		fact_printf(t, "\n");
	}
}
