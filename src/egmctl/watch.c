/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * egmctl watch: cards are asked again when one of them has told of a change, and each second on a
 * terminal or as JSON, since figures change without a word.
 */
#include <string.h>
#include <sys/ioctl.h>
#include <systemd/sd-event.h>

#include "common/loop.h"
#include "common/usec.h"
#include "egmctl/bus.h"
#include "egmctl/command.h"
#include "egmctl/overview.h"

struct watch {
	const struct command *command;
	sd_bus *bus;
	struct loop *loop;
	sd_event_source *soon;
	bool terminal, changed;
	size_t lines;  /* on the terminal, to be written over */
	json_t *known; /* what was printed last for each card */
	int status;
};

/* Back to the first line of the table; it is written over, so that nothing flickers. */
static void draw(struct watch *w, const json_t *list)
{
	_cleanup_(freep) char *text = NULL;
	_cleanup_(fclosep) FILE *f = NULL;
	struct winsize size = { 0 };
	size_t bytes, lines = 0;

	(void) ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	f = open_memstream(&text, &bytes);
	if (!f || overview_print(list, f, size.ws_col) < 0 || fflush(f) != 0)
		return;
	if (w->lines > 0)
		printf("\033[%zuA\r", w->lines);
	for (char *line = text; *line;) {
		char *end = strchr(line, '\n');

		if (!end || (size.ws_row > 1 && lines + 1 >= size.ws_row))
			break;
		printf("%.*s\033[K\n", (int) (end - line), line);
		line = end + 1;
		lines++;
	}
	fputs("\033[J", stdout);
	w->lines = lines;
}

/* One line for a card of which it was not the last one. */
static void tell(struct watch *w, json_t *card)
{
	const char *name = show_string(card, "Card");
	char line[SHOW_TEXT_MAX], now[32];

	if (w->command->json) {
		if (json_equal(card, json_object_get(w->known, name)))
			return;
		json_object_set(w->known, name, card);
		show_json_line(json_incref(card));
		return;
	}
	overview_line(card, line);
	if (strcmp(line, show_string(w->known, name)) == 0)
		return;
	json_object_set_new(w->known, name, json_string(line));
	printf("%s %s\n", show_time(usec_of(CLOCK_REALTIME), now), line);
}

/* Cards that were there and are not any more, when all are watched. */
static void tell_gone(struct watch *w, const json_t *list)
{
	const char *name;
	json_t *before;
	void *next;

	json_object_foreach_safe(w->known, next, name, before)
	{
		const json_t *card;
		bool there = false;
		size_t i;

		json_array_foreach(list, i, card)
		{
			there |= strcmp(show_string(card, "Card"), name) == 0;
		}
		if (there)
			continue;
		if (w->command->json)
			show_json_line(json_pack("{s:s, s:b}", "Card", name, "Running", 0));
		else
			printf("%s: gone\n", name);
		json_object_del(w->known, name);
	}
}

static void look(struct watch *w)
{
	json_t *list = overview_new(w->bus, w->command->words, w->command->n), *card;
	size_t i;

	if (w->terminal) {
		draw(w, list);
	} else {
		json_array_foreach(list, i, card)
		{
			tell(w, card);
		}
		tell_gone(w, list);
	}
	json_decref(list);
	if (fflush(stdout) != 0 || !list) {
		w->status = command_written(list ? -EIO : -ENOMEM);
		loop_exit(w->loop, w->status);
	}
}

static int on_soon(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct watch *w = userdata;

	(void) source;
	(void) usec;
	w->changed = false;
	look(w);
	return 0;
}

/* Changes come in bunches; one look is enough for those of the next moment. */
static int on_signal(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct watch *w = userdata;

	(void) m;
	(void) error;
	if (!w->changed) {
		w->changed = true;
		sd_event_source_set_time_relative(w->soon, 50 * USEC_PER_MSEC);
		sd_event_source_set_enabled(w->soon, SD_EVENT_ONESHOT);
	}
	return 0;
}

static void on_tick(void *userdata)
{
	look(userdata);
}

static int listen(struct watch *w)
{
	/* Whom the signals come from cannot be asked for by the beginning of a name; one that is a
	 * lie costs a look. */
	static const char *const matches[] = {
		"type='signal',path_namespace='" BUS_PATH "'",
		"type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',"
		"arg0namespace='" BUS_STREAMER "'",
	};
	int r = sd_bus_attach_event(w->bus, loop_event(w->loop), 0);

	if (r >= 0)
		r = sd_bus_set_exit_on_disconnect(w->bus, 1);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(matches); i++)
		r = sd_bus_add_match(w->bus, NULL, matches[i], on_signal, w);
	if (r >= 0)
		r = sd_event_add_time_relative(
			loop_event(w->loop), &w->soon, CLOCK_MONOTONIC, 0, 0, on_soon, w);
	return r;
}

int command_watch(const struct command *c)
{
	_cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
	_cleanup_(loop_freep) struct loop *loop = NULL;
	struct watch w = { .command = c, .terminal = isatty(STDOUT_FILENO) && !c->json };
	struct loop_hooks hooks = {
		.tick = on_tick,
		.userdata = &w,
		.tick_usec = USEC_PER_SEC,
	};
	int r, status;

	if (!command_cards_valid(c, c->n))
		return COMMAND_USAGE;
	if (bus_open(&bus, &status) < 0)
		return status;
	w.bus = bus;
	w.known = json_object();
	r = loop_new(&loop, &hooks);
	w.loop = loop;
	if (r == 0)
		r = listen(&w);
	if (r >= 0 && w.known) {
		r = loop_run(loop);
		if (r != 0 && w.status == COMMAND_GOOD)
			r = command_fail(COMMAND_FAILED, "the bus has gone");
	} else {
		r = command_fail(COMMAND_FAILED, "cannot watch: %s", strerror(r < 0 ? -r : ENOMEM));
	}
	sd_event_source_unref(w.soon);
	sd_bus_detach_event(bus);
	json_decref(w.known);
	return w.status ? w.status : r;
}
