/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/v4l2-codec.h"

#include <errno.h>

#include "capture/v4l2-probe.h"
#include "common/usec.h"
#include "media/annexb.h"
#include "media/coded-decoder.h"

#define ASK_USEC (100 * USEC_PER_MSEC) /* an IDR takes a picture or two to come */

int v4l2_codec_begin(struct v4l2_codec *c)
{
	struct coded_decoder *d;
	int r = coded_decoder_new(&d);

	if (r < 0)
		return r;
	coded_decoder_free(c->decoder);
	c->decoder = d;
	c->asked_usec = 0;
	return 0;
}

void v4l2_codec_end(struct v4l2_codec *c)
{
	coded_decoder_free(c->decoder);
	*c = (struct v4l2_codec){ 0 };
}

/* ---- the card's encoder ---- */

static bool has_control(int fd, uint32_t id, struct v4l2_query_ext_ctrl *ret)
{
	*ret = (struct v4l2_query_ext_ctrl){ .id = id };
	return v4l2_call(fd, VIDIOC_QUERY_EXT_CTRL, ret) == 0 &&
	       !(ret->flags & (V4L2_CTRL_FLAG_DISABLED | V4L2_CTRL_FLAG_READ_ONLY));
}

static int set_control(int fd, uint32_t id, int32_t value)
{
	struct v4l2_ext_control one = { .id = id, .value = value };
	struct v4l2_ext_controls all = {
		.which = V4L2_CTRL_WHICH_CUR_VAL, .count = 1, .controls = &one
	};
	struct v4l2_control old = { .id = id, .value = value };
	int r = v4l2_call(fd, VIDIOC_S_EXT_CTRLS, &all);

	return r == -ENOTTY ? v4l2_call(fd, VIDIOC_S_CTRL, &old) : r;
}

/* As near to it as the card can; false: it has no such control. */
static bool set_near(int fd, uint32_t id, int64_t value)
{
	struct v4l2_query_ext_ctrl q;

	if (!has_control(fd, id, &q) || q.maximum < q.minimum)
		return false;
	value = CLAMP(value, q.minimum, MIN(q.maximum, (int64_t) INT32_MAX));
	if (q.step > 1)
		value -= (int64_t) ((uint64_t) (value - q.minimum) % q.step);
	(void) set_control(fd, id, (int32_t) value);
	return true;
}

/* What fails stays as it is: the pictures are decoded whatever they look like. */
void v4l2_codec_set(struct v4l2_codec *c, int fd, const struct video_want *want)
{
	struct v4l2_query_ext_ctrl q;

	c->can_key = has_control(fd, V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME, &q);
	(void) set_near(fd, V4L2_CID_MPEG_VIDEO_B_FRAMES, 0);
	(void) set_near(fd, V4L2_CID_MPEG_VIDEO_REPEAT_SEQ_HEADER, 1);
	/* Some drivers know it by its older name only. */
	if (want->gop > 0 && !set_near(fd, V4L2_CID_MPEG_VIDEO_GOP_SIZE, want->gop))
		(void) set_near(fd, V4L2_CID_MPEG_VIDEO_H264_I_PERIOD, want->gop);
	if (want->bitrate > 0) {
		(void) set_near(
			fd, V4L2_CID_MPEG_VIDEO_BITRATE_MODE, V4L2_MPEG_VIDEO_BITRATE_MODE_CBR);
		(void) set_near(fd, V4L2_CID_MPEG_VIDEO_BITRATE, want->bitrate);
	}
}

void v4l2_codec_want_key(struct v4l2_codec *c, int fd)
{
	if (!c->can_key)
		return;
	c->asked_usec = usec_now();
	(void) set_control(fd, V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME, 1);
}

/* ---- its pictures ---- */

static void ask(struct v4l2_codec *c, int fd)
{
	if (coded_decoder_wants_key(c->decoder) &&
		(c->asked_usec == 0 || usec_now() - c->asked_usec >= ASK_USEC))
		v4l2_codec_want_key(c, fd);
}

/* Else there are only parameter sets and the like in it. */
static bool has_picture(const struct frame *f)
{
	const uint8_t *p = f->data[0], *stop = f->data[0] + f->size;
	struct annexb_unit u;

	while (annexb_next(&p, stop, &u))
		if (u.type >= ANNEXB_SLICE && u.type <= ANNEXB_IDR)
			return true;
	return false;
}

void v4l2_codec_decode(struct v4l2_codec *c, int fd, struct v4l2_taken *t)
{
	_cleanup_(frame_unrefp) struct frame *coded = TAKE_PTR(t->frame);
	int r;

	t->copied = 0; /* or not, it has gone back */
	/* It came before the one that is here, if there is one. */
	if (t->errors > 0 || t->dropped > 0)
		coded_decoder_break(c->decoder);
	r = coded ? coded_decoder_run(c->decoder, coded, &t->frame) : -EAGAIN;
	if (r < 0 && r != -EAGAIN && r != -ENOMEM)
		t->errors++;
	else if (r == -ENOMEM || (coded && !t->frame && coded_decoder_wants_key(c->decoder)))
		t->dropped += has_picture(coded);
	if (t->any)
		ask(c, fd);
}
