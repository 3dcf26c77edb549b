/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The streams of an instance, kept by its monitor: what the instance writes goes into the log and to everybody who is
 * attached, what they write goes to the instance. Whoever of them leaves, the instance runs on.
 *
 * Each stream has one buffer. It is read into again when everybody has taken what is in it, so that nobody gets less than
 * another, and the instance waits for who is slow as it would at a pipe: for the client that has been there from the
 * beginning as long as it takes, for others some seconds.
 */
#include "carafe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 65536	 /* what is read at once: what a pipe has room for */
#define DRAINED 262144	 /* the most that is read of a stream when the instance has ended: more than a pipe's or terminal's */
#define MOST_CLIENTS 64
#define PATIENCE 5000	 /* milliseconds for a client that takes nothing */
#define IDLE 100	 /* milliseconds without anything to do, until unfinished lines are written, and memory given back */
#define TIOCGPTPEER_FLAGS (O_RDWR | O_NOCTTY | O_CLOEXEC)

struct output {
	int from; /* -1 once at its end */
	enum packet_type type;
	int wanted; /* as which bit of BEGIN */
	size_t logged, end;
	char *bytes; /* what is before `logged` and has gone to everybody is done with */
};

struct client {
	int socket; /* -1: free */
	int wants;
	int first;
	int waits;	       /* with INPUT, which there is no room for */
	int owed[2];	       /* whether BEGUN and TAKEN are to be said as soon as there is room */
	size_t sent[2];
	int64_t stalled; /* since when it has taken nothing; 0 if it takes */
};

static _Alignas(4096) char buffers[2][LOG_PIECE + CHUNK + DRAINED]; /* touched no further than it is used */
static _Alignas(4096) struct packet input; /* what a client has said last, and what of it is still to be passed on */
static struct output outputs[2] = {
	{.from = -1, .type = PACKET_OUTPUT, .wanted = ATTACH_OUTPUT, .bytes = buffers[0]},
	{.from = -1, .type = PACKET_ERROR, .wanted = ATTACH_ERROR, .bytes = buffers[1]},
};
static struct client clients[MOST_CLIENTS];
static unsigned client_count; /* beyond are only free ones */
static struct pollfd polled[MOST_CLIENTS + 6];
static int pipes[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}}; /* as of pipe(2), of standard input, output and error */

static struct {
	const struct keeping *keeping;
	pid_t pid; /* 0 when it has ended, and its number may be another's */
	int to;	     /* where input goes, -1 for nowhere */
	int held;    /* the terminal's other side */
	size_t start, end;
	struct client *giver; /* of what is between them; NULL if it has left */
	int ends;	      /* the input, when that has been passed on */
	int used;	      /* whether there is memory to give back */
} state = {.to = -1, .held = -1};

static int64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000 + 1;
}

int keep_prepare(const struct keeping *keeping)
{
	for (int fd = keeping->input ? 0 : 1; fd < 3 && !keeping->terminal; fd++)
		if (pipe2(pipes[fd], O_CLOEXEC))
			return -1;
	return 0;
}

int keep_enter(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (pipes[fd][0] >= 0 && dup2(pipes[fd][fd ? 1 : 0], fd) < 0)
			return -1;
	return 0;
}

void keep_leave_child(void)
{
	for (int fd = 0; fd < 3; fd++) {
		if (pipes[fd][0] < 0)
			continue;
		close(pipes[fd][fd ? 1 : 0]);
		pipes[fd][fd ? 1 : 0] = -1;
	}
}

unsigned keep_list(const struct keeping *keeping, int *fds)
{
	const int all[] = {keeping->log, keeping->listener, keeping->client, pipes[0][1], pipes[1][0], pipes[2][0]};
	unsigned count = 0;
	for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i] >= 0)
			fds[count++] = all[i];
	return count;
}

static void close_input(void)
{
	if (state.to >= 0 && !state.keeping->terminal)
		close(state.to);
	state.to = -1;
}

/* A client's input ends, and with that of one the instance's, if it is to. */
static void end_input(void)
{
	if (!state.keeping->input_once || state.keeping->terminal)
		return;
	if (state.start < state.end)
		state.ends = 1;
	else
		close_input();
}

/* What has been started for one client only does not outlive it. */
static void end_bound(void)
{
	if (state.pid > 0 && kill(-state.pid, SIGKILL))
		kill(state.pid, SIGKILL);
}

static void let_go(struct client *client)
{
	close(client->socket);
	client->socket = -1;
	if (client->first && state.keeping->bound)
		end_bound();
	if (state.giver == client)
		state.giver = NULL;
	if (client->wants & ATTACH_INPUT)
		end_input();
}

static void add_client(int socket, int wants, int first)
{
	unsigned i = 0;
	while (i < client_count && clients[i].socket >= 0)
		i++;
	if (i == MOST_CLIENTS) {
		close(socket);
		return;
	}
	if (i == client_count)
		client_count++;
	/* The first is told before anything is written: his own terminal has to be ready for it. */
	clients[i] = (struct client){.socket = socket, .wants = wants, .first = first, .owed = {first, 0}};
	for (unsigned stream = 0; stream < 2; stream++)
		clients[i].sent[stream] = outputs[stream].end;
	fcntl(socket, F_SETFL, O_RDWR | O_NONBLOCK);
}

static int has_room(void)
{
	if (client_count < MOST_CLIENTS)
		return 1;
	for (unsigned i = 0; i < client_count; i++)
		if (clients[i].socket < 0)
			return 1;
	return 0;
}

/* The socket lies where nobody else can reach it; who comes by it all the same is not heard. */
static int may_attach(int socket)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);
	return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

static int accept_client(int listener)
{
	int socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (socket < 0)
		return 0;
	if (may_attach(socket))
		add_client(socket, 0, 0);
	else
		close(socket);
	return 1;
}

static int lags(const struct client *client, unsigned stream)
{
	return client->wants & outputs[stream].wanted && client->sent[stream] < outputs[stream].end;
}

/* Whether there is something that a client has not been sent. */
static int is_behind(const struct client *client)
{
	return client->socket >= 0 && (client->owed[0] || client->owed[1] || lags(client, 0) || lags(client, 1));
}

/* Whether it could be sent. */
static int send_to(struct client *client, enum packet_type type, int number, const char *bytes, size_t length)
{
	int sent = packet_send(client->socket, type, number, bytes, length);
	if (sent > 0)
		client->stalled = 0;
	else if (sent < 0)
		let_go(client);
	else if (!client->stalled)
		client->stalled = now();
	return sent > 0;
}

/* Sends a client what it has not been sent. */
static void deliver(struct client *client)
{
	int there = (state.keeping->terminal ? BEGUN_TERMINAL : 0) | (client->first ? BEGUN_FIRST : 0);
	if (client->socket >= 0 && client->owed[0] && send_to(client, PACKET_BEGUN, there, NULL, 0))
		client->owed[0] = 0;
	if (client->socket >= 0 && client->owed[1] && send_to(client, PACKET_TAKEN, 0, NULL, 0))
		client->owed[1] = 0;
	for (unsigned stream = 0; stream < 2; stream++) {
		const struct output *output = &outputs[stream];
		while (client->socket >= 0 && lags(client, stream)) {
			size_t length = output->end - client->sent[stream];
			if (length > PACKET_MOST)
				length = PACKET_MOST;
			if (!send_to(client, output->type, 0, output->bytes + client->sent[stream], length))
				return;
			client->sent[stream] += length;
		}
	}
}

static int is_taken(unsigned stream)
{
	for (unsigned i = 0; i < client_count; i++)
		if (clients[i].socket >= 0 && lags(&clients[i], stream))
			return 0;
	return 1;
}

/* What is in the log and has gone to everybody makes room. */
static void make_room(unsigned stream)
{
	struct output *output = &outputs[stream];
	if (!output->logged || !is_taken(stream))
		return;
	memmove(output->bytes, output->bytes + output->logged, output->end - output->logged);
	output->end -= output->logged;
	output->logged = 0;
	for (unsigned i = 0; i < client_count; i++)
		clients[i].sent[stream] = output->end;
}

static void log_stream(unsigned stream, enum log_haste haste)
{
	struct output *output = &outputs[stream];
	output->logged += log_take((int)stream, output->bytes + output->logged, output->end - output->logged,
				   haste);
}

static void close_stream(struct output *output)
{
	if (!state.keeping->terminal)
		close(output->from);
	output->from = -1;
}

/* Reads once, and passes on. How much that was. */
static size_t pump(unsigned stream)
{
	struct output *output = &outputs[stream];
	size_t room = sizeof(buffers[0]) - output->end;
	if (!room)
		return 0;
	ssize_t length = read(output->from, output->bytes + output->end, room < CHUNK ? room : CHUNK);
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (length <= 0) {
		close_stream(output);
		return 0;
	}
	state.used = 1;
	output->end += (size_t)length;
	log_stream(stream, LOG_MORE_MAY_COME);
	for (unsigned i = 0; i < client_count; i++)
		deliver(&clients[i]);
	return (size_t)length;
}

/* Passes on what a client has given; when that is done, it may give more. */
static void push(void)
{
	while (state.start < state.end && state.to >= 0) {
		ssize_t length = write(state.to, input.bytes + state.start, state.end - state.start);
		if (length > 0)
			state.start += (size_t)length;
		else if (errno == EAGAIN)
			return;
		else if (errno != EINTR)
			close_input(); /* it does not want any */
	}
	struct client *giver = state.giver;
	state.start = state.end = 0;
	state.giver = NULL;
	if (giver) {
		giver->owed[1] = 1;
		deliver(giver);
	}
	if (state.ends)
		close_input();
	for (unsigned i = 0; i < client_count; i++)
		clients[i].waits = 0;
}

static void begin(struct client *client, int wants)
{
	client->wants = wants;
	if (!client->first)
		client->owed[0] = 1;
	for (unsigned stream = 0; stream < 2 && !client->first; stream++)
		client->sent[stream] = outputs[stream].end;
	deliver(client);
}

/* Who reads what the instance writes is its first client, as at a pipe. */
static void close_output(const struct client *client, int which)
{
	for (unsigned stream = 0; stream < 2 && client->first && !state.keeping->terminal; stream++)
		if (outputs[stream].wanted == which && outputs[stream].from >= 0)
			close_stream(&outputs[stream]);
}

static void resize(int rows, int columns)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
	if (state.keeping->terminal && outputs[0].from >= 0)
		ioctl(outputs[0].from, TIOCSWINSZ, &size);
}

/* Hears what a client has to say. Whoever says what no client says is let go. */
static void hear(struct client *client)
{
	int full = state.start < state.end;
	struct message ahead;
	if (full && recv(client->socket, &ahead, sizeof(ahead), MSG_PEEK) == sizeof(ahead)) {
		client->waits = ahead.type == PACKET_INPUT; /* there is room for that of one */
		if (client->waits)
			return;
	}
	ssize_t length = recv(client->socket, &input, full ? sizeof(input.message) : sizeof(input), MSG_TRUNC);
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length <= 0 || !packet_valid(&input, (size_t)length)) {
		let_go(client);
		return;
	}
	const struct message said = input.message;
	switch (said.type) {
	case PACKET_BEGIN:
		begin(client, said.a);
		return;
	case PACKET_INPUT:
		state.used = 1;
		state.start = 0;
		state.end = (size_t)length - sizeof(input.message);
		state.giver = client;
		push();
		return;
	case PACKET_INPUT_END:
		end_input();
		return;
	case PACKET_SIZE:
		resize(said.a, said.b);
		return;
	case PACKET_SIGNAL:
		kill(state.pid, said.a);
		return;
	case PACKET_CLOSED:
		close_output(client, said.a);
		return;
	}
}

static void pass_signals(int signals)
{
	struct signalfd_siginfo info;
	while (read(signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap_java();
		else if (info.ssi_signo != SIGWINCH && info.ssi_signo != SIGPIPE)
			kill(state.pid, (int)info.ssi_signo);
	}
}

/* Lets go of clients that have taken nothing for long. How many milliseconds there are until that may happen, or -1. */
static int drop_stalled(void)
{
	int64_t time = 0;
	int64_t wait = -1;
	for (unsigned i = 0; i < client_count; i++) {
		struct client *client = &clients[i];
		if (client->socket < 0 || client->first || !client->stalled)
			continue;
		if (!time)
			time = now();
		int64_t left = client->stalled + PATIENCE - time;
		if (left <= 0) {
			/* Twice the room that it has filled: the kernel counts with twice what it is told. */
			int room = 0;
			socklen_t length = sizeof(room);
			getsockopt(client->socket, SOL_SOCKET, SO_SNDBUF, &room, &length);
			setsockopt(client->socket, SOL_SOCKET, SO_SNDBUF, &room, length);
			packet_send(client->socket, PACKET_DROPPED, 0, NULL, 0);
			let_go(client);
		} else if (wait < 0 || left < wait) {
			wait = left;
		}
	}
	return (int)wait;
}

/* There is no more for now that what the log holds back could wait for. */
static void log_held(void)
{
	for (unsigned stream = 0; stream < 2; stream++) {
		log_stream(stream, LOG_NOW);
		make_room(stream);
	}
}

/* Nothing has happened for a moment: unfinished lines are written, and memory is given back. */
static void rest(void)
{
	for (unsigned stream = 0; stream < 2; stream++) {
		log_stream(stream, LOG_UNFINISHED_TOO);
		make_room(stream);
	}
	log_flush();
	state.used = 0;
	if (outputs[0].end || outputs[1].end || state.start < state.end)
		return;
	madvise(buffers, sizeof(buffers), MADV_DONTNEED);
	madvise(&input, sizeof(input), MADV_DONTNEED);
}

static void begin_keeping(const struct keeping *keeping, const struct child *child)
{
	state.keeping = keeping;
	state.pid = child->pid;
	if (keeping->log >= 0 && keeping->journal)
		log_open_journal(keeping->log);
	else if (keeping->log >= 0)
		log_open(keeping->log, keeping->log_most, keeping->log_files);
	if (keeping->terminal && child->terminal >= 0) {
		fcntl(child->terminal, F_SETFL, O_RDWR | O_NONBLOCK);
		/* A program may close its terminal and open it again; it has not hung up. */
		state.held = ioctl(child->terminal, TIOCGPTPEER, TIOCGPTPEER_FLAGS);
		state.to = outputs[0].from = child->terminal;
	} else {
		for (unsigned stream = 0; stream < 2; stream++)
			outputs[stream].from = pipes[1 + stream][0];
		state.to = pipes[0][1];
		for (int fd = 0; fd < 3; fd++)
			if (pipes[fd][fd ? 0 : 1] >= 0)
				fcntl(pipes[fd][fd ? 0 : 1], F_SETFL, O_NONBLOCK);
	}
	if (keeping->client >= 0)
		add_client(keeping->client, ATTACH_OUTPUT | ATTACH_ERROR | (keeping->input ? ATTACH_INPUT : 0), 1);
}

/* What has been written before the end, and little more: others may have the pipe still, and write on. */
static void drain(void)
{
	for (unsigned stream = 0; stream < 2; stream++) {
		size_t most = DRAINED;
		while (outputs[stream].from >= 0 && most > 0) {
			make_room(stream);
			size_t length = pump(stream);
			most = length && length < most ? most - length : 0;
		}
		log_stream(stream, LOG_UNFINISHED_TOO);
	}
	log_flush();
}

static void attend_client(struct client *client, short events)
{
	if (events & POLLOUT)
		deliver(client);
	if (client->socket >= 0 && events & (POLLIN | POLLHUP | POLLERR))
		hear(client);
}

/* Waits for what the clients do, and for as many others as are in `polled` before them. As poll(2). */
static int wait_for_clients(unsigned others, short events, int most)
{
	for (unsigned i = 0; i < client_count; i++) {
		struct client *client = &clients[i];
		int behind = is_behind(client) || client->stalled;
		/* One that has gone is not to be heard of again and again as long as there is no room for what it has said. */
		int socket = client->waits && !behind ? -1 : client->socket;
		short wanted = (short)((client->waits ? 0 : events) | (behind ? POLLOUT : 0));
		polled[others + i] = (struct pollfd){socket, wanted, 0};
	}
	int wait = drop_stalled();
	return poll(polled, others + client_count, wait < 0 || (most >= 0 && wait > most) ? most : wait);
}

void keep_attend(const struct keeping *keeping, const struct child *child, int signals)
{
	enum { CHILD, SIGNALS, INPUT, OUTPUT, ERROR, LISTENER, OTHERS };
	begin_keeping(keeping, child);
	for (int ended = 0; !ended;) {
		polled[CHILD] = (struct pollfd){child->pidfd, POLLIN, 0};
		polled[SIGNALS] = (struct pollfd){signals, POLLIN, 0};
		polled[INPUT] = (struct pollfd){state.start < state.end ? state.to : -1, POLLOUT, 0};
		for (unsigned stream = 0; stream < 2; stream++)
			polled[OUTPUT + stream] =
				(struct pollfd){is_taken(stream) ? outputs[stream].from : -1, POLLIN, 0};
		polled[LISTENER] = (struct pollfd){has_room() ? keeping->listener : -1, POLLIN, 0};
		unsigned waited = client_count;
		if (wait_for_clients(OTHERS, POLLIN, log_holds() ? 0 : state.used ? IDLE : -1) <= 0) {
			if (log_holds())
				log_held();
			else
				rest();
			continue;
		}
		if (polled[SIGNALS].revents)
			pass_signals(signals);
		if (polled[INPUT].revents)
			push();
		for (unsigned stream = 0; stream < 2; stream++)
			if (polled[OUTPUT + stream].revents)
				pump(stream);
		for (unsigned i = 0; i < waited; i++)
			if (clients[i].socket >= 0)
				attend_client(&clients[i], polled[OTHERS + i].revents);
		if (polled[LISTENER].revents)
			accept_client(keeping->listener);
		log_flush();
		for (unsigned stream = 0; stream < 2; stream++)
			make_room(stream);
		ended = polled[CHILD].revents != 0;
	}
	drain();
	state.pid = 0;
}

void keep_end(int wait_status)
{
	/* Who has come last of all hears it too. */
	if (state.keeping->listener >= 0)
		fcntl(state.keeping->listener, F_SETFL, O_RDWR | O_NONBLOCK);
	while (state.keeping->listener >= 0 && has_room() && accept_client(state.keeping->listener))
		;
	for (int left = 1; left;) {
		left = 0;
		for (unsigned i = 0; i < client_count; i++) {
			struct client *client = &clients[i];
			if (client->socket < 0)
				continue;
			deliver(client);
			if (client->socket >= 0 && !is_behind(client) &&
			    send_to(client, PACKET_ENDED, wait_status, NULL, 0))
				let_go(client);
			else if (client->socket >= 0)
				left = 1;
		}
		if (left)
			wait_for_clients(0, 0, -1);
		for (unsigned i = 0; i < client_count && left; i++)
			if (clients[i].socket >= 0 && polled[i].revents & (POLLHUP | POLLERR))
				let_go(&clients[i]);
	}
}
