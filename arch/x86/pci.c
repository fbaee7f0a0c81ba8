/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci.c - ways to config space: ECAM of the MCFG table, or ports 0xcf8 and 0xcfc; host vectors for MSIs
 *
 * Sources: PCI Firmware 3.2, 4.1.2 (MCFG); PCI Local Bus 3.0, 3.2.2.3.2
 * (ports); Intel SDM vol. 3, 11.11 (message address and data).
 */
#include <errno.h>
#include <socle/acpi.h>
#include <socle/arch.h>
#include <socle/cpu.h>
#include <socle/facts.h>
#include <socle/lock.h>
#include <socle/log.h>
#include <socle/mem.h>
#include <socle/pci.h>
#include <asm/io.h>
#include "irq.h"
#include "priv.h"

#define MAX_SEGMENTS	8u
#define BUS_BYTES	(1ul << 20)
#define PORT_ADDRESS	0xcf8
#define PORT_DATA	0xcfc
#define MSI_ADDRESS	0xfee00000u
#define FIRST_MSI	0x40u
#define LAST_MSI	0xdfu

struct mcfg_entry { u64 base; u16 segment; u8 first, last; u32 reserved; } __packed;
struct mcfg { struct acpi_header header; u64 reserved; struct mcfg_entry entry[]; } __packed;

static struct mcfg_entry segments[MAX_SEGMENTS];
static u32 nr_segments;
static spinlock_t port_lock = SPINLOCK_INIT, vector_lock = SPINLOCK_INIT;

static volatile void *ecam_word(struct pci_address a, u32 off)
{
	for (u32 i = 0; i < nr_segments; i++) {
		const struct mcfg_entry *e = &segments[i];

		if (e->segment == a.segment && a.bus >= e->first && a.bus <= e->last)
			return hpa_to_ptr(HPA(e->base + a.bus * BUS_BYTES + ((u64)a.devfn << 12) + (off & 0xffc)));
	}
	return NULL;
}

static u32 ecam_read(struct pci_address a, u32 off)
{
	volatile void *p = ecam_word(a, off);

	return p ? mmio_read32(p) : ~0u;
}

static void ecam_write(struct pci_address a, u32 off, u32 val)
{
	volatile void *p = ecam_word(a, off);

	if (p)
		mmio_write32(p, val);
}

static const struct pci_access ecam = { ecam_read, ecam_write };

static u32 port_address(struct pci_address a, u32 off)
{
	return 1u << 31 | (u32)a.bus << 16 | (u32)a.devfn << 8 | (off & 0xfc);
}

static u32 port_read(struct pci_address a, u32 off)
{
	unsigned long irq;
	u32 val;

	if (a.segment || off > 0xff)
		return ~0u;
	irq = spin_lock_irqsave(&port_lock);
	outl(PORT_ADDRESS, port_address(a, off));
	val = inl(PORT_DATA);
	spin_unlock_irqrestore(&port_lock, irq);
	return val;
}

static void port_write(struct pci_address a, u32 off, u32 val)
{
	unsigned long irq;

	if (a.segment || off > 0xff)
		return;
	irq = spin_lock_irqsave(&port_lock);
	outl(PORT_ADDRESS, port_address(a, off));
	outl(PORT_DATA, val);
	spin_unlock_irqrestore(&port_lock, irq);
}

static const struct pci_access ports = { port_read, port_write };

/* The direct map has it, in leaves of 2 MiB at least, or gets it. */
static bool map_device(u64 pa, u64 bytes)
{
	hpa_t found;

	for (u64 at = ALIGN_DOWN(pa, SZ_2M); at < pa + bytes; at += SZ_2M) {
		u64 va = (u64)hpa_to_ptr(HPA(at));

		if (arch_lookup(va, &found) && arch_map(va, HPA(at), SZ_2M, ARCH_MAP_W))
			return false;
	}
	return true;
}

static bool segment_is_usable(const struct mcfg_entry *e)
{
	u64 start = e->base + e->first * BUS_BYTES;

	return e->base && IS_ALIGNED(e->base, BUS_BYTES) && e->last >= e->first && start >= e->base &&
	       map_device(start, (e->last - e->first + 1u) * BUS_BYTES);
}

static void read_mcfg(void)
{
	const struct mcfg *m = (const struct mcfg *)acpi_find("MCFG");
	u32 nr = m && m->header.length > sizeof(*m) ?
		 (m->header.length - (u32)sizeof(*m)) / (u32)sizeof(struct mcfg_entry) : 0;

	for (u32 i = 0; i < nr && nr_segments < MAX_SEGMENTS; i++)
		if (segment_is_usable(&m->entry[i]))
			segments[nr_segments++] = m->entry[i];
}

static int tell(struct fact_text *t, const char *args)
{
	(void)args;
	pci_tell(t);
	return 0;
}

static struct fact fact = { .name = "pci", .tell = tell };

void pci_init(void)
{
	int err = 0;

	read_mcfg();
	for (u32 i = 0; i < nr_segments && err >= 0; i++)
		err = pci_scan(&ecam, segments[i].segment, segments[i].first, segments[i].last);
	if (!nr_segments)
		err = pci_scan(&ports, 0, 0, 255);
	if (err < 0)
		log_error("pci: out of memory after %u functions\n", pci_count());
	log_info("pci: %u functions (%s)\n", pci_count(), nr_segments ? "ECAM" : "ports 0xcf8, 0xcfc");
	fact_register(&fact);
}

int arch_msi_alloc(u32 cpu, void (*fn)(void), struct msi_target *out)
{
	unsigned long irq;
	u32 id, v;

	if (cpu >= cpu_nr_online())
		return -EINVAL;
	id = cpu_apic_id(cpu);
	if (id > 255)
		return -ENOSPC;		/* the message has 8 bits; more takes interrupt remapping */
	irq = spin_lock_irqsave(&vector_lock);
	for (v = FIRST_MSI; v <= LAST_MSI && irq_has_handler(v); v++)
		;
	if (v <= LAST_MSI)
		irq_set_handler(v, fn);
	spin_unlock_irqrestore(&vector_lock, irq);
	if (v > LAST_MSI)
		return -ENOSPC;
	*out = (struct msi_target){ MSI_ADDRESS | id << 12, v, v };
	return 0;
}

void arch_msi_free(const struct msi_target *t)
{
	irq_set_handler(t->vector, NULL);
}
