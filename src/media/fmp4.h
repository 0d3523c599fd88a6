/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fragmented MP4 as browsers take it piece by piece (Media Source Extensions): an init segment that
 * tells of the tracks, then fragments of one picture each with the sound that goes with it. Written
 * here and not by libavformat, which would hold a picture back until it has seen the next one, or
 * add durations up instead of telling the true times.
 *
 * Times are those of the packets, so they go on when a stream begins anew. Pure; one owner thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "media/packet.h"
#include "media/tracks.h"

#define FMP4_MIME_MAX 80

struct fmp4;

/* What fragments need to know of the tracks is copied. -ENOTSUP: neither H.264 nor HEVC (profile
 * Main) as our encoders make them, or sound that is not AAC; -ENOMEM. */
int fmp4_new(struct fmp4 **ret, const struct tracks *t);
struct fmp4 *fmp4_free(struct fmp4 *f);
DEFINE_CLEANUP(struct fmp4 *, fmp4_free)

/* "video/mp4; codecs=\"avc1.4D401F, mp4a.40.2\"", or "hvc1.1.6.L93.90" in it, without the sound
 * where there is none. Less than FMP4_MIME_MAX bytes; as long as f. */
const char *fmp4_mime(const struct fmp4 *f);

/* 0 and memory that the caller frees, or -ENOMEM. */
int fmp4_init_segment(const struct fmp4 *f, uint8_t **ret, size_t *ret_size);

/* The next picture as a fragment, with n packets of sound in their order (those that are not later
 * than what has been written are left out, all of them without a sound track). Filler, which only
 * keeps a bitrate constant, is left out, too. 0 and memory that the caller frees; -EBADMSG: there
 * is no picture in it; -ENOMEM. */
int fmp4_fragment(struct fmp4 *f, const struct packet *picture, struct packet *const *sound,
	size_t n, uint8_t **ret, size_t *ret_size);
