// SPDX-License-Identifier: Apache-2.0
/*
 * file.c - open files
 *
 * A file's memory is type-stable: it goes back to a free list of files, never
 * to the allocator. So fd_get() may try for a reference on a file that another
 * thread just closed: the count is 0 then, or the slot no longer names it.
 */
#include "posix.h"

static spinlock_t free_lock = SPINLOCK_INIT;
static struct file_box *free_files;

static struct file_box *box_take(void)
{
	struct file_box *b;

	spin_lock(&free_lock);
	b = free_files;
	if (b)
		free_files = b->next_free;
	spin_unlock(&free_lock);
	return b ? b : kmalloc(sizeof(*b));
}

static void box_give(struct file_box *b)
{
	spin_lock(&free_lock);
	b->next_free = free_files;
	free_files = b;
	spin_unlock(&free_lock);
}

struct file *file_create(const struct file_ops *ops, void *priv, u32 flags)
{
	struct file_box *b = box_take();

	if (!b)
		return NULL;
	b->file.ops = ops;
	b->file.priv = priv;
	b->file.flags = flags;
	b->file.pos = 0;
	list_init(&b->epoll_items);
	__atomic_store_n(&b->file.refs, 1, __ATOMIC_RELEASE);
	return &b->file;
}

struct file *file_get(struct file *f)
{
	__atomic_fetch_add(&f->refs, 1, __ATOMIC_RELAXED);
	return f;
}

bool file_try_get(struct file *f)
{
	u32 refs = __atomic_load_n(&f->refs, __ATOMIC_RELAXED);

	while (refs)
		if (__atomic_compare_exchange_n(&f->refs, &refs, refs + 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return true;
	return false;
}

void file_put(struct file *f)
{
	if (__atomic_fetch_sub(&f->refs, 1, __ATOMIC_ACQ_REL) != 1)
		return;
	if (!list_empty(&container_of(f, struct file_box, file)->epoll_items))
		epoll_forget_file(f);
	if (f->ops->release)
		f->ops->release(f);
	box_give(container_of(f, struct file_box, file));
}
