/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/demux-coded.h"

#include <libavcodec/bsf.h>

#include "media/av-error.h"
#include "media/coded.h"

struct demux_coded {
	struct coded coded;
	AVBSFContext *bsf;
	AVPacket *packet;
	struct packet *last; /* of what was put, until its picture comes */
	int64_t pts;         /* … its time */
};

int demux_coded_new(struct demux_coded **ret, const AVCodecParameters *par)
{
	_cleanup_(demux_coded_freep) struct demux_coded *c = NULL;
	const AVBitStreamFilter *filter = av_bsf_get_by_name("h264_mp4toannexb");
	int r;

	if (par->codec_id != AV_CODEC_ID_H264 || !filter)
		return -ENOTSUP;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->packet = av_packet_alloc();
	if (!c->packet)
		return -ENOMEM;
	r = av_bsf_alloc(filter, &c->bsf);
	if (r >= 0)
		r = avcodec_parameters_copy(c->bsf->par_in, par);
	if (r >= 0)
		r = av_bsf_init(c->bsf);
	if (r < 0)
		return av_errno(r);
	encoder_sets_keep(&c->coded.sets, c->bsf->par_out->extradata,
		(size_t) MAX(c->bsf->par_out->extradata_size, 0));
	*ret = TAKE_PTR(c);
	return 0;
}

struct demux_coded *demux_coded_free(struct demux_coded *c)
{
	if (!c)
		return NULL;
	packet_unref(c->last);
	av_packet_free(&c->packet);
	av_bsf_free(&c->bsf);
	free(c);
	return NULL;
}

void demux_coded_break(struct demux_coded *c)
{
	if (!c)
		return;
	c->last = packet_unref(c->last);
	coded_break(&c->coded);
}

void demux_coded_reset(struct demux_coded *c)
{
	demux_coded_break(c);
	if (c)
		av_bsf_flush(c->bsf);
}

/* The filter takes one and gives one. */
static int filter(struct demux_coded *c, const AVPacket *av)
{
	int r = av_packet_ref(c->packet, av);

	if (r >= 0)
		r = av_bsf_send_packet(c->bsf, c->packet);
	if (r < 0)
		av_packet_unref(c->packet);
	else
		r = av_bsf_receive_packet(c->bsf, c->packet);
	return r;
}

int demux_coded_put(struct demux_coded *c, const AVPacket *av)
{
	int r;

	if (!c)
		return 0;
	c->last = packet_unref(c->last);
	r = filter(c, av);
	if (r < 0) {
		demux_coded_break(c);
		return r == AVERROR(ENOMEM) ? -ENOMEM : 0;
	}
	c->pts = av->pts;
	r = coded_next(&c->coded, c->packet, &c->last);
	av_packet_unref(c->packet);
	return r;
}

void demux_coded_attach(struct demux_coded *c, int64_t pts, struct frame *f)
{
	if (c && c->last && pts != AV_NOPTS_VALUE && pts == c->pts)
		f->coded = TAKE_PTR(c->last);
}
