// SPDX-License-Identifier: Apache-2.0
/*
 * The VM description: JSON with comments, read by the tables of
 * config_fields.c. Every error names file, line, field and cause.
 */
#include "config.h"
#include "json.h"
#include "load/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parse {
	const char *file, *text;
	char *err;
	size_t err_bytes;
	char path[160];		/* of the field in hand */
	uint32_t nth;		/* 1: it is given for the second time */
};

static int fail(struct parse *p, const char *cause)
{
	snprintf(p->err, p->err_bytes, "%s:%u: %s: %s", p->file,
		 json_line_of(p->text, p->path, p->nth),
		 *p->path ? p->path : "VM", cause);
	return -EINVAL;
}

static int fail_at(struct parse *p, const char *path, const char *cause)
{
	snprintf(p->path, sizeof(p->path), "%s", path);
	return fail(p, cause);
}

/* Appends to the path; what it returns undoes it. */
static size_t path_push(struct parse *p, const char *name)
{
	size_t n = strlen(p->path);

	snprintf(p->path + n, sizeof(p->path) - n, "%s%s",
		 n && *name != '[' ? "." : "", name);
	return n;
}

static int get_number(struct parse *p, const cJSON *n, const struct field *f,
		      uint64_t *out)
{
	char cause[96];

	if (!cJSON_IsNumber(n))
		return fail(p, "must be a number");
	if (n->valuedouble >= 0 && (uint64_t)n->valuedouble >= f->min &&
	    (uint64_t)n->valuedouble <= f->max) {
		*out = (uint64_t)n->valuedouble;
		return 0;
	}
	snprintf(cause, sizeof(cause), "must be from %llu to %llu",
		 (unsigned long long)f->min, (unsigned long long)f->max);
	return fail(p, cause);
}

static int get_text(struct parse *p, const cJSON *n, char **out)
{
	if (!cJSON_IsString(n))
		return fail(p, "must be a string");
	free(*out);
	*out = strdup(n->valuestring);
	return *out ? 0 : -ENOMEM;
}

static int get_bool(struct parse *p, const cJSON *n, bool *out)
{
	if (!cJSON_IsBool(n))
		return fail(p, "must be true or false");
	*out = cJSON_IsTrue(n);
	return 0;
}

static int get_mode(struct parse *p, const cJSON *n, enum console_mode *out)
{
	static const char *const names[] = {
		[CONSOLE_OFF] = "Off", [CONSOLE_NULL] = "Null",
		[CONSOLE_TTY] = "Tty", [CONSOLE_FILE] = "File",
	};
	uint32_t i;

	for (i = 0; cJSON_IsString(n) && i < 4; i++) {
		if (!strcmp(names[i], n->valuestring)) {
			*out = (enum console_mode)i;
			return 0;
		}
	}
	return fail(p, "must be \"Off\", \"Null\", \"Tty\" or \"File\"");
}

static bool says_nothing(const cJSON *n)
{
	return cJSON_IsNull(n) || cJSON_IsFalse(n) ||
	       (cJSON_IsNumber(n) && !n->valuedouble) ||
	       (cJSON_IsArray(n) && !n->child);
}

static int get_field(struct parse *p, const cJSON *n, const struct field *f,
		     uint8_t *base);

static int get_object(struct parse *p, const cJSON *object,
		      const struct field *fields, uint8_t *base)
{
	const cJSON *n, *before;
	int err = 0;

	if (!cJSON_IsObject(object))
		return fail(p, "must be an object");
	cJSON_ArrayForEach(n, object) {
		const struct field *f = fields;
		size_t undo = path_push(p, n->string);

		for (before = object->child; before != n; before = before->next)
			if (!strcmp(before->string, n->string)) {
				p->nth = 1;
				return fail(p, "given twice");
			}
		while (f->name && strcmp(f->name, n->string))
			f++;
		err = f->name ? get_field(p, n, f, base)
			      : fail(p, "unknown field");
		if (err)
			break;
		p->path[undo] = 0;
	}
	return err;
}

static int get_list(struct parse *p, const cJSON *list, const struct field *f,
		    uint8_t *base)
{
	uint32_t *count = (uint32_t *)(void *)(base + f->count);
	const cJSON *n;
	char text[32];
	int err;

	if (!cJSON_IsArray(list))
		return fail(p, "must be a list");
	cJSON_ArrayForEach(n, list) {
		uint8_t *element = base + f->at + *count * f->bytes;
		size_t undo;

		if (*count == f->max) {
			snprintf(text, sizeof(text), "more than %llu",
				 (unsigned long long)f->max);
			return fail(p, text);
		}
		snprintf(text, sizeof(text), "[%u]", *count);
		undo = path_push(p, text);
		++*count;
		err = *f->sub->name ? get_object(p, n, f->sub, element)
				    : get_field(p, n, f->sub, element);
		if (err)
			return err;
		p->path[undo] = 0;
	}
	return 0;
}

static int get_field(struct parse *p, const cJSON *n, const struct field *f,
		     uint8_t *base)
{
	void *at = base + f->at;
	uint64_t v = 0;
	int err;

	switch (f->kind) {
	case FIELD_U32:
		err = get_number(p, n, f, &v);
		*(uint32_t *)at = (uint32_t)v;
		return err;
	case FIELD_U64:
		return get_number(p, n, f, at);
	case FIELD_BOOL:
		return get_bool(p, n, at);
	case FIELD_TEXT:
		return get_text(p, n, at);
	case FIELD_MODE:
		return get_mode(p, n, at);
	case FIELD_OBJECT:
		if (f->flag)
			*(bool *)(base + f->flag) = true;
		return get_object(p, n, f->sub, at);
	case FIELD_LIST:
		return get_list(p, n, f, base);
	case FIELD_FIXED:
		if (cJSON_IsNumber(n) && (uint64_t)n->valuedouble == f->min)
			return 0;
		return fail(p, "another value is not supported");
	case FIELD_ABSENT:
		break;
	}
	return says_nothing(n) ? 0 : fail(p, "not supported");
}

static int check_console(struct parse *p, const char *name,
			 const struct console_config *c)
{
	char path[32];

	if ((c->mode == CONSOLE_FILE) == (c->file != NULL))
		return 0;
	snprintf(path, sizeof(path), "%s.file", name);
	return fail_at(p, path, c->file ? "only with mode \"File\""
					: "missing");
}

static int check(struct parse *p, const struct vm_config *cfg)
{
	char path[32];
	uint32_t i;
	int err;

	if (!cfg->boot_vcpus)
		return fail_at(p, "cpus.boot_vcpus", "missing");
	if (cfg->max_vcpus && cfg->max_vcpus != cfg->boot_vcpus)
		return fail_at(p, "cpus.max_vcpus",
			       "must be boot_vcpus: no CPU hotplug");
	if (!cfg->memory_bytes)
		return fail_at(p, "memory.size", "missing");
	if (cfg->memory_bytes & 0xfff)
		return fail_at(p, "memory.size", "must be whole 4 KiB pages");
	if (!cfg->kernel)
		return fail_at(p, "payload.kernel", "missing");
	for (i = 0; i < cfg->nr_disks; i++) {
		snprintf(path, sizeof(path), "disks[%u].path", i);
		if (!cfg->disks[i].path)
			return fail_at(p, path, "missing");
	}
	err = check_console(p, "serial", &cfg->serial);
	if (!err)
		err = check_console(p, "console", &cfg->console);
	if (!err && cfg->serial.mode == CONSOLE_TTY &&
	    cfg->console.mode == CONSOLE_TTY)
		return fail_at(p, "console.mode",
			       "\"Tty\", but serial has the terminal");
	return err;
}

static int parse_clean(struct parse *p, struct vm_config *cfg)
{
	const char *end = NULL;
	cJSON *root = cJSON_ParseWithOpts(p->text, &end, 1);
	int err;

	if (!root) {
		snprintf(p->err, p->err_bytes, "%s:%u: JSON syntax error",
			 p->file, json_line_at(p->text, end ? end : p->text));
		return -EINVAL;
	}
	err = get_object(p, root, config_fields, (uint8_t *)cfg);
	/* The terminal is the serial port's unless something else is said. */
	if (!cJSON_GetObjectItemCaseSensitive(root, "serial"))
		cfg->serial.mode = cfg->console.mode == CONSOLE_TTY
			? CONSOLE_NULL : CONSOLE_TTY;
	if (!err)
		err = check(p, cfg);
	cJSON_Delete(root);
	return err;
}

int config_parse(const char *file, const char *text, struct vm_config *cfg,
		 char *err, size_t err_bytes)
{
	char *clean = strdup(text);
	struct parse p = { .file = file, .text = clean, .err = err,
			   .err_bytes = err_bytes };
	int ret;

	memset(cfg, 0, sizeof(*cfg));
	if (!clean)
		return -ENOMEM;
	json_comments_blank(clean);
	ret = parse_clean(&p, cfg);
	free(clean);
	if (ret)
		config_free(cfg);
	return ret;
}

/* "/socle/a.json" is named "a". */
static void name_from(const char *file, char *name, size_t bytes)
{
	const char *base = strrchr(file, '/');

	snprintf(name, bytes, "%.63s", base ? base + 1 : file);
	if (strrchr(name, '.'))
		*strrchr(name, '.') = 0;
}

int config_load(const char *file, struct vm_config *cfg, char *err,
		size_t err_bytes)
{
	uint8_t *text;
	size_t bytes;
	int ret = file_read(file, &text, &bytes);

	memset(cfg, 0, sizeof(*cfg));
	if (ret) {
		snprintf(err, err_bytes, "%s: %s", file, strerror(-ret));
		return ret;
	}
	ret = config_parse(file, (const char *)text, cfg, err, err_bytes);
	free_file(text, bytes);
	if (!ret)
		name_from(file, cfg->name, sizeof(cfg->name));
	return ret;
}

void config_free(struct vm_config *cfg)
{
	uint32_t i;

	free(cfg->kernel);
	free(cfg->initramfs);
	free(cfg->cmdline);
	free(cfg->serial.file);
	free(cfg->console.file);
	free(cfg->rng_src);
	for (i = 0; i < cfg->nr_modules; i++)
		free(cfg->modules[i].text);
	for (i = 0; i < cfg->nr_disks; i++) {
		free(cfg->disks[i].path);
		free(cfg->disks[i].serial);
	}
	memset(cfg, 0, sizeof(*cfg));
}
