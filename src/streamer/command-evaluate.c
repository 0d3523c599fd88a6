/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <string.h>

#include "common/log.h"
#include "evaluate/evaluate-plot.h"
#include "evaluate/evaluate-report.h"
#include "streamer/commands.h"
#include "streamer/progress.h"

static const char help_text[] =
	"Usage: egm-streamer evaluate [OPTION…] CLIP TRUTH.json\n"
	"\n"
	"Recognises a clip and compares the decisions with what it truly shows. The\n"
	"regions are those in TRUTH.json, the references lie beside it in\n"
	"refs/NAME/STATE/, where NAME is the clip's.\n"
	"\n"
	"      --config FILE     states, regions and numbers of this file of settings\n"
	"      --pack PACK       those of this game pack, and its references\n"
	"  -m, --mode MODE       better or compatible (as FILE or PACK says, else better)\n"
	"  -r, --rate N          decisions per second (every picture)\n"
	"  -j, --json            one JSON object with every decision\n"
	"  -p, --plot FILE.png   draw what is shown and decided, and each state's score\n"
	"  -q, --quiet           no progress line\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit status: 0 fine, 1 failed, 2 the command line is wrong.\n";

enum {
	OPT_CONFIG = 256, /* -c is a card elsewhere */
	OPT_PACK,
};

static const struct option long_options[] = {
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "pack", required_argument, NULL, OPT_PACK },
	{ "mode", required_argument, NULL, 'm' },
	{ "rate", required_argument, NULL, 'r' },
	{ "json", no_argument, NULL, 'j' },
	{ "plot", required_argument, NULL, 'p' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct arguments {
	struct evaluate_options options;
	const char *plot;
	bool json, quiet, help;
	int percent; /* the last one shown */
};

static int take_option(struct arguments *a, int c, const char *arg)
{
	char *end;

	switch (c) {
	case OPT_CONFIG:
		a->options.config = arg;
		return 0;
	case OPT_PACK:
		a->options.pack = arg;
		return 0;
	case 'm':
		a->options.mode_given = true;
		if (strcmp(arg, "better") == 0)
			a->options.mode = MODE_BETTER;
		else if (strcmp(arg, "compatible") == 0)
			a->options.mode = MODE_COMPATIBLE;
		else
			return command_usage("evaluate", "--mode %s: better or compatible", arg);
		return 0;
	case 'r':
		a->options.rate = strtod(arg, &end);
		if (end == arg || *end || !(a->options.rate >= 0.01 && a->options.rate <= 1000))
			return command_usage(
				"evaluate", "--rate %s: a number from 0.01 to 1000", arg);
		return 0;
	case 'j':
		a->json = true;
		return 0;
	case 'p':
		a->plot = arg;
		a->options.scores = true;
		return 0;
	case 'q':
		a->quiet = true;
		return 0;
	case 'h':
		a->help = true;
		return 0;
	default:
		return command_usage("evaluate", NULL);
	}
}

static int parse(struct arguments *a, int argc, char **argv)
{
	int c, r;

	optind = 1;
	while ((c = getopt_long(argc, argv, "m:r:jp:qh", long_options, NULL)) >= 0) {
		r = take_option(a, c, optarg);
		if (r != 0 || a->help)
			return r;
	}
	if (a->options.config && a->options.pack)
		return command_usage("evaluate", "--config or --pack, not both");
	if (argc - optind != 2)
		return command_usage("evaluate", "%s",
			argc - optind < 2 ? "CLIP and TRUTH.json are needed"
					  : "CLIP and TRUTH.json, nothing else");
	a->options.clip = argv[optind];
	a->options.truth = argv[optind + 1];
	return 0;
}

static void show_progress(double share, void *userdata)
{
	struct arguments *a = userdata;
	int percent = (int) (MIN(share, 1) * 100);
	char text[64];

	if (percent == a->percent)
		return;
	a->percent = percent;
	snprintf(text, sizeof(text), "evaluate: %d %%", percent);
	progress_show(text);
}

static int report(const struct arguments *a, const struct evaluate_result *result)
{
	int r = 0;

	if (a->json)
		r = evaluate_report_json(stdout, &a->options, result);
	else
		evaluate_report_text(stdout, &a->options, result);
	if (r == 0 && (fflush(stdout) == EOF || ferror(stdout)))
		r = -EIO;
	if (r < 0)
		return log_error_errno(r, "Cannot write the figures: %m");
	r = a->plot ? evaluate_plot(a->plot, &a->options, result) : 0;
	return r < 0 ? log_error_errno(r, "Cannot write %s: %m", a->plot) : 0;
}

int command_evaluate(int argc, char **argv)
{
	struct arguments a = { .percent = -1 };
	struct evaluate_result result;
	int r = parse(&a, argc, argv);

	if (r != 0)
		return r;
	if (a.help) {
		fputs(help_text, stdout);
		return 0;
	}
	if (!a.quiet && progress_begin()) {
		a.options.progress = show_progress;
		a.options.userdata = &a;
	}
	r = evaluate_clip(&a.options, &result);
	progress_end();
	if (r == 0)
		r = report(&a, &result);
	evaluate_result_deinit(&result);
	return r < 0 ? 1 : 0;
}
