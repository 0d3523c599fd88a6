/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals about properties may be sent by anybody, so each is held against the connection that has
 * the card's name; only the bus itself says who that is.
 */
#include "console/cards.h"

#include <string.h>
#include <systemd/sd-bus.h>

#include "common/bus.h"
#include "common/log.h"
#include "common/usec.h"
#include "common/utf8.h"

#define PREFIX "org.egm.Streamer1."
#define PATH "/org/egm/Streamer1"
#define STREAMER "org.egm.Streamer1"
#define RECOGNISER "org.egm.Recogniser1"
#define DBUS "org.freedesktop.DBus"
#define DBUS_PATH "/org/freedesktop/DBus"
#define PROPERTIES "org.freedesktop.DBus.Properties"
#define ANSWER_USEC (3 * USEC_PER_SEC)
#define OWNER_MAX 64

/* One of the list. */
struct entry {
	struct card card;
	struct cards *cards;
	char owner[OWNER_MAX]; /* its connection's name on the bus; "" when it is away */
	sd_bus_slot *streamer, *recogniser;
};

struct cards {
	struct bus *bus;
	sd_bus *connection; /* NULL: none */
	sd_bus_slot *names;
	bool heard;                       /* the answer to that */
	struct entry *entries[CARDS_MAX]; /* sorted */
	size_t n;
	void (*changed)(void *userdata);
	void *userdata;
};

static void tell(struct cards *c)
{
	if (c->changed)
		c->changed(c->userdata);
}

/* ---- the list ---- */

static void forget_calls(struct entry *e)
{
	e->streamer = sd_bus_slot_unref(e->streamer);
	e->recogniser = sd_bus_slot_unref(e->recogniser);
}

static void entry_free(struct entry *e)
{
	forget_calls(e);
	free(e);
}

static void set_away(struct entry *e, const char *why)
{
	struct card *card = &e->card;

	forget_calls(e);
	e->owner[0] = '\0';
	card->alive = card->known = card->input_live = false;
	snprintf(card->state, sizeof(card->state), "away");
	snprintf(card->input_reason, sizeof(card->input_reason), "%s", why);
}

static size_t place_of(const struct cards *c, const char *name)
{
	size_t i = 0;

	while (i < c->n && strcmp(c->entries[i]->card.name, name) < 0)
		i++;
	return i;
}

static struct entry *find_entry(const struct cards *c, const char *name)
{
	size_t i = place_of(c, name);

	return i < c->n && strcmp(c->entries[i]->card.name, name) == 0 ? c->entries[i] : NULL;
}

/* Of a full list one that is away has to go. */
static bool make_room(struct cards *c)
{
	for (size_t i = 0; i < c->n && c->n == CARDS_MAX; i++) {
		if (c->entries[i]->card.alive)
			continue;
		entry_free(c->entries[i]);
		c->n--;
		memmove(&c->entries[i], &c->entries[i + 1], (c->n - i) * sizeof(c->entries[0]));
	}
	return c->n < CARDS_MAX;
}

static struct entry *add_entry(struct cards *c, const char *name)
{
	struct entry *e = find_entry(c, name);
	size_t i;

	if (e)
		return e;
	e = make_room(c) ? calloc(1, sizeof(*e)) : NULL;
	if (!e)
		return NULL;
	e->cards = c;
	snprintf(e->card.name, sizeof(e->card.name), "%s", name);
	set_away(e, "");
	i = place_of(c, name);
	memmove(&c->entries[i + 1], &c->entries[i], (c->n - i) * sizeof(c->entries[0]));
	c->entries[i] = e;
	c->n++;
	return e;
}

/* ---- what a card tells ---- */

/* Reads one value of the property, or passes over it. */
static int take_text(sd_bus_message *m, char *ret, size_t size)
{
	const char *text;
	int r = sd_bus_message_read(m, "v", "s", &text);

	if (r >= 0)
		utf8_text(text, ret, size);
	return r;
}

static int take_property(struct card *card, bool recogniser, const char *name, sd_bus_message *m)
{
	char mode[CARDS_WORD_MAX] = "";
	int live, r;

	if (recogniser) {
		if (strcmp(name, "Mode") != 0)
			return sd_bus_message_skip(m, "v");
		r = take_text(m, mode, sizeof(mode));
		card->recognises = r >= 0 && *mode;
		return r;
	}
	if (strcmp(name, "Role") == 0)
		return take_text(m, card->role, sizeof(card->role));
	if (strcmp(name, "Machine") == 0)
		return take_text(m, card->machine, sizeof(card->machine));
	if (strcmp(name, "State") == 0)
		return take_text(m, card->state, sizeof(card->state));
	if (strcmp(name, "InputReason") == 0)
		return take_text(m, card->input_reason, sizeof(card->input_reason));
	if (strcmp(name, "InputLive") != 0)
		return sd_bus_message_skip(m, "v");
	r = sd_bus_message_read(m, "v", "b", &live);
	if (r >= 0)
		card->input_live = live;
	return r;
}

static int take_properties(struct card *card, bool recogniser, sd_bus_message *m)
{
	const char *name;
	int r = sd_bus_message_enter_container(m, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		r = sd_bus_message_read(m, "s", &name);
		if (r >= 0)
			r = take_property(card, recogniser, name, m);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r;
}

static int on_streamer(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct entry *e = userdata;

	(void) error;
	e->streamer = sd_bus_slot_unref(e->streamer);
	if (!sd_bus_message_is_method_error(m, NULL) && take_properties(&e->card, false, m) >= 0)
		e->card.known = true;
	tell(e->cards);
	return 0;
}

static int on_recogniser(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct entry *e = userdata;

	(void) error;
	e->recogniser = sd_bus_slot_unref(e->recogniser);
	if (!sd_bus_message_is_method_error(m, NULL))
		(void) take_properties(&e->card, true, m);
	tell(e->cards);
	return 0;
}

static int get_all(struct entry *e, bool recogniser)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
	sd_bus *connection = e->cards->connection;
	/* Who only asks does not have systemd start somebody for that. */
	int r = sd_bus_message_new_method_call(connection, &call, e->owner,
		recogniser ? PATH "/recogniser" : PATH, PROPERTIES, "GetAll");

	if (r >= 0)
		r = sd_bus_message_append(call, "s", recogniser ? RECOGNISER : STREAMER);
	if (r < 0)
		return r;
	return sd_bus_call_async(connection, recogniser ? &e->recogniser : &e->streamer, call,
		recogniser ? on_recogniser : on_streamer, e, ANSWER_USEC);
}

static void ask(struct entry *e)
{
	int r = 0;

	if (!e->streamer)
		r = get_all(e, false);
	if (r >= 0 && !e->recogniser)
		r = get_all(e, true);
	if (r < 0)
		log_debug("The card %s cannot be asked: %s", e->card.name, strerror(-r));
}

/* A connection has the name now; the one before may be another process. */
static void set_alive(struct entry *e, const char *owner)
{
	if (strcmp(e->owner, owner) == 0)
		return;
	set_away(e, "");
	snprintf(e->owner, sizeof(e->owner), "%s", owner);
	e->card.alive = true;
	snprintf(e->card.state, sizeof(e->card.state), "unknown");
	ask(e);
}

static int on_properties(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *sender = sd_bus_message_get_sender(m), *interface;
	struct cards *c = userdata;

	(void) error;
	if (!sender || sd_bus_message_read(m, "s", &interface) < 0)
		return 0;
	for (size_t i = 0; i < c->n; i++) {
		struct entry *e = c->entries[i];

		if (strcmp(e->owner, sender) != 0)
			continue;
		(void) take_properties(&e->card, strcmp(interface, RECOGNISER) == 0, m);
		tell(c);
		break;
	}
	return 0;
}

/* ---- who is there ---- */

/* The card of a name on the bus, or NULL. */
static const char *card_of(const char *name)
{
	const size_t n = strlen(PREFIX);

	return strncmp(name, PREFIX, n) == 0 && card_is_name(name + n) ? name + n : NULL;
}

static int on_owner(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *name, *before, *after, *card;
	struct cards *c = userdata;
	struct entry *e;

	(void) error;
	if (sd_bus_message_read(m, "sss", &name, &before, &after) < 0)
		return 0;
	card = card_of(name);
	if (!card)
		return 0;
	e = *after ? add_entry(c, card) : find_entry(c, card);
	if (!e)
		return 0;
	if (*after)
		set_alive(e, after);
	else
		set_away(e, "its service does not run");
	tell(c);
	return 0;
}

static int ask_owner(struct cards *c, const char *name);

static int on_name_owner(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct entry *e = userdata;
	const char *owner;

	(void) error;
	e->streamer = sd_bus_slot_unref(e->streamer);
	/* One that went meanwhile is told about by a signal. */
	if (!sd_bus_message_is_method_error(m, NULL) && sd_bus_message_read(m, "s", &owner) >= 0) {
		set_alive(e, owner);
		tell(e->cards);
	}
	return 0;
}

static int ask_owner(struct cards *c, const char *name)
{
	const char *card = card_of(name);
	struct entry *e = card ? add_entry(c, card) : NULL;

	if (!e || e->card.alive || e->streamer)
		return 0;
	return sd_bus_call_method_async(c->connection, &e->streamer, DBUS, DBUS_PATH, DBUS,
		"GetNameOwner", on_name_owner, e, "s", name);
}

static int on_names(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct cards *c = userdata;
	const char *name;
	int r;

	(void) error;
	c->names = sd_bus_slot_unref(c->names);
	r = sd_bus_message_enter_container(m, 'a', "s");
	while (r >= 0 && (r = sd_bus_message_read(m, "s", &name)) > 0)
		r = ask_owner(c, name);
	c->heard = r >= 0;
	if (r < 0)
		log_warning_errno(r, "The bus does not tell who is there: %m");
	tell(c);
	return 0;
}

static int add_matches(struct cards *c, sd_bus *connection)
{
	int r = sd_bus_add_match_async(connection, NULL,
		"type='signal',sender='" DBUS "',path='" DBUS_PATH "',interface='" DBUS
		"',member='NameOwnerChanged',arg0namespace='" STREAMER "'",
		on_owner, NULL, c);

	if (r >= 0)
		r = sd_bus_add_match_async(connection, NULL,
			"type='signal',path='" PATH "',interface='" PROPERTIES
			"',member='PropertiesChanged',arg0='" STREAMER "'",
			on_properties, NULL, c);
	if (r >= 0)
		r = sd_bus_add_match_async(connection, NULL,
			"type='signal',path='" PATH "/recogniser',interface='" PROPERTIES
			"',member='PropertiesChanged',arg0='" RECOGNISER "'",
			on_properties, NULL, c);
	return r;
}

static int on_connected(void *userdata, sd_bus *connection)
{
	struct cards *c = userdata;
	int r = add_matches(c, connection);

	c->connection = connection;
	/* After the matches: who comes in between is in one of the two. */
	if (r >= 0)
		r = sd_bus_call_method_async(connection, &c->names, DBUS, DBUS_PATH, DBUS,
			"ListNames", on_names, c, NULL);
	return r;
}

static void on_disconnected(void *userdata)
{
	struct cards *c = userdata;

	c->names = sd_bus_slot_unref(c->names);
	for (size_t i = 0; i < c->n; i++)
		set_away(c->entries[i], "the bus is away");
	c->connection = NULL;
	c->heard = false;
	tell(c);
}

/* ---- the outside ---- */

int cards_new(
	struct cards **ret, struct loop *loop, void (*changed)(void *userdata), void *userdata)
{
	_cleanup_(cards_freep) struct cards *c = calloc(1, sizeof(*c));
	const struct bus_hooks hooks = {
		.connected = on_connected, .disconnected = on_disconnected, .userdata = c
	};
	int r;

	if (!c)
		return -ENOMEM;
	c->changed = changed;
	c->userdata = userdata;
	r = bus_new(&c->bus, loop, NULL, &hooks);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(c);
	return 0;
}

struct cards *cards_free(struct cards *c)
{
	if (!c)
		return NULL;
	c->changed = NULL;
	bus_free(c->bus);
	for (size_t i = 0; i < c->n; i++)
		entry_free(c->entries[i]);
	free(c);
	return NULL;
}

size_t cards_count(const struct cards *c)
{
	return c->n;
}

const struct card *cards_at(const struct cards *c, size_t i)
{
	return &c->entries[i]->card;
}

const struct card *cards_find(const struct cards *c, const char *name)
{
	const struct entry *e = find_entry(c, name);

	return e ? &e->card : NULL;
}

bool cards_heard(const struct cards *c)
{
	return c->heard;
}

void cards_tick(struct cards *c)
{
	for (size_t i = 0; c->connection && i < c->n; i++)
		if (c->entries[i]->card.alive && !c->entries[i]->card.known)
			ask(c->entries[i]);
}
