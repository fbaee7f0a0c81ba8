/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpuid_ioctl.c - the VMM reads and sets CPUID
 *
 * Errors are Linux's: E2BIG without a new count when the list is too short;
 * after the first KVM_RUN only the CPUID that is set already is accepted.
 */
#include <errno.h>
#include <string.h>
#include <socle/mem.h>
#include "cpuid_table.h"
#include "irqchip/irqchip.h"
#include "vcpu.h"

static long give_list(u64 app, const struct kvm_cpuid_entry2 *e, u32 n)
{
	struct kvm_cpuid2 head;

	if (copy_from_app(&head, app, sizeof(head)))
		return -EFAULT;
	if (head.nent < n)
		return -E2BIG;
	head.nent = n;
	if (n && copy_to_app(app + sizeof(head), e, n * sizeof(*e)))
		return -EFAULT;
	return copy_to_app(app, &head, sizeof(head)) ? -EFAULT : 0;
}

/* Instructions that we would emulate though the CPU lacks them: none, so the list is leaf 0 alone. */
static u32 fill_emulated(struct kvm_cpuid_entry2 *e)
{
	*e = (struct kvm_cpuid_entry2){ 0 };
	return 1;
}

long kvm_supported_cpuid(u32 cmd, u64 app)
{
	struct kvm_cpuid_entry2 *e;
	long err;
	u32 n;

	if (cmd != (u32)KVM_GET_SUPPORTED_CPUID && cmd != (u32)KVM_GET_EMULATED_CPUID)
		return -ENOTTY;
	e = kmalloc(CPUID_SUPPORTED_MAX * sizeof(*e));
	if (!e)
		return -ENOMEM;
	n = cmd == (u32)KVM_GET_EMULATED_CPUID ? fill_emulated(e)
					       : cpuid_table_fill(kvm_cpuid_host(), e, CPUID_SUPPORTED_MAX);
	err = give_list(app, e, n);
	kfree(e);
	return err;
}

/* Linear addresses have 48 or 57 bits. */
static bool is_valid(const struct kvm_cpuid_entry2 *e, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		u32 bits = e[i].eax >> 8 & 0xff;

		if (e[i].function == 0x80000008)
			return bits == 48 || bits == 57 || bits == 0;
	}
	return true;
}

/* Takes @e over. */
static long install(struct kvm_vcpu *v, struct kvm_cpuid_entry2 *e, u32 n)
{
	long err = 0;

	if (v->arch.has_run) {
		err = kvm_cpuid_equals(v, e, n) ? 0 : -EINVAL;
		kfree(e);
		return err;
	}
	err = is_valid(e, n) ? kvm_cpuid_replace(v, e, n) : -EINVAL;
	if (err)
		kfree(e);
	else
		lapic_set_version(v);
	return err;
}

static long set_cpuid2(struct kvm_vcpu *v, u64 app)
{
	struct kvm_cpuid_entry2 *e = NULL;
	struct kvm_cpuid2 head;

	if (copy_from_app(&head, app, sizeof(head)))
		return -EFAULT;
	if (head.nent > VCPU_MAX_CPUID)
		return -E2BIG;
	if (head.nent) {
		e = kmalloc(head.nent * sizeof(*e));
		if (!e)
			return -ENOMEM;
		if (copy_from_app(e, app + sizeof(head), head.nent * sizeof(*e))) {
			kfree(e);
			return -EFAULT;
		}
	}
	return install(v, e, head.nent);
}

/* The old form has no subleaves. */
static long set_cpuid(struct kvm_vcpu *v, u64 app)
{
	struct kvm_cpuid_entry2 *e = NULL;
	struct kvm_cpuid_entry old;
	struct kvm_cpuid head;

	if (copy_from_app(&head, app, sizeof(head)))
		return -EFAULT;
	if (head.nent > VCPU_MAX_CPUID)
		return -E2BIG;
	if (head.nent && !(e = kmalloc(head.nent * sizeof(*e))))
		return -ENOMEM;
	for (u32 i = 0; i < head.nent; i++) {
		if (copy_from_app(&old, app + sizeof(head) + i * sizeof(old), sizeof(old))) {
			kfree(e);
			return -EFAULT;
		}
		e[i] = (struct kvm_cpuid_entry2){ .function = old.function, .eax = old.eax, .ebx = old.ebx,
						  .ecx = old.ecx, .edx = old.edx };
	}
	return install(v, e, head.nent);
}

static long get_cpuid2(struct kvm_vcpu *v, u64 app)
{
	kvm_cpuid_refresh(v);
	return give_list(app, v->arch.cpuid, v->arch.nr_cpuid);
}

static const struct { u32 cmd; long (*fn)(struct kvm_vcpu *v, u64 app); } cmds[] = {
	{ (u32)KVM_SET_CPUID, set_cpuid }, { (u32)KVM_SET_CPUID2, set_cpuid2 }, { (u32)KVM_GET_CPUID2, get_cpuid2 },
};

long kvm_cpuid_ioctl(struct kvm_vcpu *v, u32 cmd, u64 app)
{
	for (u32 i = 0; i < ARRAY_SIZE(cmds); i++)
		if (cmds[i].cmd == cmd)
			return cmds[i].fn(v, app);
	return -ENOTTY;
}
