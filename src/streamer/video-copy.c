/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pictures that the source has encoded already are passed on as they are, where that gives what is
 * wanted (encoder.codec = "copy"). Part of the encode stage.
 *
 * There must be an encoder of ours all the same: for the placeholder, for a picture that is to be
 * hidden in part, for what no longer follows from the last packet. It takes over as soon as it is
 * needed, in the same size, and gives way at an IDR when all has been well for a while.
 */
#include <string.h>

#include "common/usec.h"
#include "streamer/video-private.h"

#define BACK_USEC (5 * USEC_PER_SEC) /* all well for so long: pass on again */
#define BACK_TIMES 12           /* … up to so many times that, when it did not last as long */
#define FIRST_USEC USEC_PER_SEC /* with no encoder yet: how long to wait for an IDR */
#define ASK_USEC USEC_PER_SEC   /* between two requests for one */
#define TRY_TIMES 4             /* … so many times that long in any case */
#define KEYLESS_USEC (12 * USEC_PER_SEC) /* somebody waits for one for so long */

static void ask_for_key(struct video *v, uint64_t now)
{
	if (!atomic_load(&v->lent) || !v->source->ops->want_key ||
		now - v->copy.asked_usec < ASK_USEC)
		return;
	v->copy.asked_usec = now;
	v->source->ops->want_key(v->source);
}

/* Why no picture like this one is passed on; NULL: nothing is against it. */
static const char *refusal(const struct video *v, const struct frame *f)
{
	const struct video_settings *s = &v->settings;
	int width, height;

	if (!shape_is_off(v->shape))
		return "the picture is to be altered";
	shape_size(v->shape, f->width, f->height, &width, &height);
	if (width != f->width || height != f->height ||
		(s->width && (s->width != f->width || s->height != f->height)))
		return "the input's pictures are not of the size that is set";
	/* Others are seldom played, and not described right by all that goes out. */
	if (f->coded && f->pixel != PIXEL_I420)
		return "the input's H.264 is not 4:2:0 with 8 bits";
	if (v->hooks.takes && !v->hooks.takes(v->hooks.userdata, encoder_copied(f)))
		return "not every output takes what the input gives";
	return NULL;
}

/* How long all must have been well. */
static uint64_t back_usec(const struct video *v)
{
	uint64_t least = v->settings.copy_back_usec ? v->settings.copy_back_usec : BACK_USEC;

	return MAX(v->copy.back_usec, least);
}

/* Where that happens again soon, it takes longer to come back each time. */
static void leave(struct video *v, uint64_t now, const char *why)
{
	uint64_t back = back_usec(v), least;

	v->copy.back_usec = 0;
	least = back_usec(v);
	if (now - v->copy.began_usec < BACK_TIMES * least)
		v->copy.back_usec = MIN(2 * back, BACK_TIMES * least);
	video_close_encoder(v);
	codec_not_copying(v->codec, why, false);
}

static int begin(struct video *v, struct frame *f, uint64_t now)
{
	struct encoder_settings e = video_choose_settings(v, f);
	struct encoder *copy = NULL;
	char why[160];
	int r = encoder_copy_new(&copy, f, &e, why, sizeof(why));

	if (r < 0)
		return r;
	video_close_encoder(v);
	v->encoder = copy;
	pthread_mutex_lock(&v->lock);
	if (v->status.info.rate_num > 0 && v->status.info.rate_den > 0) {
		e.rate_num = v->status.info.rate_num;
		e.rate_den = v->status.info.rate_den;
	}
	pthread_mutex_unlock(&v->lock);
	r = video_adopt_encoder(v, &e);
	if (r < 0) {
		v->encoder = encoder_free(v->encoder);
		return r;
	}
	v->copy.on = true;
	v->copy.began_usec = now;
	v->copy.ours_usec = 0;
	v->copy.wanted_usec = 0;
	v->copy.width = f->width;
	v->copy.height = f->height;
	codec_copying(v->codec);
	return 0;
}

static int pass(struct video *v, struct frame *f, uint64_t now)
{
	/* None may be left out, so one that comes too late for its time gets the next there is. */
	int64_t pts = MAX((int64_t) (f->capture_usec - v->settings.epoch_usec), v->last_pts + 1);
	struct packet *p = NULL;
	int r = encoder_encode(v->encoder, f, pts, false, &p);

	if (r < 0)
		return r;
	if (p->key)
		v->copy.wanted_usec = 0;
	v->last_pts = pts;
	v->copy.passed_usec = now;
	v->seen = true;
	return video_publish(v, p);
}

/* Pictures come, even if this one goes nowhere. */
static enum video_copied come(struct video *v, uint64_t now, enum video_copied how)
{
	v->last_frame_usec = now;
	video_set_live(v, true, now);
	return how;
}

/* An output waits for an IDR, which is the source's to make. */
static bool is_keyless(struct video *v, uint64_t now)
{
	if (video_take_key_request(v, now) && v->copy.wanted_usec == 0)
		v->copy.wanted_usec = now;
	if (v->copy.wanted_usec == 0)
		return false;
	ask_for_key(v, now);
	return now - v->copy.wanted_usec > KEYLESS_USEC;
}

static enum video_copied go_on(struct video *v, struct frame *f, uint64_t now)
{
	int r = pass(v, f, now);

	if (r == -ESTALE && begin(v, f, now) == 0)
		r = pass(v, f, now);
	if (r == 0 && !is_keyless(v, now))
		return come(v, now, VIDEO_COPIED);
	ask_for_key(v, now);
	if (r < 0 && now - v->copy.passed_usec < v->lost_usec)
		return come(v, now, VIDEO_COPY_WAITS);
	leave(v, now, r < 0 ? "something was lost, and no keyframe came" : "no keyframes come");
	v->copy.good_usec = now;
	return r < 0 ? VIDEO_NOT_COPIED : come(v, now, VIDEO_COPIED);
}

/* Since when have pictures come that follow one from the other? */
static void follow(struct video *v, const struct frame *f, uint64_t now)
{
	struct video_copy *c = &v->copy;
	uint64_t serial = f->coded ? f->coded->serial : c->serial + 1;

	if (encoder_copied(f) == ENCODER_COPIED_NONE) {
		c->bare_usec = c->bare_usec ? c->bare_usec : now;
		c->good_usec = 0;
	} else {
		c->bare_usec = 0;
		if (c->good_usec == 0 || serial != c->serial + 1)
			c->good_usec = now;
	}
	c->serial = serial;
}

/* The first one is, if that can be. */
static enum video_copied try_to_begin(struct video *v, struct frame *f, uint64_t now)
{
	uint64_t good = v->copy.good_usec ? now - v->copy.good_usec : 0;

	if (v->copy.ours_usec == 0)
		v->copy.ours_usec = now;
	if (encoder_copied(f) == ENCODER_COPIED_NONE) {
		/* Behind a loss nothing comes with the pictures up to the next IDR. */
		if (!v->encoder || now - v->copy.bare_usec > KEYLESS_USEC)
			codec_not_copying(
				v->codec, "the input gives no H.264 that could be passed on", true);
		return VIDEO_NOT_COPIED;
	}
	/* What gets lost because ours is too slow does not with one that encodes nothing. */
	if (v->encoder && v->seen && good < back_usec(v) &&
		now - v->copy.ours_usec < TRY_TIMES * back_usec(v))
		return VIDEO_NOT_COPIED;
	if (encoder_copy_begins(f)) {
		if (begin(v, f, now) < 0)
			return VIDEO_NOT_COPIED;
		return go_on(v, f, now);
	}
	ask_for_key(v, now);
	return !v->encoder && good < FIRST_USEC ? come(v, now, VIDEO_COPY_WAITS) : VIDEO_NOT_COPIED;
}

enum video_copied video_copy(struct video *v, struct frame *f, uint64_t now)
{
	const char *why;

	if (!v->settings.copy)
		return VIDEO_NOT_COPIED;
	follow(v, f, now);
	why = refusal(v, f);
	if (why) {
		if (v->copy.on)
			video_close_encoder(v);
		v->copy.ours_usec = 0;
		codec_not_copying(v->codec, why, true);
		return VIDEO_NOT_COPIED;
	}
	return v->copy.on ? go_on(v, f, now) : try_to_begin(v, f, now);
}

bool video_copy_waits(struct video *v, uint64_t now)
{
	if (!v->copy.on)
		return false;
	if (now - v->last_frame_usec < v->lost_usec)
		return true;
	leave(v, now, "no picture comes");
	v->copy.good_usec = 0;
	return false;
}
