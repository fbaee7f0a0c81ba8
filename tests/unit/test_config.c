// SPDX-License-Identifier: Apache-2.0
/* The VM description's errors: file, line, field and cause. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
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
	{ "{\"cpus\": {\"boot_vcpus\": 1}, \"memory\": {\"size\": 2097153}}",
	  "a.json:1: memory.size: must be whole 4 KiB pages" },
	{ "{\"memory\": {\"size\": 9999999999999999999999}}",
	  "a.json:1: memory.size: must be from 2097152 to 1099511627776" },
	{ "{\"memory\": {\"size\": -2097152}}",
	  "a.json:1: memory.size: must be from 2097152 to 1099511627776" },
	{ GOOD ", \"disks\":\n[{\"path\": \"a\"},\n{\n\"path\": 1}]}",
	  "a.json:9: disks[1].path: must be a string" },
	{ GOOD ", \"disks\": [\n{},{}]}",
	  "a.json:7: disks[0].path: missing" },
	{ GOOD ", \"disks\": [1]}", "a.json:6: disks[0]: must be an object" },
	{ GOOD ", \"disks\": {}}", "a.json:6: disks: must be a list" },
	{ GOOD ", \"console\": {\"mode\": \"Off\"},\n\"serial\": {\"mode\": 1}}",
	  "a.json:7: serial.mode: must be \"Off\", \"Null\", \"Tty\" or \"File\"" },
	{ GOOD ", \"console\": {\n\"mode\": \"File\"}}",
	  "a.json:6: console.file: missing" },
	{ GOOD ", \"console\": {\n\"file\": \"x\"}}",
	  "a.json:7: console.file: only with mode \"File\"" },
	{ GOOD ", \"serial\": {\"mode\": \"Tty\"},\n\"console\": {\"mode\": \"Tty\"}}",
	  "a.json:7: console.mode: \"Tty\", but serial has the terminal" },
	{ GOOD ", \"testdev\": true,\n\"testdev\": true}",
	  "a.json:7: testdev: given twice" },
	{ GOOD ", \"net\":\n[{\"tap\": \"t\"}]}", "a.json:6: net: not supported" },
	{ GOOD ", \"payload\": {}}", "a.json:6: payload: given twice" },
	{ "{\"cpus\": {\"boot_vcpus\": 1,\n\"max_vcpus\": 2}}",
	  "a.json:2: cpus.max_vcpus: must be boot_vcpus: no CPU hotplug" },
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

static void all_fields(void **state)
{
	struct vm_config cfg;
	char err[256] = "";

	(void)state;
	assert_int_equal(config_parse("a.json", GOOD
		", \"disks\": [{\"path\": \"/d\", \"readonly\": true,"
		"\"serial\": \"s\"}, {\"path\": \"/e\", \"num_queues\": 1}],"
		"\"serial\": {\"mode\": \"Null\", \"iommu\": false},"
		"\"console\": {\"mode\": \"File\", \"file\": \"/f\"},"
		"\"rng\": {\"src\": \"/r\"}, \"net\": null, \"testdev\": true}",
		&cfg, err, sizeof(err)), 0);
	assert_string_equal(err, "");
	assert_int_equal(cfg.nr_disks, 2);
	assert_string_equal(cfg.disks[0].path, "/d");
	assert_string_equal(cfg.disks[0].serial, "s");
	assert_true(cfg.disks[0].readonly && !cfg.disks[1].readonly);
	assert_string_equal(cfg.disks[1].path, "/e");
	assert_int_equal(cfg.serial.mode, CONSOLE_NULL);
	assert_int_equal(cfg.console.mode, CONSOLE_FILE);
	assert_string_equal(cfg.console.file, "/f");
	assert_true(cfg.has_rng && cfg.testdev);
	assert_string_equal(cfg.rng_src, "/r");
	config_free(&cfg);
}

static uint32_t seed;

static uint32_t next(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* Changed, cut and doubled texts: whatever comes, no fault and no leak. */
static void fuzz(void **state)
{
	static const char parts[] = "{}[]\",:/*\n0-9e.tfn\\";
	static const char base[] = GOOD ", \"disks\": [{\"path\": \"/d\"}],"
		"\"serial\": {\"mode\": \"Null\"}, \"rng\": {}}";
	uint32_t i, j, good_ones = 0;

	(void)state;
	print_message("seed %u\n", seed);
	for (i = 0; i < 50000; i++) {
		char text[sizeof(base) + 8], err[256] = "";
		struct vm_config cfg;

		memcpy(text, base, sizeof(base));
		for (j = next(4); j; j--)
			text[next(sizeof(base) - 1)] =
				parts[next(sizeof(parts) - 1)];
		if (!next(4))
			text[next(sizeof(base))] = 0;
		if (config_parse("f", text, &cfg, err, sizeof(err))) {
			assert_memory_equal(err, "f:", 2);
		} else {
			good_ones++;
			config_free(&cfg);
		}
	}
	assert_in_range(good_ones, 1, 49999);
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

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(bad),
		cmocka_unit_test(missing_file),
		cmocka_unit_test(all_fields),
		cmocka_unit_test(fuzz),
	};

	seed = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 20260101u;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
