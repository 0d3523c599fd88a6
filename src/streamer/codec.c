/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/codec.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "common/usec.h"
#include "media/encoder-choice.h"

/* For all that has to be tried: two that hang, and then it is enough. */
#define PATIENCE_USEC (8 * USEC_PER_SEC)

struct codec {
	/* set before start */
	void (*told)(void *userdata, const struct codec_news *news);
	void *userdata;
	struct stage *encode;
	struct prober *prober;
	uint64_t patience_usec;
	unsigned slow_window;

	/* the encode stage's own */
	struct choice choice;
	struct slowness slowness;
	uint64_t asked_usec; /* since when encoders are being tried; 0 */
	const char *died;    /* with which the service has; NULL: none, or it has been told */
	char not_copying[CHOICE_WHY_MAX]; /* why nothing is passed on; "" */
	bool copy_refused;                /* … for as long as nothing is changed */

	pthread_mutex_t lock;
	/* protected by lock; the encode stage alone writes it */
	struct codec_status status;
};

static void on_ready(void *userdata)
{
	struct codec *c = userdata;

	stage_wake(c->encode);
}

int codec_new(struct codec **ret, const char *wanted, const struct codec_settings *s,
	struct stage *encode, void (*told)(void *userdata, const struct codec_news *news),
	void *userdata)
{
	struct codec *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->told = told;
	c->userdata = userdata;
	c->encode = encode;
	c->patience_usec = s->patience_usec ? s->patience_usec : PATIENCE_USEC;
	c->slow_window = s->slow_window;
	pthread_mutex_init(&c->lock, NULL);
	r = choice_init(&c->choice, wanted);
	if (r >= 0)
		r = prober_new(&c->prober, &s->prober, on_ready, c);
	if (r < 0) {
		(void) codec_free(c, 0);
		return r;
	}
	*ret = c;
	return 0;
}

static bool is_patient(struct codec *c)
{
	uint64_t now = usec_now();

	c->asked_usec = c->asked_usec ? c->asked_usec : now;
	return now - c->asked_usec < c->patience_usec;
}

static int probe(struct codec *c, const struct encoder_settings *s)
{
	const struct encoder_kind *kind = choice_kind(&c->choice);
	char why[CHOICE_WHY_MAX] = "";
	int r = prober_ask(c->prober, kind, s, why, sizeof(why));

	if (r == -EAGAIN) {
		if (is_patient(c))
			return r;
		snprintf(why, sizeof(why), "no time was left to try it");
		r = -ETIMEDOUT;
	}
	if (r == -EOWNERDEAD && choice_slow(&c->choice, why))
		c->died = kind->name;
	else
		choice_probed(&c->choice, r, why);
	return 0;
}

/* Hardware is opened when there is a note of it, or when that would take too long. */
static int note(struct codec *c, const struct encoder_settings *s)
{
	const struct encoder_kind *kind = choice_kind(&c->choice);

	if (encoder_kind_is_hardware(kind))
		return prober_use(c->prober, kind, s) == -EAGAIN && is_patient(c) ? -EAGAIN : 0;
	prober_unuse(c->prober);
	return 0;
}

static void set_status(struct codec *c, const struct codec_status *now)
{
	pthread_mutex_lock(&c->lock);
	c->status = *now;
	pthread_mutex_unlock(&c->lock);
}

static void explain(const struct codec *c, struct codec_status *s)
{
	char words[CHOICE_WORDS_MAX];

	(void) choice_words(&c->choice, words, sizeof(words));
	snprintf(s->reason, sizeof(s->reason), "%s%s%.200s", c->not_copying,
		c->not_copying[0] && words[0] ? "; " : "", words);
}

/* What is in use now is told if it was another one until now. */
static void tell(struct codec *c)
{
	const struct encoder_kind *kind = choice_kind(&c->choice);
	struct codec_status now = { .hardware = encoder_kind_is_hardware(kind),
		.demotions = c->choice.demotions };
	char before[CODEC_NAME_MAX];
	struct codec_news news = { .kind = CODEC_CHOSEN, .name = now.name, .why = now.reason };

	snprintf(before, sizeof(before), "%s", c->status.name);
	if (strcmp(before, kind->name) == 0)
		return;
	snprintf(now.name, sizeof(now.name), "%s", kind->name);
	explain(c, &now);
	set_status(c, &now);
	if (before[0]) {
		news.kind = CODEC_DEMOTED;
		news.before = before;
	} else if ((c->choice.named && c->choice.at > 0) || c->copy_refused) {
		news.kind = CODEC_REFUSED;
	} else if (c->died) {
		news.kind = CODEC_DEMOTED;
		news.before = c->died;
	}
	c->died = NULL;
	if (c->told)
		c->told(c->userdata, &news);
}

int codec_open(struct codec *c, struct encoder_settings *s, struct encoder **ret, char *why,
	size_t why_size)
{
	int r;

	for (;;) {
		while (choice_must_probe(&c->choice)) {
			s->codec = choice_kind(&c->choice)->name;
			if (probe(c, s) < 0)
				return -EAGAIN;
		}
		s->codec = choice_kind(&c->choice)->name;
		if (note(c, s) < 0)
			return -EAGAIN;
		r = encoder_new(ret, s, why, why_size);
		if (r >= 0)
			break;
		/* What worked a moment ago is taken by somebody else, or gone. */
		if (!choice_slow(&c->choice, why))
			return r;
	}
	c->asked_usec = 0;
	slowness_init(&c->slowness, c->slow_window);
	tell(c);
	return 0;
}

void codec_closed(struct codec *c)
{
	prober_unuse(c->prober);
}

static bool is_copying(const struct codec *c)
{
	return strcmp(c->status.name, CODEC_NAME_COPY) == 0;
}

void codec_copying(struct codec *c)
{
	struct codec_status now = { .name = CODEC_NAME_COPY, .demotions = c->choice.demotions };
	struct codec_news news = { .kind = CODEC_CHOSEN, .name = CODEC_NAME_COPY, .why = "" };

	c->not_copying[0] = '\0';
	c->copy_refused = false;
	if (is_copying(c))
		return;
	set_status(c, &now);
	if (c->told)
		c->told(c->userdata, &news);
}

void codec_not_copying(struct codec *c, const char *why, bool refused)
{
	struct codec_status now = c->status;
	struct codec_news news = { .kind = CODEC_REFUSED, .name = now.name, .why = now.reason };

	if (c->copy_refused == refused && strcmp(c->not_copying, why) == 0)
		return;
	snprintf(c->not_copying, sizeof(c->not_copying), "%s", why);
	c->copy_refused = refused;
	/* With the next one that is opened it will be told. */
	if (now.name[0] == '\0' || is_copying(c))
		return;
	explain(c, &now);
	set_status(c, &now);
	if (refused && c->told)
		c->told(c->userdata, &news);
}

void codec_failed(struct codec *c, int error)
{
	char why[CHOICE_WHY_MAX];

	snprintf(why, sizeof(why), "it fails again and again: %s", strerror(-error));
	(void) choice_trouble(&c->choice, usec_now(), why);
}

bool codec_measures(const struct codec *c)
{
	return c->choice.at + 1 < c->choice.n;
}

bool codec_took(struct codec *c, uint64_t busy_usec, uint64_t period_usec)
{
	char why[CHOICE_WHY_MAX];

	if (!slowness_add(&c->slowness, busy_usec, period_usec))
		return false;
	snprintf(why, sizeof(why),
		"it does not keep up: %" PRIu64 " ms for a picture of %" PRIu64 " ms",
		c->slowness.mean_usec / USEC_PER_MSEC, period_usec / USEC_PER_MSEC);
	return choice_slow(&c->choice, why);
}

void codec_status(struct codec *c, struct codec_status *ret)
{
	pthread_mutex_lock(&c->lock);
	*ret = c->status;
	pthread_mutex_unlock(&c->lock);
}

void codec_stop(struct codec *c)
{
	if (c)
		prober_stop(c->prober);
}

int codec_free(struct codec *c, uint64_t until_usec)
{
	if (!c)
		return 0;
	if (prober_free(c->prober, until_usec) < 0)
		return -ETIMEDOUT;
	pthread_mutex_destroy(&c->lock);
	free(c);
	return 0;
}
