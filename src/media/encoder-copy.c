/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/encoder-copy.h"

#include <libavcodec/avcodec.h>
#include <string.h>

#include "common/usec.h"
#include "media/annexb.h"
#include "media/encoder-private.h"
#include "media/encoder-sets.h"

struct encoder_copy {
	struct encoder base;
	enum encoder_copied kind;
	struct encoder_sets sets; /* with which it began */
	int64_t bitrate;
	uint64_t serial; /* of the last one that was passed on; 0: none */
};

static struct encoder_copy *copy_of(struct encoder *e)
{
	return (struct encoder_copy *) e;
}

enum encoder_copied encoder_copied(const struct frame *f)
{
	if (f->coded)
		return ENCODER_COPIED_H264;
	return f->pixel == PIXEL_MJPEG ? ENCODER_COPIED_MJPEG : ENCODER_COPIED_NONE;
}

bool encoder_copy_begins(const struct frame *f)
{
	return f->coded ? f->coded->key : f->pixel == PIXEL_MJPEG;
}

static int parameters_copy(const struct encoder *base, AVCodecParameters **ret)
{
	const struct encoder_copy *e = (const struct encoder_copy *) base;
	AVCodecParameters *par = avcodec_parameters_alloc();

	if (!par)
		return -ENOMEM;
	par->codec_type = AVMEDIA_TYPE_VIDEO;
	par->codec_id = e->kind == ENCODER_COPIED_H264 ? AV_CODEC_ID_H264 : AV_CODEC_ID_MJPEG;
	par->width = e->base.width;
	par->height = e->base.height;
	par->bit_rate = e->bitrate;
	if (e->kind == ENCODER_COPIED_H264) {
		const uint8_t *p = e->sets.data;
		struct annexb_unit u;

		par->extradata = av_mallocz(e->sets.size + AV_INPUT_BUFFER_PADDING_SIZE);
		if (!par->extradata) {
			avcodec_parameters_free(&par);
			return -ENOMEM;
		}
		memcpy(par->extradata, e->sets.data, e->sets.size);
		par->extradata_size = (int) e->sets.size;
		par->format = AV_PIX_FMT_YUV420P;
		/* ITU-T H.264, 7.3.2.1.1: profile, flags and level are bytes behind the head. */
		while (annexb_next(&p, e->sets.data + e->sets.size, &u))
			if (u.type == ANNEXB_SPS && u.size > 3) {
				par->profile = u.data[1];
				par->level = u.data[3];
			}
	}
	*ret = par;
	return 0;
}

/* The source's packet once more, with times of its own; the bytes are shared. */
static AVPacket *packet_of(const struct frame *f)
{
	AVPacket *av;

	if (f->coded)
		return av_packet_clone(f->coded->av);
	av = av_packet_alloc();
	if (av && av_new_packet(av, (int) f->size) < 0)
		av_packet_free(&av);
	if (av)
		memcpy(av->data, f->data[0], f->size);
	return av;
}

static int pass(const struct frame *f, int64_t pts_usec, struct packet **ret)
{
	AVPacket *av = packet_of(f);
	uint64_t now = usec_now();
	struct packet *p;
	int r = av ? packet_new(&p, av) : -ENOMEM;

	if (r < 0) {
		av_packet_free(&av);
		return r;
	}
	p->track = TRACK_VIDEO;
	p->key = encoder_copy_begins(f);
	p->pts_usec = p->dts_usec = pts_usec;
	p->capture_usec = f->capture_usec;
	p->dequeue_usec = f->dequeue_usec;
	p->encode_usec = now > f->dequeue_usec ? now - f->dequeue_usec : 0;
	*ret = p;
	return 0;
}

/* Does it belong to the stream that has begun? */
static int check(const struct encoder_copy *e, const struct frame *f)
{
	struct encoder_sets sets = { .size = 0 };

	if (encoder_copied(f) != e->kind)
		return encoder_copied(f) == ENCODER_COPIED_NONE ? -ENODATA : -ESTALE;
	if (f->width != e->base.width || f->height != e->base.height)
		return encoder_copy_begins(f) ? -ESTALE : -ENODATA;
	if (e->kind != ENCODER_COPIED_H264)
		return 0;
	if (!f->coded->key)
		return e->serial && f->coded->serial == e->serial + 1 ? 0 : -ENODATA;
	encoder_sets_keep(&sets, f->coded->av->data, f->coded->size);
	return sets.size == e->sets.size && memcmp(sets.data, e->sets.data, sets.size) == 0
		       ? 0
		       : -ESTALE;
}

static int encode_copy(
	struct encoder *base, struct frame *f, int64_t pts_usec, bool key, struct packet **ret)
{
	struct encoder_copy *e = copy_of(base);
	int r = check(e, f);

	(void) key;
	if (r == 0)
		r = pass(f, pts_usec, ret);
	if (r == 0 && f->coded)
		e->serial = f->coded->serial;
	return r;
}

static int take_copy(struct encoder *base, struct packet **ret)
{
	(void) base;
	*ret = NULL;
	return 0;
}

static void set_bitrate_copy(struct encoder *base, int64_t bitrate)
{
	copy_of(base)->bitrate = bitrate;
}

static void free_copy(struct encoder *base)
{
	free(copy_of(base));
}

static const struct encoder_ops encoder_copy_ops = {
	.parameters = parameters_copy,
	.set_bitrate = set_bitrate_copy,
	.encode = encode_copy,
	.take = take_copy,
	.free = free_copy,
};

int encoder_copy_new(struct encoder **ret, const struct frame *first,
	const struct encoder_settings *s, char *why, size_t why_size)
{
	struct encoder_copy *e;

	if (!encoder_copy_begins(first)) {
		snprintf(why, why_size, "the source's stream does not begin here");
		return -ENODATA;
	}
	e = calloc(1, sizeof(*e));
	if (!e) {
		snprintf(why, why_size, "no memory");
		return -ENOMEM;
	}
	e->kind = encoder_copied(first);
	e->bitrate = s->bitrate;
	if (first->coded)
		encoder_sets_keep(&e->sets, first->coded->av->data, first->coded->size);
	e->base = (struct encoder){ .ops = &encoder_copy_ops,
		.width = first->width,
		.height = first->height,
		.last_pts = INT64_MIN,
		.as_is = true };
	*ret = &e->base;
	return 0;
}
