/* SPDX-License-Identifier: Apache-2.0 */
#include "carafe.h"

#include <string.h>

int main(int argc, char **argv)
{
	if (argc < 1)
		die("called without a name of its own", NULL);
	run_sealed(argv);
	if (argc == 2 && strcmp(argv[1], "monitor") == 0)
		return monitor_main();
	return client_main(argv);
}
