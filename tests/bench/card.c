/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * egm-streamer with a card that costs nothing: the whole program, but its input hands on pictures
 * and sound that lie in memory, as a driver's buffers do, each when it is due. Beside the floor it
 * tells what the program itself needs; a file would add the kernel's copy of a raw picture, which
 * no card has.
 *
 *   EGM_PICTURES=FILE EGM_SOUND=FILE EGM_CPU=FILE card run --video pattern --size WxH …
 *
 * EGM_PICTURES is raw YUYV at 30 a second, EGM_SOUND raw S16 at 48 kHz in stereo; the end of the
 * pictures is the end. EGM_CPU gets the whole process's seconds of user and system time from the
 * second picture to the last, and those it took to start, which end with the first picture: that
 * one opens the encoder, which the floor has open before it.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/pace.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/usec.h"
#include "streamer/input.h"
#include "streamer/manager.h"
#include "streamer/options.h"
#include "tests/bench/measure.h"

#define RATE 30
#define HZ 48000
#define CHANNELS 2
#define PERIOD 2048 /* sample frames: what a card wakes its reader for */

static const uint8_t *pictures, *sound;
static size_t pictures_size, sound_size;
static uint64_t start_usec;
/* Seconds of the process: brought the files into memory, before the second picture, after the last.
 * Written by the main thread, then by the one that reads pictures. */
static double mapped, first, last;

struct card {
	struct source source;
	uint64_t next; /* picture, or sample frame */
	int width, height;
};

static const uint8_t *map_file(const char *variable, size_t *ret_size)
{
	const char *path = getenv(variable);

	return path ? measure_map(path, ret_size) : NULL;
}

/* Waits for the moment; -EAGAIN as read_video() and read_audio() say. */
static int wait_for(uint64_t due, int wake_fd, uint64_t until)
{
	while (usec_now() < due) {
		int r = pace_wait(wake_fd, -1, MIN(due, until));

		if (r < 0)
			return r;
		if (usec_now() >= until && until < due)
			return -EAGAIN;
	}
	return 0;
}

static void release(struct frame *f)
{
	free(f);
}

static int read_video(struct source *s, int wake_fd, uint64_t until_usec, struct frame **ret)
{
	struct card *c = (struct card *) s;
	size_t size = (size_t) c->width * (size_t) c->height * 2;
	uint64_t due = start_usec + c->next * USEC_PER_SEC / RATE;
	struct frame *f;
	int r = wait_for(due, wake_fd, until_usec);

	if (r < 0)
		return r;
	/* By then the first one has opened the encoder, which is part of the start. */
	if (c->next == 1)
		first = measure_cpu_seconds();
	if ((c->next + 1) * size > pictures_size) {
		last = measure_cpu_seconds();
		return source_fail(s, -ENODATA, "the pictures have ended");
	}
	f = calloc(1, sizeof(*f));
	if (!f)
		return source_fail(s, -ENOMEM, "no memory");
	f->pixel = PIXEL_YUYV;
	f->width = c->width;
	f->height = c->height;
	f->data[0] = pictures + c->next * size;
	f->stride[0] = 2 * c->width;
	f->capture_usec = due;
	f->dequeue_usec = usec_now();
	f->sequence = (uint32_t) c->next++;
	f->release = release;
	atomic_init(&f->refs, 1);
	s->counters.frames++;
	*ret = f;
	return 0;
}

static int read_audio(struct source *s, int wake_fd, uint64_t until_usec, struct samples *ret)
{
	struct card *c = (struct card *) s;
	size_t bytes = CHANNELS * sizeof(int16_t);
	uint64_t frames = MIN((uint64_t) PERIOD, sound_size / bytes - c->next);
	int r = wait_for(start_usec + (c->next + PERIOD) * USEC_PER_SEC / HZ, wake_fd, until_usec);

	if (r < 0)
		return r;
	if (frames == 0)
		return source_fail(s, -ENODATA, "the sound has ended");
	*ret = (struct samples){ .format = SAMPLE_S16,
		.rate = HZ,
		.channels = CHANNELS,
		.frames = (int) frames,
		.data = sound + c->next * bytes,
		.capture_usec = start_usec + c->next * USEC_PER_SEC / HZ };
	c->next += frames;
	s->counters.frames += frames;
	return 0;
}

static void set_start(void)
{
	start_usec = usec_now();
}

static int card_open(struct source *s)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct card *c = (struct card *) s;

	(void) pthread_once(&once, set_start);
	s->info = (struct source_info){ .device = "memory" };
	if (c->width) {
		snprintf(s->info.format, sizeof(s->info.format), "YUYV");
		s->info.width = c->width;
		s->info.height = c->height;
		s->info.rate_num = RATE;
	} else {
		snprintf(s->info.format, sizeof(s->info.format), "S16");
		s->info.rate_num = HZ;
		s->info.channels = CHANNELS;
	}
	s->info.rate_den = 1;
	return 0;
}

static void card_close(struct source *s)
{
	(void) s;
}

static void card_free(struct source *s)
{
	free(s);
}

static struct source *card_new(int width, int height)
{
	static const struct source_ops ops[] = {
		{ .name = "memory",
			.open = card_open,
			.read_audio = read_audio,
			.close = card_close,
			.free = card_free },
		{ .name = "memory",
			.open = card_open,
			.read_video = read_video,
			.close = card_close,
			.free = card_free },
	};
	struct card *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->source.ops = &ops[width > 0];
	c->width = width;
	c->height = height;
	return &c->source;
}

/* In place of the streamer's own, which the linker then leaves in its library. */
int input_new(
	const struct settings *s, const char *card, struct input *ret, char *why, size_t why_size)
{
	(void) card;
	*ret = (struct input){
		.video = card_new(s->video.size.width, s->video.size.height),
		.audio = card_new(0, 0),
		.audio_track = true,
	};
	if (ret->video && ret->audio)
		return 0;
	source_free(ret->video);
	source_free(ret->audio);
	snprintf(why, why_size, "no memory");
	return -ENOMEM;
}

static int write_cpu(const char *path)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return -errno;
	fprintf(f, "{ \"start\": %.6f, \"cpu\": %.6f }\n", first - mapped, last - first);
	return fclose(f) == 0 ? 0 : -errno;
}

int main(int argc, char **argv)
{
	const char *cpu = getenv("EGM_CPU");
	struct options o;
	double before = measure_cpu_seconds();
	int r;

	memory_setup();
	log_open("card");
	pictures = map_file("EGM_PICTURES", &pictures_size);
	sound = map_file("EGM_SOUND", &sound_size);
	mapped = measure_cpu_seconds() - before;
	if (!pictures || !sound || !cpu) {
		fputs("card: EGM_PICTURES, EGM_SOUND and EGM_CPU must name files\n", stderr);
		return 2;
	}
	r = options_parse(&o, argc, argv);
	if (r == 0)
		r = manager_run(&o);
	options_deinit(&o);
	return r == 0 && write_cpu(cpu) < 0 ? 1 : r;
}
