/* SPDX-License-Identifier: Apache-2.0 */
/* echo.c WORD... - prints its arguments, whether input is a terminal, /socle/note.txt and its input; status 42 */
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

static void copy(FILE *f)
{
	char line[200];

	while (f && fgets(line, sizeof(line), f))
		fputs(line, stdout);
}

/* What is set can be read back. */
static int is_terminal(void)
{
	struct termios was, raw, now;

	if (!isatty(0) || tcgetattr(0, &was))
		return 0;
	raw = was;
	cfmakeraw(&raw);
	if (tcsetattr(0, TCSANOW, &raw) || tcgetattr(0, &now) || (now.c_lflag & ICANON) || tcsetattr(0, TCSANOW, &was))
		return 0;
	return !tcgetattr(0, &now) && (now.c_lflag & ICANON);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		printf("%s ", argv[i]);
	puts(is_terminal() ? "terminal" : "no terminal");
	copy(fopen("/socle/note.txt", "r"));
	copy(stdin);
	return 42;
}
