/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is counted is taken from where it is counted; what only the JSON of the status tells (the
 * decision, receivers, clips) is taken out of that. In Prometheus' text all samples of a family
 * stand together, so outputs are looked at once for each family.
 */
#include "streamer/metrics.h"

#include <string.h>

#include "common/log.h"
#include "common/prometheus.h"
#include "common/usec.h"
#include "keep/clips.h"
#include "media/hub.h"
#include "media/live.h"
#include "streamer/facts.h"
#include "streamer/preview.h"

#define PREFIX "egm_streamer_"
#define COUNTER "counter"
#define GAUGE "gauge"

struct metrics {
	const struct control *c;
	struct prometheus *p;
	const char *card;
};

/* ---- one sample ---- */

static void family(struct metrics *m, const char *name, const char *type, const char *help)
{
	prometheus_family(m->p, name, type, help);
}

static void of_card(struct metrics *m, double value)
{
	prometheus_sample(m->p, PROMETHEUS_LABELS("card", m->card), value);
}

/* A family with one sample. */
static void single(
	struct metrics *m, const char *name, const char *type, const char *help, double value)
{
	family(m, name, type, help);
	of_card(m, value);
}

static double seconds(uint64_t usec)
{
	return (double) usec / USEC_PER_SEC;
}

/* ---- the instance, picture and sound ---- */

static void add_instance(struct metrics *m)
{
	const struct control *c = m->c;
	struct control_view v;
	uint64_t waiting, lost;

	control_view(c, &v);
	family(m, PREFIX "info", GAUGE, "What runs; always 1.");
	prometheus_sample(m->p,
		PROMETHEUS_LABELS("card", m->card, "machine", v.machine, "role", v.role, "version",
			PACKAGE_VERSION),
		1);
	single(m, PREFIX "start_time_seconds", GAUGE, "When it started, since 1970.",
		seconds(status_since(c->status)));
	single(m, PREFIX "configuration_problem", GAUGE,
		"1 while the configuration cannot be used.", *v.problem != '\0');
	log_count(&waiting, &lost);
	single(m, PREFIX "log_waiting", GAUGE, "Lines that wait for the journal.",
		(double) waiting);
	single(m, PREFIX "log_lost_total", COUNTER, "Lines that the journal never got.",
		(double) lost);
}

static void add_recoveries(struct metrics *m, const struct video_status *v)
{
	const struct recovery_status *r = &v->recovery;
	const struct {
		const char *step;
		uint64_t n;
	} steps[] = { { "restart", r->restarts }, { "reopen", r->reopens }, { "reset", r->resets },
		{ "failed-reset", r->failed_resets } };

	family(m, PREFIX "input_recoveries_total", COUNTER,
		"What was done to the card because it hung.");
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		prometheus_sample(m->p, PROMETHEUS_LABELS("card", m->card, "step", steps[i].step),
			(double) steps[i].n);
	single(m, PREFIX "input_compromise", GAUGE,
		"1 while the bus has no room for the picture that is wanted.",
		v->info.compromise[0] != '\0');
}

static void add_input(struct metrics *m, const struct video_status *v)
{
	single(m, PREFIX "input_live", GAUGE, "1 while pictures come from the card.", v->live);
	single(m, PREFIX "input_live_changed_timestamp_seconds", GAUGE,
		"When that last changed, since 1970; 0: never.",
		v->live_since_usec ? seconds(usec_to_realtime(v->live_since_usec)) : 0);
	single(m, PREFIX "input_width_pixels", GAUGE, "Width of the card's picture.",
		v->info.width);
	single(m, PREFIX "input_height_pixels", GAUGE, "Height of the card's picture.",
		v->info.height);
	single(m, PREFIX "input_frames_total", COUNTER, "Pictures taken from the card.",
		(double) v->source.frames);
	single(m, PREFIX "input_dropped_frames_total", COUNTER,
		"Good pictures that were left out for newer ones.",
		(double) (v->source.dropped + v->stale));
	single(m, PREFIX "input_errors_total", COUNTER, "Corrupt and short pictures.",
		(double) (v->source.errors + v->corrupt));
	single(m, PREFIX "input_opens_total", COUNTER, "Times the device was opened.",
		(double) v->opens);
	add_recoveries(m, v);
	single(m, PREFIX "input_repeated_frames_total", COUNTER, "Pictures that were sent again.",
		(double) v->repeated);
	single(m, PREFIX "input_placeholder_frames_total", COUNTER,
		"Placeholders sent instead of pictures.", (double) v->placeholders);
}

static void add_fact(struct metrics *m, const char *label, const char *name, bool is)
{
	prometheus_sample(m->p, PROMETHEUS_LABELS("card", m->card, label, name), is);
}

static void add_facts(struct metrics *m)
{
	struct facts_view v;

	facts_view(pipeline_facts(m->c->pipeline), &v);
	family(m, PREFIX "signal", GAUGE, "1 for what the device says of its signal.");
	for (int i = 0; i < _SIGNAL_MAX; i++)
		add_fact(m, "signal", signal_name((enum signal) i), (int) v.signal == i);
	family(m, PREFIX "picture", GAUGE, "1 for what the pixels tell of the picture.");
	for (int i = 0; i < _PIXELS_MAX; i++)
		add_fact(m, "picture", pixels_name((enum pixels_fact) i), (int) v.picture == i);
	family(m, PREFIX "rate", GAUGE, "1 for how the pictures arrive.");
	for (int i = 0; i < _ARRIVAL_MAX; i++)
		add_fact(m, "rate", arrival_name((enum arrival_fact) i), (int) v.rate == i);
	single(m, PREFIX "input_rate_promised_hertz", GAUGE,
		"Pictures a second as negotiated; 0: not known.", v.promised);
	single(m, PREFIX "input_rate_measured_hertz", GAUGE,
		"Pictures a second as they arrive; 0: not known.", v.measured);
}

static void add_levels(struct metrics *m, const char *name, const char *help, const double *db)
{
	static const char *const channels[] = { "left", "right" };

	family(m, name, GAUGE, help);
	for (size_t i = 0; i < ARRAY_SIZE(channels); i++)
		prometheus_sample(
			m->p, PROMETHEUS_LABELS("card", m->card, "channel", channels[i]), db[i]);
}

static void add_sound(struct metrics *m)
{
	struct audio_status a;

	if (!pipeline_audio_status(m->c->pipeline, &a))
		return;
	single(m, PREFIX "sound_live", GAUGE, "1 while sound comes from the card.", a.live);
	single(m, PREFIX "sound_drift_ratio", GAUGE,
		"By how much the card's clock is faster than the system's.",
		a.sync.drift_ppm / 1e6);
	single(m, PREFIX "sound_offset_seconds", GAUGE, "How far the sound is off its time.",
		a.sync.offset_usec / 1e6);
	single(m, PREFIX "sound_resyncs_total", COUNTER, "Times the sound was put right by a jump.",
		(double) a.sync.resyncs);
	single(m, PREFIX "sound_silence_seconds_total", COUNTER, "Silence put in.",
		(double) a.sync.silence / SYNC_RATE);
	single(m, PREFIX "sound_dropped_seconds_total", COUNTER, "Sound left out.",
		(double) a.sync.dropped / SYNC_RATE);
	single(m, PREFIX "sound_overruns_total", COUNTER,
		"Overruns of the card's buffer and other faults.", (double) a.source.errors);
	single(m, PREFIX "sound_packets_total", COUNTER, "Packets of sound made.",
		(double) a.packets);
	single(m, PREFIX "sound_bytes_total", COUNTER, "Bytes in them.", (double) a.bytes);
	single(m, PREFIX "sound_encode_errors_total", COUNTER, "Faults of the encoder of sound.",
		(double) a.encode_errors);
	add_levels(m, PREFIX "sound_peak_dbfs",
		"The loudest sample of the last second; -120: silence.", a.levels.peak_db);
	add_levels(m, PREFIX "sound_rms_dbfs", "How loud the last second was; -120: silence.",
		a.levels.rms_db);
}

static void add_codec(struct metrics *m, const struct codec_status *c)
{
	if (*c->name) {
		family(m, PREFIX "encoder_info", GAUGE, "1, for the encoder in use or used last.");
		prometheus_sample(m->p,
			PROMETHEUS_LABELS("card", m->card, "codec", c->name, "hardware",
				c->hardware ? "yes" : "no"),
			1);
	}
	single(m, PREFIX "encoder_demotions_total", COUNTER,
		"Times an encoder gave way to another one.", c->demotions);
}

static void add_encoder(struct metrics *m, const struct video_status *v)
{
	struct follow_view b;
	struct control_figures f;

	control_figures(m->c, &f);
	follow_view(pipeline_follow(m->c->pipeline), &b);
	single(m, PREFIX "encoder_open", GAUGE, "1 while somebody wants packets.", v->width > 0);
	add_codec(m, &v->codec);
	single(m, PREFIX "encoder_width_pixels", GAUGE, "Width of what is sent; 0 while closed.",
		v->width);
	single(m, PREFIX "encoder_height_pixels", GAUGE, "Height of what is sent; 0 while closed.",
		v->height);
	single(m, PREFIX "encoder_frame_rate_hertz", GAUGE, "Pictures a second.", f.frame_rate);
	single(m, PREFIX "encoder_bytes_per_second", GAUGE, "Picture and sound as they come out.",
		(double) f.bitrate / 8);
	single(m, PREFIX "encoder_target_bytes_per_second", GAUGE, "What the encoder aims at.",
		(double) b.target / 8);
	single(m, PREFIX "encoder_ceiling_bytes_per_second", GAUGE, "The most it may aim at.",
		(double) b.ceiling / 8);
	single(m, PREFIX "encoder_lowered", GAUGE,
		"1 while it aims at less, for the sake of an output that is slow.",
		b.target < b.ceiling);
	single(m, PREFIX "encoder_lowered_total", COUNTER, "Times its aim was lowered for that.",
		(double) b.falls);
	single(m, PREFIX "encoder_frames_total", COUNTER, "Pictures encoded.", (double) v->frames);
	single(m, PREFIX "encoder_keyframes_total", COUNTER, "Keyframes among them.",
		(double) v->keyframes);
	single(m, PREFIX "encoder_bytes_total", COUNTER, "Bytes of picture made.",
		(double) v->bytes);
	single(m, PREFIX "encoder_errors_total", COUNTER, "Faults of the encoder.",
		(double) v->encode_errors);
	family(m, PREFIX "encode_seconds", "histogram", "Time to encode a picture.");
	prometheus_hist(
		m->p, PROMETHEUS_LABELS("card", m->card), pipeline_encode_hist(m->c->pipeline));
}

/* ---- outputs ---- */

struct output_figure {
	const char *name, *type, *help;
	double (*value)(const struct output_stats *s);
};

static double since(const struct output_stats *s)
{
	return seconds(usec_to_realtime(s->since_usec));
}

static double bytes(const struct output_stats *s)
{
	return (double) s->bytes;
}

static double frames(const struct output_stats *s)
{
	return (double) s->frames;
}

static double sessions(const struct output_stats *s)
{
	return (double) s->sessions;
}

static double failures(const struct output_stats *s)
{
	return (double) s->failures;
}

static double mishaps(const struct output_stats *s)
{
	return (double) s->mishaps;
}

static double backup(const struct output_stats *s)
{
	return s->backup;
}

static double switches(const struct output_stats *s)
{
	return (double) s->switches;
}

static double dropped_video(const struct output_stats *s)
{
	return (double) s->queue.dropped_video;
}

static double dropped_audio(const struct output_stats *s)
{
	return (double) s->queue.dropped_audio;
}

static double drops(const struct output_stats *s)
{
	return (double) s->queue.drops;
}

static double queue_seconds(const struct output_stats *s)
{
	return seconds(s->queue.queued_usec);
}

static double queue_bytes(const struct output_stats *s)
{
	return (double) s->queue.queued_bytes;
}

static const struct output_figure output_figures[] = {
	{ PREFIX "output_state_changed_timestamp_seconds", GAUGE,
		"When its state last changed, since 1970.", since },
	{ PREFIX "output_bytes_total", COUNTER, "Bytes sent.", bytes },
	{ PREFIX "output_frames_total", COUNTER, "Pictures sent.", frames },
	{ PREFIX "output_sessions_total", COUNTER, "Sessions that began.", sessions },
	{ PREFIX "output_failures_total", COUNTER, "Sessions that ended badly or never began.",
		failures },
	{ PREFIX "output_mishaps_total", COUNTER, "What went wrong without ending a session.",
		mishaps },
	{ PREFIX "output_backup", GAUGE, "Which of its backup URLs it uses; 0: none.", backup },
	{ PREFIX "output_switches_total", COUNTER, "Sessions with another URL than the one before.",
		switches },
	{ PREFIX "output_dropped_frames_total", COUNTER,
		"Pictures given up because the peer is slow.", dropped_video },
	{ PREFIX "output_dropped_sound_packets_total", COUNTER,
		"Packets of sound given up because the peer is slow.", dropped_audio },
	{ PREFIX "output_drops_total", COUNTER, "Times that something was given up.", drops },
	{ PREFIX "output_queue_seconds", GAUGE, "What waits for the peer.", queue_seconds },
	{ PREFIX "output_queue_bytes", GAUGE, "What waits for the peer.", queue_bytes },
};

struct output_walk {
	struct metrics *m;
	const struct output_figure *figure;
	const struct hist *(*hist)(const struct output *o);
};

static void add_figure(struct output *o, void *userdata)
{
	struct output_walk *w = userdata;
	struct output_stats s;

	output_stats(o, &s);
	prometheus_sample(w->m->p, PROMETHEUS_LABELS("card", w->m->card, "output", output_name(o)),
		w->figure->value(&s));
}

static void add_states(struct output *o, void *userdata)
{
	struct output_walk *w = userdata;
	struct output_stats s;

	output_stats(o, &s);
	for (int i = 0; i < _OUTPUT_STATE_MAX; i++)
		prometheus_sample(w->m->p,
			PROMETHEUS_LABELS("card", w->m->card, "output", output_name(o), "state",
				output_state_name((enum output_state) i)),
			(int) s.state == i);
}

static void add_hist(struct output *o, void *userdata)
{
	struct output_walk *w = userdata;

	prometheus_hist(w->m->p, PROMETHEUS_LABELS("card", w->m->card, "output", output_name(o)),
		w->hist(o));
}

static void add_outputs(struct metrics *m)
{
	struct hub *hub = pipeline_hub(m->c->pipeline);
	struct output_walk w = { .m = m };

	family(m, PREFIX "output_state", GAUGE, "1 for the state that the output is in.");
	hub_foreach(hub, add_states, &w);
	for (size_t i = 0; i < ARRAY_SIZE(output_figures); i++) {
		w.figure = &output_figures[i];
		family(m, w.figure->name, w.figure->type, w.figure->help);
		hub_foreach(hub, add_figure, &w);
	}
	family(m, PREFIX "output_latency_seconds", "histogram",
		"From a picture's capture to its last byte sent.");
	w.hist = output_latency;
	hub_foreach(hub, add_hist, &w);
	family(m, PREFIX "output_overhead_seconds", "histogram",
		"The part of it that was not the encoder's.");
	w.hist = output_overhead;
	hub_foreach(hub, add_hist, &w);
}

/* ---- what only JSON tells ---- */

static double number_of(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

static void add_state(struct metrics *m, const char *state, const char *now)
{
	prometheus_sample(
		m->p, PROMETHEUS_LABELS("card", m->card, "state", state), strcmp(state, now) == 0);
}

static void add_screen(struct metrics *m, json_t *decision)
{
	json_t *states = json_object_get(decision, "states"), *state;
	struct screen_view v;
	const char *name;

	screen_view(pipeline_screen(m->c->pipeline), &v);
	family(m, PREFIX "state", GAUGE, "1 for the state that the screen shows.");
	for (int i = 0; i < v.n_states; i++)
		add_state(m, v.states[i], v.state);
	add_state(m, "OTHER", v.state);
	add_state(m, "UNKNOWN", v.state);
	single(m, PREFIX "state_changed_timestamp_seconds", GAUGE,
		"When the screen began to show it, since 1970; 0: not known.",
		v.since_usec ? seconds(usec_to_realtime(v.since_usec)) : 0);
	family(m, PREFIX "state_score", GAUGE,
		"How much of a state there is: 0 to 1, or bits of distance in the compatible "
		"mode.");
	json_object_foreach(states, name, state)
	{
		prometheus_sample(m->p, PROMETHEUS_LABELS("card", m->card, "state", name),
			number_of(state, "score"));
	}
	single(m, PREFIX "state_margin", GAUGE, "By how much the best state is ahead.",
		number_of(decision, "margin"));
	single(m, PREFIX "references", GAUGE, "Reference pictures in use.", v.references);
	single(m, PREFIX "references_skipped", GAUGE, "Reference pictures left out.", v.skipped);
	single(m, PREFIX "decisions_total", COUNTER, "Pictures that were looked at.",
		number_of(decision, "decisions"));
	single(m, PREFIX "recogniser_skipped_frames_total", COUNTER,
		"Pictures that came while one was looked at.",
		number_of(decision, "skipped_frames"));
	single(m, PREFIX "recogniser_broken_frames_total", COUNTER,
		"Pictures that could not be looked into.", number_of(decision, "broken_frames"));
	single(m, PREFIX "recogniser_cpu_seconds_total", COUNTER, "Time spent on looking.",
		number_of(decision, "cpu_total_ms") / 1000);
}

static void add_receivers(struct metrics *m, const json_t *receivers)
{
	static const struct {
		const char *key, *name, *type, *help;
	} figures[] = {
		{ "sent", PREFIX "receiver_sent_total", COUNTER, "Changes that were told." },
		{ "retries", PREFIX "receiver_retries_total", COUNTER,
			"Times it had to be tried again." },
		{ "dropped", PREFIX "receiver_dropped_total", COUNTER,
			"Changes that were given up." },
		{ "waiting", PREFIX "receiver_waiting", GAUGE,
			"Changes that are still to be told." },
	};

	for (size_t i = 0; i < ARRAY_SIZE(figures); i++) {
		if (json_array_size(receivers) > 0)
			family(m, figures[i].name, figures[i].type, figures[i].help);
		for (size_t k = 0; k < json_array_size(receivers); k++) {
			const json_t *r = json_array_get(receivers, k);

			prometheus_sample(m->p,
				PROMETHEUS_LABELS("card", m->card, "kind",
					json_string_value(json_object_get(r, "kind")), "receiver",
					json_string_value(json_object_get(r, "name"))),
				number_of(r, figures[i].key));
		}
	}
}

static void add_clips(struct metrics *m, const json_t *clips)
{
	single(m, PREFIX "clips_total", COUNTER, "Clips that were kept.",
		number_of(clips, "clips"));
	single(m, PREFIX "clips_missed_total", COUNTER, "Clips that could not be kept.",
		number_of(clips, "missed"));
	single(m, PREFIX "clips_bytes", GAUGE, "All clips on the disk.", number_of(clips, "bytes"));
	single(m, PREFIX "clips_memory_bytes", GAUGE, "What is held for clips to come.",
		number_of(clips, "memory"));
	single(m, PREFIX "candidates_total", COUNTER, "Pictures kept as worth teaching.",
		number_of(clips, "candidates"));
}

/* Who looks on, and what is made for them. */
static void add_viewers(struct metrics *m)
{
	struct preview_stats p;
	struct live_stats l;

	preview_stats(pipeline_preview(m->c->pipeline), &p);
	live_stats(pipeline_live(m->c->pipeline), &l);
	single(m, PREFIX "preview_watchers", GAUGE, "Who is shown JPEGs.", p.watchers);
	single(m, PREFIX "preview_pictures_total", COUNTER, "Pictures of the card made a JPEG.",
		(double) p.made);
	single(m, PREFIX "preview_dropped_pictures_total", COUNTER,
		"Pictures left out because a newer one was there.", (double) p.dropped);
	single(m, PREFIX "live_watchers", GAUGE, "Who is shown the live picture.", l.watchers);
	single(m, PREFIX "live_fragments_total", COUNTER, "Fragments made for them.",
		(double) l.fragments);
}

int metrics_text(const struct control *c, char **ret, size_t *ret_size)
{
	struct metrics m = { .c = c, .card = c->card ? c->card : "" };
	_cleanup_(prometheus_freep) struct prometheus *p = NULL;
	json_t *decision, *receivers, *clips;
	struct video_status v;
	int r = prometheus_new(&p);

	if (r < 0)
		return r;
	m.p = p;
	pipeline_video_status(c->pipeline, &v);
	decision = control_decision(c);
	receivers = screen_receivers_json(pipeline_screen(c->pipeline));
	clips = clips_json(pipeline_clips(c->pipeline));
	add_instance(&m);
	add_input(&m, &v);
	add_facts(&m);
	add_sound(&m);
	add_encoder(&m, &v);
	add_outputs(&m);
	add_viewers(&m);
	if (decision)
		add_screen(&m, decision);
	add_receivers(&m, receivers);
	add_clips(&m, clips);
	json_decref(decision);
	json_decref(receivers);
	json_decref(clips);
	return prometheus_text(p, ret, ret_size);
}
