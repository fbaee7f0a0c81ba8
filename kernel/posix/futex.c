// SPDX-License-Identifier: Apache-2.0
/*
 * futex.c - sleep while a word of app memory has a value
 *
 * The key is the address: one process, and two mappings of one page are two
 * keys. The word is read under the bucket's lock, with faults off; a page that
 * is not there is brought in without the lock, then all starts again. So a
 * waker that changed the word first finds the sleeper queued or makes it see
 * the change.
 */
#include <socle/time.h>
#include "sys.h"

#define BUCKETS 256u

struct futex_waiter {
	struct wait_entry e;
	u64 addr;
	u32 bitset;
};

static struct bucket { spinlock_t lock; struct list waiters; } buckets[BUCKETS];

void futex_init(void)
{
	for (u32 i = 0; i < BUCKETS; i++)
		list_init(&buckets[i].waiters);
}

static struct bucket *bucket_of(u64 addr)
{
	return &buckets[(addr >> 2) * 0x9e3779b97f4a7c15ull >> 56];
}

static void wake(struct futex_waiter *w)
{
	struct thread *t = w->e.thread;

	list_del(&w->e.link);
	__atomic_store_n(&w->e.woken, true, __ATOMIC_SEQ_CST);	/* pairs with wait_sleep() */
	thread_wake(t);
}

long futex_wake(u64 addr, u32 nr, u32 bitset)
{
	struct bucket *b = bucket_of(addr);
	struct futex_waiter *w, *tmp;
	u32 woken = 0;

	spin_lock(&b->lock);
	list_for_each_safe(w, tmp, &b->waiters, e.link) {
		if (woken == nr)
			break;
		if (w->addr == addr && (w->bitset & bitset)) {
			wake(w);
			woken++;
		}
	}
	spin_unlock(&b->lock);
	return woken;
}

/* 0: queued, the word had the value. */
static int enqueue(struct bucket *b, struct futex_waiter *w, u32 val)
{
	u32 now;
	int err;

	for (;;) {
		if (copy_from_app(&now, w->addr, sizeof(now)))
			return -EFAULT;
		spin_lock(&b->lock);
		err = copy_from_app_atomic(&now, w->addr, sizeof(now));
		if (!err)
			break;
		spin_unlock(&b->lock);
	}
	if (now == val)
		list_add_tail(&b->waiters, &w->e.link);
	else
		err = -EAGAIN;
	spin_unlock(&b->lock);
	return err;
}

static long futex_wait(u64 addr, u32 val, u64 deadline, u32 bitset)
{
	struct futex_waiter w = { .e = { LIST_INIT(w.e.link), thread_current(), false }, .addr = addr, .bitset = bitset };
	struct bucket *b = bucket_of(addr);
	int err = enqueue(b, &w, val);

	if (err)
		return err;
	err = wait_sleep(&w.e, deadline, true);
	spin_lock(&b->lock);
	if (!list_empty(&w.e.link))
		list_del(&w.e.link);
	else
		err = 0;		/* woken, whatever else came */
	spin_unlock(&b->lock);
	return err;
}

/* FUTEX_WAIT takes a time span, FUTEX_WAIT_BITSET a point in time. */
static int deadline_in(u64 app, u32 op, bool realtime, u64 *deadline)
{
	u64 ns;
	int err;

	*deadline = WAIT_FOREVER;
	if (!app)
		return 0;
	err = timespec_in(app, &ns);
	if (err)
		return err;
	*deadline = op == ABI_FUTEX_WAIT ? deadline_after(ns) :
		    deadline_at(realtime ? ABI_CLOCK_REALTIME : ABI_CLOCK_MONOTONIC, ns);
	return 0;
}

/* a: u32 *word, b: operation, c: value or count, d: time, f: bitset */
long sys_futex(ARGS)
{
	bool realtime = b & ABI_FUTEX_CLOCK_REALTIME;
	u32 op = (u32)b & ~(ABI_FUTEX_PRIVATE | ABI_FUTEX_CLOCK_REALTIME), bitset = ~0u;
	bool is_wait = op == ABI_FUTEX_WAIT || op == ABI_FUTEX_WAIT_BITSET;
	u64 deadline;
	int err;

	if (!is_wait && op != ABI_FUTEX_WAKE && op != ABI_FUTEX_WAKE_BITSET)
		return -ENOSYS;
	if (realtime && op != ABI_FUTEX_WAIT_BITSET)
		return -ENOSYS;
	if (op == ABI_FUTEX_WAIT_BITSET || op == ABI_FUTEX_WAKE_BITSET)
		bitset = (u32)f;
	if (!bitset || (a & 3))
		return -EINVAL;
	if ((u64)a >= APP_VA_END)
		return -EFAULT;
	if (!is_wait)
		return futex_wake((u64)a, (u32)MAX((s32)c, 1), bitset);
	err = deadline_in((u64)d, op, realtime, &deadline);
	return err ? err : futex_wait((u64)a, (u32)c, deadline, bitset);
}
