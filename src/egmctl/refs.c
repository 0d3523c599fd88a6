/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the screen is compared with, and what came of it: refs, learn, tell, explain. */
#include <inttypes.h>
#include <string.h>

#include "egmctl/bus.h"
#include "egmctl/command.h"
#include "egmctl/show.h"

#define EXPLAIN_MAX (1 << 20)

/* A method of the recogniser with strings for arguments. */
static int ask(sd_bus *bus, const char *card, const char *member, char *const *strings, int n,
	sd_bus_message **ret)
{
	sd_bus_message *call = NULL;
	int r = bus_method_new(bus, card, true, member, &call);

	for (int i = 0; r >= 0 && i < n; i++)
		r = sd_bus_message_append(call, "s", strings[i]);
	return bus_method_call(bus, card, call, r, ret);
}

/* The same from the command line, the card being its first operand. */
static int run(const struct command *c, const char *member, int n, sd_bus_message **ret)
{
	_cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
	char empty[] = "", *none[] = { empty };
	int status;

	if (!command_cards_valid(c, 1))
		return COMMAND_USAGE;
	if (bus_open(&bus, &status) < 0)
		return status;
	/* ListReferences wants a state, "" being all of them. */
	return ask(bus, c->words[0], member, c->n > 1 ? c->words + 1 : none, n, ret);
}

static int print_references(const json_t *list)
{
	static const char *const headers[] = { "STATE", "FILE", "SIZE", "TIME", NULL };
	_cleanup_(show_table_freep) struct show_table *t = show_table_new(headers);
	const json_t *o;
	char text[32];
	size_t i;

	if (!t)
		return -ENOMEM;
	json_array_foreach(list, i, o)
	{
		show_cell(t, SHOW_PLAIN, "%s", show_string(o, "State"));
		show_cell(t, SHOW_PLAIN, "%s", show_string(o, "File"));
		show_cell(t, SHOW_PLAIN, "%s", show_bytes(show_number(o, "Bytes"), text));
		show_cell(t, SHOW_PLAIN, "%s", show_time(show_number(o, "Realtime"), text));
	}
	show_table_print(t, stdout, 0, show_in_colour(stdout));
	return 0;
}

static json_t *name_columns(const json_t *rows)
{
	json_t *list = json_array(), *o;
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		o = json_pack("{s:O, s:O, s:O, s:O}", "State", json_array_get(row, 0), "File",
			json_array_get(row, 1), "Bytes", json_array_get(row, 2), "Realtime",
			json_array_get(row, 3));
		json_array_append_new(list, o);
	}
	return list;
}

int command_refs_list(const struct command *c)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *answer = NULL;
	int status = run(c, "ListReferences", 1, &answer), r;
	json_t *rows, *list;

	if (status != COMMAND_GOOD)
		return status;
	if (!sd_bus_message_has_signature(answer, "a(sstt)"))
		return command_fail(COMMAND_FAILED, "an answer of another kind");
	rows = bus_value(answer);
	list = name_columns(rows);
	json_decref(rows);
	r = c->json ? show_json(json_incref(list)) : print_references(list);
	json_decref(list);
	return command_written(r);
}

int command_refs_rm(const struct command *c)
{
	return run(c, "DeleteReference", 2, NULL);
}

int command_learn(const struct command *c)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *answer = NULL;
	int status = run(c, "Learn", 1, &answer);
	char clean[SHOW_TEXT_MAX];
	const char *file = NULL;

	if (status != COMMAND_GOOD)
		return status;
	if (sd_bus_message_read(answer, "s", &file) < 0)
		return command_fail(COMMAND_FAILED, "an answer of another kind");
	printf("%s\n", show_clean(file, SHOW_TEXT_MAX, clean));
	return command_written(0);
}

int command_tell(const struct command *c)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *answer = NULL;
	int status = run(c, "TellNumber", 2, &answer);
	char name[SHOW_TEXT_MAX], text[SHOW_TEXT_MAX];
	const char *from = NULL;

	if (status != COMMAND_GOOD)
		return status;
	if (sd_bus_message_read(answer, "s", &from) < 0 || strcmp(from, "next-picture") != 0)
		return command_fail(COMMAND_FAILED, "an answer of another kind");
	printf("%s: %s will be learnt from the next picture\n",
		show_clean(c->words[1], SHOW_TEXT_MAX, name),
		show_clean(c->words[2], SHOW_TEXT_MAX, text));
	return command_written(0);
}

static void add_region(struct show_table *t, const json_t *roi)
{
	const json_t *reference = json_object_get(roi, "reference");

	show_cell(t, SHOW_FAINT, "  %s", show_string(roi, "name"));
	show_cell(t, SHOW_PLAIN, "%.3f", show_real(roi, "score"));
	show_cell(t, show_true(roi, "matched") ? SHOW_GOOD : SHOW_PLAIN, "%s",
		show_true(roi, "matched") ? "yes" : "no");
	if (json_is_integer(reference))
		show_cell(t, SHOW_PLAIN, "%" PRId64, (int64_t) json_integer_value(reference));
	else
		show_cell(t, SHOW_PLAIN, "%s",
			json_string_value(reference) ? json_string_value(reference) : "");
}

static int print_scores(const json_t *states)
{
	static const char *const headers[] = { "STATE / REGION", "SCORE", "MATCHED",
		"NEAREST REFERENCE", NULL };
	_cleanup_(show_table_freep) struct show_table *t = show_table_new(headers);
	const json_t *state, *roi;
	const char *name;
	size_t i;

	if (!t)
		return -ENOMEM;
	json_object_foreach((json_t *) states, name, state)
	{
		bool matched = show_true(state, "matched");

		show_cell(t, SHOW_PLAIN, "%s", name);
		show_cell(t, SHOW_PLAIN, "%.3f", show_real(state, "score"));
		show_cell(t, matched ? SHOW_GOOD : SHOW_PLAIN, "%s", matched ? "yes" : "no");
		show_cell(t, SHOW_PLAIN, "%s", "");
		json_array_foreach(json_object_get(state, "rois"), i, roi)
		{
			add_region(t, roi);
		}
	}
	show_table_print(t, stdout, 0, show_in_colour(stdout));
	return 0;
}

static int print_decision(const json_t *o)
{
	const json_t *numbers = json_object_get(o, "numbers"), *number;
	const char *reason = show_string(o, "reason"), *name;

	show_field("Screen", "%s", show_string(o, "state"));
	show_field("This picture", "%s%s%s", show_string(o, "raw"), *reason ? ", " : "", reason);
	show_field("Margin", "%.3f", show_real(o, "margin"));
	json_object_foreach((json_t *) numbers, name, number)
	{
		show_field(name, "%s (%.2f)",
			*show_string(number, "text") ? show_string(number, "text") : "-",
			show_real(number, "confidence"));
	}
	putchar('\n');
	return print_scores(json_object_get(o, "states"));
}

int command_explain(const struct command *c)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *answer = NULL;
	int status = run(c, "Explain", 0, &answer), r;
	const char *text = NULL;
	json_t *o;

	if (status != COMMAND_GOOD)
		return status;
	if (sd_bus_message_read(answer, "s", &text) < 0 || strlen(text) > EXPLAIN_MAX)
		return command_fail(COMMAND_FAILED, "an answer of another kind");
	o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(o)) {
		json_decref(o);
		return command_fail(COMMAND_FAILED, "%s: nothing is recognised", c->words[0]);
	}
	r = c->json ? show_json(json_incref(o)) : print_decision(o);
	json_decref(o);
	return command_written(r);
}
