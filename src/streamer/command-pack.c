/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <string.h>

#include "common/card.h"
#include "common/log.h"
#include "media/av-log.h"
#include "pack/pack-report.h"
#include "pack/pack.h"
#include "settings/rules-file.h"
#include "settings/settings.h"
#include "streamer/commands.h"

#define WHY_SIZE 512

static const char help_text[] =
	"Usage: egm-streamer pack export -c CARD [OPTION…] PACK\n"
	"       egm-streamer pack export --config FILE --refs FOLDER [OPTION…] PACK\n"
	"       egm-streamer pack import -c CARD [-n] PACK\n"
	"       egm-streamer pack import [--rules FILE] --refs FOLDER [-n] PACK\n"
	"       egm-streamer pack show [-j] PACK\n"
	"\n"
	"Takes what a game looks like - rules and reference pictures - from card to card\n"
	"in one file.\n"
	"\n"
	"  -c, --card CARD       of this card, or for it\n"
	"      --config-dir DIR  where its configuration is (/etc/egm)\n"
	"      --config FILE     export these rules instead of a card's\n"
	"      --rules FILE      import the rules to here instead of to a card's place\n"
	"      --refs FOLDER     reference pictures to export, or where to import them\n"
	"  -g, --game NAME       what the game is called (the name of PACK)\n"
	"      --note TEXT       a line about it\n"
	"  -n, --dry-run         check the pack and say what would be done, do nothing\n"
	"  -j, --json            show it as a JSON object\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit status: 0 fine, 1 failed, 2 the command line is wrong.\n";

enum {
	OPT_CONFIG = 256,
	OPT_CONFIG_DIR,
	OPT_NOTE,
	OPT_REFS,
	OPT_RULES,
};

static const struct option long_options[] = {
	{ "card", required_argument, NULL, 'c' },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "config-dir", required_argument, NULL, OPT_CONFIG_DIR },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "game", required_argument, NULL, 'g' },
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, 'j' },
	{ "note", required_argument, NULL, OPT_NOTE },
	{ "refs", required_argument, NULL, OPT_REFS },
	{ "rules", required_argument, NULL, OPT_RULES },
	{ 0 },
};

struct arguments {
	const char *card, *config_dir, *config, *rules, *refs, *game, *note, *file;
	bool dry_run, json, help;
};

struct verb {
	const char *name;
	int options[12]; /* that it knows; ends with 0 */
	int (*check)(const struct arguments *a);
	int (*run)(const struct arguments *a);
};

/* --- export --- */

static int check_export(const struct arguments *a)
{
	if (a->card ? a->config || a->refs : !a->config || !a->refs)
		return command_usage("pack", "--card, or --config and --refs?");
	return 0;
}

/* The file's name without its folders and suffix, for those who do not call the game anything. */
static char *game_of(const struct arguments *a)
{
	const char *slash = strrchr(a->file, '/'), *name = slash ? slash + 1 : a->file,
		   *dot = strrchr(name, '.');

	if (a->game)
		return strdup(a->game);
	return strndup(name, dot && dot > name ? (size_t) (dot - name) : strlen(name));
}

static int write_pack(const struct arguments *a, const struct rules *rules, const char *refs)
{
	_cleanup_(freep) char *game = game_of(a);
	_cleanup_(pack_freep) struct pack *p = NULL;
	char why[WHY_SIZE];
	int r;

	if (!game)
		return log_error_errno(ENOMEM, "%m");
	r = pack_write(a->file, game, a->note, rules, refs, why, sizeof(why));
	if (r == 0)
		r = pack_open(&p, a->file, why, sizeof(why));
	if (r < 0) {
		log_error("%s cannot be written: %s", a->file, why);
		return r;
	}
	printf("%s: ", a->file);
	pack_report_line(stdout, p);
	return 0;
}

/* Says what is wrong with a file of settings or rules. */
static void say_findings(const struct conf_report *report)
{
	char text[1024];

	for (size_t i = 0; i < report->n; i++)
		if (report->findings[i].severity == CONF_ERROR)
			log_error("%s",
				conf_finding_format(&report->findings[i], text, sizeof(text)));
}

static int export_file(const struct arguments *a)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	_cleanup_(rules_deinit) struct rules rules = { 0 };
	int r = rules_file_read(a->config, &rules, &report);

	say_findings(&report);
	if (r < 0)
		return report.errors ? r : log_error_errno(r, "%s: %m", a->config);
	return write_pack(a, &rules, a->refs);
}

static int load_card(const struct arguments *a, const char *const *sets, struct settings *ret)
{
	const struct settings_request request = {
		.config_dir = a->config_dir, .card = a->card, .sets = sets
	};
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	int r = settings_load(&request, ret, NULL, &report);

	say_findings(&report);
	return r < 0 && !report.errors ? log_error_errno(r, "The configuration of %s: %m", a->card)
				       : r;
}

/* One of the detector's paths; NULL in ret when it is not set. */
static int card_path(
	const struct arguments *a, const struct settings *s, const char *path, char **ret)
{
	char why[WHY_SIZE];
	int r = settings_path(s, path, a->card, ret, why, sizeof(why));

	if (r < 0)
		log_error("%s: %s", path, why);
	return r;
}

static int export_card(const struct arguments *a)
{
	_cleanup_(settings_deinit) struct settings s = { 0 };
	_cleanup_(freep) char *refs = NULL;
	int r = load_card(a, NULL, &s);

	if (r < 0)
		return r;
	if (!s.detector.rules) {
		log_error("Card %s has nothing to recognise: its configuration has neither "
			  "detector.states nor detector.rules",
			a->card);
		return -ENOENT;
	}
	r = card_path(a, &s, s.detector.refs, &refs);
	return r < 0 ? r : write_pack(a, s.detector.rules, refs);
}

static int run_export(const struct arguments *a)
{
	return a->card ? export_card(a) : export_file(a);
}

/* --- import --- */

static int check_import(const struct arguments *a)
{
	if (a->card ? a->rules || a->refs : !a->refs)
		return command_usage("pack", "--card, or --rules and --refs?");
	return 0;
}

/* Where a card's rules and references are, or else will be. */
struct places {
	char *rules, *refs;
	bool used;   /* the card's configuration names those rules */
	bool filled; /* there are references already */
};

static void places_deinit(struct places *places)
{
	free(places->rules);
	free(places->refs);
}

static int card_places(const struct arguments *a, struct places *ret)
{
	/* The rules it names need not be there yet. */
	static const char *const sets[] = { "detector.enabled=false", NULL };
	_cleanup_(settings_deinit) struct settings s = { 0 };
	int r = load_card(a, sets, &s);

	if (r < 0)
		return r;
	r = card_path(a, &s, s.detector.refs, &ret->refs);
	if (r == 0)
		r = card_path(a, &s, s.detector.rules_file, &ret->rules);
	ret->used = ret->rules;
	if (r == 0 && !ret->rules &&
		asprintf(&ret->rules, EGM_STATEDIR "/rules/%s.conf", a->card) < 0) {
		ret->rules = NULL;
		r = log_error_errno(ENOMEM, "%m");
	}
	return r;
}

static int find_places(const struct arguments *a, struct places *ret)
{
	if (a->card)
		return card_places(a, ret);
	ret->rules = a->rules ? strdup(a->rules) : NULL;
	ret->refs = strdup(a->refs);
	if (ret->refs && (ret->rules || !a->rules))
		return 0;
	(void) log_error_errno(ENOMEM, "%m");
	return -ENOMEM;
}

static void say_places(const struct arguments *a, const struct places *places)
{
	printf("References: %s\n", places->refs);
	if (places->filled)
		printf("What was there before: %s.before\n", places->refs);
	if (places->rules)
		printf("Rules: %s\n", places->rules);
	if (!a->card)
		return;
	if (!places->used)
		printf("To use them, write into %s/cards/%s.conf:\n"
		       "    detector: { rules = \"%s\"; };\n",
			a->config_dir ? a->config_dir : EGM_SYSCONFDIR, a->card, places->rules);
	printf("%s: systemctl reload egm-streamer@%s\n", places->used ? "To use them" : "Then",
		a->card);
	printf(places->used ? "Until then a running service goes on with those before.\n"
			    : "Until then its own rules are used, with these references.\n");
}

static int open_pack(const struct arguments *a, struct pack **ret)
{
	char why[WHY_SIZE];
	int r = pack_open(ret, a->file, why, sizeof(why));

	if (r < 0)
		log_error("%s: %s", a->file, why);
	return r;
}

static int run_import(const struct arguments *a)
{
	_cleanup_(places_deinit) struct places places = { 0 };
	_cleanup_(pack_freep) struct pack *p = NULL;
	char why[WHY_SIZE];
	int r = open_pack(a, &p);

	if (r == 0)
		r = find_places(a, &places);
	if (r < 0)
		return r;
	places.filled = places.refs && access(places.refs, F_OK) == 0;
	if (!a->dry_run) {
		r = pack_install(p, places.rules, places.refs, why, sizeof(why));
		if (r < 0) {
			log_error("%s cannot be put in place: %s", a->file, why);
			return r;
		}
	}
	printf("%s: ", a->dry_run ? "Would import" : "Imported");
	pack_report_line(stdout, p);
	say_places(a, &places);
	return 0;
}

/* --- show --- */

static int check_show(const struct arguments *a)
{
	(void) a;
	return 0;
}

static int run_show(const struct arguments *a)
{
	_cleanup_(pack_freep) struct pack *p = NULL;
	int r = open_pack(a, &p);

	if (r < 0)
		return r;
	if (!a->json) {
		pack_report_text(stdout, p);
		return 0;
	}
	r = pack_report_json(stdout, p);
	return r < 0 ? log_error_errno(r, "%m") : 0;
}

/* --- the command line --- */

static const struct verb verbs[] = {
	{ "export", { 'c', OPT_CONFIG_DIR, OPT_CONFIG, OPT_REFS, 'g', OPT_NOTE }, check_export,
		run_export },
	{ "import", { 'c', OPT_CONFIG_DIR, OPT_RULES, OPT_REFS, 'n' }, check_import, run_import },
	{ "show", { 'j' }, check_show, run_show },
};

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static bool verb_knows(const struct verb *verb, int c)
{
	for (size_t i = 0; verb->options[i]; i++)
		if (verb->options[i] == c)
			return true;
	return false;
}

static void take_option(struct arguments *a, int c, const char *arg)
{
	switch (c) {
	case 'c':
		a->card = arg;
		break;
	case 'g':
		a->game = arg;
		break;
	case 'j':
		a->json = true;
		break;
	case 'n':
		a->dry_run = true;
		break;
	case OPT_CONFIG:
		a->config = arg;
		break;
	case OPT_CONFIG_DIR:
		a->config_dir = arg;
		break;
	case OPT_NOTE:
		a->note = arg;
		break;
	case OPT_REFS:
		a->refs = arg;
		break;
	case OPT_RULES:
		a->rules = arg;
		break;
	default:
		break;
	}
}

static int refuse_option(const struct verb *verb, int c)
{
	const struct option *o = long_options;

	while (o->val != c)
		o++;
	return command_usage("pack", "%s has no option --%s", verb->name, o->name);
}

/* argv[0] is the verb. */
static int parse(struct arguments *a, const struct verb *verb, int argc, char **argv)
{
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "c:g:hjn", long_options, NULL)) >= 0) {
		if (c == '?')
			return command_usage("pack", NULL);
		a->help = a->help || c == 'h';
		if (a->help)
			return 0;
		if (!verb_knows(verb, c))
			return refuse_option(verb, c);
		take_option(a, c, optarg);
	}
	if (argc - optind != 1)
		return command_usage("pack", argc > optind ? "one FILE only" : "which FILE?");
	a->file = argv[optind];
	if (a->card && !card_is_name(a->card))
		return command_usage("pack",
			"--card %s: a lower-case letter, then up to 30 of a-z, 0-9, _", a->card);
	return verb->check(a);
}

int command_pack(int argc, char **argv)
{
	const struct verb *verb = argc > 1 ? find_verb(argv[1]) : NULL;
	struct arguments a = { 0 };
	int r = 0;

	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		a.help = true;
	else if (!verb)
		return command_usage("pack", "export, import or show?");
	else
		r = parse(&a, verb, argc - 1, argv + 1);
	if (r != 0)
		return r;
	if (a.help) {
		fputs(help_text, stdout);
		return 0;
	}
	avlog_capture();
	r = verb->run(&a);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		log_error("Cannot write to standard output");
		r = -EIO;
	}
	return r < 0 ? 1 : 0;
}
