/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * egmctl output: where cards send to. A URL holds a secret more often than not: it can come by
 * standard input, is wiped from the process list otherwise, and from memory when it has been sent.
 */
#include <inttypes.h>
#include <string.h>

#include "common/secret.h"
#include "egmctl/bus.h"
#include "egmctl/command.h"
#include "egmctl/overview.h"

#define URL_MAX 8192

/* The process list is no place for a stream key; all of it goes, whatever it was. */
static char *take_argument(char *argument)
{
	char *url = strdup(argument);
	char *rest = strstr(argument, "://");

	rest = rest ? rest + 3 : argument;
	memset(rest, '*', strlen(rest));
	return url;
}

/* One line of standard input. Read byte by byte, so that no buffer of stdio's keeps a copy. */
static int read_url(char **ret)
{
	char *url = calloc(1, URL_MAX + 1);
	size_t n = 0;
	ssize_t got;

	if (!url)
		return -ENOMEM;
	while (n < URL_MAX) {
		got = read(STDIN_FILENO, url + n, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 || url[n] == '\n' || url[n] == '\0')
			break;
		n++;
	}
	if (n < URL_MAX)
		url[n] = '\0';
	if (n > 0 && url[n - 1] == '\r')
		url[--n] = '\0';
	if (n > 0 && n < URL_MAX) {
		*ret = url;
		return 0;
	}
	explicit_bzero(url, URL_MAX);
	free(url);
	return n ? -E2BIG : -ENODATA;
}

static int add(const struct command *c, const char *url)
{
	_cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
	sd_bus_message *call = NULL;
	int r, status;

	if (bus_open(&bus, &status) < 0)
		return status;
	r = bus_method_new(
		bus, c->words[0], false, c->primary ? "AddPrimaryOutput" : "AddOutput", &call);
	if (r >= 0)
		r = sd_bus_message_sensitive(call);
	if (r >= 0)
		r = sd_bus_message_append(call, "ss", c->words[1], url);
	return bus_method_call(bus, c->words[0], call, r, NULL);
}

int command_output_add(const struct command *c)
{
	char *url = NULL;
	int r = 0, status;

	if (strcmp(c->words[2], "-") != 0) {
		url = take_argument(c->words[2]);
		r = url ? 0 : -ENOMEM;
	}
	if (!command_cards_valid(c, 1)) {
		secret_free(url);
		return COMMAND_USAGE;
	}
	if (!url && r == 0)
		r = read_url(&url);
	if (r == -ENODATA)
		return command_usage(c, "no URL on standard input");
	if (r < 0)
		return command_fail(COMMAND_FAILED, "the URL: %s", strerror(-r));
	status = add(c, url);
	secret_free(url);
	return status;
}

int command_output_rm(const struct command *c)
{
	_cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
	sd_bus_message *call = NULL;
	int r, status;

	if (!command_cards_valid(c, 1))
		return COMMAND_USAGE;
	if (bus_open(&bus, &status) < 0)
		return status;
	r = bus_method_new(bus, c->words[0], false, "RemoveOutput", &call);
	if (r >= 0)
		r = sd_bus_message_append(call, "s", c->words[1]);
	return bus_method_call(bus, c->words[0], call, r, NULL);
}

static enum show_tone tone_of(const char *state)
{
	if (strcmp(state, "running") == 0)
		return SHOW_GOOD;
	return strcmp(state, "waiting") == 0 ? SHOW_BAD : SHOW_ODD;
}

static void add_row(struct show_table *t, const char *card, const json_t *o)
{
	const char *state = show_string(o, "State"), *used = show_string(o, "UrlInUse");
	char text[32];

	show_cell(t, SHOW_PLAIN, "%s", card);
	show_cell(t, SHOW_PLAIN, "%s", show_string(o, "Name"));
	show_cell(t, tone_of(state), "%s", state);
	show_cell(t, SHOW_PLAIN, "%s", show_time(show_number(o, "StateSinceRealtime"), text));
	show_cell(t, SHOW_PLAIN, "%s", show_bytes(show_number(o, "Bytes"), text));
	show_cell(t, SHOW_PLAIN, "%" PRIu64, show_number(o, "FramesDropped"));
	show_cell(t, SHOW_PLAIN, "%s", show_string(o, *used ? "UrlInUse" : "Url"));
	show_cell(t, SHOW_PLAIN, "%s", show_string(o, "LastError"));
}

static int print(const struct command *c, const json_t *list)
{
	(void) c;
	static const char *const headers[] = { "CARD", "OUTPUT", "STATE", "SINCE", "SENT",
		"DROPPED", "URL", "LAST ERROR", NULL };
	_cleanup_(show_table_freep) struct show_table *t = show_table_new(headers);
	const json_t *card, *o;
	size_t i, j;

	if (!t)
		return -ENOMEM;
	json_array_foreach(list, i, card)
	{
		json_array_foreach(json_object_get(card, "Outputs"), j, o)
		{
			add_row(t, show_string(card, "Card"), o);
		}
	}
	show_table_print(t, stdout, 0, show_in_colour(stdout));
	return 0;
}

/* Only what is about outputs, each with its card. */
static json_t *outputs_of(json_t *list)
{
	json_t *ret = json_array(), *copy;
	const json_t *card, *o;
	size_t i, j;

	json_array_foreach(list, i, card)
	{
		json_array_foreach(json_object_get(card, "Outputs"), j, o)
		{
			copy = json_deep_copy(o);
			json_object_set(copy, "Card", json_object_get(card, "Card"));
			json_array_append_new(ret, copy);
		}
	}
	return ret;
}

int command_output_list(const struct command *c)
{
	return overview_show(c, print, outputs_of);
}
