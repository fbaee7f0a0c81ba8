# SPDX-License-Identifier: Apache-2.0
# Every part of the tree lists its own sources in a module.mk.
# Not linked yet: kernel/posix, kernel/kvm, arch/x86/kvm/emul, vmm; each still lacks a part below or above it.
modules := $(sort $(wildcard kernel/module.mk kernel/*/module.mk arch/$(ARCH)/module.mk \
	arch/$(ARCH)/*/module.mk arch/$(ARCH)/kvm/emul/module.mk lib/*/module.mk drivers/*/module.mk vmm/module.mk))
modules := $(filter-out kernel/posix/module.mk kernel/kvm/module.mk,$(modules))
include $(modules)
