/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "egmctl/bus.h"

#include <dirent.h>
#include <math.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/usec.h"

#define READ_USEC (3 * USEC_PER_SEC)
#define CHANGE_USEC (120 * USEC_PER_SEC)
#define LINKS "/dev/egm"

int bus_open(sd_bus **ret, int *ret_status)
{
	int r = sd_bus_open_system(ret);

	if (r < 0) {
		*ret_status = command_fail(
			COMMAND_FAILED, "the system bus cannot be reached: %s", strerror(-r));
		return r;
	}
	return 0;
}

static json_t *value_of(sd_bus_message *m, unsigned *left);

static json_t *basic_of(sd_bus_message *m, char type)
{
	union {
		int b;
		uint8_t y;
		int16_t n;
		uint16_t q;
		int32_t i;
		uint32_t u;
		int64_t x;
		uint64_t t;
		double d;
		const char *s;
	} v = { 0 };

	if (sd_bus_message_read_basic(m, type, &v) < 0)
		return NULL;
	switch (type) {
	case 'b':
		return json_boolean(v.b);
	case 'y':
		return json_integer(v.y);
	case 'n':
		return json_integer(v.n);
	case 'q':
		return json_integer(v.q);
	case 'i':
		return json_integer(v.i);
	case 'u':
		return json_integer(v.u);
	case 'x':
		return json_integer(v.x);
	case 't':
		return json_integer((json_int_t) MIN(v.t, (uint64_t) INT64_MAX));
	case 'd':
		return isfinite(v.d) ? json_real(v.d) : json_null();
	case 's':
	case 'o':
	case 'g':
		return json_string(v.s);
	default:
		return json_null();
	}
}

/* The inside of a container that was entered. */
static json_t *list_of(sd_bus_message *m, unsigned *left)
{
	json_t *list = json_array();

	while (list && sd_bus_message_at_end(m, 0) == 0) {
		json_t *v = value_of(m, left);

		if (v && json_array_append_new(list, v) == 0)
			continue;
		json_decref(list);
		return NULL;
	}
	return list;
}

static json_t *object_of(sd_bus_message *m, const char *entry, unsigned *left)
{
	json_t *o = json_object();

	while (o && sd_bus_message_at_end(m, 0) == 0) {
		const char *key = NULL;
		json_t *v = NULL;
		bool good = sd_bus_message_enter_container(m, 'e', entry) > 0 &&
			    sd_bus_message_read_basic(m, entry[0], &key) > 0;

		if (good)
			v = value_of(m, left);
		if (v && json_object_set_new(o, key, v) == 0 &&
			sd_bus_message_exit_container(m) >= 0)
			continue;
		json_decref(o);
		return NULL;
	}
	return o;
}

/* "{sv}" without its braces; false for a list, or keys that are no strings. */
static bool entry_of(const char *contents, char *ret, size_t size)
{
	size_t n = strlen(contents);

	if (contents[0] != '{' || !strchr("so", contents[1]) || n < 3 || n - 1 > size)
		return false;
	memcpy(ret, contents + 1, n - 2);
	ret[n - 2] = '\0';
	return true;
}

static json_t *value_of(sd_bus_message *m, unsigned *left)
{
	const char *contents = NULL;
	char type = 0, entry[256];
	json_t *v;

	if (*left == 0 || sd_bus_message_peek_type(m, &type, &contents) <= 0)
		return NULL;
	(*left)--;
	if (!strchr("avr", type))
		return basic_of(m, type);
	if (sd_bus_message_enter_container(m, type, contents) <= 0)
		return NULL;
	if (type == 'v')
		v = value_of(m, left);
	else if (type == 'a' && entry_of(contents, entry, sizeof(entry)))
		v = object_of(m, entry, left);
	else
		v = list_of(m, left);
	if (v && sd_bus_message_exit_container(m) < 0) {
		json_decref(v);
		v = NULL;
	}
	return v;
}

json_t *bus_value(sd_bus_message *m)
{
	unsigned left = BUS_VALUES_MAX;

	return value_of(m, &left);
}

static json_t *read_value(sd_bus *bus, const char *card, const char *interface, const char *member,
	const char *argument, sd_bus_error *ret_error)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL, *answer = NULL;
	char name[sizeof(BUS_PREFIX) + CARD_NAME_MAX];
	json_t *v;
	int r;

	snprintf(name, sizeof(name), BUS_PREFIX "%s", card);
	r = sd_bus_message_new_method_call(bus, &call, name, BUS_PATH, interface, member);
	if (r >= 0 && argument)
		r = sd_bus_message_append(call, "s", argument);
	/* Only asking: whom systemd could start for that is not there, and no reason to wait. */
	if (r >= 0)
		r = sd_bus_message_set_auto_start(call, 0);
	if (r >= 0)
		r = sd_bus_call(bus, call, READ_USEC, ret_error, &answer);
	v = r >= 0 ? bus_value(answer) : NULL;
	if (!v && ret_error && !sd_bus_error_is_set(ret_error))
		sd_bus_error_set_errno(ret_error, r < 0 ? r : -EBADMSG);
	return v;
}

static json_t *properties_of(sd_bus *bus, const char *card, sd_bus_error *ret_error)
{
	json_t *v = read_value(
		bus, card, "org.freedesktop.DBus.Properties", "GetAll", BUS_STREAMER, ret_error);

	if (!json_is_object(v)) {
		json_decref(v);
		v = NULL;
	}
	return v;
}

/* From what ObjectManager has below the card into the card's own object. */
static int add_objects(json_t *card, const json_t *objects)
{
	json_t *outputs = json_array(), *recogniser = NULL;
	const json_t *paths = json_object_get(card, "Outputs");
	const json_t *path;
	size_t i;

	json_array_foreach(paths, i, path)
	{
		const json_t *object = json_object_get(objects, json_string_value(path));
		json_t *properties = json_object_get(object, BUS_OUTPUT);

		if (json_is_object(properties))
			json_array_append(outputs, properties);
	}
	recogniser =
		json_object_get(json_object_get(objects, BUS_PATH "/recogniser"), BUS_RECOGNISER);
	if (json_object_set_new(card, "Outputs", outputs) < 0)
		return -ENOMEM;
	return json_object_set_new(card, "Recogniser",
		       json_is_object(recogniser) ? json_incref(recogniser) : json_null()) < 0
		       ? -ENOMEM
		       : 0;
}

json_t *bus_card_json(sd_bus *bus, const char *card, sd_bus_error *ret_error)
{
	json_t *o = properties_of(bus, card, ret_error);
	json_t *objects = NULL;

	if (!o)
		return NULL;
	objects = read_value(bus, card, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects",
		NULL, ret_error);
	if (!objects || add_objects(o, objects) < 0) {
		json_decref(o);
		o = NULL;
	}
	json_decref(objects);
	return o;
}

static void add_card(json_t *cards, const char *card, bool running, const char *unit)
{
	json_t *o = json_object_get(cards, card);

	if (!card_is_name(card))
		return;
	if (!o) {
		if (json_object_size(cards) >= BUS_CARDS_MAX)
			return;
		o = json_pack("{s:b, s:s}", "Running", 0, "Unit", "");
		if (!o || json_object_set_new(cards, card, o) < 0)
			return;
	}
	if (running)
		json_object_set_new(o, "Running", json_true());
	if (unit)
		json_object_set_new(o, "Unit", json_string(unit));
}

static void add_links(json_t *cards)
{
	_cleanup_(closedirp) DIR *dir = opendir(LINKS);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		add_card(cards, entry->d_name, false, NULL);
}

static void add_names(sd_bus *bus, json_t *cards)
{
	char **names = NULL;

	if (sd_bus_list_names(bus, &names, NULL) < 0)
		return;
	for (char **n = names; n && *n; n++) {
		if (strncmp(*n, BUS_PREFIX, strlen(BUS_PREFIX)) == 0)
			add_card(cards, *n + strlen(BUS_PREFIX), true, NULL);
		free(*n);
	}
	free(names);
}

static void add_unit(json_t *cards, const json_t *unit)
{
	const char *name = json_string_value(json_array_get(unit, 0));
	const char *active = json_string_value(json_array_get(unit, 3));
	char card[CARD_NAME_MAX];

	if (name && active && card_of_unit(name, card))
		add_card(cards, card, false, active);
}

/* Where there is no systemd, there are no instances of its. */
static void add_units(sd_bus *bus, json_t *cards)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL, *answer = NULL;
	json_t *units, *unit;
	size_t i;

	if (sd_bus_message_new_method_call(bus, &call, "org.freedesktop.systemd1",
		    "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
		    "ListUnitsByPatterns") < 0 ||
		sd_bus_message_append(call, "asas", 0, 1, CARD_UNITS) < 0 ||
		sd_bus_call(bus, call, READ_USEC, NULL, &answer) < 0)
		return;
	units = bus_value(answer);
	json_array_foreach(units, i, unit)
	{
		add_unit(cards, unit);
	}
	json_decref(units);
}

static int by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* jansson keeps the order in which members were set. */
static json_t *sorted(json_t *o)
{
	const char *keys[BUS_CARDS_MAX], *key;
	json_t *value, *ret = json_object();
	size_t n = 0;

	json_object_foreach(o, key, value)
	{
		if (n < ARRAY_SIZE(keys))
			keys[n++] = key;
	}
	qsort(keys, n, sizeof(*keys), by_name);
	for (size_t i = 0; ret && i < n; i++)
		json_object_set(ret, keys[i], json_object_get(o, keys[i]));
	json_decref(o);
	return ret;
}

json_t *bus_cards(sd_bus *bus)
{
	json_t *cards = json_object();

	if (!cards)
		return NULL;
	if (bus) {
		add_names(bus, cards);
		add_units(bus, cards);
	}
	add_links(cards);
	return sorted(cards);
}

int bus_method_new(
	sd_bus *bus, const char *card, bool recogniser, const char *member, sd_bus_message **ret)
{
	char name[sizeof(BUS_PREFIX) + CARD_NAME_MAX];
	int r;

	snprintf(name, sizeof(name), BUS_PREFIX "%s", card);
	r = sd_bus_message_new_method_call(bus, ret, name,
		recogniser ? BUS_PATH "/recogniser" : BUS_PATH,
		recogniser ? BUS_RECOGNISER : BUS_STREAMER, member);
	if (r >= 0)
		r = sd_bus_message_set_allow_interactive_authorization(*ret, 1);
	return r;
}

int bus_method_call(
	sd_bus *bus, const char *card, sd_bus_message *call, int built, sd_bus_message **ret)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *answer = NULL;
	int r = built < 0 ? built : sd_bus_call(bus, call, CHANGE_USEC, &error, &answer);

	sd_bus_message_unref(call);
	if (r < 0)
		return bus_fail(card, &error, r);
	if (ret)
		*ret = TAKE_PTR(answer);
	return COMMAND_GOOD;
}

static bool is_one_of(const sd_bus_error *error, const char *const *names)
{
	for (; *names; names++)
		if (sd_bus_error_has_name(error, *names))
			return true;
	return false;
}

int bus_fail(const char *card, const sd_bus_error *error, int r)
{
	static const char *const absent[] = { SD_BUS_ERROR_SERVICE_UNKNOWN,
		SD_BUS_ERROR_NAME_HAS_NO_OWNER, NULL };
	static const char *const denied[] = { SD_BUS_ERROR_ACCESS_DENIED,
		SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, SD_BUS_ERROR_AUTH_FAILED, NULL };
	static const char *const late[] = { SD_BUS_ERROR_NO_REPLY, SD_BUS_ERROR_TIMEOUT,
		"System.Error.ETIMEDOUT", NULL };
	const char *words = error->message ? error->message : strerror(r < 0 ? -r : EIO);

	if (is_one_of(error, absent))
		return command_fail(COMMAND_NO_CARD,
			"%s: no such card, or its service does not run; see 'egmctl' and 'egmctl "
			"logs %s'",
			card, card);
	if (is_one_of(error, denied))
		return command_fail(COMMAND_NOT_ALLOWED, "%s: not allowed: %s", card, words);
	if (is_one_of(error, late))
		return command_fail(COMMAND_FAILED, "%s: no answer: %s", card, words);
	return command_fail(COMMAND_FAILED, "%s: %s", card, words);
}
