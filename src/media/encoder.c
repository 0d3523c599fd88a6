/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is the same whatever does the work. */
#include "media/encoder.h"

#include <stdio.h>

#include "media/encoder-kind.h"
#include "media/encoder-private.h"

#define BITRATE_MIN 10000
#define BITRATE_MAX 1000000000

/* What encoders would take for something else: no bitrate is constant quality, no rate is 25. */
static const char *refused(const struct encoder_settings *s)
{
	if (s->width < 16 || s->height < 16 || s->width > FRAME_SIDE_MAX ||
		s->height > FRAME_SIDE_MAX || s->width % 2 || s->height % 2)
		return "size: even, from 16 to 8192";
	if (s->rate_num < 1 || s->rate_den < 1)
		return "rate: more than nothing";
	if (s->bitrate < BITRATE_MIN || s->bitrate > BITRATE_MAX)
		return "bitrate: from 10k to 1000M";
	if (s->gop < 1)
		return "gop: at least 1";
	if (s->threads < 0)
		return "threads: not negative";
	return NULL;
}

int encoder_new(struct encoder **ret, const struct encoder_settings *s, char *why, size_t why_size)
{
	const struct encoder_kind *kind = encoder_kind_find(s->codec);
	struct encoder *e = NULL;
	int r;

	if (!kind) {
		snprintf(why, why_size, "there is no video encoder %s", s->codec);
		return -ENOSYS;
	}
	if (refused(s)) {
		snprintf(why, why_size, "cannot encode with this %s", refused(s));
		return -EINVAL;
	}
	r = kind->ops->open(&e, kind, s, why, why_size);
	if (r < 0)
		return r;
	e->ops = kind->ops;
	e->width = s->width;
	e->height = s->height;
	e->last_pts = INT64_MIN;
	*ret = e;
	return 0;
}

struct encoder *encoder_free(struct encoder *e)
{
	if (e)
		e->ops->free(e);
	return NULL;
}

int encoder_parameters(const struct encoder *e, struct AVCodecParameters **ret)
{
	return e->ops->parameters(e, ret);
}

void encoder_set_bitrate(struct encoder *e, int64_t bitrate)
{
	e->ops->set_bitrate(e, CLAMP(bitrate, (int64_t) BITRATE_MIN, (int64_t) BITRATE_MAX));
}

int encoder_encode(
	struct encoder *e, struct frame *f, int64_t pts_usec, bool key, struct packet **ret)
{
	bool fits = f->pixel == PIXEL_I420 && f->width == e->width && f->height == e->height;
	int r;

	if ((!fits && !e->as_is) || pts_usec <= e->last_pts)
		return -EINVAL;
	r = e->ops->encode(e, f, pts_usec, key, ret);
	if (r >= 0)
		e->last_pts = pts_usec;
	return r;
}

int encoder_take(struct encoder *e, struct packet **ret)
{
	return e->ops->take(e, ret);
}
