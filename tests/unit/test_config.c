// SPDX-License-Identifier: Apache-2.0
/* The VM description's errors: file, line, field and cause. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../vmm/vmm.h"

/* load.c's other half, not called here. */
int load_bzimage(struct vm *vm, const uint8_t *image, size_t bytes)
{
	(void)vm;
	(void)image;
	(void)bytes;
	return -1;
}

void vm_error(const struct vm *vm, const char *fmt, ...)
{
	(void)vm;
	(void)fmt;
}

#define GOOD "{\n\"cpus\": { \"boot_vcpus\": 2 }, // two\n" \
	"\"memory\": { \"size\": 67108864 }, /* 64\nMiB */\n" \
	"\"payload\": { \"kernel\": \"/k\", \"cmdline\": \"a // b\" }\n"

static void good(void **state)
{
	struct vm_config cfg;
	char err[256] = "";

	(void)state;
	assert_int_equal(config_parse("a.json", GOOD "}", &cfg, err,
				      sizeof(err)), 0);
	assert_int_equal(cfg.boot_vcpus, 2);
	assert_int_equal(cfg.memory_bytes, 64 << 20);
	assert_string_equal(cfg.kernel, "/k");
	assert_string_equal(cfg.cmdline, "a // b");
	config_free(&cfg);
}

static const struct bad {
	const char *text, *err;
} bads[] = {
	{ "", "a.json:1: JSON syntax error" },
	{ "{\n\"cpus\": }", "a.json:2: JSON syntax error" },
	{ "{} x", "a.json:1: JSON syntax error" },
	{ "{ /* open", "a.json:1: JSON syntax error" },
	{ "{ // open", "a.json:1: JSON syntax error" },
	{ "[]", "a.json:1: VM: must be an object" },
	{ "{\n\n\"cpu\": 1}", "a.json:3: cpu: unknown field" },
	{ "{\"cpus\": 3}", "a.json:1: cpus: must be an object" },
	{ "{\"cpus\":\n{\"boot_vcpus\": 0}}",
	  "a.json:2: cpus.boot_vcpus: must be from 1 to 64" },
	{ "{\"cpus\":\n{\"boot_vcpus\": 1.5}}",
	  "a.json:2: cpus.boot_vcpus: must be from 1 to 64" },
	{ "{\"cpus\":\n{\"boot_vcpus\": \"1\"}}",
	  "a.json:2: cpus.boot_vcpus: must be a number" },
	{ "{\"cpus\":\n{\"cores\": 1}}", "a.json:2: cpus.cores: unknown field" },
	{ "{\"memory\": {\"size\": 1e30}}",
	  "a.json:1: memory.size: must be from 2097152 to 1099511627776" },
	{ "{\"memory\": {\"size\": 2097153}}",
	  "a.json:1: memory.size: must be whole 4 KiB pages" },
	{ "{\"payload\": {\"kernel\": 1}}",
	  "a.json:1: payload.kernel: must be a string" },
	{ "{}", "a.json:1: cpus.boot_vcpus: missing" },
	{ GOOD ", \"zip\": 0}", "a.json:6: zip: unknown field" },
	{ GOOD ", \"testdev\": 0}",
	  "a.json:6: testdev: must be true or false" },
};

static void bad(void **state)
{
	struct vm_config cfg;
	char err[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		err[0] = 0;
		assert_true(config_parse("a.json", bads[i].text, &cfg, err,
					 sizeof(err)) < 0);
		assert_string_equal(err, bads[i].err);
	}
}

static void missing_file(void **state)
{
	struct vm_config cfg;
	char err[256];

	(void)state;
	assert_true(config_load("/nonexistent.json", &cfg, err,
				sizeof(err)) < 0);
	assert_string_equal(err, "/nonexistent.json: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(bad),
		cmocka_unit_test(missing_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
