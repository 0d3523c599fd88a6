/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/coded-decoder.h"

#include <libavcodec/avcodec.h>

#include "media/annexb.h"
#include "media/av-decoder.h"
#include "media/av-frame.h"
#include "media/av-log.h"
#include "media/coded.h"

#define UNIT_MAX (16 << 20) /* bytes of one picture */
#define DECODER_THREADS 2

struct coded_decoder {
	struct coded coded;
	struct av_decoder av;
	int64_t pts; /* counts units, which tells whose picture came out */
};

int coded_decoder_new(struct coded_decoder **ret)
{
	_cleanup_(coded_decoder_freep) struct coded_decoder *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	avlog_capture();
	r = av_decoder_init(&d->av, AV_CODEC_ID_H264);
	if (r < 0)
		return r;
	/* Threads that share a picture add no delay; those that take turns add one picture each. */
	d->av.codec->thread_count = DECODER_THREADS;
	d->av.codec->thread_type = FF_THREAD_SLICE;
	r = av_decoder_open(&d->av);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(d);
	return 0;
}

struct coded_decoder *coded_decoder_free(struct coded_decoder *d)
{
	if (!d)
		return NULL;
	av_decoder_deinit(&d->av);
	free(d);
	return NULL;
}

void coded_decoder_break(struct coded_decoder *d)
{
	coded_break(&d->coded);
	/* What it holds back would come out as if it were new. */
	avcodec_flush_buffers(d->av.codec);
}

bool coded_decoder_wants_key(const struct coded_decoder *d)
{
	return !d->coded.linked;
}

/* A picture of what was sent just now, or of something before it. */
static int decode(struct coded_decoder *d, const AVPacket *av)
{
	int r = avcodec_send_packet(d->av.codec, av);

	if (r == 0)
		r = avcodec_receive_frame(d->av.codec, d->av.decoded);
	if (r == AVERROR(EAGAIN))
		return -EAGAIN;
	if (r < 0)
		return r == AVERROR(ENOMEM) ? -ENOMEM : -EBADMSG;
	if (d->av.decoded->decode_error_flags || d->av.decoded->flags & AV_FRAME_FLAG_CORRUPT)
		return -EBADMSG;
	return 0;
}

static int take_picture(
	struct coded_decoder *d, const struct frame *in, struct packet **packet, struct frame **ret)
{
	bool same = d->av.decoded->pts == d->pts;
	struct frame *f;
	int r = frame_from_av(&f, d->av.decoded);

	if (r < 0)
		return r == -ENOMEM ? r : -EBADMSG;
	f->capture_usec = in->capture_usec;
	f->dequeue_usec = in->dequeue_usec;
	f->sequence = in->sequence;
	if (same)
		f->coded = TAKE_PTR(*packet);
	*ret = f;
	return 0;
}

/* Of one that cannot be passed on: -EAGAIN when it is only something that stands between pictures.
 * The decoder would take it for a picture that is broken; parameter sets go there with the next
 * IDR. */
static int decode_alone(struct coded_decoder *d)
{
	const AVPacket *av = d->av.packet;
	const uint8_t *p = av->data, *stop = av->data + av->size;
	struct annexb_unit u;
	int r = -EBADMSG;

	while (annexb_next(&p, stop, &u)) {
		enum annexb_part part = annexb_part(&u, false);

		if (part == ANNEXB_PART_KEY || part == ANNEXB_PART_PICTURE)
			return decode(d, av);
		if (u.type > ANNEXB_IDR && u.type <= ANNEXB_FILLER)
			r = -EAGAIN;
	}
	return r;
}

int coded_decoder_run(struct coded_decoder *d, const struct frame *in, struct frame **ret)
{
	_cleanup_(packet_unrefp) struct packet *packet = NULL;
	int r = av_decoder_fill(&d->av, in->data[0], in->size, UNIT_MAX);

	d->av.packet->pts = ++d->pts;
	if (r == 0)
		r = coded_next(&d->coded, d->av.packet, &packet);
	/* Without an IDR there is nothing that a decoder could begin with. */
	if (r == 0)
		r = !d->coded.linked ? -EAGAIN : packet ? decode(d, packet->av) : decode_alone(d);
	if (r == 0)
		r = take_picture(d, in, &packet, ret);
	av_frame_unref(d->av.decoded);
	av_packet_unref(d->av.packet);
	if (r < 0 && r != -EAGAIN)
		coded_decoder_break(d);
	return r;
}
