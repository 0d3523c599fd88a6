/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures through an encoder, and what it gives through libavcodec's decoder of the same codec. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <libavcodec/avcodec.h>

#include "media/encoder.h"

struct run {
	struct encoder *encoder; /* NULL: it could not be opened, and it was printed why */
	AVCodecContext *decoder;
	struct frame_pool *pool; /* of one: the encoder must have given it back when it returns */
	int width, height;
	int pictures, decoded, errors;
	int64_t pts;           /* a picture before the first one; the test's own from then on */
	int64_t bytes;         /* likewise */
	struct packet *packet; /* the last one, the run's */
};

void run_begin(struct run *r, const struct encoder_settings *settings);
void run_end(struct run *r);

/* The next picture, with noise on it, by r->pictures. The caller unrefs. */
struct frame *run_draw(struct run *r);

/* Puts r->packet into the decoder, and counts what comes out and what is wrong with it. */
void run_decode(struct run *r);
