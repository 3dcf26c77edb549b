/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client: hands its arguments, environment and descriptors to Carafe's Java, passes signals on, starts processes
 * when asked to, and ends with the status that it is told.
 *
 * Java is the daemon's, where one runs that takes the request on (daemon.c). Else it is started for this one command:
 * lib/launch has its command line, one word a line, to be run in the installation's folder. Either way the same messages
 * travel over the same kind of socket.
 *
 * Java has work to do before it asks for a process. Meanwhile the client replaces itself by its sealed copy: this file
 * is executed twice, asking from the disk, attending from memory.
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
#include <sys/uio.h>
#include <sys/wait.h>

#define LAUNCH_BYTES 16384
#define LAUNCH_WORDS 128
#define BUILD_BYTES 128
#define TEXTS_AT_ONCE 64

extern char **environ;

/* Java reads options from these, prints that it did so, and would do what they say instead of what it was told. */
static const char *const java_variables[] = {"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS",
					     "CLASSPATH"};

static IN_DATA pid_t java; /* 0 for none */

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

/* A small file of the installation's, as text. Its length; -1 if it cannot be read. */
static ssize_t read_installed(const char *name, char *text, size_t room)
{
	char path[PATH_MAX];
	size_t length = strlen(home_folder()), name_size = strlen(name) + 1;
	if (length + name_size > sizeof(path))
		die("the installation's path is too long", home_folder());
	memcpy(path, home_folder(), length);
	memcpy(path + length, name, name_size);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, text, room - 1);
	if (fd >= 0)
		close(fd);
	if (size >= 0)
		text[size] = 0;
	return size;
}

static void read_launch(const char *name, char *bytes, char **words)
{
	if (read_installed(name, bytes, LAUNCH_BYTES) <= 0)
		die("the installation is not whole, build it again: cannot read its file", name);
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
static pid_t launch_java(const char *launch, int its_end)
{
	static char bytes[LAUNCH_BYTES];
	static char *words[LAUNCH_WORDS];
	pid_t pid = fork();
	if (pid < 0)
		die("cannot start a process", strerror(errno));
	if (pid > 0)
		return pid;
	setsid();
	read_launch(launch, bytes, words);
	for (unsigned i = 0; i < sizeof(java_variables) / sizeof(*java_variables); i++)
		unsetenv(java_variables[i]);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	/* A lock or a pipe that the caller has open beside is not Java's to hold. */
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(its_end, 3) < 0 || fcntl(3, F_SETFD, 0) ||
	    syscall(NR_close_range, 4, ~0u, 0) || chdir(home_folder()))
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

/* What a request consists of. */
struct request {
	struct message message;
	int fds[5]; /* standard input, output and error, the current directory, the texts */
};

static int write_texts(int fd, char **texts, int32_t *count)
{
	struct iovec parts[TEXTS_AT_ONCE];
	for (;;) {
		int taken = 0;
		ssize_t size = 0;
		for (; taken < TEXTS_AT_ONCE && *texts; texts++, taken++) {
			parts[taken] = (struct iovec){*texts, strlen(*texts) + 1};
			size += (ssize_t)parts[taken].iov_len;
		}
		*count += taken;
		if (!taken)
			return 0;
		if (writev(fd, parts, taken) != size) /* memory takes all or has no room */
			return -1;
	}
}

/* The arguments, the environment, and the build that we belong to, each text ended by NUL, in sealed memory. */
static struct request make_request(char **argv)
{
	struct request request = {{MSG_REQUEST, 0, 0, 0}, {0, 1, 2, -1, -1}};
	char build[BUILD_BYTES] = "";
	char *builds[] = {build, NULL};
	static char oci[] = "oci";
	char *beginning[] = {argv[0], is_oci_runtime(argv[0]) ? oci : NULL, NULL};
	int32_t one = 0;
	read_installed("/lib/build", build, sizeof(build));
	int cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (cwd < 0)
		die("cannot open the current directory", strerror(errno));
	int texts = memfd_create("carafe-request", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (texts < 0 || write_texts(texts, beginning, &request.message.a) ||
	    write_texts(texts, argv + 1, &request.message.a) ||
	    write_texts(texts, environ, &request.message.b) || write_texts(texts, builds, &one) ||
	    fcntl(texts, F_ADD_SEALS, ALL_SEALS))
		die("cannot make a request", strerror(errno));
	request.fds[3] = cwd;
	request.fds[4] = texts;
	return request;
}

static int send_request(int socket, const struct request *request)
{
	return message_send(socket, &request->message, request->fds, 5);
}

/* How Java is started: with a cache of the classes that the call needs, as more of them take longer to start with. */
static const char *launch_file(char **argv)
{
	static const char *const of_images[] = {"image", "images", "rmi",   "tag",    "history", "save", "load",
						"import", "pull", "push", "login", "logout",  "run",  "create"};
	if (!argv[1] || is_oci_runtime(argv[0]))
		return "/lib/launch";
	if (strcmp(argv[1], "daemon") == 0 && argv[2] && (strcmp(argv[2], "run") == 0 || strcmp(argv[2], "start") == 0))
		return "/lib/launch-daemon";
	for (unsigned i = 0; i < sizeof(of_images) / sizeof(*of_images); i++)
		if (strcmp(argv[1], of_images[i]) == 0)
			return "/lib/launch-images";
	return "/lib/launch";
}

/* Whether a daemon is started for a command if there is none: not for those that need none, and not by an engine. */
static int wants_daemon(char **argv)
{
	static const char *const alone[] = {"oci", "daemon", "explain", "help", "--help", "-h", "version", "--version"};
	const char *wanted = getenv("CARAFE_DAEMON");
	if (!argv[1] || is_oci_runtime(argv[0]) || geteuid() != 0 || (wanted && *wanted))
		return 0;
	for (unsigned i = 0; i < sizeof(alone) / sizeof(*alone); i++)
		if (strcmp(argv[1], alone[i]) == 0)
			return 0;
	return 1;
}

/* Starts one that ends when nobody needs it for a while. Returns when it listens, or cannot. */
static void start_daemon(void)
{
	static const char program[] = "/bin/carafe";
	static char path[PATH_MAX + sizeof(program)];
	static const char *const words[] = {"carafe", "daemon", "start", "--idle", "300", NULL};
	size_t length = strlen(home_folder());
	pid_t pid = fork();
	if (pid < 0)
		return;
	if (pid > 0) {
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		return;
	}
	memcpy(path, home_folder(), length);
	memcpy(path + length, program, sizeof(program));
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 ||
	    syscall(NR_close_range, 3, ~0u, 0))
		_exit(1);
	execve(path, (char **)(uintptr_t)words, environ);
	_exit(1);
}

/* A socket with the request on its way to whoever does it. Sets `java` where that is a child of ours. */
static int ask(char **argv)
{
	int pair[2];
	struct request request = make_request(argv);
	int about_daemon = argv[1] && !is_oci_runtime(argv[0]) && strcmp(argv[1], "daemon") == 0;
	int socket = about_daemon ? -1 : daemon_connect();
	if (socket < 0 && wants_daemon(argv)) {
		start_daemon();
		socket = daemon_connect();
	}
	if (socket >= 0) {
		if (send_request(socket, &request) == 0 && daemon_takes_on(socket))
			goto asked;
		close(socket);
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		die("cannot make a socket", strerror(errno));
	java = launch_java(launch_file(argv), pair[1]);
	close(pair[1]);
	socket = pair[0];
	if (send_request(socket, &request))
		die("cannot send a request", strerror(errno));
asked:
	close(request.fds[3]);
	close(request.fds[4]);
	return socket;
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
	if (!java)
		die("the daemon ended before it had answered; what it had begun may be there half-made,"
		    " and can be deleted by force", NULL);
	while (waitpid(java, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		die("Java was killed before it had answered", strsignal(WTERMSIG(status)));
	die("Java ended before it had answered", NULL);
}

/* From its sealed copy: attends to the request until it is done. */
static int converse(int socket)
{
	int fds[MAX_DESCRIPTORS];
	prctl(PR_SET_NAME, "carafe");
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
		if (message.type == MSG_ATTACH && count > 0)
			return attach(message.a, fds[0], count > 1 ? fds[1] : -1);
		if (message.type != MSG_SPAWN || spawn_read(&spawn, &message, fds, count))
			die("cannot understand Java", NULL);
		int status = spawn_process(&spawn);
		if (status >= 0)
			return status;
	}
}

int client_main(char **argv, const int *carried)
{
	if (carried) {
		java = carried[1];
		fcntl(carried[0], F_SETFD, FD_CLOEXEC);
		return converse(carried[0]);
	}
	open_standard_descriptors();
	int asked[CARRIED] = {ask(argv), 0};
	asked[1] = java;
	fcntl(asked[0], F_SETFD, 0);
	run_sealed(argv, asked);
}
