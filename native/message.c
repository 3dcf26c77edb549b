/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of a fixed size with descriptors beside them, unix(7). Only a report has text behind it. */
#include "carafe.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control_buffer {
	struct cmsghdr header; /* for its alignment */
	char bytes[CMSG_SPACE(MAX_DESCRIPTORS * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
};

int message_send(int socket, const struct message *message, const int *fds, unsigned count)
{
	union control_buffer control;
	struct iovec part = {(void *)(uintptr_t)message, sizeof(*message)};
	struct msghdr envelope = {.msg_iov = &part, .msg_iovlen = 1};
	if (count > MAX_DESCRIPTORS) {
		errno = EMSGSIZE;
		return -1;
	}
	if (count) {
		memset(&control.header, 0, sizeof(control.header));
		envelope.msg_control = control.bytes;
		envelope.msg_controllen = (socklen_t)CMSG_SPACE(count * sizeof(int));
		struct cmsghdr *header = CMSG_FIRSTHDR(&envelope);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = (socklen_t)CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(header), fds, count * sizeof(int));
	}
	ssize_t sent;
	do
		sent = sendmsg(socket, &envelope, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == sizeof(*message) ? 0 : -1;
}

/* As CMSG_NXTHDR(3), whose arithmetic in musl the compiler warns of. The kernel has filled these headers in. */
static struct cmsghdr *next_header(const struct msghdr *envelope, struct cmsghdr *header)
{
	char *next = (char *)header + CMSG_ALIGN(header->cmsg_len);
	char *end = (char *)envelope->msg_control + envelope->msg_controllen;
	return end - next >= (ptrdiff_t)sizeof(*header) ? (struct cmsghdr *)(void *)next : NULL;
}

/* As recvmsg(2). A peer that has gone with something unread counts as an end like any other. */
static ssize_t receive(int socket, void *bytes, size_t size, int *fds, unsigned *count, pid_t *from)
{
	union control_buffer control;
	struct iovec part = {bytes, size};
	struct msghdr envelope = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes)};
	ssize_t received;
	unsigned room = *count;
	*count = 0;
	do
		received = recvmsg(socket, &envelope, MSG_CMSG_CLOEXEC);
	while (received < 0 && errno == EINTR);
	if (received < 0)
		return errno == ECONNRESET ? 0 : -1;
	/* The kernel puts the sender into one header, if asked, and all of a message's descriptors into the next. */
	struct cmsghdr *header = CMSG_FIRSTHDR(&envelope);
	struct ucred sender = {0, 0, 0};
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_CREDENTIALS) {
		memcpy(&sender, CMSG_DATA(header), sizeof(sender));
		header = next_header(&envelope, header);
	}
	unsigned arrived = 0;
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
		arrived = (unsigned)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	for (unsigned i = 0; i < arrived; i++) {
		int fd;
		memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
		if (*count < room)
			fds[(*count)++] = fd;
		else
			close(fd);
	}
	*from = sender.pid;
	if (envelope.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		errno = EBADMSG;
		return -1;
	}
	return received;
}

int message_receive(int socket, struct message *message, int *fds, unsigned *count)
{
	pid_t from;
	ssize_t received = receive(socket, message, sizeof(*message), fds, count, &from);
	if (received > 0 && received != sizeof(*message)) {
		errno = EBADMSG;
		return -1;
	}
	return received > 0 ? 1 : (int)received;
}

int report_receive(int socket, struct report *report, size_t *length, int *fds, unsigned *count, pid_t *from)
{
	ssize_t received = receive(socket, report, sizeof(*report), fds, count, from);
	if (received > 0 && received < (ssize_t)sizeof(report->message)) {
		errno = EBADMSG;
		return -1;
	}
	*length = received > 0 ? (size_t)received - sizeof(report->message) : 0;
	return received > 0 ? 1 : (int)received;
}

int report_send(int socket, const struct report *report, size_t length)
{
	return send(socket, report, sizeof(report->message) + length, MSG_NOSIGNAL) < 0 ? -1 : 0;
}
