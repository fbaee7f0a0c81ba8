/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ramfiles.c - kernel calls below the libc: files in memory, mappings, advice, random numbers
 *
 * Socle only, see calls.c. It ends with its own program file removed.
 */
#include <socle/app.h>
#include <socle/syscall.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

long libc_raw_call(long nr, long a, long b, long c, long d, long e, long f);
#define CALL(name, a, b, c, d, e, f) \
	libc_raw_call(SOCLE_SYS_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

enum { L_ENOENT = 2, L_EBADF = 9, L_ENOMEM = 12, L_EACCES = 13, L_EFAULT = 14, L_EEXIST = 17, L_ENODEV = 19, L_ENOTDIR = 20,
	L_EISDIR = 21, L_EINVAL = 22, L_EFBIG = 27, L_ENAMETOOLONG = 36 };
enum { RDONLY = 0, WRONLY = 1, RDWR = 2, CREAT = 0100, EXCL = 0200, TRUNC = 01000, APPEND = 02000, DIRECTORY = 0200000 };
enum { READ = 1, WRITE = 2, SHARED = 1, PRIVATE = 2, FIXED = 0x10, ANON = 0x20, NORESERVE = 0x4000, DONTNEED = 4 };

static int failed;
static char buf[20000], got[20000];

static void check(const char *what, int good)
{
	printf("%s %s\n", good ? "ok  " : "FAIL", what);
	failed += !good;
}

static long op(const char *path, long flags) { return CALL(open, path, flags, 0644, 0, 0, 0); }
static long rd(long fd, void *p, long n, long at) { return CALL(pread, fd, p, n, at, 0, 0); }
static long wr(long fd, const void *p, long n, long at) { return CALL(pwrite, fd, p, n, at, 0, 0); }
static void shut(long fd) { CALL(close, fd, 0, 0, 0, 0, 0); }

static char *map(long n, long prot, long flags, long fd, long off)
{
	return (char *)CALL(mmap, 0, n, prot, flags, fd, off);
}

static uint64_t size_of(long fd)
{
	struct socle_stat st = { 0 };

	CALL(fstat, fd, &st, 0, 0, 0, 0);
	return st.size;
}

static uint64_t free_pages(void)
{
	struct socle_sysinfo si = { 0 };

	CALL(sysinfo, &si, 0, 0, 0, 0, 0);
	return si.free_pages;
}

static void test_contents(void)
{
	long fd = op("/tmp/a", RDWR | CREAT | EXCL);

	for (unsigned i = 0; i < sizeof(buf); i++)
		buf[i] = (char)(i * 7 + i / 251);
	check("a file is created once", fd >= 0 && op("/tmp/a", RDWR | CREAT | EXCL) == -L_EEXIST);
	check("write and read over pages", CALL(write, fd, buf, sizeof(buf), 0, 0, 0) == sizeof(buf) &&
	      rd(fd, got, sizeof(got), 0) == sizeof(got) && !memcmp(buf, got, sizeof(buf)));
	check("the end of a file", rd(fd, got, 100, sizeof(buf)) == 0 && rd(fd, got, 100, sizeof(buf) - 10) == 10);
	check("a write behind the end leaves a hole of zeros", wr(fd, "x", 1, 1 << 20) == 1 && size_of(fd) == (1 << 20) + 1 &&
	      rd(fd, got, 2, (1 << 20) - 1) == 2 && got[0] == 0 && got[1] == 'x');
	check("truncated", CALL(ftruncate, fd, 5, 0, 0, 0, 0) == 0 && size_of(fd) == 5);
	CALL(ftruncate, fd, 5000, 0, 0, 0, 0);
	check("grown again with zeros", rd(fd, got, 5000, 0) == 5000 && !memcmp(got, buf, 5) && !got[5] && !got[4999]);
	check("seek", CALL(lseek, fd, -10, 2, 0, 0, 0) == 4990 && CALL(lseek, fd, 4, 1, 0, 0, 0) == 4994 &&
	      CALL(lseek, fd, -1, 0, 0, 0, 0) == -L_EINVAL);
	shut(fd);
	fd = op("/tmp/a", WRONLY | APPEND);
	CALL(write, fd, "end", 3, 0, 0, 0);
	check("append", size_of(fd) == 5003 && rd(fd, got, 1, 0) == -L_EBADF);
	shut(fd);
	fd = op("/tmp//x/../a", RDONLY);
	check("a path in other words", fd >= 0 && size_of(fd) == 5003 && wr(fd, "x", 1, 0) == -L_EBADF &&
	      CALL(ftruncate, fd, 0, 0, 0, 0, 0) == -L_EINVAL && CALL(fsync, fd, 0, 0, 0, 0, 0) == 0);
	shut(fd);
	fd = op("tmp/a", RDWR | TRUNC);
	check("truncated by open", size_of(fd) == 0);
	check("file limits", wr(fd, "x", 1, 1l << 46) == -L_EFBIG && CALL(ftruncate, fd, (1l << 46) + 1, 0, 0, 0, 0) == -L_EFBIG &&
	      wr(fd, (void *)8, 1, 0) == -L_EFAULT);
	shut(fd);
	CALL(unlink, "/tmp/a", 0, 0, 0, 0, 0);
}

static void test_names(void)
{
	char name[300];
	struct socle_dirent d;
	long dir, fd;
	int entries = 0, app = 0;

	memset(name, 'n', sizeof(name));
	name[0] = '/';
	name[299] = 0;
	check("name errors", op("/tmp/none", RDONLY) == -L_ENOENT && op("/none/file", RDWR | CREAT) == -L_ENOENT &&
	      op("", RDONLY) == -L_ENOENT && op(name, RDONLY) == -L_ENAMETOOLONG && op((char *)16, RDONLY) == -L_EFAULT &&
	      op("/tmp", RDWR) == -L_EISDIR && CALL(unlink, "/tmp", 0, 0, 0, 0, 0) == -L_EISDIR &&
	      CALL(unlink, "/tmp/none", 0, 0, 0, 0, 0) == -L_ENOENT && op("/socle/app.elf", DIRECTORY) == -L_ENOTDIR);
	dir = op("/socle", RDONLY | DIRECTORY);
	while (CALL(getdents, dir, &d, 0, 0, 0, 0) == 1 && entries < 100) {
		entries++;
		app += !strcmp(d.name, "app.elf") && d.type == 8;
	}
	check("a folder lists its files", entries >= 2 && app == 1);
	shut(dir);
	fd = op("/tmp/sub", RDWR | CREAT);
	dir = op("/", RDONLY);
	for (entries = 0; CALL(getdents, dir, &d, 0, 0, 0, 0) == 1; entries++)
		app += d.type == 4 && (!strcmp(d.name, "socle") || !strcmp(d.name, "tmp") || !strcmp(d.name, "dev"));
	check("the root lists its folders once", entries == 3 && app == 4);
	check("no entries in a file", CALL(getdents, fd, &d, 0, 0, 0, 0) == -L_ENOTDIR);
	shut(dir);
	shut(fd);
	CALL(unlink, "/tmp/sub", 0, 0, 0, 0, 0);
}

static void test_memory_back(void)
{
	uint64_t before, with;
	long fd = op("/tmp/big", RDWR | CREAT);

	wr(fd, "x", 1, 0);		/* slabs and tables are there */
	before = free_pages();
	for (long i = 0; i < 1000; i++)
		wr(fd, buf, 4096, (i + 1) * 4096);
	with = free_pages();
	CALL(unlink, "/tmp/big", 0, 0, 0, 0, 0);
	check("a file without a name is there while it is open", rd(fd, got, 10, 4096) == 10 && !memcmp(got, buf, 10) &&
	      op("/tmp/big", RDONLY) == -L_ENOENT);
	shut(fd);
	check("memory of a file comes back", before - with >= 1000 && free_pages() >= before);
}

static void test_maps(void)
{
	long fd = op("/tmp/m", RDWR | CREAT), ro = op("/tmp/m", RDONLY), wo = op("/tmp/m", WRONLY);
	char *shared, *priv, *again;

	wr(fd, buf, 10000, 0);
	shared = map(12288, READ | WRITE, SHARED, fd, 0);
	priv = map(12288, READ | WRITE, PRIVATE, fd, 0);
	again = map(4096, READ, SHARED, ro, 4096);
	check("a mapping shows the file", !memcmp(shared, buf, 10000) && !shared[10000] && !memcmp(priv, buf, 10000) &&
	      !memcmp(again, buf + 4096, 4096));
	shared[5000] = 'S';
	priv[6000] = 'P';
	rd(fd, got, 10000, 0);
	check("a shared write reaches the file, a private one does not", got[5000] == 'S' && again[5000 - 4096] == 'S' &&
	      got[6000] == buf[6000] && priv[6000] == 'P');
	wr(fd, "Z", 1, 9000);
	check("a write reaches a shared mapping", shared[9000] == 'Z');
	check("read into a mapping of the same file", rd(fd, shared, 4096, 4096) == 4096 && shared[5000 - 4096] == 'S');
	check("rights of a mapping", map(4096, READ | WRITE, SHARED, ro, 0) == (char *)-L_EACCES &&
	      map(4096, READ, SHARED, wo, 0) == (char *)-L_EACCES && CALL(mprotect, again, 4096, READ | WRITE, 0, 0, 0) == -L_EACCES &&
	      map(4096, READ, PRIVATE, 0, 0) == (char *)-L_ENODEV && map(4096, READ, 0, fd, 0) == (char *)-L_EINVAL &&
	      map(4096, READ, SHARED, fd, 100) == (char *)-L_EINVAL && map(0, READ, SHARED, fd, 0) == (char *)-L_EINVAL &&
	      map(4096, READ, SHARED, 999, 0) == (char *)-L_EBADF);
	CALL(ftruncate, fd, 100, 0, 0, 0, 0);
	CALL(ftruncate, fd, 10000, 0, 0, 0, 0);
	check("pages behind a new end are new", shared[99] == buf[4096 + 99] && !shared[100] && !shared[5000] && !shared[9000]);
	CALL(munmap, shared, 12288, 0, 0, 0, 0);
	CALL(munmap, priv, 12288, 0, 0, 0, 0);
	CALL(munmap, again, 4096, 0, 0, 0, 0);
	shut(fd);
	shut(ro);
	shut(wo);
	CALL(unlink, "/tmp/m", 0, 0, 0, 0, 0);
}

static void test_advice(void)
{
	uint64_t before = free_pages();
	char *huge = map(1l << 40, READ | WRITE, PRIVATE | ANON | NORESERVE, -1, 0), *p;

	check("a terabyte costs nothing", (long)huge > 0 && before - free_pages() < 8);
	huge[1l << 39] = 1;
	check("and is written anywhere", huge[1l << 39] == 1);
	CALL(munmap, huge, 1l << 40, 0, 0, 0, 0);
	p = map(16 << 20, READ | WRITE, PRIVATE | ANON, -1, 0);
	before = free_pages();
	check("populate", CALL(madvise, p, 16 << 20, 23, 0, 0, 0) == 0 && before - free_pages() >= 4096);
	p[5000] = 1;
	check("discarded pages are zero and come back", CALL(madvise, p, 16 << 20, DONTNEED, 0, 0, 0) == 0 && free_pages() + 16 >= before &&
	      p[5000] == 0);
	check("hints", CALL(madvise, p, 4096, 14, 0, 0, 0) == 0 && CALL(madvise, p, 4096, 3, 0, 0, 0) == 0 &&
	      CALL(madvise, p, 0, DONTNEED, 0, 0, 0) == 0);
	check("advice errors", CALL(madvise, p + 1, 4096, DONTNEED, 0, 0, 0) == -L_EINVAL && CALL(madvise, p, 4096, 999, 0, 0, 0) == -L_EINVAL &&
	      CALL(madvise, p, 32 << 20, DONTNEED, 0, 0, 0) == -L_ENOMEM && CALL(madvise, p, -1, DONTNEED, 0, 0, 0) == -L_EINVAL &&
	      CALL(mprotect, p, 4096, 64, 0, 0, 0) == -L_EINVAL);
	CALL(mprotect, p, 4096, READ, 0, 0, 0);
	check("a kernel call cannot write where the app cannot", CALL(sysinfo, p, 0, 0, 0, 0, 0) == -L_EFAULT);
	CALL(munmap, p, 16 << 20, 0, 0, 0, 0);
	check("nor where nothing is", CALL(sysinfo, p, 0, 0, 0, 0, 0) == -L_EFAULT &&
	      CALL(sysinfo, 0xffffffff80000000, 0, 0, 0, 0, 0) == -L_EFAULT);
}

static void test_random(void)
{
	uint64_t a[20] = { 0 }, b[20] = { 0 };

	check("random numbers differ", CALL(getrandom, a, 160, 0, 0, 0, 0) == 160 && CALL(getrandom, b, 160, 0, 0, 0, 0) == 160 &&
	      a[0] != b[0] && a[19] != b[19] && a[0] != a[8] && CALL(getrandom, a, 1, 0x100, 0, 0, 0) == -L_EINVAL);
}

static void test_boot_file(void)
{
	long fd = op("/socle/app.elf", RDWR);
	uint64_t size = size_of(fd), before = free_pages();

	check("a file of the boot volume", rd(fd, got, 4, 0) == 4 && !memcmp(got, "\177ELF", 4));
	check("is written in place", wr(fd, "ab", 2, 100) == 2 && rd(fd, got, 2, 100) == 2 && !memcmp(got, "ab", 2) && size_of(fd) == size);
	check("and grows", wr(fd, buf, 8192, (long)size) == 8192 && rd(fd, got, 8192, (long)size) == 8192 && !memcmp(got, buf, 8192));
	CALL(unlink, "/socle/app.elf", 0, 0, 0, 0, 0);
	shut(fd);
	check("its memory comes back", free_pages() >= before + size / 4096);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	test_contents();
	test_names();
	test_memory_back();
	test_maps();
	test_advice();
	test_random();
	test_boot_file();
	return failed;
}
