# SPDX-License-Identifier: Apache-2.0
kernel-y += kernel/stat/stat.c
