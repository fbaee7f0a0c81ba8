/* SPDX-License-Identifier: Apache-2.0 */
/* Linux's numbers. */
#ifndef SYS_MMAN_H
#define SYS_MMAN_H

#include <stddef.h>
#include <sys/types.h>

#define PROT_NONE	0
#define PROT_READ	1
#define PROT_WRITE	2
#define PROT_EXEC	4
#define MAP_SHARED	0x01
#define MAP_PRIVATE	0x02
#define MAP_FIXED	0x10
#define MAP_ANONYMOUS	0x20
#define MAP_NORESERVE	0x4000
#define MAP_POPULATE	0x8000
#define MAP_FAILED	((void *)-1)
#define MADV_DONTNEED	4

void *mmap(void *addr, size_t bytes, int prot, int flags, int fd, off_t off);
int munmap(void *addr, size_t bytes);
int mprotect(void *addr, size_t bytes, int prot);
int madvise(void *addr, size_t bytes, int advice);

#endif
