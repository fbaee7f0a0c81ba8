/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c - mappings, and the heap below malloc */
#include <errno.h>
#include <malloc.h>
#include <reent.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "thread.h"

#define HEAP_BYTES (1ul << 36)		/* address space only: pages come with the first touch */
#define PAGE 4096ul

void *mmap(void *addr, size_t bytes, int prot, int flags, int fd, off_t off)
{
	return (void *)CALL(mmap, addr, bytes, prot, flags, fd, off);
}

int munmap(void *addr, size_t bytes) { return (int)CALL(munmap, addr, bytes, 0, 0, 0, 0); }
int mprotect(void *addr, size_t bytes, int prot) { return (int)CALL(mprotect, addr, bytes, prot, 0, 0, 0); }
int madvise(void *addr, size_t bytes, int advice) { return (int)CALL(madvise, addr, bytes, advice, 0, 0, 0); }

/* Nothing is swapped out: what is there stays. */
int mlock(const void *addr, size_t bytes) { return madvise((void *)(uintptr_t)addr, bytes, MADV_POPULATE_READ); }
int munlock(const void *addr, size_t bytes) { (void)addr, (void)bytes; return 0; }

int posix_madvise(void *addr, size_t bytes, int advice)
{
	int saved = errno, err = 0;

	if (advice != POSIX_MADV_DONTNEED && madvise(addr, bytes, advice))
		err = errno;
	errno = saved;
	return err;
}

/* What malloc gives back of the heap's end is given back to the kernel. */
static void drop_pages(char *from, char *to)
{
	char *first = (char *)(((uintptr_t)from + PAGE - 1) & ~(PAGE - 1));

	if (to > first)
		libc_raw_call(SOCLE_SYS_madvise, (long)first, to - first, MADV_DONTNEED, 0, 0, 0);
}

/* The heap is one large mapping; malloc's lock makes the callers one at a time. */
void *_sbrk_r(struct _reent *r, ptrdiff_t delta)
{
	static char *base, *at;
	char *old;

	if (!base) {
		base = mmap(NULL, HEAP_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (base == MAP_FAILED)
			base = NULL;
		at = base;
	}
	if (!base || delta > base + HEAP_BYTES - at || delta < base - at) {
		r->_errno = ENOMEM;
		return (void *)-1;
	}
	old = at;
	at += delta;
	if (delta < 0)
		drop_pages(at, old);
	return old;
}

/* newlib's does not look at the product. */
void *calloc(size_t nr, size_t bytes)
{
	size_t all;

	if (__builtin_mul_overflow(nr, bytes, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return _calloc_r(_REENT, 1, all);
}

int posix_memalign(void **out, size_t align, size_t bytes)
{
	int saved = errno;
	void *p;

	if (align < sizeof(void *) || (align & (align - 1)))
		return EINVAL;
	p = memalign(align, bytes);
	errno = saved;
	if (!p)
		return ENOMEM;
	*out = p;
	return 0;
}
