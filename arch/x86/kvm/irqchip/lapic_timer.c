// SPDX-License-Identifier: Apache-2.0
/*
 * lapic_timer.c - the APIC timer: one-shot, periodic, TSC deadline
 *
 * period_ns, target_ns and tsc_deadline change only while the host timer is
 * cancelled, or in its callback. Intel SDM vol. 3, 11.5.4.
 */
#include <asm/io.h>
#include "chips.h"
#include "../vcpu.h"

/* A periodic timer that a guest may ask for: shorter ones would eat the host. */
#define MIN_PERIOD_NS 200000ull

static u64 tick_ns(const struct lapic *l)
{
	u32 tdcr = lapic_get(l, APIC_TDCR);
	u32 shift = ((tdcr & 3) | (tdcr & 8) >> 1) + 1;

	return l->v->kvm->arch.apic_bus_ns << (shift & 7);
}

static u64 add_saturating(u64 a, u64 b)
{
	return a + b < a ? ~0ull : a + b;
}

static u64 guest_ticks_to_ns(const struct kvm_vcpu *v, u64 ticks)
{
	u64 khz = v->arch.tsc_khz ? v->arch.tsc_khz : clock_tsc_khz();

	if (ticks / khz >= 1ull << 40)
		return 1ull << 60;
	return ticks / khz * 1000000 + ticks % khz * 1000000 / khz + 1;
}

/*
 * Also in interrupt context. The last access to the lapic is the one that says
 * "not running" or arms again: until then lapic_timer_stop() waits for us.
 */
static void expired(struct lapic *l, u64 now)
{
	u64 period = l->period_ns;

	if (period)
		l->target_ns = MAX(l->target_ns + period, now);
	else
		WRITE_ONCE(l->tsc_deadline, 0);
	(void)lapic_lvt_deliver(l, APIC_LVTT);
	if (period)
		timer_arm(&l->timer, l->target_ns);
	else
		__atomic_store_n(&l->target_ns, 0, __ATOMIC_RELEASE);
}

static void timer_fired(struct timer *t)
{
	expired(container_of(t, struct lapic, timer), clock_ns());
}

void lapic_timer_init(struct lapic *l)
{
	timer_init(&l->timer, timer_fired);
}

/* Stopped; ticks that were left, 0 if it did not run. A one-shot that ends meanwhile has ended: it is not run again. */
u32 lapic_timer_halt(struct lapic *l)
{
	u32 left = 0;

	if (__atomic_load_n(&l->target_ns, __ATOMIC_ACQUIRE)) {	/* pairs with expired() */
		(void)timer_cancel(&l->timer);
		if (l->target_ns)
			left = MAX(lapic_timer_left(l), 1u);
	}
	l->target_ns = l->period_ns = l->tsc_deadline = 0;
	return left;
}

void lapic_timer_stop(struct lapic *l)
{
	(void)lapic_timer_halt(l);
}

/* The first end of the interval is @delay from now; it may have passed already. */
static void run_for(struct lapic *l, u64 delay)
{
	u64 now = clock_ns();

	l->target_ns = MAX(add_saturating(now, delay), 1ull);
	if (delay)
		timer_arm(&l->timer, l->target_ns);
	else
		expired(l, now);
}

static void deadline_start(struct lapic *l, u64 deadline)
{
	u64 now = kvm_read_guest_tsc(l->v, rdtsc());

	l->tsc_deadline = deadline;
	if (deadline)
		run_for(l, deadline > now ? guest_ticks_to_ns(l->v, deadline - now) : 0);
}

static void count_start(struct lapic *l, u32 current)
{
	u32 initial = lapic_get(l, APIC_TMICT);

	if (!initial)
		return;
	if (lapic_timer_mode(l) == TIMER_PERIODIC) {
		l->period_ns = MAX(initial * tick_ns(l), MIN_PERIOD_NS);
		current = current ? current : initial;
	}
	run_for(l, current == initial && l->period_ns ? l->period_ns : current * tick_ns(l));
}

void lapic_timer_resume(struct lapic *l, u32 left)
{
	if (left && lapic_timer_mode(l) <= TIMER_PERIODIC)
		count_start(l, MIN(left, lapic_get(l, APIC_TMICT)));
}

void lapic_timer_start(struct lapic *l)
{
	if (lapic_timer_mode(l) <= TIMER_PERIODIC)
		count_start(l, lapic_get(l, APIC_TMICT));
}

/* A restored one-shot whose count is 0 ends now: its interrupt may not have been seen yet. */
void lapic_timer_restore(struct lapic *l, u32 current)
{
	u32 mode = lapic_timer_mode(l);
	u64 deadline = l->tsc_deadline;

	lapic_timer_stop(l);
	if (mode == TIMER_DEADLINE)
		deadline_start(l, deadline);
	else if (mode <= TIMER_PERIODIC)
		count_start(l, MIN(current, lapic_get(l, APIC_TMICT)));
}

/* Into or out of deadline mode stops it; between the other two the count goes on. */
void lapic_timer_lvt_changed(struct lapic *l, u32 old)
{
	u32 mode = lapic_timer_mode(l), was = old >> 17 & 3;

	if (mode == was)
		return;
	if ((mode == TIMER_DEADLINE) != (was == TIMER_DEADLINE)) {
		lapic_timer_stop(l);
		lapic_put(l, APIC_TMICT, 0);
	} else {
		lapic_timer_resume(l, lapic_timer_halt(l));
	}
}

u32 lapic_timer_left(struct lapic *l)
{
	u64 target = READ_ONCE(l->target_ns), now = clock_ns(), left;

	if (!target || target <= now)
		return 0;
	left = (target - now) / tick_ns(l);
	return left > ~0u ? ~0u : (u32)left;
}

u32 lapic_timer_current(struct lapic *l)
{
	return lapic_timer_mode(l) == TIMER_DEADLINE ? 0 : lapic_timer_left(l);
}

static bool deadline_usable(const struct kvm_vcpu *v)
{
	const struct lapic *l = v->arch.lapic;

	return l && lapic_hw_enabled(l) && lapic_timer_mode(l) == TIMER_DEADLINE;
}

int lapic_tsc_deadline_get(struct kvm_vcpu *v, u64 *val)
{
	*val = deadline_usable(v) ? READ_ONCE(v->arch.lapic->tsc_deadline) : 0;
	return 0;
}

/* Outside deadline mode the write is lost, without a fault. */
int lapic_tsc_deadline_set(struct kvm_vcpu *v, u64 val)
{
	struct lapic *l = v->arch.lapic;

	if (!deadline_usable(v))
		return 0;
	lapic_timer_stop(l);
	deadline_start(l, val);
	return 0;
}

void lapic_timer_sync(struct kvm_vcpu *v)
{
	struct lapic *l = v->arch.lapic;

	if (l && lapic_timer_mode(l) == TIMER_DEADLINE && l->tsc_deadline)
		lapic_timer_restore(l, 0);
}

u32 lapic_timer_hz(struct kvm *kvm)
{
	return (u32)(1000000000ull / kvm->arch.apic_bus_ns);
}
