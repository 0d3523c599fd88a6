/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one encode of the picture that feeds every output: no B pictures, constant bitrate with a VBV
 * of one second, fixed GOP, parameter sets (SPS, PPS; VPS) in front of every IDR as well as in the
 * parameters. In software there is no delay: one picture in, one packet out. Hardware may hold back
 * a few pictures.
 *
 * What does the work stands behind encoder_ops in encoder-private.h, and encoder-kind.h lists what
 * there is. One owner thread, which may be blocked for as long as a driver wants: that is why
 * hardware is tried in a process of its own first (streamer/prober.h). The border for AVERROR.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "media/frame.h"
#include "media/packet.h"

struct AVCodecParameters;
struct encoder;

#define ENCODER_HELD_MAX 4 /* pictures that hardware may hold back */

/* Strings are kept by reference. */
struct encoder_settings {
	const char *codec;                   /* a name that encoder_kind_find() knows */
	const char *preset, *tune, *profile; /* x264's; hardware has what is nearest, or nothing */
	int64_t bitrate;                     /* bit/s */
	int gop;                             /* pictures from IDR to IDR */
	int threads;                         /* 0: as many as there are processors */
	int width, height;
	int rate_num, rate_den; /* nominal; timestamps are those of the pictures */
	bool bt709;
};

/* why gets words for a person. Returns 0 or a negative errno. */
int encoder_new(
	struct encoder **ret, const struct encoder_settings *settings, char *why, size_t why_size);
struct encoder *encoder_free(struct encoder *e);
DEFINE_CLEANUP(struct encoder *, encoder_free)

/* A copy for tracks_new(), owned by the caller. */
int encoder_parameters(const struct encoder *e, struct AVCodecParameters **ret);

/* Takes effect with the next picture; the stream goes on. What cannot change it while it runs
 * begins anew with an IDR within the same stream, at most once in two seconds. */
void encoder_set_bitrate(struct encoder *e, int64_t bitrate);

/* Encodes an I420 frame of the encoder's size (but see encoder-copy.h); its pixels are read in
 * place and released before this returns. pts_usec must be greater than the last. key: make it an
 * IDR. The packet's reference goes to the caller; NULL (never in software): it is held back. Then,
 * and else too, there may be more to take. */
int encoder_encode(
	struct encoder *e, struct frame *f, int64_t pts_usec, bool key, struct packet **ret);

/* Another packet that is ready, or NULL. After an encode, until there is none. */
int encoder_take(struct encoder *e, struct packet **ret);
