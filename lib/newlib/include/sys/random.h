/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SYS_RANDOM_H
#define SYS_RANDOM_H

#include <stddef.h>
#include <sys/types.h>

#define GRND_NONBLOCK	1
#define GRND_RANDOM	2

ssize_t getrandom(void *buf, size_t bytes, unsigned int flags);
int getentropy(void *buf, size_t bytes);

#endif
