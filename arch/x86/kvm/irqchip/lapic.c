// SPDX-License-Identifier: Apache-2.0
/*
 * lapic.c - local APIC: life, priorities, acceptance, EOI, INIT and SIPI
 */
#include "chips.h"

static u32 *bit_word(struct lapic *l, u32 reg, u32 vector)
{
	return (u32 *)(void *)(l->regs + reg + (vector / 32) * 16);
}

static void bit_set(struct lapic *l, u32 reg, u32 vector)
{
	__atomic_fetch_or(bit_word(l, reg, vector), 1u << (vector % 32), __ATOMIC_SEQ_CST);
}

static void bit_clear(struct lapic *l, u32 reg, u32 vector)
{
	__atomic_fetch_and(bit_word(l, reg, vector), ~(1u << (vector % 32)), __ATOMIC_SEQ_CST);
}

static bool bit_test(struct lapic *l, u32 reg, u32 vector)
{
	return (READ_ONCE(*bit_word(l, reg, vector)) >> (vector % 32)) & 1;
}

/* Highest vector in the words of which @words has a bit. *@empty: those that turned out to be 0. */
static int highest_in(struct lapic *l, u32 reg, u32 words, u32 *empty)
{
	*empty = 0;
	while (words) {
		u32 w = 31 - (u32)__builtin_clz(words), bits = lapic_get(l, reg + w * 16);

		if (bits)
			return (int)(w * 32 + 31 - (u32)__builtin_clz(bits));
		words &= ~(1u << w);
		*empty |= 1u << w;
	}
	return -1;
}

/*
 * irr_words is cleared first and the word looked at again: a sender sets its
 * bit in IRR first and then looks at irr_words. One of the two sees the other.
 */
static void irr_words_empty(struct lapic *l, u32 empty)
{
	__atomic_fetch_and(&l->irr_words, ~empty, __ATOMIC_SEQ_CST);
	for (; empty; empty &= empty - 1) {
		u32 w = (u32)__builtin_ctz(empty);

		if (lapic_get(l, APIC_IRR + w * 16))
			__atomic_fetch_or(&l->irr_words, 1u << w, __ATOMIC_SEQ_CST);
	}
}

static int irr_highest(struct lapic *l)
{
	u32 empty;
	int vector = highest_in(l, APIC_IRR, READ_ONCE(l->irr_words), &empty);

	if (empty)
		irr_words_empty(l, empty);
	return vector;
}

/* ISR is the vCPU's own: plain accesses. */
static void isr_set(struct lapic *l, u32 vector)
{
	*bit_word(l, APIC_ISR, vector) |= 1u << (vector % 32);
	l->isr_words |= 1u << (vector / 32);
	l->isr_highest = MAX(l->isr_highest, (int)vector);
}

static void isr_clear(struct lapic *l, u32 vector)
{
	u32 empty;

	*bit_word(l, APIC_ISR, vector) &= ~(1u << (vector % 32));
	l->isr_highest = highest_in(l, APIC_ISR, l->isr_words, &empty);
	l->isr_words &= ~empty;
}

bool lapic_one_in_service(struct lapic *l)
{
	u32 top = (u32)l->isr_highest, below;

	if (l->isr_highest < 0)
		return false;
	below = lapic_get(l, APIC_ISR + top / 32 * 16) & ~(1u << (top & 31));
	for (u32 w = 0; w < top / 32; w++)
		below |= lapic_get(l, APIC_ISR + w * 16);
	return !below;
}

bool lapic_any_requested(struct lapic *l)
{
	return irr_highest(l) >= 0;
}

bool lapic_is_level(struct lapic *l, u32 vector)
{
	return bit_test(l, APIC_TMR, vector);
}

/* Also for the vCPU that runs here: the sender may be an interrupt between its last look and its sleep. */
void lapic_kick(struct lapic *l)
{
	kvm_make_request(l->v, KVM_REQ_EVENT);
	kvm_vcpu_kick(l->v);
}

void lapic_update_ppr(struct lapic *l)
{
	u32 tpr = lapic_get(l, APIC_TPR) & 0xff;
	u32 isr = l->isr_highest < 0 ? 0 : (u32)l->isr_highest & 0xf0;
	u32 ppr = (tpr & 0xf0) >= isr ? tpr : isr, old = l->ppr;

	l->ppr = ppr;
	lapic_put(l, APIC_PPR, ppr);
	if (ppr < old && READ_ONCE(l->irr_words))	/* what was held back may go now */
		kvm_make_request(l->v, KVM_REQ_EVENT);
}

void lapic_rescan(struct lapic *l)
{
	u32 empty;

	l->isr_words = 0xff;
	l->isr_highest = highest_in(l, APIC_ISR, l->isr_words, &empty);
	__atomic_store_n(&l->irr_words, 0xff, __ATOMIC_SEQ_CST);
	lapic_update_ppr(l);
	kvm_make_request(l->v, KVM_REQ_EVENT);
}

int lapic_pending_vector(struct lapic *l)
{
	int vector;

	if (!READ_ONCE(l->irr_words) || !lapic_enabled(l))
		return -1;
	vector = irr_highest(l);
	return vector >= 0 && ((u32)vector & 0xf0) > (l->ppr & 0xf0) ? vector : -1;
}

int lapic_ack(struct lapic *l)
{
	int vector = lapic_pending_vector(l);

	if (vector < 0)
		return -1;
	bit_clear(l, APIC_IRR, (u32)vector);
	isr_set(l, (u32)vector);
	lapic_update_ppr(l);
	return vector;
}

/* To the IOAPIC, or with a split irqchip to the VMM, which then sees only level interrupts. */
static void eoi_broadcast(struct lapic *l, u32 vector)
{
	bool level = bit_test(l, APIC_TMR, vector);

	if ((lapic_get(l, APIC_SPIV) & APIC_SPIV_DIRECTED) || !irqchip_wants_eoi(l->v->kvm, (u8)vector, level))
		return;
	if (l->v->kvm->arch.ioapic)
		ioapic_eoi(l->v->kvm, (u8)vector, level);
	else
		l->ioapic_eoi = (int)vector;
	kvm_make_request(l->v, KVM_REQ_EVENT);
}

void lapic_eoi(struct lapic *l)
{
	int vector = l->isr_highest;

	if (vector < 0)
		return;
	isr_clear(l, (u32)vector);
	lapic_update_ppr(l);
	eoi_broadcast(l, (u32)vector);
}

int lapic_take_ioapic_eoi(struct kvm_vcpu *v)
{
	int vector = -1;

	if (v->arch.lapic) {
		vector = v->arch.lapic->ioapic_eoi;
		v->arch.lapic->ioapic_eoi = -1;
	}
	return vector;
}

static bool accept_vector(struct lapic *l, const struct apic_irq *q)
{
	if (!lapic_enabled(l))
		return false;
	if (q->level && !q->assert)
		return false;
	if (bit_test(l, APIC_TMR, q->vector) != q->level) {
		if (q->level)
			bit_set(l, APIC_TMR, q->vector);
		else
			bit_clear(l, APIC_TMR, q->vector);
	}
	bit_set(l, APIC_IRR, q->vector);
	if (!(READ_ONCE(l->irr_words) >> (q->vector / 32) & 1))	/* pairs with irr_words_empty() */
		__atomic_fetch_or(&l->irr_words, 1u << (q->vector / 32), __ATOMIC_SEQ_CST);
	lapic_kick(l);
	return true;
}

static bool accept_nmi(struct lapic *l)
{
	__atomic_fetch_add(&l->v->arch.nmi_queued, 1, __ATOMIC_SEQ_CST);
	lapic_kick(l);
	return true;
}

bool lapic_accept(struct lapic *l, const struct apic_irq *q)
{
	switch (q->mode) {
	case DM_FIXED:
	case DM_LOWEST:
		return accept_vector(l, q);
	case DM_SMI:
		WRITE_ONCE(l->v->arch.smi_pending, true);
		lapic_kick(l);
		return true;
	case DM_NMI:
		return accept_nmi(l);
	case DM_INIT:
		if (q->level && !q->assert)
			return false;
		/* INIT cancels a SIPI that nobody took yet. */
		__atomic_store_n(&l->latch, LATCH_INIT, __ATOMIC_SEQ_CST);
		lapic_kick(l);
		return true;
	case DM_SIPI:
		WRITE_ONCE(l->sipi_vector, q->vector);
		__atomic_fetch_or(&l->latch, LATCH_SIPI, __ATOMIC_SEQ_CST);
		lapic_kick(l);
		return true;
	default:		/* ExtINT comes through the PIC's line; RRD is not supported */
		return false;
	}
}

bool lapic_lvt_deliver(struct lapic *l, u32 lvt_reg)
{
	u32 lvt = lapic_get(l, lvt_reg);
	const struct apic_irq q = {
		.vector = (u8)lvt, .mode = (lvt >> 8) & 7, .level = (lvt >> 15) & 1, .assert = true,
	};

	if (!lapic_hw_enabled(l) || (lvt & APIC_LVT_MASKED))
		return false;
	return lapic_accept(l, &q);
}

bool lapic_wants_extint(const struct lapic *l)
{
	u32 lvt0 = lapic_get(l, APIC_LVT0);

	if (!lapic_hw_enabled(l))
		return true;
	return !(lvt0 & APIC_LVT_MASKED) && ((lvt0 >> 8) & 7) == DM_EXTINT;
}

bool lapic_accepts_extint(const struct kvm_vcpu *v)
{
	return lapic_wants_extint(v->arch.lapic);
}

bool lapic_has_news(struct kvm_vcpu *v)
{
	const struct lapic *l = v->arch.lapic;

	return l && (READ_ONCE(l->latch) != 0 || l->ioapic_eoi >= 0);
}

bool lapic_has_init_sipi(struct kvm_vcpu *v)
{
	return v->arch.lapic && READ_ONCE(v->arch.lapic->latch) != 0;
}

void lapic_latch_sipi(struct kvm_vcpu *v)
{
	__atomic_fetch_or(&v->arch.lapic->latch, LATCH_SIPI, __ATOMIC_SEQ_CST);
}

void lapic_accept_init_sipi(struct kvm_vcpu *v)
{
	struct lapic *l = v->arch.lapic;

	if (!lapic_has_init_sipi(v))
		return;
	if (__atomic_fetch_and(&l->latch, ~LATCH_INIT, __ATOMIC_SEQ_CST) & LATCH_INIT) {
		kvm_vcpu_reset(v, true);
		v->mp_state = v->id == v->kvm->arch.bsp_id ? KVM_MP_STATE_RUNNABLE : KVM_MP_STATE_INIT_RECEIVED;
	}
	/* A SIPI counts only after INIT; at any other time it is lost. */
	if ((__atomic_fetch_and(&l->latch, ~LATCH_SIPI, __ATOMIC_SEQ_CST) & LATCH_SIPI) &&
	    v->mp_state == KVM_MP_STATE_INIT_RECEIVED) {
		kvm_deliver_sipi(v, READ_ONCE(l->sipi_vector));
		v->mp_state = KVM_MP_STATE_RUNNABLE;
	}
}

void lapic_reset(struct kvm_vcpu *v, bool init_event)
{
	struct lapic *l = v->arch.lapic;
	bool bsp = v->id == v->kvm->arch.bsp_id;

	if (!init_event)
		v->arch.apic_base = APIC_DEFAULT_GPA | APIC_BASE_ENABLE | (bsp ? APIC_BASE_BSP : 0);
	if (!l)
		return;
	lapic_timer_stop(l);
	memset(l->regs, 0, PAGE_SIZE);
	lapic_put(l, APIC_ID, lapic_is_x2(l) ? v->id : v->id << 24);
	lapic_set_version(v);
	for (u32 reg = APIC_LVTT; reg <= APIC_LVTERR; reg += 0x10)
		lapic_put(l, reg, APIC_LVT_MASKED);
	if (bsp)		/* as a PC's firmware leaves it: the PIC reaches the boot CPU */
		lapic_put(l, APIC_LVT0, DM_EXTINT << 8);
	lapic_put(l, APIC_DFR, ~0u);
	lapic_put(l, APIC_SPIV, 0xff);
	if (lapic_is_x2(l))
		lapic_set_x2_ldr(l);
	l->isr_highest = -1;
	l->isr_words = l->irr_words = l->ppr = 0;
	l->ioapic_eoi = -1;
	l->tsc_deadline = 0;
	if (!init_event)
		l->latch = 0;
	v->arch.pv_eoi_msr = 0;
	v->arch.pv_eoi_offered = false;
	apic_map_rebuild(v->kvm);
	kvm_make_request(v, KVM_REQ_EVENT);
}

int lapic_create(struct kvm_vcpu *v)
{
	struct lapic *l = kmalloc(sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->regs = page_alloc();
	if (!l->regs) {
		kfree(l);
		return -ENOMEM;
	}
	l->v = v;
	lapic_timer_init(l);
	v->arch.lapic = l;
	lapic_reset(v, false);
	return 0;
}

void lapic_postcreate(struct kvm_vcpu *v)
{
	if (v->arch.lapic)
		apic_map_rebuild(v->kvm);
}

/* The VM is going, or the vCPU could not be made: senders may have seen it for a moment. */
void lapic_destroy(struct kvm_vcpu *v)
{
	struct lapic *l = v->arch.lapic;

	if (!l)
		return;
	lapic_timer_stop(l);
	v->arch.lapic = NULL;
	apic_map_drop(v->kvm, l);
	page_free(l->regs);
	kfree(l);
}
