/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whatever a source yields into the one layout the encoder takes: I420, limited range, at the
 * output's size. Decodes MJPEG, converts colours and range, scales, and adds black borders where
 * the aspect differs, or stretches. A picture that already fits passes through as it is. The colour
 * matrix stays the picture's own; RGB24 and BGR24 become BT.709 from 720 rows on, else BT.601. One
 * owner thread.
 */
#pragma once

#include "common/cleanup.h"
#include "media/frame.h"

struct converter;

/* width, height: of the output; even, at least 16. */
int converter_new(struct converter **ret, int width, int height);
struct converter *converter_free(struct converter *c);
DEFINE_CLEANUP(struct converter *, converter_free)

/* From the next picture on one of another aspect fills the output, out of proportion, instead of
 * getting borders, as it is at the start. */
void converter_set_stretch(struct converter *c, bool stretch);

/* Gives a frame of the output's size with a reference for the caller; times are taken over. in
 * stays the caller's. -EBADMSG: the picture is corrupt (a broken JPEG); -EINVAL: no such size or
 * layout can be taken; -ENOBUFS: too many are still out. */
int converter_run(struct converter *c, struct frame *in, struct frame **ret);
