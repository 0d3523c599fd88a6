/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/tracks.h"

#include <libavcodec/codec_par.h>

int tracks_new(struct tracks **ret, unsigned generation, struct AVCodecParameters *video,
	struct AVCodecParameters *audio, int rate_num, int rate_den)
{
	struct tracks *t = calloc(1, sizeof(*t));

	if (!t) {
		avcodec_parameters_free(&video);
		avcodec_parameters_free(&audio);
		return -ENOMEM;
	}
	t->generation = generation;
	t->video = video;
	t->audio = audio;
	t->rate_num = rate_num;
	t->rate_den = rate_den;
	atomic_init(&t->refs, 1);
	*ret = t;
	return 0;
}

struct tracks *tracks_unref(struct tracks *t)
{
	if (!t || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
		return NULL;
	avcodec_parameters_free(&t->video);
	avcodec_parameters_free(&t->audio);
	free(t);
	return NULL;
}
