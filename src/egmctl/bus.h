/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The suite's D-Bus interfaces from outside: calls with time-outs, answers as JSON, errors as words
 * and an exit status. Calls block; main thread.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "egmctl/command.h"

#define BUS_PREFIX "org.egm.Streamer1."
#define BUS_PATH "/org/egm/Streamer1"
#define BUS_STREAMER "org.egm.Streamer1"
#define BUS_RECOGNISER "org.egm.Recogniser1"
#define BUS_OUTPUT "org.egm.Output1"

#define BUS_CARDS_MAX 64
#define BUS_VALUES_MAX 20000 /* of one answer */

/* Connects to the system bus; says why not and returns its exit status in *ret_status. */
int bus_open(sd_bus **ret, int *ret_status);

/* All about a card: its properties, with "Recogniser" (properties, or null) and "Outputs" (a list
 * of properties) beside them. Short, since a card that hangs must not keep the others away. NULL
 * where there is no answer or no memory; ret_error, which may be NULL, has it then. */
json_t *bus_card_json(sd_bus *bus, const char *card, sd_bus_error *ret_error);

/* The names of the cards on the bus, sorted, and of the instances that systemd knows and of the
 * links in /dev/egm: an object of objects { "Running": bool, "Unit": ActiveState or "" }. Without
 * a bus (NULL) those of /dev/egm. NULL: no memory. */
json_t *bus_cards(sd_bus *bus);

/* A method of a card that changes something: a person may be asked for leave, so it has minutes.
 * recogniser: of Recogniser1 at its object. The message is made with bus_method_new() and more of
 * sd-bus; built is what the last of that returned, and when it failed nothing is called. call is
 * unreferenced here. Returns the exit status, after words on standard error. ret may be NULL. */
int bus_method_new(
	sd_bus *bus, const char *card, bool recogniser, const char *member, sd_bus_message **ret);
int bus_method_call(
	sd_bus *bus, const char *card, sd_bus_message *call, int built, sd_bus_message **ret);

/* Words and exit status for an answer that was an error; those about a card name it. */
int bus_fail(const char *card, const sd_bus_error *error, int r);

/* The next value of a message as JSON: dictionaries with string keys as objects, arrays and
 * structures as lists, variants as what is in them. NULL: not a value or too many of them. */
json_t *bus_value(sd_bus_message *m);
