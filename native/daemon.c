/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way to a daemon that runs already. Everything that may be wrong with it means only that there is none: the client
 * then starts a Java of its own, as long as it is certain that nobody else does what it asks for.
 */
#include "carafe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define DEFAULT_STATE "/run/carafe"
#define SOCKET_NAME "daemon.sock"
#define PATIENCE 5000 /* milliseconds; a daemon that is there says within one what it does */

/* A descriptor that a path is given from takes a folder of any depth, where an address has room for 107 bytes. */
static int connect_in(int folder, int socket)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	make_path(address.sun_path, "/proc/self/fd/", folder, "/" SOCKET_NAME);
	return connect(socket, (struct sockaddr *)&address, sizeof(address));
}

/* Whether who listens there may see our environment and descriptors. */
static int is_trusted(int socket)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);
	return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

/* The folder of state, as Java's class Invocation finds it. Root of a user namespace may miss his daemon here. */
static int open_state(void)
{
	const char *state = getenv("CARAFE_STATE");
	const char *users = getenv("XDG_RUNTIME_DIR");
	char path[PATH_MAX] = DEFAULT_STATE;
	if (state && *state)
		return open(state, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (geteuid() != 0) {
		size_t length = users ? strlen(users) : 0;
		if (!length || length + sizeof("/carafe") > sizeof(path))
			return -1;
		memcpy(path, users, length);
		memcpy(path + length, "/carafe", sizeof("/carafe"));
	}
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int daemon_connect(void)
{
	const char *wanted = getenv("CARAFE_DAEMON");
	if (wanted && strcmp(wanted, "no") == 0)
		return -1;
	int folder = open_state();
	if (folder < 0)
		return -1;
	/* Without waiting: a queue that is full is that of a daemon which does not get round to it. */
	int socket_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int connected = socket_fd >= 0 && connect_in(folder, socket_fd) == 0 && is_trusted(socket_fd) &&
			fcntl(socket_fd, F_SETFL, 0) == 0;
	close(folder);
	if (connected)
		return socket_fd;
	if (socket_fd >= 0)
		close(socket_fd);
	return -1;
}

int daemon_takes_on(int socket)
{
	struct message answer;
	unsigned none = 0;
	struct pollfd polled = {socket, POLLIN, 0};
	int ready;
	do
		ready = poll(&polled, 1, PATIENCE);
	while (ready < 0 && errno == EINTR);
	/* It begins only when it could say so, which from here on it cannot. */
	if (ready <= 0)
		shutdown(socket, SHUT_RD);
	int taken = message_receive(socket, &answer, NULL, &none) == 1 && answer.type == MSG_TAKEN;
	if (taken && ready <= 0)
		die("the daemon took the request on too late to be heard; look what has become of it", NULL);
	return taken;
}
