/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a hook: a program that is told of an instance's state and has so much time, and whose failure is reported. */
#include "carafe.h"
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#define TICK 10		/* ms, where the kernel does not tell of a process' end */
#define PIPE_ROUNDS 64	/* reads that empty a pipe */

enum { POINT, FLAGS, LABEL, PATH, ARGUMENTS, ENVIRONMENT, DIRECTORY, STATE, TIMEOUT };

/* A hook on its way. */
struct hook {
	pid_t pid;
	int output;	     /* what it writes */
	int error;	     /* errno, if it cannot be executed */
	size_t said;	     /* bytes of `bytes` that hold its output */
	char bytes[2 * MOST_SAID];
};

extern char **environ;

static int64_t milliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The state as a file to be read: its texts, with the pid between them. */
static int state_file(const struct argument *state, pid_t pid)
{
	char digits[24];
	size_t count = put_number(digits, (unsigned long)pid, 1);
	int fd = memfd_create("carafe-state", MFD_CLOEXEC);
	if (fd < 0)
		return -1;
	for (size_t at = 0; at < state->number; at += strlen(state->bytes + at) + 1)
		if ((at && write_all(fd, digits, count)) ||
		    write_all(fd, state->bytes + at, strlen(state->bytes + at)))
			goto failed;
	if (lseek(fd, 0, SEEK_SET) == 0)
		return fd;
failed:;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

static _Noreturn void become_hook(const struct operation *operation, int input, int output, int error)
{
	const struct argument *arguments = operation->arguments;
	char *none[] = {NULL};
	const char *directory = arguments[DIRECTORY].bytes;
	char **environment = arguments[FLAGS].number & HOOK_CALLERS_ENVIRONMENT ? environ : none;
	char **words = text_pointers(&arguments[ARGUMENTS]);
	if (arguments[ENVIRONMENT].number)
		environment = text_pointers(&arguments[ENVIRONMENT]);
	reset_signals();
	setpgid(0, 0);
	if (words && environment && dup2(input, 0) >= 0 && dup2(output, 1) >= 0 && dup2(output, 2) >= 0 &&
	    /* An instance's filter may forbid it; there only what is given to the instance is left. */
	    (close_from(3) == 0 || errno == EPERM) &&
	    /* A bundle may go before its container does. */
	    (!*directory || chdir(directory) == 0 || chdir("/") == 0))
		execve(arguments[PATH].bytes, words, environment);
	int number = errno;
	write_all(error, &number, sizeof(number));
	_exit(127);
}

static int start(struct hook *hook, const struct operation *operation, int input)
{
	int output[2], error[2];
	if (pipe2(output, O_CLOEXEC))
		return -1;
	if (pipe2(error, O_CLOEXEC)) {
		close(output[0]);
		close(output[1]);
		return -1;
	}
	hook->pid = fork();
	if (hook->pid == 0)
		become_hook(operation, input, output[1], error[1]);
	int number = errno;
	close(output[1]);
	close(error[1]);
	hook->output = output[0];
	hook->error = error[0];
	if (hook->pid > 0) {
		setpgid(hook->pid, hook->pid); /* before it does, perhaps */
		fcntl(hook->output, F_SETFL, O_RDONLY | O_NONBLOCK);
		return 0;
	}
	close(output[0]);
	close(error[0]);
	errno = number;
	return -1;
}

/* Reads some of its output, and keeps the end of it. How much it was, as read(2) has it. */
static ssize_t listen_to(struct hook *hook)
{
	if (hook->said == sizeof(hook->bytes)) {
		hook->said = MOST_SAID;
		memmove(hook->bytes, hook->bytes + MOST_SAID, MOST_SAID);
	}
	ssize_t length = read(hook->output, hook->bytes + hook->said, sizeof(hook->bytes) - hook->said);
	if (length > 0)
		hook->said += (size_t)length;
	return length;
}

/* A caller who gives up means the hook, which is in a process group of its own. */
static void pass_signals(int signals, const struct hook *hook)
{
	struct signalfd_siginfo info;
	while (signals >= 0 && read(signals, &info, sizeof(info)) == sizeof(info))
		kill(-hook->pid, (int)info.ssi_signo);
}

static int has_ended(const struct hook *hook, int *wait_status)
{
	pid_t ended = waitpid(hook->pid, wait_status, WNOHANG);
	return ended == hook->pid || (ended < 0 && errno != EINTR);
}

static void end(const struct hook *hook, int *wait_status)
{
	kill(-hook->pid, SIGKILL);
	kill(hook->pid, SIGKILL); /* should it have left its group */
	while (waitpid(hook->pid, wait_status, 0) < 0 && errno == EINTR)
		;
}

/*
 * Waits for its end, which comes by force when its time is over or nobody at the other end of `control` waits for it.
 * 0, or the error number of that; its wait status in either case.
 */
static int attend(struct hook *hook, int control, uint64_t seconds, int *wait_status)
{
	int64_t deadline = seconds && seconds < INT_MAX ? milliseconds() + (int64_t)seconds * 1000 : INT64_MAX;
	int pidfd = (int)syscall(NR_pidfd_open, hook->pid, 0);
	sigset_t passed;
	sigemptyset(&passed);
	sigaddset(&passed, SIGHUP);
	sigaddset(&passed, SIGINT);
	sigaddset(&passed, SIGQUIT);
	sigaddset(&passed, SIGTERM);
	/* They arrive here only where they are blocked: not in an instance. */
	int signals = signalfd(-1, &passed, SFD_CLOEXEC | SFD_NONBLOCK);
	int error = 0, speaks = 1;
	while (!has_ended(hook, wait_status)) {
		int64_t left = deadline == INT64_MAX ? INT_MAX : deadline - milliseconds();
		if (left <= 0 || error) {
			error = error ? error : ETIMEDOUT;
			end(hook, wait_status);
			break;
		}
		int wait = left > INT_MAX ? INT_MAX : (int)left;
		struct pollfd polled[] = {{pidfd, POLLIN, 0},
					  {speaks ? hook->output : -1, POLLIN, 0},
					  {signals, POLLIN, 0},
					  {control, 0, 0}};
		if (poll(polled, 4, pidfd < 0 && wait > TICK ? TICK : wait) < 0)
			continue;
		error = polled[3].revents ? ECANCELED : 0;
		if (polled[1].revents)
			speaks = listen_to(hook) != 0;
		if (polled[2].revents)
			pass_signals(signals, hook);
	}
	/* As much as was in the pipe; a process that it has left behind may write on for ever. */
	for (int round = 0; round < PIPE_ROUNDS && listen_to(hook) > 0; round++)
		;
	if (pidfd >= 0)
		close(pidfd);
	if (signals >= 0)
		close(signals);
	return error;
}

/* To Java if there is a way to it, else to whoever reads standard error. */
static void report(struct executor *executor, const struct hook *hook, const struct operation *operation, int error,
		   int wait_status)
{
	static struct report out;
	const char *label = operation->arguments[LABEL].bytes;
	size_t label_length = strnlen(label, MOST_LABEL);
	size_t said = hook->said < MOST_SAID ? hook->said : MOST_SAID;
	out.message = (struct message){MSG_HOOK_FAILED, error, wait_status, (int32_t)label_length};
	memcpy(out.text, label, label_length);
	memcpy(out.text + label_length, hook->bytes + hook->said - said, said);
	if (executor->control >= 0 || executor->failure_log >= 0) {
		if (executor->control >= 0)
			report_send(executor->control, &out, label_length + said);
		else
			write_all(executor->failure_log, &out, sizeof(out.message) + label_length + said);
		return;
	}
	const char *problem = error ? strerror(error) : WIFEXITED(wait_status) ? "exit status " : "signal ";
	char number[24];
	int code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : WTERMSIG(wait_status);
	size_t digits = error ? 0 : put_number(number, (unsigned long)code, 1);
	struct {
		const char *bytes;
		size_t length;
	} parts[] = {{"carafe: warning: error running ", 31},
		     {label, label_length},
		     {": ", 2},
		     {problem, strlen(problem)},
		     {number, digits},
		     {": ", said ? 2 : 0},
		     {hook->bytes + hook->said - said, said},
		     {"\n", said && hook->bytes[hook->said - 1] == '\n' ? 0 : 1}};
	for (unsigned i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		write_all(STDERR_FILENO, parts[i].bytes, parts[i].length);
}

int run_hook(struct executor *executor, const struct operation *operation)
{
	static struct hook hook;
	const struct argument *arguments = operation->arguments;
	if (arguments[POINT].number != executor->point)
		return 0;
	int error = 0, wait_status = 0, number;
	int input = state_file(&arguments[STATE], executor->subject ? executor->subject : getpid());
	hook.said = 0;
	if (input < 0 || start(&hook, operation, input)) {
		error = errno;
	} else {
		error = attend(&hook, executor->control, arguments[TIMEOUT].number, &wait_status);
		if (!error && read(hook.error, &number, sizeof(number)) == sizeof(number))
			error = number;
		close(hook.output);
		close(hook.error);
	}
	if (input >= 0)
		close(input);
	if (!error && !wait_status)
		return 0;
	report(executor, &hook, operation, error, wait_status);
	if (arguments[FLAGS].number & HOOK_MAY_FAIL)
		return 0;
	executor->reported = 1;
	errno = error ? error : ECHILD;
	return -1;
}
