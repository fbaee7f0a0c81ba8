/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stat.c - what VMs and vCPUs did, one line each, from one table of counters
 */
#include "priv.h"
#include <socle/facts.h>

static struct list vms = LIST_INIT(vms);
static struct mutex vms_lock = MUTEX_INIT(vms_lock);
static u32 next_id;

static const struct { const char *name; size_t at; } counters[] = {
	{ "exits", offsetof(struct kvm_vcpu, stat_exits) },
	{ "halts", offsetof(struct kvm_vcpu, stat_halts) },
	{ "interrupts", offsetof(struct kvm_vcpu, stat_irq) },
	{ "faults", offsetof(struct kvm_vcpu, stat_faults) },
	{ "mmio", offsetof(struct kvm_vcpu, stat_mmio) },
	{ "pio", offsetof(struct kvm_vcpu, stat_pio) },
};

void kvm_stat_add(struct kvm *kvm)
{
	mutex_lock(&vms_lock);
	kvm->stat_id = next_id++;
	list_add_tail(&vms, &kvm->vm_list_link);
	mutex_unlock(&vms_lock);
}

void kvm_stat_del(struct kvm *kvm)
{
	mutex_lock(&vms_lock);
	list_del(&kvm->vm_list_link);
	mutex_unlock(&vms_lock);
}

static void tell_vcpu(struct fact_text *t, const struct kvm *kvm, const struct kvm_vcpu *v)
{
	fact_printf(t, "vm %u vcpu %u", kvm->stat_id, v->id);
	for (u32 i = 0; i < ARRAY_SIZE(counters); i++)
		fact_printf(t, " %s %lu", counters[i].name, READ_ONCE(*(const u64 *)(const void *)((const u8 *)v + counters[i].at)));
	for (u32 i = 0; i < KVM_EXIT_KINDS; i++)
		if (v->stat_kind[i] && arch_exit_kind[i])
			fact_printf(t, " exit_%s %lu", arch_exit_kind[i], v->stat_kind[i]);
	fact_printf(t, "\n");
}

static void tell_vm(struct fact_text *t, struct kvm *kvm)
{
	const struct pt *pt = &kvm->s2pt;

	fact_printf(t, "vm %u vcpus %u table_pages %lu leaves_4k %lu leaves_2m %lu leaves_1g %lu\n", kvm->stat_id,
		    kvm->nr_vcpus, pt->nr_table_pages, pt->nr_leaves[0], pt->nr_leaves[1], pt->nr_leaves[2]);
	mutex_lock(&kvm->lock);			/* no vCPU is taken back meanwhile */
	for (u32 i = 0; i < kvm->nr_vcpus; i++)
		tell_vcpu(t, kvm, kvm->vcpus[i]);
	mutex_unlock(&kvm->lock);
}

void kvm_tell_stats(struct fact_text *t)
{
	struct kvm *kvm;

	mutex_lock(&vms_lock);
	list_for_each(kvm, &vms, vm_list_link)
		tell_vm(t, kvm);
	mutex_unlock(&vms_lock);
}
