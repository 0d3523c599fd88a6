/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which encoder is in use, and which one next: choice (pure, in media/encoder-choice.h), prober and
 * slowness put together. Belongs to the encode stage; it never blocks it but by opening an encoder
 * that a process of its own has tried before.
 *
 * Whatever happens, libx264 (or libx265) is there in the end: hardware that is missing, fails,
 * hangs or is too slow costs at most the time of the probes, once. Hardware that hangs for ever
 * later on costs the process; after two of those it is passed over (encoder-past.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/stage.h"
#include "media/encoder.h"
#include "streamer/prober.h"

struct codec;

#define CODEC_NAME_MAX 24
#define CODEC_WORDS_MAX 400
#define CODEC_NAME_COPY "copy" /* the name of what encodes nothing */

enum codec_news_kind {
	CODEC_CHOSEN,  /* the first one that is used */
	CODEC_REFUSED, /* … and not the one that was asked for by name */
	CODEC_DEMOTED, /* another one than until now, or than before the service died of that */
};

/* Valid during the call. */
struct codec_news {
	enum codec_news_kind kind;
	const char *name, *before; /* before: NULL for the first one */
	const char *why;           /* what is wrong with those before it; "" */
};

struct codec_status {
	char name[CODEC_NAME_MAX]; /* of the one in use or used last; "" before */
	bool hardware;
	char reason[CODEC_WORDS_MAX]; /* why it is this one; "" */
	unsigned demotions;
};

struct codec_settings {
	struct prober_settings prober;
	uint64_t patience_usec; /* with all probes together; 0: eight seconds */
	unsigned slow_window;   /* pictures; 0: as slowness_init() has it */
};

/* wanted: as choice_init() has it. told: on the encode stage's thread; NULL: nobody cares. encode:
 * that stage, which is woken when codec_open() is worth calling again. -ENOSYS: there is no encoder
 * of that name. */
int codec_new(struct codec **ret, const char *wanted, const struct codec_settings *settings,
	struct stage *encode, void (*told)(void *userdata, const struct codec_news *news),
	void *userdata);

/* Opens the one that is to be used; s->codec is set. Returns 0; -EAGAIN: not yet, something is
 * being tried, for a few seconds at most in all; else why gets words. */
int codec_open(struct codec *c, struct encoder_settings *s, struct encoder **ret, char *why,
	size_t why_size);

/* The one that was opened has been closed, or may as well not have been opened. */
void codec_closed(struct codec *c);

/* The one in use made nothing but errors, and has been closed. */
void codec_failed(struct codec *c, int error);

/* Pictures are passed on as the source has encoded them, and nothing is encoded. The first time
 * that is told, as an encoder by the name CODEC_NAME_COPY. */
void codec_copying(struct codec *c);

/* They are not, and why, for the status; refused: for as long as nothing is changed, which is told
 * once, while anything else is when an encoder has been opened instead. */
void codec_not_copying(struct codec *c, const char *why, bool refused);

/* A picture took so long. True: close it, the next one is to be used. */
bool codec_took(struct codec *c, uint64_t busy_usec, uint64_t period_usec);

/* Is there anything to be won by measuring? */
bool codec_measures(const struct codec *c);

/* Any thread. */
void codec_status(struct codec *c, struct codec_status *ret);

void codec_stop(struct codec *c); /* any thread; takes NULL */

/* After codec_stop() and the end of the encode stage. As prober_free(). */
int codec_free(struct codec *c, uint64_t until_usec);
