/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SYS_UIO_H
#define SYS_UIO_H

#include <stddef.h>
#include <sys/types.h>

struct iovec { void *iov_base; size_t iov_len; };
#define UIO_MAXIOV 1024

ssize_t readv(int fd, const struct iovec *v, int n);
ssize_t writev(int fd, const struct iovec *v, int n);

#endif
