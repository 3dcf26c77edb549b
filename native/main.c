/* SPDX-License-Identifier: Apache-2.0 */
#include "carafe.h"

#include <string.h>

static IN_DATA struct {
	char *start; /* of the first; one lies behind the other, as execve(2) lays them down */
	size_t length;
} arguments;

void forget_arguments(void)
{
	static const char name[] = "carafe-monitor";
	memset(arguments.start, 0, arguments.length);
	memcpy(arguments.start, name, arguments.length < sizeof(name) ? arguments.length - 1 : sizeof(name) - 1);
}

int main(int argc, char **argv)
{
	if (argc < 1)
		die("called without a name of its own", NULL);
	arguments.start = argv[0];
	arguments.length = (size_t)(argv[argc - 1] + strlen(argv[argc - 1]) + 1 - argv[0]);
	int carried[CARRIED] = {0};
	int sealed = is_sealed(carried);
	int monitor = argc == 2 && strcmp(argv[1], "monitor") == 0;
	if (monitor && !sealed)
		run_sealed(argv, carried);
	return monitor ? monitor_main() : client_main(argv, sealed ? carried : NULL);
}
