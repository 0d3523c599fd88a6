/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/status.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "common/hist.h"
#include "common/log.h"
#include "common/url.h"
#include "common/usec.h"
#include "common/utf8.h"
#include "keep/clips.h"
#include "media/hub.h"
#include "recognize/rules.h"
#include "streamer/facts.h"
#include "streamer/screen.h"

#define SAMPLE_USEC (USEC_PER_SEC / 2)

struct status {
	uint64_t start_usec, start_wall_usec;
	/* the last sample */
	uint64_t usec, frames, bytes, input_frames;
	/* what came out */
	double fps, bitrate, input_fps;
	/* the video status that a json or line call works on */
	struct video_status video;
};

int status_new(struct status **ret)
{
	struct status *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->start_usec = s->usec = usec_now();
	s->start_wall_usec = usec_of(CLOCK_REALTIME);
	*ret = s;
	return 0;
}

struct status *status_free(struct status *s)
{
	free(s);
	return NULL;
}

void status_sample(struct status *s, struct pipeline *p)
{
	struct video_status *v = &s->video;
	struct audio_status a = { 0 };
	uint64_t now = usec_now(), bytes;
	double sec = (double) (now - s->usec) / (double) USEC_PER_SEC;

	pipeline_video_status(p, v);
	if (now - s->usec < SAMPLE_USEC)
		return;
	(void) pipeline_audio_status(p, &a);
	bytes = v->bytes + a.bytes;
	s->fps = (double) (v->frames - s->frames) / sec;
	s->input_fps = (double) (v->source.frames - s->input_frames) / sec;
	s->bitrate = (double) (bytes - s->bytes) * 8 / sec;
	s->usec = now;
	s->frames = v->frames;
	s->input_frames = v->source.frames;
	s->bytes = bytes;
}

double status_frame_rate(const struct status *s)
{
	return s->fps;
}

double status_bitrate(const struct status *s)
{
	return s->bitrate;
}

uint64_t status_since(const struct status *s)
{
	return s->start_wall_usec;
}

static double nominal_rate(const struct video_status *v)
{
	return v->rate_den ? (double) v->rate_num / v->rate_den : 0;
}

/* How fast the encoder keeps up with the clock: 1 is real time. */
static double speed(const struct status *s)
{
	double rate = nominal_rate(&s->video);

	return rate > 0 ? s->fps / rate : 0;
}

static double round_to(double v, double step)
{
	return round(v / step) * step;
}

static json_int_t wall_of(const struct status *s, uint64_t usec)
{
	return (json_int_t) ((s->start_wall_usec + (usec - s->start_usec)) / USEC_PER_SEC);
}

static json_t *hist_json(const struct hist *h, bool full)
{
	json_t *o = json_pack("{s:f, s:f, s:f, s:I}", "p50",
		(double) hist_quantile(h, 0.50) / USEC_PER_MSEC, "p99",
		(double) hist_quantile(h, 0.99) / USEC_PER_MSEC, "max",
		(double) atomic_load(&h->max_usec) / USEC_PER_MSEC, "n",
		(json_int_t) atomic_load(&h->n));
	json_t *buckets;

	if (!full)
		return o;
	buckets = json_array();
	for (int i = 0; i < HIST_BUCKETS; i++) {
		uint64_t n = atomic_load(&h->count[i]);

		if (n)
			json_array_append_new(buckets,
				json_pack("[I, I]", (json_int_t) hist_edge(i), (json_int_t) n));
	}
	json_object_set_new(o, "buckets_usec", buckets);
	json_object_set_new(o, "sum_usec", json_integer((json_int_t) atomic_load(&h->sum_usec)));
	return o;
}

static json_t *recovery_json(const struct recovery_status *r)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:s}", "restarts", (json_int_t) r->restarts,
		"reopens", (json_int_t) r->reopens, "resets", (json_int_t) r->resets,
		"failed_resets", (json_int_t) r->failed_resets, "reset_error", r->reset_error);
}

static json_t *input_json(const struct status *s)
{
	const struct video_status *v = &s->video;

	return json_pack(
		"{s:s, s:o, s:s, s:s, s:i, s:i, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, "
		"s:o}",
		"reason", v->reason, "warning", utf8_json(v->warning), "device", v->info.device,
		"format", v->info.format, "width", v->info.width, "height", v->info.height, "fps",
		round_to(s->input_fps, 0.1), "frames", (json_int_t) v->source.frames, "dropped",
		(json_int_t) (v->source.dropped + v->stale), "errors",
		(json_int_t) (v->source.errors + v->corrupt), "opens", (json_int_t) v->opens,
		"repeated", (json_int_t) v->repeated, "placeholders", (json_int_t) v->placeholders,
		"live_since", (json_int_t) wall_of(s, v->live_since_usec), "compromise",
		v->info.compromise, "recovery", recovery_json(&v->recovery));
}

/* Of both channels. */
static json_t *decibels(const double db[LEVELS_CHANNELS])
{
	return json_pack("[f, f]", round_to(db[0], 0.1), round_to(db[1], 0.1));
}

static json_t *audio_json(struct pipeline *p)
{
	struct audio_status a;

	if (!pipeline_audio_status(p, &a))
		return json_null();
	return json_pack(
		"{s:s, s:b, s:s, s:s, s:i, s:i, s:f, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}",
		"device", a.info.device, "live", a.live, "reason", a.reason, "format",
		a.info.format, "rate", a.info.rate_num, "channels", a.info.channels, "drift_ppm",
		round_to(a.sync.drift_ppm, 0.1), "offset_ms",
		round_to(a.sync.offset_usec / 1000, 0.001), "resyncs", (json_int_t) a.sync.resyncs,
		"silence_ms", (json_int_t) (a.sync.silence * 1000 / SYNC_RATE), "dropped_ms",
		(json_int_t) (a.sync.dropped * 1000 / SYNC_RATE), "xruns",
		(json_int_t) a.source.errors, "packets", (json_int_t) a.packets, "errors",
		(json_int_t) a.encode_errors, "peak_db", decibels(a.levels.peak_db), "rms_db",
		decibels(a.levels.rms_db));
}

static json_t *encoder_json(const struct status *s, struct pipeline *p, bool full)
{
	const struct video_status *v = &s->video;
	struct follow_view b;
	json_t *o;

	follow_view(pipeline_follow(p), &b);
	o = json_pack("{s:s, s:b, s:s, s:i, s:b, s:i, s:i, s:f, s:f, s:I, s:f, s:I, s:I, s:I, s:o}",
		"name", v->codec.name, "hardware", v->codec.hardware, "reason", v->codec.reason,
		"demotions", (int) v->codec.demotions, "open", v->width > 0, "width", v->width,
		"height", v->height, "rate", round_to(nominal_rate(v), 0.001), "fps",
		round_to(s->fps, 0.1), "bitrate", (json_int_t) s->bitrate, "speed",
		round_to(speed(s), 0.01), "frames", (json_int_t) v->frames, "keyframes",
		(json_int_t) v->keyframes, "errors", (json_int_t) v->encode_errors, "encode_ms",
		hist_json(pipeline_encode_hist(p), full));
	json_object_set_new(o, "target_bitrate", json_integer((json_int_t) b.target));
	json_object_set_new(o, "ceiling_bitrate", json_integer((json_int_t) b.ceiling));
	json_object_set_new(o, "bitrate_state", json_string(bitrate_state_name(b.state)));
	json_object_set_new(o, "bitrate_output", json_string(b.output));
	return o;
}

struct outputs_walk {
	const struct status *s;
	json_t *array;
	bool full;
};

static void add_output(struct output *o, void *userdata)
{
	struct outputs_walk *w = userdata;
	_cleanup_(freep) char *url = url_mask(output_url(o)), *used = NULL;
	struct output_stats t;
	json_t *j;

	output_stats(o, &t);
	used = url_mask(output_url_at(o, t.backup));
	j = json_pack(
		"{s:s, s:o, s:s, s:I, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"name", output_name(o), "url", utf8_json(url ? url : ""), "state",
		output_state_name(t.state), "since", wall_of(w->s, t.since_usec), "last_error",
		utf8_json(t.last_error), "path", utf8_json(t.path), "bytes", (json_int_t) t.bytes,
		"frames", (json_int_t) t.frames, "dropped", (json_int_t) t.queue.dropped_video,
		"dropped_audio", (json_int_t) t.queue.dropped_audio, "reconnects",
		(json_int_t) (t.sessions ? t.sessions - 1 : 0), "failures", (json_int_t) t.failures,
		"mishaps", (json_int_t) t.mishaps, "queue_ms",
		(json_int_t) (t.queue.queued_usec / USEC_PER_MSEC), "queue_bytes",
		(json_int_t) t.queue.queued_bytes, "drops", (json_int_t) t.queue.drops);
	json_object_set_new(j, "url_in_use", utf8_json(used ? used : ""));
	json_object_set_new(j, "url_reason", utf8_json(t.url_reason));
	json_object_set_new(j, "backup", json_integer((json_int_t) t.backup));
	json_object_set_new(j, "switches", json_integer((json_int_t) t.switches));
	json_object_set_new(j, "latency_ms", hist_json(output_latency(o), w->full));
	json_object_set_new(j, "overhead_ms", hist_json(output_overhead(o), w->full));
	if (w->full)
		json_object_set_new(
			j, "first_sent_usec", json_integer((json_int_t) t.first_sent_usec));
	json_array_append_new(w->array, j);
}

static json_t *outputs_json(const struct status *s, struct pipeline *p, bool full)
{
	struct outputs_walk w = { .s = s, .array = json_array(), .full = full };

	hub_foreach(pipeline_hub(p), add_output, &w);
	return w.array;
}

static json_t *state_json(struct pipeline *p)
{
	json_t *j = screen_json(pipeline_screen(p));

	return j ? j : json_null();
}

static json_t *log_json(void)
{
	uint64_t waiting, lost;

	log_count(&waiting, &lost);
	return json_pack("{s:I, s:I}", "waiting", (json_int_t) waiting, "lost", (json_int_t) lost);
}

/* The fields of the system this one replaces, for the dashboards that know them. */
static void add_original(const struct status *s, json_t *o, const char *role)
{
	const struct video_status *v = &s->video;
	char bitrate[32], rate[16];

	snprintf(bitrate, sizeof(bitrate), "%.1fkbits/s", s->bitrate / 1000);
	snprintf(rate, sizeof(rate), "%.1fx", speed(s));
	json_object_set_new(o, "name", json_string(role));
	json_object_set_new(o, "running", json_boolean(v->width > 0));
	json_object_set_new(o, "pid", json_integer(getpid()));
	json_object_set_new(o, "fps", json_real(round_to(s->fps, 0.1)));
	json_object_set_new(o, "bitrate", json_string(bitrate));
	json_object_set_new(o, "speed", json_string(rate));
	json_object_set_new(o, "frame", json_integer((json_int_t) v->frames));
	json_object_set_new(
		o, "drop_frames", json_integer((json_int_t) (v->source.dropped + v->stale)));
	json_object_set_new(
		o, "dup_frames", json_integer((json_int_t) (v->repeated + v->placeholders)));
	json_object_set_new(
		o, "uptime", json_real(round_to((double) (usec_now() - s->start_usec) / 1e6, 0.1)));
	json_object_set_new(o, "last_update",
		json_real(round_to((double) usec_of(CLOCK_REALTIME) / 1e6, 0.001)));
}

json_t *status_stream_json(struct status *s, struct pipeline *p, const char *role)
{
	json_t *o = json_object();

	status_sample(s, p);
	if (o)
		add_original(s, o, role);
	return o;
}

char *status_json(struct status *s, struct pipeline *p, const struct status_names *names, bool full)
{
	json_t *o = json_object();
	char *text, *line;

	json_object_set_new(o, "card", names->card ? json_string(names->card) : json_null());
	json_object_set_new(o, "machine", json_string(names->machine));
	json_object_set_new(o, "role", json_string(names->role));
	json_object_set_new(
		o, "since", json_integer((json_int_t) (s->start_wall_usec / USEC_PER_SEC)));
	json_object_set_new(
		o, "problem", names->problem ? json_string(names->problem) : json_null());
	json_object_set_new(o, "input_live", json_boolean(p && s->video.live));
	if (p) {
		status_sample(s, p);
		json_object_set_new(o, "input_live", json_boolean(s->video.live));
		json_object_set_new(o, "input", input_json(s));
		json_object_set_new(o, "facts", facts_json(pipeline_facts(p)));
		json_object_set_new(o, "audio", audio_json(p));
		json_object_set_new(o, "encoder", encoder_json(s, p, full));
		json_object_set_new(o, "outputs", outputs_json(s, p, full));
		json_object_set_new(o, "state", state_json(p));
		json_object_set_new(o, "receivers", screen_receivers_json(pipeline_screen(p)));
		json_object_set_new(o, "clips", clips_json(pipeline_clips(p)));
	}
	json_object_set_new(o, "log", log_json());
	if (full)
		json_object_set_new(o, "first_packet_usec",
			json_integer((json_int_t) s->video.first_packet_usec));
	add_original(s, o, names->role);
	text = json_dumps(o, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	json_decref(o);
	if (!text || asprintf(&line, "%s\n", text) < 0)
		line = NULL;
	free(text);
	return line;
}

struct line_walk {
	char *buf;
	size_t size;
};

static void append(char *buf, size_t size, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void append(char *buf, size_t size, const char *fmt, ...)
{
	size_t used = strlen(buf);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf + used, size - used, fmt, ap);
	va_end(ap);
}

static void add_output_words(struct output *o, void *userdata)
{
	struct line_walk *w = userdata;
	struct output_stats t;

	output_stats(o, &t);
	append(w->buf, w->size, "; %s %s", output_name(o), output_state_name(t.state));
	if (t.state == OUTPUT_RUNNING)
		append(w->buf, w->size, " %" PRIu64 " ms", t.queue.queued_usec / USEC_PER_MSEC);
	if (t.queue.dropped_video)
		append(w->buf, w->size, " %" PRIu64 " dropped", t.queue.dropped_video);
}

const char *status_line(struct status *s, struct pipeline *p, char *buf, size_t size)
{
	struct line_walk w = { buf, size };
	const struct video_status *v = &s->video;
	char state[RULES_NAME_MAX + 1];

	status_sample(s, p);
	buf[0] = '\0';
	if (v->live)
		append(buf, size, "live");
	else
		append(buf, size, "no input (%s)", v->reason);
	if (*screen_state(pipeline_screen(p), state, sizeof(state)))
		append(buf, size, ", %s", state);
	if (v->width > 0)
		append(buf, size,
			", %dx%d, %.1f fps, %.2f Mb/s, speed %.2fx, %" PRIu64 " frames, %" PRIu64
			" dropped",
			v->width, v->height, s->fps, s->bitrate / 1e6, speed(s), v->frames,
			v->source.dropped + v->stale);
	else
		append(buf, size, ", encoder asleep");
	hub_foreach(pipeline_hub(p), add_output_words, &w);
	return buf;
}
