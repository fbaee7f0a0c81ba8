/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_FAKE_KERNEL_H
#define TEST_FAKE_KERNEL_H

#include <socle/types.h>

extern u8 *fake_ram;
void fake_ram_init(u64 bytes);		/* physical addresses 0 .. bytes - 1 */
extern u32 fake_node;			/* of the one CPU */
void test_seed(void);			/* from SEED, printed */
u64 test_random(u64 below);

#endif
