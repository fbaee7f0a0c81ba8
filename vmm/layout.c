// SPDX-License-Identifier: Apache-2.0
/* What lies where in a guest's physical memory, as E820 tells it. */
#include "vmm.h"

#define E820_RAM	1u
#define E820_RESERVED	2u

/* The top of conventional memory: an EBDA would start there. */
#define LOW_END		0x9fc00ull
#define ONE_MIB		0x100000ull

uint32_t layout_e820(const struct vm *vm, struct e820_range *map)
{
	uint32_t nr = 0;

	map[nr++] = (struct e820_range){ 0, LOW_END, E820_RAM };
	map[nr++] = (struct e820_range){ LOW_END, ONE_MIB - LOW_END,
					 E820_RESERVED };
	map[nr++] = (struct e820_range){ ONE_MIB, vm->low_bytes - ONE_MIB,
					 E820_RAM };
	map[nr++] = (struct e820_range){ PCI_ECAM_GPA, PCI_ECAM_BYTES,
					 E820_RESERVED };
	if (vm->high_bytes)
		map[nr++] = (struct e820_range){ FOUR_GIB, vm->high_bytes,
						 E820_RAM };
	return nr;
}
