/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/events.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>

#include "common/log.h"
#include "common/url.h"
#include "common/usec.h"
#include "media/hub.h"
#include "streamer/codec.h"
#include "streamer/repeats.h"

struct output_memory {
	char name[OUTPUT_NAME_MAX];
	char error[OUTPUT_ERROR_MAX]; /* its last words; "" while it runs */
};

struct events {
	struct repeats *repeats;
	struct history *history;
	pthread_mutex_t lock;
	/* protected by lock */
	struct output_memory outputs[HUB_OUTPUTS_MAX];
	int next; /* slot to be used again when all are taken */
	char encoder[160];
	char warning[256]; /* about the input, told last */
	char reset[128];   /* why the last one failed; "" when it did not */
	bool no_signal;    /* the state told last was for want of a picture */
};

#define SUBJECT_MAX 80
#define TEXT_MAX 512

int events_new_by_clock(struct events **ret, uint64_t (*clock)(void))
{
	struct events *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	if (repeats_new(&e->repeats, clock) < 0 || history_new(&e->history) < 0) {
		repeats_free(e->repeats);
		free(e);
		return -ENOMEM;
	}
	pthread_mutex_init(&e->lock, NULL);
	*ret = e;
	return 0;
}

int events_new(struct events **ret)
{
	return events_new_by_clock(ret, usec_now);
}

struct events *events_free(struct events *e)
{
	if (!e)
		return NULL;
	repeats_free(e->repeats);
	history_free(e->history);
	pthread_mutex_destroy(&e->lock);
	free(e);
	return NULL;
}

void events_tick(struct events *e)
{
	repeats_tick(e->repeats);
}

struct history *events_history(struct events *e)
{
	return e->history;
}

static void tell(struct events *e, enum history_type type, const struct repeats_line *l,
	const char *fmt, ...) PRINTF_LIKE(4, 5);

/* Who looks at the card sees each change, also those that the journal is spared. */
static void tell(struct events *e, enum history_type type, const struct repeats_line *l,
	const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	history_put(e->history, type, l->fields, text);
	(void) repeats_tell(e->repeats, l, "%s", text);
}

static void tell_some(struct events *e, enum history_type type, const struct repeats_line *l,
	const char *fmt, ...) PRINTF_LIKE(4, 5);

/* What comes by the dozen is not to drive all else out of the history: it has what the journal has.
 */
static void tell_some(struct events *e, enum history_type type, const struct repeats_line *l,
	const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (repeats_tell(e->repeats, l, "%s", text))
		history_put(e->history, type, l->fields, text);
}

void events_note(struct events *e, enum history_type type, int level, const char *message_id,
	const char *const *fields, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	history_put(e->history, type, fields, text);
	log_event(level, message_id, fields, "%s", text);
}

static struct repeats_line line(
	const char *subject, int level, const char *message_id, const char *const *fields)
{
	return (struct repeats_line){ subject, REPEATS_OF_TROUBLE, false, level, message_id,
		fields };
}

void events_input(struct events *e, bool live, const char *reason)
{
	const struct repeats_line works = line("input", LOG_NOTICE, EVENT_INPUT_LIVE, NULL);
	const struct repeats_line lost =
		line("input", LOG_WARNING, EVENT_INPUT_LOST, LOG_FIELDS("EGM_REASON", reason));

	if (live)
		tell(e, HISTORY_SIGNAL, &works, "Input is live");
	else
		tell(e, HISTORY_SIGNAL, &lost, "Input is not live, a placeholder is sent: %s",
			reason);
}

void events_input_warning(struct events *e, const char *warning)
{
	const struct repeats_line l = line("input settings", LOG_WARNING, EVENT_INPUT_WARNING,
		LOG_FIELDS("EGM_REASON", warning));
	bool news;

	pthread_mutex_lock(&e->lock);
	news = strcmp(e->warning, warning) != 0;
	snprintf(e->warning, sizeof(e->warning), "%s", warning);
	pthread_mutex_unlock(&e->lock);
	if (news && *warning)
		tell(e, HISTORY_SIGNAL, &l, "The card goes on without what was asked of it: %s",
			warning);
}

void events_reset(struct events *e, const char *why)
{
	const char *const *fields = LOG_FIELDS("EGM_REASON", why);
	const struct repeats_line done = line("reset", LOG_WARNING, EVENT_CARD_RESET, NULL);
	const struct repeats_line failed =
		line("reset", LOG_WARNING, EVENT_CARD_RESET_FAILED, fields);
	bool news;

	pthread_mutex_lock(&e->lock);
	news = !why || strcmp(e->reset, why) != 0;
	snprintf(e->reset, sizeof(e->reset), "%s", why ? why : "");
	pthread_mutex_unlock(&e->lock);
	if (!why)
		tell(e, HISTORY_SIGNAL, &done, "The card hung: its USB device was reset");
	else if (news)
		tell(e, HISTORY_SIGNAL, &failed, "The card hangs and cannot be reset: %s", why);
	else
		repeats_same(e->repeats, &failed, "The card hangs and cannot be reset: %s", why);
}

void events_bandwidth(struct events *e, const char *compromise)
{
	const struct repeats_line is_short = line("bandwidth", LOG_WARNING, EVENT_BANDWIDTH_SHORT,
		LOG_FIELDS("EGM_REASON", compromise));
	const struct repeats_line enough =
		line("bandwidth", LOG_NOTICE, EVENT_BANDWIDTH_ENOUGH, NULL);

	if (compromise)
		tell(e, HISTORY_SIGNAL, &is_short, "Not enough USB bandwidth: %s", compromise);
	else
		tell(e, HISTORY_SIGNAL, &enough,
			"There is enough USB bandwidth again for what is wanted");
}

void events_sound(struct events *e, bool live, const char *reason)
{
	const struct repeats_line works = line("sound", LOG_NOTICE, EVENT_SOUND_LIVE, NULL);
	const struct repeats_line lost =
		line("sound", LOG_WARNING, EVENT_SOUND_LOST, LOG_FIELDS("EGM_REASON", reason));

	if (live)
		tell(e, HISTORY_SOUND, &works, "Sound is live");
	else
		tell(e, HISTORY_SOUND, &lost, "No sound, silence is sent: %s", reason);
}

/* ---- facts about the input ---- */

static bool is_bad(enum signal signal)
{
	return signal != SIGNAL_UNKNOWN && signal != SIGNAL_OK;
}

void events_signal(struct events *e, enum signal signal, enum signal before)
{
	static const char *const words[_SIGNAL_MAX] = {
		[SIGNAL_NO_DEVICE] = "there is no device",
		[SIGNAL_NO_CABLE] = "nothing is plugged into the card, or it has no power",
		[SIGNAL_NO_SIGNAL] = "the card sees no signal",
		[SIGNAL_NO_SYNC] = "the card cannot lock on to the signal",
		[SIGNAL_UNSUPPORTED] = "the signal's timings are beyond what the card can do",
	};
	const char *const *fields = LOG_FIELDS(
		"EGM_SIGNAL", signal_name(signal), "EGM_SIGNAL_BEFORE", signal_name(before));
	const struct repeats_line bad = line("signal", LOG_WARNING, EVENT_SIGNAL_BAD, fields);
	const struct repeats_line good = line("signal", LOG_NOTICE, EVENT_SIGNAL_GOOD, fields);

	if (is_bad(signal))
		tell(e, HISTORY_FACT, &bad, "Signal: %s", words[signal]);
	else if (is_bad(before))
		tell(e, HISTORY_FACT, &good, "Signal: %s",
			signal == SIGNAL_OK ? "it is good again"
					    : "nothing is known to be wrong any more");
}

/* The picture may be gone with what was said of it. */
void events_picture(struct events *e, enum pixels_fact fact, enum pixels_fact before)
{
	static const char *const words[_PIXELS_MAX] = {
		[PIXELS_BLACK] = "black",
		[PIXELS_SINGLE_COLOUR] = "of a single colour",
		[PIXELS_BARS] = "a test picture of colour bars",
		[PIXELS_FROZEN] = "frozen",
	};
	const char *const *fields = LOG_FIELDS(
		"EGM_PICTURE", pixels_name(fact), "EGM_PICTURE_BEFORE", pixels_name(before));
	const struct repeats_line odd = line("picture", LOG_NOTICE, EVENT_PICTURE_ODD, fields);
	const struct repeats_line over = line("picture", LOG_NOTICE, EVENT_PICTURE_NORMAL, fields);

	if (pixels_odd(fact))
		tell(e, HISTORY_FACT, &odd, "The picture from the card is %s", words[fact]);
	else if (pixels_odd(before))
		tell(e, HISTORY_FACT, &over, "The picture from the card is no longer %s%s",
			words[before], fact == PIXELS_UNKNOWN ? "; it is not looked at now" : "");
}

void events_rate(struct events *e, enum arrival_fact fact, enum arrival_fact before,
	double measured, double promised)
{
	char is[32], wanted[32];
	const char *const *fields =
		LOG_FIELDS("EGM_RATE_MEASURED", is, "EGM_RATE_PROMISED", wanted);
	const struct repeats_line low = line("rate", LOG_WARNING, EVENT_RATE_LOW, fields);
	const struct repeats_line good = line("rate", LOG_NOTICE, EVENT_RATE_GOOD, fields);

	snprintf(is, sizeof(is), "%.2f", measured);
	snprintf(wanted, sizeof(wanted), "%.2f", promised);
	if (fact == ARRIVAL_LOW_RATE)
		tell(e, HISTORY_FACT, &low,
			"Pictures arrive too slowly: %s a second, %s were promised", is, wanted);
	else if (before == ARRIVAL_LOW_RATE && fact == ARRIVAL_OK)
		tell(e, HISTORY_FACT, &good, "Pictures arrive as fast as they should: %s a second",
			is);
	else if (before == ARRIVAL_LOW_RATE)
		tell(e, HISTORY_FACT, &good, "Pictures do not arrive too slowly any more: none do");
}

/* The memory of an output, the oldest slot when all are taken. Locked. */
static struct output_memory *remember(struct events *e, const char *name)
{
	struct output_memory *m;

	for (int i = 0; i < HUB_OUTPUTS_MAX; i++)
		if (strcmp(e->outputs[i].name, name) == 0)
			return &e->outputs[i];
	m = &e->outputs[e->next];
	e->next = (e->next + 1) % HUB_OUTPUTS_MAX;
	snprintf(m->name, sizeof(m->name), "%s", name);
	m->error[0] = '\0';
	return m;
}

static const char *name_url(unsigned backup, char buf[32])
{
	if (backup == 0)
		snprintf(buf, 32, "primary URL");
	else
		snprintf(buf, 32, "backup URL %u", backup);
	return buf;
}

static void output_failed(struct events *e, const struct output_event *o, const char *subject)
{
	char failures[32], which[32] = "", text[OUTPUT_ERROR_MAX + OUTPUT_NAME_MAX + 128];
	struct repeats_line l;
	struct output_memory *m;
	bool news;

	pthread_mutex_lock(&e->lock);
	m = remember(e, o->name);
	news = strcmp(m->error, o->error) != 0;
	snprintf(m->error, sizeof(m->error), "%s", o->error);
	pthread_mutex_unlock(&e->lock);
	snprintf(failures, sizeof(failures), "%u", o->attempt);
	if (o->has_backups)
		name_url(o->next, which);
	snprintf(text, sizeof(text), "Output %s: %s; next try in %" PRIu64 ".%" PRIu64 " s%s%s",
		o->name, o->error, o->retry_usec / USEC_PER_SEC,
		o->retry_usec % USEC_PER_SEC / 100000, *which ? ", of its " : "", which);
	l = line(subject, LOG_WARNING, EVENT_OUTPUT_FAILED,
		LOG_FIELDS(
			"EGM_OUTPUT", o->name, "EGM_REASON", o->error, "EGM_FAILURES", failures));
	if (news)
		tell(e, HISTORY_OUTPUT, &l, "%s", text);
	else
		repeats_same(e->repeats, &l, "%s", text);
}

static void output_running(struct events *e, const struct output_event *o, const char *subject)
{
	char failures[32];
	struct repeats_line l;

	pthread_mutex_lock(&e->lock);
	remember(e, o->name)->error[0] = '\0';
	pthread_mutex_unlock(&e->lock);
	snprintf(failures, sizeof(failures), "%u", o->attempt);
	l = line(subject, LOG_NOTICE, EVENT_OUTPUT_RUNNING,
		LOG_FIELDS("EGM_OUTPUT", o->name, "EGM_PATH", o->path, "EGM_FAILURES", failures));
	tell(e, HISTORY_OUTPUT, &l, "Output %s is running%s%s%s%s%s", o->name,
		o->path ? " into " : "", o->path ? o->path : "", o->attempt ? ", after " : "",
		o->attempt ? failures : "",
		o->attempt ? (o->attempt == 1 ? " failure" : " failures") : "");
}

/* Which of its URLs an output has changed to, and why. */
static void output_switched(struct events *e, const struct output_event *o)
{
	_cleanup_(freep) char *url = url_mask(o->url);
	char subject[SUBJECT_MAX] = "", number[32], which[32];
	struct repeats_line l;

	snprintf(subject, sizeof(subject), "URL of output %s", o->name);
	snprintf(number, sizeof(number), "%u", o->backup);
	l = line(subject, LOG_NOTICE, EVENT_OUTPUT_SWITCHED,
		LOG_FIELDS("EGM_OUTPUT", o->name, "EGM_URL", url ? url : "", "EGM_BACKUP", number,
			"EGM_REASON", o->switched));
	tell(e, HISTORY_OUTPUT, &l, "Output %s uses its %s now, %s: %s", o->name,
		name_url(o->backup, which), url ? url : "?", o->switched);
}

void events_output(struct events *e, const struct output_event *o)
{
	char subject[SUBJECT_MAX] = "";

	snprintf(subject, sizeof(subject), "output %s", o->name);
	if (o->error)
		output_failed(e, o, subject);
	else if (o->state == OUTPUT_RUNNING && !o->unproven)
		output_running(e, o, subject);
	if (o->switched)
		output_switched(e, o);
}

void events_output_lags(struct events *e, const char *name)
{
	char subject[SUBJECT_MAX] = "";
	struct repeats_line l;

	snprintf(subject, sizeof(subject), "pace of output %s", name);
	l = line(subject, LOG_WARNING, EVENT_OUTPUT_LAGS, LOG_FIELDS("EGM_OUTPUT", name));
	tell(e, HISTORY_OUTPUT, &l,
		"Output %s does not keep up: what gets too old in its queue is left out", name);
}

void events_output_keeps_up(struct events *e, const char *name, uint64_t frames)
{
	char subject[SUBJECT_MAX] = "", lost[32];
	struct repeats_line l;

	snprintf(subject, sizeof(subject), "pace of output %s", name);
	snprintf(lost, sizeof(lost), "%" PRIu64, frames);
	l = line(subject, LOG_NOTICE, EVENT_OUTPUT_KEEPS_UP,
		LOG_FIELDS("EGM_OUTPUT", name, "EGM_LOST", lost));
	tell(e, HISTORY_OUTPUT, &l, "Output %s keeps up again; pictures left out: %s", name, lost);
}

void events_encoder_failed(struct events *e, const char *why)
{
	const struct repeats_line l =
		line("encoder", LOG_ERR, EVENT_ENCODER_FAILED, LOG_FIELDS("EGM_REASON", why));
	bool news;

	pthread_mutex_lock(&e->lock);
	news = strcmp(e->encoder, why) != 0;
	snprintf(e->encoder, sizeof(e->encoder), "%s", why);
	pthread_mutex_unlock(&e->lock);
	if (news)
		tell(e, HISTORY_ENCODER, &l, "No encoder: %s", why);
	else
		repeats_same(e->repeats, &l, "No encoder: %s", why);
}

void events_encoder_works(struct events *e)
{
	const struct repeats_line l = line("encoder", LOG_NOTICE, EVENT_ENCODER_WORKS, NULL);
	bool news;

	pthread_mutex_lock(&e->lock);
	news = e->encoder[0];
	e->encoder[0] = '\0';
	pthread_mutex_unlock(&e->lock);
	if (news)
		tell(e, HISTORY_ENCODER, &l, "The encoder works again");
}

void events_bitrate_lowered(struct events *e, const char *output, int64_t target, int64_t ceiling)
{
	char now[32], full[32];
	struct repeats_line l;

	snprintf(now, sizeof(now), "%" PRId64, target);
	snprintf(full, sizeof(full), "%" PRId64, ceiling);
	l = line("bitrate", LOG_WARNING, EVENT_BITRATE_LOWERED,
		LOG_FIELDS("EGM_OUTPUT", output, "EGM_BITRATE", now, "EGM_BITRATE_MAX", full));
	tell(e, HISTORY_ENCODER, &l,
		"The bitrate is lowered, to %s of %s bit/s at first: output %s is slow", now, full,
		output);
}

void events_bitrate_restored(struct events *e, const char *output, int64_t ceiling)
{
	char full[32];
	struct repeats_line l;

	snprintf(full, sizeof(full), "%" PRId64, ceiling);
	l = line("bitrate", LOG_NOTICE, EVENT_BITRATE_RESTORED,
		LOG_FIELDS("EGM_OUTPUT", output, "EGM_BITRATE", full));
	tell(e, HISTORY_ENCODER, &l, "The bitrate is back at %s bit/s", full);
}

void events_encoder(struct events *e, const struct codec_news *n)
{
	const char *const *fields = LOG_FIELDS("EGM_ENCODER", n->name, "EGM_ENCODER_BEFORE",
		n->before, "EGM_REASON", *n->why ? n->why : NULL);
	const struct repeats_line chosen = line("codec", LOG_INFO, EVENT_ENCODER_CHOSEN, fields);
	const struct repeats_line refused = line("codec", LOG_ERR, EVENT_ENCODER_CHANGED, fields);
	const struct repeats_line changed =
		line("codec", LOG_WARNING, EVENT_ENCODER_CHANGED, fields);

	if (n->kind == CODEC_DEMOTED)
		tell(e, HISTORY_ENCODER, &changed, "Encoder %s is used instead of %s: %s", n->name,
			n->before, n->why);
	else if (n->kind == CODEC_REFUSED)
		tell(e, HISTORY_ENCODER, &refused,
			"Encoder %s is used, and not the one that is set: %s", n->name, n->why);
	else
		tell(e, HISTORY_ENCODER, &chosen, "Encoder %s is used%s%s%s", n->name,
			*n->why ? " (" : "", n->why, *n->why ? ")" : "");
}

/* Without a picture there is no state: one that comes and goes with the card is no news. */
static bool is_trouble(struct events *e, const char *reason)
{
	bool before,
		now = reason && (strcmp(reason, "no-signal") == 0 || strcmp(reason, "frozen") == 0);

	pthread_mutex_lock(&e->lock);
	before = e->no_signal;
	e->no_signal = now;
	pthread_mutex_unlock(&e->lock);
	return before || now;
}

void events_state(struct events *e, const char *state, const char *before, const char *reason,
	uint64_t since_usec)
{
	char usec[32];
	struct repeats_line l;

	snprintf(usec, sizeof(usec), "%" PRIu64, since_usec);
	l = line("state", LOG_NOTICE, EVENT_STATE_CHANGED,
		LOG_FIELDS("EGM_STATE", state, "EGM_STATE_BEFORE", before, "EGM_CAPTURE_USEC", usec,
			"EGM_REASON", reason));
	l.kind = REPEATS_OF_SCREEN;
	l.trouble = is_trouble(e, reason);
	tell(e, HISTORY_STATE, &l, "The screen shows %s%s%s%s, before: %s", state,
		reason ? " (" : "", reason ? reason : "", reason ? ")" : "", before);
}

void events_number(struct events *e, const char *name, const char *value)
{
	char subject[SUBJECT_MAX] = "";
	struct repeats_line l = line(subject, LOG_INFO, EVENT_NUMBER_CHANGED,
		LOG_FIELDS("EGM_NUMBER", name, "EGM_VALUE", value));

	snprintf(subject, sizeof(subject), "number %s", name);
	l.kind = REPEATS_OF_SCREEN;
	tell(e, HISTORY_NUMBER, &l, "Number %s is %s", name, value);
}

void events_references(struct events *e, int used, int skipped)
{
	const struct repeats_line l = line("references", LOG_INFO, EVENT_REFERENCES_READ, NULL);

	tell(e, HISTORY_REFERENCES, &l, "Reference pictures have been read: %d in use, %d left out",
		used, skipped);
}

/* Many may be bad at once, and each is worth its name. */
void events_reference_bad(struct events *e, const char *path, const char *why)
{
	struct repeats_line l = line("reference", LOG_WARNING, EVENT_REFERENCE_BAD,
		LOG_FIELDS("EGM_PATH", path, "EGM_REASON", why));

	l.kind = REPEATS_OF_SCREEN;
	l.trouble = true;
	tell_some(e, HISTORY_REFERENCES, &l, "Reference %s: %s", path, why);
}

/* Also what is said once is said again by each detector that a reload makes. */
void events_learning(struct events *e, int level, const char *number, const char *words)
{
	char subject[SUBJECT_MAX] = "";
	const struct repeats_line l =
		line(subject, level, NULL, LOG_FIELDS("EGM_NUMBER", *number ? number : NULL));

	if (level == LOG_DEBUG) {
		log_debug("%s", words);
		return;
	}
	snprintf(subject, sizeof(subject), "learning %s", number);
	tell(e, HISTORY_NUMBER, &l, "%s", words);
}

void events_shadow(struct events *e, const char *live, const char *other, uint64_t since_usec)
{
	char usec[32];
	bool differs = strcmp(live, other) != 0;
	struct repeats_line l;

	snprintf(usec, sizeof(usec), "%" PRIu64, since_usec);
	l = line("shadow", LOG_NOTICE, EVENT_SHADOW_DIFFERS,
		LOG_FIELDS("EGM_STATE", live, "EGM_STATE_SHADOW", other, "EGM_CAPTURE_USEC", usec));
	l.kind = REPEATS_OF_SCREEN;
	tell(e, HISTORY_STATE, &l, "The shadow rules see %s%s%s", other,
		differs ? ", not " : " as well", differs ? live : "");
}

void events_receiver(struct events *e, const char *kind, const char *name, const char *why)
{
	const char *const *fields =
		LOG_FIELDS("EGM_RECEIVER_KIND", kind, "EGM_RECEIVER", name, "EGM_REASON", why);
	char subject[SUBJECT_MAX] = "";
	const struct repeats_line fails = line(subject, LOG_WARNING, EVENT_RECEIVER_FAILED, fields);
	const struct repeats_line works = line(subject, LOG_NOTICE, EVENT_RECEIVER_WORKS, fields);

	snprintf(subject, sizeof(subject), "%s %s", kind, name);
	if (why)
		tell(e, HISTORY_RECEIVER, &fails, "%s %s cannot be told: %s", kind, name, why);
	else
		tell(e, HISTORY_RECEIVER, &works, "%s %s can be told", kind, name);
}

void events_notice_dropped(
	struct events *e, const char *kind, const char *name, const char *why, uint64_t total)
{
	char subject[SUBJECT_MAX] = "";
	const struct repeats_line l = line(subject, LOG_WARNING, EVENT_NOTICE_DROPPED,
		LOG_FIELDS("EGM_RECEIVER_KIND", kind, "EGM_RECEIVER", name, "EGM_REASON", why));

	snprintf(subject, sizeof(subject), "dropped %s %s", kind, name);
	tell(e, HISTORY_RECEIVER, &l, "%s %s will not hear of a change: %s (%" PRIu64 " so far)",
		kind, name, why, total);
}

static bool is_picture(const char *path)
{
	size_t n = strlen(path);

	return n > 4 && strcmp(path + n - 4, ".jpg") == 0;
}

/* A clip is something that happened; candidates come by the second. */
void events_clip(struct events *e, const char *path, const char *why)
{
	const char *const *fields = LOG_FIELDS("EGM_PATH", path, "EGM_REASON", why);
	struct repeats_line kept =
		line("clip", why ? LOG_NOTICE : LOG_INFO, EVENT_CLIP_KEPT, fields);
	const struct repeats_line failed = line("clips", LOG_WARNING, EVENT_CLIP_FAILED, fields);

	if (path && is_picture(path))
		kept.subject = "candidate";
	else
		kept.kind = REPEATS_OF_SCREEN;
	if (!path && why)
		tell(e, HISTORY_CLIP, &failed, "Clips or candidates cannot be kept: %s", why);
	else if (path && is_picture(path))
		tell_some(e, HISTORY_CLIP, &kept, "Kept %s", path);
	else if (path)
		tell(e, HISTORY_CLIP, &kept, "Kept %s%s%s", path, why ? ": " : "", why ? why : "");
}
