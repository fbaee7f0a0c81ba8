/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chips.h - what the files of the irqchip share
 *
 * IRR, TMR and the INIT/SIPI latch are changed by atomic operations from any
 * context. ISR, PPR and the other registers belong to the vCPU's own thread.
 * IOAPIC and PIC have a spinlock each; no lock of another chip is taken, and no
 * acknowledgement is sent, with one of them held.
 */
#ifndef X86_KVM_CHIPS_H
#define X86_KVM_CHIPS_H

#include <errno.h>
#include <string.h>
#include <socle/mem.h>
#include "irqchip.h"

enum apic_reg {
	APIC_ID = 0x20, APIC_LVR = 0x30, APIC_TPR = 0x80, APIC_APR = 0x90, APIC_PPR = 0xa0, APIC_EOI = 0xb0,
	APIC_RRR = 0xc0, APIC_LDR = 0xd0, APIC_DFR = 0xe0, APIC_SPIV = 0xf0, APIC_ISR = 0x100, APIC_TMR = 0x180,
	APIC_IRR = 0x200, APIC_ESR = 0x280, APIC_ICR = 0x300, APIC_ICR2 = 0x310, APIC_LVTT = 0x320,
	APIC_LVTTHMR = 0x330, APIC_LVTPC = 0x340, APIC_LVT0 = 0x350, APIC_LVT1 = 0x360, APIC_LVTERR = 0x370,
	APIC_TMICT = 0x380, APIC_TMCCT = 0x390, APIC_TDCR = 0x3e0, APIC_SELF_IPI = 0x3f0,
};

enum apic_delivery { DM_FIXED, DM_LOWEST, DM_SMI, DM_RRD, DM_NMI, DM_INIT, DM_SIPI, DM_EXTINT };
enum apic_shorthand { SH_NONE, SH_SELF, SH_ALL, SH_OTHERS };

enum apic_timer_mode { TIMER_ONESHOT, TIMER_PERIODIC, TIMER_DEADLINE };

#define APIC_LVT_MASKED		(1u << 16)
#define APIC_SPIV_ENABLE	(1u << 8)
#define APIC_LVR_DIRECTED	(1u << 24)	/* SPIV has the bit below */
#define APIC_SPIV_DIRECTED	(1u << 12)	/* no EOI broadcast */
#define LATCH_INIT		1u
#define LATCH_SIPI		2u

struct lapic {
	struct kvm_vcpu *v;
	u8 *regs;			/* one page, layout of the xAPIC page */
	int isr_highest;		/* -1: none in service */
	u32 isr_words, irr_words;	/* bit n clear: word n of ISR, IRR is surely 0 */
	u32 ppr;			/* the register lags behind after KVM_SET_LAPIC */
	u32 latch;			/* LATCH_* */
	u8 sipi_vector;
	int ioapic_eoi;			/* split irqchip: vector for the VMM, -1 */

	struct timer timer;
	u64 period_ns;			/* 0: one-shot or not running */
	u64 target_ns;			/* 0: not running */
	u64 tsc_deadline;
};

struct apic_irq {
	u32 dest;
	u8 vector, mode, shorthand;
	bool logical, level, assert;	/* level: trigger mode */
	bool redir_hint;
};

static inline u32 lapic_get(const struct lapic *l, u32 reg) { return READ_ONCE(*(const u32 *)(const void *)(l->regs + reg)); }
static inline void lapic_put(struct lapic *l, u32 reg, u32 val) { WRITE_ONCE(*(u32 *)(void *)(l->regs + reg), val); }
static inline bool lapic_hw_enabled(const struct lapic *l) { return (READ_ONCE(l->v->arch.apic_base) & APIC_BASE_ENABLE) != 0; }
static inline bool lapic_is_x2(const struct lapic *l)
{
	const u64 both = APIC_BASE_ENABLE | APIC_BASE_X2APIC;

	return (READ_ONCE(l->v->arch.apic_base) & both) == both;
}
static inline bool lapic_enabled(const struct lapic *l) { return lapic_hw_enabled(l) && (lapic_get(l, APIC_SPIV) & APIC_SPIV_ENABLE); }
static inline u32 lapic_id(const struct lapic *l) { return lapic_is_x2(l) ? l->v->id : lapic_get(l, APIC_ID) >> 24; }

static inline u32 lapic_timer_mode(const struct lapic *l) { return lapic_get(l, APIC_LVTT) >> 17 & 3; }

/* lapic.c */
bool lapic_one_in_service(struct lapic *l);	/* and no more than one */
bool lapic_any_requested(struct lapic *l);
bool lapic_is_level(struct lapic *l, u32 vector);
bool lapic_accept(struct lapic *l, const struct apic_irq *q);	/* true: delivered */
bool lapic_lvt_deliver(struct lapic *l, u32 lvt_reg);
void lapic_update_ppr(struct lapic *l);
void lapic_eoi(struct lapic *l);
int lapic_pending_vector(struct lapic *l);
int lapic_ack(struct lapic *l);
bool lapic_wants_extint(const struct lapic *l);
void lapic_kick(struct lapic *l);
void lapic_rescan(struct lapic *l);	/* IRR, ISR were replaced */

/* lapic_regs.c: 0, or 1 for a register that is not there */
int lapic_reg_read(struct lapic *l, u32 reg, u32 *val);
int lapic_reg_write(struct lapic *l, u32 reg, u32 val);
void lapic_set_x2_ldr(struct lapic *l);

/* lapic_timer.c */
void lapic_timer_init(struct lapic *l);
void lapic_timer_stop(struct lapic *l);
void lapic_timer_start(struct lapic *l);
u32 lapic_timer_halt(struct lapic *l);
void lapic_timer_resume(struct lapic *l, u32 left);	/* goes on after lapic_timer_halt(), by what the registers say now */
void lapic_timer_lvt_changed(struct lapic *l, u32 old);
u32 lapic_timer_left(struct lapic *l);		/* ticks until it ends; 0: not running */
u32 lapic_timer_current(struct lapic *l);	/* the register */
void lapic_timer_restore(struct lapic *l, u32 current);

/* lapic_state.c: as KVM_GET/SET_LAPIC; 0 or -EINVAL */
void lapic_get_state(struct lapic *l, struct kvm_lapic_state *s);
int lapic_set_state(struct lapic *l, struct kvm_lapic_state *s);

/* lapic_ipi.c */
int apic_map_create(struct kvm *kvm);		/* 0 or -ENOMEM */
void apic_map_destroy(struct kvm *kvm);
void apic_map_rebuild(struct kvm *kvm);		/* an APIC came, changed its mode or its ID; may sleep */
void apic_map_drop(struct kvm *kvm, const struct lapic *l);	/* no sender has @l after return */
bool apic_matches(const struct lapic *l, const struct lapic *src, const struct apic_irq *q);
/* vCPUs that took it; 0: nobody has that name; -1: nobody of all. Any context. */
int apic_deliver(struct kvm *kvm, struct lapic *src, const struct apic_irq *q);
void lapic_send_ipi(struct lapic *l, u64 icr);

/* ioapic.c */
int ioapic_create(struct kvm *kvm);
void ioapic_remove(struct kvm *kvm);		/* while the VM lives: creation of another chip failed */
void ioapic_destroy(struct kvm *kvm);		/* the bus has dropped it */
int ioapic_set_irq(struct kvm *kvm, u32 pin, u32 source, int level);
void ioapic_eoi(struct kvm *kvm, u8 vector, bool level);
bool ioapic_has_vector(struct kvm *kvm, u8 vector);
void ioapic_get_state(struct kvm *kvm, struct kvm_ioapic_state *s);
void ioapic_set_state(struct kvm *kvm, const struct kvm_ioapic_state *s);

/* pic.c */
int pic_create(struct kvm *kvm);
void pic_remove(struct kvm *kvm);
void pic_destroy(struct kvm *kvm);
int pic_set_irq(struct kvm *kvm, u32 pin, u32 source, int level);	/* pin 0..15 */
bool pic_output(struct kvm *kvm);
int pic_intack(struct kvm *kvm);
void pic_get_state(struct kvm *kvm, u32 chip, struct kvm_pic_state *s);
void pic_set_state(struct kvm *kvm, u32 chip, const struct kvm_pic_state *s);

/* irqchip.c: a chip says what happened to one of its pins; no chip's lock is held */
void irqchip_acked(struct kvm *kvm, u32 chip, u32 pin);
void irqchip_unmasked(struct kvm *kvm, u32 chip, u32 pin);
/* Does the IOAPIC, ours or with a split irqchip the VMM's, have to hear of the vector's end? */
bool irqchip_wants_eoi(struct kvm *kvm, u8 vector, bool level);

/* pit.c: acked and unmasked do nothing without a PIT, the rest needs one */
int pit_create(struct kvm *kvm, u32 flags);
void pit_destroy(struct kvm *kvm);
void pit_acked(struct kvm *kvm);		/* the guest ended GSI 0 */
void pit_unmasked(struct kvm *kvm);		/* GSI 0 was unmasked: lost ticks are forgotten */
void pit_get_state(struct kvm *kvm, struct kvm_pit_state2 *s);
void pit_set_state(struct kvm *kvm, const struct kvm_pit_state2 *s);
u32 pit_flags(struct kvm *kvm);
void pit_set_reinject(struct kvm *kvm, bool on);

#endif
