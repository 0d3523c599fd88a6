/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/pipeline.h"

#include <string.h>

#include "common/log.h"
#include "common/usec.h"
#include "detector/detector.h"
#include "keep/clips.h"
#include "media/hub.h"
#include "media/live.h"
#include "settings/settings-geometry.h"
#include "streamer/events.h"
#include "streamer/facts.h"
#include "streamer/input.h"
#include "streamer/lag.h"
#include "streamer/outputs.h"
#include "streamer/preview.h"
#include "streamer/screen.h"
#include "streamer/stills.h"
#include "streamer/store.h"

#define LAST_USEC (300 * USEC_PER_MSEC) /* of the end, for clips and good-byes */

struct pipeline {
	/* set before start */
	struct pipeline_hooks hooks;
	struct settings_strings {
		char title[96];
		char codec[CODEC_NAME_MAX], preset[24], tune[64], profile[16];
	} strings; /* what the stages keep by reference */
	struct video *video;
	struct audio *audio; /* NULL: no track */
	struct hub *hub;
	struct outputs outputs;
	struct screen *screen;
	struct stills *stills;
	struct clips *clips;
	struct live *live;
	struct preview *preview;
	struct facts *facts;
	uint64_t epoch_usec; /* monotonic; packets' times count from here */
	struct events *events;

	/* the video encode stage's own */
	unsigned generation;

	/* the main thread's own */
	uint64_t video_seen, audio_seen;
	bool paused, keep_stills;
	struct follow follow;
	struct lag lag;

	/* any thread */
	atomic_bool ended, failed, running;
};

/* ---- called by the stages ---- */

static void tell(struct pipeline *p, const struct change *c)
{
	if (p->hooks.told)
		p->hooks.told(p->hooks.userdata, c);
}

static void on_tracks(void *userdata, struct AVCodecParameters *video, int rate_num, int rate_den)
{
	struct pipeline *p = userdata;
	_cleanup_(tracks_unrefp) struct tracks *t = NULL;
	struct AVCodecParameters *audio = NULL;

	if (!video) {
		hub_set_tracks(p->hub, NULL);
		clips_set_tracks(p->clips, NULL);
		live_set_tracks(p->live, NULL);
		return;
	}
	atomic_store(&p->failed, false);
	events_encoder_works(p->events);
	if (p->audio && audio_parameters(p->audio, &audio) < 0)
		log_error("No memory for the sound track: it is left out");
	if (tracks_new(&t, ++p->generation, video, audio, rate_num, rate_den) < 0) {
		log_error("No memory for the tracks: outputs wait");
		return;
	}
	hub_set_tracks(p->hub, t);
	clips_set_tracks(p->clips, t);
	live_set_tracks(p->live, t);
}

static void on_packet(void *userdata, struct packet *packet)
{
	struct pipeline *p = userdata;

	hub_publish(p->hub, packet);
	clips_put(p->clips, packet);
	live_put(p->live, packet);
	if (!atomic_load_explicit(&p->running, memory_order_relaxed) &&
		packet->track == TRACK_VIDEO) {
		atomic_store(&p->running, true);
		p->hooks.changed(p->hooks.userdata);
	}
}

static void on_live(void *userdata, bool live, const char *reason)
{
	struct pipeline *p = userdata;
	struct change c = { .kind = CHANGE_SIGNAL, .live = live };
	struct video_status v;

	events_input(p->events, live, reason);
	video_status(p->video, &v);
	facts_signal(p->facts, v.signal);
	if (!live) {
		screen_lost(p->screen);
		preview_lost(p->preview, reason);
		facts_lost(p->facts);
	}
	snprintf(c.text, sizeof(c.text), "%s", live ? "" : reason);
	tell(p, &c);
	p->hooks.changed(p->hooks.userdata);
}

static void on_sound(void *userdata, bool live, const char *reason)
{
	struct pipeline *p = userdata;

	events_sound(p->events, live, reason);
	p->hooks.changed(p->hooks.userdata);
}

static void on_ended(void *userdata)
{
	struct pipeline *p = userdata;

	atomic_store(&p->ended, true);
	preview_lost(p->preview, "the file has ended");
	facts_lost(p->facts);
	p->hooks.changed(p->hooks.userdata);
}

static void on_failed(void *userdata, const char *why)
{
	struct pipeline *p = userdata;

	events_encoder_failed(p->events, why);
	atomic_store(&p->failed, true);
	p->hooks.changed(p->hooks.userdata);
}

static void on_encoder(void *userdata, const struct codec_news *news)
{
	struct pipeline *p = userdata;

	events_encoder(p->events, news);
	p->hooks.changed(p->hooks.userdata);
}

/* Clips are MP4, in which few players expect JPEGs. */
static bool on_takes(void *userdata, enum encoder_copied what)
{
	struct pipeline *p = userdata;

	return what == ENCODER_COPIED_MJPEG ? !clips_wanted(p->clips) && hub_takes_jpeg(p->hub)
					    : true;
}

static bool on_wanted(void *userdata)
{
	struct pipeline *p = userdata;

	return hub_count(p->hub) > 0 || clips_wanted(p->clips) || live_wanted(p->live);
}

static void on_frame(void *userdata, struct frame *f)
{
	struct pipeline *p = userdata;

	screen_frame(p->screen, f);
	stills_frame(p->stills, f);
	preview_frame(p->preview, f);
	facts_frame(p->facts, f);
}

static void on_event(void *userdata, enum video_event event, const char *words)
{
	struct pipeline *p = userdata;

	switch (event) {
	case VIDEO_RESET:
	case VIDEO_RESET_FAILED:
		events_reset(p->events, event == VIDEO_RESET ? NULL : words);
		break;
	case VIDEO_COMPROMISE:
	case VIDEO_UNCOMPROMISED:
		events_bandwidth(p->events, event == VIDEO_UNCOMPROMISED ? NULL : words);
		break;
	}
	p->hooks.changed(p->hooks.userdata);
}

static void on_screen(void *userdata)
{
	struct pipeline *p = userdata;

	p->hooks.changed(p->hooks.userdata);
}

static void on_state(
	void *userdata, const char *name, uint64_t capture_usec, uint64_t realtime_usec)
{
	struct pipeline *p = userdata;

	clips_trigger(p->clips, (int64_t) (capture_usec - p->epoch_usec), realtime_usec, name);
}

static void on_told(void *userdata, const struct detector_change *d)
{
	struct pipeline *p = userdata;
	struct change c = { .kind = d->number < 0 ? CHANGE_STATE : CHANGE_NUMBER,
		.capture_usec = d->since_usec,
		.capture_realtime = d->since_realtime };

	if (d->number >= 0) {
		snprintf(c.name, sizeof(c.name), "%s", d->rules->numbers[d->number].name);
		snprintf(c.text, sizeof(c.text), "%s", d->text);
	} else {
		snprintf(c.name, sizeof(c.name), "%s", d->before);
		snprintf(c.text, sizeof(c.text), "%s",
			rules_state_name(d->rules, d->decision->state));
		if (d->decision->state == STATE_UNKNOWN)
			snprintf(c.more, sizeof(c.more), "%s", reason_name(d->decision->reason));
	}
	tell(p, &c);
	p->hooks.changed(p->hooks.userdata);
}

static void on_candidate(void *userdata, struct frame *f, json_t *decision)
{
	struct pipeline *p = userdata;

	clips_candidate(p->clips, f, decision);
}

static void on_kept(void *userdata, const char *path, const char *why)
{
	struct pipeline *p = userdata;

	events_clip(p->events, path, why);
}

static void on_output(void *userdata, const struct output_event *e)
{
	struct pipeline *p = userdata;
	struct change c = { .kind = CHANGE_OUTPUT };

	events_output(p->events, e);
	if (e->state == OUTPUT_RUNNING && e->attempt && !e->unproven)
		return; /* it came before */
	snprintf(c.name, sizeof(c.name), "%s", e->name);
	snprintf(c.text, sizeof(c.text), "%s", output_state_name(e->state));
	snprintf(c.more, sizeof(c.more), "%s", e->error ? e->error : "");
	tell(p, &c);
	p->hooks.changed(p->hooks.userdata);
}

static void on_want_keyframe(void *userdata)
{
	struct pipeline *p = userdata;

	video_want_keyframe(p->video);
}

/* ---- the outside ---- */

static void copy_strings(struct pipeline *p, const struct settings *s, const char *card)
{
	struct settings_strings *t = &p->strings;

	snprintf(t->title, sizeof(t->title), "egm-streamer %s", card ? card : s->role);
	/* What steps in for what is passed on must be there at once: no hardware is tried. */
	snprintf(t->codec, sizeof(t->codec), "%s",
		s->encoder.codec == CODEC_COPY ? "libx264" : settings_codec_name(s));
	snprintf(t->preset, sizeof(t->preset), "%s", s->encoder.preset);
	snprintf(t->tune, sizeof(t->tune), "%s", s->encoder.tune);
	snprintf(t->profile, sizeof(t->profile), "%s", s->encoder.profile);
}

static struct shape_settings shape_settings(const struct settings *s)
{
	struct shape_settings shape = { .width = s->encoder.size.width,
		.height = s->encoder.size.height,
		.stretch = s->video.fit == FIT_STRETCH };

	settings_geometry(s, &shape.geometry);
	return shape;
}

static struct video_settings video_settings(
	struct pipeline *p, const struct settings *s, const struct input *in)
{
	struct video_settings v = {
		.title = p->strings.title,
		.epoch_usec = p->epoch_usec,
		.width = s->video.size.width,
		.height = s->video.size.height,
		.rate_num = s->video.rate.num,
		.rate_den = s->video.rate.den,
		.shape = shape_settings(s),
		.copy = s->encoder.codec == CODEC_COPY,
		.encoder = {
			.codec = p->strings.codec,
			.preset = p->strings.preset,
			.tune = p->strings.tune,
			.profile = p->strings.profile,
			.bitrate = s->encoder.bitrate,
			.gop = (int) s->encoder.gop,
			.threads = (int) s->encoder.threads,
		},
	};

	/* A card that yields more than 30 is thinned to it unless told otherwise; a file keeps its
	 * rate. */
	if (v.rate_num == 0 && !in->video_native) {
		v.rate_num = 30;
		v.rate_den = 1;
	}
	return v;
}

static int build(
	struct pipeline *p, const struct settings *s, const char *card, char *why, size_t size)
{
	const struct audio_hooks ah = { on_packet, on_sound, on_wanted, p };
	const struct video_hooks vh = { on_tracks, on_packet, on_live, on_ended, on_failed,
		on_wanted, on_frame, on_event, on_encoder, on_takes, p };
	struct video_settings vs;
	struct input in;
	int r;

	p->epoch_usec = usec_now();
	r = input_new(s, card, &in, why, size);
	if (r < 0)
		return r;
	vs = video_settings(p, s, &in);
	vs.codec.prober.card = card;
	r = video_new(&p->video, in.video, &vs, &vh);
	if (r < 0 || !in.audio_track)
		source_free(in.audio);
	else
		r = audio_new(&p->audio, in.audio, p->epoch_usec, s->audio.bitrate, &ah, why, size);
	p->follow = (struct follow){ .video = p->video, .hub = p->hub, .events = p->events };
	follow_apply(&p->follow, s, p->audio);
	return r;
}

/* A folder that cannot be named is no reason not to stream. */
static void expand_folder(
	const struct settings *s, const char *template, const char *card, char **ret)
{
	char why[160] = "no memory";

	if (settings_path(s, template, card, ret, why, sizeof(why)) < 0)
		log_error("%s: %s", template, why);
}

static void choose_candidates(const char *card, char **ret)
{
	char folder[256];

	store_state_folder(folder, sizeof(folder));
	if (!card || asprintf(ret, "%s/candidates/%s", folder, card) < 0)
		*ret = NULL;
}

static int add_clips(struct pipeline *p, const struct settings *s, const char *card)
{
	_cleanup_(freep) char *folder = NULL, *candidates = NULL;
	const struct clips_hooks hooks = { on_kept, p };
	struct clips_settings cs = {
		.states = s->clips.states,
		.before_usec = s->clips.before_usec,
		.after_usec = s->clips.after_usec,
		.memory_bytes = (size_t) s->clips.memory_bytes,
		.folder_bytes = (uint64_t) s->clips.disk_bytes,
		.folder_files = (size_t) s->clips.files,
		.candidates_max = (size_t) s->candidates.files,
	};

	expand_folder(s, s->clips.folder, card, &folder);
	if (strcmp(s->candidates.folder, "auto") == 0)
		choose_candidates(card, &candidates);
	else
		expand_folder(s, s->candidates.folder, card, &candidates);
	cs.folder = folder;
	cs.candidates = candidates;
	return clips_new(&p->clips, &cs, &hooks);
}

static int add_watching(struct pipeline *p)
{
	const struct live_hooks hooks = { on_want_keyframe, p };
	const struct preview_settings settings = { .title = p->strings.title };
	int r = live_new(&p->live, NULL, &hooks);

	if (r >= 0)
		r = preview_new(&p->preview, &settings);
	return r < 0 ? r : facts_new(&p->facts, p->events, on_screen, p);
}

int pipeline_new(struct pipeline **ret, const struct settings *s, const char *card,
	const struct pipeline_hooks *hooks, char *why, size_t why_size)
{
	struct pipeline *p = calloc(1, sizeof(*p));
	const struct screen_hooks sh = { on_screen, on_state, on_candidate, on_told, p };
	int r;

	if (!p)
		return -ENOMEM;
	p->hooks = *hooks;
	copy_strings(p, s, card);
	snprintf(why, why_size, "no memory");
	r = events_new(&p->events);
	if (r >= 0)
		r = hub_new(&p->hub);
	p->outputs = (struct outputs){ p->hub, p->events, { on_output, on_want_keyframe, p } };
	if (r >= 0)
		r = stills_new(&p->stills);
	if (r >= 0)
		r = add_clips(p, s, card);
	if (r >= 0)
		r = add_watching(p);
	if (r >= 0)
		r = screen_new(&p->screen, p->events, &sh);
	if (r >= 0)
		r = build(p, s, card, why, why_size);
	if (r < 0) {
		(void) pipeline_free(p, 0);
		return r;
	}
	/* Outputs first: they connect while the source opens. */
	outputs_add_missing(&p->outputs, s, card);
	screen_apply(p->screen, s, card);
	facts_apply(p->facts, s);
	*ret = p;
	return 0;
}

int pipeline_start(struct pipeline *p)
{
	int r = clips_start(p->clips);

	if (r >= 0)
		r = preview_start(p->preview);
	if (r >= 0)
		r = facts_start(p->facts);
	if (r >= 0)
		r = video_start(p->video);
	if (r >= 0 && p->audio)
		r = audio_start(p->audio);
	return r;
}

int pipeline_apply(struct pipeline *p, const struct settings *s, const char *card)
{
	struct shape_settings shape = shape_settings(s);

	/* First: it may be a mask, and the rest may take a moment. */
	video_set_shape(p->video, &shape);
	outputs_apply(&p->outputs, s, card);
	if (!p->paused)
		outputs_add_missing(&p->outputs, s, card);
	screen_apply(p->screen, s, card);
	facts_apply(p->facts, s);
	follow_apply(&p->follow, s, p->audio);
	return video_set_bitrate(p->video, follow_target(&p->follow));
}

void pipeline_pause(struct pipeline *p)
{
	p->paused = true;
	(void) hub_clear(p->hub, usec_now() + OUTPUTS_REMOVE_USEC);
}

void pipeline_play(struct pipeline *p, const struct settings *s, const char *card)
{
	p->paused = false;
	outputs_add_missing(&p->outputs, s, card);
}

void pipeline_restart(struct pipeline *p, const struct settings *s, const char *card)
{
	pipeline_pause(p);
	video_reopen(p->video);
	audio_reopen(p->audio);
	pipeline_play(p, s, card);
}

int pipeline_add_output(struct pipeline *p, const struct settings *s, size_t i, const char *card)
{
	follow_outputs(&p->follow, s);
	return p->paused ? 0 : outputs_add(&p->outputs, s, i, card);
}

int pipeline_remove_output(struct pipeline *p, const struct settings *s, const char *name)
{
	follow_outputs(&p->follow, s);
	return outputs_remove(&p->outputs, name);
}

int pipeline_set_bitrate(struct pipeline *p, int64_t bitrate)
{
	follow_set_ceiling(&p->follow, bitrate);
	return video_set_bitrate(p->video, follow_target(&p->follow));
}

struct follow *pipeline_follow(struct pipeline *p)
{
	return &p->follow;
}

enum pipeline_state pipeline_state(const struct pipeline *p)
{
	if (atomic_load(&p->ended))
		return PIPELINE_ENDED;
	if (atomic_load(&p->failed))
		return PIPELINE_FAILED;
	if (p->paused)
		return PIPELINE_STOPPED;
	return atomic_load(&p->running) ? PIPELINE_RUNNING : PIPELINE_STARTING;
}

void pipeline_video_status(struct pipeline *p, struct video_status *ret)
{
	video_status(p->video, ret);
}

bool pipeline_audio_status(struct pipeline *p, struct audio_status *ret)
{
	if (p->audio)
		audio_status(p->audio, ret);
	return p->audio;
}

const struct hist *pipeline_encode_hist(const struct pipeline *p)
{
	return video_encode_hist(p->video);
}

struct hub *pipeline_hub(struct pipeline *p)
{
	return p->hub;
}

struct screen *pipeline_screen(struct pipeline *p)
{
	return p->screen;
}

struct stills *pipeline_stills(struct pipeline *p)
{
	return p->stills;
}

struct live *pipeline_live(struct pipeline *p)
{
	return p->live;
}

struct preview *pipeline_preview(struct pipeline *p)
{
	return p->preview;
}

struct clips *pipeline_clips(struct pipeline *p)
{
	return p->clips;
}

struct facts *pipeline_facts(struct pipeline *p)
{
	return p->facts;
}

struct events *pipeline_events(struct pipeline *p)
{
	return p->events;
}

void pipeline_tick(struct pipeline *p)
{
	struct video_status v;

	video_status(p->video, &v);
	facts_tick(p->facts, &v);
	events_input_warning(p->events, v.warning);
	lag_tick(&p->lag, p->hub, p->events);
	events_tick(p->events);
}

bool pipeline_progress(struct pipeline *p)
{
	uint64_t v = video_progress(p->video), a = p->audio ? audio_progress(p->audio) : 0;
	bool moved = v != p->video_seen && (!p->audio || a != p->audio_seen);

	if (!moved)
		return false;
	p->video_seen = v;
	p->audio_seen = a;
	return true;
}

void pipeline_keep_stills(struct pipeline *p)
{
	p->keep_stills = true;
}

/* Somebody is left behind who may still look at everything, so nothing is freed; but clips are to
 * be whole, and those who are told hear the last. */
static int leave(struct pipeline *p, int abandoned, uint64_t until_usec)
{
	abandoned += clips_end(p->clips, until_usec);
	return abandoned + screen_end(p->screen, until_usec);
}

int pipeline_free(struct pipeline *p, uint64_t until_usec)
{
	uint64_t before = until_usec > LAST_USEC ? until_usec - LAST_USEC : 0;
	int abandoned = 0;

	if (!p)
		return 0;
	video_stop(p->video);
	audio_stop(p->audio);
	preview_stop(p->preview);
	facts_stop(p->facts);
	/* Outputs ask the video stage for keyframes, their own threads and whoever publishes; that
	 * stage asks the audio stage for its parameters: nobody may go before those who ask him. */
	if (p->hub)
		abandoned += hub_clear(p->hub, before);
	abandoned += video_free(p->video, before) < 0;
	abandoned += audio_free(p->audio, before) < 0;
	if (abandoned)
		return leave(p, abandoned, until_usec);
	abandoned = preview_free(p->preview, before) < 0;
	abandoned += facts_free(p->facts, before) < 0;
	if (abandoned)
		return leave(p, abandoned, until_usec);
	abandoned = screen_free(p->screen, before);
	if (abandoned)
		return abandoned + clips_end(p->clips, until_usec);
	abandoned = clips_free(p->clips, until_usec);
	if (abandoned)
		return abandoned;
	(void) hub_free(p->hub, 0);
	live_free(p->live);
	if (!p->keep_stills)
		stills_free(p->stills);
	events_free(p->events);
	free(p);
	return 0;
}
