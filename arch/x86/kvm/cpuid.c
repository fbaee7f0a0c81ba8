/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpuid.c - CPUID as a guest sees it
 *
 * When CPUID is set, each entry becomes a slot in a small hash by leaf, and
 * everything that follows from it is computed once: KVM's block, the bits that
 * control registers may have. On an exit a slot is found and its four registers
 * are given out; a slot whose contents follow the vCPU's state has a function.
 */
#include <errno.h>
#include <string.h>
#include <socle/clock.h>
#include <socle/mem.h>
#include <socle/time.h>
#include <socle/trace.h>
#include <asm/fpu.h>
#include <asm/io.h>
#include "cpuid_table.h"
#include "vcpu.h"

typedef void (*dyn_fn)(struct kvm_vcpu *v, u32 r[4]);

/* Registers in the order of their encoding: eax ecx edx ebx. */
struct cpuid_slot {
	u32 leaf, index;
	u32 r[4];
	u16 next;			/* index + 1 */
	bool indexed;
	dyn_fn dyn;
};

static struct cpuid_host host;

static void read_cpu(u32 leaf, u32 index, u32 out[4])
{
	struct cpuid_regs r = cpuid(leaf, index);

	out[0] = r.eax;
	out[1] = r.ebx;
	out[2] = r.ecx;
	out[3] = r.edx;
}

void kvm_cpuid_init(void)
{
	host = (struct cpuid_host){
		.read = read_cpu, .xcr0 = fpu_host_xcr0(), .tsc_is_stable = clock_tsc_is_stable(), .apic_khz = 1000000,
		.pv_features = (u32)(BIT(PV_CLOCKSOURCE) | BIT(PV_NOP_IO_DELAY) | BIT(PV_CLOCKSOURCE2) | BIT(PV_STEAL_TIME) |
				     BIT(PV_EOI) | BIT(PV_UNHALT) | BIT(PV_SEND_IPI) | BIT(PV_SCHED_YIELD) | BIT(PV_CLOCKSOURCE_STABLE)),
	};
}

const struct cpuid_host *kvm_cpuid_host(void)
{
	host.tsc_khz = (u32)clock_tsc_khz();	/* refined until the first VM exists */
	return &host;
}

static u32 bucket(u32 leaf)
{
	return (leaf + (leaf >> 26)) & (CPUID_BUCKETS - 1);
}

static struct cpuid_slot *find(const struct kvm_vcpu *v, u32 leaf, u32 index)
{
	u16 at = v->arch.cpuid_head[bucket(leaf)];

	while (at) {
		struct cpuid_slot *s = &v->arch.cpuid_slots[at - 1];

		if (s->leaf == leaf && (!s->indexed || s->index == index))
			return s;
		at = s->next;
	}
	return NULL;
}

const struct cpuid_slot *kvm_find_cpuid(const struct kvm_vcpu *v, u32 leaf, u32 index)
{
	return find(v, leaf, index);
}

bool kvm_guest_has(const struct kvm_vcpu *v, u32 leaf, u32 index, u32 reg, u32 bit)
{
	const struct cpuid_slot *s = find(v, leaf, index);

	return s && (s->r[reg & 3] >> bit & 1);
}

bool kvm_guest_has_pv(const struct kvm_vcpu *v, u32 feature)
{
	return v->arch.pv_features >> feature & 1;
}

static void set_bit(u32 *r, u32 bit, bool on)
{
	*r = on ? *r | (u32)BIT(bit) : *r & ~(u32)BIT(bit);
}

static void dyn_features(struct kvm_vcpu *v, u32 r[4])
{
	set_bit(&r[REG_RCX], 27, v->arch.cr4 & CR4_OSXSAVE);
	if (!(v->arch.apic_base & BIT(11)))
		set_bit(&r[REG_RDX], 9, false);
}

static void dyn_ospke(struct kvm_vcpu *v, u32 r[4])
{
	set_bit(&r[REG_RCX], 4, v->arch.cr4 & CR4_PKE);
}

static void dyn_xsave(struct kvm_vcpu *v, u32 r[4])
{
	r[REG_RBX] = cpuid_xsave_bytes(&host, v->arch.xcr0, false);
}

static void dyn_xsavec(struct kvm_vcpu *v, u32 r[4])
{
	if (r[REG_RAX] & (BIT(1) | BIT(3)))
		r[REG_RBX] = cpuid_xsave_bytes(&host, v->arch.xcr0 | v->arch.ia32_xss, true);
}

/* From the fields that RDTSC and the APIC timer follow, whatever the VMM put there. */
static void dyn_timing(struct kvm_vcpu *v, u32 r[4])
{
	r[REG_RAX] = v->arch.tsc_khz;
	r[REG_RBX] = (u32)(1000000 / v->kvm->arch.apic_bus_ns);
}

static void dyn_pv_features(struct kvm_vcpu *v, u32 r[4])
{
	if (v->kvm->arch.disabled_exits & KVM_X86_DISABLE_EXITS_HLT)
		set_bit(&r[REG_RAX], PV_UNHALT, false);
}

static const struct { u32 leaf, index; dyn_fn fn; } dyn_rows[] = {
	{ 1, 0, dyn_features }, { 7, 0, dyn_ospke }, { 0xd, 0, dyn_xsave }, { 0xd, 1, dyn_xsavec },
};

static dyn_fn dyn_of(const struct kvm_vcpu *v, u32 leaf, u32 index)
{
	u32 base = v->arch.kvm_cpuid_base;

	for (u32 i = 0; i < ARRAY_SIZE(dyn_rows); i++)
		if (dyn_rows[i].leaf == leaf && dyn_rows[i].index == index)
			return dyn_rows[i].fn;
	if (base && leaf == base + 1)
		return dyn_pv_features;
	if (base && leaf == base + KVM_TIMING_OFFSET && v->arch.kvm_cpuid_limit >= leaf)
		return dyn_timing;
	return NULL;
}

/* KVM's block may stand at any multiple of 0x100 from 0x40000000 on. */
static void find_kvm_block(struct kvm_vcpu *v, const struct kvm_cpuid_entry2 *e, u32 n)
{
	v->arch.kvm_cpuid_base = v->arch.kvm_cpuid_limit = 0;
	for (u32 i = 0; i < n; i++) {
		if ((e[i].function & ~0xff00u) != KVM_SIGNATURE_LEAF ||
		    e[i].ebx != 0x4b4d564b || e[i].ecx != 0x564b4d56 || e[i].edx != 0x4d)
			continue;
		if (v->arch.kvm_cpuid_base && v->arch.kvm_cpuid_base < e[i].function)
			continue;
		v->arch.kvm_cpuid_base = e[i].function;
		v->arch.kvm_cpuid_limit = e[i].eax ? e[i].eax : e[i].function + 1;
	}
}

/* First match wins, as on Linux: a bucket's chain is in the order of the list. */
static void link_slot(struct kvm_vcpu *v, u32 i)
{
	struct cpuid_slot *s = v->arch.cpuid_slots;
	u16 *at = &v->arch.cpuid_head[bucket(s[i].leaf)];

	while (*at)
		at = &s[*at - 1].next;
	*at = (u16)(i + 1);
}

static void fill_slot(struct kvm_vcpu *v, u32 i, const struct kvm_cpuid_entry2 *e)
{
	v->arch.cpuid_slots[i] = (struct cpuid_slot){
		.leaf = e->function, .index = e->index, .r = { e->eax, e->ecx, e->edx, e->ebx },
		.indexed = e->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
		.dyn = dyn_of(v, e->function, e->index),
	};
	link_slot(v, i);
}

/* The timing leaf answers when KVM's block reaches it, also if the VMM's list stops before. */
static bool needs_timing_slot(const struct kvm_vcpu *v, const struct kvm_cpuid_entry2 *e, u32 n)
{
	u32 leaf = v->arch.kvm_cpuid_base + KVM_TIMING_OFFSET;

	if (!v->arch.kvm_cpuid_base || v->arch.kvm_cpuid_limit < leaf)
		return false;
	for (u32 i = 0; i < n; i++)
		if (e[i].function == leaf)
			return false;
	return true;
}

int kvm_cpuid_replace(struct kvm_vcpu *v, struct kvm_cpuid_entry2 *e, u32 n)
{
	struct cpuid_slot *slots = kmalloc((n + 1) * sizeof(*slots));
	struct kvm_cpuid_entry2 timing = { 0 };

	if (!slots)
		return -ENOMEM;
	kvm_cpuid_free(v);
	v->arch.cpuid = e;
	v->arch.nr_cpuid = n;
	v->arch.cpuid_slots = slots;
	find_kvm_block(v, e, n);
	for (u32 i = 0; i < n; i++)
		fill_slot(v, i, &e[i]);
	if (needs_timing_slot(v, e, n)) {
		timing.function = v->arch.kvm_cpuid_base + KVM_TIMING_OFFSET;
		fill_slot(v, n, &timing);
	}
	kvm_cpuid_derive(v);
	return 0;
}

void kvm_cpuid_free(struct kvm_vcpu *v)
{
	kfree(v->arch.cpuid);
	kfree(v->arch.cpuid_slots);
	v->arch.cpuid = NULL;
	v->arch.cpuid_slots = NULL;
	v->arch.nr_cpuid = 0;
	memset(v->arch.cpuid_head, 0, sizeof(v->arch.cpuid_head));
}

/* Entry @i with what the guest sees now; @e has static parts of its own. */
static void fill_dynamic(struct kvm_vcpu *v, u32 i, struct kvm_cpuid_entry2 *e)
{
	u32 r[4];

	if (!v->arch.cpuid_slots[i].dyn)
		return;
	r[REG_RAX] = e->eax;
	r[REG_RBX] = e->ebx;
	r[REG_RCX] = e->ecx;
	r[REG_RDX] = e->edx;
	v->arch.cpuid_slots[i].dyn(v, r);
	e->eax = r[REG_RAX];
	e->ebx = r[REG_RBX];
	e->ecx = r[REG_RCX];
	e->edx = r[REG_RDX];
}

void kvm_cpuid_refresh(struct kvm_vcpu *v)
{
	for (u32 i = 0; i < v->arch.nr_cpuid; i++)
		fill_dynamic(v, i, &v->arch.cpuid[i]);
}

bool kvm_cpuid_equals(struct kvm_vcpu *v, struct kvm_cpuid_entry2 *e, u32 n)
{
	if (n != v->arch.nr_cpuid)
		return false;
	kvm_cpuid_refresh(v);
	for (u32 i = 0; i < n; i++) {
		const struct kvm_cpuid_entry2 *now = &v->arch.cpuid[i];

		if (e[i].function != now->function || e[i].index != now->index || e[i].flags != now->flags)
			return false;
		fill_dynamic(v, i, &e[i]);
		if (e[i].eax != now->eax || e[i].ebx != now->ebx || e[i].ecx != now->ecx || e[i].edx != now->edx)
			return false;
	}
	return true;
}

static u32 eax_of(const struct kvm_vcpu *v, u32 leaf, u32 index, u32 none)
{
	const struct cpuid_slot *s = find(v, leaf, index);

	return s ? s->r[REG_RAX] : none;
}

/* What RDX holds after a reset: family, model, stepping. */
u32 kvm_cpuid_signature(const struct kvm_vcpu *v)
{
	return eax_of(v, 1, 0, 0x600);
}

/* AMD's and Hygon's CPUs give zeros where Intel's repeat their last basic leaf. */
static bool is_amd(const struct cpuid_slot *leaf0)
{
	return (leaf0->r[REG_RBX] == 0x68747541 && leaf0->r[REG_RCX] == 0x444d4163) ||	/* "Auth" "cAMD" */
	       (leaf0->r[REG_RBX] == 0x6f677948 && leaf0->r[REG_RCX] == 0x656e6975);	/* "Hygo" "uine" */
}

bool kvm_cpuid_is_amd(const struct kvm_vcpu *v)
{
	const struct cpuid_slot *leaf0 = find(v, 0, 0);

	return leaf0 && is_amd(leaf0);
}

/*
 * A leaf beyond the last of its range. Hypervisor leaves are zeros always: who
 * reads 0x40000010 without looking at the maximum must not find something.
 */
static const struct cpuid_slot *out_of_range(const struct kvm_vcpu *v, u32 leaf, u32 index)
{
	const struct cpuid_slot *leaf0 = find(v, 0, 0), *class = find(v, leaf & 0x80000000, 0);

	if (!leaf0 || is_amd(leaf0) || (leaf >= 0x40000000 && leaf < 0x50000000))
		return NULL;
	if (class && leaf <= class->r[REG_RAX])
		return NULL;
	return find(v, leaf0->r[REG_RAX], index);
}

/* Topology leaves give the subleaf and the x2APIC id beyond their last level. */
static void missing_topology(const struct kvm_vcpu *v, u32 leaf, u32 index, u32 r[4])
{
	const struct cpuid_slot *s = leaf == 0xb || leaf == 0x1f ? find(v, leaf, 1) : NULL;

	if (!s)
		return;
	r[REG_RCX] = index & 0xff;
	r[REG_RDX] = s->r[REG_RDX];
}

static void no_such_leaf(struct kvm_vcpu *v, u32 leaf, u32 index, u32 r[4])
{
	const struct cpuid_slot *s = out_of_range(v, leaf, index);

	if (s) {
		__builtin_memcpy(r, s->r, sizeof(s->r));
		if (s->dyn)
			s->dyn(v, r);
	}
	missing_topology(v, leaf, index, r);
}

void kvm_cpuid(struct kvm_vcpu *v, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx)
{
	u32 leaf = *eax, index = *ecx, r[4] = { 0 };
	const struct cpuid_slot *s = find(v, leaf, index);

	trace(TRACE_kvm_cpuid, v->trace_id, leaf, index);
	if (likely(s)) {
		__builtin_memcpy(r, s->r, sizeof(r));	/* inline: this is the whole of most exits */
		if (s->dyn)
			s->dyn(v, r);
	} else {
		no_such_leaf(v, leaf, index, r);
	}
	*eax = r[REG_RAX];
	*ecx = r[REG_RCX];
	*edx = r[REG_RDX];
	*ebx = r[REG_RBX];
}

struct cr4_row { u64 cr4; u32 leaf, reg, bit; };
static const struct cr4_row cr4_rows[] = {
	{ BIT(0) | BIT(1), 1, REG_RDX, 1 },		/* VME, PVI */
	{ BIT(2), 1, REG_RDX, 4 }, { BIT(3), 1, REG_RDX, 2 }, { CR4_PSE, 1, REG_RDX, 3 },
	{ CR4_PAE, 1, REG_RDX, 6 }, { BIT(6), 1, REG_RDX, 7 }, { CR4_PGE, 1, REG_RDX, 13 },
	{ CR4_UMIP, 7, REG_RCX, 2 }, { CR4_LA57, 7, REG_RCX, 16 }, { CR4_FSGSBASE, 7, REG_RBX, 0 },
	{ CR4_PCIDE, 1, REG_RCX, 17 }, { CR4_OSXSAVE, 1, REG_RCX, 26 }, { CR4_SMEP, 7, REG_RBX, 7 },
	{ CR4_SMAP, 7, REG_RBX, 20 }, { CR4_PKE, 7, REG_RCX, 3 },
};
static const struct cr4_row efer_rows[] = {
	{ EFER_LME | EFER_LMA, 0x80000001, REG_RDX, 29 }, { EFER_NX, 0x80000001, REG_RDX, 20 },
	{ EFER_FFXSR, 0x80000001, REG_RDX, 25 }, { EFER_AUTOIBRS, 0x80000021, REG_RAX, 8 },
};

/* Bits that CPUID and the CPU itself have: else VMRUN would refuse the state. */
static u64 allowed_bits(const struct kvm_vcpu *v, const struct cr4_row *rows, u32 n)
{
	u64 bits = 0;
	u32 r[4], max[4];

	for (u32 i = 0; i < n; i++) {
		const u32 order[4] = { 0, 2, 3, 1 };	/* REG_* to eax ebx ecx edx */

		read_cpu(rows[i].leaf & 0x80000000, 0, max);
		read_cpu(rows[i].leaf, 0, r);
		if (rows[i].leaf <= max[0] && (r[order[rows[i].reg]] >> rows[i].bit & 1) &&
		    kvm_guest_has(v, rows[i].leaf, 0, rows[i].reg, rows[i].bit))
			bits |= rows[i].cr4;
	}
	return bits;
}

/* Before CPUID is set a vCPU may have the states of a plain x86-64 CPU. */
void kvm_cpuid_derive(struct kvm_vcpu *v)
{
	bool none = !v->arch.nr_cpuid;
	u32 phys = eax_of(v, 0x80000008, 0, 36) & 0xff;

	/* OSFXSR and OSXMMEXCPT, PCE have no bit of their own; */
	v->arch.cr4_allowed = none ? 0x7ff : BIT(8) | BIT(9) | BIT(10);
	v->arch.cr4_allowed |= allowed_bits(v, cr4_rows, ARRAY_SIZE(cr4_rows));
	v->arch.efer_allowed = EFER_SCE | (none ? EFER_LME | EFER_LMA | EFER_NX : 0);
	v->arch.efer_allowed |= allowed_bits(v, efer_rows, ARRAY_SIZE(efer_rows));
	v->arch.xcr0_allowed = (eax_of(v, 0xd, 0, 0) & host.xcr0) | 1;
	v->arch.maxphyaddr = phys < 32 || phys > 52 ? 36 : phys;
	v->arch.cr3_reserved = ~0ull << v->arch.maxphyaddr;
	v->arch.pv_features = v->arch.kvm_cpuid_base ? eax_of(v, v->arch.kvm_cpuid_base + 1, 0, 0) : 0;
}
