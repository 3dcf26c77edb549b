/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first process of an instance with --init: starts the program that its arguments are, passes signals on to it, reaps
 * whatever orphans come to it, and ends as the program did. A program of its own, as containers see it: nothing of the
 * machine ever executes it.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define REFUSED 126
#define MISSING 127
#define BY_SIGNAL 128

static void say(const char *text)
{
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		return; /* nobody listens */
}

static _Noreturn void fail(const char *what, int error, int status)
{
	say("carafe-init: ");
	say(what);
	say(": ");
	say(strerror(error));
	say("\n");
	_exit(status);
}

/* All but those that tell of a mistake of this program's own, and of a terminal that is somebody else's. */
static void passed_on(sigset_t *signals)
{
	static const int kept[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS, SIGTTIN, SIGTTOU};
	sigfillset(signals);
	for (unsigned i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		sigdelset(signals, kept[i]);
}

static _Noreturn void become(char **arguments, const sigset_t *before)
{
	/* A group of its own, in front of the terminal if there is one: job control is the program's. */
	if (setpgid(0, 0) == 0) {
		pid_t own = getpid();
		ioctl(STDIN_FILENO, TIOCSPGRP, &own);
	}
	signal(SIGTTIN, SIG_DFL);
	signal(SIGTTOU, SIG_DFL);
	sigprocmask(SIG_SETMASK, before, NULL);
	execvp(arguments[0], arguments);
	int missing = errno == ENOENT || errno == ENOTDIR;
	fail(arguments[0], errno, missing ? MISSING : REFUSED);
}

/* Every process that has ended. The program's status in *status: 1 once it is among them. */
static int reap(pid_t program, int *status)
{
	int ended = 0, how;
	for (pid_t child; (child = waitpid(-1, &how, WNOHANG)) > 0;)
		if (child == program) {
			*status = WIFSIGNALED(how) ? BY_SIGNAL + WTERMSIG(how) : WEXITSTATUS(how);
			ended = 1;
		}
	return ended;
}

int main(int count, char **arguments)
{
	if (count < 2)
		fail("no program is given", EINVAL, REFUSED);
	sigset_t signals, before;
	passed_on(&signals);
	sigprocmask(SIG_SETMASK, &signals, &before);
	signal(SIGTTIN, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
	pid_t program = fork();
	if (program < 0)
		fail("cannot fork", errno, REFUSED);
	if (program == 0)
		become(arguments + 1, &before);
	for (int status = 0;;) {
		siginfo_t signal_info;
		int number = sigwaitinfo(&signals, &signal_info);
		if (number == SIGCHLD && reap(program, &status))
			return status;
		if (number > 0 && number != SIGCHLD)
			kill(program, number);
	}
}
