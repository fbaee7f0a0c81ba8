/* SPDX-License-Identifier: Apache-2.0 */
/*
 * irqchip.h - the in-kernel local APIC, IOAPIC, 8259 pair and 8254
 *
 * The vCPU core calls what is listed here. All lapic_*() and kvm_irq_*() may be
 * called for a vCPU without a local APIC (v->arch.lapic is NULL): they then
 * report nothing pending.
 */
#ifndef X86_KVM_IRQCHIP_H
#define X86_KVM_IRQCHIP_H

#include <socle/kvm.h>

#define APIC_BASE_BSP		BIT(8)
#define APIC_BASE_X2APIC	BIT(10)
#define APIC_BASE_ENABLE	BIT(11)
#define APIC_DEFAULT_GPA	0xfee00000ull

/* --- lapic.c --- */
int lapic_create(struct kvm_vcpu *v);		/* 0 or -ENOMEM; vCPU not visible yet */
void lapic_postcreate(struct kvm_vcpu *v);	/* visible in kvm->vcpus: joins the destination map */
void lapic_destroy(struct kvm_vcpu *v);
void lapic_reset(struct kvm_vcpu *v, bool init_event);
/* True: the address was in this vCPU's enabled xAPIC page and was handled. */
bool lapic_mmio(struct kvm_vcpu *v, u64 gpa, u32 len, void *val, bool write);
/* MSRs 0x800-0x8ff, TSC deadline and APIC base: 0, or 1 for #GP. */
int lapic_msr_get(struct kvm_vcpu *v, u32 msr, u64 *val);
int lapic_msr_set(struct kvm_vcpu *v, u32 msr, u64 val);
int lapic_tsc_deadline_get(struct kvm_vcpu *v, u64 *val);
int lapic_tsc_deadline_set(struct kvm_vcpu *v, u64 val);
int kvm_set_apic_base(struct kvm_vcpu *v, u64 val, bool host);
void lapic_set_version(struct kvm_vcpu *v);	/* CPUID was set */
bool lapic_accepts_extint(const struct kvm_vcpu *v);	/* LINT0 takes the PIC's interrupts; needs a local APIC */
u64 lapic_get_cr8(struct kvm_vcpu *v);
void lapic_set_cr8(struct kvm_vcpu *v, u64 val);
bool lapic_has_news(struct kvm_vcpu *v);	/* INIT, SIPI or an EOI for the VMM */
bool lapic_has_init_sipi(struct kvm_vcpu *v);
void lapic_latch_sipi(struct kvm_vcpu *v);	/* of a restored state: its vector is in sipi_vector */
/* Applies INIT, then SIPI: kvm_vcpu_reset(), kvm_deliver_sipi(), mp_state. */
void lapic_accept_init_sipi(struct kvm_vcpu *v);
void lapic_timer_sync(struct kvm_vcpu *v);	/* the guest's TSC changed */
u32 lapic_timer_hz(struct kvm *kvm);		/* EBX of leaf 0x40000010 is this / 1000 */
/* PV EOI, if pv_eoi_msr has bit 0: offer before an entry, collect after the exit when it was offered. May sleep. */
void lapic_pv_eoi_offer(struct kvm_vcpu *v);
void lapic_pv_eoi_collect(struct kvm_vcpu *v);
int lapic_pv_eoi_set(struct kvm_vcpu *v, u64 msr_val);	/* MSR 0x4b564d04: 0, or 1 for #GP */
/* Split irqchip: an EOI that must leave as KVM_EXIT_IOAPIC_EOI; vector or -1, consumed by the call. */
int lapic_take_ioapic_eoi(struct kvm_vcpu *v);

/* --- irqchip.c --- */
bool kvm_irq_waits(struct kvm_vcpu *v);		/* an interrupt may be delivered now, PPR counted in */
int kvm_irq_ack(struct kvm_vcpu *v);		/* IRR -> ISR (or the PIC's INTA); vector or -1 */

/* --- irqchip_ioctl.c --- */
long kvm_irqchip_vm_ioctl(struct kvm *kvm, u32 cmd, u64 arg);		/* -ENOTTY */
long kvm_irqchip_vcpu_ioctl(struct kvm_vcpu *v, u32 cmd, u64 arg);	/* -ENOTTY */
/* KVM_ENABLE_CAP: 0 or -errno */
long kvm_irqchip_enable_split(struct kvm *kvm, u64 arg);
long kvm_irqchip_x2apic_api(struct kvm *kvm, u64 arg);
long kvm_irqchip_bus_cycles(struct kvm *kvm, u64 arg);
void kvm_irqchip_destroy(struct kvm *kvm);	/* the buses have dropped their devices, vCPUs are gone */

/* --- provided by the vCPU core --- */
void kvm_vcpu_reset(struct kvm_vcpu *v, bool init_event);
void kvm_deliver_sipi(struct kvm_vcpu *v, u8 vector);

#endif
