/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sound card in simulated time: a click each second at known true times, heard through a sample
 * clock that is off and stamped with jitter. Clicks are smooth pulses, so that their place in the
 * output is known to a fraction of a sample.
 */
#include "media/sync.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "common/usec.h"
#include "tests/tap.h"

#define EPOCH UINT64_C(5000000000)
#define FIRST_CLICK 0.37
#define SIGMA 60e-6 /* seconds */
#define REACH 400e-6
#define LEVEL 0.5
#define FRAMES_MAX 48000
#define STARVED 0.3 /* as the sound stage has it */

struct card {
	/* chosen by the test */
	enum sample_format format;
	int rate, channels, frames;
	double ppm, jitter;
	/* state */
	double start;    /* true time of sample 0 */
	int64_t sent;    /* samples since then */
	double stamp_by; /* added to all timestamps */
	bool gap;
	uint32_t seed;
	uint8_t data[FRAMES_MAX * 8 * 4];
};

/* What came out. */
struct heard {
	int64_t next; /* sample expected to come */
	bool jumped;  /* times were not continuous */
	int clicks, missed, doubled;
	double last, sum, worst; /* of clicks' errors in seconds */
	double level;
	/* the click in the making */
	double energy, moment;
	int64_t quiet;
};

static struct card card;
static struct heard heard;
static struct sync *s;

static double noise(void)
{
	card.seed = card.seed * 1664525 + 1013904223;
	return card.jitter * ((double) (card.seed >> 8) / (1 << 23) - 1);
}

static double time_of(int64_t sample)
{
	return card.start + (double) sample / (card.rate * (1 + card.ppm / 1e6));
}

static double pulse(double t)
{
	double d = t - FIRST_CLICK;

	d -= floor(d + 0.5);
	return fabs(d) < REACH ? LEVEL * exp(-d * d / (2 * SIGMA * SIGMA)) : 0;
}

static void put(int64_t at, double v)
{
	if (card.format == SAMPLE_S16)
		((int16_t *) card.data)[at] = (int16_t) lround(v * 32767);
	else if (card.format == SAMPLE_S32)
		((int32_t *) card.data)[at] = (int32_t) lround(v * 2147483647.0);
	else
		((float *) card.data)[at] = (float) v;
}

static double now(void)
{
	return time_of(card.sent);
}

static bool click_near(int frames)
{
	double from = now() - REACH - FIRST_CLICK, to = time_of(card.sent + frames) + REACH;

	return floor(from) != floor(to - FIRST_CLICK);
}

/* Pushes the next block of the card. */
static int push(void)
{
	struct samples in = { .format = card.format,
		.rate = card.rate,
		.channels = card.channels,
		.frames = card.frames,
		.data = card.data,
		.gap = card.gap };
	double stamp = now() + card.stamp_by + noise();

	memset(card.data, 0, sizeof(card.data[0]) * 32 * (size_t) card.frames);
	for (int i = 0; i < card.frames && click_near(card.frames); i++) {
		double v = pulse(time_of(card.sent + i));

		for (int c = 0; c < card.channels; c++)
			put((int64_t) i * card.channels + c, c < 2 ? v : 0);
	}
	in.capture_usec = EPOCH + (uint64_t) llround(stamp * 1e6);
	card.sent += card.frames;
	card.gap = false;
	return sync_push(s, &in);
}

static void lose(double seconds)
{
	card.sent += llround(seconds * card.rate);
}

/* A click has gone by: how far was it from its true time? */
static void judge(void)
{
	double error = heard.moment / heard.energy / SYNC_RATE - FIRST_CLICK;
	double which = floor(error + 0.5), since = which - heard.last;

	error -= which;
	if (heard.clicks > 0) {
		heard.missed += since > 1 ? (int) since - 1 : 0;
		heard.doubled += since < 1;
	}
	heard.last = which;
	heard.clicks++;
	heard.sum += error;
	heard.worst = fmax(heard.worst, fabs(error));
	heard.energy = heard.moment = 0;
}

static void listen_to(int64_t at, double v)
{
	heard.level = fmax(heard.level, v);
	if (fabs(v) > LEVEL / 20) {
		heard.energy += v * v;
		heard.moment += v * v * (double) at;
		heard.quiet = 0;
	} else if (heard.energy > 0 && ++heard.quiet > 96) {
		judge();
	}
}

static void pull(void)
{
	static float left[SYNC_BLOCK], right[SYNC_BLOCK];
	int64_t pts;

	while (sync_ready(s)) {
		if (!sync_pull(s, left, right, &pts) || pts != heard.next * 1000000 / SYNC_RATE)
			heard.jumped = true;
		heard.next = llround((double) pts * SYNC_RATE / 1e6);
		for (int i = 0; i < SYNC_BLOCK; i++)
			listen_to(heard.next + i, left[i]);
		heard.next += SYNC_BLOCK;
	}
}

static void forget_clicks(void)
{
	heard.clicks = heard.missed = heard.doubled = 0;
	heard.sum = heard.worst = heard.level = 0;
}

static void run_until(double until)
{
	while (now() < until) {
		(void) push();
		if (now() > STARVED)
			sync_fill(s, EPOCH + (uint64_t) llround((now() - STARVED) * 1e6));
		pull();
	}
}

/* No card: silence up to now, tick by tick. */
static void be_silent(double seconds)
{
	double from = now();

	for (double t = 0; t <= seconds; t += 0.02) {
		sync_fill(s, EPOCH + (uint64_t) llround((from + t) * 1e6));
		pull();
	}
	lose(seconds);
}

static void begin(const struct card *how)
{
	s = sync_free(s);
	(void) sync_new(&s, EPOCH);
	card.format = how->format;
	card.rate = how->rate;
	card.channels = how->channels;
	card.frames = how->frames;
	card.ppm = how->ppm;
	card.jitter = how->jitter;
	card.start = how->start;
	card.sent = 0;
	card.stamp_by = 0;
	card.gap = false;
	card.seed = 1;
	memset(&heard, 0, sizeof(heard));
}

static struct sync_stats stats(void)
{
	struct sync_stats st;

	sync_stats(s, &st);
	return st;
}

static const struct card plain = {
	.format = SAMPLE_FLT, .rate = 48000, .channels = 2, .frames = 480
};

/* All of a run: within 20 ms from one second on, within 1 ms after 30 s. */
static void check(const char *name, const struct card *how, double seconds)
{
	begin(how);
	run_until(1.2);
	forget_clicks();
	run_until(30);
	ok(heard.worst < 0.020 && heard.clicks >= 28, "%s: clicks within 20 ms at first (%.1f ms)",
		name, heard.worst * 1e3);
	ok(heard.missed + heard.doubled == 0, "… none lost, none doubled");
	forget_clicks();
	run_until(seconds);
	ok(heard.worst < 0.001 && heard.missed + heard.doubled == 0 &&
			heard.clicks >= (int) seconds - 31,
		"… %d more within 1 ms (%.3f ms)", heard.clicks, heard.worst * 1e3);
	ok(fabs(heard.sum / heard.clicks) < 0.00006, "… %+.1f µs off in the mean",
		heard.sum / heard.clicks * 1e6);
	ok(!heard.jumped, "… output without a break");
	ok(stats().resyncs == 0 && fabs(stats().drift_ppm - how->ppm) < 60,
		"… the clock found %.0f ppm off, no resync", stats().drift_ppm);
	ok(fabs(heard.level - LEVEL) < 0.04 * LEVEL, "… as loud as it was (%.3f)", heard.level);
}

static void test_clocks(void)
{
	struct card c = plain;

	check("true clock", &c, 60);
	ok(heard.worst < 3e-6, "… to a fraction of a sample (%.2f µs)", heard.worst * 1e6);
	c = (struct card){ SAMPLE_S16, 44100, 1, 441, .ppm = 5000, .jitter = 0.001 };
	check("44100 Hz mono S16, +5000 ppm", &c, 90);
	c = (struct card){ SAMPLE_S32, 48000, 2, 1024, .ppm = -5000, .jitter = 0.001 };
	check("48000 Hz stereo S32, -5000 ppm", &c, 90);
	c = (struct card){ SAMPLE_FLT, 48000, 6, 480, .ppm = 10000 };
	check("48000 Hz, 6 channels, +10000 ppm", &c, 60);
	c = (struct card){ SAMPLE_S16, 8000, 1, 1600, .ppm = -300 };
	check("8000 Hz in blocks of 200 ms", &c, 60);
	c = (struct card){ SAMPLE_S32, 96000, 2, 960, .ppm = 80, .start = 0.5 };
	check("96000 Hz, opened late", &c, 60);
}

static void test_ten_minutes(double ppm)
{
	struct card c = plain;

	c.ppm = ppm;
	c.jitter = 0.001;
	begin(&c);
	run_until(500);
	forget_clicks();
	run_until(600);
	ok(heard.worst < 0.0005 && heard.missed + heard.doubled == 0,
		"after ten minutes at %+.0f ppm: %.0f µs", ppm, heard.worst * 1e6);
}

static void test_gap(void)
{
	struct card c = plain;
	struct sync_stats before, after;

	c.ppm = 1000;
	begin(&c);
	run_until(30.6);
	before = stats();
	lose(0.25);
	card.gap = true;
	forget_clicks();
	run_until(36);
	after = stats();
	ok(heard.worst < 0.0003 && heard.missed + heard.doubled == 0 && heard.clicks == 5,
		"after lost samples sound is right at once (%.0f µs)", heard.worst * 1e6);
	ok(after.resyncs - before.resyncs == 1, "… by one hard resync");
	ok(llabs((long long) (after.silence - before.silence) - 11988) < 5,
		"… and as much silence as was lost");
	ok(fabs(after.drift_ppm - before.drift_ppm) < 20 && !heard.jumped,
		"… with the clock's estimate kept (%.0f ppm)", after.drift_ppm);
	/* A click, and 200 µs after it the gap: it may still be in the resampler. */
	run_until(40 + FIRST_CLICK - 0.005);
	card.frames = (int) lround((40 + FIRST_CLICK + 0.0006 - now()) * card.rate);
	(void) push();
	card.frames = 480;
	lose(0.1);
	card.gap = true;
	forget_clicks();
	run_until(42);
	ok(heard.clicks == 2 && heard.worst < 0.0003,
		"a click just before a gap stays where it was");
}

static void test_pause(void)
{
	struct card c = plain;
	struct sync_stats before, after;

	c.ppm = -2000;
	c.jitter = 0.0002;
	begin(&c);
	run_until(40.6);
	before = stats();
	forget_clicks();
	be_silent(3);
	run_until(43.8);
	after = stats();
	ok(after.resyncs == before.resyncs && after.silence > before.silence,
		"a pause is silence, not a resync");
	ok(fabs(after.drift_ppm - before.drift_ppm) < 50, "… and leaves the estimate (%.0f ppm)",
		after.drift_ppm);
	forget_clicks();
	run_until(50);
	ok(heard.worst < 0.0006 && heard.clicks >= 6, "sound after it is right at once (%.0f µs)",
		heard.worst * 1e6);
	ok(!heard.jumped, "… and times went on");

	/* The card comes back with sound older than the silence. */
	be_silent(1);
	card.sent -= 4800;
	before = stats();
	run_until(51.4);
	after = stats();
	forget_clicks();
	run_until(55);
	ok(after.dropped - before.dropped > 3500 && after.resyncs == before.resyncs,
		"what comes too late is dropped (%d samples)",
		(int) (after.dropped - before.dropped));
	ok(heard.worst < 0.0006 && heard.clicks >= 3 && !heard.jumped,
		"… and the rest is right (%.0f µs)", heard.worst * 1e6);
}

/* The card's timestamps jump although no samples were lost. */
static void test_jump(double by)
{
	struct card c = plain;

	begin(&c);
	run_until(10.6);
	card.stamp_by = by;
	run_until(11.2 + fabs(by));
	ok(stats().resyncs == 1, "stamps %+.0f ms: one resync (%d)", by * 1e3,
		(int) stats().resyncs);
	card.start += by;
	card.stamp_by = 0;
	forget_clicks();
	run_until(16);
	ok(heard.clicks >= 4 && heard.worst < 0.0003 && stats().resyncs == 1 && !heard.jumped,
		"… and right from there (%.0f µs)", heard.worst * 1e6);
}

static void test_outlier(void)
{
	begin(&plain);
	run_until(10.6);
	forget_clicks();
	for (int i = 0; i < 10; i++) {
		card.stamp_by = i % 2 ? 0.3 : -0.2;
		(void) push();
		(void) push();
		card.stamp_by = 0;
		run_until(now() + 0.5);
	}
	run_until(20);
	ok(stats().resyncs == 0 && heard.worst < 0.0001, "stray timestamps change nothing");
}

static void test_change(void)
{
	struct card c = plain;

	begin(&c);
	run_until(5.6);
	card.start = now();
	card.sent = 0;
	card.format = SAMPLE_S16;
	card.rate = 44100;
	card.channels = 1;
	forget_clicks();
	run_until(10);
	ok(heard.clicks >= 4 && heard.worst < 0.0001 && !heard.jumped && stats().resyncs == 0,
		"another format in mid-stream is right at once (%.0f µs)", heard.worst * 1e6);
}

static void test_forget(void)
{
	struct card c = plain;

	c.ppm = 3000;
	begin(&c);
	run_until(30);
	sync_forget(s);
	(void) push();
	(void) push();
	ok(fabs(stats().drift_ppm) < 100, "another card begins at no drift (%.0f ppm)",
		stats().drift_ppm);
}

static void test_nobody_pulls(void)
{
	float left[SYNC_BLOCK], right[SYNC_BLOCK];
	int64_t pts = 0;
	int blocks = 0;

	begin(&plain);
	while (now() < 3)
		(void) push();
	ok(sync_pull(s, left, right, &pts) && pts >= 1990000 && pts <= 2000000,
		"the last second is kept (from %.3f s)", (double) pts / 1e6);
	while (sync_pull(s, left, right, &pts))
		blocks++;
	ok(blocks == 45 && !sync_ready(s), "… and no more than that");
	begin(&plain);
	sync_fill(s, EPOCH + 100 * USEC_PER_SEC);
	ok(sync_pull(s, left, right, &pts) && pts == 99000000, "nor more silence");
}

static void test_no_numbers(void)
{
	float left[SYNC_BLOCK], right[SYNC_BLOCK], wild[2 * 480];
	struct samples in = { SAMPLE_FLT, 48000, 2, 480, wild, EPOCH, false };
	bool good = true;
	int64_t pts;

	for (int i = 0; i < 480; i++) {
		wild[2 * i] = i % 2 ? NAN : 0.25F;
		wild[2 * i + 1] = i % 2 ? INFINITY : 1e30F;
	}
	begin(&plain);
	for (int b = 0; b < 100; b++, in.capture_usec += 10000) {
		(void) sync_push(s, &in);
		while (sync_pull(s, left, right, &pts))
			for (int i = 0; i < SYNC_BLOCK; i++)
				good = good && fabsf(left[i]) < 20 && fabsf(right[i]) < 20;
	}
	ok(good, "what is no number does not come out");
}

static void test_refused(void)
{
	static const float zero[64];
	struct samples in = { SAMPLE_FLT, 48000, 2, 32, zero, EPOCH, false };

	begin(&plain);
	in.channels = 0;
	ok(sync_push(s, &in) == -EINVAL, "no channels");
	in.channels = SAMPLES_CHANNELS_MAX + 1;
	ok(sync_push(s, &in) == -EINVAL, "too many channels");
	in.channels = 2;
	in.rate = 0;
	ok(sync_push(s, &in) == -EINVAL, "no rate");
	in.rate = 48000;
	in.format = _SAMPLE_FORMAT_MAX;
	ok(sync_push(s, &in) == -EINVAL, "no format");
	in.format = SAMPLE_FLT;
	in.frames = -1;
	ok(sync_push(s, &in) == -EINVAL, "fewer than no samples");
	in.frames = 0;
	ok(sync_push(s, &in) == 0, "no samples are fine");
	in.frames = 32;
	in.capture_usec = 0;
	ok(sync_push(s, &in) == 0 && !sync_ready(s), "sound from before the epoch is dropped");
	ok(sync_free(NULL) == NULL, "NULL is fine");
}

int main(void)
{
	test_clocks();
	test_ten_minutes(5000);
	test_ten_minutes(10000);
	test_ten_minutes(-10000);
	test_gap();
	test_pause();
	test_jump(0.15);
	test_jump(-0.15);
	test_jump(0.4);
	test_jump(-0.4);
	test_outlier();
	test_change();
	test_forget();
	test_nobody_pulls();
	test_no_numbers();
	test_refused();
	s = sync_free(s);
	return tap_done();
}
