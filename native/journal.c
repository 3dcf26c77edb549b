/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of an instance in the machine's journal: an entry a line, in the native protocol of systemd-journald,
 * https://systemd.io/JOURNAL_NATIVE_PROTOCOL/. What all entries say alike Java has written down; an entry adds its
 * stream, as a priority, and its text.
 *
 * An entry is one datagram. Where that is too large, it is memory that nobody can change any more, handed over.
 *
 * A journal that takes nothing, as it is started again or does not read, is waited for, once and for some seconds. What
 * comes after that is counted and not waited with, until an entry is taken again; that says how many bytes are missing.
 * So the instance is held up, but not for good, and never ended.
 */
#include "carafe.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SOCKET "/run/systemd/journal/socket"
#define PATIENCE 5000 /* milliseconds for a journal that takes nothing */
#define PAUSE 20      /* milliseconds until it is looked for again */
#define PARTS 4
#define MOST_HEAD 128

static struct {
	int socket;    /* -1 for none */
	int given_up;  /* it has been waited for in vain */
	uint64_t lost; /* bytes since the last entry that it has taken */
	size_t length; /* of the fields */
} state = {.socket = -1};

static _Alignas(4096) char fields[JOURNAL_FIELDS_MOST]; /* touched no further than it is used */

void journal_open(int memory)
{
	ssize_t length = pread(memory, fields, sizeof(fields), 0);
	state.length = length > 0 ? (size_t)length : 0;
	close(memory);
}

static int64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void close_socket(void)
{
	close(state.socket);
	state.socket = -1;
}

static int open_socket(void)
{
	const struct sockaddr_un address = {AF_UNIX, SOCKET};
	if (state.socket >= 0)
		return 0;
	state.socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (state.socket < 0)
		return -1;
	if (connect(state.socket, (const struct sockaddr *)&address, sizeof(address))) {
		close_socket();
		return -1;
	}
	return 0;
}

static int send_message(const struct msghdr *message)
{
	return sendmsg(state.socket, message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static int hand_over(int memory)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {.bytes = {0}};
	const struct msghdr message = {.msg_control = &control, .msg_controllen = sizeof(control)};
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(&control.header), &memory, sizeof(int));
	return send_message(&message);
}

static int send_memory(const struct iovec *parts)
{
	size_t length = 0;
	for (unsigned i = 0; i < PARTS; i++)
		length += parts[i].iov_len;
	int memory = memfd_create("carafe-entry", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (memory < 0)
		return -1;
	int result = -1;
	if (writev(memory, parts, PARTS) == (ssize_t)length &&
	    fcntl(memory, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0)
		result = hand_over(memory);
	int error = errno;
	close(memory);
	errno = error;
	return result;
}

static int send_entry(struct iovec *parts)
{
	const struct msghdr message = {.msg_iov = parts, .msg_iovlen = PARTS};
	if (send_message(&message) == 0)
		return 0;
	return errno == EMSGSIZE || errno == ENOBUFS ? send_memory(parts) : -1;
}

/* Whether the journal has taken an entry. */
static int put(struct iovec *parts)
{
	int64_t end = state.given_up ? 0 : now() + PATIENCE;
	for (;;) {
		int there = open_socket() == 0;
		if (there && send_entry(parts) == 0) {
			state.given_up = 0;
			return 1;
		}
		int full = there && errno == EAGAIN;
		if (there && !full)
			close_socket(); /* the one that it was connected to has gone */
		int64_t left = end - now();
		if (left <= 0)
			break;
		struct pollfd room = {full ? state.socket : -1, POLLOUT, 0};
		poll(&room, 1, full || left < PAUSE ? (int)left : PAUSE);
	}
	state.given_up = 1;
	return 0;
}

static size_t put_text(char *to, size_t at, const char *text)
{
	size_t length = strlen(text);
	memcpy(to + at, text, length);
	return at + length;
}

/* A text may have any bytes: its length goes before it. */
static int put_entry(char *head, size_t at, const char *text, size_t length)
{
	uint64_t number = htole64((uint64_t)length);
	at = put_text(head, at, "MESSAGE\n");
	memcpy(head + at, &number, sizeof(number));
	struct iovec parts[PARTS] = {
		{fields, state.length},
		{head, at + sizeof(number)},
		{(void *)(uintptr_t)text, length},
		{(void *)(uintptr_t)"\n", 1},
	};
	return put(parts);
}

void journal_flush(void)
{
	char head[MOST_HEAD], text[MOST_HEAD];
	if (!state.lost)
		return;
	size_t at = put_text(head, 0, "PRIORITY=3\nCARAFE_LOST=");
	at += put_number(head + at, state.lost, 1);
	at = put_text(head, at, "\n");
	size_t length = put_number(text, state.lost, 1);
	length = put_text(text, length, " bytes are missing here, as the journal did not take them");
	if (put_entry(head, at, text, length))
		state.lost = 0;
}

static void put_line(int stream, const char *text, size_t length, int whole)
{
	char head[MOST_HEAD];
	size_t at = put_text(head, 0, stream ? "PRIORITY=3\n" : "PRIORITY=6\n");
	if (!whole)
		at = put_text(head, at, "CONTAINER_PARTIAL_MESSAGE=true\n");
	journal_flush();
	if (state.lost || !put_entry(head, at, text, length))
		state.lost += length + (size_t)whole;
}

size_t journal_take(int stream, const char *bytes, size_t length, int unfinished_too)
{
	size_t at = 0;
	while (at < length) {
		size_t most = length - at < LOG_PIECE ? length - at : LOG_PIECE;
		const char *end = memchr(bytes + at, '\n', most);
		if (!end && most < LOG_PIECE && !unfinished_too)
			break;
		size_t text = end ? (size_t)(end - bytes) - at : most;
		put_line(stream, bytes + at, text, end != NULL);
		at += text + (end != NULL);
	}
	return at;
}
