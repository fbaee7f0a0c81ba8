/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmdline.h - options of the kernel
 */
#ifndef KERNEL_CMDLINE_H
#define KERNEL_CMDLINE_H

#include <socle/main.h>	/* cmdline_has() */
#include <socle/types.h>

void cmdline_init(const char *text);		/* keeps a copy, 1023 bytes at most */
/* Text after "name=", which ends at a blank or NUL; the blank or NUL itself for a bare name; NULL: absent. */
const char *cmdline_find(const char *name);

#endif
