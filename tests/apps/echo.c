/* SPDX-License-Identifier: Apache-2.0 */
/* echo.c WORD... - prints its arguments, /socle/note.txt and two lines of input; status 42 */
#include <stdio.h>

static void copy_line(FILE *f)
{
	char line[200];

	if (f && fgets(line, sizeof(line), f))
		fputs(line, stdout);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		printf("%s%c", argv[i], i + 1 < argc ? ' ' : '\n');
	copy_line(fopen("/socle/note.txt", "r"));
	copy_line(stdin);
	copy_line(stdin);
	return 42;
}
