// SPDX-License-Identifier: Apache-2.0
/*
 * pit.c - the 8254 of a PC and the bits of port 0x61 that belong to it
 *
 * Nothing counts: a counter's value follows from when it was loaded. Channel 0
 * drives GSI 0 through a host timer. With reinjection on, a tick waits until
 * the guest has ended the one before; ticks that pass meanwhile are kept and
 * follow. Source: Intel 8254 data sheet; port 0x61: PC/AT technical reference.
 */
#include "chips.h"

#define PIT_HZ		1193182ull
#define NS_PER_S	1000000000ull
#define MIN_PERIOD_NS	200000ull

enum rw_mode { RW_LATCH, RW_LOW, RW_HIGH, RW_BOTH, RW_SECOND };

struct pit {
	struct kvm_iodev port_dev, speaker_dev;
	struct kvm *kvm;
	spinlock_t lock;		/* channels and flags; the timer's callback takes it not */
	struct kvm_pit_channel_state ch[3];
	u32 flags;
	bool speaker_data;
	bool speaker_present;

	struct timer timer;
	u64 period_ns;			/* 0: one tick */
	u64 target_ns;
	u32 reinject;
	s32 lost;			/* ticks not given yet; atomic */
	u32 acked;			/* the guest ended the last tick; atomic */
};

static u64 scale(u64 v, u64 mul, u64 div)
{
	return v / div * mul + v % div * mul / div;
}

static u64 now_ns(void)
{
	return clock_ns();
}

static u32 from_bcd(u32 v)
{
	return (v & 15) + (v >> 4 & 15) * 10 + (v >> 8 & 15) * 100 + (v >> 12 & 15) * 1000;
}

static u32 to_bcd(u32 v)
{
	return v % 10 | v / 10 % 10 << 4 | v / 100 % 10 << 8 | v / 1000 % 10 << 12;
}

static u32 modulus(const struct kvm_pit_channel_state *c)
{
	return c->bcd ? 10000 : 0x10000;
}

static u64 ticks_since_load(const struct kvm_pit_channel_state *c)
{
	u64 now = now_ns(), start = (u64)c->count_load_time;

	return now > start ? scale(now - start, PIT_HZ, NS_PER_S) : 0;
}

static u32 initial(const struct kvm_pit_channel_state *c)
{
	return c->count ? c->count : modulus(c);
}

/* The counter as the guest reads it. */
static u32 counter(const struct kvm_pit_channel_state *c)
{
	u64 t = ticks_since_load(c);
	u32 n = initial(c), v, m = modulus(c);

	switch (c->mode) {
	case 2:
		v = n - (u32)(t % n);
		break;
	case 3:
		v = n - (u32)(2 * t % n);
		break;
	default:
		v = (u32)((n + m - t % m) % m);
	}
	v %= m;
	return c->bcd ? to_bcd(v) : v;
}

static bool output(const struct kvm_pit_channel_state *c)
{
	u64 t = ticks_since_load(c);
	u32 n = initial(c);

	switch (c->mode) {
	case 0:
		return t >= n;
	case 1:
		return t >= n;		/* low during the pulse */
	case 2:
		return t % n != n - 1;	/* low for the last tick */
	case 3:
		return t % n < (n + 1) / 2;
	default:
		return t != n;		/* low for one tick */
	}
}

/* --- channel 0's interrupt --- */
static void nmi_watchdog(struct kvm *kvm)
{
	u32 nr = __atomic_load_n(&kvm->nr_vcpus, __ATOMIC_ACQUIRE);

	for (u32 i = 0; i < nr; i++) {
		struct lapic *l = READ_ONCE(kvm->vcpus[i]->arch.lapic);

		if (l && (lapic_get(l, APIC_LVT0) >> 8 & 7) == DM_NMI)
			(void)lapic_lvt_deliver(l, APIC_LVT0);
	}
}

static void give_tick(struct pit *p)
{
	if (READ_ONCE(p->reinject) && !__atomic_exchange_n(&p->acked, 0, __ATOMIC_SEQ_CST))
		return;
	(void)kvm_set_irq_from(p->kvm, KVM_IRQ_SOURCE_PIT, 0, 1);
	(void)kvm_set_irq_from(p->kvm, KVM_IRQ_SOURCE_PIT, 0, 0);
	nmi_watchdog(p->kvm);
}

static void timer_fired(struct timer *t)
{
	struct pit *p = container_of(t, struct pit, timer);

	if (READ_ONCE(p->reinject))
		__atomic_fetch_add(&p->lost, 1, __ATOMIC_SEQ_CST);
	give_tick(p);
	if (!p->period_ns)
		return;
	p->target_ns += p->period_ns;
	timer_arm(t, p->target_ns);
}

static void forget_lost(struct pit *p)
{
	__atomic_store_n(&p->lost, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&p->acked, 1, __ATOMIC_SEQ_CST);
}

static s32 dec_if_positive(s32 *v)
{
	s32 old = __atomic_load_n(v, __ATOMIC_SEQ_CST);

	while (old > 0 && !__atomic_compare_exchange_n(v, &old, old - 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
	return old - 1;
}

void pit_acked(struct kvm *kvm)
{
	struct pit *p = kvm->arch.pit;

	if (!p)
		return;
	__atomic_store_n(&p->acked, 1, __ATOMIC_SEQ_CST);
	if (dec_if_positive(&p->lost) > 0)
		give_tick(p);
}

void pit_unmasked(struct kvm *kvm)
{
	if (kvm->arch.pit)
		forget_lost(kvm->arch.pit);
}

static void timer_stop(struct pit *p)
{
	(void)timer_cancel(&p->timer);
	p->period_ns = 0;
}

static void timer_start(struct pit *p, const struct kvm_pit_channel_state *c)
{
	u64 ns = scale(initial(c), NS_PER_S, PIT_HZ);
	bool periodic = c->mode == 2 || c->mode == 3;

	timer_stop(p);
	if (p->flags & KVM_PIT_FLAGS_HPET_LEGACY)
		return;
	forget_lost(p);
	p->period_ns = periodic ? MAX(ns, MIN_PERIOD_NS) : 0;
	p->target_ns = (u64)c->count_load_time + (periodic ? p->period_ns : ns);
	timer_arm(&p->timer, p->target_ns);
}

static void start_count(struct pit *p, u32 nr)
{
	struct kvm_pit_channel_state *c = &p->ch[nr];

	c->count_load_time = (s64)now_ns();
	if (nr)
		return;
	if (c->mode == 1 || c->mode >= 5)	/* no trigger: channel 0's gate stays high; not programmed yet */
		timer_stop(p);
	else
		timer_start(p, c);
}

static void load(struct pit *p, u32 nr, u32 val)
{
	struct kvm_pit_channel_state *c = &p->ch[nr];

	c->count = c->bcd ? from_bcd(val) : val;
	if (!c->count)
		c->count = modulus(c);
	start_count(p, nr);
}

/* --- ports --- */
static void latch_count(struct kvm_pit_channel_state *c)
{
	if (c->count_latched)
		return;
	c->latched_count = (u16)counter(c);
	c->count_latched = c->rw_mode;
}

static void latch_status(struct kvm_pit_channel_state *c)
{
	if (c->status_latched)
		return;
	c->status = (u8)((u32)output(c) << 7 | (u32)c->rw_mode << 4 | (u32)c->mode << 1 | c->bcd);
	c->status_latched = 1;
}

static void read_back(struct pit *p, u8 val)
{
	for (u32 i = 0; i < 3; i++) {
		if (!(val >> (i + 1) & 1))
			continue;
		if (!(val & 0x20))
			latch_count(&p->ch[i]);
		if (!(val & 0x10))
			latch_status(&p->ch[i]);
	}
}

static void write_control(struct pit *p, u8 val)
{
	u32 nr = val >> 6, access = val >> 4 & 3;
	struct kvm_pit_channel_state *c;

	if (nr == 3) {
		read_back(p, val);
		return;
	}
	c = &p->ch[nr];
	if (access == RW_LATCH) {
		latch_count(c);
		return;
	}
	c->rw_mode = c->read_state = c->write_state = (u8)access;
	c->count_latched = c->status_latched = 0;
	c->mode = val >> 1 & 7;
	if (c->mode > 5)
		c->mode &= 3;
	c->bcd = val & 1;
	/* The count that was there means nothing in the new mode; channel 0 is quiet until it is loaded. */
	if (nr == 0)
		timer_stop(p);
}

static void write_count(struct pit *p, u32 nr, u8 val)
{
	struct kvm_pit_channel_state *c = &p->ch[nr];

	switch (c->write_state) {
	case RW_HIGH:
		load(p, nr, (u32)val << 8);
		break;
	case RW_BOTH:
		c->write_latch = val;
		c->write_state = RW_SECOND;
		break;
	case RW_SECOND:
		c->write_state = RW_BOTH;
		load(p, nr, c->write_latch | (u32)val << 8);
		break;
	default:
		load(p, nr, val);
	}
}

static u8 read_latched(struct kvm_pit_channel_state *c)
{
	u16 v = c->latched_count;

	switch (c->count_latched) {
	case RW_BOTH:
		c->count_latched = RW_HIGH;
		return (u8)v;
	case RW_HIGH:
		c->count_latched = 0;
		return (u8)(v >> 8);
	default:
		c->count_latched = 0;
		return (u8)v;
	}
}

static u8 read_count(struct kvm_pit_channel_state *c)
{
	u32 v;

	if (c->status_latched) {
		c->status_latched = 0;
		return c->status;
	}
	if (c->count_latched)
		return read_latched(c);
	v = counter(c);
	switch (c->read_state) {
	case RW_HIGH:
		return (u8)(v >> 8);
	case RW_BOTH:
		c->read_state = RW_SECOND;
		return (u8)v;
	case RW_SECOND:
		c->read_state = RW_BOTH;
		return (u8)(v >> 8);
	default:
		return (u8)v;
	}
}

static int port_read(struct kvm_vcpu *v, struct kvm_iodev *d, u64 addr, u32 len, void *val)
{
	struct pit *p = container_of(d, struct pit, port_dev);
	u32 nr = addr & 3;

	(void)v;
	memset(val, 0, len);
	if (nr == 3)			/* write only */
		return 0;
	spin_lock(&p->lock);
	*(u8 *)val = read_count(&p->ch[nr]);
	spin_unlock(&p->lock);
	return 0;
}

static int port_write(struct kvm_vcpu *v, struct kvm_iodev *d, u64 addr, u32 len, const void *val)
{
	struct pit *p = container_of(d, struct pit, port_dev);
	u8 byte = *(const u8 *)val;

	(void)v;
	(void)len;
	spin_lock(&p->lock);
	if ((addr & 3) == 3)
		write_control(p, byte);
	else
		write_count(p, addr & 3, byte);
	spin_unlock(&p->lock);
	return 0;
}

/* A rising gate starts the counter of every mode but 0 and 4 again. */
static void set_gate(struct pit *p, u32 nr, bool on)
{
	struct kvm_pit_channel_state *c = &p->ch[nr];

	if (on && !c->gate && c->mode != 0 && c->mode != 4)
		c->count_load_time = (s64)now_ns();
	c->gate = on;
}

/* Bit 4 is the memory refresh's toggle, every 15 microseconds. */
static int speaker_read(struct kvm_vcpu *v, struct kvm_iodev *d, u64 addr, u32 len, void *val)
{
	struct pit *p = container_of(d, struct pit, speaker_dev);
	u32 toggle = now_ns() >> 14 & 1;

	(void)v;
	(void)addr;
	memset(val, 0, len);
	spin_lock(&p->lock);
	*(u8 *)val = (u8)(p->ch[2].gate | (u32)p->speaker_data << 1 | toggle << 4 | (u32)output(&p->ch[2]) << 5);
	spin_unlock(&p->lock);
	return 0;
}

static int speaker_write(struct kvm_vcpu *v, struct kvm_iodev *d, u64 addr, u32 len, const void *val)
{
	struct pit *p = container_of(d, struct pit, speaker_dev);
	u8 byte = *(const u8 *)val;

	(void)v;
	(void)addr;
	(void)len;
	spin_lock(&p->lock);
	p->speaker_data = byte >> 1 & 1;
	set_gate(p, 2, byte & 1);
	spin_unlock(&p->lock);
	return 0;
}

static void release(struct kvm_iodev *d)
{
	(void)timer_cancel(&container_of(d, struct pit, port_dev)->timer);
}

static const struct kvm_iodev_ops port_ops = { .read = port_read, .write = port_write, .release = release };
static const struct kvm_iodev_ops speaker_ops = { .read = speaker_read, .write = speaker_write };

static int register_all(struct kvm *kvm, struct pit *p)
{
	int err = kvm_io_register(kvm, KVM_BUS_PIO, 0x40, 4, &p->port_dev);

	if (err || !p->speaker_present)
		return err;
	err = kvm_io_register(kvm, KVM_BUS_PIO, 0x61, 1, &p->speaker_dev);
	if (err)
		(void)kvm_io_unregister(kvm, KVM_BUS_PIO, &p->port_dev);
	return err;
}

/* As after power-on: mode 3, 65536, channel 0 and 1 with their gates high. */
static void reset(struct pit *p)
{
	for (u32 i = 0; i < 3; i++) {
		p->ch[i] = (struct kvm_pit_channel_state){ .mode = 0xff, .gate = i != 2 };
		p->ch[i].count = 0x10000;
		p->ch[i].count_load_time = (s64)now_ns();
	}
	forget_lost(p);
}

int pit_create(struct kvm *kvm, u32 flags)
{
	struct pit *p = kmalloc(sizeof(*p));
	int err;

	if (!p)
		return -ENOMEM;
	p->kvm = kvm;
	p->port_dev.ops = &port_ops;
	p->speaker_dev.ops = &speaker_ops;
	p->speaker_present = flags & KVM_PIT_SPEAKER_DUMMY;
	p->reinject = 1;
	timer_init(&p->timer, timer_fired);
	reset(p);
	err = register_all(kvm, p);
	if (err) {
		kfree(p);
		return err;
	}
	kvm->arch.pit = p;
	return 0;
}

void pit_destroy(struct kvm *kvm)
{
	kfree(kvm->arch.pit);
	kvm->arch.pit = NULL;
}

/* --- state --- */
void pit_get_state(struct kvm *kvm, struct kvm_pit_state2 *s)
{
	struct pit *p = kvm->arch.pit;

	spin_lock(&p->lock);
	memcpy(s->channels, p->ch, sizeof(s->channels));
	s->flags = p->flags | (p->speaker_data ? KVM_PIT_FLAGS_SPEAKER_DATA_ON : 0);
	spin_unlock(&p->lock);
}

static void set_channel(struct pit *p, u32 nr, const struct kvm_pit_channel_state *s)
{
	struct kvm_pit_channel_state *c = &p->ch[nr];

	*c = *s;
	if (c->mode > 5 && c->mode != 0xff)
		c->mode &= 3;
	c->bcd &= 1;
	c->gate &= 1;
	if (!c->count || c->count > modulus(c))
		c->count = modulus(c);
	start_count(p, nr);
}

void pit_set_state(struct kvm *kvm, const struct kvm_pit_state2 *s)
{
	struct pit *p = kvm->arch.pit;

	spin_lock(&p->lock);
	p->flags = s->flags & KVM_PIT_FLAGS_HPET_LEGACY;
	p->speaker_data = s->flags & KVM_PIT_FLAGS_SPEAKER_DATA_ON;
	for (u32 i = 0; i < 3; i++)
		set_channel(p, i, &s->channels[i]);
	spin_unlock(&p->lock);
}

u32 pit_flags(struct kvm *kvm)
{
	return READ_ONCE(kvm->arch.pit->flags);
}

void pit_set_reinject(struct kvm *kvm, bool on)
{
	struct pit *p = kvm->arch.pit;

	spin_lock(&p->lock);
	if (on && !p->reinject)
		forget_lost(p);
	WRITE_ONCE(p->reinject, on);
	spin_unlock(&p->lock);
}
