# SPDX-License-Identifier: Apache-2.0
kernel-y += kernel/main.c kernel/log.c kernel/fb.c kernel/format.c kernel/panic.c kernel/cmdline.c kernel/app_image.S
kernel-$(CONFIG_SELFTEST) += kernel/selftest.c kernel/selftest_pci.c kernel/crash.c
