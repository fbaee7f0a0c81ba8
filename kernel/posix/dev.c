/* SPDX-License-Identifier: Apache-2.0 */
/* dev.c - device nodes */
#include "proc.h"

static struct list devices = LIST_INIT(devices);

void chardev_register(struct chardev *d)
{
	list_add_tail(&devices, &d->link);
}

u32 dev_count(void)
{
	struct chardev *d;
	u32 n = 0;

	list_for_each(d, &devices, link)
		n++;
	return n;
}

const char *dev_path(u32 index)
{
	struct chardev *d;

	list_for_each(d, &devices, link)
		if (!index--)
			return d->path;
	return NULL;
}

int dev_open(const char *path, u32 flags, struct file **out)
{
	struct chardev *d;

	list_for_each(d, &devices, link)
		if (!strcmp(d->path, path))
			return d->open(out, flags);
	return -ENOENT;
}

static long null_read(struct file *f, u64 buf, size_t n, u64 *pos)
{
	(void)f, (void)buf, (void)n, (void)pos;
	return 0;
}

static long null_write(struct file *f, u64 buf, size_t n, u64 *pos)
{
	(void)f, (void)buf, (void)pos;
	return (long)n;
}

static const struct file_ops null_ops = {
	.name = "null", .stat_mode = ABI_S_IFCHR | 0666, .read = null_read, .write = null_write,
};

static int null_open(struct file **out, u32 flags)
{
	*out = file_create(&null_ops, NULL, flags);
	return *out ? 0 : -ENOMEM;
}

static struct chardev null_dev = { .path = "/dev/null", .open = null_open };

void dev_init(void)
{
	chardev_register(&null_dev);
}
