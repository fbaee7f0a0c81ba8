/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kvm.c - memory from the host, a clock that is moved by hand, a bus as a list
 */
#include "kvm.h"

#include <socle/trace.h>
#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <socle/mem.h>

u64 fake_now_ns;
u32 fake_kicks;

void *kmalloc(size_t n) { return calloc(1, n); }
void kfree(void *p) { free(p); }
void *page_alloc(void) { return calloc(1, PAGE_SIZE); }
void page_free(void *p) { free(p); }
void mutex_init(struct mutex *m) { memset(m, 0, sizeof(*m)); }
void mutex_lock(struct mutex *m) { assert_int_equal(m->locked, 0); m->locked = 1; }
void mutex_unlock(struct mutex *m) { assert_int_equal(m->locked, 1); m->locked = 0; }
struct thread *thread_current(void) { return NULL; }
u32 kvm_epoch_enter(void) { return 0; }
void kvm_epoch_exit(u32 t) { (void)t; }
void kvm_epoch_wait(void) { }
void kvm_vcpu_kick(struct kvm_vcpu *v) { (void)v; fake_kicks++; }
u64 clock_ns(void) { return fake_now_ns; }
u64 clock_tsc_khz(void) { return 1000000; }

/* --- timers: one list --- */
static struct list timers = LIST_INIT(timers);

void timer_init(struct timer *t, void (*fn)(struct timer *t))
{
	*t = (struct timer){ .fn = fn };
	list_init(&t->link);
}

bool fake_timer_ends_meanwhile;

bool timer_cancel(struct timer *t)
{
	bool was = t->armed;

	if (was && fake_timer_ends_meanwhile) {
		fake_timer_ends_meanwhile = false;
		list_del(&t->link);
		t->armed = false;
		t->fn(t);
		was = false;
	}

	t->armed = false;
	list_del(&t->link);
	return was;
}

void timer_arm(struct timer *t, u64 deadline_ns)
{
	timer_cancel(t);
	t->deadline_ns = deadline_ns;
	t->armed = true;
	list_add_tail(&timers, &t->link);
}

void fake_clock_run(u64 ns)
{
	for (;;) {
		struct timer *t, *first = NULL;

		list_for_each(t, &timers, link)
			if (t->deadline_ns <= ns && (!first || t->deadline_ns < first->deadline_ns))
				first = t;
		if (!first)
			break;
		fake_now_ns = MAX(fake_now_ns, first->deadline_ns);
		timer_cancel(first);
		first->fn(first);
	}
	fake_now_ns = ns;
}

/* --- bus --- */
static struct { enum kvm_bus bus; u64 addr, len; struct kvm_iodev *d; } devs[16];
static u32 nr_devs;

int kvm_io_register(struct kvm *kvm, enum kvm_bus bus, u64 addr, u64 len, struct kvm_iodev *d)
{
	(void)kvm;
	assert_true(nr_devs < ARRAY_SIZE(devs));
	devs[nr_devs].bus = bus;
	devs[nr_devs].addr = addr;
	devs[nr_devs].len = len;
	devs[nr_devs++].d = d;
	return 0;
}

int kvm_io_unregister(struct kvm *kvm, enum kvm_bus bus, struct kvm_iodev *d)
{
	(void)kvm, (void)bus;
	for (u32 i = 0; i < nr_devs; i++)
		if (devs[i].d == d) {
			devs[i] = devs[--nr_devs];
			return 0;
		}
	return -ENOENT;
}

void fake_bus_clear(void) { nr_devs = 0; }

static struct kvm_iodev *dev_at(enum kvm_bus bus, u64 addr)
{
	for (u32 i = 0; i < nr_devs; i++)
		if (devs[i].bus == bus && addr >= devs[i].addr && addr < devs[i].addr + devs[i].len)
			return devs[i].d;
	fail_msg("no device at %lx", (unsigned long)addr);
	return NULL;
}

u32 fake_in(struct kvm *kvm, enum kvm_bus bus, u64 addr, u32 len)
{
	struct kvm_iodev *d = dev_at(bus, addr);
	struct kvm_vcpu v = { .kvm = kvm };
	u32 val = 0;

	assert_int_equal(d->ops->read(&v, d, addr, len, &val), 0);
	return val;
}

void fake_out(struct kvm *kvm, enum kvm_bus bus, u64 addr, u32 len, u32 val)
{
	struct kvm_iodev *d = dev_at(bus, addr);
	struct kvm_vcpu v = { .kvm = kvm };

	assert_int_equal(d->ops->write(&v, d, addr, len, &val), 0);
}

bool trace_is_on;

void trace_write(enum trace_id id, u32 vcpu, u64 a, u64 b)
{
	(void)id, (void)vcpu, (void)a, (void)b;
}
