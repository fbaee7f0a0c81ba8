/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpuid_table.c - what of CPUID a guest may get, as a table over the host's values
 *
 * A row: leaf, for each register the bits that pass from the host, the bits that
 * are set because we emulate them, and how its subleaves are found. What has no
 * row is not reported: SVM, VMX, SGX, performance counters, AMX, CET, PT (the
 * state is not switched) and 0x15/0x16 (the rate would be wrong with scaling; the
 * timing leaf 0x40000010 says it).
 *
 * Bits: Intel SDM vol. 2, CPUID; AMD APM vol. 3, appendix E.
 */
#include "cpuid_table.h"

#define ALL	~0u
#define B(n)	(1u << (n))
#define B2(a, b) (B(a) | B(b))
#define B4(a, b, c, d) (B2(a, b) | B2(c, d))
#define SPAN(lo, hi) ((~0u >> (31 - (hi))) & (~0u << (lo)))

enum { EAX, EBX, ECX, EDX };

enum kind {
	ONE,			/* no subleaves */
	INDEX,			/* this subleaf */
	UNTIL_NULL,		/* subleaves from 0 while the low five bits of EAX are not 0 */
	XSTATE,			/* leaf 0xd */
};

struct row {
	u32 leaf, index;
	enum kind kind;
	u32 pass[4], set[4];
};

/* In leaf 1 and in 0x80000001: FPU VME DE PSE TSC MSR PAE MCE CX8 APIC, MTRR PGE MCA CMOV PAT PSE36, MMX FXSR */
#define EDX_COMMON	(SPAN(0, 9) | SPAN(12, 17) | B2(23, 24))

static const struct row rows[] = {
	{ 0, 0, ONE, { ALL, ALL, ALL, ALL }, { 0 } },
	/* ecx: SSE3 PCLMUL SSSE3 FMA CX16 PCID SSE4.1 SSE4.2 MOVBE POPCNT AES XSAVE AVX F16C RDRAND;
	 * edx: and SEP CLFLUSH SSE SSE2; ours: x2APIC, TSC deadline, the hypervisor bit */
	{ 1, 0, ONE, { ALL, SPAN(8, 15),
		B4(0, 1, 9, 12) | B4(13, 17, 19, 20) | B4(22, 23, 25, 26) | B2(28, 29) | B(30),
		EDX_COMMON | B4(11, 19, 25, 26) }, { 0, 0, B4(21, 24, 31, 31), 0 } },
	{ 2, 0, ONE, { ALL, ALL, ALL, ALL }, { 0 } },
	{ 4, 0, UNTIL_NULL, { 0x3fff, ALL, ALL, ALL }, { 0 } },
	{ 5, 0, ONE, { 0 }, { 0 } },			/* no MWAIT */
	{ 6, 0, ONE, { 0 }, { B(2), 0, 0, 0 } },	/* the APIC timer never stops */
	/* ebx: FSGSBASE BMI1 AVX2 FDP-exception SMEP BMI2 ERMS INVPCID, no FCS/FDS, AVX512F DQ RDSEED ADX SMAP
	 * IFMA CLFLUSHOPT CLWB CD SHA BW VL; ours: TSC_ADJUST
	 * ecx: VBMI UMIP PKU VBMI2 GFNI VAES VPCLMULQDQ VNNI BITALG VPOPCNTDQ LA57 RDPID CLDEMOTE MOVDIRI MOVDIR64B
	 * edx: 4VNNIW 4FMAPS FSRM VP2INTERSECT MD_CLEAR SERIALIZE FP16 SPEC_CTRL STIBP L1D_FLUSH SSBD */
	{ 7, 0, INDEX, { 2,
		B4(0, 3, 5, 6) | B4(7, 8, 9, 10) | B4(13, 16, 17, 18) | B4(19, 20, 21, 23) | B4(24, 28, 29, 30) | B(31),
		B4(1, 2, 3, 6) | SPAN(8, 12) | B4(14, 16, 22, 25) | B2(27, 28),
		B4(2, 3, 4, 8) | B4(10, 14, 23, 26) | B2(27, 28) | B(31) }, { 0, B(1), 0, 0 } },
	/* SHA512 SM3 SM4 AVX-VNNI BF16 CMPCCXADD FZRM FSRS FSRC AVX-IFMA; VNNI-INT8 NE-CONVERT VNNI-INT16 PREFETCHI */
	{ 7, 1, INDEX, { SPAN(0, 2) | B4(4, 5, 7, 10) | B2(11, 12) | B(23), 0, 0, B4(4, 5, 10, 14) }, { 0 } },
	{ 7, 2, INDEX, { 0, 0, 0, SPAN(0, 5) }, { 0 } },	/* PSFD IPRED RRSBA DDPD_U BHI MCDT_NO */
	{ 0xa, 0, ONE, { 0 }, { 0 } },			/* no counters */
	{ 0xb, 0, INDEX, { 0 }, { 0 } },		/* topology is the VMM's */
	{ 0xd, 0, XSTATE, { 0 }, { 0 } },
	{ 0x1f, 0, INDEX, { 0 }, { 0 } },
	{ 0x80000000, 0, ONE, { ALL, ALL, ALL, ALL }, { 0 } },
	/* ecx: LAHF CMP_LEGACY CR8_LEGACY ABM SSE4A misaligned-SSE prefetch OSVW XOP FMA4 TBM TOPOEXT
	 * edx: and SYSCALL NX MMXEXT FXSR_OPT 1G RDTSCP LM 3DNow */
	{ 0x80000001, 0, ONE, { ALL, 0,
		B4(0, 1, 4, 5) | B4(6, 7, 8, 9) | B4(11, 16, 21, 22),
		EDX_COMMON | B4(11, 20, 22, 25) | B4(26, 27, 29, 30) | B(31) }, { 0 } },
	{ 0x80000002, 0, ONE, { ALL, ALL, ALL, ALL }, { 0 } },
	{ 0x80000003, 0, ONE, { ALL, ALL, ALL, ALL }, { 0 } },
	{ 0x80000004, 0, ONE, { ALL, ALL, ALL, ALL }, { 0 } },
	{ 0x80000005, 0, ONE, { ALL, ALL, ALL, ALL }, { 0 } },
	{ 0x80000006, 0, ONE, { ALL, ALL, ALL, ALL }, { 0 } },
	{ 0x80000007, 0, ONE, { 0, 0, 0, B(8) }, { 0 } },	/* invariant TSC */
	/* ebx: CLZERO XSAVEERPTR WBNOINVD IBPB IBRS STIBP STIBP-always SSBD VIRT_SSBD SSB_NO PSFD BTC_NO IBPB_RET */
	{ 0x80000008, 0, ONE, { 0xffff,
		B4(0, 2, 9, 12) | B4(14, 15, 17, 24) | B4(25, 26, 28, 29) | B(30), 0, 0 }, { 0 } },
	{ 0x80000019, 0, ONE, { ALL, ALL, 0, 0 }, { 0 } },
	{ 0x8000001a, 0, ONE, { 7, 0, 0, 0 }, { 0 } },
	{ 0x8000001d, 0, UNTIL_NULL, { 0x3fff, ALL, ALL, ALL }, { 0 } },
	{ 0x8000001e, 0, ONE, { 0 }, { 0 } },		/* topology is the VMM's */
	/* no nested data breakpoints, LFENCE serialises, null selector clears base, automatic IBRS, no SMM_CTL,
	 * SBPB IBPB_BRTYPE SRSO_NO */
	{ 0x80000021, 0, ONE, { B4(0, 2, 6, 8) | B4(9, 27, 28, 29), 0, 0, 0 }, { 0 } },
};

static void read_host(const struct cpuid_host *h, u32 leaf, u32 index, u32 out[4])
{
	u32 max[4];

	h->read(leaf & 0x80000000, 0, max);
	out[EAX] = out[EBX] = out[ECX] = out[EDX] = 0;
	if (leaf <= max[EAX])
		h->read(leaf, index, out);
}

static bool host_has(const struct cpuid_host *h, u32 leaf, u32 reg, u32 bit)
{
	u32 r[4];

	read_host(h, leaf, 0, r);
	return r[reg] & B(bit);
}

/* Features that mean nothing without the register state that XSAVE keeps. */
struct need { u64 xcr0; u32 leaf, index, reg, bits; };
static const struct need needs[] = {
	{ 1, 1, 0, ECX, B(26) },
	{ 4, 1, 0, ECX, B2(12, 28) | B(29) },
	{ 4, 7, 0, EBX, B(5) },
	{ 4, 7, 0, ECX, B2(9, 10) },
	{ 4, 7, 1, EAX, SPAN(0, 2) | B2(4, 23) },
	{ 4, 7, 1, EDX, B4(4, 5, 10, 10) },
	{ 4, 0x80000001, 0, ECX, B2(11, 16) },
	{ 0xe0, 7, 0, EBX, B4(16, 17, 21, 28) | B2(30, 31) },
	{ 0xe0, 7, 0, ECX, B4(1, 6, 11, 12) | B(14) },
	{ 0xe0, 7, 0, EDX, B4(2, 3, 8, 23) },
	{ 0xe0, 7, 1, EAX, B(5) },
	{ 0x200, 7, 0, ECX, B(3) },
};

static void apply_needs(const struct cpuid_host *h, u32 leaf, u32 index, u32 r[4])
{
	for (u32 i = 0; i < ARRAY_SIZE(needs); i++) {
		const struct need *n = &needs[i];

		if (n->leaf == leaf && n->index == index && (h->xcr0 & n->xcr0) != n->xcr0)
			r[n->reg] &= ~n->bits;
	}
}

/* What depends on more than one bit of the host. */
static void apply_policy(const struct cpuid_host *h, u32 leaf, u32 r[4])
{
	switch (leaf) {
	case 0:
		r[EAX] = MIN(r[EAX], 0x1fu);
		break;
	case 2:
		r[EAX] = (r[EAX] & ~0xffu) | 1;		/* one round tells all */
		break;
	case 0x80000000:
		r[EAX] = MIN(r[EAX], 0x80000021u);
		break;
	case 0x80000007:
		r[EDX] = h->tsc_is_stable ? r[EDX] : 0;
		break;
	case 0x80000008:
		/* SSBD by its own MSR is made from the CPU's SPEC_CTRL. */
		r[EBX] = (r[EBX] & ~B(25)) | (r[EBX] & B(24) ? B(25) : 0);
		break;
	case 0x8000001e:
		r[EAX] = r[EBX] = r[ECX] = r[EDX] = 0;
		break;
	default:
		break;
	}
}

struct list { struct kvm_cpuid_entry2 *out; u32 n, max; };

static void add(struct list *l, u32 leaf, u32 index, bool indexed, const u32 r[4])
{
	if (l->n == l->max)
		return;
	l->out[l->n++] = (struct kvm_cpuid_entry2){
		.function = leaf, .index = index, .flags = indexed ? KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0,
		.eax = r[EAX], .ebx = r[EBX], .ecx = r[ECX], .edx = r[EDX] };
}

static void add_masked(struct list *l, const struct cpuid_host *h, const struct row *row, u32 index)
{
	u32 r[4];

	read_host(h, row->leaf, index, r);
	for (u32 i = 0; i < 4; i++)
		r[i] = (r[i] & row->pass[i]) | row->set[i];
	apply_needs(h, row->leaf, index, r);
	apply_policy(h, row->leaf, r);
	add(l, row->leaf, index, row->kind != ONE, r);
}

static void add_until_null(struct list *l, const struct cpuid_host *h, const struct row *row)
{
	u32 r[4];

	for (u32 i = 0; i < 16; i++) {
		read_host(h, row->leaf, i, r);
		if (!(r[EAX] & 0x1f) && i)
			return;
		add_masked(l, h, row, i);
		if (!(r[EAX] & 0x1f))
			return;
	}
}

u32 cpuid_xsave_bytes(const struct cpuid_host *h, u64 xcr0, bool compact)
{
	u32 bytes = 576, r[4];

	for (u32 i = 2; i < 63; i++) {
		if (!(xcr0 >> i & 1))
			continue;
		read_host(h, 0xd, i, r);
		if (compact)
			bytes = (r[ECX] & 2 ? ALIGN_UP(bytes, 64u) : bytes) + r[EAX];
		else
			bytes = MAX(bytes, r[EBX] + r[EAX]);
	}
	return bytes;
}

/* XSAVES with no supervisor state of its own: XSS is always 0. */
static void add_xstate(struct list *l, const struct cpuid_host *h)
{
	u32 r[4], xsave[4] = { (u32)h->xcr0, 576, cpuid_xsave_bytes(h, h->xcr0, false), (u32)(h->xcr0 >> 32) };

	if (!h->xcr0)
		return;
	xsave[EBX] = xsave[ECX];
	add(l, 0xd, 0, true, xsave);
	read_host(h, 0xd, 1, r);
	r[EAX] &= SPAN(0, 3);
	r[EBX] = r[EAX] & B2(1, 3) ? cpuid_xsave_bytes(h, h->xcr0, true) : 0;
	r[ECX] = r[EDX] = 0;
	add(l, 0xd, 1, true, r);
	for (u32 i = 2; i < 63; i++) {
		if (!(h->xcr0 >> i & 1))
			continue;
		read_host(h, 0xd, i, r);
		r[ECX] &= 2;
		r[EDX] = 0;
		add(l, 0xd, i, true, r);
	}
}

static void add_kvm(struct list *l, const struct cpuid_host *h)
{
	const u32 sig[4] = { KVM_SIGNATURE_LEAF + KVM_TIMING_OFFSET, 0x4b4d564b, 0x564b4d56, 0x4d };
	const u32 features[4] = { h->pv_features, 0, 0, 0 };
	const u32 timing[4] = { h->tsc_khz, h->apic_khz, 0, 0 };

	add(l, KVM_SIGNATURE_LEAF, 0, false, sig);
	add(l, KVM_FEATURES_LEAF, 0, false, features);
	add(l, KVM_SIGNATURE_LEAF + KVM_TIMING_OFFSET, 0, false, timing);
}

static void add_row(struct list *l, const struct cpuid_host *h, const struct row *row)
{
	u32 max[4], r[4];

	h->read(row->leaf & 0x80000000, 0, max);
	if (row->leaf > max[EAX])
		return;
	if (row->leaf == 7 && row->index) {
		h->read(7, 0, r);
		if (row->index > r[EAX])
			return;
	}
	if (row->leaf == 0x8000001d && !host_has(h, 0x80000001, ECX, 22))
		return;
	switch (row->kind) {
	case ONE:
	case INDEX:
		add_masked(l, h, row, row->index);
		break;
	case UNTIL_NULL:
		add_until_null(l, h, row);
		break;
	case XSTATE:
		add_xstate(l, h);
		break;
	}
}

u32 cpuid_table_fill(const struct cpuid_host *h, struct kvm_cpuid_entry2 *out, u32 max)
{
	struct list l = { out, 0, max };
	bool kvm_done = false;

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].leaf >= 0x80000000 && !kvm_done) {
			add_kvm(&l, h);
			kvm_done = true;
		}
		add_row(&l, h, &rows[i]);
	}
	return l.n;
}
