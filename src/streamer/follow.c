/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/follow.h"

#include <stdio.h>
#include <string.h>

#include "common/usec.h"
#include "streamer/events.h"
#include "streamer/video.h"

static bool is_on(const struct follow *f)
{
	return f->n_primary > 0 && f->limits.floor > 0 && f->limits.floor < f->limits.ceiling;
}

void follow_apply(struct follow *f, const struct settings *s, bool sound)
{
	f->limits = (struct bitrate_limits){
		.floor = s->encoder.bitrate_min,
		.ceiling = s->encoder.bitrate,
		.sound = sound ? s->audio.bitrate : 0,
		.queue_usec = s->output.queue_usec,
	};
	follow_outputs(f, s);
}

void follow_outputs(struct follow *f, const struct settings *s)
{
	f->n_primary = 0;
	for (size_t i = 0; i < s->n_outputs && f->n_primary < SETTINGS_OUTPUTS_MAX; i++) {
		char *name = f->primary[f->n_primary];

		if (!s->outputs[i].primary)
			continue;
		snprintf(name, BITRATE_NAME_MAX, "%s", s->outputs[i].name);
		f->n_primary++;
	}
}

void follow_set_ceiling(struct follow *f, int64_t bitrate)
{
	f->limits.ceiling = bitrate;
}

int64_t follow_target(const struct follow *f)
{
	const struct bitrate_decision *d = &f->decision;

	if (!is_on(f) || (d->state != BITRATE_LOWERED && d->state != BITRATE_RISING))
		return f->limits.ceiling;
	return CLAMP(d->target, f->limits.floor, f->limits.ceiling);
}

bool follow_wanted(const struct follow *f)
{
	return is_on(f) || f->bitrate.episode;
}

static bool is_primary(const struct follow *f, const char *name)
{
	for (size_t i = 0; i < f->n_primary; i++)
		if (strcmp(f->primary[i], name) == 0)
			return true;
	return false;
}

static void look(struct output *o, void *userdata)
{
	struct follow *f = userdata;
	struct muxer_load load = { 0 };
	struct output_stats t;
	bool known;

	if (!is_primary(f, output_name(o)))
		return;
	output_stats(o, &t);
	if (t.state != OUTPUT_RUNNING)
		return;
	known = output_load(o, &load);
	bitrate_put(&f->bitrate, output_name(o),
		&(struct bitrate_sample){
			.session = t.sessions,
			.delivered_bytes = known ? load.delivered_bytes : t.bytes,
			.held_bytes = load.held_bytes,
			.round_usec = load.round_usec,
			.queue_usec = t.queue.queued_usec,
			.drops = t.queue.drops,
			.by_packet = !known,
		});
}

const struct bitrate_decision *follow_step(struct follow *f, uint64_t now_usec)
{
	struct bitrate_limits limits = f->limits;

	if (!is_on(f))
		limits.floor = 0;
	bitrate_begin(&f->bitrate, &limits, now_usec);
	if (is_on(f))
		hub_foreach(f->hub, look, f);
	f->decision = bitrate_end(&f->bitrate);
	return &f->decision;
}

bool follow_tick(struct follow *f)
{
	const struct bitrate_decision *d = follow_step(f, usec_now());

	(void) video_set_bitrate(f->video, d->target);
	if (d->news == BITRATE_BEGINS)
		events_bitrate_lowered(f->events, d->output, d->target, f->limits.ceiling);
	else if (d->news == BITRATE_ENDS)
		events_bitrate_restored(f->events, d->output, d->target);
	return d->news != BITRATE_NO_NEWS;
}

void follow_view(const struct follow *f, struct follow_view *ret)
{
	*ret = (struct follow_view){
		.target = follow_target(f),
		.ceiling = f->limits.ceiling,
		.state = follow_wanted(f) ? f->decision.state : BITRATE_OFF,
		.falls = f->decision.falls,
	};
	if (ret->target < ret->ceiling)
		snprintf(ret->output, sizeof(ret->output), "%s", f->decision.output);
}
