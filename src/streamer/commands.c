/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/commands.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "detect", command_detect },
	{ "evaluate", command_evaluate },
	{ "hash", command_hash },
	{ "pack", command_pack },
	{ "probe-encoder", command_probe_encoder },
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

int command_usage(const char *command, const char *fmt, ...)
{
	const char *space = command ? " " : "";
	va_list ap;

	command = command ? command : "";
	if (fmt) {
		fprintf(stderr, "egm-streamer%s%s: ", space, command);
		va_start(ap, fmt);
		vfprintf(stderr, fmt, ap);
		va_end(ap);
		fputc('\n', stderr);
	}
	fprintf(stderr, "Try 'egm-streamer%s%s --help'.\n", space, command);
	return 2;
}
