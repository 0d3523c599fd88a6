/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console/options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/cleanup.h"

static const char help_text[] =
	"Usage: egm-console [OPTION…]\n"
	"       egm-console --check-config | --dump-config\n"
	"\n"
	"All capture cards of this machine at one TCP port: page, API, pictures.\n"
	"Settings are in /etc/egm/console.conf; see egm-console.conf(5).\n"
	"\n"
	"      --check-config    say what is wrong with the configuration, exit 1 if so\n"
	"      --dump-config     print every setting and where it came from\n"
	"      --config-dir DIR  instead of /etc/egm\n"
	"      --share-dir DIR   of the page, instead of the installed one\n"
	"      --run-dir DIR     of the cards' sockets, instead of " OPTIONS_RUN_DIR "\n"
	"  -h, --help            this text\n"
	"  -V, --version         the version\n"
	"\n"
	"Exit status: 0 fine, 1 failed, 2 the command line is wrong.\n";

enum {
	OPT_CHECK = 256,
	OPT_DUMP,
	OPT_CONFIG_DIR,
	OPT_SHARE_DIR,
	OPT_RUN_DIR,
};

static const struct option long_options[] = {
	{ "check-config", no_argument, NULL, OPT_CHECK },
	{ "dump-config", no_argument, NULL, OPT_DUMP },
	{ "config-dir", required_argument, NULL, OPT_CONFIG_DIR },
	{ "share-dir", required_argument, NULL, OPT_SHARE_DIR },
	{ "run-dir", required_argument, NULL, OPT_RUN_DIR },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

PRINTF_LIKE(1, 2)
static int usage(const char *fmt, ...)
{
	va_list ap;

	if (fmt) {
		fputs("egm-console: ", stderr);
		va_start(ap, fmt);
		vfprintf(stderr, fmt, ap);
		va_end(ap);
		fputc('\n', stderr);
	}
	fputs("Try 'egm-console --help'.\n", stderr);
	return 2;
}

static int take_option(struct console_options *o, int c, const char *arg)
{
	switch (c) {
	case OPT_CHECK:
		o->verb = CONSOLE_CHECK_CONFIG;
		return 0;
	case OPT_DUMP:
		o->verb = CONSOLE_DUMP_CONFIG;
		return 0;
	case OPT_CONFIG_DIR:
		o->config_dir = arg;
		return 0;
	case OPT_SHARE_DIR:
		o->share_dir = arg;
		return 0;
	case OPT_RUN_DIR:
		o->run_dir = arg;
		return 0;
	case 'h':
		fputs(help_text, stdout);
		o->verb = CONSOLE_DONE;
		return 0;
	case 'V':
		puts("egm-console " PACKAGE_VERSION);
		o->verb = CONSOLE_DONE;
		return 0;
	default:
		return usage(NULL);
	}
}

int console_options_parse(struct console_options *o, int argc, char **argv)
{
	int c, r;

	*o = (struct console_options){
		.verb = CONSOLE_RUN, .share_dir = EGM_SHAREDIR, .run_dir = OPTIONS_RUN_DIR
	};
	while ((c = getopt_long(argc, argv, "hV", long_options, NULL)) >= 0) {
		r = take_option(o, c, optarg);
		if (r != 0 || o->verb == CONSOLE_DONE)
			return r;
	}
	if (optind < argc)
		return usage("%s: what is this?", argv[optind]);
	return 0;
}
