/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files.h - descriptors of the simulated app
 */
#ifndef TEST_FAKE_FILES_H
#define TEST_FAKE_FILES_H

#include <socle/file.h>

#define FAKE_FDS 16

void fake_close(int fd);
void fake_close_if_open(int fd);
u32 fake_open_files(void);
extern u32 fake_fd_limit;		/* fd_install() fails beyond it; FAKE_FDS: never full */

#endif
