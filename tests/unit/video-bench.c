/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/video-bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/usec.h"
#include "media/tracks.h"
#include "tests/unit/fake-card.h"

static void on_tracks(void *userdata, struct AVCodecParameters *parameters, int num, int den)
{
	struct seen *s = userdata;

	pthread_mutex_lock(&s->lock);
	if (parameters) {
		s->tracks++;
		s->expect_first = true;
		tracks_unref(s->last_tracks);
		(void) tracks_new(&s->last_tracks, 1, parameters, NULL, num, den);
	} else {
		s->closed++;
	}
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void on_packet(void *userdata, struct packet *p)
{
	struct seen *s = userdata;

	pthread_mutex_lock(&s->lock);
	if (s->expect_first)
		s->told.first_is_key = s->told.first_is_key && p->key;
	s->expect_first = false;
	if (s->packets && p->pts_usec <= s->last_pts)
		s->told.backwards = true;
	if (s->packets)
		s->told.longest_gap = MAX(s->told.longest_gap, p->pts_usec - s->last_pts);
	s->last_pts = p->pts_usec;
	s->packets++;
	s->keys += p->key;
	if (s->packet)
		s->packet(p);
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void on_live(void *userdata, bool live, const char *reason)
{
	struct seen *s = userdata;

	pthread_mutex_lock(&s->lock);
	s->live += live;
	s->lost += !live;
	snprintf(s->told.reason, sizeof(s->told.reason), "%s", reason);
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void on_ended(void *userdata)
{
	struct seen *s = userdata;

	pthread_mutex_lock(&s->lock);
	s->ended++;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void on_failed(void *userdata, const char *why)
{
	struct seen *s = userdata;

	pthread_mutex_lock(&s->lock);
	s->failed++;
	snprintf(s->told.why, sizeof(s->told.why), "%s", why);
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static bool on_wanted(void *userdata)
{
	struct seen *s = userdata;

	return atomic_load(&s->wanted);
}

/* Cards of the tests yield no white. */
static bool is_masked(const struct frame *f)
{
	return f->pixel != PIXEL_MJPEG && f->data[0][0] == (f->full_range ? 255 : 235);
}

static void on_frame(void *userdata, struct frame *f)
{
	struct seen *s = userdata;

	pthread_mutex_lock(&s->lock);
	s->frames += f->pixel == PIXEL_I420;
	s->width = f->width;
	s->height = f->height;
	s->masked += is_masked(f);
	s->bare += !is_masked(f);
	s->jpegs += f->pixel == PIXEL_MJPEG;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void on_event(void *userdata, enum video_event event, const char *words)
{
	struct seen *s = userdata;

	pthread_mutex_lock(&s->lock);
	s->events[event]++;
	snprintf(s->told.words, sizeof(s->told.words), "%s", words);
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void on_encoder(void *userdata, const struct codec_news *n)
{
	struct seen *s = userdata;
	bool copy = strcmp(n->name, CODEC_NAME_COPY) == 0;

	pthread_mutex_lock(&s->lock);
	s->copying += copy;
	s->encoding += !copy && n->kind != CODEC_REFUSED;
	s->refused += n->kind == CODEC_REFUSED;
	snprintf(s->news, sizeof(s->news), "%s", n->why);
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static bool on_takes(void *userdata, enum encoder_copied what)
{
	struct seen *s = userdata;

	return what != ENCODER_COPIED_MJPEG || atomic_load(&s->takes);
}

bool seen_reaches(struct seen *s, const int *counter, int n)
{
	return counter_reaches(&s->lock, &s->changed, counter, n);
}

int seen_get(struct seen *s, const int *counter)
{
	return counter_get(&s->lock, counter);
}

struct told seen_told(struct seen *s)
{
	struct told t;

	pthread_mutex_lock(&s->lock);
	t = s->told;
	pthread_mutex_unlock(&s->lock);
	return t;
}

struct seen seen_new(void)
{
	return (struct seen){ .lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
		.told.first_is_key = true,
		.wanted = true,
		.takes = true };
}

struct video *bench_begin_with(
	struct seen *s, struct source *source, const struct video_settings *settings)
{
	const struct video_hooks hooks = { on_tracks, on_packet, on_live, on_ended, on_failed,
		on_wanted, on_frame, on_event, on_encoder, on_takes, s };
	struct video_settings now = *settings;
	struct video *v = NULL;

	now.epoch_usec = usec_now();
	if (video_new(&v, source, &now, &hooks) < 0 || video_start(v) < 0)
		abort();
	return v;
}

struct video *bench_begin_shaped(
	struct seen *s, const char *profile, const struct shape_settings *shape)
{
	const struct video_settings settings = {
		.shape = *shape,
		.title = "test",
		.encoder = { .codec = "libx264",
			.preset = "ultrafast",
			.tune = "zerolatency",
			.profile = profile,
			.bitrate = 500000,
			.gop = 30,
			.threads = 1 },
	};
	return bench_begin_with(s, fake_card_new(), &settings);
}

struct video *bench_begin(struct seen *s, const char *profile)
{
	return bench_begin_shaped(s, profile, &(struct shape_settings){ 0 });
}

int bench_end(struct video *v, struct seen *s)
{
	int r;

	video_stop(v);
	r = video_free(v, usec_now() + LIMIT);
	tracks_unref(s->last_tracks);
	return r;
}
