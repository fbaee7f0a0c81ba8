// SPDX-License-Identifier: Apache-2.0
/*
 * random.c - the processor's random numbers: RDRAND (SDM vol. 1, 7.3.17)
 */
#include <socle/arch.h>
#include <asm/io.h>

#define CPUID1_ECX_RDRAND	BIT(30)
#define TRIES			10	/* Intel's advice: then the source is broken */

bool arch_random(u64 *out)
{
	u8 ok;

	if (!(cpuid(1, 0).ecx & CPUID1_ECX_RDRAND))
		return false;
	for (u32 i = 0; i < TRIES; i++) {
		__asm__ volatile("rdrand %0; setc %1" : "=r"(*out), "=qm"(ok) :: "cc");
		if (ok)
			return true;
	}
	return false;
}
