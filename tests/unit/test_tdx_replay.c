/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_tdx_replay.c - recorded SEAMCALLs replayed on the software module: statuses and registers must be equal
 *
 *	test_tdx_replay [-v] FILE.jsonl.xz...
 *
 * JSON lines: a header with the platform, then calls, memory writes and host events, in order. Prints a
 * line per leaf: calls, equal ones, and the first that differs. Without arguments: the recordings of
 * tests/tdx/traces, and each leaf of `whole` must be equal in all its calls. With files: all leaves must.
 * The recordings' origin and what is meaningless in them: tests/tdx/traces/README.
 */
#include <cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "softmodule.h"

/* Physical memory: pages made when written. */
#define BUCKETS 65536

struct page {
	struct page *next;
	u64 number;
	u8 bytes[4096];
};

static struct page *pages[BUCKETS];

static struct page *page_at(u64 pa, bool make)
{
	u64 number = pa >> 12;
	struct page **head = &pages[number % BUCKETS], *p;

	for (p = *head; p && p->number != number; p = p->next)
		;
	if (!p && make) {
		p = calloc(1, sizeof(*p));
		if (!p)
			abort();
		p->number = number;
		p->next = *head;
		*head = p;
	}
	return p;
}

static void forget_memory(void)
{
	for (unsigned i = 0; i < BUCKETS; i++)
		while (pages[i]) {
			struct page *p = pages[i];

			pages[i] = p->next;
			free(p);
		}
}

static void mem_read(void *ctx, u64 pa, void *to, size_t len)
{
	u8 *out = to;

	(void)ctx;
	for (size_t i = 0; i < len; i++) {
		struct page *p = page_at(pa + i, false);

		out[i] = p ? p->bytes[(pa + i) & 4095] : 0;
	}
}

static void mem_write(void *ctx, u64 pa, const void *from, size_t len)
{
	const u8 *in = from;

	(void)ctx;
	for (size_t i = 0; i < len; i++)
		page_at(pa + i, true)->bytes[(pa + i) & 4095] = in[i];
}

static unsigned key_failures;

static bool program_key(void *ctx, u16 hkid)
{
	(void)ctx;
	(void)hkid;
	if (!key_failures)
		return true;
	key_failures--;
	return false;
}

static u64 number(const cJSON *v)
{
	return cJSON_IsString(v) ? strtoull(v->valuestring, NULL, 0) : cJSON_IsNumber(v) ? (u64)v->valuedouble : 0;
}

static u64 field(const cJSON *o, const char *name)
{
	return number(cJSON_GetObjectItemCaseSensitive(o, name));
}

static struct softmodule_platform platform;
static struct softmodule *module;

static void power_cycle(void)
{
	forget_memory();
	key_failures = 0;
	module = softmodule_init(module ? (void *)module : malloc(softmodule_size()), &platform);
}

static void start(const cJSON *h)
{
	const cJSON *pair, *seamrr = cJSON_GetObjectItem(h, "seamrr");
	unsigned n = 0;

	platform = (struct softmodule_platform){
		.read = mem_read, .write = mem_write, .program_key = program_key,
		.seamrr_base = number(cJSON_GetArrayItem(seamrr, 0)), .seamrr_size = number(cJSON_GetArrayItem(seamrr, 1)),
		.lps = (unsigned)field(h, "lps"), .packages = (unsigned)field(h, "packages"),
		.maxpa = (unsigned)field(h, "maxpa"), .keyid_bits = (unsigned)field(h, "keyid_bits"),
		.first_private_hkid = (u16)field(h, "first_private_hkid"),
		.last_private_hkid = (u16)field(h, "last_private_hkid"),
		.max_tdmrs = TDX_MAX_TDMRS, .pamt_entry_size = { 16, 16, 16 }, .dynamic_pamt = true,
	};
	cJSON_ArrayForEach(pair, cJSON_GetObjectItem(h, "cmrs")) {
		platform.cmr[n].base = number(cJSON_GetArrayItem(pair, 0));
		platform.cmr[n++].size = number(cJSON_GetArrayItem(pair, 1));
	}
	power_cycle();
}

static void host_writes(const cJSON *w)
{
	const char *hex = cJSON_GetStringValue(cJSON_GetObjectItem(w, "hex"));
	const char *fill = cJSON_GetStringValue(cJSON_GetObjectItem(w, "fill"));
	u64 pa = field(w, "pa"), len = hex ? strlen(hex) / 2 : field(w, "len"), all = field(w, "zero_to");

	for (u64 i = 0; i < len || i < all; i++) {
		char two[3] = { 0 };
		u8 byte;

		if (i < len)
			memcpy(two, hex ? hex + 2 * i : fill, 2);
		byte = (u8)strtoul(two, NULL, 16);
		mem_write(NULL, pa + i, &byte, 1);
	}
}

#define REGS(X) X(rax) X(rcx) X(rdx) X(rbx) X(rbp) X(rsi) X(rdi) X(r8) X(r9) X(r10) X(r11) X(r12) X(r13) X(r14) X(r15)

static struct { char name[32]; unsigned calls, equal; char first[300]; } leaves[256];
static bool verbose;

static void compare(const cJSON *e, const struct tdx_module_args *got, const struct tdx_module_args *in)
{
	const cJSON *out = cJSON_GetObjectItem(e, "out"), *v;
	const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(e, "leaf"));
	struct tdx_module_args want = *in;
	char text[300];
	unsigned i = 0;

#define X(r) if ((v = cJSON_GetObjectItem(out, #r))) want.r = number(v);
	REGS(X)
#undef X
	while (i < 255 && leaves[i].calls && strcmp(leaves[i].name, name))
		i++;
	snprintf(leaves[i].name, sizeof(leaves[i].name), "%s", name);
	leaves[i].calls++;
	text[0] = 0;
#define X(r) if (want.r != got->r) \
	snprintf(text + strlen(text), sizeof(text) - strlen(text), " " #r " %llx not %llx", got->r, want.r);
	REGS(X)
#undef X
	if (!text[0])
		leaves[i].equal++;
	else if (!leaves[i].first[0])
		snprintf(leaves[i].first, sizeof(leaves[i].first), "%.0f:%.200s", cJSON_GetObjectItem(e, "i")->valuedouble, text);
	if (verbose && text[0])
		printf("%.0f %s%s\n", cJSON_GetObjectItem(e, "i")->valuedouble, name, text);
}

static void call(const cJSON *e)
{
	const cJSON *in = cJSON_GetObjectItem(e, "in");
	struct tdx_module_args args = { 0 }, before;

#define X(r) args.r = field(in, #r);
	REGS(X)
#undef X
	before = args;
	softmodule_seamcall(module, (unsigned)field(e, "lp"), &args);
	compare(e, &args, &before);
}

static void event(const cJSON *e)
{
	const cJSON *v;

	if ((v = cJSON_GetObjectItem(e, "header")))
		start(v);
	else if ((v = cJSON_GetObjectItem(e, "write")))
		host_writes(v);
	else if ((v = cJSON_GetObjectItem(e, "host"))) {
		if (cJSON_GetObjectItem(v, "reset"))
			power_cycle();
		if (cJSON_GetObjectItem(v, "pconfig_fail"))
			key_failures = (unsigned)field(v, "pconfig_fail");
	} else if (cJSON_GetObjectItem(e, "leaf"))
		call(e);
}

/* Leaves that the module has whole, as far as the recordings of the tree go. */
static const char *const whole[] = {
	"TDH.SYS.INIT", "TDH.SYS.LP.INIT", "TDH.SYS.CONFIG", "TDH.SYS.KEY.CONFIG", "TDH.SYS.TDMR.INIT",
	"TDH.SYS.SHUTDOWN", "TDH.SYS.LP.SHUTDOWN", "TDH.SYS.UPDATE",
};

static bool must_be_equal(const char *name)
{
	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++)
		if (!strcmp(whole[i], name))
			return true;
	return false;
}

/* Calls that differ, of the leaves in `whole` or of all. Nothing compared is a failure too. */
static unsigned report(const char *file, bool all)
{
	unsigned calls = 0, equal = 0, checked = 0, bad = 0;

	for (unsigned i = 0; i < 256 && leaves[i].calls; i++) {
		bool counts = all || must_be_equal(leaves[i].name);

		printf("%-28s %6u of %6u equal%s %s\n", leaves[i].name, leaves[i].equal, leaves[i].calls,
		       counts ? "," : ", not demanded;", leaves[i].first);
		calls += leaves[i].calls;
		equal += leaves[i].equal;
		checked += counts ? leaves[i].calls : 0;
		bad += counts ? leaves[i].calls - leaves[i].equal : 0;
	}
	printf("%s: %u of %u equal; of %u demanded %u differ\n", file, equal, calls, checked, bad);
	return checked ? bad : 1;
}

static unsigned replay(const char *file, bool all)
{
	char command[512], *line = NULL;
	size_t room = 0;
	FILE *in;

	if (strchr(file, '\''))
		return 1;
	snprintf(command, sizeof(command), "xz -dc '%s'", file);
	in = popen(command, "r");
	memset(leaves, 0, sizeof(leaves));
	while (in && getline(&line, &room, in) > 0) {
		cJSON *e = cJSON_Parse(line);

		if (!e)
			printf("%s: a line is no JSON: %.60s\n", file, line);
		else
			event(e);
		cJSON_Delete(e);
	}
	free(line);
	if (!in || pclose(in)) {
		printf("%s: xz cannot read it\n", file);
		return 1;
	}
	return report(file, all);
}

int main(int argc, char **argv)
{
	unsigned bad = 0;
	int first = 1;

	if (argc > 1 && !strcmp(argv[1], "-v")) {
		verbose = true;
		first = 2;
	}
	for (int i = first; i < argc; i++)
		bad += replay(argv[i], true);
	if (first >= argc) {
		bad += replay("tests/tdx/traces/errors-sys-dynamic.jsonl.xz", false);
		bad += replay("tests/tdx/traces/errors-sys-static.jsonl.xz", false);
	}
	forget_memory();
	free(module);
	return bad != 0;
}
