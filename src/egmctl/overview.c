/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "egmctl/overview.h"

#include <inttypes.h>
#include <string.h>

#include "egmctl/bus.h"
#include "egmctl/command.h"

#define STATE_LENGTH 160

json_t *overview_card(sd_bus *bus, const char *card, const json_t *state)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	bool running = show_true(state, "Running");
	json_t *o = running ? bus_card_json(bus, card, &error) : NULL;
	const char *words = "";

	if (running && !o)
		words = error.message ? error.message : "no answer";
	if (!o)
		o = json_object();
	if (!o || json_object_set_new(o, "Card", json_string(card)) < 0 ||
		json_object_set_new(o, "Running", json_boolean(running)) < 0 ||
		json_object_set_new(o, "Unit", json_string(show_string(state, "Unit"))) < 0 ||
		json_object_set_new(o, "Error", json_string(words)) < 0) {
		json_decref(o);
		return NULL;
	}
	return o;
}

json_t *overview_new(sd_bus *bus, char *const *cards, int n)
{
	json_t *known = bus_cards(bus), *list = json_array(), *state;
	const char *card;

	json_object_foreach(known, card, state)
	{
		if (n == 0)
			json_array_append_new(list, overview_card(bus, card, state));
	}
	for (int i = 0; i < n; i++) {
		state = json_object_get(known, cards[i]);
		json_array_append_new(list, overview_card(bus, cards[i], state));
	}
	json_decref(known);
	return list;
}

static bool is_odd(const char *fact, const char *good)
{
	return *fact && strcmp(fact, "unknown") != 0 && strcmp(fact, good) != 0;
}

const char *overview_facts(const json_t *card, char *buf, size_t size)
{
	const char *signal = show_string(card, "Signal"), *picture = show_string(card, "Picture");
	bool odd = is_odd(picture, "normal"), slow = is_odd(show_string(card, "Rate"), "ok");
	bool bad = is_odd(signal, "ok");

	snprintf(buf, size, "%s%s%s%s%s%s", odd ? picture : "", odd && slow ? ", " : "",
		slow ? "too slow" : "", (odd || slow) && bad ? ", " : "", bad ? "signal " : "",
		bad ? signal : "");
	return buf;
}

/* Appends what is odd. */
static void add_facts(const json_t *card, char *buf, size_t size)
{
	size_t used = strlen(buf);
	char words[STATE_LENGTH];

	if (*overview_facts(card, words, sizeof(words)))
		snprintf(buf + used, size - used, ", %s", words);
}

const char *overview_input(const json_t *card, char *buf, size_t size)
{
	const json_t *s = json_object_get(card, "InputSize");

	if (show_true(card, "InputLive"))
		snprintf(buf, size, "live %" PRId64 "x%" PRId64 " %s",
			(int64_t) json_integer_value(json_array_get(s, 0)),
			(int64_t) json_integer_value(json_array_get(s, 1)),
			show_string(card, "InputFormat"));
	else if (*show_string(card, "InputReason"))
		snprintf(buf, size, "%s", show_string(card, "InputReason"));
	else
		snprintf(buf, size, "none");
	add_facts(card, buf, size);
	return buf;
}

/* What it does, where it is on the bus; else what systemd says of its service. */
static const char *state_of(const json_t *card, enum show_tone *ret_tone)
{
	const char *state = show_string(card, "State"), *unit = show_string(card, "Unit");

	*ret_tone = SHOW_BAD;
	if (*show_string(card, "Error"))
		return "no answer";
	if (*state) {
		if (strcmp(state, "failed") != 0)
			*ret_tone = strcmp(state, "running") == 0 ? SHOW_GOOD : SHOW_ODD;
		if (*show_string(card, "Problem"))
			*ret_tone = SHOW_BAD;
		return state;
	}
	if (strcmp(unit, "failed") == 0)
		return unit;
	*ret_tone = SHOW_ODD;
	return *unit ? unit : "no service";
}

/* "3/3", or "2/3 disk waiting" */
static const char *outputs_of(
	const json_t *card, char buf[static STATE_LENGTH], enum show_tone *ret_tone)
{
	const json_t *outputs = json_object_get(card, "Outputs"), *o;
	size_t i, good = 0, used;

	json_array_foreach(outputs, i, o)
	{
		good += strcmp(show_string(o, "State"), "running") == 0;
	}
	*ret_tone = good == i ? SHOW_GOOD : SHOW_ODD;
	snprintf(buf, STATE_LENGTH, "%zu/%zu", good, i);
	if (i == 0) {
		*ret_tone = SHOW_FAINT;
		snprintf(buf, STATE_LENGTH, "none");
	}
	json_array_foreach(outputs, i, o)
	{
		used = strlen(buf);
		if (strcmp(show_string(o, "State"), "running") != 0)
			snprintf(buf + used, STATE_LENGTH - used, " %s %s", show_string(o, "Name"),
				show_string(o, "State"));
		if (strcmp(show_string(o, "State"), "waiting") == 0)
			*ret_tone = SHOW_BAD;
	}
	return buf;
}

static const char *screen_of(const json_t *card, char buf[static STATE_LENGTH])
{
	const json_t *r = json_object_get(card, "Recogniser");
	const char *reason = show_string(r, "Reason");

	snprintf(buf, STATE_LENGTH, "%s%s%s", show_string(r, "State"), *reason ? " " : "", reason);
	return buf;
}

static void add_row(struct show_table *t, const json_t *card)
{
	char text[STATE_LENGTH], facts[STATE_LENGTH], rate[32];
	enum show_tone tone;

	show_cell(t, SHOW_PLAIN, "%s", show_string(card, "Card"));
	show_cell(t, SHOW_PLAIN, "%s", show_string(card, "Machine"));
	state_of(card, &tone);
	show_cell(t, tone, "%s", state_of(card, &tone));
	if (!*show_string(card, "State")) {
		for (int i = 0; i < 5; i++)
			show_cell(t, SHOW_FAINT, "-");
		return;
	}
	tone = show_true(card, "InputLive") ? SHOW_GOOD : SHOW_BAD;
	overview_input(card, text, sizeof(text));
	if (tone == SHOW_GOOD && *overview_facts(card, facts, sizeof(facts)))
		tone = SHOW_ODD;
	show_cell(t, tone, "%s", text);
	show_cell(t, SHOW_PLAIN, "%s", screen_of(card, text));
	show_cell(t, SHOW_PLAIN, "%.1f", show_real(card, "FrameRate"));
	show_cell(t, SHOW_PLAIN, "%s", show_bitrate(show_number(card, "Bitrate"), rate));
	outputs_of(card, text, &tone);
	show_cell(t, tone, "%s", text);
}

int overview_print(const json_t *list, FILE *f, size_t width)
{
	static const char *const headers[] = { "CARD", "MACHINE", "STATE", "INPUT", "SCREEN", "FPS",
		"BITRATE", "OUTPUTS", NULL };
	_cleanup_(show_table_freep) struct show_table *t = show_table_new(headers);
	const json_t *card;
	size_t i;

	if (!t)
		return -ENOMEM;
	json_array_foreach(list, i, card)
	{
		add_row(t, card);
	}
	show_table_print(t, f, width, show_in_colour(stdout));
	return 0;
}

const char *overview_line(const json_t *card, char buf[static SHOW_TEXT_MAX])
{
	char input[STATE_LENGTH], screen[STATE_LENGTH], outputs[STATE_LENGTH], all[SHOW_TEXT_MAX];
	enum show_tone tone;
	const char *state = state_of(card, &tone);

	if (!*show_string(card, "State")) {
		snprintf(all, sizeof(all), "%s: %s", show_string(card, "Card"), state);
		return show_clean(all, SHOW_TEXT_MAX, buf);
	}
	snprintf(all, sizeof(all), "%s: %s; input %s; screen %s; outputs %s",
		show_string(card, "Card"), state, overview_input(card, input, sizeof(input)),
		*screen_of(card, screen) ? screen : "-", outputs_of(card, outputs, &tone));
	return show_clean(all, SHOW_TEXT_MAX, buf);
}

int overview_absent(const json_t *list)
{
	int status = COMMAND_GOOD, r;
	const json_t *card;
	size_t i;

	json_array_foreach(list, i, card)
	{
		r = COMMAND_GOOD;
		if (*show_string(card, "Error"))
			r = command_fail(COMMAND_FAILED, "%s: %s", show_string(card, "Card"),
				show_string(card, "Error"));
		else if (!show_true(card, "Running"))
			r = command_fail(COMMAND_NO_CARD, "%s: %s", show_string(card, "Card"),
				*show_string(card, "Unit") ? "its service does not run"
							   : "no such card");
		if (status == COMMAND_GOOD)
			status = r;
	}
	return status;
}

int overview_show(const struct command *c,
	int (*print)(const struct command *c, const json_t *list), json_t *(*json)(json_t *list))
{
	_cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
	json_t *list;
	int r, status;

	if (!command_cards_valid(c, c->n))
		return COMMAND_USAGE;
	if (bus_open(&bus, &status) < 0)
		return status;
	list = overview_new(bus, c->words, c->n);
	if (!list)
		return command_written(-ENOMEM);
	r = command_written(c->json ? show_json(json(list)) : print(c, list));
	if (r == COMMAND_GOOD && c->n > 0)
		r = overview_absent(list);
	json_decref(list);
	return r;
}
