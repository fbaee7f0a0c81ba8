/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c - mappings of memory and files; malloc in many threads */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "t.h"

#define PAGE 4096ul
#define MIB (1ul << 20)

static char *map(size_t bytes)
{
	return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int all_zero(const char *p, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		if (p[i])
			return 0;
	return 1;
}

/* Whether the kernel can read there: a pipe tells without a fault. */
static int readable(const void *p)
{
	int fd[2], good;
	char c;

	if (pipe(fd))
		return -1;
	good = write(fd[1], p, 1) == 1 && read(fd[0], &c, 1) == 1;
	close(fd[0]);
	close(fd[1]);
	return good;
}

static void anonymous(void)
{
	char *p = map(64 * PAGE), *q;

	check("mmap gives zeros", p != MAP_FAILED && all_zero(p, 64 * PAGE));
	memset(p, 0xaa, 64 * PAGE);
	check("madvise(MADV_DONTNEED) makes zeros", !madvise(p + PAGE, 2 * PAGE, MADV_DONTNEED) &&
	      all_zero(p + PAGE, 2 * PAGE) && p[PAGE - 1] == (char)0xaa && p[3 * PAGE] == (char)0xaa);
	check("munmap of the middle", !munmap(p + 8 * PAGE, 4 * PAGE) && !readable(p + 8 * PAGE) &&
	      readable(p + 7 * PAGE) && readable(p + 12 * PAGE));
	check("a write from there is EFAULT", write(1, p + 8 * PAGE, 1) == -1 && errno == EFAULT);
	q = mmap(p + 8 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	check("MAP_FIXED into the hole", q == p + 8 * PAGE && all_zero(q, 2 * PAGE));
	q = mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	check("MAP_FIXED_NOREPLACE over something", q == MAP_FAILED && errno == EEXIST);
	check("mprotect(PROT_NONE)", !mprotect(p, PAGE, PROT_NONE) && !readable(p) && readable(p + PAGE));
	check("and back", !mprotect(p, PAGE, PROT_READ) && p[5] == (char)0xaa);
	check("munmap over the hole", !munmap(p, 64 * PAGE) && !readable(p) && !readable(p + 63 * PAGE));
	check("mprotect of nothing", mprotect(p, PAGE, PROT_READ) == -1 && errno == ENOMEM);
	check("bad arguments", mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EINVAL &&
	      munmap(p + 1, PAGE) == -1 && errno == EINVAL &&
	      mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0) == MAP_FAILED && errno == EBADF);
}

static void large(void)
{
	char *p = mmap(NULL, 1ul << 40, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	check("1 TiB that nobody touches", p != MAP_FAILED);
	p[0] = 1;
	p[(1ul << 39) + 12345] = 2;
	p[(1ul << 40) - 1] = 3;
	check("three pages of it", p[0] == 1 && p[(1ul << 39) + 12345] == 2 && p[(1ul << 40) - 1] == 3 && !p[PAGE]);
	check("munmap of it", !munmap(p, 1ul << 40));
	check("1 TiB of memory that is not there", mmap(NULL, 1ul << 40, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	      MAP_FAILED && errno == ENOMEM);
	p = mmap(NULL, 8 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	check("MAP_POPULATE", p != MAP_FAILED && all_zero(p, 8 * MIB));
	munmap(p, 8 * MIB);
}

static void files(const char *self)
{
	int fd = open(self, O_RDONLY);
	char head[64], *p;

	check("own program opens", fd >= 0);
	check("read", read(fd, head, sizeof(head)) == sizeof(head) && !memcmp(head, "\177ELF", 4));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	check("private mapping of a file", p != MAP_FAILED && !memcmp(p, head, sizeof(head)));
	p[0] = 'x';
	check("a write stays here", pread(fd, head, 4, 0) == 4 && head[0] == 0x7f && p[0] == 'x');
	close(fd);
	check("the mapping outlives the descriptor", p[1] == 'E');
	munmap(p, PAGE);
}

static void *churn(void *arg)
{
	unsigned seed = (unsigned)(long)arg * 7919 + 1;
	unsigned char *p[64] = { NULL }, tag[64];
	size_t bytes[64];
	long bad = 0;

	for (int i = 0; i < 4000; i++) {
		unsigned k = (seed = seed * 1103515245 + 12345) >> 16 & 63;

		if (p[k] && (p[k][0] != tag[k] || p[k][bytes[k] - 1] != tag[k]))
			bad++;
		bytes[k] = 1 + (seed >> 8) % (i % 50 ? 2000 : 300000);
		p[k] = i % 3 ? realloc(p[k], bytes[k]) : (free(p[k]), malloc(bytes[k]));
		tag[k] = (unsigned char)seed;
		if ((uintptr_t)p[k] & 15)
			bad++;
		memset(p[k], tag[k], bytes[k]);
	}
	for (int k = 0; k < 64; k++)
		free(p[k]);
	return (void *)bad;
}

static void heap(void)
{
	pthread_t t[4];
	volatile size_t huge = 1ul << 40;
	void *bad, *p = NULL;
	int good = 1;

	for (long i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, churn, (void *)i);
	for (int i = 0; i < 4; i++)
		good &= !pthread_join(t[i], &bad) && !bad;
	check("malloc, realloc, free in four threads; 16-byte alignment", good);
	check("posix_memalign", !posix_memalign(&p, 4096, 10000) && !((uintptr_t)p & 4095));
	free(p);
	check("posix_memalign: bad alignment", posix_memalign(&p, 3, 10) == EINVAL);
	p = aligned_alloc(256, 1024);
	check("aligned_alloc", p && !((uintptr_t)p & 255));
	free(p);
	p = calloc(1000, 1000);
	check("calloc gives zeros", p && all_zero(p, 1000000));
	free(p);
	check("calloc: product too large", !calloc(huge, huge) && errno == ENOMEM);
}

int main(int argc, char **argv)
{
	anonymous();
	large();
	files(argc > 0 ? argv[0] : "");
	heap();
	return t_failed != 0;
}
