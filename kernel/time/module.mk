# SPDX-License-Identifier: Apache-2.0
kernel-y += kernel/time/timer.c kernel/time/clock.c
