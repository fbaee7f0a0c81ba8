/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kvm.h - the KVM core's objects, and the line between kernel/kvm and an architecture
 */
#ifndef SOCLE_KVM_H
#define SOCLE_KVM_H

#include <asm/kvm_host.h>	/* struct arch_vm, struct arch_vcpu, by value */
#include <linux/kvm.h>
#include <socle/file.h>
#include <socle/lock.h>
#include <socle/mm.h>
#include <socle/pt.h>
#include <socle/sched.h>
#include <socle/types.h>

struct kvm;
struct kvm_vcpu;

#define KVM_MAX_VCPU 256
#define KVM_EXIT_KINDS 16
#define KVM_MAX_SLOTS 512
#define KVM_MAX_GSI 4096
#define KVM_MAX_ROUTES 4096

struct kvm_memslot {
	u16 id;
	u32 flags;
	u64 base_gfn, nr_pages;
	u64 hva;
	u64 *dirty;			/* chunked bitmap, NULL when logging is off */
};

enum kvm_bus { KVM_BUS_MMIO, KVM_BUS_PIO, KVM_NR_BUSES };
struct kvm_iodev;
struct kvm_iodev_ops {
	/* 0 handled, -EOPNOTSUPP: not mine (go on looking, in the end to the VMM) */
	int (*read)(struct kvm_vcpu *vcpu, struct kvm_iodev *d, u64 addr, u32 len, void *val);
	int (*write)(struct kvm_vcpu *vcpu, struct kvm_iodev *d, u64 addr, u32 len, const void *val);
	void (*release)(struct kvm_iodev *d);	/* bus drops it (VM end or unregister); may be NULL */
	bool is_uncounted;			/* not one of the bus's KVM_MAX_IODEVS, as Linux's ioeventfds */
};
struct kvm_iodev { const struct kvm_iodev_ops *ops; };

/* One route. irqchip routes: chip and pin; MSI: address and data. */
struct kvm_irq_route {
	u32 gsi, type;
	union {
		struct { u32 irqchip, pin; } irqchip;
		struct { u64 address; u32 data; } msi;
	};
};

enum vcpu_mode { VCPU_OUTSIDE_GUEST, VCPU_IN_GUEST };

/* Requests, bits of vcpu->requests; 8 and up belong to the architecture. */
#define KVM_REQ_TLB_FLUSH	0
#define KVM_REQ_VM_DEAD		1
#define KVM_REQ_UNHALT		2
#define KVM_REQ_ARCH(n)		(8 + (n))

/* Where guest pages are in the direct map; frame_cache.c has the rules. page NULL: empty. */
#define KVM_FRAME_ROLES 6		/* a page-table level each, and contents: they do not evict each other */
#define KVM_FRAME_CONTENTS 5
#define KVM_FRAME_WAYS 4
struct kvm_frame_cache {
	spinlock_t lock;
	u64 generation;			/* counts how often it was emptied */
	struct kvm_frame { u64 gfn; const void *page; } frame[KVM_FRAME_ROLES][KVM_FRAME_WAYS];
};

/* Where the bus table of that generation had an address; the vCPU's own thread only. */
struct kvm_bus_hint { u64 generation, addr; u32 upper; };

struct kvm_vcpu {
	struct arch_vcpu arch;
	struct kvm *kvm;
	u32 id, idx;			/* id: APIC id or hart id; idx: position in kvm->vcpus */
	struct mutex mutex;		/* held by every vCPU ioctl */
	struct kvm_run *run;		/* direct map, page 0; written by the app too: read each word once */
	void *pio_data;			/* page 1 of the mapping */
	struct thread *thread;		/* that is in KVM_RUN, else NULL */
	u32 cpu;			/* valid in guest mode */
	struct sched_notifier notifier;
	u32 mode;			/* enum vcpu_mode */
	u64 requests;
	struct waitqueue wq;		/* halted vCPU sleeps here */
	u32 mp_state;
	u64 sigmask;
	bool sigmask_active;
	struct pt_cache pt_cache;
	struct kvm_frame_cache frames;
	struct kvm_bus_hint bus_hint[KVM_NR_BUSES];
	u32 trace_id;			/* VM << 16 | vCPU */
	u64 stat_kind[KVM_EXIT_KINDS];	/* exits, by arch_exit_kind[] */
	u64 stat_exits, stat_halts, stat_irq, stat_mmio, stat_pio, stat_faults;
	struct list vm_link;
};

struct kvm {
	struct arch_vm arch;
	struct proc *proc;
	u32 refs;			/* VM fd and each vCPU fd */
	bool dead;
	struct mutex lock;		/* creation of vCPUs, irqchip, devices */
	struct mutex slots_lock;
	struct kvm_slots *slots;	/* epoch protected */
	struct pt s2pt;
	struct mm_notifier notifier;
	u64 invalidate_seq, invalidate_start, invalidate_end;
	u32 invalidate_in_progress;
	/* Under s2pt.lock: a slot that is in no table any more, but still mapped. */
	u64 retiring_hva, retiring_gfn, retiring_pages;
	u32 flushing;			/* leaves were removed, the flush for them has not ended; atomic */
	u32 nr_vcpus;			/* in vcpus[] */
	u32 created_vcpus;		/* those, and those that are being made; under lock */
	struct kvm_vcpu *vcpus[KVM_MAX_VCPU];
	struct kvm_bus_table *bus[KVM_NR_BUSES];	/* epoch protected */
	struct kvm_routing *routing;			/* epoch protected */
	struct list irqfds, ioeventfds, coalesced_zones;
	struct mutex irqfd_lock;	/* irqfds and who changes resamplers */
	struct kvm_resamplers *resamplers;		/* epoch protected */
	struct kvm_coalesced_mmio_ring *coalesced_ring;	/* page 2 of every vCPU's mapping */
	spinlock_t coalesced_lock;
	struct list vm_list_link;	/* kernel/kvm/stat.c */
	u32 stat_id;			/* counts up from boot */
	char name[32];
};

struct fact_text;
/* Under kvm->lock: creation of a vCPU has begun, and what vCPUs are made with is fixed. */
static inline bool kvm_has_vcpus(const struct kvm *kvm)
{
	return kvm->created_vcpus;
}
void kvm_tell_stats(struct fact_text *t);	/* every VM and vCPU */
int kvm_init(void);			/* registers /dev/kvm; 0, or -ENODEV and a log line why */

/* --- kernel/kvm, called by the architecture --- */
/* Readers of what is "epoch protected" are between enter and exit; who replaced it waits, then frees the old. */
u32 kvm_epoch_enter(void);		/* any context, nests; returns a token */
void kvm_epoch_exit(u32 token);
void kvm_epoch_wait(void);		/* may sleep; not inside a section */
static inline void kvm_make_request(struct kvm_vcpu *v, u32 req) { __atomic_fetch_or(&v->requests, BIT(req), __ATOMIC_SEQ_CST); }
static inline bool kvm_request_pending(const struct kvm_vcpu *v) { return READ_ONCE(v->requests) != 0; }
static inline bool kvm_check_request(struct kvm_vcpu *v, u32 req)
{
	if (!(READ_ONCE(v->requests) & BIT(req)))
		return false;
	__atomic_fetch_and(&v->requests, ~BIT(req), __ATOMIC_SEQ_CST);
	return true;
}
/* Wakes a halted vCPU or makes a running one leave guest mode. Any context. */
void kvm_vcpu_kick(struct kvm_vcpu *v);
/* Every vCPU of the VM takes @req before it enters again; returns when none is in guest mode with the old state. */
void kvm_make_all_request(struct kvm *kvm, u32 req);
/* Sleeps until @runnable or a signal. 0 or -EINTR. */
int kvm_vcpu_block(struct kvm_vcpu *v, bool (*runnable)(struct kvm_vcpu *v)) __must_check;
struct kvm_vcpu *kvm_vcpu_by_id(struct kvm *kvm, u32 id);

enum kvm_fault_result { KVM_FAULT_FIXED, KVM_FAULT_RETRY, KVM_FAULT_MMIO, KVM_FAULT_EFAULT, KVM_FAULT_NOMEM };
/* Second-stage fault: resolves and maps. MMIO: no slot, or write to a read-only slot. Interrupts on. */
enum kvm_fault_result kvm_page_fault(struct kvm_vcpu *v, gpa_t gpa, u32 prot_wanted);
/* Guest memory through slots, bounds checked, 0 or -EFAULT; marks dirty. In the owning process's context. */
int kvm_read_guest(struct kvm *kvm, gpa_t gpa, void *buf, size_t n) __must_check;
int kvm_write_guest(struct kvm *kvm, gpa_t gpa, const void *buf, size_t n) __must_check;
/* Atomic compare-exchange of 1,2,4,8 bytes (aligned). 0, -EAGAIN value differed (*old updated), -EFAULT */
int kvm_cmpxchg_guest(struct kvm *kvm, gpa_t gpa, void *old, const void *new, size_t n) __must_check;
/* With the lock of v->frames held: the page, readable until it is released; NULL: not cached. */
const void *kvm_frames_find(const struct kvm_frame_cache *c, u32 role, u64 gfn);
/* Brings a page in, without the lock. 0; -EAGAIN: memory is changing; -EFAULT, -ENOMEM: read it by kvm_read_guest(). */
int kvm_frames_fill(struct kvm_vcpu *v, u32 role, u64 gfn) __must_check;
const struct kvm_memslot *kvm_slot_of(struct kvm *kvm, gpa_t gpa);

/* In-kernel devices and eventfds: 0 handled, -EOPNOTSUPP: exit to the VMM. Lock-free. */
int kvm_io_read(struct kvm_vcpu *v, enum kvm_bus bus, u64 addr, u32 len, void *val);
int kvm_io_write(struct kvm_vcpu *v, enum kvm_bus bus, u64 addr, u32 len, const void *val);
int kvm_io_register(struct kvm *kvm, enum kvm_bus bus, u64 addr, u64 len, struct kvm_iodev *d);
int kvm_io_unregister(struct kvm *kvm, enum kvm_bus bus, struct kvm_iodev *d);

/* Who drives a line: a pin is high while any source holds it high. */
enum kvm_irq_source { KVM_IRQ_SOURCE_VMM, KVM_IRQ_SOURCE_RESAMPLE, KVM_IRQ_SOURCE_PIT };
/* GSI -> routes -> arch_irq_deliver. Any context. >0 delivered, 0 coalesced, <0 masked or none. */
int kvm_set_irq_from(struct kvm *kvm, enum kvm_irq_source source, u32 gsi, int level);
static inline int kvm_set_irq(struct kvm *kvm, u32 gsi, int level) { return kvm_set_irq_from(kvm, KVM_IRQ_SOURCE_VMM, gsi, level); }
/* GSI that is routed to the chip's pin, or -1. Any context. */
int kvm_gsi_of_pin(struct kvm *kvm, u32 irqchip, u32 pin);
/* For an EOI in an irqchip: fires resample irqfds. */
void kvm_notify_acked_irq(struct kvm *kvm, u32 irqchip, u32 pin);
/* @n entries as the app gave them; replaces all routes. */
long kvm_set_routing(struct kvm *kvm, const struct kvm_irq_routing_entry *e, u32 n);
long kvm_send_msi(struct kvm *kvm, const struct kvm_msi *m);	/* as kvm_set_irq, or -EINVAL */
/* Is there a route of a GSI below @nr_gsi for which @match says so? Any context. */
bool kvm_routes_any(struct kvm *kvm, u32 nr_gsi, bool (*match)(const struct kvm_irq_route *r, u32 arg), u32 arg);
int kvm_set_default_routing(struct kvm *kvm);	/* from arch_default_routes(), at KVM_CREATE_IRQCHIP */

/* --- the architecture, called by kernel/kvm --- */
int arch_kvm_init(void);			/* all CPUs into host mode (EFER.SVME...) */
extern const struct pt_format *arch_s2pt_format;
u32 arch_s2pt_levels(void);
long arch_dev_ioctl(u32 cmd, u64 arg);		/* /dev/kvm commands that are the architecture's; -ENOTTY */
int arch_check_extension(struct kvm *kvm, u64 cap);	/* <0: not mine (neutral code answers) */
int arch_vm_init(struct kvm *kvm, u64 type);
void arch_vm_destroy(struct kvm *kvm);
long arch_vm_ioctl(struct kvm *kvm, u32 cmd, u64 arg);	/* -ENOTTY */
int arch_vcpu_create(struct kvm_vcpu *v);
void arch_vcpu_postcreate(struct kvm_vcpu *v);	/* visible in kvm->vcpus now */
void arch_vcpu_destroy(struct kvm_vcpu *v);
void arch_vcpu_sched_out(struct kvm_vcpu *v);	/* leaves this CPU; preemption off */
/* KVM_RUN: vCPU mutex held, immediate_exit and signals are checked by the architecture's loop. 0 or -errno. */
int arch_vcpu_run(struct kvm_vcpu *v);
long arch_vcpu_ioctl(struct kvm_vcpu *v, u32 cmd, u64 arg);	/* -ENOTTY */
int arch_get_mp_state(struct kvm_vcpu *v, u32 *state);
int arch_set_mp_state(struct kvm_vcpu *v, u32 state);
bool arch_irqchip_present(struct kvm *kvm);
bool arch_irqfd_allowed(struct kvm *kvm, bool resample);
int arch_irq_route_check(struct kvm *kvm, const struct kvm_irq_route *r);	/* 0 or -EINVAL */
int arch_irq_deliver(struct kvm *kvm, const struct kvm_irq_route *r, enum kvm_irq_source source, int level);	/* as kvm_set_irq */
u32 arch_default_routes(struct kvm *kvm, struct kvm_irq_route *out, u32 max);
extern const char *const arch_exit_kind[KVM_EXIT_KINDS];	/* names; NULL: not used */
void arch_flush_s2_tlb(struct kvm_vcpu *v);	/* on KVM_REQ_TLB_FLUSH, before entry */

#endif
