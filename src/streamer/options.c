/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/options.h"

#include <getopt.h>
#include <string.h>

#include "common/card.h"
#include "common/cleanup.h"
#include "common/usec.h"
#include "settings/settings.h"
#include "streamer/commands.h"

static const char help_text[] =
	"Usage: egm-streamer run [OPTION…] --output URL|FILE [--output URL|FILE …]\n"
	"       egm-streamer serve --card CARD [OPTION…]\n"
	"       egm-streamer --check-config | --dump-config [--card CARD]\n"
	"       egm-streamer detect [OPTION…] [DEVICE|FILE|URL]\n"
	"       egm-streamer evaluate [OPTION…] CLIP TRUTH.json\n"
	"       egm-streamer hash [--algo ALGO] [--size N] [--roi X,Y,W,H] PICTURE …\n"
	"       egm-streamer pack export|import|show [OPTION…] FILE.egmpack\n"
	"       egm-streamer probe-encoder [OPTION…] CODEC\n"
	"\n"
	"Captures picture and sound, encodes once, and sends to many places.\n"
	"\n"
	"run: from the command line, nothing in /etc needed\n"
	"  -v, --video WHAT      /dev/video0, pattern, a file or a URL (pattern)\n"
	"  -a, --audio WHAT      auto, none, silence, tone, tone:ppm=N, hw:… (auto)\n"
	"  -s, --size WxH        of the output (auto: as the input has it)\n"
	"  -r, --rate N          pictures per second (auto)\n"
	"  -o, --output WHERE    rtmp:// srt:// rtsp:// udp:// FILE.m3u8 .ts .mkv .mp4\n"
	"      --set KEY=VALUE   any setting of egm-streamer.conf(5)\n"
	"  -d, --duration SEC    end after so many seconds\n"
	"      --loop            start a file again at its end\n"
	"      --stats FILE      write every counter and histogram as JSON at the end\n"
	"      --watch PORT      show the HLS output in a browser at 127.0.0.1:PORT\n"
	"      --http ADDR:PORT  answer over HTTP, to whom the next two let in\n"
	"      --http-open NET   whoever comes from there, such as 127.0.0.1/32\n"
	"      --http-token FILE whoever has the token in its first line\n"
	"      --share-dir DIR   of the page, instead of the installed one\n"
	"  -q, --quiet           no progress line\n"
	"\n"
	"serve: as the service of a card\n"
	"  -c, --card CARD       its name; settings of /etc/egm/cards/CARD.conf\n"
	"      --set KEY=VALUE   over the files\n"
	"\n"
	"detect, evaluate, hash, pack, probe-encoder: see egm-streamer COMMAND --help\n"
	"\n"
	"      --check-config    say what is wrong with the configuration, exit 1 if so\n"
	"      --dump-config     print every setting and where it came from\n"
	"      --config-dir DIR  instead of /etc/egm\n"
	"  -h, --help            this text\n"
	"  -V, --version         the version\n"
	"\n"
	"Exit status: 0 fine, 1 failed, 2 the command line is wrong.\n";

enum {
	OPT_SET = 256,
	OPT_LOOP,
	OPT_STATS,
	OPT_WATCH,
	OPT_HTTP,
	OPT_HTTP_OPEN,
	OPT_HTTP_TOKEN,
	OPT_SHARE_DIR,
	OPT_CHECK,
	OPT_DUMP,
	OPT_CONFIG_DIR,
};

static const struct option long_options[] = {
	{ "video", required_argument, NULL, 'v' },
	{ "audio", required_argument, NULL, 'a' },
	{ "size", required_argument, NULL, 's' },
	{ "rate", required_argument, NULL, 'r' },
	{ "output", required_argument, NULL, 'o' },
	{ "duration", required_argument, NULL, 'd' },
	{ "card", required_argument, NULL, 'c' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "set", required_argument, NULL, OPT_SET },
	{ "loop", no_argument, NULL, OPT_LOOP },
	{ "stats", required_argument, NULL, OPT_STATS },
	{ "watch", required_argument, NULL, OPT_WATCH },
	{ "http", required_argument, NULL, OPT_HTTP },
	{ "http-open", required_argument, NULL, OPT_HTTP_OPEN },
	{ "http-token", required_argument, NULL, OPT_HTTP_TOKEN },
	{ "share-dir", required_argument, NULL, OPT_SHARE_DIR },
	{ "check-config", no_argument, NULL, OPT_CHECK },
	{ "dump-config", no_argument, NULL, OPT_DUMP },
	{ "config-dir", required_argument, NULL, OPT_CONFIG_DIR },
	{ 0 },
};

static int add_set(struct options *o, const char *key, const char *value)
{
	char *text;

	if (o->n_sets == OPTIONS_LIST_MAX)
		return command_usage(NULL, "too many settings on the command line");
	if (asprintf(&text, "%s%s%s", key, *key ? "=" : "", value) < 0)
		return 1;
	o->owned[o->n_owned++] = text;
	o->sets[o->n_sets++] = text;
	return 0;
}

/* The process list is no place for a stream key. */
static void hide(char *url)
{
	char *rest = strstr(url, "://");

	if (rest)
		memset(rest + 3, '*', strlen(rest + 3));
}

static int add_output(struct options *o, char *url)
{
	char *copy;

	if (o->n_outputs == OPTIONS_LIST_MAX)
		return command_usage(NULL, "too many outputs");
	copy = strdup(url);
	if (!copy)
		return 1;
	hide(url);
	o->owned[o->n_owned++] = copy;
	o->outputs[o->n_outputs++] = copy;
	return 0;
}

static int add_network(struct options *o, const char *network)
{
	if (o->n_http_open == OPTIONS_LIST_MAX)
		return command_usage(NULL, "too many networks");
	o->http_open[o->n_http_open++] = network;
	return 0;
}

static int parse_duration(struct options *o, const char *text)
{
	char *end;
	double sec = strtod(text, &end);

	if (end == text || *end || !(sec > 0) || sec > 1e9)
		return command_usage(NULL, "--duration %s: seconds, more than 0", text);
	o->duration_usec = (uint64_t) (sec * (double) USEC_PER_SEC);
	return 0;
}

static int take_option(struct options *o, int c, char *arg)
{
	int r;

	switch (c) {
	case 'v':
		r = add_set(o, "video.device", arg);
		hide(arg);
		return r;
	case 'a':
		return add_set(o, "audio.device", arg);
	case 's':
		return add_set(o, "video.size", arg);
	case 'r':
		return add_set(o, "video.rate", arg);
	case 'o':
		return add_output(o, arg);
	case 'd':
		return parse_duration(o, arg);
	case 'c':
		o->card = arg;
		return 0;
	case 'q':
		o->quiet = true;
		return 0;
	case OPT_SET:
		return strchr(arg, '=') ? add_set(o, "", arg)
					: command_usage(NULL, "--set %s: KEY=VALUE", arg);
	case OPT_LOOP:
		return add_set(o, "video.loop", "true");
	case OPT_STATS:
		o->stats = arg;
		return 0;
	case OPT_WATCH:
		o->watch = arg;
		return 0;
	case OPT_HTTP:
		o->http = arg;
		return 0;
	case OPT_HTTP_OPEN:
		return add_network(o, arg);
	case OPT_HTTP_TOKEN:
		o->http_token = arg;
		return 0;
	case OPT_SHARE_DIR:
		o->share_dir = arg;
		return 0;
	case OPT_CHECK:
		o->verb = VERB_CHECK_CONFIG;
		return 0;
	case OPT_DUMP:
		o->verb = VERB_DUMP_CONFIG;
		return 0;
	case OPT_CONFIG_DIR:
		o->config_dir = arg;
		return 0;
	case 'h':
		fputs(help_text, stdout);
		o->verb = VERB_DONE;
		return 0;
	case 'V':
		puts("egm-streamer " PACKAGE_VERSION);
		o->verb = VERB_DONE;
		return 0;
	default:
		return command_usage(NULL, NULL);
	}
}

static int check(const struct options *o, bool have_verb)
{
	if (o->verb == VERB_DONE)
		return 0;
	if (!have_verb)
		return command_usage(
			NULL, "what to do? run, serve, --check-config or --dump-config");
	if (o->card && !card_is_name(o->card))
		return command_usage(NULL,
			"--card %s: a letter, then letters, digits and _, all lower case, 31 "
			"at most",
			o->card);
	if (o->verb == VERB_SERVE && !o->card)
		return command_usage(NULL, "serve needs --card");
	if (o->verb == VERB_SERVE && (o->n_outputs || o->stats || o->duration_usec || o->watch))
		return command_usage(NULL, "--output, --stats, --duration and --watch go with run");
	if (o->verb == VERB_SERVE && (o->http || o->n_http_open || o->http_token || o->share_dir))
		return command_usage(
			NULL, "--http goes with run; of services egm-console is the face");
	if (!o->http && (o->n_http_open || o->http_token || o->share_dir))
		return command_usage(
			NULL, "--http-open, --http-token and --share-dir go with --http");
	if (o->verb == VERB_RUN && !o->n_outputs && !o->http)
		return command_usage(NULL, "run needs at least one --output");
	return 0;
}

int options_parse(struct options *o, int argc, char **argv)
{
	bool have_verb = false;
	int c, r;

	*o = (struct options){ .verb = VERB_RUN };
	/* The verb comes first; what follows are options only. */
	if (argc > 1 && argv[1][0] != '-') {
		have_verb = true;
		if (strcmp(argv[1], "serve") == 0)
			o->verb = VERB_SERVE;
		else if (strcmp(argv[1], "run") != 0)
			return command_usage(NULL,
				"%s: run, serve, detect, evaluate, hash, pack or "
				"probe-encoder",
				argv[1]);
		argc--;
		argv++;
	}
	while ((c = getopt_long(argc, argv, "v:a:s:r:o:d:c:qhV", long_options, NULL)) >= 0) {
		r = take_option(o, c, optarg);
		if (r != 0 || o->verb == VERB_DONE)
			return r;
	}
	if (optind < argc)
		return command_usage(NULL, "%s: what is this?", argv[optind]);
	have_verb |= o->verb == VERB_CHECK_CONFIG || o->verb == VERB_DUMP_CONFIG;
	return check(o, have_verb);
}

void options_deinit(struct options *o)
{
	for (int i = 0; i < o->n_owned; i++)
		free(o->owned[i]);
	*o = (struct options){ 0 };
}
