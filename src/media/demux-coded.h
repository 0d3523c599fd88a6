/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps the H.264 of a file or URL beside the pictures that are decoded from it (media/coded.h), as
 * Annex B whatever the container has. Inside the media floor only; the owner's thread.
 */
#pragma once

#include "common/cleanup.h"
#include "media/frame.h"

struct AVCodecParameters;
struct AVPacket;
struct demux_coded;

/* -ENOTSUP: not of this codec. */
int demux_coded_new(struct demux_coded **ret, const struct AVCodecParameters *par);
struct demux_coded *demux_coded_free(struct demux_coded *c);
DEFINE_CLEANUP(struct demux_coded *, demux_coded_free)

/* A packet that goes to the decoder; it stays the caller's. -ENOMEM. */
int demux_coded_put(struct demux_coded *c, const struct AVPacket *av);

/* A picture that came out, of the packet with this time: gets that, if it was the last one. */
void demux_coded_attach(struct demux_coded *c, int64_t pts, struct frame *f);

/* Something is missing or broken before what comes next. */
void demux_coded_break(struct demux_coded *c);

/* The file begins anew, or somewhere else. */
void demux_coded_reset(struct demux_coded *c);
