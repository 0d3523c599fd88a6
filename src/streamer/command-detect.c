/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <string.h>

#include "common/card.h"
#include "common/log.h"
#include "common/usec.h"
#include "detector/explain.h"
#include "media/av-log.h"
#include "settings/settings.h"
#include "streamer/commands.h"
#include "streamer/detect.h"

#define SECONDS_MAX 3600

static const char help_text[] =
	"Usage: egm-streamer detect [OPTION…] [DEVICE|FILE|URL]\n"
	"\n"
	"Recognises the screen once and explains the decision. Looks at a picture (JPEG,\n"
	"PNG, WebP, PNM), or at the first second of a card, a clip or a URL; the card's\n"
	"own unless one is named.\n"
	"\n"
	"  -c, --card CARD       its settings and references\n"
	"      --config FILE     the rules of this file instead\n"
	"      --pack PACK       rules and references of this game pack\n"
	"      --config-dir DIR  settings of cards from there instead of /etc/egm\n"
	"      --refs FOLDER     references from there instead of the card's\n"
	"  -s, --seconds N       look for so long (1)\n"
	"  -j, --json            one JSON object\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit status: 0 decided, 1 unknown or failed, 2 the command line is wrong.\n";

enum {
	OPT_CONFIG = 256,
	OPT_CONFIG_DIR,
	OPT_PACK,
	OPT_REFS,
};

static const struct option long_options[] = {
	{ "card", required_argument, NULL, 'c' },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "config-dir", required_argument, NULL, OPT_CONFIG_DIR },
	{ "pack", required_argument, NULL, OPT_PACK },
	{ "refs", required_argument, NULL, OPT_REFS },
	{ "seconds", required_argument, NULL, 's' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct arguments {
	struct detect_options options;
	char *input; /* the options' */
	bool json, help;
};

/* A URL may have a secret in it, and the process list is no place for one. */
static int take_input(struct arguments *a, char *arg)
{
	char *rest = strstr(arg, "://");

	a->input = strdup(arg);
	if (!a->input)
		return 1;
	a->options.input = a->input;
	if (rest)
		memset(rest + 3, '*', strlen(rest + 3));
	return 0;
}

static int take_seconds(struct arguments *a, const char *arg)
{
	char *end;
	double n = strtod(arg, &end);

	if (end == arg || *end || !(n > 0 && n <= SECONDS_MAX))
		return command_usage(
			"detect", "--seconds %s: more than 0, at most %d", arg, SECONDS_MAX);
	a->options.usec = (uint64_t) (n * (double) USEC_PER_SEC);
	return 0;
}

static int take_option(struct arguments *a, int c, const char *arg)
{
	switch (c) {
	case 'c':
		if (!card_is_name(arg))
			return command_usage("detect", "--card %s: there is no such name", arg);
		a->options.card = arg;
		return 0;
	case OPT_CONFIG:
		a->options.config = arg;
		return 0;
	case OPT_CONFIG_DIR:
		a->options.config_dir = arg;
		return 0;
	case OPT_PACK:
		a->options.pack = arg;
		return 0;
	case OPT_REFS:
		a->options.refs = arg;
		return 0;
	case 's':
		return take_seconds(a, arg);
	case 'j':
		a->json = true;
		return 0;
	case 'h':
		a->help = true;
		return 0;
	default:
		return command_usage("detect", NULL);
	}
}

static int check(const struct detect_options *o)
{
	if (o->pack && (o->config || o->refs))
		return command_usage("detect", "--pack, or --config and --refs, not both");
	if (!o->card && (!o->input || (!o->pack && (!o->config || !o->refs))))
		return command_usage(
			"detect", "--card, or an input with --pack, or --config and --refs?");
	return 0;
}

static int parse(struct arguments *a, int argc, char **argv)
{
	int c, r;

	optind = 1;
	while ((c = getopt_long(argc, argv, "c:s:jh", long_options, NULL)) >= 0) {
		r = take_option(a, c, optarg);
		if (r != 0 || a->help)
			return r;
	}
	if (argc - optind > 1)
		return command_usage("detect", "%s: one input only", argv[optind + 1]);
	if (argv[optind] && take_input(a, argv[optind]) != 0)
		return 1;
	return check(&a->options);
}

/* --- what is printed --- */

static void print_roi(const struct detect_result *r, int state, int roi)
{
	const struct state *s = &r->rules->states[state];
	const struct state_score *score = &r->decision.states[state];
	const char *nearest = detect_nearest(r, state, roi);
	char total[16] = "";

	if (roi == 0)
		snprintf(total, sizeof(total), "%.3f", score->score);
	printf("%c %-16s %8s   %-20s %8.3f   %-3s   %s\n", roi == 0 && score->matched ? '*' : ' ',
		roi == 0 ? s->name : "", total, s->rois[roi].name, score->rois[roi].score,
		score->rois[roi].matched ? "yes" : "no", nearest ? nearest : "-");
}

static void print_text(const struct detect_result *r)
{
	const struct decision *d = &r->decision;

	printf("%s", rules_state_name(r->rules, d->state));
	if (d->state == STATE_UNKNOWN)
		printf(" (%s)", reason_name(d->reason));
	printf("\n\nPictures:   %d of %dx%d", r->pictures, r->width, r->height);
	if (r->broken)
		printf(", %d broken", r->broken);
	printf("\nReferences: %d\nThe last:   %s", r->references,
		rules_state_name(r->rules, d->raw));
	if (d->reason != REASON_NONE)
		printf(" (%s)", reason_name(d->reason));
	printf("\nMargin:     %.3f\n", d->margin);
	for (int i = 0; i < r->rules->n_numbers; i++)
		printf("%s: %s\n", r->rules->numbers[i].name,
			d->numbers[i].sure ? d->numbers[i].text : "not sure");
	if (r->rules->n_states)
		printf("\n  %-16s %8s   %-20s %8s   %-3s   %s\n", "State", "Score", "Region",
			"Score", "Is", "Nearest reference");
	for (int s = 0; s < r->rules->n_states; s++)
		for (int i = 0; i < r->rules->states[s].n_rois; i++)
			print_roi(r, s, i);
}

/* Besides the numbers of the nearest references, their names. */
static void name_references(const struct detect_result *r, json_t *o)
{
	for (int s = 0; s < r->rules->n_states; s++) {
		json_t *state =
			json_object_get(json_object_get(o, "states"), r->rules->states[s].name);
		json_t *rois = json_object_get(state, "rois");

		for (int i = 0; i < r->rules->states[s].n_rois; i++) {
			const char *name = detect_nearest(r, s, i);

			(void) json_object_set_new(json_array_get(rois, (size_t) i), "nearest",
				name ? json_string(name) : json_null());
		}
	}
}

static int print_json(const struct detect_result *r)
{
	json_t *o = explain_json(r->rules, &r->decision);
	int error;

	if (!o)
		return -ENOMEM;
	name_references(r, o);
	(void) json_object_set_new(o, "pictures", json_integer(r->pictures));
	(void) json_object_set_new(o, "broken_frames", json_integer(r->broken));
	(void) json_object_set_new(o, "width", json_integer(r->width));
	(void) json_object_set_new(o, "height", json_integer(r->height));
	(void) json_object_set_new(o, "references", json_integer(r->references));
	error = json_dumpf(o, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	json_decref(o);
	putchar('\n');
	return error < 0 ? -EIO : 0;
}

static int report(const struct arguments *a, const struct detect_result *result)
{
	int r = 0;

	if (a->json)
		r = print_json(result);
	else
		print_text(result);
	if (r == 0 && (fflush(stdout) == EOF || ferror(stdout)))
		r = -EIO;
	return r < 0 ? log_error_errno(r, "Cannot write the decision: %m") : 0;
}

static int run(const struct arguments *a)
{
	struct detect_result *result = malloc(sizeof(*result));
	int r;

	if (!result)
		return -ENOMEM;
	avlog_capture();
	r = detect(&a->options, result);
	if (r >= 0)
		r = report(a, result);
	if (r >= 0 && result->decision.state == STATE_UNKNOWN)
		r = -ENODATA;
	detect_result_deinit(result);
	free(result);
	return r;
}

int command_detect(int argc, char **argv)
{
	struct arguments a = { .options.usec = USEC_PER_SEC };
	int r = parse(&a, argc, argv);

	if (r == 0 && a.help)
		fputs(help_text, stdout);
	else if (r == 0)
		r = run(&a) < 0 ? 1 : 0;
	free(a.input);
	return r;
}
