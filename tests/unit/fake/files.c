/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files.c - a small descriptor table with the rules of file.h
 */
#include "files.h"

#include <errno.h>
#include <socle/mem.h>
#include "../../../kernel/posix/fd.h"
#include "sim.h"

static struct file *table[FAKE_FDS];
u32 fake_fd_limit = FAKE_FDS;

struct file *file_create(const struct file_ops *ops, void *priv, u32 flags)
{
	struct file *f = kmalloc(sizeof(*f));

	if (f)
		*f = (struct file){ .ops = ops, .priv = priv, .refs = 1, .flags = flags };
	return f;
}

struct file *file_get(struct file *f)
{
	__atomic_fetch_add(&f->refs, 1, __ATOMIC_SEQ_CST);
	return f;
}

void file_put(struct file *f)
{
	if (__atomic_sub_fetch(&f->refs, 1, __ATOMIC_SEQ_CST))
		return;
	if (f->ops->release)
		f->ops->release(f);
	kfree(f);
}

int fd_install(struct file *f, bool cloexec)
{
	(void)cloexec;
	for (u32 i = 0; i < fake_fd_limit; i++) {
		struct file *none = NULL;

		if (__atomic_compare_exchange_n(&table[i], &none, f, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return (int)i;
	}
	return -EMFILE;
}

struct file *fd_get(int fd)
{
	return (u32)fd < FAKE_FDS && table[fd] ? file_get(table[fd]) : NULL;
}

void fake_close(int fd)
{
	struct file *f = __atomic_exchange_n(&table[fd], NULL, __ATOMIC_SEQ_CST);

	SIM_ASSERT(f);
	file_put(f);
}

void fake_close_if_open(int fd)
{
	if (table[fd])
		fake_close(fd);
}

u32 fake_open_files(void)
{
	u32 n = 0;

	for (u32 i = 0; i < FAKE_FDS; i++)
		n += table[i] != NULL;
	return n;
}

long fd_install_new(const struct file_ops *ops, void *priv, u32 flags, bool cloexec, void (*destroy)(void *priv))
{
	struct file *f = file_create(ops, priv, flags);
	int fd;

	if (!f) {
		destroy(priv);
		return -ENOMEM;
	}
	fd = fd_install(f, cloexec);
	if (fd < 0)
		file_put(f);
	return fd;
}

void chardev_register(struct chardev *d) { (void)d; }
