/* SPDX-License-Identifier: Apache-2.0 */
/* dir.c - reading directories */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "thread.h"

struct dir_stream { int fd; struct dirent entry; };

DIR *fdopendir(int fd)
{
	DIR *d = calloc(1, sizeof(*d));

	if (d)
		d->fd = fd;
	return d;
}

DIR *opendir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !d)
		close(fd);
	return d;
}

struct dirent *readdir(DIR *d)
{
	struct socle_dirent k;

	if (CALL(getdents, d->fd, &k, 1, 0, 0, 0) <= 0)
		return NULL;
	d->entry.d_ino = k.ino;
	d->entry.d_off++;
	d->entry.d_reclen = sizeof(d->entry);
	d->entry.d_type = (unsigned char)k.type;
	memcpy(d->entry.d_name, k.name, sizeof(k.name));
	d->entry.d_name[sizeof(k.name)] = 0;
	return &d->entry;
}

void rewinddir(DIR *d)
{
	lseek(d->fd, 0, SEEK_SET);
	d->entry.d_off = 0;
}

int closedir(DIR *d)
{
	int fd = d->fd;

	free(d);
	return close(fd);
}

int dirfd(DIR *d)
{
	return d->fd;
}

int alphasort(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int append(struct dirent ***list, int nr, const struct dirent *e)
{
	struct dirent **grown = realloc(*list, ((size_t)nr + 1) * sizeof(*grown));
	struct dirent *copy = malloc(sizeof(*copy));

	if (grown)
		*list = grown;
	if (!grown || !copy) {
		free(copy);
		errno = ENOMEM;
		return -1;
	}
	*copy = *e;
	grown[nr] = copy;
	return 0;
}

static int read_all(DIR *d, struct dirent ***list, int (*filter)(const struct dirent *))
{
	struct dirent *e;
	int nr = 0;

	while (errno = 0, (e = readdir(d))) {
		if (filter && !filter(e))
			continue;
		if (append(list, nr, e))
			break;
		nr++;
	}
	if (!errno)
		return nr;
	while (nr)
		free((*list)[--nr]);
	free(*list);
	return -1;
}

int scandir(const char *path, struct dirent ***out, int (*filter)(const struct dirent *),
	    int (*compare)(const struct dirent **, const struct dirent **))
{
	struct dirent **list = NULL;
	DIR *d = opendir(path);
	int nr, err;

	if (!d)
		return -1;
	nr = read_all(d, &list, filter);
	err = errno;
	closedir(d);
	errno = err;
	if (nr < 0)
		return -1;
	if (compare)
		qsort(list, (size_t)nr, sizeof(*list), (int (*)(const void *, const void *))compare);
	*out = list;
	return nr;
}
