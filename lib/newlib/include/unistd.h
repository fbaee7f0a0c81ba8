/* SPDX-License-Identifier: Apache-2.0 */
/* newlib's <unistd.h>, and what it declares for other systems only. */
#include_next <unistd.h>
#ifndef SOCLE_UNISTD_H
#define SOCLE_UNISTD_H

int pipe2(int fds[2], int flags);
int dup3(int fd, int to, int flags);
pid_t gettid(void);
long syscall(long nr, ...);

#endif
