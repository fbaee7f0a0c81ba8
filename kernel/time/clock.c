/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.c - nanoseconds from the counter
 *
 * ns = base_ns + (counter - base) * mult >> 32, with mult = 2^32 * 1e6 / kHz.
 * The product is taken in 128 bits, so there is no point at which it wraps.
 *
 * A refined frequency is a new line that begins at a counter value to come.
 * A reader takes the counter first and the newest line second, and goes to an
 * older line for a counter before its beginning: so time is one function of the
 * counter for all CPUs, and never steps. Lines stay, since there are few.
 */
#include <socle/arch.h>
#include <socle/clock.h>
#include <socle/lock.h>
#include <socle/time.h>

struct line {
	const struct line *older;
	u64 base, base_ns, khz, mult;
};

static struct line lines[CLOCK_MAX_ADJUSTMENTS + 1] = { { .khz = 1000000, .mult = 1ull << 32 } };
static const struct line *newest = &lines[0];
static u32 nr_lines = 1;
static u64 realtime_base_ns;
static bool frozen;
static spinlock_t lock = SPINLOCK_INIT;

static const struct line *newest_line(void)
{
	return __atomic_load_n(&newest, __ATOMIC_ACQUIRE);	/* pairs with the release in publish() */
}

static void publish(struct line *l, u64 khz, u64 base, u64 base_ns, const struct line *older)
{
	*l = (struct line){ older, base, base_ns, khz, (1000000ull << 32) / khz };
	__atomic_store_n(&newest, l, __ATOMIC_RELEASE);
}

void clock_setup(u64 counter_khz, u64 counter_base, u64 realtime_s)
{
	nr_lines = 1;
	frozen = false;
	publish(&lines[0], counter_khz, counter_base, 0, NULL);
	realtime_base_ns = realtime_s * 1000000000ull;
}

/* Another CPU's counter may be a little below the first base: not before zero. */
u64 clock_counter_to_ns(u64 counter)
{
	const struct line *l = newest_line();

	while (counter < l->base) {
		if (!l->older)
			return l->base_ns;
		l = l->older;
	}
	return l->base_ns + (u64)((unsigned __int128)(counter - l->base) * l->mult >> 32);
}

u64 clock_ns(void)
{
	return clock_counter_to_ns(arch_counter());
}

bool clock_adjust(u64 khz, u64 counter)
{
	unsigned long irq = spin_lock_irqsave(&lock);
	bool taken = !frozen && nr_lines < ARRAY_SIZE(lines) && counter > newest->base;

	if (taken && khz != newest->khz)
		publish(&lines[nr_lines++], khz, counter, clock_counter_to_ns(counter), newest);
	spin_unlock_irqrestore(&lock, irq);
	return taken;
}

void clock_freeze(void)
{
	unsigned long irq;

	if (clock_is_frozen())
		return;
	irq = spin_lock_irqsave(&lock);
	__atomic_store_n(&frozen, true, __ATOMIC_RELEASE);
	spin_unlock_irqrestore(&lock, irq);
}

bool clock_is_frozen(void)
{
	return __atomic_load_n(&frozen, __ATOMIC_ACQUIRE);
}

u64 clock_realtime_ns(void)
{
	return realtime_base_ns + clock_ns();
}

u64 clock_tsc_khz(void)
{
	return newest_line()->khz;
}

/*
 * Rounded up: a timer programmed to the result never fires early. mult is rounded down,
 * so that the direct way falls short by parts of 10^9, which the loop adds.
 */
u64 clock_ns_to_tsc(u64 ns)
{
	const struct line *l = newest_line();
	u64 after, at, counter;

	if (ns >= 1ull << 60)
		return ~0ull - 1;
	while (ns < l->base_ns && l->older)
		l = l->older;
	after = ns - MIN(ns, l->base_ns);
	counter = l->base + after / 1000000 * l->khz + after % 1000000 * l->khz / 1000000;
	while ((at = clock_counter_to_ns(counter)) < ns)
		counter += (ns - at) * l->khz / 1000000 + 1;
	return counter;
}

void ndelay_busy(u64 ns)
{
	u64 end = clock_ns() + ns;

	while (clock_ns() < end)
		arch_cpu_relax();
}
