// SPDX-License-Identifier: Apache-2.0
/*
 * fd_current.c - descriptors of the process that calls
 */
#include "proc.h"

int fd_install(struct file *f, bool cloexec)
{
	return fd_table_install(&proc_current()->fds, f, 0, cloexec);
}

struct file *fd_get(int fd)
{
	return fd_table_get(&proc_current()->fds, fd);
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
