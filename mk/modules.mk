# SPDX-License-Identifier: Apache-2.0
# Every part of the tree lists its own sources in a module.mk.
modules := $(sort $(wildcard kernel/module.mk kernel/*/module.mk arch/$(ARCH)/module.mk \
	arch/$(ARCH)/*/module.mk arch/$(ARCH)/kvm/*/module.mk lib/*/module.mk drivers/*/module.mk vmm/module.mk))
include $(modules)
