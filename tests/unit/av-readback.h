/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a file back with libavformat and decodes all of it. */
#pragma once

#include <stdbool.h>

struct readback {
	int pictures, blocks; /* decoded */
	int errors;           /* packets or frames that did not decode, or were damaged */
	bool first_key;       /* the first video packet is a keyframe */
	bool monotonic;       /* timestamps grow in both tracks */
	double seconds;       /* from the first to the last picture's time */
	double sound_begins, sound_ends; /* first and last block, counted from the first picture */
};

/* False when it cannot be opened at all. */
bool av_readback(const char *path, struct readback *ret);
