/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Short clips for tests, made on the spot: picture k carries clockcode k with time k / 50 s. */
#pragma once

#include <stdbool.h>

#define CLIP_WIDTH 320
#define CLIP_HEIGHT 180
#define CLIP_RATE 50
#define CLIP_HZ 48000

struct clip {
	const char *video, *audio; /* libavcodec's names of codecs; NULL: no such track */
	int pictures;
	int width, height; /* 0: as above */
	int period;        /* fiftieths of a second from one picture to the next; 0: 1 */
	int hole_msec;     /* in the sound, in the middle */
};

/* Writes pictures and as much sound (both channels hold the low bits of the sample's number where
 * the codec is PCM) into a file of the format its name says. Returns 0 or negative. */
int clip_write(const char *path, const struct clip *clip);

/* The same with nothing out of the ordinary. */
int clip_make(const char *path, const char *video_codec, const char *audio_codec, int n);
