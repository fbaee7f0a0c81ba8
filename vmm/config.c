// SPDX-License-Identifier: Apache-2.0
/*
 * The VM description: JSON with comments, Cloud Hypervisor's field names.
 * cJSON keeps no positions, so an error's line is that of the field's name
 * in the text, found by walking the text beside the tree.
 */
#include "vmm.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parse {
	const char *file, *text;
	char *err;
	size_t err_bytes;
	struct vm_config *cfg;
};

static uint32_t line_at(const char *text, const char *pos)
{
	uint32_t line = 1;

	for (; text < pos && *text; text++)
		line += *text == '\n';
	return line;
}

/* Line of the first "name" in the text, 1 if it is not there. */
static uint32_t line_of(const struct parse *p, const char *name)
{
	char quoted[80];
	const char *at;

	snprintf(quoted, sizeof(quoted), "\"%s\"", name);
	at = strstr(p->text, quoted);
	return at ? line_at(p->text, at) : 1;
}

static int fail(struct parse *p, const char *section, const char *name,
		const char *cause)
{
	snprintf(p->err, p->err_bytes, "%s:%u: %s%s%s: %s", p->file,
		 line_of(p, name), section, *section ? "." : "", name, cause);
	return -EINVAL;
}

static int get_u64(struct parse *p, const char *section, const cJSON *n,
		   uint64_t min, uint64_t max, uint64_t *out)
{
	double v = n->valuedouble;
	char cause[96];

	if (!cJSON_IsNumber(n))
		return fail(p, section, n->string, "must be a number");
	if (v >= (double)min && v <= (double)max && v == (double)(uint64_t)v) {
		*out = (uint64_t)v;
		return 0;
	}
	snprintf(cause, sizeof(cause), "must be from %llu to %llu",
		 (unsigned long long)min, (unsigned long long)max);
	return fail(p, section, n->string, cause);
}

static int get_text(struct parse *p, const char *section, const cJSON *n,
		    char **out)
{
	if (!cJSON_IsString(n))
		return fail(p, section, n->string, "must be a string");
	free(*out);
	*out = strdup(n->valuestring);
	return *out ? 0 : -ENOMEM;
}

typedef int (*field_fn)(struct parse *p, const cJSON *n);
struct field {
	const char *name;
	field_fn set;
};

static int walk(struct parse *p, const char *section, const cJSON *object,
		const struct field *fields)
{
	const cJSON *n;
	int err = 0;

	if (!cJSON_IsObject(object))
		return fail(p, "", section, "must be an object");
	cJSON_ArrayForEach(n, object) {
		const struct field *f = fields;

		while (f->name && strcmp(f->name, n->string))
			f++;
		err = f->name ? f->set(p, n)
			      : fail(p, section, n->string, "unknown field");
		if (err)
			break;
	}
	return err;
}

static int set_boot_vcpus(struct parse *p, const cJSON *n)
{
	uint64_t v = 0;
	int err = get_u64(p, "cpus", n, 1, VMM_MAX_VCPUS, &v);

	p->cfg->boot_vcpus = (uint32_t)v;
	return err;
}

static int set_max_vcpus(struct parse *p, const cJSON *n)
{
	uint64_t v;

	return get_u64(p, "cpus", n, 1, VMM_MAX_VCPUS, &v);
}

static int set_cpus(struct parse *p, const cJSON *n)
{
	static const struct field fields[] = {
		{ "boot_vcpus", set_boot_vcpus },
		{ "max_vcpus", set_max_vcpus },
		{ NULL, NULL },
	};

	return walk(p, "cpus", n, fields);
}

static int set_size(struct parse *p, const cJSON *n)
{
	int err = get_u64(p, "memory", n, 2u << 20, 1ull << 40,
			  &p->cfg->memory_bytes);

	if (!err && (p->cfg->memory_bytes & 0xfff))
		return fail(p, "memory", "size", "must be whole 4 KiB pages");
	return err;
}

static int set_memory(struct parse *p, const cJSON *n)
{
	static const struct field fields[] = {
		{ "size", set_size },
		{ NULL, NULL },
	};

	return walk(p, "memory", n, fields);
}

static int set_kernel(struct parse *p, const cJSON *n)
{
	return get_text(p, "payload", n, &p->cfg->kernel);
}

static int set_initramfs(struct parse *p, const cJSON *n)
{
	return get_text(p, "payload", n, &p->cfg->initramfs);
}

static int set_cmdline(struct parse *p, const cJSON *n)
{
	return get_text(p, "payload", n, &p->cfg->cmdline);
}

static int set_payload(struct parse *p, const cJSON *n)
{
	static const struct field fields[] = {
		{ "kernel", set_kernel },
		{ "initramfs", set_initramfs },
		{ "cmdline", set_cmdline },
		{ NULL, NULL },
	};

	return walk(p, "payload", n, fields);
}

static int set_mode(struct parse *p, const cJSON *n)
{
	if (!cJSON_IsString(n) || strcmp(n->valuestring, "Tty"))
		return fail(p, "serial", "mode", "only \"Tty\" is supported");
	return 0;
}

static int set_serial(struct parse *p, const cJSON *n)
{
	static const struct field fields[] = {
		{ "mode", set_mode },
		{ NULL, NULL },
	};

	return walk(p, "serial", n, fields);
}

/* Ours, not Cloud Hypervisor's: the device for test guests. */
static int set_testdev(struct parse *p, const cJSON *n)
{
	if (!cJSON_IsBool(n))
		return fail(p, "", n->string, "must be true or false");
	p->cfg->testdev = cJSON_IsTrue(n);
	return 0;
}

static int set_absent(struct parse *p, const cJSON *n)
{
	return fail(p, "", n->string, "this device is not supported yet");
}

static int check(struct parse *p)
{
	if (!p->cfg->boot_vcpus)
		return fail(p, "cpus", "boot_vcpus", "missing");
	if (!p->cfg->memory_bytes)
		return fail(p, "memory", "size", "missing");
	if (!p->cfg->kernel)
		return fail(p, "payload", "kernel", "missing");
	return 0;
}

/* Comments become blanks, so that cJSON's error position stays right. */
static void comments_blank(char *s)
{
	bool quoted = false;

	for (; *s; s++) {
		if (quoted && *s == '\\' && s[1]) {
			s++;
		} else if (*s == '"') {
			quoted = !quoted;
		} else if (!quoted && s[0] == '/' && s[1] == '/') {
			while (*s && *s != '\n')
				*s++ = ' ';
			if (!*s)
				return;
		} else if (!quoted && s[0] == '/' && s[1] == '*') {
			const char *end = strstr(s + 2, "*/");

			while (*s && (!end || s < end + 2)) {
				if (*s != '\n')
					*s = ' ';
				s++;
			}
			s--;
		}
	}
}

int config_parse(const char *file, const char *text, struct vm_config *cfg,
		 char *err, size_t err_bytes)
{
	static const struct field fields[] = {
		{ "cpus", set_cpus }, { "memory", set_memory },
		{ "payload", set_payload }, { "serial", set_serial },
		{ "testdev", set_testdev }, { "disks", set_absent },
		{ "rng", set_absent }, { "console", set_absent },
		{ NULL, NULL },
	};
	char *clean = strdup(text);
	struct parse p = { file, clean, err, err_bytes, cfg };
	const char *end = NULL;
	cJSON *root;
	int ret;

	memset(cfg, 0, sizeof(*cfg));
	if (!clean)
		return -ENOMEM;
	comments_blank(clean);
	root = cJSON_ParseWithOpts(clean, &end, 1);
	if (!root) {
		snprintf(err, err_bytes, "%s:%u: JSON syntax error", file,
			 line_at(clean, end ? end : clean));
		free(clean);
		return -EINVAL;
	}
	ret = cJSON_IsObject(root) ? walk(&p, "", root, fields)
				   : fail(&p, "", "VM", "must be an object");
	if (!ret)
		ret = check(&p);
	cJSON_Delete(root);
	free(clean);
	if (ret)
		config_free(cfg);
	return ret;
}

int config_load(const char *file, struct vm_config *cfg, char *err,
		size_t err_bytes)
{
	const char *base = strrchr(file, '/');
	uint8_t *text;
	size_t bytes;
	int ret = file_read(file, &text, &bytes);

	memset(cfg, 0, sizeof(*cfg));
	if (ret) {
		snprintf(err, err_bytes, "%s: %s", file, strerror(-ret));
		return ret;
	}
	ret = config_parse(file, (const char *)text, cfg, err, err_bytes);
	free_file(text);
	snprintf(cfg->name, sizeof(cfg->name), "%.63s", base ? base + 1 : file);
	if (strrchr(cfg->name, '.'))
		*strrchr(cfg->name, '.') = 0;
	return ret;
}

void config_free(struct vm_config *cfg)
{
	uint32_t i;

	free(cfg->kernel);
	free(cfg->initramfs);
	free(cfg->cmdline);
	for (i = 0; i < cfg->nr_disks; i++)
		free(cfg->disk_paths[i]);
	memset(cfg, 0, sizeof(*cfg));
}
