# SPDX-License-Identifier: Apache-2.0
kernel-$(CONFIG_LWIP) += lib/lwip/port.c lib/lwip/sys_arch.c
lwip-selftest-$(CONFIG_SELFTEST) := lib/lwip/selftest.c
kernel-$(CONFIG_LWIP) += $(lwip-selftest-y)
