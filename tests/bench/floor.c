/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the work itself costs: the project's own conversion, libx264 and AAC on pictures and sound
 * that lie in memory, paced in real time. No input, no muxer, no network, one thread beside
 * x264's. Whatever a whole program needs above this is its own doing.
 *
 *   floor WxH RATE BITRATE PICTURES SOUND
 *
 * PICTURES is raw YUYV, SOUND raw S16 at 48 kHz in stereo. Prints JSON: frames; cpu: seconds of
 * user and system time of the whole process from the first picture to the last; start: those before
 * (libavcodec with all that hangs on it, the encoders), without the getting of the input into
 * memory.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/usec.h"
#include "media/aac.h"
#include "media/convert.h"
#include "media/encoder.h"
#include "tests/bench/measure.h"

struct floor {
	int width, height, rate;
	int64_t bitrate;
	const uint8_t *pictures;
	const int16_t *sound;
	size_t n_pictures, n_blocks;
	struct converter *converter;
	struct encoder *encoder;
	struct aac *aac;
	uint64_t start_usec;
	size_t blocks; /* encoded */
};

static int parse(struct floor *f, char **argv)
{
	size_t picture_bytes, sound_bytes;

	if (sscanf(argv[1], "%dx%d", &f->width, &f->height) != 2 || f->width < 16 || f->height < 16)
		return -EINVAL;
	f->rate = atoi(argv[2]);
	f->bitrate = atoll(argv[3]);
	f->pictures = measure_map(argv[4], &picture_bytes);
	f->sound = measure_map(argv[5], &sound_bytes);
	if (f->rate < 1 || f->bitrate < 1 || !f->pictures || !f->sound)
		return -EINVAL;
	f->n_pictures = picture_bytes / pixel_frame_size(PIXEL_YUYV, f->width, f->height);
	f->n_blocks = sound_bytes / (SYNC_BLOCK * SYNC_CHANNELS * sizeof(int16_t));
	return 0;
}

static int open_encoders(struct floor *f, char *why, size_t size)
{
	const struct encoder_settings e = {
		.codec = "libx264",
		.preset = "superfast",
		.tune = "zerolatency",
		.profile = "main",
		.bitrate = f->bitrate,
		.gop = 30,
		.width = f->width,
		.height = f->height,
		.rate_num = f->rate,
		.rate_den = 1,
	};
	int r;

	snprintf(why, size, "no memory");
	r = converter_new(&f->converter, f->width, f->height);
	if (r >= 0)
		r = encoder_new(&f->encoder, &e, why, size);
	if (r >= 0)
		r = aac_new(&f->aac, 96000, why, size);
	return r;
}

/* All sound up to a time of the stream. */
static int encode_sound(struct floor *f, uint64_t until_usec)
{
	while (f->blocks < f->n_blocks) {
		const int16_t *in = f->sound + f->blocks * SYNC_BLOCK * SYNC_CHANNELS;
		uint64_t pts = f->blocks * SYNC_BLOCK * USEC_PER_SEC / SYNC_RATE;
		struct packet *p = NULL;
		int r;

		if (pts > until_usec)
			break;
		for (int c = 0; c < SYNC_CHANNELS; c++) {
			float *out = aac_input(f->aac, c);

			for (int i = 0; out && i < SYNC_BLOCK; i++)
				out[i] = in[i * SYNC_CHANNELS + c] / 32768.0F;
		}
		r = aac_encode(f->aac, (int64_t) pts, &p);
		if (r < 0)
			return r;
		packet_unref(p);
		f->blocks++;
	}
	return 0;
}

static int encode_picture(struct floor *f, size_t n, uint64_t pts_usec)
{
	struct frame in = {
		.pixel = PIXEL_YUYV,
		.width = f->width,
		.height = f->height,
		.data[0] = f->pictures + n * pixel_frame_size(PIXEL_YUYV, f->width, f->height),
		.stride[0] = 2 * f->width,
		.capture_usec = f->start_usec + pts_usec,
		.dequeue_usec = f->start_usec + pts_usec,
	};
	struct frame *picture = NULL;
	struct packet *p = NULL;
	int r;

	atomic_init(&in.refs, 1);
	r = converter_run(f->converter, &in, &picture);
	if (r < 0)
		return r;
	r = encoder_encode(f->encoder, picture, (int64_t) pts_usec, false, &p);
	frame_unref(picture);
	packet_unref(p);
	return r;
}

static void sleep_until(uint64_t usec)
{
	const struct timespec t = {
		.tv_sec = (time_t) (usec / USEC_PER_SEC),
		.tv_nsec = (long) (usec % USEC_PER_SEC) * 1000,
	};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static int encode_all(struct floor *f)
{
	f->start_usec = usec_now();
	for (size_t i = 0; i < f->n_pictures; i++) {
		uint64_t pts = i * USEC_PER_SEC / (uint64_t) f->rate;
		int r;

		sleep_until(f->start_usec + pts);
		r = encode_picture(f, i, pts);
		if (r >= 0)
			r = encode_sound(f, pts);
		if (r < 0)
			return r;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct floor f = { 0 };
	char why[160] = "";
	double before, input, start;
	int r;

	before = measure_cpu_seconds();
	if (argc != 6 || parse(&f, argv) < 0) {
		fputs("usage: floor WxH RATE BITRATE PICTURES SOUND\n", stderr);
		return 2;
	}
	input = measure_cpu_seconds() - before;
	r = open_encoders(&f, why, sizeof(why));
	start = measure_cpu_seconds();
	if (r >= 0)
		r = encode_all(&f);
	if (r >= 0)
		printf("{ \"frames\": %zu, \"start\": %.6f, \"cpu\": %.6f }\n", f.n_pictures,
			start - input, measure_cpu_seconds() - start);
	else
		fprintf(stderr, "floor: %s: %s\n", strerror(-r), why);
	aac_free(f.aac);
	encoder_free(f.encoder);
	converter_free(f.converter);
	return r < 0;
}
