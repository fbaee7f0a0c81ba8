/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guest.c - the architecture's half of the KVM core: entry, guest accesses, second-stage format
 *
 * The entry follows the protocol of kernel/kvm/vcpu.c: interrupts off, publish
 * VCPU_IN_GUEST, then look at requests and interrupts. Leaves and tables carry
 * odd bits: the address is shifted and complemented, "not present" is not 0
 * alone.
 */
#include "guest.h"

#include <errno.h>
#include <string.h>
#include <socle/arch.h>
#include <socle/cpu.h>
#include <socle/process.h>
#include "../../../kernel/kvm/priv.h"
#include "files.h"
#include "sim.h"

/* --- second-stage format: bit 63 present, bit 62 table, bits 59-61 missing rights, address >> 4 below --- */

#define E_PRESENT	BIT(63)
#define E_TABLE		BIT(62)
#define E_NO(prot)	((u64)(~(prot) & 7u) << 59)
#define E_ADDRESS	GENMASK(58, 0)

static u64 make_table(hpa_t t) { return E_PRESENT | E_TABLE | t.v >> 4; }
static u64 make_leaf(hpa_t pa, u32 level, u32 prot) { (void)level; return E_PRESENT | E_NO(prot) | pa.v >> 4; }
static bool is_present(u64 e) { return e & E_PRESENT; }
static bool is_leaf(u64 e, u32 level) { (void)level; return !(e & E_TABLE); }
static hpa_t entry_address(u64 e, u32 level) { (void)level; return HPA((e & E_ADDRESS) << 4); }
static u32 entry_prot(u64 e) { return ~(e >> 59) & 7u; }
static u64 set_prot(u64 e, u32 prot) { return (e & ~E_NO(0)) | E_NO(prot); }

static const struct pt_format format = {
	.name = "fake", .leaf_levels = 7, .make_table = make_table, .make_leaf = make_leaf,
	.is_present = is_present, .is_leaf = is_leaf, .address = entry_address,
	.prot = entry_prot, .set_prot = set_prot,
};

const struct pt_format *arch_s2pt_format = &format;
u32 arch_s2pt_levels(void) { return 4; }

/* --- vCPU --- */

void arch_flush_s2_tlb(struct kvm_vcpu *v)
{
	memset(v->arch.tlb, 0, sizeof(v->arch.tlb));
}

bool guest_enter(struct kvm_vcpu *v, void (*in_guest)(struct kvm_vcpu *v, void *arg), void *arg)
{
	bool in;

	if (kvm_check_request(v, KVM_REQ_TLB_FLUSH))
		arch_flush_s2_tlb(v);
	preempt_disable();
	arch_irq_disable();
	v->cpu = cpu_id();	/* before the mode: kvm_vcpu_kick() reads them in the other order */
	sim_yield();
	__atomic_store_n(&v->mode, VCPU_IN_GUEST, __ATOMIC_SEQ_CST);
	sim_yield();
	in = !kvm_request_pending(v) && !sim_interrupt_pending();
	if (in) {
		sim_yield();
		in_guest(v, arg);
		sim_yield();
	}
	__atomic_store_n(&v->mode, VCPU_OUTSIDE_GUEST, __ATOMIC_RELEASE);
	sim_yield();
	arch_irq_enable();
	preempt_enable();
	return in;
}

struct access { u64 gpa, *value; u32 prot; bool done, fault; };

static struct fake_tlb_entry *tlb_fill(struct kvm_vcpu *v, struct access *a)
{
	struct fake_tlb_entry *e = &v->arch.tlb[v->arch.tlb_next++ % ARRAY_SIZE(v->arch.tlb)];
	u32 level, prot;
	hpa_t pa;

	if (!pt_lookup(&v->kvm->s2pt, a->gpa, &pa, &level, &prot) || (prot & a->prot) != a->prot)
		return NULL;
	sim_yield();
	*e = (struct fake_tlb_entry){ a->gpa & PAGE_MASK, 0, prot, true };
	e->pa = pa.v + (e->gpa & ((PAGE_SIZE << (9 * level)) - 1));
	return e;
}

static struct fake_tlb_entry *tlb_find(struct kvm_vcpu *v, const struct access *a)
{
	for (u32 i = 0; i < ARRAY_SIZE(v->arch.tlb); i++) {
		struct fake_tlb_entry *e = &v->arch.tlb[i];

		if (e->valid && e->gpa == (a->gpa & PAGE_MASK) && (e->prot & a->prot) == a->prot)
			return e;
	}
	return NULL;
}

/* In guest mode. A frame that the host took back is poisoned: the sanitizer stops us. */
static void do_access(struct kvm_vcpu *v, void *arg)
{
	struct access *a = arg;
	struct fake_tlb_entry *e = tlb_find(v, a);
	u64 *p;

	if (!e)
		e = tlb_fill(v, a);
	if (!e) {
		a->fault = true;
		return;
	}
	p = hpa_to_ptr(HPA(e->pa + (a->gpa & (PAGE_SIZE - 1) & ~7ul)));
	sim_yield();
	if (a->prot & PT_W)
		*p = *a->value;
	else
		*a->value = *p;
	a->done = true;
}

enum guest_result guest_access(struct kvm_vcpu *v, u64 gpa, bool write, u64 *value)
{
	struct access a = { .gpa = gpa, .value = value, .prot = write ? PT_W : PT_R };

	for (;;) {
		a.fault = false;
		if (!guest_enter(v, do_access, &a))
			continue;
		if (a.done)
			return GUEST_OK;
		switch (kvm_page_fault(v, GPA(gpa), a.prot)) {
		case KVM_FAULT_FIXED:
		case KVM_FAULT_RETRY:
			break;
		case KVM_FAULT_MMIO:
			return GUEST_MMIO;
		case KVM_FAULT_EFAULT:
			return GUEST_EFAULT;
		case KVM_FAULT_NOMEM:
			return GUEST_NO_MEMORY;
		}
	}
}

/* --- the rest of what kernel/kvm asks of an architecture --- */

int arch_kvm_init(void) { return 0; }
long arch_dev_ioctl(u32 cmd, u64 arg) { (void)cmd; (void)arg; return -ENOTTY; }
int arch_check_extension(struct kvm *kvm, u64 cap) { (void)kvm; (void)cap; return -1; }
long arch_vm_ioctl(struct kvm *kvm, u32 cmd, u64 arg) { (void)kvm; (void)cmd; (void)arg; return -ENOTTY; }
long arch_vcpu_ioctl(struct kvm_vcpu *v, u32 cmd, u64 arg) { (void)v; (void)cmd; (void)arg; return -ENOTTY; }
int arch_vcpu_run(struct kvm_vcpu *v) { (void)v; return -ENOSYS; }
void arch_vcpu_sched_out(struct kvm_vcpu *v) { (void)v; }

void arch_vcpu_postcreate(struct kvm_vcpu *v)
{
	sim_yield();
	v->arch.ready = true;
}

int arch_get_mp_state(struct kvm_vcpu *v, u32 *state)
{
	SIM_ASSERT(v->arch.ready);
	*state = v->mp_state;
	return 0;
}

int arch_set_mp_state(struct kvm_vcpu *v, u32 state) { v->mp_state = state; return 0; }
u64 signal_mask_begin(u64 mask) { return mask; }
void signal_mask_end(u64 saved) { (void)saved; }

/* --- interrupts: any route is a pin that counts --- */

bool arch_irqchip_present(struct kvm *kvm) { (void)kvm; return true; }
bool arch_irqfd_allowed(struct kvm *kvm, bool resample) { (void)kvm; (void)resample; return true; }
int arch_irq_route_check(struct kvm *kvm, const struct kvm_irq_route *r) { (void)kvm; (void)r; return 0; }
u32 arch_default_routes(struct kvm *kvm, struct kvm_irq_route *out, u32 max) { (void)kvm; (void)out; (void)max; return 0; }

int arch_irq_deliver(struct kvm *kvm, const struct kvm_irq_route *r, enum kvm_irq_source source, int level)
{
	(void)r;
	(void)source;
	if (level)
		__atomic_fetch_add(&kvm->arch.delivered, 1, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_add(&kvm->arch.lowered, 1, __ATOMIC_SEQ_CST);
	return 1;
}

int arch_vm_init(struct kvm *kvm, u64 type)
{
	if (type)
		return -EINVAL;
	kvm->arch.block = kmalloc(64);
	return kvm->arch.block ? 0 : -ENOMEM;
}

void arch_vm_destroy(struct kvm *kvm) { kfree(kvm->arch.block); }

int arch_vcpu_create(struct kvm_vcpu *v)
{
	sim_yield();
	v->arch.irqchip = READ_ONCE(v->kvm->arch.irqchip);
	sim_yield();
	v->arch.block = kmalloc(64);
	return v->arch.block ? 0 : -ENOMEM;
}

void arch_vcpu_destroy(struct kvm_vcpu *v) { kfree(v->arch.block); }

/* --- VM --- */

/* fds[0] is the VM, fds[1...] the vCPUs. */
static int fds[1 + 8];

struct kvm *guest_vm(u32 nr)
{
	struct file *f;
	struct kvm *kvm;

	fds[0] = (int)kvm_create_vm(0);
	SIM_ASSERT(fds[0] >= 0);
	f = fd_get(fds[0]);
	kvm = f->priv;
	for (u32 i = 0; i < nr; i++) {
		fds[1 + i] = (int)f->ops->ioctl(f, (u32)KVM_CREATE_VCPU, i);
		SIM_ASSERT(fds[1 + i] >= 0);
	}
	file_put(f);
	return kvm;
}

void guest_vm_free(struct kvm *kvm)
{
	guest_vm_free_fds(kvm->nr_vcpus);
}

void guest_vm_free_fds(u32 nr)
{
	for (u32 i = 0; i <= nr; i++)
		fake_close(fds[i]);
}

long guest_slot(struct kvm *kvm, u32 slot, u64 gpa, u64 pages, u64 hva, u32 flags)
{
	struct kvm_userspace_memory_region r = {
		.slot = slot, .flags = flags, .guest_phys_addr = gpa,
		.memory_size = pages << PAGE_SHIFT, .userspace_addr = hva,
	};

	return kvm_set_memory_region(kvm, &r);
}

const char *const arch_exit_kind[KVM_EXIT_KINDS] = { "any" };
