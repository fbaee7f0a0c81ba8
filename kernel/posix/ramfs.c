// SPDX-License-Identifier: Apache-2.0
/*
 * ramfs.c - names: the boot volume's files, and what the app creates
 *
 * A flat list of paths; a folder exists while a path goes through it, and
 * /socle and /tmp always do. What is written lives until the machine stops.
 */
#include <socle/app.h>
#include "inode.h"
#include "proc.h"

static const struct boot_info *boot;
static struct list inodes = LIST_INIT(inodes);
static struct mutex names = MUTEX_INIT(names);
static const struct file_ops ram_ops, dir_ops;

const struct boot_file *ramfs_find(const char *path)
{
	for (u32 i = 0; i < boot->nr_files; i++)
		if (!strcmp(boot->file[i].path, path))
			return &boot->file[i];
	return NULL;
}

/* Caller holds names. The name's reference becomes the list's. */
static void link_inode(struct inode *n)
{
	n->is_linked = true;
	list_add_tail(&inodes, &n->link);
}

int ramfs_init(const struct boot_info *bi)
{
	boot = bi;
	for (u32 i = 0; i < bi->nr_files; i++) {
		const struct boot_file *f = &bi->file[i];
		struct inode *n = inode_create(f->path);

		if (!n)
			return -ENOMEM;
		n->size = f->size;
		n->base_pa = f->pa;
		n->base_bytes = ALIGN_UP(f->size, PAGE_SIZE);
		link_inode(n);
	}
	return 0;
}

static struct inode *inode_of(const struct file *f)
{
	return f->priv;
}

static long ram_read(struct file *f, u64 buf, size_t n, u64 *pos)
{
	long ret = inode_read(inode_of(f), *pos, buf, n);

	if (ret > 0)
		*pos += (u64)ret;
	return ret;
}

static long ram_write(struct file *f, u64 buf, size_t n, u64 *pos)
{
	long ret;

	if (f->flags & ABI_O_APPEND)
		*pos = READ_ONCE(inode_of(f)->size);
	ret = inode_write(inode_of(f), *pos, buf, n);
	if (ret > 0)
		*pos += (u64)ret;
	return ret;
}

static int ram_mmap_page(struct file *f, u64 off, hpa_t *pa)
{
	return inode_page_for_map(inode_of(f), off, pa);
}

/* As on Linux a mapping may reach beyond the end; touching it there is an error. */
static void ram_release(struct file *f)
{
	inode_put(inode_of(f));
}

static const struct file_ops ram_ops = {
	.name = "file", .stat_mode = ABI_S_IFREG | 0644, .read = ram_read, .write = ram_write,
	.mmap_page = ram_mmap_page, .release = ram_release,
};

bool file_is_regular(const struct file *f)
{
	return f->ops == &ram_ops;
}

void file_stat(const struct file *f, struct socle_stat *st)
{
	*st = (struct socle_stat){ .nlink = 1, .mode = f->ops->stat_mode ? f->ops->stat_mode : 0600 };
	if (!file_is_regular(f))
		return;
	st->ino = inode_of(f)->ino;
	st->size = READ_ONCE(inode_of(f)->size);
	st->nlink = READ_ONCE(inode_of(f)->is_linked);
}

void ramfs_read_page(struct file *f, u64 off, void *page)
{
	inode_read_page(inode_of(f), off, page);
}

bool file_maps_inode(const struct file *f, const void *inode)
{
	return file_is_regular(f) && f->priv == inode;
}

int ramfs_truncate(struct file *f, u64 size)
{
	return inode_truncate(inode_of(f), size);
}

/* Caller holds names. */
static struct inode *lookup(const char *path)
{
	struct inode *n;

	list_for_each(n, &inodes, link)
		if (!strcmp(n->path, path))
			return n;
	return NULL;
}

/* The part of @path below folder @dir ("" is the root), or NULL. */
static const char *below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && path[n] == '/' ? path + n + 1 : NULL;
}

/* Caller holds names. @dir has no slash at its end. */
static bool is_folder(const char *dir)
{
	struct inode *n;

	if (!*dir || !strcmp(dir, "/socle") || !strcmp(dir, "/tmp") || !strcmp(dir, "/dev"))
		return true;
	list_for_each(n, &inodes, link)
		if (below(n->path, dir))
			return true;
	return false;
}

static bool parent_exists(const char *path)
{
	char dir[BOOT_PATH_MAX];
	size_t n = (size_t)(strrchr(path, '/') - path);

	memcpy(dir, path, n);
	dir[n] = 0;
	return is_folder(dir) && strcmp(dir, "/dev");
}

/* Caller holds names. A reference. */
static int create_locked(const char *path, struct inode **out)
{
	struct inode *n;

	if (!parent_exists(path))
		return -ENOENT;
	n = inode_create(path);
	if (!n)
		return -ENOSPC;
	link_inode(n);
	inode_get(n);
	*out = n;
	return 0;
}

static int find_or_create(const char *path, u32 flags, struct inode **out)
{
	struct inode *n;
	int err = 0;

	mutex_lock(&names);
	n = lookup(path);
	if (n && (flags & ABI_O_CREAT) && (flags & ABI_O_EXCL)) {
		err = -EEXIST;
	} else if (n) {
		inode_get(n);
		*out = n;
	} else {
		err = flags & ABI_O_CREAT ? create_locked(path, out) : -ENOENT;
	}
	mutex_unlock(&names);
	return err;
}

static int open_file(const char *path, u32 flags, struct file **out)
{
	struct inode *n;
	int err = find_or_create(path, flags, &n);

	if (err)
		return err;
	if (flags & ABI_O_DIRECTORY) {
		inode_put(n);
		return -ENOTDIR;
	}
	if ((flags & ABI_O_TRUNC) && (flags & ABI_O_ACCMODE) != ABI_O_RDONLY)
		(void)inode_truncate(n, 0);
	*out = file_create(&ram_ops, n, flags);
	if (*out)
		return 0;
	inode_put(n);
	return -ENOMEM;
}

static int open_folder(const char *path, u32 flags, struct file **out)
{
	char *copy;

	if ((flags & ABI_O_ACCMODE) != ABI_O_RDONLY || (flags & ABI_O_CREAT))
		return -EISDIR;
	copy = kmalloc(strlen(path) + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, path, strlen(path) + 1);
	*out = file_create(&dir_ops, copy, flags);
	if (*out)
		return 0;
	kfree(copy);
	return -ENOMEM;
}

int ramfs_open(const char *path, u32 flags, struct file **out)
{
	bool folder;

	mutex_lock(&names);
	folder = is_folder(path);
	mutex_unlock(&names);
	return folder ? open_folder(path, flags, out) : open_file(path, flags, out);
}

int ramfs_unlink(const char *path)
{
	struct inode *n;
	int err = -ENOENT;

	mutex_lock(&names);
	n = lookup(path);
	if (n) {
		list_del(&n->link);
		n->is_linked = false;
		err = 0;
	} else if (is_folder(path)) {
		err = -EISDIR;
	}
	mutex_unlock(&names);
	if (n)
		inode_put(n);
	return err;
}

static void dir_release(struct file *f)
{
	kfree(f->priv);
}

static const struct file_ops dir_ops = { .name = "folder", .stat_mode = ABI_S_IFDIR | 0755, .release = dir_release };

/* Path number @i: files, then devices, then the folders that are always there. Caller holds names. */
static const char *path_number(u64 i, u64 *ino, u32 *type)
{
	static const char *const folders[] = { "/socle", "/tmp", "/dev" };
	u32 devices = dev_count();
	struct inode *n;

	*ino = 1;
	list_for_each(n, &inodes, link) {
		*ino = n->ino;
		*type = ABI_DT_REG;
		if (!i--)
			return n->path;
	}
	*type = ABI_DT_CHR;
	if (i < devices)
		return dev_path((u32)i);
	*type = ABI_DT_DIR;
	return i - devices < ARRAY_SIZE(folders) ? folders[i - devices] : NULL;
}

/* The entry that path @i adds to @dir: a name that no path before it has. Caller holds names. */
static bool entry_at(const char *dir, u64 i, struct socle_dirent *out, bool *end)
{
	const char *path = path_number(i, &out->ino, &out->type), *rest = path ? below(path, dir) : NULL;
	size_t n = 0;
	u64 ino;
	u32 type;

	*end = !path;
	if (!rest || !*rest)
		return false;
	while (rest[n] && rest[n] != '/')
		n++;
	n = MIN(n, sizeof(out->name) - 1);
	for (u64 k = 0; k < i; k++) {
		const char *other = below(path_number(k, &ino, &type), dir);

		if (other && !strncmp(other, rest, n) && (!other[n] || other[n] == '/'))
			return false;
	}
	if (rest[n] == '/')
		out->type = ABI_DT_DIR;
	memcpy(out->name, rest, n);
	return true;
}

/* 1: an entry, 0: the end. */
int ramfs_next_entry(struct file *f, struct socle_dirent *out)
{
	bool end = false, found = false;

	if (f->ops != &dir_ops)
		return -ENOTDIR;
	mutex_lock(&names);
	while (!found && !end) {
		memset(out, 0, sizeof(*out));
		found = entry_at(f->priv, f->pos, out, &end);
		f->pos += !end;
	}
	mutex_unlock(&names);
	return found;
}
