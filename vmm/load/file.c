// SPDX-License-Identifier: Apache-2.0
/*
 * A whole file in our memory, with a 0 behind it. A mapping of its own: kernels
 * are large, and what malloc() once took does not go back to the system.
 */
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
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

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*data = NULL;
	err = fstat(fd, &st) ? -errno : 0;
	if (!err && !S_ISREG(st.st_mode))
		err = -EINVAL;
	if (!err) {
		*bytes = (size_t)st.st_size;
		*data = mmap(NULL, *bytes + 1, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		err = *data == MAP_FAILED ? -ENOMEM :
		      read_all(fd, *data, *bytes);
	}
	close(fd);
	if (err && *data && *data != MAP_FAILED)
		free_file(*data, *bytes);
	return err;
}

void free_file(uint8_t *data, size_t bytes)
{
	munmap(data, bytes + 1);
}
