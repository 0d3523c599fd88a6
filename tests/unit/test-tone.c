/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/tone.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "capture/source.h"
#include "common/usec.h"
#include "tests/tap.h"

#define LOUD 4000 /* between the tone's peak and the click's */

/* Ten seconds of a clock that is off: where the clicks are, and how long. */
static void test_clicks(double ppm)
{
	const uint64_t t0 = 5400123; /* not on a whole second */
	_cleanup_(freep) struct tone *t = calloc(1, sizeof(*t));
	_cleanup_(freep) int16_t *pcm = calloc(10 * TONE_RATE, 2 * sizeof(int16_t));
	double worst = 0;
	int clicks = 0, loud = 0, last = -TONE_RATE;

	tone_init(t, ppm, t0);
	for (int i = 0; i < 10 * TONE_RATE; i += 480)
		tone_fill(t, pcm + 2 * i, 480);
	for (int i = 0; i < 10 * TONE_RATE; i++) {
		if (abs(pcm[2 * i]) < LOUD)
			continue;
		loud++;
		if (i - last > TONE_RATE / 2) {
			double at = (double) t0 / 1e6 + i / (TONE_RATE * (1 + ppm / 1e6));

			/* The sine takes three samples to get loud. */
			worst = fmax(worst, fabs(at - round(at)));
			clicks++;
		}
		last = i;
	}
	ok(clicks == 10 || (ppm < -30000 && clicks == 11), "%+.0f ppm: a click each second", ppm);
	ok(worst < 0.00015, "%+.0f ppm: at the whole second (%.3f ms)", ppm, worst * 1e3);
	ok(loud > clicks * 150 && loud < clicks * 250, "%+.0f ppm: 5 ms long", ppm);
}

static void test_tone(double ppm)
{
	_cleanup_(freep) struct tone *t = calloc(1, sizeof(*t));
	int16_t pcm[2 * 24000];
	int crossings = 0, first = 0, last = 0, peak = 0, step = 0;
	double hz;

	tone_init(t, ppm, 100000);
	tone_fill(t, pcm, 24000);
	for (int i = 1; i < 24000; i++) {
		peak = abs(pcm[2 * i]) > peak ? abs(pcm[2 * i]) : peak;
		step = MAX(step, abs(pcm[2 * i] - pcm[2 * i - 2]));
		if (pcm[2 * i - 2] >= 0 || pcm[2 * i] < 0)
			continue;
		first = crossings++ ? first : i;
		last = i;
	}
	hz = (crossings - 1) * TONE_RATE * (1 + ppm / 1e6) / (last - first);
	ok(fabs(hz - 1000) < 0.1, "%+.0f ppm: 1 kHz in the world (%.2f Hz)", ppm, hz);
	ok(peak > 1600 && peak < 1680, "%+.0f ppm: -26 dBFS", ppm);
	ok(step < 250, "%+.0f ppm: no jumps", ppm);
	ok(pcm[0] == pcm[1] && pcm[4001] == pcm[4000], "%+.0f ppm: both channels", ppm);
}

static void test_skip(void)
{
	_cleanup_(freep) struct tone *a = calloc(1, sizeof(*a)), *b = calloc(1, sizeof(*b));
	int16_t pa[2000], pb[2000];

	tone_init(a, 5000, 42);
	tone_init(b, 5000, 42);
	for (int i = 0; i < 100; i++)
		tone_fill(a, pa, 1000);
	tone_skip(b, 99000);
	tone_fill(b, pb, 1000);
	ok(memcmp(pa, pb, sizeof(pa)) == 0, "skipping is as if they had been heard");
}

static void test_source(double ppm)
{
	struct source *s = NULL;
	struct samples block = { 0 };
	uint64_t t0 = 0, start, dropped, expect = 0;
	bool paced = true, stamped = true;
	struct timespec pause = { .tv_nsec = 700000000 };
	int fd = eventfd(1, EFD_CLOEXEC), r;

	ok(source_tone_new(&s, ppm) == 0 && s->ops->open(s) == 0, "opens");
	start = usec_now();
	for (int i = 0; i < 20; i++) {
		uint64_t now;

		if (s->ops->read_audio(s, -1, usec_now() + USEC_PER_SEC, &block) < 0)
			break;
		now = usec_now();
		t0 = i == 0 ? block.capture_usec : t0;
		expect = t0 + (uint64_t) (i * 960 * 1e6 / (TONE_RATE * (1 + ppm / 1e6)));
		stamped = stamped && llabs((int64_t) (block.capture_usec - expect)) <= 1 &&
			  block.frames == 960 && block.rate == 48000 && !block.gap;
		paced = paced && now + 1 >= block.capture_usec + 20000 * 480 / 481;
	}
	ok(expect > t0 && stamped, "blocks of 20 ms, stamped on the fast clock");
	ok(paced && usec_now() - start > 380000, "none before its time");
	do {
		r = s->ops->read_audio(s, fd, USEC_INFINITY, &block);
	} while (r == 0);
	ok(r == -EAGAIN, "a wake-up ends the wait");
	do {
		r = s->ops->read_audio(s, -1, usec_now(), &block);
	} while (r == 0);
	ok(r == -EAGAIN, "so does the time");
	dropped = s->counters.dropped;
	(void) nanosleep(&pause, NULL);
	ok(s->ops->read_audio(s, -1, USEC_INFINITY, &block) == 0 && block.gap &&
			s->counters.errors == 1 && s->counters.dropped > dropped,
		"a late reader has an xrun");
	ok(usec_now() - block.capture_usec < 400000, "and goes on with fresh samples");
	s->ops->close(s);
	source_free(s);
	close(fd);
}

int main(void)
{
	struct source *s = NULL;

	test_clicks(0);
	test_clicks(5000);
	test_clicks(-40000);
	test_tone(0);
	test_tone(5000);
	test_skip();
	test_source(2000);
	ok(source_tone_new(&s, NAN) == -EINVAL && source_tone_new(&s, 1e9) == -EINVAL && !s,
		"a senseless clock is refused");
	return tap_done();
}
