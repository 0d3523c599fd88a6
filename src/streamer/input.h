/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From words in the settings ("auto", "pattern", "tone:ppm=5000", "/dev/video0", "hw:1", a URL) to
 * sources. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "capture/source.h"
#include "settings/settings.h"

struct input {
	struct source *video;
	struct source *audio; /* NULL: silence, or no track */
	bool audio_track;     /* is there a sound track at all? */
	bool video_native;    /* a file or URL: its own size and rate hold unless told otherwise */
};

/* card may be NULL (then video "auto" is an error). Nothing is opened yet. why gets words. */
int input_new(
	const struct settings *s, const char *card, struct input *ret, char *why, size_t why_size);
