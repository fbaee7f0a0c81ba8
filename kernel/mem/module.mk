# SPDX-License-Identifier: Apache-2.0
kernel-y += kernel/mem/phys.c kernel/mem/slab.c kernel/mem/vmap.c kernel/mem/fault_inject.c
