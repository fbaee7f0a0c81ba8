// SPDX-License-Identifier: Apache-2.0
/*
 * pic.c - the two 8259A of a PC, cascaded on input 2, with ELCR
 *
 * Priorities rotate: priority_add is the input with the highest one. The output
 * of the pair goes to the CPUs whose LINT0 takes ExtINT. Source: Intel 8259A
 * data sheet; ELCR: 82371 (PIIX) data sheet.
 */
#include "chips.h"

#define CASCADE		2u
#define SPURIOUS	7u
#define ICW1		0x10u
#define ICW1_ICW4	0x01u
#define OCW3		0x08u

enum init_state { READY, WANT_ICW2, WANT_ICW3, WANT_ICW4 };

struct pic_pair {
	struct kvm_iodev master_dev, slave_dev, elcr_dev;
	struct kvm *kvm;
	spinlock_t lock;
	struct kvm_pic_state chip[2];
	u32 lines[16];			/* sources that drive the input */
	bool output;
	bool changed;			/* the output rose: tell the CPUs when the lock is free */
	u16 acked;			/* inputs whose interrupt has ended: to be told likewise */
	u16 unmasked;
};

/* Distance of the first set input from the one with the highest priority; 8: none. */
static u32 first_of(const struct kvm_pic_state *c, u8 mask)
{
	u32 n = 0;

	while (n < 8 && !(mask >> ((n + c->priority_add) & 7) & 1))
		n++;
	return n;
}

/* Input that may interrupt now, or -1. */
static int request_of(const struct pic_pair *p, u32 nr)
{
	const struct kvm_pic_state *c = &p->chip[nr];
	u32 want = first_of(c, c->irr & (u8)~c->imr);
	u8 busy = c->isr;

	if (want == 8)
		return -1;
	if (c->special_mask)
		busy &= (u8)~c->imr;
	if (c->special_fully_nested_mode && nr == 0)
		busy &= (u8)~(1u << CASCADE);	/* the slave may interrupt itself */
	return want < first_of(c, busy) ? (int)((want + c->priority_add) & 7) : -1;
}

static int chip_line(struct kvm_pic_state *c, u32 in, bool high)
{
	u8 bit = (u8)(1u << in);
	bool level = c->elcr & bit, was = c->irr & bit;

	if (high && (level || !(c->last_irr & bit)))
		c->irr |= bit;
	else if (!high && level)
		c->irr &= (u8)~bit;
	c->last_irr = high ? c->last_irr | bit : c->last_irr & (u8)~bit;
	if (c->imr & bit)
		return -1;
	return !high || !was;
}

/* The slave's output is a pulse on the master's input, as its request stays until it is taken. */
static void update(struct pic_pair *p)
{
	bool out;

	if (request_of(p, 1) >= 0) {
		chip_line(&p->chip[0], CASCADE, true);
		chip_line(&p->chip[0], CASCADE, false);
	}
	out = request_of(p, 0) >= 0;
	if (out != p->output) {
		WRITE_ONCE(p->output, out);
		p->changed |= out;
	}
}

static void wake_cpu(struct kvm *kvm)
{
	u32 nr = __atomic_load_n(&kvm->nr_vcpus, __ATOMIC_ACQUIRE);

	for (u32 i = 0; i < nr; i++) {
		struct lapic *l = READ_ONCE(kvm->vcpus[i]->arch.lapic);

		if (!l || !lapic_wants_extint(l))
			continue;
		lapic_kick(l);
		return;
	}
}

static void tell(struct kvm *kvm, u16 pins, void (*fn)(struct kvm *kvm, u32 chip, u32 pin))
{
	for (u32 pin = 0; pin < 16; pin++)
		if (pins >> pin & 1)
			fn(kvm, pin / 8 ? KVM_IRQCHIP_PIC_SLAVE : KVM_IRQCHIP_PIC_MASTER, pin & 7);
}

/* Others hear of changes only when the lock is free: they may come back with a new level. */
static void unlock(struct pic_pair *p, unsigned long irq)
{
	bool changed = p->changed;
	u16 acked = p->acked, unmasked = p->unmasked;

	p->changed = false;
	p->acked = p->unmasked = 0;
	spin_unlock_irqrestore(&p->lock, irq);
	if (changed)
		wake_cpu(p->kvm);
	if (acked)
		tell(p->kvm, acked, irqchip_acked);
	if (unmasked)
		tell(p->kvm, unmasked, irqchip_unmasked);
}

int pic_set_irq(struct kvm *kvm, u32 pin, u32 source, int level)
{
	struct pic_pair *p = kvm->arch.pic;
	unsigned long irq = spin_lock_irqsave(&p->lock);
	int ret;

	if (level)
		p->lines[pin] |= 1u << source;
	else
		p->lines[pin] &= ~(1u << source);
	ret = chip_line(&p->chip[pin / 8], pin & 7, p->lines[pin] != 0);
	update(p);
	unlock(p, irq);
	return ret;
}

bool pic_output(struct kvm *kvm)
{
	return kvm->arch.pic && READ_ONCE(kvm->arch.pic->output);
}

static void end_input(struct pic_pair *p, u32 nr, u32 in)
{
	p->chip[nr].isr &= (u8)~(1u << in);
	p->acked |= (u16)(1u << (nr * 8 + in));
}

static void acknowledge(struct pic_pair *p, u32 nr, u32 in)
{
	struct kvm_pic_state *c = &p->chip[nr];
	u8 bit = (u8)(1u << in);

	c->isr |= bit;
	if (!(c->elcr & bit))
		c->irr &= (u8)~bit;
	if (!c->auto_eoi)
		return;
	if (c->rotate_on_auto_eoi)
		c->priority_add = (in + 1) & 7;
	end_input(p, nr, in);
}

/* Vector for an input of a chip; without a request the spurious one, which leaves no trace in ISR. */
static int take(struct pic_pair *p, u32 nr)
{
	int in = request_of(p, nr);

	if (in < 0)
		return p->chip[nr].irq_base + (int)SPURIOUS;
	acknowledge(p, nr, (u32)in);
	return nr == 0 && (u32)in == CASCADE ? take(p, 1) : p->chip[nr].irq_base + in;
}

int pic_intack(struct kvm *kvm)
{
	struct pic_pair *p = kvm->arch.pic;
	unsigned long irq = spin_lock_irqsave(&p->lock);
	int vector = take(p, 0);

	update(p);
	unlock(p, irq);
	return vector;
}

/* --- what the guest writes --- */
static void init_chip(struct pic_pair *p, u32 nr, u8 icw1)
{
	struct kvm_pic_state *c = &p->chip[nr];

	for (u32 in = 0; in < 8; in++)
		if (c->irr & (u8)~c->elcr & 1u << in)
			end_input(p, nr, in);
	c->last_irr = c->imr = c->isr = 0;
	c->irr &= c->elcr;
	c->priority_add = c->special_mask = c->read_reg_select = c->poll = 0;
	c->auto_eoi = c->rotate_on_auto_eoi = c->special_fully_nested_mode = 0;
	c->init4 = icw1 & ICW1_ICW4;
	c->init_state = WANT_ICW2;
}

static void write_ocw3(struct kvm_pic_state *c, u8 val)
{
	if (val & 4)
		c->poll = 1;
	if (val & 2)
		c->read_reg_select = val & 1;
	if (val & 0x40)
		c->special_mask = val >> 5 & 1;
}

/* Bits 7:5: rotate, specific, EOI. */
static void write_ocw2(struct pic_pair *p, u32 nr, u8 val)
{
	struct kvm_pic_state *c = &p->chip[nr];
	bool rotate = val & 0x80, specific = val & 0x40, eoi = val & 0x20;
	u32 in = val & 7, busy = first_of(c, c->isr);

	if (!specific && !eoi) {
		c->rotate_on_auto_eoi = rotate;
		return;
	}
	if (!specific) {
		if (busy == 8)
			return;
		in = (busy + c->priority_add) & 7;
	}
	if (rotate)
		c->priority_add = (in + 1) & 7;
	if (eoi)
		end_input(p, nr, in);
}

static void write_data(struct pic_pair *p, u32 nr, u8 val)
{
	struct kvm_pic_state *c = &p->chip[nr];

	switch (c->init_state) {
	case READY:
		p->unmasked |= (u16)((c->imr & (u8)~val) << (nr * 8));
		c->imr = val;
		break;
	case WANT_ICW2:
		c->irq_base = val & 0xf8;
		c->init_state = WANT_ICW3;
		break;
	case WANT_ICW3:			/* the wiring is fixed */
		c->init_state = c->init4 ? WANT_ICW4 : READY;
		break;
	default:
		c->special_fully_nested_mode = val >> 4 & 1;
		c->auto_eoi = val >> 1 & 1;
		c->init_state = READY;
	}
}

static void port_write(struct pic_pair *p, u32 nr, u64 port, u8 val)
{
	if (port & 1)
		write_data(p, nr, val);
	else if (val & ICW1)
		init_chip(p, nr, val);
	else if (val & OCW3)
		write_ocw3(&p->chip[nr], val);
	else
		write_ocw2(p, nr, val);
	update(p);
}

/* A read after the poll command is an acknowledgement that gives the input. */
static u8 poll(struct pic_pair *p, u32 nr)
{
	int in = request_of(p, nr);

	p->chip[nr].poll = 0;
	if (in < 0)
		return SPURIOUS;
	acknowledge(p, nr, (u32)in);
	update(p);
	return (u8)(0x80 | in);
}

static u8 port_read(struct pic_pair *p, u32 nr, u64 port)
{
	struct kvm_pic_state *c = &p->chip[nr];

	if (c->poll)
		return poll(p, nr);
	if (port & 1)
		return c->imr;
	return c->read_reg_select ? c->isr : c->irr;
}

/* --- the bus: bytes only; wider accesses do nothing --- */
static int access(struct pic_pair *p, u32 nr, u64 port, u32 len, void *in, const void *out)
{
	unsigned long irq;

	if (in)
		memset(in, 0, len);
	if (len != 1)
		return 0;
	irq = spin_lock_irqsave(&p->lock);
	if (in)
		*(u8 *)in = port_read(p, nr, port);
	else
		port_write(p, nr, port, *(const u8 *)out);
	unlock(p, irq);
	return 0;
}

static int master_read(struct kvm_vcpu *v, struct kvm_iodev *d, u64 addr, u32 len, void *val)
{
	(void)v;
	return access(container_of(d, struct pic_pair, master_dev), 0, addr, len, val, NULL);
}

static int master_write(struct kvm_vcpu *v, struct kvm_iodev *d, u64 addr, u32 len, const void *val)
{
	(void)v;
	return access(container_of(d, struct pic_pair, master_dev), 0, addr, len, NULL, val);
}

static int slave_read(struct kvm_vcpu *v, struct kvm_iodev *d, u64 addr, u32 len, void *val)
{
	(void)v;
	return access(container_of(d, struct pic_pair, slave_dev), 1, addr, len, val, NULL);
}

static int slave_write(struct kvm_vcpu *v, struct kvm_iodev *d, u64 addr, u32 len, const void *val)
{
	(void)v;
	return access(container_of(d, struct pic_pair, slave_dev), 1, addr, len, NULL, val);
}

static int elcr_read(struct kvm_vcpu *v, struct kvm_iodev *d, u64 addr, u32 len, void *val)
{
	struct pic_pair *p = container_of(d, struct pic_pair, elcr_dev);

	(void)v;
	if (len == 1)
		*(u8 *)val = READ_ONCE(p->chip[addr & 1].elcr);
	else
		memset(val, 0, len);
	return 0;
}

static int elcr_write(struct kvm_vcpu *v, struct kvm_iodev *d, u64 addr, u32 len, const void *val)
{
	struct pic_pair *p = container_of(d, struct pic_pair, elcr_dev);
	struct kvm_pic_state *c = &p->chip[addr & 1];
	unsigned long irq;

	(void)v;
	if (len != 1)
		return 0;
	irq = spin_lock_irqsave(&p->lock);
	c->elcr = *(const u8 *)val & c->elcr_mask;
	unlock(p, irq);
	return 0;
}

static const struct kvm_iodev_ops master_ops = { .read = master_read, .write = master_write };
static const struct kvm_iodev_ops slave_ops = { .read = slave_read, .write = slave_write };
static const struct kvm_iodev_ops elcr_ops = { .read = elcr_read, .write = elcr_write };

static int register_all(struct kvm *kvm, struct pic_pair *p)
{
	int err = kvm_io_register(kvm, KVM_BUS_PIO, 0x20, 2, &p->master_dev);

	if (err)
		return err;
	err = kvm_io_register(kvm, KVM_BUS_PIO, 0xa0, 2, &p->slave_dev);
	if (err)
		goto remove_master;
	err = kvm_io_register(kvm, KVM_BUS_PIO, 0x4d0, 2, &p->elcr_dev);
	if (!err)
		return 0;
	(void)kvm_io_unregister(kvm, KVM_BUS_PIO, &p->slave_dev);
remove_master:
	(void)kvm_io_unregister(kvm, KVM_BUS_PIO, &p->master_dev);
	return err;
}

int pic_create(struct kvm *kvm)
{
	struct pic_pair *p = kmalloc(sizeof(*p));
	int err;

	if (!p)
		return -ENOMEM;
	p->kvm = kvm;
	p->master_dev.ops = &master_ops;
	p->slave_dev.ops = &slave_ops;
	p->elcr_dev.ops = &elcr_ops;
	p->chip[0].elcr_mask = 0xf8;
	p->chip[1].elcr_mask = 0xde;
	err = register_all(kvm, p);
	if (err) {
		kfree(p);
		return err;
	}
	kvm->arch.pic = p;
	return 0;
}

void pic_remove(struct kvm *kvm)
{
	(void)kvm_io_unregister(kvm, KVM_BUS_PIO, &kvm->arch.pic->elcr_dev);
	(void)kvm_io_unregister(kvm, KVM_BUS_PIO, &kvm->arch.pic->slave_dev);
	(void)kvm_io_unregister(kvm, KVM_BUS_PIO, &kvm->arch.pic->master_dev);
	pic_destroy(kvm);
}

void pic_destroy(struct kvm *kvm)
{
	kfree(kvm->arch.pic);
	kvm->arch.pic = NULL;
}

void pic_get_state(struct kvm *kvm, u32 chip, struct kvm_pic_state *s)
{
	struct pic_pair *p = kvm->arch.pic;
	unsigned long irq = spin_lock_irqsave(&p->lock);

	*s = p->chip[chip & 1];
	unlock(p, irq);
}

/* priority_add indexes nothing unmasked, so any value is safe; elcr_mask is the board's, not the VMM's. */
void pic_set_state(struct kvm *kvm, u32 chip, const struct kvm_pic_state *s)
{
	struct pic_pair *p = kvm->arch.pic;
	struct kvm_pic_state *c = &p->chip[chip & 1];
	unsigned long irq = spin_lock_irqsave(&p->lock);
	u8 mask = c->elcr_mask;

	*c = *s;
	c->elcr_mask = mask;
	update(p);
	unlock(p, irq);
}
