/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a plan. Every length is checked before it is believed; nothing is allocated. */
#include "plan.h"

#include <string.h>

struct header {
	uint32_t magic;
	uint16_t version;
	uint16_t slots;
	uint16_t inputs;
	uint16_t cgroup;
	uint32_t operations;
	uint64_t clone_flags;
	uint64_t length;
};

struct operation_header {
	uint16_t code;
	uint16_t reserved;
	uint32_t length;
};

static const char *signature_of(unsigned code)
{
	switch (code) {
#define X(number, name, arguments) \
	case number:               \
		return arguments;
		OPERATIONS(X)
#undef X
	}
	return NULL;
}

/* Whether the bytes fit the kind of argument that they stand for. */
static int well_formed(char kind, const char *bytes, uint64_t length)
{
	switch (kind) {
	case 't': /* one text: a NUL behind it and none inside */
		return length > 0 && memchr(bytes, 0, (size_t)length) == bytes + length - 1;
	case 'v': /* texts, the last one ended too */
		return length == 0 || bytes[length - 1] == 0;
	default:
		return 1;
	}
}

static int read_arguments(const struct plan *plan, struct operation *operation,
			  const unsigned char *at, const unsigned char *end)
{
	unsigned count = 0;
	for (const char *kind = operation->signature; *kind; kind++, count++) {
		struct argument *argument = &operation->arguments[count];
		if (count == PLAN_MAX_ARGS || end - at < 8)
			return -1;
		memcpy(&argument->number, at, 8);
		at += 8;
		argument->bytes = NULL;
		argument->last = 0;
		if (*kind == 'o' || *kind == 's') {
			argument->last = (argument->number & SLOT_LAST) != 0;
			argument->number &= ~(uint64_t)SLOT_LAST;
			if (argument->number >= plan->slots &&
			    !(*kind == 's' && argument->number == SLOT_CWD))
				return -1;
		} else if (*kind != 'i') {
			uint64_t length = argument->number;
			if (length > (uint64_t)(end - at))
				return -1;
			uint64_t padded = (length + 7) & ~(uint64_t)7;
			if (padded > (uint64_t)(end - at))
				return -1;
			argument->bytes = (const char *)at;
			if (!well_formed(*kind, argument->bytes, length))
				return -1;
			at += padded;
		}
	}
	return at == end ? 0 : -1;
}

/* Reads the operation at plan->next and steps over it. */
static int read_operation(struct plan *plan, struct operation *operation)
{
	struct operation_header header;
	if (plan->end - plan->next < (ptrdiff_t)sizeof(header))
		return -1;
	memcpy(&header, plan->next, sizeof(header));
	const unsigned char *at = plan->next + sizeof(header);
	if (header.reserved || header.length % 8 || header.length > (uint64_t)(plan->end - at))
		return -1;
	operation->code = header.code;
	operation->signature = signature_of(header.code);
	if (!operation->signature)
		return -1;
	if (read_arguments(plan, operation, at, at + header.length))
		return -1;
	plan->next = at + header.length;
	return 0;
}

int plan_open(struct plan *plan, const void *bytes, size_t length)
{
	struct header header;
	if (length < sizeof(header) || length > PLAN_MAX_BYTES || (uintptr_t)bytes % 8)
		return -1;
	memcpy(&header, bytes, sizeof(header));
	if (header.magic != PLAN_MAGIC || header.version != PLAN_VERSION ||
	    header.length != length || header.slots > PLAN_MAX_SLOTS || header.inputs > header.slots ||
	    (header.cgroup >= header.inputs && header.cgroup != SLOT_CWD))
		return -1;
	plan->next = (const unsigned char *)bytes + sizeof(header);
	plan->end = (const unsigned char *)bytes + length;
	plan->slots = header.slots;
	plan->inputs = header.inputs;
	plan->cgroup = header.cgroup;
	plan->operations = header.operations;
	plan->clone_flags = header.clone_flags;

	struct plan walk = *plan;
	struct operation operation;
	unsigned count = 0;
	while (walk.next < walk.end) {
		if (read_operation(&walk, &operation))
			return -1;
		count++;
	}
	return count == header.operations ? 0 : -1;
}

int plan_next(struct plan *plan, struct operation *operation)
{
	return plan->next < plan->end && read_operation(plan, operation) == 0;
}
