/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "egmctl/doctor.h"

#include <stdarg.h>
#include <string.h>

#include "egmctl/bus.h"
#include "egmctl/command.h"
#include "egmctl/overview.h"

static const char *const level_names[] = { "OK", "WARNING", "FAULT" };

void doctor_add(struct doctor *d, enum doctor_level level, const char *check, const char *subject,
	const char *means, const char *advice, const char *fmt, ...)
{
	char text[SHOW_TEXT_MAX], clean[SHOW_TEXT_MAX], about[SHOW_TEXT_MAX];
	va_list ap;

	d->faults += level == DOCTOR_FAULT;
	d->warnings += level == DOCTOR_WARNING;
	if (json_array_size(d->findings) >= DOCTOR_FINDINGS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_array_append_new(d->findings,
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "Level", level_names[level], "Check",
			check, "Subject", show_clean(subject, SHOW_TEXT_MAX, about), "Found",
			show_clean(text, SHOW_TEXT_MAX, clean), "Means", means, "Advice", advice));
}

static void print_finding(const json_t *o)
{
	static const char *const begins[] = { "\033[32m", "\033[33m", "\033[31m" };
	const char *level = show_string(o, "Level"), *subject = show_string(o, "Subject");
	bool colour = show_in_colour(stdout);
	int i = strcmp(level, "OK") == 0 ? 0 : strcmp(level, "FAULT") == 0 ? 2 : 1;

	printf("%s%-8s%s %s%s%s: %s\n", colour ? begins[i] : "", level, colour ? "\033[0m" : "",
		show_string(o, "Check"), *subject ? " " : "", subject, show_string(o, "Found"));
	if (*show_string(o, "Means"))
		printf("         %s\n", show_string(o, "Means"));
	if (*show_string(o, "Advice"))
		printf("         To do: %s\n", show_string(o, "Advice"));
}

static int print(const struct doctor *d)
{
	const json_t *o;
	size_t i;

	json_array_foreach(d->findings, i, o)
	{
		print_finding(o);
	}
	printf("\n%d faults, %d warnings, %zu looks good\n", d->faults, d->warnings,
		json_array_size(d->findings) - (size_t) d->faults - (size_t) d->warnings);
	return 0;
}

static void look_at_cards(struct doctor *d, sd_bus *bus, const struct nodes *nodes)
{
	json_t *list = overview_new(bus, NULL, 0);

	doctor_cards(d, list, nodes);
	doctor_network(d, list);
	json_decref(list);
}

static void look(struct doctor *d, struct nodes *nodes)
{
	_cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
	int r = nodes_read(nodes);

	if (r < 0)
		doctor_add(d, DOCTOR_FAULT, "devices", "", "", "", "cannot be looked for: %s",
			strerror(-r));
	doctor_devices(d, nodes);
	doctor_access(d, nodes, "egm-streamer");
	doctor_usb(d, nodes);
	r = sd_bus_open_system(&bus);
	if (r < 0) {
		doctor_add(d, DOCTOR_FAULT, "bus", "", "Nothing can be said about the services.",
			"Is dbus.service running?", "the system bus cannot be reached: %s",
			strerror(-r));
	} else {
		look_at_cards(d, bus, nodes);
		doctor_time(d, bus);
	}
	doctor_disk(d, EGM_STATEDIR);
	doctor_disk(d, "/run");
	doctor_encoder(d, "egm-streamer");
}

int command_doctor(const struct command *c)
{
	_cleanup_(freep) struct nodes *nodes = calloc(1, sizeof(*nodes));
	struct doctor d = { .findings = json_array() };
	int r = -ENOMEM;

	if (nodes && d.findings) {
		look(&d, nodes);
		r = c->json ? show_json(json_pack("{s:i, s:i, s:O}", "Faults", d.faults, "Warnings",
				      d.warnings, "Findings", d.findings))
			    : print(&d);
	}
	json_decref(d.findings);
	r = command_written(r);
	return r == COMMAND_GOOD && d.faults ? COMMAND_FAULTS : r;
}
