/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "egmctl/command.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "egmctl/show.h"

#define MANY 1000

struct verb {
	const char *name;
	int (*run)(const struct command *c);
	int min, max;        /* operands */
	const char *options; /* letters of all_options; "*": the program that is run knows them */
	const char *usage;   /* behind the name */
	const char *help;
};

static const struct verb verbs[] = {
	{ "status", command_status, 0, MANY, "j", "[--json] [CARD …]",
		"All cards and how they fare; with a card: all about it.\n" },
	{ "cards", command_cards, 0, 0, "j", "[--json]",
		"The capture nodes of this machine, and those that are no cards and why.\n" },
	{ "card name", command_card_name, 2, 2, "bR",
		"[--by port|serial] [--rules FILE] NODE|CARD NAME",
		"Gives a card a name, in a rule for udev. One that is taken is refused.\n" },
	{ "card ignore", command_card_ignore, 1, 1, "bR",
		"[--by port|serial] [--rules FILE] NODE|CARD", "Makes a node no card.\n" },
	{ "card forget", command_card_forget, 1, 1, "R", "[--rules FILE] NODE|CARD",
		"Takes back what 'card name' or 'card ignore' wrote.\n" },
	{ "watch", command_watch, 0, MANY, "j", "[--json] [CARD …]",
		"The same live: a line per card on a terminal, else a line per change.\n" },
	{ "start", command_start, 1, MANY, "", "CARD …",
		"Begins the outputs anew that 'stop' has ended.\n" },
	{ "stop", command_stop, 1, MANY, "", "CARD …",
		"Ends all outputs; the card is read and recognised on.\n" },
	{ "restart", command_restart, 1, MANY, "", "CARD …",
		"Begins all outputs anew and opens the card anew.\n" },
	{ "output list", command_output_list, 0, MANY, "j", "[--json] [CARD …]",
		"Where the cards send to.\n" },
	{ "output add", command_output_add, 3, 3, "P", "[--primary] CARD NAME URL|-",
		"Sends to one more place until the service ends or is reloaded.\n"
		"With '-' the URL is read from standard input, so that nobody sees its secret.\n" },
	{ "output rm", command_output_rm, 2, 2, "", "CARD NAME", "Ends an output.\n" },
	{ "bitrate", command_bitrate, 2, 2, "", "CARD BITS",
		"Has the encoder aim at so many bits per second: 3000k, 3M, 3000000.\n" },
	{ "snapshot", command_snapshot, 1, 1, "oq", "[-o FILE|-] [-q QUALITY] CARD",
		"The next picture of the card as JPEG, into CARD.jpg unless told otherwise.\n" },
	{ "refs list", command_refs_list, 1, 2, "j", "[--json] CARD [STATE]",
		"The reference pictures of the states.\n" },
	{ "refs rm", command_refs_rm, 3, 3, "", "CARD STATE FILE",
		"Removes a reference picture.\n" },
	{ "learn", command_learn, 2, 2, "", "CARD STATE",
		"Makes the next picture of the card a reference of the state.\n" },
	{ "tell", command_tell, 3, 3, "", "CARD NUMBER TEXT",
		"Says what a number on the screen shows now; it is learnt from the next "
		"picture.\n" },
	{ "explain", command_explain, 1, 1, "j", "[--json] CARD",
		"Why the screen is taken for what it is: all scores of the last decision.\n" },
	{ "evaluate", command_evaluate, 0, MANY, "*", "[OPTION …] CLIP TRUTH.json",
		"Runs 'egm-streamer evaluate'; see there.\n" },
	{ "import", command_import, 0, MANY, "*", "[OPTION …] [FILE.yaml|FOLDER]",
		"Takes the machine over from the original egm-streamer; see egmctl-import(8).\n" },
	{ "check-config", command_check_config, 0, MANY, "", "[CARD …]",
		"Says what is wrong with the settings, of all cards unless some are named.\n" },
	{ "logs", command_logs, 0, MANY, "fnSUpxj",
		"[-f] [-n LINES] [-S TIME] [-U TIME] [-p LEVEL] [-x] [CARD …]",
		"Messages of the cards in the journal.\n" },
	{ "doctor", command_doctor, 0, 0, "j", "[--json]",
		"Looks for what is wrong with this machine, and says what to do about it.\n" },
};

static const struct {
	struct option option;
	const char *help;
} all_options[] = {
	{ { "json", no_argument, NULL, 'j' }, "  -j, --json           JSON for programs\n" },
	{ { "by", required_argument, NULL, 'b' },
		"  -b, --by HOW         the card is known by its port (default), or by its\n"
		"                       serial number wherever it is plugged in\n" },
	{ { "rules", required_argument, NULL, 'R' },
		"  -R, --rules FILE     instead of udev's, which is told nothing then\n" },
	{ { "primary", no_argument, NULL, 'P' },
		"  -P, --primary        the bitrate is lowered when it is slow\n" },
	{ { "output", required_argument, NULL, 'o' },
		"  -o, --output FILE    where to; '-' is standard output\n" },
	{ { "quality", required_argument, NULL, 'q' }, "  -q, --quality N      1 to 100 (90)\n" },
	{ { "follow", no_argument, NULL, 'f' }, "  -f, --follow         go on with new ones\n" },
	{ { "lines", required_argument, NULL, 'n' }, "  -n, --lines N        the last ones\n" },
	{ { "since", required_argument, NULL, 'S' },
		"  -S, --since TIME     as journalctl(1) takes it: today, -1h …\n" },
	{ { "until", required_argument, NULL, 'U' }, "  -U, --until TIME     likewise\n" },
	{ { "priority", required_argument, NULL, 'p' },
		"  -p, --priority LEVEL err, warning, notice, info, debug or worse\n" },
	{ { "catalog", no_argument, NULL, 'x' },
		"  -x, --catalog        with explanations, where there are some\n" },
};

static const char help_text[] =
	"Usage: egmctl [COMMAND] [OPTION …] [CARD …]\n"
	"\n"
	"Shows and steers the capture cards of this machine.\n"
	"\n"
	"  status [CARD …]              how they fare (this is done without a command)\n"
	"  watch [CARD …]               the same, live\n"
	"  cards                        what is plugged in\n"
	"  card name NODE|CARD NAME     give a card a name\n"
	"  card ignore NODE|CARD        it is no card\n"
	"  card forget NODE|CARD        take that back\n"
	"  start|stop|restart CARD …    the outputs of a card\n"
	"  output list [CARD …]         where they send to\n"
	"  output add CARD NAME URL|-   one more place, for now\n"
	"  output rm CARD NAME          end it\n"
	"  bitrate CARD 3000k           what the encoder aims at, for now\n"
	"  snapshot CARD                the next picture as JPEG\n"
	"  explain CARD                 why the screen is taken for what it is\n"
	"  learn CARD STATE             the next picture shows this state\n"
	"  tell CARD NUMBER TEXT        what this number on the screen shows now\n"
	"  refs list CARD [STATE]       reference pictures\n"
	"  refs rm CARD STATE FILE      remove one\n"
	"  evaluate CLIP TRUTH.json     how good is the recognition?\n"
	"  import [FILE.yaml|FOLDER]    take over from the original egm-streamer\n"
	"  check-config [CARD …]        is something wrong with the settings?\n"
	"  logs [CARD …]                messages in the journal\n"
	"  doctor                       what is wrong with this machine?\n"
	"\n"
	"  egmctl COMMAND --help tells the options of a command.\n"
	"\n"
	"  -j, --json                   JSON for programs\n"
	"  -h, --help                   this text\n"
	"  -V, --version                the version\n"
	"\n"
	"Exit status: 0 fine, 1 failed, 2 the command line is wrong, 3 no such card or\n"
	"its service does not run, 4 not allowed, 5 doctor found faults.\n";

int command_fail(enum command_status status, const char *fmt, ...)
{
	char text[SHOW_TEXT_MAX], clean[SHOW_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fflush(stdout);
	fprintf(stderr, "egmctl: %s\n", show_clean(text, SHOW_TEXT_MAX, clean));
	return status;
}

int command_usage(const struct command *c, const char *fmt, ...)
{
	const char *space = c && c->name ? " " : "", *name = c && c->name ? c->name : "";
	char text[SHOW_TEXT_MAX], clean[SHOW_TEXT_MAX];
	va_list ap;

	if (fmt) {
		va_start(ap, fmt);
		vsnprintf(text, sizeof(text), fmt, ap);
		va_end(ap);
		fprintf(stderr, "egmctl%s%s: %s\n", space, name,
			show_clean(text, SHOW_TEXT_MAX, clean));
	}
	fprintf(stderr, "Try 'egmctl%s%s --help'.\n", space, name);
	return COMMAND_USAGE;
}

int command_written(int r)
{
	if (r == 0 && fflush(stdout) != 0)
		r = -EIO;
	if (r == -ENOMEM)
		return command_fail(COMMAND_FAILED, "out of memory");
	return r < 0 ? command_fail(COMMAND_FAILED, "standard output takes no more") : COMMAND_GOOD;
}

bool command_cards_valid(const struct command *c, int n)
{
	for (int i = 0; i < n; i++) {
		if (card_is_name(c->words[i]))
			continue;
		command_usage(c,
			"%s is no card's name: a letter, then letters, digits and _, all lower "
			"case, 31 at most",
			c->words[i]);
		return false;
	}
	return true;
}

/* How many words of argv the verb's name is; 0: this is another one. */
static int matches(const struct verb *v, int argc, char **argv)
{
	const char *space = strchr(v->name, ' ');

	if (!space)
		return argc > 0 && strcmp(argv[0], v->name) == 0;
	if (argc < 2 || strlen(argv[0]) != (size_t) (space - v->name) ||
		strncmp(argv[0], v->name, strlen(argv[0])) != 0)
		return 0;
	return strcmp(argv[1], space + 1) == 0 ? 2 : 0;
}

/* Is it the first word of commands that have two? */
static bool is_group(const char *word, const struct verb *v)
{
	size_t n = strlen(word);

	return strncmp(v->name, word, n) == 0 && v->name[n] == ' ';
}

static void print_help(const struct verb *v)
{
	printf("Usage: egmctl %s%s%s\n\n%s\n", v->name, *v->usage ? " " : "", v->usage, v->help);
	for (size_t i = 0; i < ARRAY_SIZE(all_options); i++)
		if (strchr(v->options, all_options[i].option.val))
			fputs(all_options[i].help, stdout);
	fputs("  -h, --help           this text\n", stdout);
}

/* "output --help", or half a command. */
static int group(const char *word, int argc, char **argv)
{
	struct command c = { .name = word };
	bool help = argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
	const char *gap = "";

	for (size_t i = 0; help && i < ARRAY_SIZE(verbs); i++) {
		if (!is_group(word, &verbs[i]))
			continue;
		fputs(gap, stdout);
		print_help(&verbs[i]);
		gap = "\n";
	}
	return help ? command_written(0) : command_usage(&c, "what to do?");
}

static void take_option(struct command *c, int letter, const char *value)
{
	switch (letter) {
	case 'j':
		c->json = true;
		break;
	case 'f':
		c->follow = true;
		break;
	case 'x':
		c->catalog = true;
		break;
	case 'P':
		c->primary = true;
		break;
	case 'o':
		c->output = value;
		break;
	case 'q':
		c->quality = value;
		break;
	case 'n':
		c->lines = value;
		break;
	case 'S':
		c->since = value;
		break;
	case 'U':
		c->until = value;
		break;
	case 'p':
		c->priority = value;
		break;
	case 'b':
		c->by = value;
		break;
	default:
		c->rules = value;
		break;
	}
}

/* Returns -1 to go on, or the exit status. argv[0] is the verb. */
static int parse(const struct verb *v, struct command *c, int argc, char **argv)
{
	struct option longs[ARRAY_SIZE(all_options) + 2] = { { "help", no_argument, NULL, 'h' } };
	char shorts[2 * ARRAY_SIZE(all_options) + 2] = "h";
	size_t n = 1, used = 1;
	int letter;

	for (size_t i = 0; i < ARRAY_SIZE(all_options); i++) {
		const struct option *o = &all_options[i].option;

		if (!strchr(v->options, o->val))
			continue;
		longs[n++] = *o;
		shorts[used++] = (char) o->val;
		if (o->has_arg)
			shorts[used++] = ':';
	}
	shorts[used] = '\0';
	optind = 0;
	while ((letter = getopt_long(argc, argv, shorts, longs, NULL)) >= 0) {
		if (letter == '?')
			return command_usage(c, NULL);
		if (letter == 'h') {
			print_help(v);
			return command_written(0);
		}
		take_option(c, letter, optarg);
	}
	c->words = argv + optind;
	c->n = argc - optind;
	if (c->n < v->min || c->n > v->max)
		return command_usage(c,
			c->n < v->min ? "something is missing: %s" : "that is too much: %s",
			*v->usage ? v->usage : "nothing goes with it");
	return -1;
}

static int run(const struct verb *v, int argc, char **argv)
{
	struct command c = { .name = v->name, .n = argc - 1, .words = argv + 1 };
	int r;

	if (*v->options != '*') {
		r = parse(v, &c, argc, argv);
		if (r >= 0)
			return r;
	}
	return v->run(&c);
}

int command_main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	char name[] = "egmctl";

	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
		fputs(help_text, stdout);
		return command_written(0);
	}
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
		puts("egmctl " PACKAGE_VERSION);
		return command_written(0);
	}
	if (argc < 2 || *word == '-') {
		argv[0] = name;
		return run(&verbs[0], argc, argv);
	}
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		int words = matches(&verbs[i], argc - 1, argv + 1);

		if (words == 0)
			continue;
		/* getopt names the program in its complaints. */
		argv[words] = name;
		return run(&verbs[i], argc - words, argv + words);
	}
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (is_group(word, &verbs[i]))
			return group(word, argc - 1, argv + 1);
	return command_usage(NULL, "%s: there is no such command", word);
}
