/* SPDX-License-Identifier: Apache-2.0 */
/* What a monitor and those who attach to it say to each other: a message, and bytes behind it. */
#include "carafe.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define HIGHEST_SIGNAL 64
#define LARGEST_SIZE 65535

int packet_valid(const struct packet *packet, size_t length)
{
	const struct message *message = &packet->message;
	if (length < sizeof(*message) || length > sizeof(*packet))
		return 0;
	int bytes = length > sizeof(*message);
	switch (message->type) {
	case PACKET_INPUT:
		return bytes;
	case PACKET_BEGIN:
		return !bytes && (message->a & ~(ATTACH_INPUT | ATTACH_OUTPUT | ATTACH_ERROR)) == 0;
	case PACKET_INPUT_END:
		return !bytes;
	case PACKET_SIZE:
		return !bytes && message->a >= 0 && message->a <= LARGEST_SIZE && message->b >= 0 &&
		       message->b <= LARGEST_SIZE;
	case PACKET_SIGNAL:
		return !bytes && message->a > 0 && message->a <= HIGHEST_SIGNAL;
	case PACKET_CLOSED:
		return !bytes && (message->a == ATTACH_OUTPUT || message->a == ATTACH_ERROR);
	default:
		return 0;
	}
}

int packet_send(int socket, enum packet_type type, int number, const void *bytes, size_t length)
{
	struct message message = {type, number, 0, 0};
	struct iovec parts[] = {{&message, sizeof(message)}, {(void *)(uintptr_t)bytes, length}};
	struct msghdr envelope = {.msg_iov = parts, .msg_iovlen = 2};
	ssize_t sent;
	do
		sent = sendmsg(socket, &envelope, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return 1;
	return errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM ? 0 : -1;
}
