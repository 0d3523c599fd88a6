/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/lag.h"

#include <stdio.h>
#include <string.h>

#include "common/usec.h"
#include "streamer/events.h"

/* Its memory, perhaps a new one; NULL: there is no room, which cannot be while those that are gone
 * are forgotten. */
static struct lag_output *find(struct lag *l, const char *name)
{
	struct lag_output *room = NULL;

	for (size_t i = 0; i < HUB_OUTPUTS_MAX; i++) {
		struct lag_output *o = &l->outputs[i];

		if (strcmp(o->name, name) == 0)
			return o;
		if (!room && o->name[0] == '\0')
			room = o;
	}
	if (room)
		snprintf(room->name, sizeof(room->name), "%s", name);
	return room;
}

enum lag_news lag_put(struct lag *l, const char *name, const struct output_stats *stats,
	uint64_t now_usec, uint64_t *frames)
{
	const struct outqueue_stats *q = &stats->queue;
	struct lag_output *o = find(l, name);
	bool dropped;

	if (!o)
		return LAG_NO_NEWS;
	dropped = q->drops != o->drops;
	o->seen = true;
	o->drops = q->drops;
	if (stats->state != OUTPUT_RUNNING) {
		o->behind = false;
	} else if (dropped) {
		o->last_usec = now_usec;
		if (!o->behind) {
			o->behind = true;
			return LAG_BEGINS;
		}
	} else if (o->behind && !q->shut && now_usec - o->last_usec >= LAG_CALM_USEC) {
		o->behind = false;
		*frames = q->dropped_video - o->before_frames;
		o->before_frames = q->dropped_video;
		return LAG_ENDS;
	}
	if (!o->behind)
		o->before_frames = q->dropped_video;
	return LAG_NO_NEWS;
}

struct look {
	struct lag *lag;
	struct {
		char name[OUTPUT_NAME_MAX];
		enum lag_news news;
		uint64_t frames;
	} found[HUB_OUTPUTS_MAX];
	size_t n;
	uint64_t now_usec;
};

static void look(struct output *o, void *userdata)
{
	struct look *at = userdata;
	struct output_stats stats;
	enum lag_news news;
	uint64_t frames = 0;

	output_stats(o, &stats);
	news = lag_put(at->lag, output_name(o), &stats, at->now_usec, &frames);
	if (news == LAG_NO_NEWS || at->n == HUB_OUTPUTS_MAX)
		return;
	snprintf(at->found[at->n].name, OUTPUT_NAME_MAX, "%s", output_name(o));
	at->found[at->n].news = news;
	at->found[at->n].frames = frames;
	at->n++;
}

void lag_tick(struct lag *l, struct hub *hub, struct events *events)
{
	struct look at = { .lag = l, .now_usec = usec_now() };

	for (size_t i = 0; i < HUB_OUTPUTS_MAX; i++)
		l->outputs[i].seen = false;
	hub_foreach(hub, look, &at);
	for (size_t i = 0; i < HUB_OUTPUTS_MAX; i++)
		if (!l->outputs[i].seen)
			l->outputs[i] = (struct lag_output){ 0 };
	/* Not under the hub's lock: whoever writes may have to wait. */
	for (size_t i = 0; i < at.n; i++) {
		if (at.found[i].news == LAG_BEGINS)
			events_output_lags(events, at.found[i].name);
		else
			events_output_keeps_up(events, at.found[i].name, at.found[i].frames);
	}
}
