/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/outputs.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/usec.h"
#include "streamer/events.h"

/* FLV counts milliseconds in 31 bits, 24.8 days; sessions are renewed well before. */
#define SESSION_USEC (20 * 24 * 3600 * USEC_PER_SEC)
#define CLOSE_USEC (500 * USEC_PER_MSEC)

_Static_assert(SETTINGS_URLS_MAX == OUTPUT_URLS_MAX, "an output takes what the settings have");

struct urls {
	char *url[SETTINGS_URLS_MAX];
};

static void urls_deinit(struct urls *u)
{
	for (size_t i = 0; i < ARRAY_SIZE(u->url); i++)
		free(u->url[i]);
}

static struct output_settings output_settings(
	const struct settings *s, size_t i, const struct urls *u)
{
	struct output_settings o = {
		.url = u->url[0],
		.backups = { u->url[1], u->url[2], u->url[3] },
		.backup_after_usec = s->output.backup_after_usec,
		.backup_return_usec = s->output.backup_return_usec,
		.queue_usec = s->output.queue_usec,
		.queue_bytes = (size_t) s->output.queue_bytes,
		.backoff_min_usec = s->output.backoff_min_usec,
		.backoff_max_usec = s->output.backoff_max_usec,
		.stable_usec = s->output.stable_usec,
		.session_usec = SESSION_USEC,
		.muxer = {
			.connect_usec = s->output.connect_usec,
			.write_usec = s->output.write_usec,
			.close_usec = CLOSE_USEC,
			.hls_seconds = (int) s->output.hls_segment_seconds,
			.hls_segments = (int) s->output.hls_segments,
			.hls_fmp4 = s->output.hls_type == 1,
			.tls_unverified = !s->output.tls_verify,
			.recording = {
				.segment_usec = s->recording.segment_usec,
				.bytes = (uint64_t) s->recording.disk_bytes,
				.age_usec = s->recording.age_usec,
			},
		},
	};

	snprintf(o.name, sizeof(o.name), "%s", s->outputs[i].name);
	snprintf(o.muxer.ca_file, sizeof(o.muxer.ca_file), "%s", s->output.ca_file);
	return o;
}

int outputs_add(const struct outputs *all, const struct settings *s, size_t i, const char *card)
{
	_cleanup_(urls_deinit) struct urls u = { 0 };
	struct output_settings o;
	struct output *output;
	char why[160];
	int r;

	r = settings_output_urls(s, i, card, u.url, why, sizeof(why));
	if (r < 0) {
		const struct output_event e = {
			.name = s->outputs[i].name, .state = OUTPUT_IDLE, .error = why
		};

		events_output(all->events, &e);
		return r;
	}
	o = output_settings(s, i, &u);
	r = output_new(&output, &o, &all->hooks);
	if (r < 0)
		return r;
	r = output_start(output);
	if (r >= 0)
		r = hub_add(all->hub, output);
	if (r < 0) {
		output_stop(output);
		(void) output_free(output, usec_now() + OUTPUTS_REMOVE_USEC);
		log_error_errno(r, "Output %s cannot be added: %m", o.name);
	}
	return r;
}

struct named {
	const char *name;
	bool found;
};

static void find_named(struct output *o, void *userdata)
{
	struct named *n = userdata;

	n->found = n->found || strcmp(output_name(o), n->name) == 0;
}

void outputs_add_missing(const struct outputs *all, const struct settings *s, const char *card)
{
	for (size_t i = 0; i < s->n_outputs; i++) {
		struct named n = { .name = s->outputs[i].name };

		hub_foreach(all->hub, find_named, &n);
		if (s->outputs[i].enabled && !n.found)
			(void) outputs_add(all, s, i, card);
	}
}

struct keep {
	const struct settings *settings;
	const char *card;
	const char *gone[HUB_OUTPUTS_MAX]; /* names; valid while the outputs are */
	size_t n;
};

static bool same_urls(const struct urls *u, const struct output *o)
{
	for (unsigned i = 0; i < ARRAY_SIZE(u->url); i++) {
		const char *url = output_url_at(o, i);

		if (url ? !u->url[i] || strcmp(url, u->url[i]) != 0 : u->url[i] != NULL)
			return false;
	}
	return true;
}

static bool still_wanted(const struct keep *k, const struct output *o)
{
	for (size_t i = 0; i < k->settings->n_outputs; i++) {
		_cleanup_(urls_deinit) struct urls u = { 0 };
		char why[160];

		if (strcmp(k->settings->outputs[i].name, output_name(o)) != 0)
			continue;
		return k->settings->outputs[i].enabled &&
		       settings_output_urls(k->settings, i, k->card, u.url, why, sizeof(why)) >=
			       0 &&
		       same_urls(&u, o);
	}
	return false;
}

static void find_gone(struct output *o, void *userdata)
{
	struct keep *k = userdata;

	if (k->n < HUB_OUTPUTS_MAX && !still_wanted(k, o))
		k->gone[k->n++] = output_name(o);
}

static void limit(struct output *o, void *userdata)
{
	const struct output_settings *s = userdata;

	if (strcmp(output_name(o), s->name) == 0)
		output_set_limits(o, s);
}

static void remove_gone(const struct outputs *all, const struct keep *k)
{
	struct output *removed[HUB_OUTPUTS_MAX];
	uint64_t until;

	for (size_t i = 0; i < k->n; i++) {
		removed[i] = hub_remove(all->hub, k->gone[i]);
		output_stop(removed[i]);
	}
	until = usec_now() + OUTPUTS_REMOVE_USEC;
	for (size_t i = 0; i < k->n; i++)
		(void) output_free(removed[i], until);
}

void outputs_apply(const struct outputs *all, const struct settings *s, const char *card)
{
	struct keep k = { .settings = s, .card = card };

	hub_foreach(all->hub, find_gone, &k);
	remove_gone(all, &k);
	for (size_t i = 0; i < s->n_outputs; i++) {
		struct output_settings o = output_settings(s, i, &(struct urls){ 0 });

		hub_foreach(all->hub, limit, &o);
	}
}

int outputs_remove(const struct outputs *all, const char *name)
{
	struct output *o = hub_remove(all->hub, name);

	if (!o)
		return -ENOENT;
	output_stop(o);
	(void) output_free(o, usec_now() + OUTPUTS_REMOVE_USEC);
	return 0;
}
