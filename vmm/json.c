// SPDX-License-Identifier: Apache-2.0
/* What the JSON library lacks: comments, whole numbers, where a field stands. */
#include "json.h"

#include <stdbool.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int64_t json_integer(const char *text, char **end)
{
	const char *p = text;
	bool minus = *p == '-', whole = true;
	int64_t value = 0;

	p += minus;
	if (!is_digit(*p)) {
		*end = (char *)(uintptr_t)text;
		return 0;
	}
	for (; is_digit(*p); p++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, *p - '0', &value))
			whole = false;
	for (; *p && strchr("0123456789+-.eE", *p); p++)
		whole = false;
	*end = (char *)(uintptr_t)p;
	return whole ? (minus ? -value : value) : JSON_NOT_WHOLE;
}

/* From "//" to the end of the line, or of the text. */
static char *line_comment(char *s)
{
	while (*s && *s != '\n')
		*s++ = ' ';
	return s;
}

/* An open comment lasts to the end of the text. */
static char *block_comment(char *s)
{
	const char *end = strstr(s + 2, "*/");

	for (; *s && (!end || s < end + 2); s++)
		if (*s != '\n')
			*s = ' ';
	return s;
}

void json_comments_blank(char *s)
{
	bool quoted = false;

	while (*s) {
		if (!quoted && s[0] == '/' && s[1] == '/') {
			s = line_comment(s);
		} else if (!quoted && s[0] == '/' && s[1] == '*') {
			s = block_comment(s);
		} else {
			if (quoted && *s == '\\' && s[1])
				s++;
			else if (*s == '"')
				quoted = !quoted;
			s++;
		}
	}
}

uint32_t json_line_at(const char *text, const char *pos)
{
	uint32_t line = 1;

	for (; text < pos && *text; text++)
		line += *text == '\n';
	return line;
}

static const char *skip_blank(const char *p)
{
	while (*p && strchr(" \t\r\n", *p))
		p++;
	return p;
}

static const char *skip_string(const char *p)
{
	for (p++; *p && *p != '"'; p++)
		if (*p == '\\' && p[1])
			p++;
	return *p ? p + 1 : p;
}

/* Objects and arrays by counting: the text is known to be valid. */
static const char *skip_value(const char *p)
{
	uint32_t depth = 0;

	do {
		if (*p == '"') {
			p = skip_string(p);
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		else if (*p == '}' || *p == ']')
			depth--;
		p++;
	} while (*p && (depth || !strchr(",]} \t\r\n", *p)));
	return p;
}

/* The @nth member of this name in the object at @p, NULL if there is none. */
static const char *find_member(const char *p, const char *name, size_t bytes,
			       uint32_t nth)
{
	p = skip_blank(p + 1);
	while (*p == '"') {
		const char *key = p + 1, *end = skip_string(p);

		if ((size_t)(end - key) == bytes + 1 &&
		    !memcmp(key, name, bytes) && !nth--)
			return p;
		p = skip_blank(end);		/* the colon */
		p = skip_blank(skip_value(skip_blank(p + 1)));
		if (*p == ',')
			p = skip_blank(p + 1);
	}
	return NULL;
}

static const char *find_element(const char *p, uint32_t index)
{
	p = skip_blank(p + 1);
	while (index-- && *p) {
		p = skip_blank(skip_value(p));
		if (*p == ',')
			p = skip_blank(p + 1);
	}
	return *p ? p : NULL;
}

static const char *member_value(const char *key)
{
	return skip_blank(skip_blank(skip_string(key)) + 1);
}

uint32_t json_line_of(const char *text, const char *path, uint32_t nth)
{
	const char *value = skip_blank(text), *at = value, *next;

	while (*path) {
		size_t bytes = strcspn(path, ".[");

		if (bytes && *value == '{') {
			next = find_member(value, path, bytes,
					   path[bytes] ? 0 : nth);
			value = next ? member_value(next) : NULL;
		} else if (*path == '[' && *value == '[') {
			uint32_t index = 0;

			for (path++; is_digit(*path); path++)
				index = index * 10 + (uint32_t)(*path - '0');
			next = value = find_element(value, index);
			bytes = *path == ']';
		} else {
			break;
		}
		if (!next)
			break;
		at = next;
		path += bytes;
		path += *path == '.';
	}
	return json_line_at(text, at);
}
