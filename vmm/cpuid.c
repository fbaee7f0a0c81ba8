// SPDX-License-Identifier: Apache-2.0
/*
 * What CPUID says of the guest's processors: what KVM supports, with the
 * leaves that tell a CPU's identity and the topology: one package, one core
 * per vCPU, one thread per core, APIC id = vCPU number.
 * Source: AMD APM 3, appendix E.4; Intel SDM 2A, CPUID.
 */
#include "vmm.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#define ENTRIES 256u

/* Bits of an APIC id that number the CPUs of the package. */
static uint32_t id_bits(uint32_t nr)
{
	uint32_t bits = 0;

	while (1u << bits < nr)
		bits++;
	return bits;
}

static void leaf_1(struct kvm_cpuid_entry2 *e, uint32_t id, uint32_t nr)
{
	e->ebx = (e->ebx & 0xffffu) | id << 24 | nr << 16;
	e->ecx |= 1u << 31;		/* hypervisor */
	e->edx &= ~(1u << 28);		/* several logical CPUs */
	if (nr > 1)
		e->edx |= 1u << 28;
}

/* Subleaf 0: threads of a core, 1: cores of the package, 2: the end. */
static void leaf_topology(struct kvm_cpuid_entry2 *e, uint32_t id, uint32_t nr)
{
	e->eax = e->index == 1 ? id_bits(nr) : 0;
	e->ebx = e->index == 0 ? 1 : e->index == 1 ? nr : 0;
	e->ecx = (e->index & 0xff) | (e->index < 2 ? (e->index + 1) << 8 : 0);
	e->edx = id;
}

/* Caches: no sharing; cores of the package as Intel says it. */
static void leaf_4(struct kvm_cpuid_entry2 *e, uint32_t id, uint32_t nr)
{
	(void)id;
	if (e->eax & 0x1f)
		e->eax = (e->eax & 0x3fffu) | (nr - 1) << 26;
}

static void leaf_amd_size(struct kvm_cpuid_entry2 *e, uint32_t id, uint32_t nr)
{
	(void)id;
	e->ecx = (e->ecx & ~0xf0ffu) | (nr - 1) | id_bits(nr) << 12;
}

static void leaf_amd_cache(struct kvm_cpuid_entry2 *e, uint32_t id,
			   uint32_t nr)
{
	(void)id;
	(void)nr;
	e->eax &= ~0x03ffc000u;
}

static void leaf_amd_topology(struct kvm_cpuid_entry2 *e, uint32_t id,
			      uint32_t nr)
{
	(void)nr;
	e->eax = id;
	e->ebx = id;
	e->ecx = 0;
}

static const struct leaf {
	uint32_t function;
	void (*fix)(struct kvm_cpuid_entry2 *e, uint32_t id, uint32_t nr);
} leaves[] = {
	{ 0x1, leaf_1 }, { 0x4, leaf_4 }, { 0xb, leaf_topology },
	{ 0x80000008, leaf_amd_size }, { 0x8000001d, leaf_amd_cache },
	{ 0x8000001e, leaf_amd_topology },
};

static void fix(struct kvm_cpuid_entry2 *e, uint32_t id, uint32_t nr)
{
	uint32_t i;

	for (i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
		if (leaves[i].function == e->function)
			leaves[i].fix(e, id, nr);
}

/* Leaf 0xb has a subleaf per level; a list with the first alone lacks cores. */
static void complete(struct kvm_cpuid2 *c)
{
	uint32_t i, have = 0;

	for (i = 0; i < c->nent; i++)
		if (c->entries[i].function == 0xb && c->entries[i].index < 32)
			have |= 1u << c->entries[i].index;
	for (i = 1; have && i < 3 && c->nent < ENTRIES; i++) {
		if (have & 1u << i)
			continue;
		c->entries[c->nent++] = (struct kvm_cpuid_entry2){
			.function = 0xb, .index = i,
			.flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
		};
	}
}

int cpuid_set(struct vcpu *vcpu, int kvm_fd)
{
	struct kvm_cpuid2 *c;
	uint32_t i;
	int err = 0;

	c = calloc(1, sizeof(*c) + ENTRIES * sizeof(c->entries[0]));
	if (!c)
		return -ENOMEM;
	c->nent = ENTRIES;
	if (ioctl(kvm_fd, KVM_GET_SUPPORTED_CPUID, c))
		err = -errno;
	if (!err) {
		complete(c);
		for (i = 0; i < c->nent; i++)
			fix(&c->entries[i], vcpu->id, vcpu->vm->cfg.boot_vcpus);
		err = ioctl(vcpu->fd, KVM_SET_CPUID2, c) ? -errno : 0;
	}
	free(c);
	return err;
}
