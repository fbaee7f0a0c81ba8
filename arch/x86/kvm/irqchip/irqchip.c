// SPDX-License-Identifier: Apache-2.0
/*
 * irqchip.c - the chips together: what reaches a vCPU, and routes to their pins
 */
#include "chips.h"
#include "../vcpu.h"

#define MSI_LOGICAL	BIT(2)
#define MSI_REDIR_HINT	BIT(3)
#define MSI_LEVEL	(1u << 15)

/* A vector that comes as ExtINT, from our PIC or the VMM's. */
static bool extint_pending(struct kvm_vcpu *v)
{
	const struct lapic *l = v->arch.lapic;

	if (!(v->kvm->arch.irqchip_split ? READ_ONCE(v->arch.pending_extint) >= 0 : pic_output(v->kvm)))
		return false;
	return lapic_wants_extint(l);
}

bool kvm_irq_waits(struct kvm_vcpu *v)
{
	return v->arch.lapic && (extint_pending(v) || lapic_pending_vector(v->arch.lapic) >= 0);
}

int kvm_irq_ack(struct kvm_vcpu *v)
{
	int vector;

	if (!v->arch.lapic)
		return -1;
	if (!extint_pending(v))
		return lapic_ack(v->arch.lapic);
	if (!v->kvm->arch.irqchip_split)
		return pic_intack(v->kvm);
	vector = v->arch.pending_extint;
	v->arch.pending_extint = -1;
	return vector;
}

void irqchip_acked(struct kvm *kvm, u32 chip, u32 pin)
{
	if (kvm_gsi_of_pin(kvm, chip, pin) == 0)
		pit_acked(kvm);
	kvm_notify_acked_irq(kvm, chip, pin);
}

void irqchip_unmasked(struct kvm *kvm, u32 chip, u32 pin)
{
	if (kvm_gsi_of_pin(kvm, chip, pin) == 0)
		pit_unmasked(kvm);
}

/* --- routes --- */
static bool msi_is_valid(const struct kvm *kvm, u64 address)
{
	return !kvm->arch.x2apic_format || !(address >> 32 & 0xff);
}

int arch_irq_route_check(struct kvm *kvm, const struct kvm_irq_route *r)
{
	static const u8 pins[KVM_NR_IRQCHIPS] = { 8, 8, KVM_IOAPIC_NUM_PINS };

	if (r->type == KVM_IRQ_ROUTING_MSI)
		return msi_is_valid(kvm, r->msi.address) ? 0 : -EINVAL;
	if (r->type != KVM_IRQ_ROUTING_IRQCHIP || kvm->arch.irqchip_split)
		return -EINVAL;
	return r->irqchip.irqchip < KVM_NR_IRQCHIPS && r->irqchip.pin < pins[r->irqchip.irqchip] ? 0 : -EINVAL;
}

/* Message format: Intel SDM vol. 3, 11.11; address bits 63:40 carry ID bits 31:8 for a VMM that asked for it. */
static int msi_deliver(struct kvm *kvm, u64 address, u32 data)
{
	const struct apic_irq q = {
		.dest = (u32)(address >> 12 & 0xff) |
			(kvm->arch.x2apic_format ? (u32)(address >> 32) & 0xffffff00 : 0),
		.vector = (u8)data, .mode = data >> 8 & 7, .logical = address & MSI_LOGICAL,
		.redir_hint = address & MSI_REDIR_HINT, .level = data & MSI_LEVEL, .assert = true,
	};

	return apic_deliver(kvm, NULL, &q);
}

int arch_irq_deliver(struct kvm *kvm, const struct kvm_irq_route *r, enum kvm_irq_source source, int level)
{
	if (r->type == KVM_IRQ_ROUTING_MSI)
		return level ? msi_deliver(kvm, r->msi.address, r->msi.data) : -1;
	if (r->irqchip.irqchip == KVM_IRQCHIP_IOAPIC)
		return ioapic_set_irq(kvm, r->irqchip.pin, source, level);
	return pic_set_irq(kvm, r->irqchip.pin + (r->irqchip.irqchip == KVM_IRQCHIP_PIC_SLAVE ? 8 : 0), source, level);
}

static struct kvm_irq_route pin_route(u32 gsi, u32 chip, u32 pin)
{
	return (struct kvm_irq_route){ .gsi = gsi, .type = KVM_IRQ_ROUTING_IRQCHIP, .irqchip = { chip, pin } };
}

/* Each GSI is the IOAPIC's pin of that number, the first sixteen also the PICs'. */
u32 arch_default_routes(struct kvm *kvm, struct kvm_irq_route *out, u32 max)
{
	u32 n = 0;

	(void)kvm;
	for (u32 gsi = 0; gsi < KVM_IOAPIC_NUM_PINS && n + 2 <= max; gsi++) {
		out[n++] = pin_route(gsi, KVM_IRQCHIP_IOAPIC, gsi);
		if (gsi < 16)
			out[n++] = pin_route(gsi, gsi / 8 ? KVM_IRQCHIP_PIC_SLAVE : KVM_IRQCHIP_PIC_MASTER, gsi & 7);
	}
	return n;
}

/* --- a VMM's IOAPIC hears of the end of the level interrupts that it sent --- */
static bool is_level_with_vector(const struct kvm_irq_route *r, u32 vector)
{
	return r->type == KVM_IRQ_ROUTING_MSI && (r->msi.data & MSI_LEVEL) && (r->msi.data & 0xff) == vector;
}

bool irqchip_wants_eoi(struct kvm *kvm, u8 vector, bool level)
{
	if (kvm->arch.ioapic)
		return ioapic_has_vector(kvm, vector);
	return level && kvm_routes_any(kvm, kvm->arch.ioapic_pins, is_level_with_vector, vector);
}
