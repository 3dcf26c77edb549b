/* SPDX-License-Identifier: Apache-2.0 */
#include "carafe.h"

#include <string.h>

int main(int argc, char **argv)
{
	if (argc < 1)
		die("called without a name of its own", NULL);
	int carried[CARRIED] = {0};
	int sealed = is_sealed(carried);
	int monitor = argc == 2 && strcmp(argv[1], "monitor") == 0;
	if (monitor && !sealed)
		run_sealed(argv, carried);
	return monitor ? monitor_main() : client_main(argv, sealed ? carried : NULL);
}
