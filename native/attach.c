/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's side of attaching to a monitor: relays between the caller's descriptors and the monitor's socket, and ends
 * as the instance does. Until then it may detach by keys, or be killed; the instance runs on.
 *
 * What cannot be written at once is waited for together with everything else, so that signals pass a reader who is slow.
 */
#include "carafe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SURE 4096 /* bytes that a pipe takes that has room: PIPE_BUF */

static struct {
	int flags, socket;
	unsigned char keys[MOST_KEYS];
	size_t key_count;
	size_t matched; /* keys that have been pressed, and are held back */
	int begun, terminal, first;
	int reads;  /* whether there is input to read */
	int taken;  /* whether the next input may be sent */
	int to[2];  /* standard output and error; -1 once nobody reads there */
	int sure[2]; /* whether they can be written to without being waited for */
	size_t start, end; /* of what is still to be written */
} state;

static struct packet heard;
static char typed[PACKET_MOST - MOST_KEYS];
static char said[PACKET_MOST]; /* what has been typed, with what has been held back before */

static int tell(enum packet_type type, int a, int b, const char *bytes, size_t length)
{
	static struct packet packet;
	packet.message = (struct message){type, a, b, 0};
	if (length)
		memcpy(packet.bytes, bytes, length);
	ssize_t sent;
	do
		sent = send(state.socket, &packet, sizeof(packet.message) + length, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -1 : 0;
}

/* The caller's own descriptor, opened anew, does not wait while the caller's still does. */
static int open_sure(int fd, int *sure)
{
	char path[] = "/proc/self/fd/0";
	struct stat status;
	if (fstat(fd, &status))
		return fd;
	*sure = !S_ISFIFO(status.st_mode) && !S_ISSOCK(status.st_mode) && !isatty(fd);
	if (*sure || S_ISSOCK(status.st_mode))
		return fd;
	path[sizeof(path) - 2] = (char)('0' + fd);
	int own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	*sure = own >= 0;
	return own >= 0 ? own : fd;
}

static void tell_size(int again)
{
	int rows, columns;
	if (!state.terminal || !(terminal_size(STDIN_FILENO, &rows, &columns) ||
				 terminal_size(STDOUT_FILENO, &rows, &columns)))
		return;
	/* A program draws anew for a size that has changed, and who comes later has nothing to look at. */
	if (again && rows < 65535)
		tell(PACKET_SIZE, rows + 1, columns, NULL, 0);
	tell(PACKET_SIZE, rows, columns, NULL, 0);
}

static void begin(int there)
{
	state.begun = 1;
	state.terminal = (there & BEGUN_TERMINAL) != 0;
	state.first = (there & BEGUN_FIRST) != 0;
	if (!state.terminal)
		state.key_count = 0; /* they may be anything in what is no terminal's */
	else if (state.flags & ATTACH_INPUT)
		terminal_raw(STDIN_FILENO);
	tell_size(!state.first);
}

/* 1 if all keys that detach have been pressed, one after the other. What is meant for the instance goes to `said`. */
static int look_for_keys(const char *bytes, size_t length, size_t *meant)
{
	*meant = 0;
	for (size_t i = 0; i < length; i++) {
		if (state.matched && (unsigned char)bytes[i] != state.keys[state.matched]) {
			memcpy(said + *meant, state.keys, state.matched);
			*meant += state.matched;
			state.matched = 0;
		}
		if (state.key_count && (unsigned char)bytes[i] == state.keys[state.matched]) {
			if (++state.matched == state.key_count)
				return 1;
		} else {
			said[(*meant)++] = bytes[i];
		}
	}
	return 0;
}

/* Passes on what there is to read. 1 if it says to detach. */
static int read_input(void)
{
	size_t meant = 0;
	ssize_t length = read(STDIN_FILENO, typed, sizeof(typed));
	if (length < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (length <= 0) {
		state.reads = 0;
		tell(PACKET_INPUT_END, 0, 0, NULL, 0);
		return 0;
	}
	int detaches = look_for_keys(typed, (size_t)length, &meant);
	if (meant) {
		tell(PACKET_INPUT, 0, 0, said, meant);
		state.taken = 0;
	}
	return detaches;
}

/* Writes what it can of what it has heard. */
static void write_output(void)
{
	int which = heard.message.type == PACKET_ERROR;
	while (state.start < state.end && state.to[which] >= 0) {
		size_t most = state.end - state.start;
		if (!state.sure[which] && most > SURE)
			most = SURE;
		ssize_t length = write(state.to[which], heard.bytes + state.start, most);
		if (length > 0)
			state.start += (size_t)length;
		else if (errno == EAGAIN)
			return;
		else if (errno != EINTR) {
			state.to[which] = -1;
			tell(PACKET_CLOSED, which ? ATTACH_ERROR : ATTACH_OUTPUT, 0, NULL, 0);
		}
		if (!state.sure[which])
			break; /* whether there is room for more is to be asked first */
	}
	if (state.to[which] < 0)
		state.start = state.end;
}

static int status_of(int wait_status)
{
	return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

static int complain(const char *what)
{
	const char *const parts[] = {"carafe: ", what, "\n"};
	terminal_restore();
	for (unsigned i = 0; i < 3; i++)
		write_all(STDERR_FILENO, parts[i], strlen(parts[i]));
	return 125;
}

/* Hears what the monitor says. The exit status, or -1 to go on. */
static int hear(void)
{
	ssize_t length;
	do
		length = recv(state.socket, &heard, sizeof(heard), 0);
	while (length < 0 && (errno == EINTR || errno == ECONNRESET)); /* what it said before is there still */
	if (length < (ssize_t)sizeof(heard.message))
		return complain(state.begun ? "the instance's monitor has been killed, and with it the instance"
					    : "the instance has just ended");
	switch (heard.message.type) {
	case PACKET_BEGUN:
		begin(heard.message.a);
		return -1;
	case PACKET_TAKEN:
		state.taken = 1;
		return -1;
	case PACKET_OUTPUT:
	case PACKET_ERROR:
		state.start = 0;
		state.end = (size_t)length - sizeof(heard.message);
		return -1;
	case PACKET_DROPPED:
		return complain("let go of by the instance, as nobody has read for too long; it runs on,"
				" and its log has everything");
	case PACKET_ENDED:
		return status_of(heard.message.a);
	default:
		return -1;
	}
}

/* The exit status, or -1 to go on. */
static int take_signals(int signals)
{
	struct signalfd_siginfo info;
	while (read(signals, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGCHLD:
			reap_java();
			continue;
		case SIGWINCH:
			tell_size(0);
			continue;
		case SIGPIPE:
			continue;
		case SIGCONT:
			if (state.begun && state.terminal && state.flags & ATTACH_INPUT)
				terminal_raw(STDIN_FILENO);
			tell_size(0);
			break;
		}
		if (!(state.flags & ATTACH_SIGNALS) && info.ssi_signo != SIGCONT)
			return 128 + (int)info.ssi_signo;
		tell(PACKET_SIGNAL, (int)info.ssi_signo, 0, NULL, 0);
	}
	return -1;
}

/* All of them, where they are the instance's; else only those that end the client, which has a terminal to restore. */
static int open_signals(void)
{
	static const int few[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH, SIGCHLD, SIGPIPE, SIGCONT};
	sigset_t set;
	sigfillset(&set);
	if (!(state.flags & ATTACH_SIGNALS)) {
		sigemptyset(&set);
		for (unsigned i = 0; i < sizeof(few) / sizeof(*few); i++)
			sigaddset(&set, few[i]);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int relay(int signals)
{
	for (;;) {
		int which = heard.message.type == PACKET_ERROR;
		int writes = state.start < state.end;
		struct pollfd polled[] = {
			{signals, POLLIN, 0},
			{writes ? -1 : state.socket, POLLIN, 0},
			{state.begun && state.reads && state.taken ? STDIN_FILENO : -1, POLLIN, 0},
			{writes ? state.to[which] : -1, POLLOUT, 0},
		};
		if (poll(polled, 4, -1) < 0 && errno != EINTR)
			return complain("cannot wait");
		if (polled[0].revents) {
			int status = take_signals(signals);
			if (status >= 0)
				return status;
		}
		if (polled[3].revents)
			write_output();
		if (polled[1].revents) {
			int status = hear();
			if (status >= 0)
				return status;
			if (state.sure[heard.message.type == PACKET_ERROR])
				write_output();
		}
		/* Who attaches later is one of several; when nobody reads what it passes on, it has nothing to do. */
		if (state.begun && !state.first && state.flags & ATTACH_OUTPUT && state.to[0] < 0)
			return 128 + SIGPIPE;
		if (polled[2].revents && read_input())
			return 0;
	}
}

int attach(int flags, int socket, int keys)
{
	signal(SIGCHLD, SIG_DFL);
	state.flags = flags;
	state.socket = socket;
	ssize_t count = keys < 0 ? 0 : pread(keys, state.keys, sizeof(state.keys), 0);
	state.key_count = count > 0 ? (size_t)count : 0;
	state.reads = (flags & ATTACH_INPUT) != 0;
	state.taken = 1;
	for (int which = 0; which < 2; which++)
		state.to[which] = open_sure(1 + which, &state.sure[which]);
	int signals = open_signals();
	tell(PACKET_BEGIN, flags & (ATTACH_INPUT | ATTACH_OUTPUT | ATTACH_ERROR), 0, NULL, 0);
	int status = relay(signals);
	terminal_restore();
	return status;
}
