// SPDX-License-Identifier: Apache-2.0
/*
 * ioapic.c - the I/O APIC: 24 pins, redirection table, remote IRR
 *
 * lines[pin] holds a bit for each source that drives the pin; the pin is their
 * OR. irr holds edges not yet sent and levels that are high. Source: 82093AA
 * data sheet. As on a PC the polarity bit changes nothing: callers say whether
 * the interrupt is asserted.
 */
#include "chips.h"

#define IOREGSEL	0x00u
#define IOWIN		0x10u
#define REG_ID		0u
#define REG_VERSION	1u
#define REG_ARB		2u
#define REG_REDIR	0x10u
#define VERSION		(0x11u | (KVM_IOAPIC_NUM_PINS - 1) << 16)
#define MMIO_BYTES	0x100u
/* A level interrupt that is ended and asserted so often in a row is a storm: it waits a little. */
#define STORM_COUNT	10000u
#define STORM_PAUSE_NS	10000000ull

typedef __typeof__(((struct kvm_ioapic_state *)0)->redirtbl[0]) redir_t;

struct ioapic {
	struct kvm_iodev dev;
	struct kvm *kvm;
	spinlock_t lock;
	struct kvm_ioapic_state s;
	u32 sent;			/* edges in irr that a CPU has been told of */
	u32 lines[KVM_IOAPIC_NUM_PINS];
	u32 eois[KVM_IOAPIC_NUM_PINS];
	u64 vectors[4];			/* that some entry has: an EOI of another one is not ours */
	struct timer storm_timer;
	u32 storm;			/* pins that wait for it */
};

static struct ioapic *ioapic_of(struct kvm_iodev *d)
{
	return container_of(d, struct ioapic, dev);
}

static void find_vectors(struct ioapic *io)
{
	u64 v[4] = { 0 };

	for (u32 i = 0; i < KVM_IOAPIC_NUM_PINS; i++)
		v[io->s.redirtbl[i].fields.vector / 64] |= BIT(io->s.redirtbl[i].fields.vector & 63);
	for (u32 i = 0; i < 4; i++)
		WRITE_ONCE(io->vectors[i], v[i]);
}

bool ioapic_has_vector(struct kvm *kvm, u8 vector)
{
	return READ_ONCE(kvm->arch.ioapic->vectors[vector / 64]) >> (vector & 63) & 1;
}

/* Sends what is pending on the pin. Lock held. */
static int service(struct ioapic *io, u32 pin)
{
	redir_t *e = &io->s.redirtbl[pin];
	const struct apic_irq q = {
		.dest = e->fields.dest_id, .vector = e->fields.vector, .mode = e->fields.delivery_mode,
		.logical = e->fields.dest_mode, .level = e->fields.trig_mode, .assert = true,
	};
	int ret;

	if (e->fields.mask || (q.level && e->fields.remote_irr))
		return -1;
	if (!q.level)
		io->sent |= 1u << pin;
	ret = apic_deliver(io->kvm, NULL, &q);
	if (ret && q.level)
		e->fields.remote_irr = 1;
	return ret;
}

static int raise_pin(struct ioapic *io, u32 pin)
{
	u32 bit = 1u << pin, old = io->s.irr;

	io->s.irr |= bit;
	if (!io->s.redirtbl[pin].fields.trig_mode) {
		io->sent &= ~bit;
		if (old & bit)
			return 0;	/* coalesced */
	}
	return service(io, pin);
}

int ioapic_set_irq(struct kvm *kvm, u32 pin, u32 source, int level)
{
	struct ioapic *io = kvm->arch.ioapic;
	unsigned long irq = spin_lock_irqsave(&io->lock);
	int ret = 1;

	if (level)
		io->lines[pin] |= 1u << source;
	else
		io->lines[pin] &= ~(1u << source);
	if (io->lines[pin])
		ret = raise_pin(io, pin);
	else
		io->s.irr &= ~(1u << pin);
	spin_unlock_irqrestore(&io->lock, irq);
	return ret;
}

static void storm_over(struct timer *t)
{
	struct ioapic *io = container_of(t, struct ioapic, storm_timer);
	unsigned long irq = spin_lock_irqsave(&io->lock);

	for (u32 pin = 0; pin < KVM_IOAPIC_NUM_PINS; pin++)
		if ((io->storm & io->s.irr) >> pin & 1)
			(void)service(io, pin);
	io->storm = 0;
	spin_unlock_irqrestore(&io->lock, irq);
}

/* Lock held. */
static void end_of_level(struct ioapic *io, u32 pin)
{
	redir_t *e = &io->s.redirtbl[pin];

	e->fields.remote_irr = 0;
	if (e->fields.mask || !(io->s.irr >> pin & 1)) {
		io->eois[pin] = 0;
	} else if (++io->eois[pin] < STORM_COUNT) {
		(void)service(io, pin);
	} else {
		io->eois[pin] = 0;
		io->storm |= 1u << pin;
		timer_arm(&io->storm_timer, clock_ns() + STORM_PAUSE_NS);
	}
}

/* Those that are told of the end may set the pin again: no lock is held meanwhile. */
void ioapic_eoi(struct kvm *kvm, u8 vector, bool level)
{
	struct ioapic *io = kvm->arch.ioapic;
	unsigned long irq;

	for (u32 pin = 0; pin < KVM_IOAPIC_NUM_PINS; pin++) {
		if (READ_ONCE(io->s.redirtbl[pin].bits) % 256 != vector)
			continue;
		irqchip_acked(kvm, KVM_IRQCHIP_IOAPIC, pin);
		if (!level)
			continue;
		irq = spin_lock_irqsave(&io->lock);
		if (io->s.redirtbl[pin].fields.trig_mode && io->s.redirtbl[pin].fields.vector == vector)
			end_of_level(io, pin);
		spin_unlock_irqrestore(&io->lock, irq);
	}
}

static u32 reg_read(const struct ioapic *io)
{
	u32 reg = io->s.ioregsel, pin = (reg - REG_REDIR) / 2;

	switch (reg) {
	case REG_VERSION:
		return VERSION;
	case REG_ID:
	case REG_ARB:
		return (io->s.id & 15) << 24;
	}
	if (reg < REG_REDIR)
		return 0;
	if (pin >= KVM_IOAPIC_NUM_PINS)
		return ~0u;
	return (u32)(reg & 1 ? io->s.redirtbl[pin].bits >> 32 : io->s.redirtbl[pin].bits);
}

/* True: the pin was unmasked. Remote IRR and delivery status are read-only; edge mode clears remote IRR. */
static bool redir_write(struct ioapic *io, u32 pin, bool high, u32 val)
{
	redir_t *e = &io->s.redirtbl[pin], new = *e;
	bool unmasked;

	new.bits = high ? (u32)e->bits | (u64)val << 32 : (e->bits & ~0xffffffffull) | val;
	new.fields.delivery_status = e->fields.delivery_status;
	new.fields.remote_irr = new.fields.trig_mode ? e->fields.remote_irr : 0;
	unmasked = e->fields.mask && !new.fields.mask;
	*e = new;
	find_vectors(io);
	if (new.fields.trig_mode && (io->s.irr >> pin & 1))
		(void)service(io, pin);
	return unmasked;
}

/* Pin that was unmasked, or -1. Lock held. */
static int reg_write(struct ioapic *io, u32 val)
{
	u32 reg = io->s.ioregsel, pin = (reg - REG_REDIR) / 2;

	if (reg == REG_ID)
		io->s.id = val >> 24 & 15;
	else if (reg >= REG_REDIR && pin < KVM_IOAPIC_NUM_PINS && redir_write(io, pin, reg & 1, val))
		return (int)pin;
	return -1;
}

static bool in_page(const struct ioapic *io, u64 addr)
{
	return addr >= io->s.base_address && addr - io->s.base_address < MMIO_BYTES;
}

static int mmio_read(struct kvm_vcpu *v, struct kvm_iodev *d, u64 addr, u32 len, void *val)
{
	struct ioapic *io = ioapic_of(d);
	unsigned long irq;
	u64 word = 0;

	(void)v;
	if (!in_page(io, addr))
		return -EOPNOTSUPP;
	irq = spin_lock_irqsave(&io->lock);
	if ((addr & 0xff) == IOREGSEL)
		word = io->s.ioregsel;
	else if ((addr & 0xff) == IOWIN)
		word = reg_read(io);
	spin_unlock_irqrestore(&io->lock, irq);
	memcpy(val, &word, MIN(len, 8u));
	return 0;
}

static int mmio_write(struct kvm_vcpu *v, struct kvm_iodev *d, u64 addr, u32 len, const void *val)
{
	struct ioapic *io = ioapic_of(d);
	unsigned long irq;
	int unmasked = -1;
	u32 word = 0;

	if (!in_page(io, addr))
		return -EOPNOTSUPP;
	memcpy(&word, val, MIN(len, 4u));
	irq = spin_lock_irqsave(&io->lock);
	if ((addr & 0xff) == IOREGSEL)
		io->s.ioregsel = word & 0xff;
	else if ((addr & 0xff) == IOWIN)
		unmasked = reg_write(io, word);
	spin_unlock_irqrestore(&io->lock, irq);
	if (unmasked >= 0)
		irqchip_unmasked(v->kvm, KVM_IRQCHIP_IOAPIC, (u32)unmasked);
	return 0;
}

static void release(struct kvm_iodev *d)
{
	timer_cancel(&ioapic_of(d)->storm_timer);
}

static const struct kvm_iodev_ops ops = { .read = mmio_read, .write = mmio_write, .release = release };

int ioapic_create(struct kvm *kvm)
{
	struct ioapic *io = kmalloc(sizeof(*io));
	int err;

	if (!io)
		return -ENOMEM;
	io->kvm = kvm;
	io->dev.ops = &ops;
	io->s.base_address = 0xfec00000;
	for (u32 i = 0; i < KVM_IOAPIC_NUM_PINS; i++)
		io->s.redirtbl[i].fields.mask = 1;
	find_vectors(io);
	timer_init(&io->storm_timer, storm_over);
	err = kvm_io_register(kvm, KVM_BUS_MMIO, io->s.base_address, MMIO_BYTES, &io->dev);
	if (err) {
		kfree(io);
		return err;
	}
	kvm->arch.ioapic = io;
	return 0;
}

void ioapic_remove(struct kvm *kvm)
{
	(void)kvm_io_unregister(kvm, KVM_BUS_MMIO, &kvm->arch.ioapic->dev);
	ioapic_destroy(kvm);
}

void ioapic_destroy(struct kvm *kvm)
{
	kfree(kvm->arch.ioapic);
	kvm->arch.ioapic = NULL;
}

void ioapic_get_state(struct kvm *kvm, struct kvm_ioapic_state *s)
{
	struct ioapic *io = kvm->arch.ioapic;
	unsigned long irq = spin_lock_irqsave(&io->lock);

	*s = io->s;
	s->irr &= ~io->sent;
	spin_unlock_irqrestore(&io->lock, irq);
}

void ioapic_set_state(struct kvm *kvm, const struct kvm_ioapic_state *s)
{
	struct ioapic *io = kvm->arch.ioapic;
	unsigned long irq = spin_lock_irqsave(&io->lock);

	io->s = *s;
	io->s.irr = io->sent = 0;
	find_vectors(io);
	for (u32 pin = 0; pin < KVM_IOAPIC_NUM_PINS; pin++)
		if (s->irr >> pin & 1)
			(void)raise_pin(io, pin);
	spin_unlock_irqrestore(&io->lock, irq);
}
