/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sd-bus has calls that wait for an answer; a bus that does not answer would stop the loop, the
 * watchdog, and with it the picture. So who a caller is, is asked for as everything else is: with
 * a callback. sd_bus_query_sender_privilege() and sd_bus_track are of the kind that waits.
 */
#include "common/bus.h"

#include <inttypes.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "common/backoff.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/usec.h"

#define BACKOFF_MIN_USEC (250 * USEC_PER_MSEC)
#define BACKOFF_MAX_USEC (10 * USEC_PER_SEC)
#define QUEUED_MAX 512 /* messages that a bus has not taken: no more are made for it */
#define ANSWER_USEC (25 * USEC_PER_SEC)
#define PERSON_USEC (120 * USEC_PER_SEC) /* for somebody to type a password */

#define POLKIT "org.freedesktop.PolicyKit1"
#define POLKIT_PATH "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_INTERFACE "org.freedesktop.PolicyKit1.Authority"
#define BUS_NAME "org.freedesktop.DBus"
#define BUS_PATH "/org/freedesktop/DBus"

/* Somebody who waits for polkit. */
struct check {
	struct check *next;
	struct bus *bus;
	sd_bus_message *m;
	sd_bus_slot *call, *gone;
	const char *action;
	sd_bus_message_handler_t method;
	void *userdata;
	uint32_t uid;
	bool known; /* who it is */
	char id[48];
};

struct bus {
	/* set by new */
	struct bus_hooks hooks;
	struct loop *loop;
	char *name; /* NULL: none is wanted */
	sd_event_source *timer;

	sd_bus *connection; /* NULL: none */
	sd_bus_slot *request;
	bool lost, named;
	bool complained; /* about what keeps us from the name */
	struct backoff backoff;
	struct check *checks;
	int n_checks;
	uint64_t last_id;
};

/* ---- checks ---- */

static void check_free(struct check *c)
{
	struct check **at = &c->bus->checks;

	while (*at && *at != c)
		at = &(*at)->next;
	if (*at) {
		*at = c->next;
		c->bus->n_checks--;
	}
	sd_bus_slot_unref(c->call);
	sd_bus_slot_unref(c->gone);
	sd_bus_message_unref(c->m);
	free(c);
}

static void check_refuse(struct check *c, const char *name, const char *words)
{
	(void) sd_bus_reply_method_errorf(c->m, name, "%s", words);
	check_free(c);
}

static void check_pass(struct check *c)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = sd_bus_message_rewind(c->m, true);

	if (r >= 0)
		r = c->method(c->m, c->userdata, &error);
	if (r < 0 || sd_bus_error_is_set(&error))
		(void) sd_bus_reply_method_errno(c->m, r, &error);
	check_free(c);
}

static void take_question_back(struct check *c)
{
	(void) sd_bus_call_method_async(c->bus->connection, NULL, POLKIT, POLKIT_PATH,
		POLKIT_INTERFACE, "CancelCheckAuthorization", NULL, NULL, "s", c->id);
}

static int on_gone(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *name, *before, *after;
	struct check *c = userdata;

	(void) error;
	if (sd_bus_message_read(m, "sss", &name, &before, &after) < 0 || *after)
		return 0;
	if (c->known)
		take_question_back(c);
	check_free(c);
	return 0;
}

/* Without polkit nobody but root and ourselves may do anything. */
static void authority_failed(struct check *c, const sd_bus_error *e)
{
	if (!sd_bus_error_has_name(e, SD_BUS_ERROR_SERVICE_UNKNOWN) &&
		!sd_bus_error_has_name(e, SD_BUS_ERROR_NAME_HAS_NO_OWNER) &&
		!sd_bus_error_has_name(e, SD_BUS_ERROR_NO_REPLY))
		log_warning("polkit does not say who may do %s: %s", c->action,
			e->message ? e->message : e->name);
	check_refuse(c, SD_BUS_ERROR_ACCESS_DENIED, "Nobody can say whether you may do this.");
}

static int on_authority(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct check *c = userdata;
	int allowed, challenge;

	(void) error;
	if (sd_bus_message_is_method_error(m, NULL))
		authority_failed(c, sd_bus_message_get_error(m));
	else if (sd_bus_message_enter_container(m, 'r', "bba{ss}") < 0 ||
		 sd_bus_message_read(m, "bb", &allowed, &challenge) < 0)
		check_refuse(c, SD_BUS_ERROR_ACCESS_DENIED, "polkit speaks in riddles.");
	else if (allowed)
		check_pass(c);
	else if (challenge)
		check_refuse(c, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
			"Interactive authentication is required.");
	else
		check_refuse(c, SD_BUS_ERROR_ACCESS_DENIED, "You may not do this.");
	return 0;
}

static int ask_polkit(struct check *c)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *q = NULL;
	bool interactive = sd_bus_message_get_allow_interactive_authorization(c->m) > 0;
	int r = sd_bus_message_new_method_call(c->bus->connection, &q, POLKIT, POLKIT_PATH,
		POLKIT_INTERFACE, "CheckAuthorization");

	if (r >= 0)
		r = sd_bus_message_append(q, "(sa{sv})sa{ss}us", "system-bus-name", 1, "name", "s",
			sd_bus_message_get_sender(c->m), c->action, 0, interactive ? 1 : 0, c->id);
	if (r < 0)
		return r;
	c->call = sd_bus_slot_unref(c->call);
	return sd_bus_call_async(c->bus->connection, &c->call, q, on_authority, c,
		interactive ? PERSON_USEC : ANSWER_USEC);
}

static int count_user(const struct bus *b, uint32_t uid)
{
	int n = 0;

	for (const struct check *c = b->checks; c; c = c->next)
		n += c->known && c->uid == uid;
	return n;
}

static void user_known(struct check *c, uint32_t uid)
{
	if (uid == 0 || uid == getuid()) {
		check_pass(c);
	} else if (!c->action) {
		check_refuse(c, SD_BUS_ERROR_ACCESS_DENIED, "Only root may do this.");
	} else if (count_user(c->bus, uid) >= BUS_CHECKS_USER_MAX) {
		check_refuse(c, SD_BUS_ERROR_LIMITS_EXCEEDED,
			"Too many of your requests wait for polkit.");
	} else {
		c->uid = uid;
		c->known = true;
		if (ask_polkit(c) < 0)
			check_refuse(c, SD_BUS_ERROR_ACCESS_DENIED, "polkit cannot be asked.");
	}
}

static int on_user(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct check *c = userdata;
	uint32_t uid;

	(void) error;
	if (sd_bus_message_is_method_error(m, NULL) || sd_bus_message_read(m, "u", &uid) < 0)
		check_refuse(c, SD_BUS_ERROR_ACCESS_DENIED, "The bus does not know you.");
	else
		user_known(c, uid);
	return 0;
}

static int ask_who(struct check *c)
{
	const char *sender = sd_bus_message_get_sender(c->m);
	char match[256];
	int r;

	snprintf(match, sizeof(match),
		"type='signal',sender='" BUS_NAME "',path='" BUS_PATH "',interface='" BUS_NAME
		"',member='NameOwnerChanged',arg0='%s'",
		sender);
	r = sd_bus_add_match_async(c->bus->connection, &c->gone, match, on_gone, NULL, c);
	if (r < 0)
		return r;
	return sd_bus_call_method_async(c->bus->connection, &c->call, BUS_NAME, BUS_PATH, BUS_NAME,
		"GetConnectionUnixUser", on_user, c, "s", sender);
}

int bus_check(struct bus *b, sd_bus_message *m, const char *action, sd_bus_message_handler_t method,
	void *userdata, sd_bus_error *error)
{
	struct check *c;
	int r;

	if (!sd_bus_message_get_sender(m))
		return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, "Who are you?");
	if (b->n_checks >= BUS_CHECKS_MAX)
		return sd_bus_error_set(
			error, SD_BUS_ERROR_LIMITS_EXCEEDED, "Too many requests wait for polkit.");
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->bus = b;
	c->m = sd_bus_message_ref(m);
	c->action = action;
	c->method = method;
	c->userdata = userdata;
	c->next = b->checks;
	b->checks = c;
	b->n_checks++;
	snprintf(c->id, sizeof(c->id), "%s-%" PRIu64, b->name ? b->name : "egm", ++b->last_id);
	r = ask_who(c);
	if (r < 0)
		check_free(c);
	return r < 0 ? r : 1;
}

/* ---- the connection ---- */

static void try_later(struct bus *b, uint64_t wait_usec)
{
	(void) sd_event_source_set_time(b->timer, usec_now() + wait_usec);
	(void) sd_event_source_set_enabled(b->timer, SD_EVENT_ONESHOT);
}

static void complain(struct bus *b, const char *what, const char *why)
{
	if (!b->complained)
		log_notice("%s%s yet: %s%s%s",
			b->name ? "No control by D-Bus as " : "Nothing is heard from the bus",
			b->name ? b->name : "", what, why ? ": " : "", why ? why : "");
	b->complained = true;
	try_later(b, backoff_next(&b->backoff));
}

static void drop(struct bus *b)
{
	if (!b->connection)
		return;
	b->hooks.disconnected(b->hooks.userdata);
	while (b->checks)
		check_free(b->checks);
	b->request = sd_bus_slot_unref(b->request);
	(void) sd_bus_detach_event(b->connection);
	b->connection = sd_bus_close_unref(b->connection);
	b->lost = b->named = false;
}

/* The connection itself is dropped later: here sd-bus is still at work on it. */
static int on_disconnected(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bus *b = userdata;

	(void) m;
	(void) error;
	b->lost = true;
	complain(b, "the bus is away", NULL);
	return 0;
}

static void name_taken(struct bus *b)
{
	b->named = true;
	b->complained = false;
	backoff_reset(&b->backoff);
	log_info("On the system bus%s%s", b->name ? " as " : "", b->name ? b->name : "");
	if (b->hooks.named)
		b->hooks.named(b->hooks.userdata);
}

static int on_name(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bus *b = userdata;
	uint32_t result;

	(void) error;
	b->request = sd_bus_slot_unref(b->request);
	if (sd_bus_is_open(b->connection) <= 0)
		return 0; /* on_disconnected() comes next */
	if (sd_bus_message_is_method_error(m, NULL))
		complain(b, "the name is refused", sd_bus_message_get_error(m)->message);
	else if (sd_bus_message_read(m, "u", &result) < 0 || (result != 1 && result != 4))
		complain(b, "somebody else has the name", NULL);
	else
		name_taken(b);
	return 0;
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bus *b = userdata;

	(void) error;
	b->request = sd_bus_slot_unref(b->request);
	if (sd_bus_is_open(b->connection) <= 0)
		return 0; /* on_disconnected() comes next */
	if (sd_bus_message_is_method_error(m, NULL))
		complain(b, "it does not answer", sd_bus_message_get_error(m)->message);
	else
		name_taken(b);
	return 0;
}

/* Who wants no name asks something else, to see that somebody is there. */
static int request_name(struct bus *b)
{
	if (!b->name)
		return sd_bus_call_method_async(b->connection, &b->request, BUS_NAME, BUS_PATH,
			BUS_NAME, "GetId", on_answer, b, NULL);
	return sd_bus_request_name_async(b->connection, &b->request, b->name, 0, on_name, b);
}

static int set_up(struct bus *b)
{
	sd_bus *bus = b->connection;
	int r;

	/* At the loop's end nobody waits for a bus that may not listen. */
	r = sd_bus_set_close_on_exit(bus, false);
	if (r >= 0)
		r = sd_bus_attach_event(bus, loop_event(b->loop), SD_EVENT_PRIORITY_NORMAL);
	if (r >= 0)
		r = sd_bus_match_signal_async(bus, NULL, BUS_NAME ".Local", NULL, BUS_NAME ".Local",
			"Disconnected", on_disconnected, NULL, b);
	if (r >= 0)
		r = b->hooks.connected(b->hooks.userdata, bus);
	return r < 0 ? r : request_name(b);
}

static void connect_bus(struct bus *b)
{
	int r = sd_bus_open_system(&b->connection);

	if (r >= 0)
		r = set_up(b);
	if (r >= 0)
		return;
	drop(b);
	complain(b, "the bus cannot be reached", strerror(-r));
}

static int on_timer(sd_event_source *source, uint64_t due, void *userdata)
{
	struct bus *b = userdata;
	int r;

	(void) source;
	(void) due;
	if (b->lost)
		drop(b);
	if (!b->connection) {
		connect_bus(b);
	} else if (!b->named && !b->request) {
		r = request_name(b);
		if (r < 0)
			complain(b, "the name cannot be asked for", strerror(-r));
	}
	return 0;
}

/* ---- the outside ---- */

int bus_new(struct bus **ret, struct loop *loop, const char *name, const struct bus_hooks *hooks)
{
	_cleanup_(bus_freep) struct bus *b = calloc(1, sizeof(*b));
	int r;

	if (!b)
		return -ENOMEM;
	b->hooks = *hooks;
	b->loop = loop;
	b->backoff = (struct backoff){ .min_usec = BACKOFF_MIN_USEC,
		.max_usec = BACKOFF_MAX_USEC,
		.seed = (uint32_t) usec_now() };
	if (name) {
		b->name = strdup(name);
		if (!b->name)
			return -ENOMEM;
	}
	r = sd_event_add_time(
		loop_event(loop), &b->timer, CLOCK_MONOTONIC, usec_now(), 0, on_timer, b);
	if (r < 0)
		return r;
	(void) sd_event_source_set_description(b->timer, "bus");
	*ret = TAKE_PTR(b);
	return 0;
}

struct bus *bus_free(struct bus *b)
{
	if (!b)
		return NULL;
	drop(b);
	sd_event_source_disable_unref(b->timer);
	free(b->name);
	free(b);
	return NULL;
}

sd_bus *bus_connection(struct bus *b)
{
	uint64_t queued = 0;

	if (!b->connection || b->lost || !b->named)
		return NULL;
	(void) sd_bus_get_n_queued_write(b->connection, &queued);
	return queued < QUEUED_MAX ? b->connection : NULL;
}
