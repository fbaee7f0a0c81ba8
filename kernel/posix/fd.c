// SPDX-License-Identifier: Apache-2.0
/*
 * fd.c - table of descriptors, grown on demand
 *
 * Writers hold the lock. Readers take none: they read the slot, try for a
 * reference, and look at the slot again (file memory is type-stable, file.c;
 * outgrown arrays stay until the table goes).
 */
#include "posix.h"

#define FIRST_SLOTS 64u

void fd_table_init(struct fd_table *t)
{
	memset(t, 0, sizeof(*t));
}

static struct fd_array *array_of(struct fd_table *t)
{
	return __atomic_load_n(&t->array, __ATOMIC_ACQUIRE);
}

/* At least @want slots, made without the lock. 0, -EMFILE, -ENOMEM. */
static int grow(struct fd_table *t, u32 want)
{
	struct fd_array *old, *a;
	u32 nr = FIRST_SLOTS;

	if (want > FD_MAX)
		return -EMFILE;
	while (nr < want)
		nr *= 2;
	a = kmalloc(sizeof(*a) + nr * sizeof(a->slot[0]));
	if (!a)
		return -ENOMEM;
	a->nr = nr;
	spin_lock(&t->lock);
	old = t->array;
	if (old && old->nr >= nr) {
		spin_unlock(&t->lock);
		kfree(a);
		return 0;
	}
	a->older = old;
	if (old)
		memcpy(a->slot, old->slot, old->nr * sizeof(a->slot[0]));
	__atomic_store_n(&t->array, a, __ATOMIC_RELEASE);	/* pairs with array_of() */
	spin_unlock(&t->lock);
	return 0;
}

static void set_slot(struct fd_slot *s, struct file *f, bool cloexec)
{
	s->cloexec = cloexec;
	__atomic_store_n(&s->file, f, __ATOMIC_RELEASE);
}

int fd_table_install(struct fd_table *t, struct file *f, u32 lowest, bool cloexec)
{
	int err;

	for (;;) {
		u32 fd = MAX(lowest, READ_ONCE(t->first_free)), nr;

		spin_lock(&t->lock);
		nr = t->array ? t->array->nr : 0;
		fd = MAX(lowest, t->first_free);
		while (fd < nr && t->array->slot[fd].file)
			fd++;
		if (fd < nr) {
			set_slot(&t->array->slot[fd], f, cloexec);
			if (lowest <= t->first_free)
				t->first_free = fd + 1;
			spin_unlock(&t->lock);
			return (int)fd;
		}
		spin_unlock(&t->lock);
		err = grow(t, fd + 1);
		if (err)
			return err;
	}
}

int fd_table_replace(struct fd_table *t, u32 fd, struct file *f, bool cloexec)
{
	struct file *old;
	int err;

	if (fd >= FD_MAX)
		return -EBADF;
	if (!array_of(t) || fd >= array_of(t)->nr) {
		err = grow(t, fd + 1);
		if (err)
			return err;
	}
	spin_lock(&t->lock);
	old = t->array->slot[fd].file;
	set_slot(&t->array->slot[fd], f, cloexec);
	spin_unlock(&t->lock);
	if (old)
		file_put(old);
	return (int)fd;
}

/* A reference; NULL: bad descriptor. */
struct file *fd_table_get(struct fd_table *t, int fd)
{
	for (;;) {
		struct fd_array *a = array_of(t);
		struct file *f;

		if (fd < 0 || !a || (u32)fd >= a->nr)
			return NULL;
		f = __atomic_load_n(&a->slot[fd].file, __ATOMIC_ACQUIRE);
		if (!f)
			return NULL;
		if (file_try_get(f)) {
			a = array_of(t);
			if (__atomic_load_n(&a->slot[fd].file, __ATOMIC_ACQUIRE) == f)
				return f;
			file_put(f);
		}
		arch_cpu_relax();
	}
}

int fd_table_close(struct fd_table *t, int fd)
{
	struct file *f = NULL;

	spin_lock(&t->lock);
	if (fd >= 0 && t->array && (u32)fd < t->array->nr) {
		f = t->array->slot[fd].file;
		set_slot(&t->array->slot[fd], NULL, false);
		t->first_free = MIN(t->first_free, (u32)fd);
	}
	spin_unlock(&t->lock);
	if (!f)
		return -EBADF;
	file_put(f);
	return 0;
}

u32 fd_table_count(struct fd_table *t)
{
	u32 n = 0;

	spin_lock(&t->lock);
	for (u32 fd = 0; t->array && fd < t->array->nr; fd++)
		n += t->array->slot[fd].file != NULL;
	spin_unlock(&t->lock);
	return n;
}

/* End of the process: no other thread uses the table. */
void fd_table_close_all(struct fd_table *t)
{
	struct fd_array *a, *older;

	for (u32 fd = 0; t->array && fd < t->array->nr; fd++)
		(void)fd_table_close(t, (int)fd);
	for (a = t->array; a; a = older) {
		older = a->older;
		kfree(a);
	}
	fd_table_init(t);
}

int fd_table_cloexec(struct fd_table *t, int fd, int set)
{
	int ret = -EBADF;

	spin_lock(&t->lock);
	if (fd >= 0 && t->array && (u32)fd < t->array->nr && t->array->slot[fd].file) {
		ret = t->array->slot[fd].cloexec;
		if (set >= 0)
			t->array->slot[fd].cloexec = set != 0;
	}
	spin_unlock(&t->lock);
	return ret;
}
