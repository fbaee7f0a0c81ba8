// SPDX-License-Identifier: Apache-2.0
/*
 * lapic_regs.c - local APIC registers as the guest reads and writes them
 *
 * One table for the xAPIC page and the x2APIC MSRs; a row says in which mode the
 * register exists and what a write does. Intel SDM vol. 3, 11.4 and 11.12.
 */
#include "chips.h"
#include "../vcpu.h"

#define RD	1u		/* readable in both modes */
#define RD_X	2u		/* readable in xAPIC mode only */
#define WR_X	4u		/* writable in xAPIC mode only */
#define WR_X2	8u		/* writable in x2APIC mode only */

#define LVT_COMMON	(APIC_LVT_MASKED | 0x10ffu)
#define LVT_MODE	0x700u
#define LVT_PIN		0xe000u	/* polarity, remote IRR, trigger mode */
#define ICR_BUSY	(1u << 12)
#define X2_ICR_RESERVED	0xfff32000ull

struct reg_row {
	u32 flags;
	u32 mask;		/* of the bits that a write keeps */
	int (*write)(struct lapic *l, u32 reg, u32 val);
};

void lapic_set_x2_ldr(struct lapic *l)
{
	u32 id = l->v->id;

	lapic_put(l, APIC_LDR, (id >> 4) << 16 | 1u << (id & 15));
}

static int write_plain(struct lapic *l, u32 reg, u32 val)
{
	lapic_put(l, reg, val);
	return 0;
}

/* ID, LDR, DFR: others look for us by them. */
static int write_name(struct lapic *l, u32 reg, u32 val)
{
	if (lapic_get(l, reg) == val)
		return 0;
	lapic_put(l, reg, val);
	apic_map_rebuild(l->v->kvm);
	return 0;
}

static int write_dfr(struct lapic *l, u32 reg, u32 val)
{
	return write_name(l, reg, val | 0x0fffffff);
}

static int write_tpr(struct lapic *l, u32 reg, u32 val)
{
	lapic_put(l, reg, val);
	lapic_update_ppr(l);
	return 0;
}

/* In x2APIC mode only zero may be written; the MSR path sees the value, the page ignores it. */
static int write_eoi(struct lapic *l, u32 reg, u32 val)
{
	(void)reg;
	(void)val;
	lapic_eoi(l);
	return 0;
}

static int write_spiv(struct lapic *l, u32 reg, u32 val)
{
	u32 old = lapic_get(l, reg), lvtt = lapic_get(l, APIC_LVTT);

	val &= 0x3ff | (lapic_get(l, APIC_LVR) & APIC_LVR_DIRECTED ? APIC_SPIV_DIRECTED : 0);
	lapic_put(l, reg, val);
	if (!(val & APIC_SPIV_ENABLE)) {
		for (u32 r = APIC_LVTT; r <= APIC_LVTERR; r += 0x10)
			lapic_put(l, r, lapic_get(l, r) | APIC_LVT_MASKED);
		lapic_timer_lvt_changed(l, lvtt);
	}
	if ((old ^ val) & APIC_SPIV_ENABLE)
		kvm_make_request(l->v, KVM_REQ_EVENT);
	return 0;
}

static int write_icr(struct lapic *l, u32 reg, u32 val)
{
	val &= ~ICR_BUSY;
	lapic_put(l, reg, val);
	lapic_send_ipi(l, (u64)(lapic_get(l, APIC_ICR2) >> 24) << 32 | val);
	return 0;
}

static int write_lvt(struct lapic *l, u32 reg, u32 val)
{
	if (!(lapic_get(l, APIC_SPIV) & APIC_SPIV_ENABLE))
		val |= APIC_LVT_MASKED;
	lapic_put(l, reg, val);
	if (reg == APIC_LVT0)		/* the PIC's line may reach this CPU now */
		kvm_make_request(l->v, KVM_REQ_EVENT);
	return 0;
}

static int write_lvtt(struct lapic *l, u32 reg, u32 val)
{
	u32 old = lapic_get(l, reg), modes = 1u << 17;

	if (kvm_guest_has(l->v, 1, 0, REG_RCX, 24))
		modes |= 2u << 17;
	if (!(lapic_get(l, APIC_SPIV) & APIC_SPIV_ENABLE))
		val |= APIC_LVT_MASKED;
	lapic_put(l, reg, val & (LVT_COMMON | modes));
	lapic_timer_lvt_changed(l, old);
	return 0;
}

static int write_tmict(struct lapic *l, u32 reg, u32 val)
{
	if (lapic_timer_mode(l) == TIMER_DEADLINE)
		return 0;
	lapic_timer_stop(l);
	lapic_put(l, reg, val);
	lapic_timer_start(l);
	return 0;
}

static int write_tdcr(struct lapic *l, u32 reg, u32 val)
{
	u32 left;

	if (lapic_get(l, reg) == val)
		return 0;
	if (lapic_timer_mode(l) == TIMER_DEADLINE) {
		lapic_put(l, reg, val);
		return 0;
	}
	left = lapic_timer_halt(l);
	lapic_put(l, reg, val);
	lapic_timer_resume(l, left);
	return 0;
}

static int write_esr(struct lapic *l, u32 reg, u32 val)
{
	(void)reg;
	return lapic_is_x2(l) && val;
}

static int write_self_ipi(struct lapic *l, u32 reg, u32 val)
{
	(void)reg;
	if (val & ~0xffu)
		return 1;
	lapic_send_ipi(l, SH_SELF << 18 | val);
	return 0;
}

#define ROW(reg) [(reg) >> 4]
static const struct reg_row rows[64] = {
	ROW(APIC_ID) = { RD | WR_X, 0xff000000, write_name },
	ROW(APIC_LVR) = { RD, 0, NULL },
	ROW(APIC_TPR) = { RD | WR_X | WR_X2, 0xff, write_tpr },
	ROW(APIC_APR) = { RD_X, 0, NULL },
	ROW(APIC_PPR) = { RD, 0, NULL },
	ROW(APIC_EOI) = { WR_X | WR_X2, ~0u, write_eoi },
	ROW(APIC_LDR) = { RD | WR_X, 0xff000000, write_name },
	ROW(APIC_DFR) = { RD_X | WR_X, ~0u, write_dfr },
	ROW(APIC_SPIV) = { RD | WR_X | WR_X2, ~0u, write_spiv },
	[APIC_ISR >> 4 ... (APIC_ISR >> 4) + 7] = { RD, 0, NULL },
	[APIC_TMR >> 4 ... (APIC_TMR >> 4) + 7] = { RD, 0, NULL },
	[APIC_IRR >> 4 ... (APIC_IRR >> 4) + 7] = { RD, 0, NULL },
	ROW(APIC_ESR) = { RD | WR_X | WR_X2, ~0u, write_esr },
	ROW(APIC_ICR) = { RD | WR_X, ~0u, write_icr },
	ROW(APIC_ICR2) = { RD_X | WR_X, 0xff000000, write_plain },
	ROW(APIC_LVTT) = { RD | WR_X | WR_X2, ~0u, write_lvtt },
	ROW(APIC_LVTTHMR) = { RD | WR_X | WR_X2, LVT_COMMON | LVT_MODE, write_lvt },
	ROW(APIC_LVTPC) = { RD | WR_X | WR_X2, LVT_COMMON | LVT_MODE, write_lvt },
	ROW(APIC_LVT0) = { RD | WR_X | WR_X2, LVT_COMMON | LVT_MODE | LVT_PIN, write_lvt },
	ROW(APIC_LVT1) = { RD | WR_X | WR_X2, LVT_COMMON | LVT_MODE | LVT_PIN, write_lvt },
	ROW(APIC_LVTERR) = { RD | WR_X | WR_X2, LVT_COMMON, write_lvt },
	ROW(APIC_TMICT) = { RD | WR_X | WR_X2, ~0u, write_tmict },
	ROW(APIC_TMCCT) = { RD, 0, NULL },
	ROW(APIC_TDCR) = { RD | WR_X | WR_X2, 0xb, write_tdcr },
	ROW(APIC_SELF_IPI) = { WR_X2, ~0u, write_self_ipi },
};

int lapic_reg_read(struct lapic *l, u32 reg, u32 *val)
{
	const struct reg_row *r = reg < 0x400 ? &rows[reg >> 4] : NULL;

	*val = 0;
	if (reg == APIC_PPR)
		lapic_update_ppr(l);
	if (!r || !(r->flags & (RD | (lapic_is_x2(l) ? 0 : RD_X))))
		return 1;
	if (reg == APIC_TMCCT)
		*val = lapic_timer_current(l);
	else
		*val = lapic_get(l, reg & ~0xfu);
	return 0;
}

int lapic_reg_write(struct lapic *l, u32 reg, u32 val)
{
	const struct reg_row *r = reg < 0x400 ? &rows[reg >> 4] : NULL;

	if (!r || !(r->flags & (lapic_is_x2(l) ? WR_X2 : WR_X)))
		return 1;
	return r->write(l, reg & ~0xfu, val & r->mask);
}

static void page_read(struct lapic *l, u32 offset, u32 len, void *val)
{
	u32 word, at = offset & 15;

	memset(val, 0, len);
	if (at + len > 4 || lapic_reg_read(l, offset & 0xff0, &word))
		return;
	word >>= at * 8;
	memcpy(val, &word, len);
}

/* Registers are written with 32 bits at their own address; anything else is dropped. */
static void page_write(struct lapic *l, u32 offset, u32 len, const void *val)
{
	u32 word;

	if (len != 4 || (offset & 15))
		return;
	memcpy(&word, val, sizeof(word));
	(void)lapic_reg_write(l, offset, word);
}

/* While the page is switched off or the APIC in x2APIC mode, reads give ones and writes are lost (KVM's LAPIC_MMIO_HOLE). */
bool lapic_mmio(struct kvm_vcpu *v, u64 gpa, u32 len, void *val, bool write)
{
	struct lapic *l = v->arch.lapic;
	u64 base = v->arch.apic_base & PAGE_MASK;

	if (!l || gpa < base || gpa - base >= PAGE_SIZE)
		return false;
	if (!lapic_hw_enabled(l) || lapic_is_x2(l)) {
		if (!write)
			memset(val, 0xff, len);
	} else if (write) {
		page_write(l, (u32)(gpa - base), len, val);
	} else {
		page_read(l, (u32)(gpa - base), len, val);
	}
	return true;
}

static int x2_icr_write(struct lapic *l, u64 val)
{
	if (val & X2_ICR_RESERVED)
		return 1;
	val &= ~(u64)ICR_BUSY;
	lapic_put(l, APIC_ICR, (u32)val);
	lapic_put(l, APIC_ICR2, (u32)(val >> 32));
	lapic_send_ipi(l, val);
	return 0;
}

int lapic_msr_get(struct kvm_vcpu *v, u32 msr, u64 *val)
{
	struct lapic *l = v->arch.lapic;
	u32 reg = (msr - 0x800) << 4, word;

	if (!l || !lapic_is_x2(l) || lapic_reg_read(l, reg, &word))
		return 1;
	*val = word;
	if (reg == APIC_ICR)
		*val |= (u64)lapic_get(l, APIC_ICR2) << 32;
	return 0;
}

int lapic_msr_set(struct kvm_vcpu *v, u32 msr, u64 val)
{
	struct lapic *l = v->arch.lapic;
	u32 reg = (msr - 0x800) << 4;

	if (!l || !lapic_is_x2(l))
		return 1;
	if (reg == APIC_ICR)
		return x2_icr_write(l, val);
	if (val >> 32 || (reg == APIC_EOI && val))
		return 1;
	return lapic_reg_write(l, reg, (u32)val);
}

u64 lapic_get_cr8(struct kvm_vcpu *v)
{
	return lapic_get(v->arch.lapic, APIC_TPR) >> 4 & 15;
}

void lapic_set_cr8(struct kvm_vcpu *v, u64 val)
{
	(void)write_tpr(v->arch.lapic, APIC_TPR, (u32)(val & 15) << 4);
}
