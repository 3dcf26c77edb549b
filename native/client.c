/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client: hands its arguments, environment and descriptors to Carafe's Java, passes signals on, starts processes
 * when asked to, and ends with the status that it is told.
 *
 * Where no daemon runs, Java is started for this one command: lib/launch has its command line, one word a line, to be
 * run in the installation's folder. Either way the same messages travel over the same kind of socket.
 */
#include "carafe.h"
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define LAUNCH_BYTES 16384
#define LAUNCH_WORDS 128

extern char **environ;

/* Java reads options from these, prints that it did so, and would do what they say instead of what it was told. */
static const char *const java_variables[] = {"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS",
					     "CLASSPATH"};

static pid_t java; /* 0 for none */

void reap_java(void)
{
	if (java > 0 && waitpid(java, NULL, WNOHANG) == java)
		java = 0;
}

_Noreturn void die(const char *what, const char *detail)
{
	const char *parts[] = {"carafe: ", what, detail ? ": " : "", detail ? detail : "", "\n"};
	for (unsigned i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		write_all(STDERR_FILENO, parts[i], strlen(parts[i]));
	_exit(1);
}

static void read_launch(char *bytes, char **words)
{
	char path[PATH_MAX];
	size_t length = strlen(home_folder());
	if (length + sizeof("/lib/launch") > sizeof(path))
		die("the installation's path is too long", home_folder());
	memcpy(path, home_folder(), length);
	memcpy(path + length, "/lib/launch", sizeof("/lib/launch"));
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, bytes, LAUNCH_BYTES - 1);
	if (size <= 0)
		die("the installation is not whole, build it again: cannot read", path);
	close(fd);
	bytes[size] = 0;
	unsigned count = 0;
	for (char *at = bytes; *at && count < LAUNCH_WORDS - 1;) {
		words[count++] = at;
		at += strcspn(at, "\n");
		if (*at)
			*at++ = 0;
	}
	words[count] = NULL;
}

/* Starts Java with its end of the socket as descriptor 3, in a session of its own: the terminal's signals are ours. */
static pid_t launch_java(int its_end)
{
	static char bytes[LAUNCH_BYTES];
	static char *words[LAUNCH_WORDS];
	pid_t pid = fork();
	if (pid < 0)
		die("cannot start a process", strerror(errno));
	if (pid > 0)
		return pid;
	setsid();
	read_launch(bytes, words); /* here, as a monitor has no use for the memory */
	for (unsigned i = 0; i < sizeof(java_variables) / sizeof(*java_variables); i++)
		unsetenv(java_variables[i]);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(its_end, 3) < 0 ||
	    fcntl(3, F_SETFD, 0) || chdir(home_folder()))
		die("cannot prepare Java's process", strerror(errno));
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(words[0], words, environ);
	die("cannot start Java; install it or build again", words[0]);
}

/* Engines take an OCI runtime to be a program of its own: under this name, which a link gives, carafe is one. */
static int is_oci_runtime(const char *program)
{
	const char *slash = strrchr(program, '/');
	return strcmp(slash ? slash + 1 : program, "carafe-oci") == 0;
}

static void pack(int fd, char **texts, int32_t *count)
{
	for (; *texts; texts++, ++*count)
		if (write_all(fd, *texts, strlen(*texts) + 1))
			die("cannot make a request", strerror(errno));
}

/* Arguments and environment, each text ended by NUL, in sealed memory. */
static int pack_request(char **argv, struct message *request)
{
	static char oci[] = "oci";
	char *beginning[] = {argv[0], is_oci_runtime(argv[0]) ? oci : NULL, NULL};
	int fd = memfd_create("carafe-request", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		die("cannot make a request", strerror(errno));
	pack(fd, beginning, &request->a);
	pack(fd, argv + 1, &request->a);
	pack(fd, environ, &request->b);
	if (fcntl(fd, F_ADD_SEALS, ALL_SEALS))
		die("cannot make a request", strerror(errno));
	return fd;
}

static void send_request(int socket, char **argv)
{
	struct message request = {MSG_REQUEST, 0, 0, 0};
	int cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (cwd < 0)
		die("cannot open the current directory", strerror(errno));
	int fds[] = {0, 1, 2, cwd, pack_request(argv, &request)};
	if (message_send(socket, &request, fds, 5))
		die("cannot send a request", strerror(errno));
	close(fds[4]);
	close(cwd);
}

/* Which of the signals that a caller may send are passed on to Java. */
static int forwarded_signals(void)
{
	static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};
	sigset_t set;
	sigemptyset(&set);
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sigaddset(&set, numbers[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void forward_signals(int signals, int socket)
{
	struct signalfd_siginfo info;
	while (read(signals, &info, sizeof(info)) == sizeof(info)) {
		struct message message = {MSG_SIGNAL, (int32_t)info.ssi_signo, 0, 0};
		message_send(socket, &message, NULL, 0);
	}
}

static void open_standard_descriptors(void)
{
	int fd;
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd < 3);
	if (fd > 2)
		close(fd);
}

/* What became of Java, when it has gone without an answer. */
static _Noreturn void java_has_gone(void)
{
	int status = 0;
	while (waitpid(java, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		die("Java was killed before it had answered", strsignal(WTERMSIG(status)));
	die("Java ended before it had answered", NULL);
}

int client_main(char **argv)
{
	static int fds[MAX_DESCRIPTORS];
	int pair[2];
	open_standard_descriptors();
	prctl(PR_SET_NAME, "carafe");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		die("cannot make a socket", strerror(errno));
	java = launch_java(pair[1]);
	close(pair[1]);
	int socket = pair[0];
	send_request(socket, argv);
	int signals = forwarded_signals();
	for (;;) {
		struct pollfd polled[] = {{socket, POLLIN, 0}, {signals, POLLIN, 0}};
		if (poll(polled, 2, -1) < 0 && errno != EINTR)
			die("cannot wait", strerror(errno));
		if (polled[1].revents)
			forward_signals(signals, socket);
		if (!polled[0].revents)
			continue;
		struct message message;
		struct spawn spawn;
		unsigned count = MAX_DESCRIPTORS;
		int received = message_receive(socket, &message, fds, &count);
		if (received < 0)
			die("cannot understand Java", strerror(errno));
		if (received == 0)
			java_has_gone();
		if (message.type == MSG_EXIT)
			return message.a;
		if (message.type != MSG_SPAWN || spawn_read(&spawn, &message, fds, count))
			die("cannot understand Java", NULL);
		int status = spawn_process(&spawn);
		if (status >= 0)
			return status;
	}
}
