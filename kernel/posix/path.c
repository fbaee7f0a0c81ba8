// SPDX-License-Identifier: Apache-2.0
/*
 * path.c - paths from apps: absolute, without ".", ".." and doubled slashes
 */
#include "sys.h"

/* Room for one more component, or the end of the last one without it. */
static size_t drop_last(const char *path, size_t n)
{
	while (n && path[--n] != '/')
		;
	return n;
}

/* @in is relative to the root when it does not begin with a slash. "" is the root itself. */
static int normalise(const char *in, char *out, size_t max)
{
	size_t n = 0;

	while (*in) {
		size_t len = strcspn(in, "/");

		if (len == 2 && in[0] == '.' && in[1] == '.') {
			n = drop_last(out, n);
		} else if (len && !(len == 1 && in[0] == '.')) {
			if (n + 1 + len >= max)
				return -ENAMETOOLONG;
			out[n++] = '/';
			memcpy(out + n, in, len);
			n += len;
		}
		in += len + (in[len] == '/');
	}
	out[n] = 0;
	return 0;
}

int path_in(char path[PATH_BYTES], u64 app)
{
	char raw[2 * PATH_BYTES];
	long n = strncpy_from_app(raw, app, sizeof(raw));

	if (n <= 0)
		return n ? (int)n : -ENOENT;
	return normalise(raw, path, PATH_BYTES);
}
