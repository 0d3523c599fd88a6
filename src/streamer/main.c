/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "common/log.h"
#include "common/memory.h"
#include "streamer/commands.h"
#include "streamer/manager.h"
#include "streamer/options.h"

int main(int argc, char **argv)
{
	struct options o;
	int r;

	memory_setup();
	log_open("egm-streamer");
	if (commands_run(argc, argv, &r))
		return r;
	r = options_parse(&o, argc, argv);
	if (r == 0) {
		switch (o.verb) {
		case VERB_RUN:
		case VERB_SERVE:
			r = manager_run(&o);
			break;
		case VERB_CHECK_CONFIG:
		case VERB_DUMP_CONFIG:
			r = manager_config(&o);
			break;
		case VERB_DONE:
			break;
		}
	}
	options_deinit(&o);
	return r;
}
