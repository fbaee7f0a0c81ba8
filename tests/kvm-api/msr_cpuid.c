/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msr_cpuid.c - MSRs and CPUID set and read back, with their errors
 */
#include "kt.h"

static struct kt_vm vm;
static struct kt_vcpu v;

struct msrs { struct kvm_msrs head; struct kvm_msr_entry e[4]; };

static long msr_set(uint32_t index, uint64_t val)
{
	struct msrs m = { .head = { .nmsrs = 1 }, .e = { { .index = index, .data = val } } };

	return ioctl(v.fd, KVM_SET_MSRS, &m);
}

static long msr_get(uint32_t index, uint64_t *val)
{
	struct msrs m = { .head = { .nmsrs = 1 }, .e = { { .index = index } } };
	long n = ioctl(v.fd, KVM_GET_MSRS, &m);

	*val = m.e[0].data;
	return n;
}

static void round_trip(const char *name, uint32_t index, uint64_t val)
{
	uint64_t back = 0;
	long set = msr_set(index, val), got = msr_get(index, &back);

	printf("%s (%x) set %ld get %ld: %s\n", name, index, set, got, got == 1 && back == val ? "equal" : "differs");
}

static void msrs(void)
{
	static const struct { const char *name; uint32_t index; uint64_t val; } good[] = {
		{ "APIC_BASE", 0x1b, 0xfee00900 }, { "SYSENTER_CS", 0x174, 0x10 },
		{ "SYSENTER_ESP", 0x175, 0xffff800000001000 }, { "SYSENTER_EIP", 0x176, 0xffffffff81000000 },
		{ "MTRR_PHYSBASE0", 0x200, 0x80000006 }, { "MTRR_PHYSMASK0", 0x201, 0xfff80000800 },
		{ "MTRR_FIX64K", 0x250, 0x0606060606060606 }, { "MTRR_FIX16K", 0x258, 0x0606060606060606 },
		{ "MTRR_FIX4K", 0x268, 0x0505050505050505 }, { "PAT", 0x277, 0x0007010600070106 },
		{ "MTRR_DEF_TYPE", 0x2ff, 0xc06 }, { "STAR", 0xc0000081, 0x0023001000000000 },
		{ "LSTAR", 0xc0000082, 0xffffffff81000000 }, { "CSTAR", 0xc0000083, 0xffffffff81000000 },
		{ "SFMASK", 0xc0000084, 0x47700 }, { "KERNEL_GS_BASE", 0xc0000102, 0xffff888000000000 },
		{ "FS_BASE", 0xc0000100, 0x7f0000000000 }, { "GS_BASE", 0xc0000101, 0xffff888000001000 },
		{ "SYSTEM_TIME_NEW", 0x4b564d01, 0 }, { "STEAL_TIME", 0x4b564d03, 0 }, { "PV_EOI", 0x4b564d04, 0 },
	};
	static const struct { const char *name; uint32_t index; uint64_t val; } bad[] = {
		{ "LSTAR not canonical", 0xc0000082, 0x8000000000000000 },
		{ "SYSENTER_EIP not canonical", 0x176, 0x1234567800000000 },
		{ "KERNEL_GS_BASE not canonical", 0xc0000102, 0x0000800000000000 },
		{ "PAT type 2", 0x277, 0x0202020202020202 }, { "MTRR_DEF_TYPE type 2", 0x2ff, 0xc02 },
		{ "MTRR_FIX64K type 3", 0x250, 3 }, { "EFER reserved", 0xc0000080, 1ull << 40 },
		{ "APIC_BASE reserved", 0x1b, 0xfee00900 | 1ull << 60 }, { "unknown MSR", 0x12345, 1 },
		{ "STEAL_TIME reserved", 0x4b564d03, 0x1003 }, { "MTRR_CAP is read-only", 0xfe, 0xffff },
	};
	static const uint32_t efer[] = { 0, 0x100, 0x901, 0x400, 0x200, 0x500 };
	struct msrs m = { .head = { .nmsrs = 3 },
			  .e = { { .index = 0x174, .data = 1 }, { .index = 0x12345 }, { .index = 0x175 } } };
	uint64_t val;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		round_trip(good[i].name, good[i].index, good[i].val);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		printf("%s: set %ld\n", bad[i].name, msr_set(bad[i].index, bad[i].val));
	for (uint32_t i = 0; i < sizeof(efer) / sizeof(efer[0]); i++) {	/* the vCPU is in long mode; LMA is not the VMM's to set */
		printf("EFER %x: set %ld", efer[i], msr_set(0xc0000080, efer[i]));
		msr_get(0xc0000080, &val);
		printf(", reads %llx\n", (unsigned long long)val);
	}
	printf("list with an unknown one in the middle: set %d", ioctl(v.fd, KVM_SET_MSRS, &m));
	printf(" get %d\n", ioctl(v.fd, KVM_GET_MSRS, &m));
	m.head.nmsrs = 100000;
	kt_show("too many MSRs", ioctl(v.fd, KVM_GET_MSRS, &m));
	printf("unknown MSR: get %ld\n", msr_get(0x12345, &val));
	kt_show("list at a bad address", ioctl(v.fd, KVM_SET_MSRS, (void *)16));
}

static const struct kvm_cpuid_entry2 *entry(const struct kvm_cpuid2 *c, uint32_t function)
{
	for (uint32_t i = 0; i < c->nent; i++)
		if (c->entries[i].function == function)
			return &c->entries[i];
	return NULL;
}

GUEST(asks, "64",
	" mov $0x40000000, %eax\n cpuid\n mov %ebx, %esi\n mov %ecx, %edi\n"
	" mov $0x20000000, %eax\n cpuid\n mov %ebx, %r8d\n mov $0x40000f00, %eax\n cpuid\n mov %ebx, %r9d\n"
	" mov $1, %eax\n cpuid\n shr $24, %ebx\n mov %ebx, %r10d\n hlt\n");

static void cpuid(void)
{
	struct kvm_cpuid2 *c = kt_cpuid(), *back = calloc(1, sizeof(*c) + 256 * sizeof(c->entries[0]));
	const struct kvm_cpuid_entry2 *e = entry(c, 0x40000000);
	struct kvm_regs r;
	uint32_t nent = c->nent;

	printf("signature %.4s%.4s%.4s\n", (const char *)&e->ebx, (const char *)&e->ecx, (const char *)&e->edx);
	back->nent = 256;
	kt_show("KVM_SET_CPUID2", ioctl(v.fd, KVM_SET_CPUID2, c));
	kt_show("KVM_GET_CPUID2", ioctl(v.fd, KVM_GET_CPUID2, back));
	/* Not nent: Linux left it alone before 6.9. */
	printf("leaf 0 equal: %d\n", entry(back, 0)->eax == entry(c, 0)->eax && entry(back, 0)->ebx == entry(c, 0)->ebx);
	back->nent = 1;
	kt_show("KVM_GET_CPUID2, too small", ioctl(v.fd, KVM_GET_CPUID2, back));
	back->nent = 1;
	kt_show("KVM_GET_SUPPORTED_CPUID, too small", ioctl(kt_kvm, KVM_GET_SUPPORTED_CPUID, back));
	c->nent = 10000;
	kt_show("KVM_SET_CPUID2, too large", ioctl(v.fd, KVM_SET_CPUID2, c));
	c->nent = nent;
	kt_show("KVM_SET_CPUID2 at a bad address", ioctl(v.fd, KVM_SET_CPUID2, (void *)16));
	kt_long(&vm, &v, 0, KT_CODE, asks, asks_end);
	KT_MUST(ioctl(v.fd, KVM_RUN, 0));
	KT_MUST(ioctl(v.fd, KVM_GET_REGS, &r));
	printf("guest sees %.4s%.4s, absent leaves %llx %llx\n", (const char *)&r.rsi, (const char *)&r.rdi,
	       (unsigned long long)r.r8, (unsigned long long)r.r9);
	kt_show("the same CPUID after a run", ioctl(v.fd, KVM_SET_CPUID2, c));
	for (uint32_t i = 0; i < c->nent; i++)
		if (c->entries[i].function == 7)
			c->entries[i].ebx ^= 1u << 9;
	kt_show("another CPUID after a run", ioctl(v.fd, KVM_SET_CPUID2, c));
	free(c);
	free(back);
}

int main(void)
{
	kt_init();
	vm = kt_vm_create(0);
	v.fd = (int)KT_MUST(ioctl(vm.fd, KVM_CREATE_VCPU, 0));
	v.run = mmap(NULL, kt_run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, v.fd, 0);
	cpuid();
	msrs();
	return 0;
}
