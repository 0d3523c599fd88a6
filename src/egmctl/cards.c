/* SPDX-License-Identifier: GPL-2.0-or-later */
/* egmctl cards: what is plugged in, and what is left out. */
#include <string.h>

#include "egmctl/bus.h"
#include "egmctl/command.h"
#include "egmctl/nodes.h"
#include "egmctl/show.h"

static const char *instance_of(const json_t *cards, const char *name)
{
	const json_t *o = json_object_get(cards, name);

	if (*show_string(o, "Unit"))
		return show_string(o, "Unit");
	return show_true(o, "Running") ? "active" : "none";
}

static enum show_tone tone_of(const char *instance)
{
	if (strcmp(instance, "active") == 0)
		return SHOW_GOOD;
	return strcmp(instance, "failed") == 0 ? SHOW_BAD : SHOW_ODD;
}

static void add_row(struct show_table *t, const struct node *n, const json_t *cards)
{
	const char *instance = instance_of(cards, n->name), *why = nodes_why_not(n);

	show_cell(t, SHOW_PLAIN, "%s", why ? "" : n->name);
	show_cell(t, SHOW_PLAIN, "%s", n->node);
	show_cell(t, SHOW_PLAIN, "%s", n->model);
	show_cell(t, SHOW_PLAIN, "%s", n->serial);
	show_cell(t, SHOW_PLAIN, "%s", n->port);
	show_cell(t, SHOW_PLAIN, "%s", n->sound);
	if (why)
		show_cell(t, SHOW_FAINT, "no card: %s", why);
	else
		show_cell(t, tone_of(instance), "%s", instance);
}

static int print(const struct nodes *nodes, const json_t *cards)
{
	static const char *const headers[] = { "CARD", "NODE", "MODEL", "SERIAL", "PORT", "SOUND",
		"SERVICE", NULL };
	_cleanup_(show_table_freep) struct show_table *t = show_table_new(headers);
	char clean[SHOW_TEXT_MAX];

	if (!t)
		return -ENOMEM;
	for (int left_out = 0; left_out < 2; left_out++)
		for (size_t i = 0; i < nodes->n; i++)
			if ((nodes_why_not(&nodes->list[i]) != NULL) == left_out)
				add_row(t, &nodes->list[i], cards);
	if (nodes->n == 0)
		printf("No video nodes.\n");
	else
		show_table_print(t, stdout, 0, show_in_colour(stdout));
	for (size_t i = 0; i < nodes->n_orphans; i++) {
		printf("%s at ", show_clean(nodes->orphans[i].model, SHOW_CELL_MAX, clean));
		printf("%s has no driver\n", nodes->orphans[i].port);
	}
	return 0;
}

static json_t *json_of(const struct nodes *nodes, const json_t *cards)
{
	json_t *list = json_array(), *o;

	for (size_t i = 0; i < nodes->n; i++) {
		o = nodes_json(&nodes->list[i]);
		json_object_set_new(o, "Service",
			json_string(nodes_why_not(&nodes->list[i])
					    ? ""
					    : instance_of(cards, nodes->list[i].name)));
		json_array_append_new(list, o);
	}
	return list;
}

int command_cards(const struct command *c)
{
	_cleanup_(freep) struct nodes *nodes = calloc(1, sizeof(*nodes));
	sd_bus *bus = NULL;
	json_t *cards;
	int r = nodes ? nodes_read(nodes) : -ENOMEM;

	if (r < 0)
		return command_fail(COMMAND_FAILED, "cannot look for cards: %s", strerror(-r));
	/* What is plugged in can be told without a bus. */
	(void) sd_bus_open_system(&bus);
	cards = bus_cards(bus);
	sd_bus_flush_close_unref(bus);
	r = c->json ? show_json(json_of(nodes, cards)) : print(nodes, cards);
	json_decref(cards);
	return command_written(r);
}
