/* SPDX-License-Identifier: Apache-2.0 */
/* The caller's terminal: raw while an instance has it, and as it was afterwards. */
#include "carafe.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios saved;
static int saved_fd = -1;

void terminal_raw(int fd)
{
	if (saved_fd < 0 && tcgetattr(fd, &saved))
		return; /* no terminal */
	saved_fd = fd;
	struct termios raw = saved;
	cfmakeraw(&raw);
	tcsetattr(fd, TCSANOW, &raw);
}

void terminal_restore(void)
{
	if (saved_fd >= 0)
		tcsetattr(saved_fd, TCSADRAIN, &saved);
	saved_fd = -1;
}

void terminal_plain_output(int fd)
{
	struct termios settings;
	if (isatty(STDOUT_FILENO) || tcgetattr(fd, &settings))
		return;
	settings.c_oflag &= ~(tcflag_t)ONLCR;
	tcsetattr(fd, TCSANOW, &settings);
}

int terminal_copy_size(int from, int to)
{
	struct winsize size;
	return ioctl(from, TIOCGWINSZ, &size) ? -1 : ioctl(to, TIOCSWINSZ, &size);
}

int terminal_size(int fd, int *rows, int *columns)
{
	struct winsize size;
	if (ioctl(fd, TIOCGWINSZ, &size))
		return 0;
	*rows = size.ws_row;
	*columns = size.ws_col;
	return 1;
}
