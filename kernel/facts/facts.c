/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.c - the registry of facts, and text that grows
 */
#include <errno.h>
#include <string.h>
#include <socle/mem.h>
#include "../format.h"
#include "facts.h"

#define FIRST_BYTES	512u
#define LINE_BYTES	256u

static struct list facts = LIST_INIT(facts);

void fact_register(struct fact *f)
{
	list_add_tail(&facts, &f->link);
}

const struct fact *fact_find(const char *name, size_t len)
{
	struct fact *f;

	list_for_each(f, &facts, link)
		if (strlen(f->name) == len && !memcmp(f->name, name, len))
			return f;
	return NULL;
}

static bool make_room(struct fact_text *t, size_t n)
{
	size_t size = t->size ? t->size : FIRST_BYTES;
	char *buf;

	if (t->size - t->len >= n)
		return true;
	while (size - t->len < n)
		size *= 2;
	buf = kmalloc(size);
	if (!buf)
		return false;
	if (t->len)
		memcpy(buf, t->buf, t->len);
	kfree(t->buf);
	t->buf = buf;
	t->size = size;
	return true;
}

void fact_write(struct fact_text *t, const char *s, size_t n)
{
	if (t->failed || !make_room(t, n)) {
		t->failed = true;
		return;
	}
	memcpy(t->buf + t->len, s, n);
	t->len += n;
}

void fact_printf(struct fact_text *t, const char *fmt, ...)
{
	char line[LINE_BYTES];
	va_list ap;

	va_start(ap, fmt);
	fact_write(t, line, format_line(line, sizeof(line), fmt, ap));
	va_end(ap);
}
