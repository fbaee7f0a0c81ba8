# SPDX-License-Identifier: Apache-2.0
# The interrupt controllers against small models, and the table of routes.
chip-tests := test_x86_pic test_x86_ioapic test_x86_pit test_x86_lapic test_irqroute
unit-tests += $(chip-tests)
$(foreach t,$(chip-tests),$(eval $(t)-cflags := -Iarch/x86/include -Iarch/x86/kvm -Itests/unit))
chip-fakes := tests/unit/fake/kernel.c tests/unit/fake/kvm.c
test_x86_pic-src := arch/x86/kvm/irqchip/pic.c $(chip-fakes)
test_x86_ioapic-src := arch/x86/kvm/irqchip/ioapic.c $(chip-fakes)
test_x86_pit-src := arch/x86/kvm/irqchip/pit.c $(chip-fakes)
test_x86_lapic-src := $(addprefix arch/x86/kvm/irqchip/lapic,.c _regs.c _base.c _state.c _ipi.c _timer.c) $(chip-fakes)
test_irqroute-cflags += -Ikernel/kvm
test_irqroute-src := kernel/kvm/irqroute.c $(chip-fakes)
