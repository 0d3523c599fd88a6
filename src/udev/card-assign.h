/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of its possible names a capture node gets. Pure: facts and two registers in, a name out.
 *
 * A serial number alone does not tell whether it is the card's own: cheap grabbers carry their
 * model's, and the second one may be plugged in years after the first. The name of the serial
 * number therefore belongs to a port, and that is remembered over reboots:
 *
 * - "alone": no second card with the number was ever seen. The card takes its name along into
 *   whatever port.
 * - "shared": two were seen at once. The name stays with the port that had it, for good; who had
 *   none (both appeared together) or comes later is called by its port. So is a card of a model
 *   that is known for its constant numbers; but a name it had before that was known, it keeps.
 *
 * Once a number is "shared" nothing depends on the order of events any more. A name is changed at
 * one moment only: when a twin comes alone into another port before the two were ever seen
 * together, it looks like the card itself, and takes the name.
 */
#pragma once

#include <stdbool.h>

#include "udev/card-name.h"
#include "udev/card-register.h"

#define CARD_TWINS_MAX 16

struct card_facts {
	const char *node;  /* sysfs folder of the video node */
	const char *stamp; /* differs from plug to plug where the bus tells, else "-" */
	const char *wish;  /* the administrator's name for it, or NULL */

	char serial_name[CARD_NAME_MAX]; /* "" without a serial number */
	char port_name[CARD_NAME_MAX];
	char place[CARD_NAME_MAX]; /* names the port even where two have the same port_name */
	bool serial_is_model;      /* the model is known for numbers that are not unique */
	bool port_shared;          /* another card that is there has the same port_name */
	unsigned rank;             /* 0 for the card's first capture node */

	/* cards that are plugged in with the same serial_name: their sysfs folders */
	const char *twins[CARD_TWINS_MAX];
	size_t n_twins;
};

struct card_given {
	char name[CARD_NAME_MAX];

	/* a name that it could not have because of somebody who is there; "" when there was none */
	char wanted[CARD_NAME_MAX];
	char rival[CARD_WHERE_MAX]; /* sysfs folder */
	bool known;                 /* that the two share a serial number was known before */
};

/* serials: "NAME PLACE alone|shared", kept over reboots. given: "NAME NODE STAMP" of the nodes that
 * are there, kept while the machine runs; the caller has taken out what is gone. A node that is in
 * there keeps its name, unless the administrator wants another. Both are brought up to date.
 * -ENODATA when there is nothing to make a name of, -EEXIST when all are taken. */
int card_assign(const struct card_facts *facts, struct card_register *serials,
	struct card_register *given, struct card_given *ret);
