/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kvm.h - what the interrupt controllers meet when they are tested alone
 */
#ifndef TEST_FAKE_KVM_H
#define TEST_FAKE_KVM_H

#include <socle/kvm.h>
#include <socle/time.h>

extern u64 fake_now_ns;
extern u32 fake_kicks;
extern bool fake_timer_ends_meanwhile;	/* the callback of the next armed timer that is cancelled runs first */
/* Runs what is due until @ns, the clock with it. */
void fake_clock_run(u64 ns);
/* The device that was registered at the address. */
u32 fake_in(struct kvm *kvm, enum kvm_bus bus, u64 addr, u32 len);
void fake_out(struct kvm *kvm, enum kvm_bus bus, u64 addr, u32 len, u32 val);
void fake_bus_clear(void);

#endif
