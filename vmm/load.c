// SPDX-License-Identifier: Apache-2.0
/* Reads the kernel's file and chooses the loader by its magic. */
#include "vmm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(int fd, uint8_t *data, size_t bytes)
{
	size_t done = 0;

	while (done < bytes) {
		ssize_t n = read(fd, data + done, bytes - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		done += (size_t)n;
	}
	return 0;
}

int file_read(const char *path, uint8_t **data, size_t *bytes)
{
	struct stat st;
	int fd, err;

	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -errno;
	*data = NULL;
	err = fstat(fd, &st) ? -errno : 0;
	if (!err && !S_ISREG(st.st_mode))
		err = -EINVAL;
	if (!err) {
		*bytes = (size_t)st.st_size;
		*data = malloc(*bytes + 1);
		err = *data ? read_all(fd, *data, *bytes) : -ENOMEM;
	}
	close(fd);
	if (err)
		free(*data);
	else
		(*data)[*bytes] = 0;
	return err;
}

void free_file(uint8_t *data)
{
	free(data);
}

int load_kernel(struct vm *vm)
{
	uint8_t *image;
	size_t bytes;
	int err;

	err = file_read(vm->cfg.kernel, &image, &bytes);
	if (err) {
		vm_error(vm, "payload.kernel: %s: %s", vm->cfg.kernel,
			 strerror(-err));
		return err;
	}
	err = load_bzimage(vm, image, bytes);
	free_file(image);
	return err;
}
