# SPDX-License-Identifier: Apache-2.0
kernel-y += kernel/kvm/vm.c kernel/kvm/vcpu.c kernel/kvm/memslot.c kernel/kvm/fault.c
kernel-y += kernel/kvm/iobus.c kernel/kvm/irqroute.c kernel/kvm/epoch.c kernel/kvm/guest_mem.c kernel/kvm/frame_cache.c
kernel-y += kernel/kvm/irqfd.c kernel/kvm/ioeventfd.c kernel/kvm/coalesced.c kernel/kvm/stat.c
