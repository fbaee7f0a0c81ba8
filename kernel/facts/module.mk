# SPDX-License-Identifier: Apache-2.0
kernel-y += kernel/facts/facts.c kernel/facts/device.c kernel/facts/own.c kernel/facts/fail.c
