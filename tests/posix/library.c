/* SPDX-License-Identifier: Apache-2.0 */
/* library.c - what programs take from the C library beside the kernel's surface */
#define _GNU_SOURCE
#include <byteswap.h>
#include <endian.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "t.h"

static void errors(void)
{
	static const int some[] = { EPERM, ENOENT, EINTR, ENXIO, E2BIG, EBADF, EAGAIN, ENOMEM, EFAULT, EBUSY, EEXIST, ENODEV,
		EINVAL, ENOTTY, ENOSPC, ENOSYS, EOVERFLOW, EOPNOTSUPP, ETIMEDOUT, 4000 };

	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		printf("%d %s\n", some[i], strerror(some[i]));
	printf("%s, %s\n", strsignal(SIGSEGV), strsignal(SIGUSR1));
}

static void parse_all(int argc, char **args, const char *shorts)
{
	static int flag;
	static const struct option table[] = {
		{ "size", required_argument, NULL, 's' }, { "sum", optional_argument, NULL, 'u' },
		{ "flag", no_argument, &flag, 9 }, { NULL, 0, NULL, 0 },
	};
	int c, index = -1;

	optind = 0;	/* starts anew */
	opterr = 0;
	flag = 0;
	while ((c = getopt_long(argc, args, shorts, table, &index)) != -1)
		printf("option %d %s %d\n", c, optarg ? optarg : "-", c == '?' ? optopt : 0);
	printf("flag %d, left:", flag);
	while (optind < argc)
		printf(" %s", args[optind++]);
	printf("\n");
}

#define PARSE(shorts, ...) do {							\
	char *args[] = { "prog", __VA_ARGS__, NULL };				\
	parse_all((int)(sizeof(args) / sizeof(args[0])) - 1, args, shorts);		\
} while (0)

static void options(void)
{
	PARSE("vn:", "-v", "--size=12", "-n", "5", "rest");
	PARSE("vn:", "a", "-vn", "b", "c", "--flag", "--size", "7", "d", "--", "-v", "e");
	PARSE("+vn:", "-v", "a", "-v");
	PARSE("-vn:", "-v", "a", "-v", "b");
	PARSE("vn:o::", "-x", "--unknown", "-o", "-ofile", "--sum", "--sum=3", "--su=4", "--s", "-n");
	PARSE(":vn:", "-n");
	PARSE("v", "-", "--flag=1", "--size");
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void texts(void)
{
	const char *volatile eight = "abcdefgh";
	char buf[64], *save, list[] = "one,two,,three";
	int numbers[] = { 5, -3, 99, 0, 42 };

	snprintf(buf, sizeof(buf), "%-5d|%05d|%#x|%zu|%" PRIu64 "|%s|%c|%p", 42, -42, 255, (size_t)7, UINT64_MAX, "str", 'c',
		 (void *)0x1234);
	printf("%s\n", buf);
	for (char *w = strtok_r(list, ",", &save); w; w = strtok_r(NULL, ",", &save))
		printf("[%s]", w);
	printf("\n");
	qsort(numbers, 5, sizeof(int), compare);
	check("qsort", numbers[0] == -3 && numbers[4] == 99);
	check("strtoul", strtoul("0xffffffffffffffff", NULL, 0) == ULONG_MAX && (errno = 0, strtol("99999999999999999999", NULL, 10)) == LONG_MAX &&
	      errno == ERANGE);
	check("memmem", memmem("abcdef", 6, "cd", 2) != NULL && strcasecmp("ABC", "abc") == 0);
	check("byte order", bswap_32(0x11223344) == 0x44332211 && htobe16(0x1122) == 0x2211 && le64toh(5) == 5);
	check("snprintf says the length", snprintf(buf, 4, "%s", eight) == 8 && !strcmp(buf, "abc"));
}

static void print128(const char *what, unsigned __int128 v)
{
	printf("%s %016" PRIx64 "%016" PRIx64 "\n", what, (uint64_t)(v >> 64), (uint64_t)v);
}

static void wide_numbers(void)
{
	static volatile uint64_t w[] = { 0, 1, 7, 0xffffffffffffffffull, 0x8000000000000000ull, 1000000007, 0x123456789abcdefull };
	int nr = sizeof(w) / sizeof(w[0]), good = 1;

	for (int i = 0; i < nr * nr; i++)
		for (int j = 1; j < nr * nr; j++) {
			unsigned __int128 a = (unsigned __int128)w[i / nr] << 64 | w[i % nr];
			unsigned __int128 b = (unsigned __int128)w[j / nr] << 64 | w[j % nr];
			__int128 sa = (__int128)a, sb = (__int128)b;

			good &= a / b * b + a % b == a && a % b < b && (sb == -1 || sa / sb * sb + sa % sb == sa);
			if ((i * 7 + j) % 191 == 0) {
				print128("quotient", a / b);
				print128("rest", (unsigned __int128)(sa % (sb | 2)));
			}
		}
	check("division of 128 bits", good);
}

static void written(void)
{
	static const char name[] = "/tmp/socle-posix-library";
	char buf[64] = "";
	struct stat st;
	FILE *f;
	int fd;

	unlink(name);
	f = fopen(name, "w+");
	check("a new file", f && fprintf(f, "line %d\n%s", 1, "line two\n") == 16 && !fflush(f));
	check("is read back", f && !fseek(f, 5, SEEK_SET) && fgets(buf, sizeof(buf), f) && !strcmp(buf, "1\n") && !fclose(f));
	fd = open(name, O_WRONLY | O_APPEND);
	check("O_APPEND", fd >= 0 && write(fd, "end", 3) == 3 && !fstat(fd, &st) && st.st_size == 19 && !fsync(fd));
	check("ftruncate", !ftruncate(fd, 4) && !fstat(fd, &st) && st.st_size == 4 && !close(fd));
	check("O_EXCL", open(name, O_CREAT | O_EXCL | O_RDWR, 0600) == -1 && errno == EEXIST);
	check("unlink", !unlink(name) && stat(name, &st) == -1 && errno == ENOENT);
	check("unlink again", unlink(name) == -1 && errno == ENOENT);
}

static void files(const char *self)
{
	struct stat st;
	FILE *f = fopen(self, "rb");
	char head[4];

	check("fopen", f && fread(head, 1, 4, f) == 4 && !memcmp(head, "\177ELF", 4));
	check("fseek, ftell", f && !fseek(f, 0, SEEK_END) && ftell(f) > 1000);
	check("fstat", f && !fstat(fileno(f), &st) && S_ISREG(st.st_mode) && st.st_size == ftell(f));
	check("fclose", f && !fclose(f));
	check("no such file", !fopen("/no/such/file", "r") && errno == ENOENT);
	check("stat: no such file", stat("/no/such/file", &st) == -1 && errno == ENOENT && access("/no/such", R_OK) == -1);
	check("sysconf", sysconf(_SC_PAGESIZE) == 4096 && getpagesize() == 4096 && sysconf(_SC_NPROCESSORS_ONLN) >= 1);
	check("environment", !setenv("T_NAME", "value", 1) && !strcmp(getenv("T_NAME"), "value") && !unsetenv("T_NAME") &&
	      !getenv("T_NAME"));
	check("ioctl on a file", isatty(open(self, O_RDONLY)) == 0 && errno == ENOTTY);
}

int main(int argc, char **argv)
{
	errors();
	options();
	texts();
	wide_numbers();
	written();
	files(argc > 0 ? argv[0] : "");
	return t_failed != 0;
}
