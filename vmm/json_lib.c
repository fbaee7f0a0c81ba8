// SPDX-License-Identifier: Apache-2.0
/* The JSON library itself, compiled with whole numbers; see json.h. */
#include <ctype.h>
#include <float.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t json_integer(const char *text, char **end);

#undef isnan
#undef isinf
#undef NAN
#undef DBL_EPSILON
#define isnan(x)	0
#define isinf(x)	0
#define NAN		INT64_MIN
#define DBL_EPSILON	0
#define double		int64_t
#define float		int64_t
#define strtod		json_integer
#define fabs(x)		((x) < 0 ? -(x) : (x))

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <cJSON.c>
