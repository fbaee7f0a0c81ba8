/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest app: arguments, formatted output, heap, exit status. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	char *copy = malloc(100);

	if (!copy)
		return 2;
	strcpy(copy, argc > 1 ? argv[1] : "world");
	printf("hello %s, %d arguments\n", copy, argc - 1);
	free(copy);
	return 0;
}
