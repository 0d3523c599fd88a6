/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One accumulator carries all: the monotonic time modulo a second as a 64 bit fraction. Its
 * overflow is the click, and a thousand times it is the phase of the tone, which is why both stay
 * in phase with the clock for ever (a sample's step is exact to 2^-65 s).
 */
#include "capture/tone.h"

#include <math.h>

#include "capture/pace.h"
#include "capture/source.h"
#include "common/usec.h"

#define BLOCK 960               /* samples handed on at once, as a card does */
#define BACKLOG (TONE_RATE / 2) /* what a card would buffer */
#define FREQUENCY 1000
#define AMPLITUDE 0.0501 /* -26 dBFS */
#define CLICK_AMPLITUDE 0.5
#define CLICK_PER_SEC 200 /* a click lasts one of so many parts of a second */
#define PPM_MAX 100000

struct tone_source {
	struct source source;
	double ppm;
	/* from open to close */
	struct tone tone;
	uint64_t next; /* sample */
	int16_t block[BLOCK * TONE_CHANNELS];
};

void tone_init(struct tone *t, double ppm, uint64_t t0_usec)
{
	unsigned __int128 fraction = (unsigned __int128) (t0_usec % USEC_PER_SEC) << 64;

	t->t0_usec = t0_usec;
	t->rate = TONE_RATE * (1 + ppm / 1e6);
	t->second = (uint64_t) (fraction / USEC_PER_SEC);
	t->step = (uint64_t) (0x1p64 / t->rate);
	for (int i = 0; i < TONE_TABLE; i++) {
		double sine = 32767 * sin(2 * M_PI * i / TONE_TABLE);

		t->wave[i] = (int16_t) lrint(AMPLITUDE * sine);
		t->click[i] = (int16_t) lrint(CLICK_AMPLITUDE * sine);
	}
}

void tone_fill(struct tone *t, int16_t *ret, int frames)
{
	for (int i = 0; i < frames; i++) {
		const int16_t *wave = t->second < UINT64_MAX / CLICK_PER_SEC ? t->click : t->wave;
		int16_t value = wave[t->second * FREQUENCY / (UINT64_MAX / TONE_TABLE + 1)];

		for (int c = 0; c < TONE_CHANNELS; c++)
			*ret++ = value;
		t->second += t->step;
	}
}

void tone_skip(struct tone *t, uint64_t frames)
{
	t->second += frames * t->step;
}

uint64_t tone_usec(const struct tone *t, uint64_t sample)
{
	return t->t0_usec + (uint64_t) ((double) sample * 1e6 / t->rate);
}

uint64_t tone_count(const struct tone *t, uint64_t now_usec)
{
	return (uint64_t) ((double) (now_usec - t->t0_usec) * t->rate / 1e6);
}

static int tone_read(struct source *s, int wake_fd, uint64_t until_usec, struct samples *ret)
{
	struct tone_source *t = (struct tone_source *) s;
	uint64_t now = usec_now(), there = tone_count(&t->tone, now), lost = 0;

	while (there < t->next + BLOCK) {
		int r;

		if (now >= until_usec)
			return -EAGAIN;
		/* One microsecond makes up for the rounding of the sample's time. */
		r = pace_wait(
			wake_fd, -1, MIN(until_usec, tone_usec(&t->tone, t->next + BLOCK) + 1));
		if (r < 0)
			return r;
		now = usec_now();
		there = tone_count(&t->tone, now);
	}
	if (there - t->next > BACKLOG) {
		lost = there - t->next - BLOCK;
		tone_skip(&t->tone, lost);
		t->next += lost;
		s->counters.dropped += lost;
		s->counters.errors++;
	}
	tone_fill(&t->tone, t->block, BLOCK);
	*ret = (struct samples){ .format = SAMPLE_S16,
		.rate = TONE_RATE,
		.channels = TONE_CHANNELS,
		.frames = BLOCK,
		.data = t->block,
		.capture_usec = tone_usec(&t->tone, t->next),
		.gap = lost > 0 };
	t->next += BLOCK;
	s->counters.frames += BLOCK;
	return 0;
}

static int tone_open(struct source *s)
{
	struct tone_source *t = (struct tone_source *) s;

	tone_init(&t->tone, t->ppm, usec_now());
	t->next = 0;
	s->info = (struct source_info){ .format = "S16",
		.rate_num = TONE_RATE,
		.rate_den = 1,
		.channels = TONE_CHANNELS,
		.device = "tone" };
	return 0;
}

static void tone_close(struct source *s)
{
	(void) s;
}

static void tone_free(struct source *s)
{
	free(s);
}

static const struct source_ops tone_ops = {
	.name = "tone",
	.open = tone_open,
	.read_audio = tone_read,
	.close = tone_close,
	.free = tone_free,
};

int source_tone_new(struct source **ret, double ppm)
{
	struct tone_source *t;

	if (!(fabs(ppm) <= PPM_MAX))
		return -EINVAL;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->source.ops = &tone_ops;
	t->ppm = ppm;
	*ret = &t->source;
	return 0;
}
