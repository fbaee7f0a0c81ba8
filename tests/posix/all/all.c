/* SPDX-License-Identifier: Apache-2.0 */
/* all.c - the programs of tests/posix one after the other in one process, to save boots */
#include <stdio.h>

#define PROGRAMS(X) X(library) X(descriptors) X(memory) X(threads) X(sync) X(signals) X(floats)

#define DECLARE(name) int name##_main(int argc, char **argv);
PROGRAMS(DECLARE)
#define ROW(name) { #name, name##_main },
static const struct { const char *name; int (*main)(int argc, char **argv); } programs[] = { PROGRAMS(ROW) };

int main(int argc, char **argv)
{
	int failed = 0;

	for (unsigned i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		printf("== %s\n", programs[i].name);
		failed += programs[i].main(argc, argv) != 0;
	}
	return failed;
}
