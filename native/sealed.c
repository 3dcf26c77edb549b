/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs this program from a sealed copy in memory. A container that gets hold of /proc/PID/exe of the process that
 * enters it can then change nothing (CVE-2019-5736); and the file on the disk may be replaced while monitors run.
 */
#include "carafe.h"
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#define ORIGIN "CARAFE_ORIGIN" /* tells the copy where the original lies */

extern char **environ;

static const char *home = "";

const char *home_folder(void)
{
	return home;
}

/* The folder above the one that holds this program: out/bin/carafe, out. Cuts the text, which stays where it is. */
static void set_home(char *program)
{
	home = program;
	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(program, '/');
		if (slash)
			*slash = 0;
	}
}

/* The environment with a variable more. Not setenv(3): the memory manager that comes with it would be its only use. */
static char **environment_with(char *variable)
{
	size_t count = 0;
	while (environ[count])
		count++;
	char **all = mmap(NULL, (count + 2) * sizeof(*all), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (all == MAP_FAILED)
		die("cannot copy its environment", strerror(errno));
	memcpy(all, environ, count * sizeof(*all));
	all[count] = variable; /* memory that is new is zero: the end */
	return all;
}

/* In a function of its own, so that what it needs of the stack is never part of a monitor. */
__attribute__((noinline)) static _Noreturn void run_copy(int self, char **argv)
{
	char origin[sizeof(ORIGIN "=") + PATH_MAX] = ORIGIN "=";
	struct stat status;
	ssize_t length = readlink("/proc/self/exe", origin + sizeof(ORIGIN), PATH_MAX - 1);
	int copy = memfd_create("carafe", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (length < 0 || copy < 0 || fstat(self, &status))
		die("cannot copy itself to memory", strerror(errno));
	off_t offset = 0;
	while (offset < status.st_size)
		if (sendfile(copy, self, &offset, (size_t)(status.st_size - offset)) <= 0)
			die("cannot copy itself to memory", strerror(errno));
	if (fcntl(copy, F_ADD_SEALS, ALL_SEALS))
		die("cannot seal its copy", strerror(errno));
	unsetenv(ORIGIN);
	syscall(SYS_execveat, copy, "", argv, environment_with(origin), AT_EMPTY_PATH);
	die("cannot run its copy in memory", strerror(errno));
}

void run_sealed(char **argv)
{
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (self < 0)
		die("cannot read /proc/self/exe; is /proc mounted?", strerror(errno));
	char *origin = getenv(ORIGIN);
	/* Only memory can be sealed, so that a caller who sets the variable alone is not believed. */
	if (!origin || fcntl(self, F_GET_SEALS) != ALL_SEALS)
		run_copy(self, argv);
	set_home(origin);
	unsetenv(ORIGIN);
	close(self);
}
