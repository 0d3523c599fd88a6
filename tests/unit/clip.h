/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Short clips for tests, made on the spot: picture k carries clockcode k with time k / 50 s. */
#pragma once

#include <stdbool.h>

#define CLIP_WIDTH 320
#define CLIP_HEIGHT 180
#define CLIP_RATE 50
#define CLIP_HZ 48000

/* Writes n pictures and as much sound (both channels hold the low bits of the sample's number where
 * the codec is PCM) into a file of the format its name says. Codec names are libavcodec's; NULL: no
 * such track. Returns 0 or negative. */
int clip_make(const char *path, const char *video_codec, const char *audio_codec, int n);
