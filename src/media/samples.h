/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A block of sound on its way from a source to the sync stage: interleaved, owned by the caller
 * that reads, valid until its next read. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum sample_format {
	SAMPLE_S16,
	SAMPLE_S32,
	SAMPLE_FLT,
	_SAMPLE_FORMAT_MAX
};

#define SAMPLES_CHANNELS_MAX 8

struct samples {
	enum sample_format format; /* native byte order */
	int rate;                  /* Hz, as the card claims it */
	int channels;
	int frames; /* samples per channel */
	const void *data;
	uint64_t capture_usec; /* monotonic time of the first sample, as well as the source knows */
	bool gap;              /* samples were lost just before this block (xrun, suspend) */
};
