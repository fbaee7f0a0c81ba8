/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault_inject.h - make the n-th allocation of this host fail
 */
#ifndef SOCLE_FAULT_INJECT_H
#define SOCLE_FAULT_INJECT_H

#include <socle/types.h>

/* Arms: the @nth allocation from now (1 = next) by the arming thread fails, once. 0 disarms. */
void fault_inject_arm(u64 nth);
/* True once, when the armed count is reached; called by each allocator entry. */
bool fault_inject_hit(void);
/* Allocations seen since the last arm: tells a test loop when it is done. */
u64 fault_inject_count(void);

#endif
