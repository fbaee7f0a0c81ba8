// SPDX-License-Identifier: Apache-2.0
/* Where a guest's console output goes: nowhere, our console, or a file. */
#include "vmm.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int sink_open(struct vm *vm, struct sink *s, const struct console_config *cfg,
	      const char *field)
{
	int err;

	s->mode = cfg->mode;
	s->fd = -1;
	if (cfg->mode != CONSOLE_FILE)
		return 0;
	s->fd = open(cfg->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (s->fd >= 0)
		return 0;
	err = -errno;
	vm_error(vm, "%s.file: %s: %s", field, cfg->file, strerror(-err));
	return err;
}

void sink_close(struct sink *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

void sink_put(struct vm *vm, const struct sink *s, const uint8_t *data,
	      uint32_t bytes)
{
	if (s->mode == CONSOLE_TTY)
		console_output(vm, data, bytes);
	/* A full disk is not the guest's matter: what does not fit is lost. */
	while (s->fd >= 0 && bytes) {
		ssize_t n = write(s->fd, data, bytes);

		if (n <= 0)
			return;
		data += n;
		bytes -= (uint32_t)n;
	}
}
