/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A place on the system bus ($DBUS_SYSTEM_BUS_ADDRESS, else the usual socket) for a program whose
 * work must go on without one: connecting, asking for the name and asking polkit never block the
 * loop. A bus that is not there, goes away, or refuses the name is logged once and tried again for
 * ever, with growing waits; each new connection gets its objects anew.
 *
 * Belongs to the loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <systemd/sd-bus.h>

#include "common/cleanup.h"

struct bus;
struct loop;

struct bus_hooks {
	/* A new connection: put objects on it. A negative errno ends it, to be tried again. */
	int (*connected)(void *userdata, sd_bus *connection);
	/* The name is ours: from now on somebody may listen. May be NULL. */
	void (*named)(void *userdata);
	/* The connection is about to go: forget slots and messages of it. */
	void (*disconnected)(void *userdata);
	void *userdata;
};

/* name: copied; NULL: it wants none and only listens, and counts as named once the bus answers.
 * Connects from the loop, not yet here. */
int bus_new(struct bus **ret, struct loop *loop, const char *name, const struct bus_hooks *hooks);

/* Calls disconnected() when there is a connection. What waits to be sent is not sent any more. */
struct bus *bus_free(struct bus *b);
DEFINE_CLEANUP(struct bus *, bus_free)

/* The connection while the name is ours and the bus takes what it is sent; else NULL. */
sd_bus *bus_connection(struct bus *b);

#define BUS_CHECKS_MAX 32     /* callers that wait for polkit */
#define BUS_CHECKS_USER_MAX 8 /* … of one user */

/* Runs a method only for those who may: root and our own user; others when polkit says so for the
 * action (a constant; NULL: nobody else may). Returns at once; the rest of the world goes on
 * meanwhile. To be returned by the method's handler as it is:
 *
 *	return bus_check(b, m, "org.example.action", really_do_it, userdata, error);
 *
 * The method gets the message from its beginning and answers as a handler of its own. A caller who
 * leaves meanwhile is forgotten and polkit's question taken back; with the connection goes every
 * check. userdata must live as long as the connection. */
int bus_check(struct bus *b, sd_bus_message *m, const char *action, sd_bus_message_handler_t method,
	void *userdata, sd_bus_error *error);
