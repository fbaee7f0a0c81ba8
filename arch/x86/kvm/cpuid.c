/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpuid.c - CPUID as guests see it
 *
 * What a VMM may set is a table: a leaf, and for each register the host's bits
 * that we can give. Dynamic parts are added when the guest asks.
 */
#include <errno.h>
#include <string.h>
#include <socle/mem.h>
#include <socle/time.h>
#include <asm/fpu.h>
#include <asm/io.h>
#include "vcpu.h"

#define KVM_SIGNATURE_LEAF	0x40000000u
#define KVM_FEATURES_LEAF	0x40000001u
#define KVM_TIMING_LEAF		0x40000010u
#define SUPPORTED_MAX		48u
#define ALL			~0u

struct leaf_row {
	u32 leaf, index;
	bool indexed;
	u32 eax, ebx, ecx, edx;		/* masks over the host's values */
};

static const struct leaf_row rows[] = {
	{ 0x0, 0, false, ALL, ALL, ALL, ALL },
	/* ecx: SSE3 PCLMUL SSSE3 FMA CX16 PCID SSE4.1 SSE4.2 MOVBE POPCNT AES XSAVE AVX F16C RDRAND */
	{ 0x1, 0, false, ALL, 0x0000ff00, 0x76da3203, 0x0783fbff },
	{ 0x2, 0, false, ALL, ALL, ALL, ALL },
	{ 0x4, 0, true, ALL, ALL, ALL, ALL },
	{ 0x4, 1, true, ALL, ALL, ALL, ALL },
	{ 0x4, 2, true, ALL, ALL, ALL, ALL },
	{ 0x4, 3, true, ALL, ALL, ALL, ALL },
	/* ebx: FSGSBASE BMI1 AVX2 SMEP BMI2 ERMS RDSEED ADX SMAP CLFLUSHOPT CLWB SHA; ecx: UMIP LA57 */
	{ 0x7, 0, true, 0, 0x219c03a9, 0x00010004, 0 },
	{ 0xd, 0, true, 7, ALL, ALL, 0 },
	{ 0xd, 1, true, 1, 0, 0, 0 },
	{ 0xd, 2, true, ALL, ALL, ALL, ALL },
	{ 0x80000000, 0, false, ALL, ALL, ALL, ALL },
	/* ecx: LAHF ABM SSE4A misaligned 3DNow prefetch; edx: SYSCALL NX 1G LM and the copies of leaf 1 */
	{ 0x80000001, 0, false, ALL, ALL, 0x000001e1, 0x2583fbff },
	{ 0x80000002, 0, false, ALL, ALL, ALL, ALL },
	{ 0x80000003, 0, false, ALL, ALL, ALL, ALL },
	{ 0x80000004, 0, false, ALL, ALL, ALL, ALL },
	{ 0x80000005, 0, false, ALL, ALL, ALL, ALL },
	{ 0x80000006, 0, false, ALL, ALL, ALL, ALL },
	{ 0x80000008, 0, false, 0xffff, 0, 0, 0 },
};

const struct kvm_cpuid_entry2 *kvm_find_cpuid(struct kvm_vcpu *v, u32 leaf, u32 index)
{
	for (u32 i = 0; i < v->arch.nr_cpuid; i++) {
		const struct kvm_cpuid_entry2 *e = &v->arch.cpuid[i];

		if (e->function == leaf &&
		    (!(e->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) || e->index == index))
			return e;
	}
	return NULL;
}

static u32 reg_of(const struct kvm_cpuid_entry2 *e, u32 reg)
{
	const u32 regs[4] = { e->eax, e->ecx, e->edx, e->ebx };

	return regs[reg & 3];
}

bool kvm_guest_has(struct kvm_vcpu *v, u32 leaf, u32 index, u32 reg, u32 bit)
{
	const struct kvm_cpuid_entry2 *e = kvm_find_cpuid(v, leaf, index);

	return e && (reg_of(e, reg) >> bit & 1);
}

struct cr4_row { u64 cr4; u32 leaf, reg, bit; };
static const struct cr4_row cr4_rows[] = {
	{ CR4_UMIP, 7, REG_RCX, 2 }, { CR4_LA57, 7, REG_RCX, 16 }, { BIT(16), 7, REG_RBX, 0 },
	{ CR4_PCIDE, 1, REG_RCX, 17 }, { CR4_OSXSAVE, 1, REG_RCX, 26 }, { CR4_SMEP, 7, REG_RBX, 7 },
	{ CR4_SMAP, 7, REG_RBX, 20 },
};

/* Before CPUID is set a vCPU may have the states of a plain x86-64 CPU. */
void kvm_cpuid_derive(struct kvm_vcpu *v)
{
	const struct kvm_cpuid_entry2 *e;
	bool none = !v->arch.nr_cpuid;

	v->arch.cr4_allowed = 0x7ff;
	for (u32 i = 0; i < ARRAY_SIZE(cr4_rows); i++)
		if (kvm_guest_has(v, cr4_rows[i].leaf, 0, cr4_rows[i].reg, cr4_rows[i].bit))
			v->arch.cr4_allowed |= cr4_rows[i].cr4;
	v->arch.efer_allowed = EFER_SCE;
	if (none || kvm_guest_has(v, 0x80000001, 0, REG_RDX, 29))
		v->arch.efer_allowed |= EFER_LME | EFER_LMA;
	if (none || kvm_guest_has(v, 0x80000001, 0, REG_RDX, 20))
		v->arch.efer_allowed |= EFER_NX;
	e = kvm_find_cpuid(v, 0xd, 0);
	v->arch.xcr0_allowed = (e ? e->eax & 7 & fpu_host_xcr0() : 0) | 1;
	e = kvm_find_cpuid(v, 0x80000008, 0);
	v->arch.maxphyaddr = e ? e->eax & 0xff : 36;
	if (v->arch.maxphyaddr < 32 || v->arch.maxphyaddr > 52)
		v->arch.maxphyaddr = 36;
	v->arch.cr3_reserved = ~0ull << v->arch.maxphyaddr;
}

/* The leaf that answers: beyond the last basic leaf the last one, as Intel's CPUs do; AMD's give zeros. */
bool kvm_cpuid(struct kvm_vcpu *v, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx)
{
	u32 leaf = *eax, index = *ecx;
	const struct kvm_cpuid_entry2 *e = kvm_find_cpuid(v, leaf, index);

	*eax = *ebx = *ecx = *edx = 0;
	if (leaf == KVM_TIMING_LEAF && kvm_find_cpuid(v, KVM_SIGNATURE_LEAF, 0)) {
		*eax = v->arch.tsc_khz;
		*ebx = (u32)(1000000 / v->kvm->arch.apic_bus_ns);
		return true;
	}
	if (!e)
		return false;
	*eax = e->eax;
	*ebx = e->ebx;
	*ecx = e->ecx;
	*edx = e->edx;
	if (leaf == 1)
		*ecx = (*ecx & ~(u32)BIT(27)) | (v->arch.cr4 & CR4_OSXSAVE ? (u32)BIT(27) : 0);
	if (leaf == 0xd && index == 0)
		*ebx = v->arch.xcr0 & 4 ? MAX(*ebx, 832u) : 576;
	return true;
}

static u32 fill_supported(struct kvm_cpuid_entry2 *out)
{
	u32 n = 0;

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct leaf_row *r = &rows[i];
		struct cpuid_regs h = cpuid(r->leaf, r->index);

		if (r->leaf > cpuid(r->leaf & 0x80000000, 0).eax)
			continue;
		out[n++] = (struct kvm_cpuid_entry2){
			.function = r->leaf, .index = r->index,
			.flags = r->indexed ? KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0,
			.eax = h.eax & r->eax, .ebx = h.ebx & r->ebx, .ecx = h.ecx & r->ecx, .edx = h.edx & r->edx };
	}
	out[n++] = (struct kvm_cpuid_entry2){ .function = KVM_SIGNATURE_LEAF, .eax = KVM_TIMING_LEAF,
		.ebx = 0x4b4d564b, .ecx = 0x564b4d56, .edx = 0x4d };	/* "KVMKVMKVM" */
	out[n++] = (struct kvm_cpuid_entry2){ .function = KVM_FEATURES_LEAF };
	return n;
}

long kvm_supported_cpuid(u32 cmd, u64 app)
{
	struct kvm_cpuid_entry2 *e;
	struct kvm_cpuid2 head;
	long err = 0;
	u32 n;

	if (cmd != (u32)KVM_GET_SUPPORTED_CPUID)
		return -ENOTTY;
	if (copy_from_app(&head, app, sizeof(head)))
		return -EFAULT;
	e = kmalloc(SUPPORTED_MAX * sizeof(*e));
	if (!e)
		return -ENOMEM;
	n = fill_supported(e);
	if (head.nent < n)
		err = -E2BIG;
	else if (copy_to_app(app + sizeof(head), e, n * sizeof(*e)))
		err = -EFAULT;
	head.nent = n;
	if (err != -EFAULT && copy_to_app(app, &head, sizeof(head)))
		err = -EFAULT;
	kfree(e);
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
	kfree(v->arch.cpuid);
	v->arch.cpuid = e;
	v->arch.nr_cpuid = head.nent;
	kvm_cpuid_derive(v);
	return 0;
}

static long get_cpuid2(struct kvm_vcpu *v, u64 app)
{
	struct kvm_cpuid2 head;
	u32 n = v->arch.nr_cpuid;
	bool fits;

	if (copy_from_app(&head, app, sizeof(head)))
		return -EFAULT;
	fits = head.nent >= n;
	if (fits && n && copy_to_app(app + sizeof(head), v->arch.cpuid, n * sizeof(*v->arch.cpuid)))
		return -EFAULT;
	head.nent = n;
	if (copy_to_app(app, &head, sizeof(head)))
		return -EFAULT;
	return fits ? 0 : -E2BIG;
}

long kvm_cpuid_ioctl(struct kvm_vcpu *v, u32 cmd, u64 app)
{
	if (cmd == (u32)KVM_SET_CPUID2)
		return set_cpuid2(v, app);
	if (cmd == (u32)KVM_GET_CPUID2)
		return get_cpuid2(v, app);
	return -ENOTTY;
}
