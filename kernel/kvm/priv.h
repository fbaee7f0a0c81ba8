/* SPDX-License-Identifier: Apache-2.0 */
/*
 * priv.h - what the files of kernel/kvm share
 *
 * Tables that exits read without a lock (slots, bus, routes) are immutable once
 * published. A writer, under its lock, builds a new one, swaps the pointer and
 * waits in kvm_epoch_wait() until no reader of the old one is left.
 */
#ifndef KERNEL_KVM_PRIV_H
#define KERNEL_KVM_PRIV_H

#include <errno.h>
#include <string.h>
#include <socle/kvm.h>
#include <socle/log.h>
#include <socle/mem.h>

#define KVM_MAX_IODEVS		1000
/* As Linux: a slot holds at most this many pages. */
#define KVM_SLOT_MAX_PAGES	((1ul << 31) - 1)

/* --- memslot.c --- */
struct kvm_slots {
	u32 nr;
	struct kvm_memslot *slot[];	/* sorted by base_gfn */
};
int kvm_slots_init(struct kvm *kvm);
void kvm_slots_destroy(struct kvm *kvm);
const struct kvm_memslot *kvm_slots_find(const struct kvm_slots *s, u64 gfn);
long kvm_set_memory_region(struct kvm *kvm, const struct kvm_userspace_memory_region *r);
long kvm_get_dirty_log(struct kvm *kvm, const struct kvm_dirty_log *log);
int kvm_mark_dirty(const struct kvm_memslot *s, u64 gfn);	/* 0 or -ENOMEM */
int kvm_dirty_prepare(const struct kvm_memslot *s, u64 gfn);	/* may allocate */

/* --- fault.c --- */
int kvm_s2_init(struct kvm *kvm);
void kvm_s2_stop(struct kvm *kvm);	/* app memory's changes are not heard of any more */
void kvm_s2_destroy(struct kvm *kvm);
void kvm_s2_unmap_gfns(struct kvm *kvm, u64 gfn, u64 nr_pages);
/* Until kvm_s2_retire(kvm, NULL) the slot's memory counts as mapped, though no table has the slot. */
void kvm_s2_retire(struct kvm *kvm, const struct kvm_memslot *s);
void kvm_s2_protect_gfns(struct kvm *kvm, u64 gfn, u64 nr_pages);

/* --- frame_cache.c --- */
void kvm_frames_init(struct kvm_frame_cache *c);
void kvm_frames_forget(struct kvm *kvm);	/* after the change is visible, before memory goes */

/* --- iobus.c --- */
int kvm_bus_init(struct kvm *kvm);
void kvm_bus_destroy(struct kvm *kvm);
/* For callers that already hold slots_lock. @len 0: any access that starts at @addr. */
int kvm_bus_insert(struct kvm *kvm, enum kvm_bus bus, u64 addr, u64 len, struct kvm_iodev *d);
int kvm_bus_remove(struct kvm *kvm, enum kvm_bus bus, struct kvm_iodev *d);	/* 0 or -ENOENT */

/* --- coalesced.c, ioeventfd.c, irqfd.c, irqroute.c --- */
long kvm_coalesced_register(struct kvm *kvm, const struct kvm_coalesced_mmio_zone *z);
long kvm_coalesced_unregister(struct kvm *kvm, const struct kvm_coalesced_mmio_zone *z);
int kvm_coalesced_init(struct kvm *kvm);	/* the ring; zones and ioeventfds go with the bus */
void kvm_coalesced_destroy(struct kvm *kvm);
long kvm_ioeventfd(struct kvm *kvm, const struct kvm_ioeventfd *a);
long kvm_irqfd(struct kvm *kvm, const struct kvm_irqfd *a);
void kvm_irqfd_destroy(struct kvm *kvm);
void kvm_routing_destroy(struct kvm *kvm);
/* @n entries as the app gave them; replaces all routes. */

/* --- stat.c: a VM counts from add to del --- */
void kvm_stat_add(struct kvm *kvm);
void kvm_stat_del(struct kvm *kvm);

/* --- vm.c, vcpu.c --- */
long kvm_create_vm(u64 type);
void kvm_put(struct kvm *kvm);
void kvm_vcpus_destroy(struct kvm *kvm);
long kvm_create_vcpu(struct kvm *kvm, u32 id);
int kvm_check_extension(struct kvm *kvm, u64 cap);
u64 kvm_vcpu_mmap_bytes(void);

#endif
