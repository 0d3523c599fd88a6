/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of egmctl import. */
#include "import/import.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "common/network.h"

static const char help_text[] =
	"Usage: egmctl import [--dry-run] [--yes] [--card [STREAM=]CARD …]\n"
	"                     [--open-api NETWORK …] [FILE.yaml|FOLDER]\n"
	"       egmctl import --undo [ID] [--dry-run] [--yes]\n"
	"\n"
	"Takes over the settings, reference pictures and units of the original\n"
	"egm-streamer; by default all of /etc/egm-streamer.\n"
	"\n"
	"  -n, --dry-run              show what would be written, and change nothing\n"
	"  -y, --yes                  do not ask\n"
	"  -c, --card [STREAM=]CARD   name of the card, where its device is not plugged in\n"
	"  -s, --screen WxH           what regions are in pixels of, if not the original's\n"
	"                             picture of 640 wide\n"
	"  -o, --open-api NETWORK     let whoever comes from there use the API without a token,\n"
	"                             as everybody could use the original's\n"
	"  -u, --undo [ID]            put everything back as it was before the last import\n"
	"  -R, --root FOLDER          another system than this one, such as an image\n"
	"  -h, --help                 this text\n"
	"\n"
	"Exit status: 0 fine, 1 failed, 2 the command line is wrong, 4 not allowed.\n";

static const struct option options[] = {
	{ "dry-run", no_argument, NULL, 'n' },
	{ "yes", no_argument, NULL, 'y' },
	{ "card", required_argument, NULL, 'c' },
	{ "screen", required_argument, NULL, 's' },
	{ "open-api", required_argument, NULL, 'o' },
	{ "undo", no_argument, NULL, 'u' },
	{ "root", required_argument, NULL, 'R' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct line {
	struct import_options o;
	bool undo, help;
};

static int usage(const char *text)
{
	fprintf(stderr, "egmctl import: %s\nTry 'egmctl import --help'.\n", text);
	return IMPORT_BAD_USAGE;
}

static bool parse_screen(const char *text, struct import_options *o)
{
	char rest;

	return strlen(text) <= 9 && sscanf(text, "%4dx%4d%c", &o->width, &o->height, &rest) == 2 &&
	       o->width >= 32 && o->width <= 8192 && o->height >= 32 && o->height <= 8192 &&
	       o->width % 2 == 0 && o->height % 2 == 0;
}

static int take_network(const char *text, struct import_options *o)
{
	struct network unused;

	if (network_parse(text, &unused) < 0)
		return usage("--open-api wants a network such as 192.168.43.0/24, or an address");
	if (o->n_open_to == IMPORT_OPEN_MAX)
		return usage("too many of --open-api");
	o->open_to[o->n_open_to++] = text;
	return 0;
}

static int take_option(int option, struct line *l)
{
	switch (option) {
	case 'n':
		l->o.dry_run = true;
		return 0;
	case 'y':
		l->o.yes = true;
		return 0;
	case 'c':
		if (l->o.n_cards == IMPORT_CARDS_MAX)
			return usage("too many of --card");
		l->o.cards[l->o.n_cards++] = optarg;
		return 0;
	case 's':
		return parse_screen(optarg, &l->o)
			       ? 0
			       : usage("--screen wants WIDTHxHEIGHT, both even, 32 to 8192");
	case 'o':
		return take_network(optarg, &l->o);
	case 'u':
		l->undo = true;
		return 0;
	case 'R':
		/* "/" is the machine itself, but without its systemd. */
		l->o.root = strcmp(optarg, "/") == 0 ? "" : optarg;
		l->o.systemctl = NULL;
		return 0;
	case 'h':
		l->help = true;
		return 0;
	default:
		fputs("Try 'egmctl import --help'.\n", stderr);
		return IMPORT_BAD_USAGE;
	}
}

int import_main(int argc, char **argv)
{
	struct line l = { .o = { .root = "", .program = "egm-streamer" } };
	const char *operand;
	int option, status = 0;

	/* As sd_booted() does it. */
	if (access("/run/systemd/system", F_OK) == 0)
		l.o.systemctl = "systemctl";
	/* Whoever called may have used getopt himself. */
	optind = 0;
	while (status == 0 &&
		(option = getopt_long(argc, argv, "nyc:s:o:uR:h", options, NULL)) >= 0)
		status = take_option(option, &l);
	if (status != 0)
		return status;
	if (l.help) {
		fputs(help_text, stdout);
		return IMPORT_GOOD;
	}
	if (argc - optind > 1)
		return usage("one file or folder at a time");
	operand = optind < argc ? argv[optind] : NULL;
	if (l.undo && (l.o.n_cards > 0 || l.o.width > 0 || l.o.n_open_to > 0))
		return usage("--undo goes without --card, --screen and --open-api");
	if (l.undo && operand && (strlen(operand) != 4 || strspn(operand, "0123456789") != 4))
		return usage("what is undone has a number of four digits");
	l.o.path = operand;
	return l.undo ? import_run_undo(&l.o, operand) : import_run(&l.o);
}
