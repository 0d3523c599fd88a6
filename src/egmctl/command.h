/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands of egmctl: a table, one function each, and what is the same for all of them. A
 * command gets its options and operands parsed and counted, and returns the exit status.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/card.h"
#include "common/cleanup.h"

enum command_status {
	COMMAND_GOOD = 0,
	COMMAND_FAILED = 1,
	COMMAND_USAGE = 2,
	COMMAND_NO_CARD = 3,     /* no such card, or its service does not run */
	COMMAND_NOT_ALLOWED = 4, /* polkit, D-Bus or the file system says no */
	COMMAND_FAULTS = 5,      /* doctor has found faults */
};

/* Command line of one command. Strings belong to argv. */
struct command {
	const char *name; /* "output add" */
	int n;
	char **words; /* operands */
	bool json, follow, catalog, primary;
	const char *output, *quality, *lines, *since, *until, *priority, *by, *rules;
};

/* Finds the command, parses and runs it; --help and --version among them. Returns the exit status.
 */
int command_main(int argc, char **argv);

/* "egmctl: …" on standard error; what is printed is cleaned. Returns status. */
int command_fail(enum command_status status, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Says what is wrong with the command line and where help is. Returns COMMAND_USAGE. */
int command_usage(const struct command *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* What show_json() or fflush() said as an exit status, with words. */
int command_written(int r);

/* Checks that the first n operands are names of cards; else says so and returns false. */
bool command_cards_valid(const struct command *c, int n);

int command_status(const struct command *c);
int command_watch(const struct command *c);
int command_cards(const struct command *c);
int command_card_name(const struct command *c);
int command_card_ignore(const struct command *c);
int command_card_forget(const struct command *c);
int command_start(const struct command *c);
int command_stop(const struct command *c);
int command_restart(const struct command *c);
int command_bitrate(const struct command *c);
int command_output_add(const struct command *c);
int command_output_rm(const struct command *c);
int command_output_list(const struct command *c);
int command_snapshot(const struct command *c);
int command_refs_list(const struct command *c);
int command_refs_rm(const struct command *c);
int command_learn(const struct command *c);
int command_tell(const struct command *c);
int command_explain(const struct command *c);
int command_evaluate(const struct command *c);
int command_import(const struct command *c);
int command_check_config(const struct command *c);
int command_logs(const struct command *c);
int command_doctor(const struct command *c);
