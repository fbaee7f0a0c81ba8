# SPDX-License-Identifier: Apache-2.0
kernel-y += $(addprefix arch/x86/kvm/irqchip/,lapic.c lapic_regs.c lapic_base.c lapic_timer.c lapic_state.c lapic_ipi.c lapic_pv.c)
kernel-y += $(addprefix arch/x86/kvm/irqchip/,ioapic.c pic.c pit.c irqchip.c irqchip_ioctl.c)
