/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/commands.h"

#include <string.h>

#include "common/cleanup.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "evaluate", command_evaluate },
	{ "hash", command_hash },
};

bool commands_run(int argc, char **argv, int *ret_status)
{
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++) {
		if (strcmp(argv[1], commands[i].name) == 0) {
			*ret_status = commands[i].run(argc - 1, argv + 1);
			return true;
		}
	}
	return false;
}
