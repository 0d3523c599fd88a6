/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What there is to be told about cards, for status and watch. Main thread; asks cards and waits. */
#pragma once

#include <jansson.h>
#include <systemd/sd-bus.h>

#include "egmctl/command.h"
#include "egmctl/show.h"

/* One card: what bus_card_json() says, and "Card", "Running", "Unit" (ActiveState, or "") and
 * "Error" (why it does not answer, or "") in any case. state: of bus_cards(); NULL: nobody knows
 * the card. NULL: no memory. */
json_t *overview_card(sd_bus *bus, const char *card, const json_t *state);

/* A list of these: of the cards named, or of all of them (n 0). NULL: no memory. */
json_t *overview_new(sd_bus *bus, char *const *cards, int n);

/* A table of the list, in the colours that standard output takes. width: of the terminal; 0: any.
 */
int overview_print(const json_t *list, FILE *f, size_t width);

/* What of a card does not change from one second to the next, in one line. */
const char *overview_line(const json_t *card, char buf[static SHOW_TEXT_MAX]);

/* "live 1280x720 yuyv", or why there is no picture; then what is odd about the input. */
const char *overview_input(const json_t *card, char *buf, size_t size);

/* That alone: "black, too slow, signal no-sync", or "". A service of before facts tells none. */
const char *overview_facts(const json_t *card, char *buf, size_t size);

/* Cards that were named must be there and answer: words about those that do not, and the exit
 * status. */
int overview_absent(const json_t *list);

/* A command that shows a list of the cards named, or of all: as print does it, or with --json what
 * json makes of it (a new reference). Returns the exit status. */
int overview_show(const struct command *c,
	int (*print)(const struct command *c, const json_t *list), json_t *(*json)(json_t *list));
