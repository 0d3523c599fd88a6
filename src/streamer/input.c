/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/input.h"

#include <string.h>
#include <sys/stat.h>

#define CARD_RATE 30 /* asked of a card when the settings leave it open */

static bool has_prefix(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* A node, there or not yet; a plain file below /dev/shm is a file. */
static bool is_device(const char *s)
{
	struct stat st;

	return has_prefix(s, "/dev/") && (stat(s, &st) < 0 || !S_ISREG(st.st_mode));
}

static struct video_want wanted(const struct settings *s)
{
	/* In the order of the words that the setting allows; 0 is auto. */
	static const enum pixel formats[] = { PIXEL_I420, PIXEL_YUYV, PIXEL_UYVY, PIXEL_NV12,
		PIXEL_I420, PIXEL_RGB24, PIXEL_BGR24, PIXEL_MJPEG, PIXEL_NV16, PIXEL_H264 };
	struct video_want w = {
		.width = s->video.size.width,
		.height = s->video.size.height,
		.rate_num = s->video.rate.num,
		.rate_den = s->video.rate.den,
		.format = formats[s->video.format],
		.format_auto = s->video.format == 0,
		.input = s->video.input,
		.controls = s->video.controls,
		.coded = s->encoder.codec == CODEC_COPY,
		.gop = (int) s->encoder.gop,
		.bitrate = s->encoder.bitrate,
	};

	if (w.rate_num == 0) {
		w.rate_num = CARD_RATE;
		w.rate_den = 1;
	}
	return w;
}

static int tone_new(const char *device, struct source **ret, char *why, size_t why_size)
{
	double ppm = 0;
	char *end = NULL;

	if (has_prefix(device, "tone:ppm="))
		ppm = strtod(device + strlen("tone:ppm="), &end);
	else if (strcmp(device, "tone") != 0)
		end = (char *) "?";
	if ((end && *end) || ppm < -50000 || ppm > 50000) {
		snprintf(why, why_size,
			"audio.device: %s: \"tone\" or \"tone:ppm=N\" with N from "
			"-50000 to 50000",
			device);
		return -EINVAL;
	}
	return source_tone_new(ret, ppm);
}

/* The sound's source; a file's own sound goes with "auto" and is made by the caller. */
static int audio_new_source(const char *device, const char *video, bool of_file,
	struct source **ret, char *why, size_t why_size)
{
	*ret = NULL;
	if (strcmp(device, "none") == 0 || strcmp(device, "silence") == 0)
		return 0;
	if (has_prefix(device, "tone"))
		return tone_new(device, ret, why, why_size);
	if (strcmp(device, "auto") == 0) {
		if (of_file)
			return 0;
		if (!is_device(video))
			return 0;
	}
	return source_alsa_new(ret, device, is_device(video) ? video : NULL);
}

int input_new(
	const struct settings *s, const char *card, struct input *ret, char *why, size_t why_size)
{
	struct video_want want = wanted(s);
	struct input in = { .audio_track = strcmp(s->audio.device, "none") != 0 };
	const char *audio = s->audio.device;
	_cleanup_(freep) char *device = NULL;
	bool of_file;
	int r;

	snprintf(why, why_size, "no memory");
	r = settings_video_device(s, card, &device, why, why_size);
	if (r < 0)
		return r;
	of_file = strcmp(device, "pattern") != 0 && !is_device(device);
	r = audio_new_source(audio, device, of_file, &in.audio, why, why_size);
	if (r < 0)
		return r;
	if (strcmp(device, "pattern") == 0)
		r = source_pattern_new(&in.video, &want);
	else if (is_device(device))
		r = source_v4l2_new(&in.video, device, &want);
	else
		r = source_file_new(&in.video, strcmp(audio, "auto") == 0 ? &in.audio : NULL,
			device, s->video.loop);
	if (r < 0) {
		source_free(in.audio);
		return r;
	}
	if (of_file && s->encoder.codec == CODEC_COPY)
		source_file_keep_coded(in.video);
	in.video_native = of_file;
	*ret = in;
	return 0;
}
