/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/log.h"
#include "common/memory.h"
#include "console/console.h"
#include "console/options.h"

int main(int argc, char **argv)
{
	struct console_options o;
	int r;

	memory_setup();
	log_open("egm-console");
	r = console_options_parse(&o, argc, argv);
	if (r != 0)
		return r;
	switch (o.verb) {
	case CONSOLE_RUN:
		return console_run(&o);
	case CONSOLE_CHECK_CONFIG:
	case CONSOLE_DUMP_CONFIG:
		return console_config(&o);
	case CONSOLE_DONE:
		break;
	}
	return 0;
}
