/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sound half of demux.c: a decoder's sound into interleaved S16 or FLT. One owner thread. */
#pragma once

#include "media/samples.h"

struct AVCodecContext;
struct AVFrame;
struct demux_audio;

/* Rate, channels and format are settled by what the decoder says now, for good. Returns 0,
 * -EBADMSG or -ENOMEM. */
int demux_audio_new(struct demux_audio **ret, const struct AVCodecContext *ctx);
struct demux_audio *demux_audio_free(struct demux_audio *a);

int demux_audio_rate(const struct demux_audio *a);
int demux_audio_channels(const struct demux_audio *a);

/* ret->data is valid until the next call and as long as frame; ret->frames may be 0. Returns 0,
 * -EBADMSG for what is no sound, or -ENOMEM. */
int demux_audio_convert(struct demux_audio *a, const struct AVFrame *frame, struct samples *ret);
