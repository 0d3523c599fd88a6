/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/events.h"

#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include "common/log.h"
#include "common/usec.h"
#include "media/hub.h"

struct output_memory {
	char name[OUTPUT_NAME_MAX];
	char error[OUTPUT_ERROR_MAX]; /* last words that were logged; "" while it runs */
};

struct events {
	pthread_mutex_t lock;
	/* protected by lock */
	struct output_memory outputs[HUB_OUTPUTS_MAX];
	int next; /* slot to be used again when all are taken */
	char encoder[160];
};

int events_new(struct events **ret)
{
	struct events *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	pthread_mutex_init(&e->lock, NULL);
	*ret = e;
	return 0;
}

struct events *events_free(struct events *e)
{
	if (!e)
		return NULL;
	pthread_mutex_destroy(&e->lock);
	free(e);
	return NULL;
}

void events_input(struct events *e, bool live, const char *reason)
{
	(void) e;
	if (live)
		log_event(LOG_NOTICE, EVENT_INPUT_LIVE, NULL, "Input is live");
	else
		log_event(LOG_WARNING, EVENT_INPUT_LOST, LOG_FIELDS("EGM_REASON", reason),
			"Input is not live, a placeholder is sent: %s", reason);
}

void events_sound(struct events *e, bool live, const char *reason)
{
	(void) e;
	if (live)
		log_event(LOG_NOTICE, EVENT_SOUND_LIVE, NULL, "Sound is live");
	else
		log_event(LOG_WARNING, EVENT_SOUND_LOST, LOG_FIELDS("EGM_REASON", reason),
			"No sound, silence is sent: %s", reason);
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

static void output_failed(struct events *e, const struct output_event *o)
{
	struct output_memory *m;
	bool news;

	pthread_mutex_lock(&e->lock);
	m = remember(e, o->name);
	news = strcmp(m->error, o->error) != 0;
	snprintf(m->error, sizeof(m->error), "%s", o->error);
	pthread_mutex_unlock(&e->lock);
	log_event(news ? LOG_WARNING : LOG_DEBUG, EVENT_OUTPUT_FAILED,
		LOG_FIELDS("EGM_OUTPUT", o->name, "EGM_REASON", o->error),
		"Output %s: %s; next try in %" PRIu64 ".%" PRIu64 " s", o->name, o->error,
		o->retry_usec / USEC_PER_SEC, o->retry_usec % USEC_PER_SEC / 100000);
}

static void output_running(struct events *e, const struct output_event *o)
{
	char attempts[32];

	pthread_mutex_lock(&e->lock);
	remember(e, o->name)->error[0] = '\0';
	pthread_mutex_unlock(&e->lock);
	snprintf(attempts, sizeof(attempts), "%u", o->attempt);
	log_event(LOG_NOTICE, EVENT_OUTPUT_RUNNING,
		LOG_FIELDS("EGM_OUTPUT", o->name, "EGM_PATH", o->path, "EGM_FAILURES", attempts),
		"Output %s is running%s%s%s%s%s", o->name, o->path ? " into " : "",
		o->path ? o->path : "", o->attempt ? ", after " : "", o->attempt ? attempts : "",
		o->attempt ? (o->attempt == 1 ? " failure" : " failures") : "");
}

void events_output(struct events *e, const struct output_event *o)
{
	if (o->error)
		output_failed(e, o);
	else if (o->state == OUTPUT_RUNNING)
		output_running(e, o);
}

void events_encoder_failed(struct events *e, const char *why)
{
	bool news;

	pthread_mutex_lock(&e->lock);
	news = strcmp(e->encoder, why) != 0;
	snprintf(e->encoder, sizeof(e->encoder), "%s", why);
	pthread_mutex_unlock(&e->lock);
	if (news)
		log_event(LOG_ERR, EVENT_ENCODER_FAILED, LOG_FIELDS("EGM_REASON", why),
			"No encoder: %s", why);
}

void events_state(struct events *e, const char *state, const char *before, const char *reason,
	uint64_t since_usec)
{
	char usec[32];

	(void) e;
	snprintf(usec, sizeof(usec), "%" PRIu64, since_usec);
	log_event(LOG_NOTICE, EVENT_STATE_CHANGED,
		LOG_FIELDS("EGM_STATE", state, "EGM_STATE_BEFORE", before, "EGM_CAPTURE_USEC", usec,
			"EGM_REASON", reason),
		"The screen shows %s%s%s%s, before: %s", state, reason ? " (" : "",
		reason ? reason : "", reason ? ")" : "", before);
}

void events_number(struct events *e, const char *name, const char *value)
{
	(void) e;
	log_event(LOG_INFO, EVENT_NUMBER_CHANGED,
		LOG_FIELDS("EGM_NUMBER", name, "EGM_VALUE", value), "Number %s is %s", name, value);
}

void events_references(struct events *e, int used, int skipped)
{
	(void) e;
	log_event(LOG_INFO, EVENT_REFERENCES_READ, NULL,
		"Reference pictures have been read: %d in use, %d left out", used, skipped);
}

void events_reference_bad(struct events *e, const char *path, const char *why)
{
	(void) e;
	log_event(LOG_WARNING, EVENT_REFERENCE_BAD, LOG_FIELDS("EGM_PATH", path, "EGM_REASON", why),
		"Reference %s: %s", path, why);
}

void events_shadow(struct events *e, const char *live, const char *other, uint64_t since_usec)
{
	char usec[32];
	bool differs = strcmp(live, other) != 0;

	(void) e;
	snprintf(usec, sizeof(usec), "%" PRIu64, since_usec);
	log_event(LOG_NOTICE, EVENT_SHADOW_DIFFERS,
		LOG_FIELDS("EGM_STATE", live, "EGM_STATE_SHADOW", other, "EGM_CAPTURE_USEC", usec),
		"The shadow rules see %s%s%s", other, differs ? ", not " : " as well",
		differs ? live : "");
}

void events_receiver(struct events *e, const char *kind, const char *name, const char *why)
{
	const char *const *fields =
		LOG_FIELDS("EGM_RECEIVER_KIND", kind, "EGM_RECEIVER", name, "EGM_REASON", why);

	(void) e;
	if (why)
		log_event(LOG_WARNING, EVENT_RECEIVER_FAILED, fields, "%s %s cannot be told: %s",
			kind, name, why);
	else
		log_event(
			LOG_NOTICE, EVENT_RECEIVER_WORKS, fields, "%s %s can be told", kind, name);
}

void events_notice_dropped(
	struct events *e, const char *kind, const char *name, const char *why, uint64_t total)
{
	(void) e;
	log_event(LOG_WARNING, EVENT_NOTICE_DROPPED,
		LOG_FIELDS("EGM_RECEIVER_KIND", kind, "EGM_RECEIVER", name, "EGM_REASON", why),
		"%s %s will not hear of a change: %s (%" PRIu64 " so far)", kind, name, why, total);
}

void events_clip(struct events *e, const char *path, const char *why)
{
	const char *const *fields = LOG_FIELDS("EGM_PATH", path, "EGM_REASON", why);

	(void) e;
	if (!why)
		log_event(LOG_INFO, EVENT_CLIP_KEPT, fields, "Kept %s", path);
	else if (path)
		log_event(LOG_NOTICE, EVENT_CLIP_KEPT, fields, "Kept %s: %s", path, why);
	else
		log_event(LOG_WARNING, EVENT_CLIP_FAILED, fields,
			"Clips or candidates cannot be kept: %s", why);
}
