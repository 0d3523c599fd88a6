/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JPEGs of one picture after the other, as jpeg_encode() makes them and of the same colours, with
 * less work: what it takes is kept from one to the next, and the usual layouts of cards and of our
 * own pictures go straight to what a JPEG has. One owner thread.
 */
#pragma once

#include "media/jpeg.h"

struct jpeg_maker;

int jpeg_maker_new(struct jpeg_maker **ret);
struct jpeg_maker *jpeg_maker_free(struct jpeg_maker *m);
DEFINE_CLEANUP(struct jpeg_maker *, jpeg_maker_free)

/* Takes and returns what jpeg_make() does, at the frame's own size. The quantiser may be another
 * one each time. */
int jpeg_maker_run(struct jpeg_maker *m, const struct frame *f, int quantiser, struct jpeg *ret);
