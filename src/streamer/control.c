/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/control.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "common/hist.h"
#include "common/log.h"
#include "common/url.h"
#include "common/usec.h"
#include "streamer/events.h"
#include "streamer/facts.h"
#include "streamer/settings-change.h"

/* ---- what there is to be seen ---- */

static double rate_of(int num, int den)
{
	return den > 0 ? (double) num / den : 0;
}

static const char *state_of(const struct control *c)
{
	static const char *const names[] = {
		[PIPELINE_STARTING] = "starting",
		[PIPELINE_RUNNING] = "running",
		[PIPELINE_ENDED] = "ended",
		[PIPELINE_FAILED] = "failed",
		[PIPELINE_STOPPED] = "stopped",
	};

	return names[pipeline_state(c->pipeline)];
}

static void view_video(const struct control *c, struct control_view *v)
{
	struct video_status s;

	pipeline_video_status(c->pipeline, &s);
	v->input_live = s.live;
	snprintf(v->input_reason, sizeof(v->input_reason), "%s", s.live ? "" : s.reason);
	snprintf(v->input_device, sizeof(v->input_device), "%s", s.info.device);
	snprintf(v->input_format, sizeof(v->input_format), "%s", s.info.format);
	v->input_size[0] = (uint32_t) s.info.width;
	v->input_size[1] = (uint32_t) s.info.height;
	v->input_rate = rate_of(s.info.rate_num, s.info.rate_den);
	v->encoder_size[0] = (uint32_t) s.width;
	v->encoder_size[1] = (uint32_t) s.height;
	v->encoder_rate = rate_of(s.rate_num, s.rate_den);
	snprintf(v->encoder, sizeof(v->encoder), "%s", s.codec.name);
	snprintf(v->encoder_reason, sizeof(v->encoder_reason), "%s", s.codec.reason);
}

static void view_facts(const struct control *c, struct control_view *v)
{
	struct facts_view f;

	facts_view(pipeline_facts(c->pipeline), &f);
	snprintf(v->signal, sizeof(v->signal), "%s", signal_name(f.signal));
	snprintf(v->picture, sizeof(v->picture), "%s", pixels_name(f.picture));
	snprintf(v->rate, sizeof(v->rate), "%s", arrival_name(f.rate));
}

static void view_bitrate(const struct control *c, struct control_view *v)
{
	struct follow_view b;

	follow_view(pipeline_follow(c->pipeline), &b);
	v->target_bitrate = (uint64_t) b.target;
	v->ceiling_bitrate = (uint64_t) b.ceiling;
	snprintf(v->bitrate_state, sizeof(v->bitrate_state), "%s", bitrate_state_name(b.state));
	snprintf(v->bitrate_output, sizeof(v->bitrate_output), "%s", b.output);
}

static void view_sound(const struct control *c, struct control_view *v)
{
	struct audio_status s;

	if (!pipeline_audio_status(c->pipeline, &s)) {
		snprintf(v->sound_reason, sizeof(v->sound_reason), "there is no sound track");
		return;
	}
	v->sound_live = s.live;
	snprintf(v->sound_reason, sizeof(v->sound_reason), "%s", s.live ? "" : s.reason);
	snprintf(v->sound_device, sizeof(v->sound_device), "%s", s.info.device);
}

void control_view(const struct control *c, struct control_view *ret)
{
	memset(ret, 0, sizeof(*ret));
	settings_machine(c->settings, ret->machine, sizeof(ret->machine));
	snprintf(ret->role, sizeof(ret->role), "%s", c->settings->role);
	snprintf(ret->problem, sizeof(ret->problem), "%s", c->problem);
	snprintf(ret->state, sizeof(ret->state), "%s", state_of(c));
	view_video(c, ret);
	view_facts(c, ret);
	view_sound(c, ret);
	view_bitrate(c, ret);
}

void control_figures(const struct control *c, struct control_figures *ret)
{
	struct video_status v;
	struct audio_status a = { 0 };
	struct facts_view facts;

	facts_view(pipeline_facts(c->pipeline), &facts);
	status_sample(c->status, c->pipeline);
	pipeline_video_status(c->pipeline, &v);
	(void) pipeline_audio_status(c->pipeline, &a);
	*ret = (struct control_figures){
		.frame_rate = status_frame_rate(c->status),
		.bitrate = (uint64_t) status_bitrate(c->status),
		.frames = v.frames,
		.dropped = v.source.dropped + v.stale,
		.drift_ppm = a.sync.drift_ppm,
		.rate_measured = facts.measured,
	};
}

struct outputs_walk {
	struct control_output *ret;
	size_t n;
};

static void view_output(struct output *o, void *userdata)
{
	struct outputs_walk *w = userdata;
	struct control_output *v = &w->ret[w->n++];
	_cleanup_(freep) char *url = url_mask(output_url(o)), *used = NULL;
	struct output_stats t;

	output_stats(o, &t);
	used = url_mask(output_url_at(o, t.backup));
	memset(v, 0, sizeof(*v));
	snprintf(v->url_in_use, sizeof(v->url_in_use), "%s", used ? used : "");
	snprintf(v->url_reason, sizeof(v->url_reason), "%s", t.url_reason);
	v->backup = t.backup;
	v->switches = t.switches;
	snprintf(v->name, sizeof(v->name), "%s", output_name(o));
	snprintf(v->url, sizeof(v->url), "%s", url ? url : "");
	snprintf(v->state, sizeof(v->state), "%s", output_state_name(t.state));
	snprintf(v->last_error, sizeof(v->last_error), "%s", t.last_error);
	snprintf(v->path, sizeof(v->path), "%s", t.path);
	v->since_usec = t.since_usec;
	v->sessions = t.sessions;
	v->failures = t.failures;
}

size_t control_outputs(const struct control *c, struct control_output ret[HUB_OUTPUTS_MAX])
{
	struct outputs_walk w = { .ret = ret };

	hub_foreach(pipeline_hub(c->pipeline), view_output, &w);
	return w.n;
}

struct figures_walk {
	const char *name;
	struct control_output_figures *ret;
	bool found;
};

static void view_figures(struct output *o, void *userdata)
{
	struct figures_walk *w = userdata;
	struct output_stats t;

	if (strcmp(output_name(o), w->name) != 0)
		return;
	output_stats(o, &t);
	*w->ret = (struct control_output_figures){
		.bytes = t.bytes,
		.frames = t.frames,
		.dropped = t.queue.dropped_video,
		.mishaps = t.mishaps,
		.queue_usec = t.queue.queued_usec,
		.latency_p99_usec = hist_quantile(output_latency(o), 0.99),
	};
	w->found = true;
}

bool control_output_figures(
	const struct control *c, const char *name, struct control_output_figures *ret)
{
	struct figures_walk w = { .name = name, .ret = ret };

	hub_foreach(pipeline_hub(c->pipeline), view_figures, &w);
	return w.found;
}

struct backups_walk {
	const char *name;
	char **ret;
	size_t n;
};

static void view_backups(struct output *o, void *userdata)
{
	struct backups_walk *w = userdata;

	if (strcmp(output_name(o), w->name) != 0)
		return;
	for (unsigned i = 1; i < OUTPUT_URLS_MAX && output_url_at(o, i); i++) {
		w->ret[w->n] = url_mask(output_url_at(o, i));
		w->n += w->ret[w->n] != NULL;
	}
}

size_t control_output_backups(
	const struct control *c, const char *name, char *ret[static OUTPUT_URLS_MAX - 1])
{
	struct backups_walk w = { .name = name, .ret = ret };

	hub_foreach(pipeline_hub(c->pipeline), view_backups, &w);
	return w.n;
}

char *control_status(const struct control *c, bool full)
{
	char machine[64];
	const struct status_names names = {
		.card = c->card,
		.machine = settings_machine(c->settings, machine, sizeof(machine)),
		.role = c->settings->role,
		.problem = *c->problem ? c->problem : NULL,
	};

	return status_json(c->status, c->pipeline, &names, full);
}

json_t *control_stream(const struct control *c)
{
	return status_stream_json(c->status, c->pipeline, c->settings->role);
}

json_t *control_decision(const struct control *c)
{
	return screen_json(pipeline_screen(c->pipeline));
}

char *control_explain(const struct control *c)
{
	json_t *j = control_decision(c);
	char *text = j ? json_dumps(j, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) : NULL;

	json_decref(j);
	return text;
}

/* ---- what may be asked ---- */

static void note(struct control *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void note(struct control *c, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	events_note(
		pipeline_events(c->pipeline), HISTORY_SERVICE, LOG_NOTICE, NULL, NULL, "%s", text);
}

void control_start(struct control *c)
{
	note(c, "Started by request");
	pipeline_play(c->pipeline, c->settings, c->card);
}

void control_stop(struct control *c)
{
	note(c, "Stopped by request");
	pipeline_pause(c->pipeline);
}

void control_restart(struct control *c)
{
	note(c, "Restarted by request");
	pipeline_restart(c->pipeline, c->settings, c->card);
}

int control_reload(struct control *c, struct fault *f)
{
	return c->reload(c->userdata, f);
}

int control_reload_rules(struct control *c, struct fault *f)
{
	return c->reload_rules(c->userdata, f);
}

int control_add_output(
	struct control *c, const char *name, const char *url, bool primary, struct fault *f)
{
	int r = settings_add_output(c->settings, c->card, name, url, primary, f);

	if (r < 0)
		return r;
	r = pipeline_add_output(c->pipeline, c->settings, c->settings->n_outputs - 1, c->card);
	if (r < 0) {
		struct fault unused = { .kind = FAULT_NONE };

		(void) settings_remove_output(c->settings, name, &unused);
		return fault_set(f, FAULT_IO, "The output cannot be added: %s.", strerror(-r));
	}
	note(c, "Output %s was added by request", name);
	return 0;
}

int control_remove_output(struct control *c, const char *name, struct fault *f)
{
	int r = settings_remove_output(c->settings, name, f);

	if (r < 0)
		return r;
	(void) pipeline_remove_output(c->pipeline, c->settings, name);
	note(c, "Output %s was removed by request", name);
	return 0;
}

int control_action_of(const char *word)
{
	static const char *const words[] = {
		[CONTROL_START] = "start",
		[CONTROL_STOP] = "stop",
		[CONTROL_RESTART] = "restart",
		[CONTROL_RELOAD] = "reload",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i], word) == 0)
			return (int) i;
	return -EINVAL;
}

/* One that is there already stays. */
static int begin_output(struct control *c, size_t i, struct fault *f)
{
	struct control_output_figures unused;
	int r;

	if (control_output_figures(c, c->settings->outputs[i].name, &unused))
		return 0;
	r = pipeline_add_output(c->pipeline, c->settings, i, c->card);
	if (r < 0)
		return fault_set(f, FAULT_IO, "The output cannot begin: %s.", strerror(-r));
	return 0;
}

int control_output(struct control *c, const char *name, enum control_action action, struct fault *f)
{
	static const char *const done[] = {
		[CONTROL_START] = "started",
		[CONTROL_STOP] = "stopped",
		[CONTROL_RESTART] = "restarted",
	};
	int r, i;

	if (action == CONTROL_RELOAD)
		return -EINVAL;
	i = settings_enable_output(c->settings, name, action != CONTROL_STOP, f);
	if (i < 0)
		return i;
	if (action != CONTROL_START)
		(void) pipeline_remove_output(c->pipeline, c->settings, name);
	r = action == CONTROL_STOP ? 0 : begin_output(c, (size_t) i, f);
	if (r == 0)
		note(c, "Output %s was %s by request", name, done[action]);
	return r;
}

int control_set_bitrate(struct control *c, uint64_t bitrate, struct fault *f)
{
	int r = settings_set_bitrate(c->settings, bitrate, f);

	if (r < 0)
		return r;
	note(c, "The bitrate was set by request: %" PRIu64 " bit/s", bitrate);
	return pipeline_set_bitrate(c->pipeline, c->settings->encoder.bitrate);
}

static int not_recognising(struct fault *f)
{
	return fault_set(f, FAULT_NOT_RECOGNISING, "Nothing is recognised on this card.");
}

int control_reload_references(struct control *c, struct fault *f)
{
	return screen_reload(pipeline_screen(c->pipeline)) < 0 ? not_recognising(f) : 0;
}

static int number_refused(
	struct control *c, int r, const char *name, const char *text, struct fault *f)
{
	const char *format = screen_number_format(pipeline_screen(c->pipeline), name);

	if (r == -ENODEV)
		return not_recognising(f);
	if (r == -ENOENT)
		return fault_set(f, FAULT_NO_SUCH_NUMBER, "The rules have no number %.64s.", name);
	if (r == -EINVAL)
		return fault_set(f, FAULT_BAD_NUMBER,
			"\"%.64s\" is nothing that %.64s can show: %s%s.", text, name,
			format ? "it looks like " : "digits are wanted", format ? format : "");
	if (r == -ENOSPC)
		return fault_set(f, FAULT_BUSY, "What was told before has not been learnt yet.");
	return r;
}

int control_tell_number(struct control *c, const char *name, const char *text, struct fault *f)
{
	struct video_status v;
	int r;

	/* What comes later may show another number. */
	pipeline_video_status(c->pipeline, &v);
	if (!v.live && screen_references(pipeline_screen(c->pipeline)))
		return fault_set(f, FAULT_NO_PICTURE, "No live picture comes.");
	r = screen_tell_number(pipeline_screen(c->pipeline), name, text);
	if (r < 0)
		return number_refused(c, r, name, text, f);
	log_info("Told by request: %s shows %s", name, text);
	return 0;
}

static bool has_state(struct screen *s, const char *state)
{
	struct screen_view v;

	screen_view(s, &v);
	for (int i = 0; i < v.n_states; i++)
		if (strcmp(v.states[i], state) == 0)
			return true;
	return false;
}

int control_references(
	const struct control *c, const char *state, bool all, char **ret, struct fault *f)
{
	struct screen *s = pipeline_screen(c->pipeline);
	const char *folder = screen_references(s);

	if (!folder)
		return not_recognising(f);
	if (!(all && !*state) && !has_state(s, state))
		return fault_set(f, FAULT_NO_SUCH_STATE, "The rules have no state %.64s.", state);
	*ret = strdup(folder);
	return *ret ? 0 : -ENOMEM;
}
