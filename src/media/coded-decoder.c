/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/coded-decoder.h"

#include <libavcodec/avcodec.h>
#include <string.h>

#include "media/annexb.h"
#include "media/av-error.h"
#include "media/av-frame.h"
#include "media/av-log.h"
#include "media/coded.h"

#define UNIT_MAX (16 << 20) /* bytes of one picture */
#define DECODER_THREADS 2

struct coded_decoder {
	struct coded coded;
	AVCodecContext *codec;
	AVPacket *packet;
	AVFrame *decoded;
	int64_t pts; /* counts units, which tells whose picture came out */
};

int coded_decoder_new(struct coded_decoder **ret)
{
	_cleanup_(coded_decoder_freep) struct coded_decoder *d = NULL;
	const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_H264);
	int r;

	if (!codec)
		return -ENOSYS;
	avlog_capture();
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->codec = avcodec_alloc_context3(codec);
	d->packet = av_packet_alloc();
	d->decoded = av_frame_alloc();
	if (!d->codec || !d->packet || !d->decoded)
		return -ENOMEM;
	/* Threads that share a picture add no delay; those that take turns add one picture each. */
	d->codec->thread_count = DECODER_THREADS;
	d->codec->thread_type = FF_THREAD_SLICE;
	d->codec->flags |= AV_CODEC_FLAG_LOW_DELAY;
	d->codec->max_pixels = (int64_t) FRAME_SIDE_MAX * FRAME_SIDE_MAX;
	r = avcodec_open2(d->codec, codec, NULL);
	if (r < 0)
		return av_errno(r);
	*ret = TAKE_PTR(d);
	return 0;
}

struct coded_decoder *coded_decoder_free(struct coded_decoder *d)
{
	if (!d)
		return NULL;
	avcodec_free_context(&d->codec);
	av_packet_free(&d->packet);
	av_frame_free(&d->decoded);
	free(d);
	return NULL;
}

void coded_decoder_break(struct coded_decoder *d)
{
	coded_break(&d->coded);
	avcodec_flush_buffers(d->codec); /* what it holds back would come out as if it were new */
}

bool coded_decoder_wants_key(const struct coded_decoder *d)
{
	return !d->coded.linked;
}

/* Into a packet with room behind it, which decoders read. */
static int copy_unit(struct coded_decoder *d, const struct frame *in)
{
	av_packet_unref(d->packet);
	if (in->size == 0 || in->size > UNIT_MAX)
		return -EBADMSG;
	if (av_new_packet(d->packet, (int) in->size) < 0)
		return -ENOMEM;
	memcpy(d->packet->data, in->data[0], in->size);
	d->packet->pts = ++d->pts;
	return 0;
}

/* A picture of what was sent just now, or of something before it. */
static int decode(struct coded_decoder *d, const AVPacket *av)
{
	int r = avcodec_send_packet(d->codec, av);

	if (r == 0)
		r = avcodec_receive_frame(d->codec, d->decoded);
	if (r == AVERROR(EAGAIN))
		return -EAGAIN;
	if (r < 0)
		return r == AVERROR(ENOMEM) ? -ENOMEM : -EBADMSG;
	if (d->decoded->decode_error_flags || d->decoded->flags & AV_FRAME_FLAG_CORRUPT)
		return -EBADMSG;
	return 0;
}

static int take_picture(
	struct coded_decoder *d, const struct frame *in, struct packet **packet, struct frame **ret)
{
	bool same = d->decoded->pts == d->pts;
	struct frame *f;
	int r = frame_from_av(&f, d->decoded);

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

/* Of one without a picture: -EAGAIN when it is something that stands between pictures. The decoder
 * would take it for a picture that is broken; parameter sets go there with the next IDR. */
static int pass_over(const AVPacket *av)
{
	const uint8_t *p = av->data, *stop = av->data + av->size;
	struct annexb_unit u;

	while (annexb_next(&p, stop, &u))
		if (u.type > ANNEXB_IDR && u.type <= ANNEXB_FILLER)
			return -EAGAIN;
	return -EBADMSG;
}

int coded_decoder_run(struct coded_decoder *d, const struct frame *in, struct frame **ret)
{
	_cleanup_(packet_unrefp) struct packet *packet = NULL;
	int r = copy_unit(d, in);

	if (r == 0)
		r = coded_next(&d->coded, d->packet, &packet);
	/* Without an IDR there is nothing that a decoder could begin with. */
	if (r == 0)
		r = !d->coded.linked ? -EAGAIN
		    : packet         ? decode(d, packet->av)
				     : pass_over(d->packet);
	if (r == 0)
		r = take_picture(d, in, &packet, ret);
	av_frame_unref(d->decoded);
	av_packet_unref(d->packet);
	if (r < 0 && r != -EAGAIN)
		coded_decoder_break(d);
	return r;
}
