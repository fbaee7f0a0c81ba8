# SPDX-License-Identifier: Apache-2.0
kernel-y += $(addprefix arch/x86/kvm/irqchip/,lapic.c lapic_regs.c)
