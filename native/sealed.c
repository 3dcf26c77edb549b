/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs this program from a sealed copy in memory. A container that gets hold of /proc/PID/exe of the process that
 * enters it can then change nothing (CVE-2019-5736); and the file on the disk may be replaced while monitors run.
 *
 * What was begun before goes on in the copy, with a few numbers carried over: descriptors and children are still there.
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

#define CARRY "CARAFE_CARRIED" /* tells the copy that it is one, and the numbers */

extern char **environ;

static char home[PATH_MAX];

const char *home_folder(void)
{
	return home;
}

/* The folder above the one that holds this program: out/bin/carafe, out. */
static void find_home(void)
{
	ssize_t length = readlink("/proc/self/exe", home, sizeof(home) - 1);
	if (length < 0)
		die("cannot read /proc/self/exe; is /proc mounted?", strerror(errno));
	home[length] = 0;
	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(home, '/');
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

_Noreturn void run_sealed(char **argv, const int *carried)
{
	static char variable[sizeof(CARRY "=") + 12 * CARRIED] = CARRY "=";
	struct stat status;
	size_t at = sizeof(CARRY "=") - 1;
	for (int i = 0; i < CARRIED; i++) {
		at += put_number(variable + at, (unsigned)carried[i], 1);
		variable[at++] = ' ';
	}
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int copy = memfd_create("carafe", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (self < 0 || copy < 0 || fstat(self, &status))
		die("cannot copy itself to memory", strerror(errno));
	off_t offset = 0;
	while (offset < status.st_size)
		if (sendfile(copy, self, &offset, (size_t)(status.st_size - offset)) <= 0)
			die("cannot copy itself to memory", strerror(errno));
	if (fcntl(copy, F_ADD_SEALS, ALL_SEALS))
		die("cannot seal its copy", strerror(errno));
	unsetenv(CARRY);
	syscall(SYS_execveat, copy, "", argv, environment_with(variable), AT_EMPTY_PATH);
	die("cannot run its copy in memory", strerror(errno));
}

int is_sealed(int *carried)
{
	char *variable = getenv(CARRY);
	/* Only memory can be sealed, so that a caller who sets the variable alone is not believed. */
	int self = variable ? open("/proc/self/exe", O_RDONLY | O_CLOEXEC) : -1;
	int sealed = self >= 0 && fcntl(self, F_GET_SEALS) == ALL_SEALS;
	if (self >= 0)
		close(self);
	if (!sealed) {
		find_home();
		return 0;
	}
	for (int i = 0; i < CARRIED; i++) {
		carried[i] = (int)number_behind(variable, "");
		variable += strcspn(variable, " ");
		variable += *variable == ' ';
	}
	unsetenv(CARRY);
	return 1;
}
