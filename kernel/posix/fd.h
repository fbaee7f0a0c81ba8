/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fd.h - descriptor tables, and what stands around a struct file
 */
#ifndef POSIX_FD_H
#define POSIX_FD_H

#include <socle/file.h>
#include <socle/types.h>

#define FD_MAX		65536	/* descriptors of one process */

struct file_box {
	struct file file;
	struct list epoll_items;	/* epoll.c */
	struct file_box *next_free;
};

/* Slots are read without the lock; see fd_table_get(). */
struct fd_array {
	u32 nr;
	struct fd_array *older;		/* kept until the table goes: readers may still look at it */
	struct fd_slot { struct file *file; bool cloexec; } slot[];
};
struct fd_table {
	spinlock_t lock;
	struct fd_array *array;
	u32 first_free;			/* no free slot below */
};

bool file_try_get(struct file *f);		/* false: the file is gone */

/* A file with @priv and a descriptor for it. On error @priv is gone, by @destroy when no file was made, else by
 * the file's release. fd or -errno. */
long fd_install_new(const struct file_ops *ops, void *priv, u32 flags, bool cloexec, void (*destroy)(void *priv));
void epoll_forget_file(struct file *f);		/* epoll.c: takes it out of every epoll */

void fd_table_init(struct fd_table *t);
int fd_table_install(struct fd_table *t, struct file *f, u32 lowest, bool cloexec);
int fd_table_replace(struct fd_table *t, u32 fd, struct file *f, bool cloexec);	/* dup3: closes what is there */
struct file *fd_table_get(struct fd_table *t, int fd);
int fd_table_close(struct fd_table *t, int fd);
u32 fd_table_count(struct fd_table *t);
void fd_table_close_all(struct fd_table *t);
int fd_table_cloexec(struct fd_table *t, int fd, int set);	/* @set -1: only asks; 0, 1 or -EBADF */

#endif
