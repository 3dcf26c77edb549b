/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target: what a monitor takes from a client is inside of what has come, and means something. */
#include "../carafe.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* No longer than what has come, so that the sanitizer sees one byte too many. */
	struct packet *packet = malloc(size ? size : 1);
	if (!packet)
		return 0;
	memcpy(packet, data, size);
	if (packet_valid(packet, size)) {
		int a = packet->message.a;
		if (size < sizeof(packet->message) || size > sizeof(*packet) ||
		    (packet->message.type == PACKET_SIGNAL && (a < 1 || a > 64)) ||
		    (packet->message.type == PACKET_SIZE && (a < 0 || a > 65535)) ||
		    ((size > sizeof(packet->message)) != (packet->message.type == PACKET_INPUT)))
			abort();
	}
	free(packet);
	return 0;
}
