/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SYS_EVENTFD_H
#define SYS_EVENTFD_H

#include <stdint.h>
#include <fcntl.h>

#define EFD_SEMAPHORE	1
#define EFD_NONBLOCK	O_NONBLOCK
#define EFD_CLOEXEC	O_CLOEXEC

typedef uint64_t eventfd_t;

int eventfd(unsigned int count, int flags);
int eventfd_read(int fd, eventfd_t *value);
int eventfd_write(int fd, eventfd_t value);

#endif
