/* SPDX-License-Identifier: Apache-2.0 */
/*
 * getopt.c - options of the command line
 *
 * newlib's starts with optind 0 and misreads programs that set it to 1.
 * Arguments that are no options move behind the options, unless optstring
 * begins with '+' or POSIXLY_CORRECT is set; with '-' they are options of the
 * code 1. Source: getopt(3).
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *optarg;
int optind = 1, opterr = 1, optopt = '?';

static char *in_word;	/* rest of "-abc" */
static int skipped;	/* arguments that are no options between the option's word and what followed it */

struct search { const struct option *found; int index, matches; bool exact; };

static void complain(char *const *argv, const char *fmt, const char *word, size_t bytes)
{
	if (!opterr)
		return;
	fprintf(stderr, "%s: ", argv[0]);
	fprintf(stderr, fmt, (int)bytes, word);
	fputc('\n', stderr);
}

/* The word behind the skipped ones comes before them, and is the next. */
static char *pull_word(char **argv)
{
	char *word = argv[optind + skipped];

	memmove(&argv[optind + 1], &argv[optind], (size_t)skipped * sizeof(*argv));
	argv[optind++] = word;
	return word;
}

static bool is_option(const char *word)
{
	return word && word[0] == '-' && word[1];
}

static struct search find_long(const char *name, size_t bytes, const struct option *longs)
{
	struct search s = { NULL, -1, 0, false };

	for (int i = 0; longs[i].name && !s.exact; i++) {
		if (strncmp(longs[i].name, name, bytes))
			continue;
		s.exact = strlen(longs[i].name) == bytes;
		if (!s.exact && s.found && s.found->has_arg == longs[i].has_arg && s.found->flag == longs[i].flag &&
		    s.found->val == longs[i].val)
			continue;
		s.matches = s.exact ? 1 : s.matches + 1;
		s.found = &longs[i];
		s.index = i;
	}
	return s;
}

/* What a missing argument is: ':' when the program asked for the difference. */
static int missing(const char *optstring)
{
	return *optstring == ':' ? ':' : '?';
}

static int long_option(int argc, char **argv, const char *optstring, const struct option *longs, int *index)
{
	const char *name = in_word, *equals = strchr(name, '=');
	size_t bytes = equals ? (size_t)(equals - name) : strlen(name);
	struct search s = find_long(name, bytes, longs);
	const struct option *o = s.found;

	in_word = NULL;
	optopt = s.matches == 1 ? o->val : 0;
	if (s.matches != 1) {
		complain(argv, o ? "option '--%.*s' is ambiguous" : "unrecognized option '--%.*s'", name, bytes);
		return '?';
	}
	if (equals && o->has_arg == no_argument) {
		complain(argv, "option '--%.*s' doesn't allow an argument", o->name, strlen(o->name));
		return '?';
	}
	optarg = equals ? (char *)(uintptr_t)equals + 1 : NULL;
	if (o->has_arg == required_argument && !equals) {
		if (optind + skipped >= argc) {
			if (missing(optstring) == '?')
				complain(argv, "option '--%.*s' requires an argument", o->name, strlen(o->name));
			return missing(optstring);
		}
		optarg = pull_word(argv);
	}
	if (index)
		*index = s.index;
	if (!o->flag)
		return o->val;
	*o->flag = o->val;
	return 0;
}

static int short_option(int argc, char **argv, const char *optstring)
{
	char c = *in_word++;
	const char *spec = c == ':' || c == ';' ? NULL : strchr(optstring, c);
	char *rest = *in_word ? in_word : NULL;

	optopt = c;
	if (!rest)
		in_word = NULL;
	if (!spec) {
		if (missing(optstring) == '?')
			complain(argv, "invalid option -- '%.*s'", &c, 1);
		return '?';
	}
	if (spec[1] != ':')
		return c;
	in_word = NULL;
	optarg = rest;
	if (rest || spec[2] == ':')
		return c;
	if (optind + skipped >= argc) {
		if (missing(optstring) == '?')
			complain(argv, "option requires an argument -- '%.*s'", &c, 1);
		return missing(optstring);
	}
	optarg = pull_word(argv);
	return c;
}

/* To the next option; 0: in_word, -1: no more, 1: an argument in place of one. */
static int next_word(int argc, char **argv, const char *optstring)
{
	bool permute = *optstring != '+' && *optstring != '-' && !getenv("POSIXLY_CORRECT");
	char *word;

	skipped = 0;
	if (permute)
		while (optind + skipped < argc && !is_option(argv[optind + skipped]))
			skipped++;
	if (optind + skipped >= argc)
		return -1;
	if (!is_option(argv[optind + skipped])) {
		if (*optstring != '-')
			return -1;
		optarg = argv[optind++];
		return 1;
	}
	word = pull_word(argv);
	if (!strcmp(word, "--"))
		return -1;
	in_word = word + 1;
	return 0;
}

static int parse(int argc, char *const *fixed, const char *optstring, const struct option *longs, int *index, bool only)
{
	char **argv = (char **)(uintptr_t)fixed;
	const char *specs = optstring + (*optstring == '+' || *optstring == '-');

	optarg = NULL;
	if (!optind) {
		optind = 1;
		in_word = NULL;
	}
	if (!in_word) {
		int state = next_word(argc, argv, optstring);

		if (state)
			return state;
		if (longs && *in_word == '-') {
			in_word++;
			return long_option(argc, argv, specs, longs, index);
		}
		if (only && (in_word[1] || !strchr(specs, *in_word)))
			return long_option(argc, argv, specs, longs, index);
	}
	return short_option(argc, argv, specs);
}

int getopt(int argc, char *const *argv, const char *optstring)
{
	return parse(argc, argv, optstring, NULL, NULL, false);
}

int getopt_long(int argc, char *const *argv, const char *optstring, const struct option *longs, int *index)
{
	return parse(argc, argv, optstring, longs, index, false);
}

int getopt_long_only(int argc, char *const *argv, const char *optstring, const struct option *longs, int *index)
{
	return parse(argc, argv, optstring, longs, index, true);
}
