/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The services of the cards, and the servers that they send to. */
#include <inttypes.h>
#include <string.h>

#include "common/usec.h"
#include "egmctl/doctor.h"
#include "egmctl/overview.h"
#include "egmctl/probe.h"
#include "egmctl/show.h"

#define NETWORK_USEC (5 * USEC_PER_SEC)

static void check_references(struct doctor *d, const char *name, const json_t *r)
{
	size_t states = json_array_size(json_object_get(r, "States"));
	uint64_t used = show_number(r, "References"), skipped = show_number(r, "ReferencesSkipped");

	if (states == 0)
		return;
	if (used == 0)
		doctor_add(d, DOCTOR_WARNING, "references", name,
			"The screen's state stays UNKNOWN.",
			"Show the screen and: egmctl learn CARD STATE; or import a pack",
			"%zu states and no reference picture", states);
	else if (skipped > 0)
		doctor_add(d, DOCTOR_WARNING, "references", name, "",
			"The journal names them: egmctl logs",
			"%" PRIu64 " in use, %" PRIu64 " cannot be used", used, skipped);
	else
		doctor_add(d, DOCTOR_OK, "references", name, "", "", "%" PRIu64 " in use", used);
}

static void check_outputs(struct doctor *d, const char *name, const json_t *outputs)
{
	char subject[256];
	const json_t *o;
	size_t i;

	json_array_foreach(outputs, i, o)
	{
		const char *state = show_string(o, "State"), *error = show_string(o, "LastError");

		snprintf(subject, sizeof(subject), "%s/%s", name, show_string(o, "Name"));
		if (strcmp(state, "waiting") == 0)
			doctor_add(d, DOCTOR_WARNING, "output", subject,
				"Nothing arrives there; it is tried again for ever.",
				"Is the server up, are name and key right?", "%s",
				*error ? error : state);
		else if (show_number(o, "Backup") > 0)
			doctor_add(d, DOCTOR_WARNING, "output", subject,
				"It goes back to its first URL by itself when that is good.",
				"Look after the first server.", "%s by its backup %s: %s", state,
				show_string(o, "UrlInUse"), show_string(o, "UrlReason"));
		else
			doctor_add(d, DOCTOR_OK, "output", subject, "", "", "%s", state);
	}
}

static void check_input(struct doctor *d, const char *name, const json_t *card)
{
	char facts[160];

	if (*show_string(card, "Problem"))
		doctor_add(d, DOCTOR_FAULT, "settings", name,
			"The service goes on with the last ones that were good.",
			"egmctl check-config", "%s", show_string(card, "Problem"));
	if (strcmp(show_string(card, "State"), "stopped") == 0)
		doctor_add(d, DOCTOR_WARNING, "outputs", name, "Nobody gets its picture.",
			"egmctl start, if that was not meant to be", "stopped by hand");
	if (!show_true(card, "InputLive"))
		doctor_add(d, DOCTOR_WARNING, "input", name, "The outputs get a placeholder.",
			"Is the machine at the other end on, is the cable in?", "%s",
			*show_string(card, "InputReason") ? show_string(card, "InputReason")
							  : "no picture");
	else if (*overview_facts(card, facts, sizeof(facts)))
		doctor_add(d, DOCTOR_WARNING, "input", name, "The outputs get it as it comes.",
			"Does the machine at the other end show that? If not, look at its cable.",
			"live, %s", facts);
	else
		doctor_add(d, DOCTOR_OK, "input", name, "", "", "live");
}

static void check_card(struct doctor *d, const json_t *card)
{
	const char *name = show_string(card, "Card"), *unit = show_string(card, "Unit");

	if (*show_string(card, "Error")) {
		doctor_add(d, DOCTOR_FAULT, "service", name, "It may hang.",
			"egmctl logs CARD, then systemctl restart egm-streamer@CARD",
			"does not answer: %s", show_string(card, "Error"));
		return;
	}
	if (!show_true(card, "Running")) {
		doctor_add(d, DOCTOR_FAULT, "service", name, "The card is not used.",
			"egmctl logs CARD, then systemctl start egm-streamer@CARD", "%s",
			*unit ? unit : "there is none");
		return;
	}
	if (strcmp(show_string(card, "State"), "failed") == 0)
		doctor_add(d, DOCTOR_FAULT, "service", name, "", "egmctl logs CARD", "failed");
	else
		doctor_add(d, DOCTOR_OK, "service", name, "", "", "%s", show_string(card, "State"));
	check_input(d, name, card);
	check_references(d, name, json_object_get(card, "Recogniser"));
	check_outputs(d, name, json_object_get(card, "Outputs"));
}

void doctor_cards(struct doctor *d, const json_t *list, const struct nodes *nodes)
{
	const json_t *card;
	size_t i;

	json_array_foreach(list, i, card)
	{
		check_card(d, card);
	}
	for (size_t j = 0; j < nodes->n; j++) {
		const struct node *n = &nodes->list[j];
		bool found = nodes_why_not(n) != NULL;

		json_array_foreach(list, i, card)
		{
			found |= strcmp(show_string(card, "Card"), n->name) == 0;
		}
		if (!found)
			doctor_add(d, DOCTOR_FAULT, "service", n->name, "The card is not used.",
				"systemctl start egm-streamer@CARD", "there is none");
	}
}

/* Each server once, whoever sends to it. */
static size_t add_probe(struct probe *probes, size_t n, const char *url, bool spare)
{
	struct probe p;

	if (n == PROBES_MAX || !probe_of_url(url, &p))
		return n;
	for (size_t i = 0; i < n; i++)
		if (strcmp(probes[i].host, p.host) == 0 && strcmp(probes[i].port, p.port) == 0 &&
			probes[i].tcp == p.tcp) {
			probes[i].spare &= spare;
			return n;
		}
	p.spare = spare;
	probes[n] = p;
	return n + 1;
}

static size_t add_output(struct probe *probes, size_t n, const json_t *o)
{
	const json_t *backup;
	size_t i;

	n = add_probe(probes, n, show_string(o, "Url"), false);
	json_array_foreach(json_object_get(o, "Backups"), i, backup)
	{
		n = add_probe(probes, n, json_string_value(backup), true);
	}
	return n;
}

/* A backup that is away does no harm yet. */
static void tell_server(struct doctor *d, const struct probe *p)
{
	char subject[PROBE_HOST_MAX + 16];

	snprintf(subject, sizeof(subject), "%s:%s", p->host, p->port);
	if (p->result == PROBE_GOOD)
		doctor_add(d, DOCTOR_OK, "network", subject, "", "", "%s", probe_words(p));
	else
		doctor_add(d, p->spare ? DOCTOR_WARNING : DOCTOR_FAULT, "network", subject,
			p->spare ? "It is a backup that could not take over."
				 : "Outputs that lead there cannot work, unless by a backup.",
			"Is this machine on the network, is the name right, is the server up, is a "
			"firewall in between?",
			"%s", probe_words(p));
}

void doctor_network(struct doctor *d, const json_t *list)
{
	_cleanup_(freep) struct probe *probes = calloc(PROBES_MAX, sizeof(*probes));
	const json_t *card, *o;
	size_t n = 0, i, j;

	if (!probes)
		return;
	json_array_foreach(list, i, card)
	{
		json_array_foreach(json_object_get(card, "Outputs"), j, o)
		{
			n = add_output(probes, n, o);
		}
	}
	probe_run(probes, n, NETWORK_USEC);
	for (i = 0; i < n; i++)
		tell_server(d, &probes[i]);
}
