# SPDX-License-Identifier: Apache-2.0
kernel-y += kernel/trace/ring.c kernel/trace/trace.c
