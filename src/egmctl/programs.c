/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that are carried out elsewhere: evaluate, import, check-config, logs. */
#include <string.h>

#include "common/run.h"
#include "common/usec.h"
#include "egmctl/bus.h"
#include "egmctl/command.h"
#include "egmctl/show.h"
#include "import/import.h"

#define ARGS_MAX (2 * BUS_CARDS_MAX + 24)

static char streamer[] = "egm-streamer";

/* Replaces this process; returns only when that fails. */
static int run_instead(char *const *argv)
{
	execvp(argv[0], argv);
	return command_fail(errno == EACCES ? COMMAND_NOT_ALLOWED : COMMAND_FAILED,
		"%s cannot be run: %s", argv[0], strerror(errno));
}

int command_evaluate(const struct command *c)
{
	char **argv = calloc((size_t) c->n + 3, sizeof(*argv)), verb[] = "evaluate";
	int r;

	if (!argv)
		return command_written(-ENOMEM);
	argv[0] = streamer;
	argv[1] = verb;
	memcpy(argv + 2, c->words, (size_t) c->n * sizeof(*argv));
	r = run_instead(argv);
	free(argv);
	return r;
}

int command_import(const struct command *c)
{
	char **argv = calloc((size_t) c->n + 2, sizeof(*argv)), verb[] = "import";
	int status;

	if (!argv)
		return command_written(-ENOMEM);
	argv[0] = verb;
	memcpy(argv + 1, c->words, (size_t) c->n * sizeof(*argv));
	status = import_main(c->n + 1, argv);
	free(argv);
	return status;
}

static int check(const char *card)
{
	const struct run how = { .timeout_usec = USEC_INFINITY };
	const char *argv[] = { streamer, "--check-config", card ? "--card" : NULL, card, NULL };
	int r = run_program(argv, &how);

	if (r < 0)
		return command_fail(COMMAND_FAILED, "%s cannot be run: %s", streamer, strerror(-r));
	return r == 0 ? COMMAND_GOOD : COMMAND_FAILED;
}

/* Without a card the common files are checked; then those of each card that is known. */
static int check_all(void)
{
	sd_bus *bus = NULL;
	int status = check(NULL);
	json_t *cards, *state;
	const char *card;

	(void) sd_bus_open_system(&bus);
	cards = bus_cards(bus);
	json_object_foreach(cards, card, state)
	{
		printf("%s:\n", card);
		if (check(card) != COMMAND_GOOD)
			status = COMMAND_FAILED;
	}
	json_decref(cards);
	sd_bus_flush_close_unref(bus);
	return status;
}

int command_check_config(const struct command *c)
{
	int status = COMMAND_GOOD;

	if (!command_cards_valid(c, c->n))
		return COMMAND_USAGE;
	if (c->n == 0)
		return check_all();
	for (int i = 0; i < c->n; i++) {
		if (c->n > 1)
			printf("%s:\n", c->words[i]);
		if (check(c->words[i]) != COMMAND_GOOD)
			status = COMMAND_FAILED;
	}
	return status;
}

struct arguments {
	const char *argv[ARGS_MAX];
	int n;
};

static void push(struct arguments *a, const char *option, const char *value)
{
	if (a->n + 3 > ARGS_MAX)
		return;
	a->argv[a->n++] = option;
	if (value)
		a->argv[a->n++] = value;
}

/* -u finds what systemd says about a service as well as what it says itself. */
int command_logs(const struct command *c)
{
	struct arguments a = { .argv = { "journalctl" }, .n = 1 };
	char units[BUS_CARDS_MAX][CARD_UNIT_MAX];

	if (!command_cards_valid(c, c->n))
		return COMMAND_USAGE;
	if (c->n > BUS_CARDS_MAX)
		return command_usage(c, "%d cards at most", BUS_CARDS_MAX);
	for (int i = 0; i < c->n; i++)
		push(&a, "-u", card_unit(c->words[i], units[i]));
	if (c->n == 0)
		push(&a, "-u", CARD_UNITS);
	if (c->follow)
		push(&a, "-f", NULL);
	if (c->catalog)
		push(&a, "-x", NULL);
	if (c->json)
		push(&a, "-o", "json");
	if (c->lines)
		push(&a, "-n", c->lines);
	if (c->since)
		push(&a, "-S", c->since);
	if (c->until)
		push(&a, "-U", c->until);
	if (c->priority)
		push(&a, "-p", c->priority);
	return run_instead((char *const *) a.argv);
}
