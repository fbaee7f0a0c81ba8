/* SPDX-License-Identifier: Apache-2.0 */
/* term.c - terminals */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/* The structure of the kernel interface has fewer control characters. */
struct kernel_termios { unsigned int iflag, oflag, cflag, lflag; unsigned char line, cc[19]; };

int tcgetattr(int fd, struct termios *t)
{
	struct kernel_termios k;

	if (ioctl(fd, TCGETS, &k))
		return -1;
	memset(t, 0, sizeof(*t));
	t->c_iflag = k.iflag;
	t->c_oflag = k.oflag;
	t->c_cflag = k.cflag;
	t->c_lflag = k.lflag;
	t->c_line = k.line;
	memcpy(t->c_cc, k.cc, sizeof(k.cc));
	return 0;
}

int tcsetattr(int fd, int when, const struct termios *t)
{
	struct kernel_termios k = {
		.iflag = t->c_iflag, .oflag = t->c_oflag, .cflag = t->c_cflag, .lflag = t->c_lflag, .line = t->c_line,
	};

	if (when < TCSANOW || when > TCSAFLUSH) {
		errno = EINVAL;
		return -1;
	}
	memcpy(k.cc, t->c_cc, sizeof(k.cc));
	return ioctl(fd, TCSETS + (unsigned long)when, &k);
}

int tcflush(int fd, int queue) { return ioctl(fd, TCFLSH, queue); }
int tcdrain(int fd) { return ioctl(fd, TCSBRK, 1); }

void cfmakeraw(struct termios *t)
{
	t->c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
	t->c_oflag &= ~(tcflag_t)OPOST;
	t->c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	t->c_cflag = (t->c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
	t->c_cc[VMIN] = 1;
	t->c_cc[VTIME] = 0;
}

int isatty(int fd)
{
	struct termios t;

	return !tcgetattr(fd, &t);
}
