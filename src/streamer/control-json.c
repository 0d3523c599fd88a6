/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/control-json.h"

#include <math.h>
#include <string.h>

#include "common/url.h"
#include "common/usec.h"
#include "common/utf8.h"
#include "streamer/facts.h"

static double rounded(double v, double step)
{
	return round(v / step) * step;
}

/* ---- outputs ---- */

/* Which of its URLs an output uses. Takes the reference, and gives it back. */
static json_t *with_url(
	json_t *j, const char *url, const char *reason, uint64_t backup, uint64_t switches)
{
	json_object_set_new(j, "url_in_use", utf8_json(url));
	json_object_set_new(j, "url_reason", utf8_json(reason));
	json_object_set_new(j, "backup", json_integer((json_int_t) backup));
	json_object_set_new(j, "switches", json_integer((json_int_t) switches));
	return j;
}

static json_t *running_json(const struct control *c, const struct control_output *o)
{
	struct control_output_figures f = { 0 };
	json_t *j;

	(void) control_output_figures(c, o->name, &f);
	j = json_pack("{s:s, s:o, s:s, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:b}",
		"name", o->name, "url", utf8_json(o->url), "state", o->state, "since",
		(json_int_t) (usec_to_realtime(o->since_usec) / USEC_PER_SEC), "last_error",
		utf8_json(o->last_error), "bytes", (json_int_t) f.bytes, "frames",
		(json_int_t) f.frames, "dropped", (json_int_t) f.dropped, "sessions",
		(json_int_t) o->sessions, "failures", (json_int_t) o->failures, "mishaps",
		(json_int_t) f.mishaps, "queue_ms",
		rounded((double) f.queue_usec / USEC_PER_MSEC, 0.1), "latency_p99_ms",
		rounded((double) f.latency_p99_usec / USEC_PER_MSEC, 0.1), "running", true);
	return with_url(j, o->url_in_use, o->url_reason, o->backup, o->switches);
}

/* One that the settings have and the pipeline has not. */
static json_t *stopped_json(const struct settings_output *o)
{
	_cleanup_(freep) char *url = url_mask(o->url);
	json_t *j;

	j = json_pack("{s:s, s:o, s:s, s:i, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:f, s:f, s:b}",
		"name", o->name, "url", utf8_json(url ? url : ""), "state", "idle", "since", 0,
		"last_error", "", "bytes", 0, "frames", 0, "dropped", 0, "sessions", 0, "failures",
		0, "mishaps", 0, "queue_ms", 0., "latency_p99_ms", 0., "running", false);
	return with_url(j, url ? url : "", "", 0, 0);
}

/* In the order of the settings. */
static json_t *one_json(const struct control *c, const struct control_output *running, size_t n,
	const struct settings_output *o)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(running[i].name, o->name) == 0)
			return running_json(c, &running[i]);
	return stopped_json(o);
}

json_t *control_outputs_json(const struct control *c)
{
	struct control_output running[HUB_OUTPUTS_MAX];
	size_t n = control_outputs(c, running);
	json_t *all = json_array();

	for (size_t i = 0; i < c->settings->n_outputs; i++)
		json_array_append_new(all, one_json(c, running, n, &c->settings->outputs[i]));
	return all;
}

json_t *control_output_json(const struct control *c, const char *name)
{
	struct control_output running[HUB_OUTPUTS_MAX];
	size_t n = control_outputs(c, running);

	for (size_t i = 0; i < c->settings->n_outputs; i++)
		if (strcmp(c->settings->outputs[i].name, name) == 0)
			return one_json(c, running, n, &c->settings->outputs[i]);
	return NULL;
}

/* ---- picture and sound ---- */

json_t *control_signal_json(const struct control *c)
{
	struct control_figures f;
	struct control_view v;

	control_view(c, &v);
	control_figures(c, &f);
	return json_pack("{s:b, s:o, s:o, s:s, s:I, s:I, s:f, s:b, s:o, s:o, s:f, s:o}",
		"input_live", v.input_live, "input_reason", utf8_json(v.input_reason), "device",
		utf8_json(v.input_device), "format", v.input_format, "width",
		(json_int_t) v.input_size[0], "height", (json_int_t) v.input_size[1], "rate",
		rounded(v.input_rate, 0.001), "sound_live", v.sound_live, "sound_reason",
		utf8_json(v.sound_reason), "sound_device", utf8_json(v.sound_device), "drift_ppm",
		rounded(f.drift_ppm, 0.1), "facts", facts_json(pipeline_facts(c->pipeline)));
}

static json_t *decibels(const double db[LEVELS_CHANNELS])
{
	return json_pack("[f, f]", rounded(db[0], 0.1), rounded(db[1], 0.1));
}

static json_t *sound_json(const struct control *c)
{
	struct audio_status a;

	if (!pipeline_audio_status(c->pipeline, &a))
		return json_pack("{s:b, s:[n, n], s:[n, n]}", "live", false, "peak_db", "rms_db");
	return json_pack("{s:b, s:o, s:o}", "live", a.live, "peak_db", decibels(a.levels.peak_db),
		"rms_db", decibels(a.levels.rms_db));
}

json_t *control_figures_json(const struct control *c)
{
	json_t *decision = control_decision(c);
	struct control_figures f;
	struct video_status v;

	control_figures(c, &f);
	pipeline_video_status(c->pipeline, &v);
	return json_pack("{s:f, s:f, s:I, s:I, s:I, s:o, s:b, s:o, s:o, s:o, s:o}", "time",
		rounded((double) usec_of(CLOCK_REALTIME) / USEC_PER_SEC, 0.001), "frame_rate",
		rounded(f.frame_rate, 0.1), "bitrate", (json_int_t) f.bitrate, "frames",
		(json_int_t) f.frames, "dropped", (json_int_t) f.dropped, "state",
		decision ? decision : json_null(), "input_live", v.live, "input_reason",
		utf8_json(v.live ? "" : v.reason), "facts", facts_json(pipeline_facts(c->pipeline)),
		"sound", sound_json(c), "outputs", control_outputs_json(c));
}
