/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmdline.c - words of /socle/cmdline: "name" or "name=value", between blanks
 */
#include "cmdline.h"

#define CMDLINE_BYTES 1024

static char words[CMDLINE_BYTES];

void cmdline_init(const char *text)
{
	size_t i;

	for (i = 0; i + 1 < sizeof(words) && text[i]; i++)
		words[i] = text[i];
	words[i] = 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

const char *cmdline_find(const char *name)
{
	const char *p = words;

	while (*p) {
		const char *n = name;

		while (is_blank(*p))
			p++;
		for (; *n && *p == *n; p++)
			n++;
		if (!*n && (!*p || is_blank(*p)))
			return p;
		if (!*n && *p == '=')
			return p + 1;
		while (*p && !is_blank(*p))
			p++;
	}
	return NULL;
}

bool cmdline_has(const char *name, const char *value)
{
	const char *p = cmdline_find(name);

	if (!p)
		return false;
	for (; *value && *p == *value; p++)
		value++;
	return !*value && (!*p || is_blank(*p));
}
