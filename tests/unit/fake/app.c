/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app.c - regions, frames and copies of an app, with the rules of mm.h
 *
 * As in kernel/posix: one lock over regions, held while notifiers run, and
 * taken by mm_resolve(). A freed frame is poisoned by the host's sanitizer.
 */
#include "app.h"

#include <errno.h>
#include <string.h>
#include <socle/file.h>
#include <socle/lock.h>
#include <socle/mem.h>
#include <socle/mm.h>

static struct page { void *frame; bool gone; } pages[APP_PAGES];
static struct mutex lock = MUTEX_INIT(lock);
static struct list notifiers = LIST_INIT(notifiers);
static char the_process;

struct proc *proc_current(void) { return (struct proc *)(void *)&the_process; }

static struct page *page_of(u64 va)
{
	u64 n = (va - APP_BASE) >> PAGE_SHIFT;

	return va >= APP_BASE && n < APP_PAGES ? &pages[n] : NULL;
}

void app_reset(void)
{
	for (u32 i = 0; i < APP_PAGES; i++) {
		if (pages[i].frame)
			page_free(pages[i].frame);
		pages[i] = (struct page){ 0 };
	}
	list_init(&notifiers);
}

u64 app_frames(void)
{
	u64 n = 0;

	for (u32 i = 0; i < APP_PAGES; i++)
		n += pages[i].frame != NULL;
	return n;
}

void mm_notifier_register(struct proc *proc, struct mm_notifier *n)
{
	(void)proc;
	mutex_lock(&lock);
	list_add_tail(&notifiers, &n->link);
	mutex_unlock(&lock);
}

void mm_notifier_unregister(struct proc *proc, struct mm_notifier *n)
{
	(void)proc;
	mutex_lock(&lock);
	list_del(&n->link);
	mutex_unlock(&lock);
}

void app_munmap(u64 va, u64 nr)
{
	u64 end = va + (nr << PAGE_SHIFT);
	struct mm_notifier *n;

	mutex_lock(&lock);
	list_for_each(n, &notifiers, link)
		n->invalidate_begin(n, va, end);
	for (u64 at = va; at < end; at += PAGE_SIZE) {
		struct page *p = page_of(at);

		p->gone = true;
		if (p->frame)
			page_free(p->frame);
		p->frame = NULL;
	}
	list_for_each(n, &notifiers, link)
		n->invalidate_end(n, va, end);
	mutex_unlock(&lock);
}

void app_remap(u64 va, u64 nr)
{
	mutex_lock(&lock);
	for (u64 i = 0; i < nr; i++)
		page_of(va + i * PAGE_SIZE)->gone = false;
	mutex_unlock(&lock);
}

/* Caller holds the lock, or nothing else runs. */
static int frame_of(u64 va, void **frame)
{
	struct page *p = page_of(va);

	if (!p || p->gone)
		return -EFAULT;
	if (!p->frame)
		p->frame = page_alloc();
	*frame = p->frame;
	return p->frame ? 0 : -ENOMEM;
}

int mm_resolve(struct proc *proc, u64 va, bool write, struct mm_frame *out)
{
	void *frame;
	int err;

	(void)proc;
	(void)write;
	mutex_lock(&lock);
	err = frame_of(va, &frame);
	mutex_unlock(&lock);
	if (!err)
		*out = (struct mm_frame){ ptr_to_hpa(frame), PAGE_SIZE, true };
	return err;
}

void *app_ptr(u64 va)
{
	void *frame;

	return frame_of(va, &frame) ? NULL : (u8 *)frame + (va & (PAGE_SIZE - 1));
}

static int copy(u64 va, void *in, const void *out, size_t n)
{
	for (size_t done = 0, part; done < n; done += part) {
		u8 *p;

		part = MIN(n - done, PAGE_SIZE - ((va + done) & (PAGE_SIZE - 1)));
		p = app_ptr(va + done);
		if (!p)
			return -EFAULT;
		if (in)
			memcpy((u8 *)in + done, p, part);
		else
			memcpy(p, (const u8 *)out + done, part);
	}
	return 0;
}

int copy_from_app(void *dst, u64 src, size_t n) { return copy(src, dst, NULL, n); }
int copy_to_app(u64 dst, const void *src, size_t n) { return copy(dst, NULL, src, n); }
int copy_from_app_atomic(void *dst, u64 src, size_t n) { return copy(src, dst, NULL, n); }
