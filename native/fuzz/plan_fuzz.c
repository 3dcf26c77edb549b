/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target: no bytes, however hostile, make the plan reader read outside them. */
#include "../plan.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile char sink; /* keeps the reads */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* An exact copy, so that the sanitizer sees one byte too many. */
	void *copy = malloc(size ? size : 1);
	if (!copy)
		return 0;
	memcpy(copy, data, size);
	if (size >= 32) {
		/* The length that a mutation breaks first is put right, to let the rest be tried. */
		uint64_t length = size;
		memcpy((char *)copy + 24, &length, sizeof(length));
	}
	struct plan plan;
	struct operation operation;
	if (plan_open(&plan, copy, size) == 0) {
		while (plan_next(&plan, &operation)) {
			for (unsigned i = 0; operation.signature[i]; i++) {
				const struct argument *argument = &operation.arguments[i];
				for (uint64_t n = 0; argument->bytes && n < argument->number; n++)
					sink = argument->bytes[n];
			}
		}
	}
	free(copy);
	return 0;
}
