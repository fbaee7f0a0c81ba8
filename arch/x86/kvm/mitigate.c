/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mitigate.c - decides once which mitigations are on, and says so
 *
 * "mitigations=off" on the command line switches all of them off, to compare.
 */
#include <socle/log.h>
#include <socle/main.h>
#include <asm/io.h>
#include <asm/msr.h>
#include "mitigate.h"

#define MSR_ARCH_CAPABILITIES 0x10a

static u32 active;
static u64 spec_ctrl_bits;

static void read_cpu(u32 leaf, u32 index, u32 out[4])
{
	struct cpuid_regs r = cpuid(leaf, index);

	out[0] = r.eax;
	out[1] = r.ebx;
	out[2] = r.ecx;
	out[3] = r.edx;
}

static u64 arch_capabilities(void)
{
	u64 val = 0;

	if (cpuid(0, 0).eax >= 7 && (cpuid(7, 0).edx & BIT(29)) && rdmsr_safe(MSR_ARCH_CAPABILITIES, &val))
		return 0;
	return val;
}

bool mitigates(enum mitigation m)
{
	return active >> m & 1;
}

u64 mitigate_spec_ctrl_bits(void)
{
	return spec_ctrl_bits;
}

void mitigate_setup(void)
{
	const struct mitigate_cpu cpu = { read_cpu, arch_capabilities() };
	const char *name;

	spec_ctrl_bits = spec_ctrl_exists(&cpu);
	if (cmdline_has("mitigations", "off")) {
		log_notice("kvm: mitigations are off (command line)\n");
		return;
	}
	active = mitigations_needed(&cpu);
	for (u32 i = 0; i < MITIGATE_NR; i++)
		if (mitigates(i))
			log_info("kvm: mitigation: %s\n", mitigation_name(i));
	for (u32 i = 0; (name = mitigation_missing(&cpu, i)) != NULL; i++)
		log_notice("kvm: not mitigated on this CPU: %s\n", name);
}
