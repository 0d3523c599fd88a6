/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The output position counts samples at 48 kHz since the epoch; it is the clock. Before a block
 * goes into the resampler, the position at which its first sample will come out (samples made so
 * far plus the resampler's delay) is compared with the time at which it was heard; the difference
 * steers the resampler through drift.c.
 */
#include "media/sync.h"

#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libavutil/samplefmt.h>
#include <libswresample/swresample.h>
#include <math.h>
#include <string.h>

#include "common/usec.h"
#include "media/drift.h"

#define FIFO_SAMPLES SYNC_RATE
#define SAMPLE_LIMIT 16.0F           /* full scale is 1 */
#define STEP_MAX 4096                /* samples made per call of the resampler */
#define RESYNC_SEC 0.1               /* beyond this the ear hears a jump anyway */
#define RESYNC_GAP_SEC 0.005         /* … and where samples are known to be lost */
#define RESYNC_BLOCKS 3              /* one late timestamp is no reason */
#define COMPENSATION_DISTANCE 480000 /* fineness of the resampler's ratio: 2 ppm */

struct input_key {
	enum sample_format format;
	int rate, channels;
};

struct sync {
	uint64_t epoch_usec;
	float fifo[SYNC_CHANNELS][FIFO_SAMPLES];
	int head, n;
	int64_t position; /* samples since the epoch that went into the FIFO: its write end */
	SwrContext *swr;
	struct input_key key;
	struct drift drift;
	bool fresh; /* the next block is the first after a pause */
	int beyond; /* blocks in a row beyond the threshold */
	struct sync_stats stats;
};

int sync_new(struct sync **ret, uint64_t epoch_usec)
{
	struct sync *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->epoch_usec = epoch_usec;
	*ret = s;
	return 0;
}

struct sync *sync_free(struct sync *s)
{
	if (!s)
		return NULL;
	swr_free(&s->swr);
	free(s);
	return NULL;
}

static int64_t position_of(const struct sync *s, uint64_t usec)
{
	double sec = ((double) usec - (double) s->epoch_usec) / (double) USEC_PER_SEC;

	return llround(sec * SYNC_RATE);
}

/* A file may hold anything; after what is no number the AAC encoder's times would be off. */
static float sane(float v)
{
	return fabsf(v) <= SAMPLE_LIMIT ? v : 0;
}

/* One run of samples into the ring, silence where data is NULL. What does not fit pushes the oldest
 * out: nobody has pulled for a second. */
static void fifo_write(struct sync *s, const float *const data[SYNC_CHANNELS], int n)
{
	for (int done = 0; done < n;) {
		int at = (s->head + s->n) % FIFO_SAMPLES;
		int run = MIN(n - done, FIFO_SAMPLES - at);
		int over = MAX(s->n + run - FIFO_SAMPLES, 0);

		for (int c = 0; c < SYNC_CHANNELS; c++) {
			float *out = s->fifo[c] + at;

			for (int i = 0; i < run; i++)
				out[i] = data ? sane(data[c][done + i]) : 0;
		}
		s->head = (s->head + over) % FIFO_SAMPLES;
		s->n += run - over;
		done += run;
	}
	s->position += n;
}

static void silence(struct sync *s, int64_t n)
{
	/* More than the ring holds would only be pushed out again. */
	if (n > FIFO_SAMPLES) {
		s->position += n - FIFO_SAMPLES;
		s->stats.silence += (uint64_t) (n - FIFO_SAMPLES);
		n = FIFO_SAMPLES;
	}
	if (n <= 0)
		return;
	fifo_write(s, NULL, (int) n);
	s->stats.silence += (uint64_t) n;
}

/* Samples at 48 kHz that went into the resampler and are still to come out. */
static int64_t held(const struct sync *s)
{
	return s->swr ? swr_get_delay(s->swr, SYNC_RATE) : 0;
}

/* Runs samples through the resampler into the ring; NULL: what it holds comes out, and it is good
 * for nothing but closing or swr_init() afterwards. */
static int resample(struct sync *s, const uint8_t *data, int frames, int64_t limit)
{
	float made[SYNC_CHANNELS][STEP_MAX];
	uint8_t *out[SYNC_CHANNELS] = { (uint8_t *) made[0], (uint8_t *) made[1] };
	const float *planes[SYNC_CHANNELS] = { made[0], made[1] };

	while (limit > 0) {
		int room = (int) MIN(limit, (int64_t) STEP_MAX);
		int n = swr_convert(s->swr, out, room, data ? &data : NULL, frames);

		if (n < 0)
			return -EINVAL;
		fifo_write(s, planes, n);
		if (n < room)
			break;
		limit -= n;
		frames = 0; /* a pointer with no samples fetches more without ending the stream */
	}
	return 0;
}

static void flush_resampler(struct sync *s)
{
	if (held(s) > 0)
		(void) resample(s, NULL, 0, held(s));
}

static void close_resampler(struct sync *s)
{
	flush_resampler(s);
	swr_free(&s->swr);
}

static int open_resampler(struct sync *s, const struct samples *in)
{
	static const enum AVSampleFormat formats[_SAMPLE_FORMAT_MAX] = {
		[SAMPLE_S16] = AV_SAMPLE_FMT_S16,
		[SAMPLE_S32] = AV_SAMPLE_FMT_S32,
		[SAMPLE_FLT] = AV_SAMPLE_FMT_FLT,
	};
	/* One channel goes to both sides as loud as it is, not 3 dB down. */
	static const double mono[SYNC_CHANNELS] = { 1, 1 };
	AVChannelLayout from, to = AV_CHANNEL_LAYOUT_STEREO;
	int r;

	close_resampler(s);
	av_channel_layout_default(&from, in->channels);
	r = swr_alloc_set_opts2(&s->swr, &to, AV_SAMPLE_FMT_FLTP, SYNC_RATE, &from,
		formats[in->format], in->rate, 0, NULL);
	if (r < 0)
		return -ENOMEM;
	/* The resampler is in the path from the start, so that steering never switches it in. */
	(void) av_opt_set_int(s->swr, "flags", SWR_FLAG_RESAMPLE, 0);
	if (in->channels == 1)
		(void) swr_set_matrix(s->swr, mono, 1);
	if (swr_init(s->swr) < 0) {
		swr_free(&s->swr);
		return -EINVAL;
	}
	s->key = (struct input_key){ in->format, in->rate, in->channels };
	s->fresh = true;
	return 0;
}

/* By how much later than heard the next input sample would be played, in seconds. */
static double measure(struct sync *s, uint64_t capture_usec)
{
	return (double) (s->position + held(s) - position_of(s, capture_usec)) / SYNC_RATE;
}

static void compensate(struct sync *s)
{
	(void) swr_set_compensation(s->swr, (int) lround(-s->drift.ratio * COMPENSATION_DISTANCE),
		COMPENSATION_DISTANCE);
}

/* Puts the block where it belongs at once. Returns how many of its first samples to skip. */
static int align(struct sync *s, double offset, const struct samples *in)
{
	int skip = 0;

	s->beyond = 0;
	drift_restart(&s->drift);
	compensate(s);
	if (offset < 0)
		silence(s, llround(-offset * SYNC_RATE));
	else
		skip = (int) MIN(llround(offset * in->rate), (long long) in->frames);
	s->stats.dropped += (uint64_t) skip;
	/* All of it lies before what has been played: the next one may fit. */
	s->fresh = skip == in->frames;
	return skip;
}

static int resync(struct sync *s, double offset, const struct samples *in)
{
	s->stats.resyncs++;
	/* What is in the resampler was heard before the jump. */
	flush_resampler(s);
	if (swr_init(s->swr) < 0) {
		swr_free(&s->swr);
		return -ENOMEM;
	}
	return align(s, offset, in);
}

/* Returns how many of the block's first samples to skip, or a negative errno. */
static int steer(struct sync *s, const struct samples *in)
{
	double offset = measure(s, in->capture_usec);
	double limit = in->gap ? RESYNC_GAP_SEC : RESYNC_SEC;

	if (s->fresh)
		return align(s, offset, in);
	s->beyond = fabs(offset) > limit ? s->beyond + 1 : 0;
	if (s->beyond >= (in->gap ? 1 : RESYNC_BLOCKS))
		return resync(s, offset, in);
	if (s->beyond)
		return 0;
	(void) drift_update(&s->drift, offset, (double) in->frames / in->rate);
	compensate(s);
	s->stats.offset_usec = s->drift.filtered * 1e6;
	s->stats.drift_ppm = drift_ppm(&s->drift);
	return 0;
}

static bool acceptable(const struct samples *in)
{
	return in->format < _SAMPLE_FORMAT_MAX && in->channels >= 1 &&
	       in->channels <= SAMPLES_CHANNELS_MAX && in->rate >= 4000 && in->rate <= 768000 &&
	       in->frames >= 0;
}

int sync_push(struct sync *s, const struct samples *in)
{
	static const int sizes[_SAMPLE_FORMAT_MAX] = { 2, 4, 4 };
	int skip, r;

	if (!acceptable(in))
		return -EINVAL;
	if (in->frames == 0)
		return 0;
	if (!s->swr || s->key.format != in->format || s->key.rate != in->rate ||
		s->key.channels != in->channels) {
		r = open_resampler(s, in);
		if (r < 0)
			return r;
	}
	skip = steer(s, in);
	if (skip < 0)
		return skip;
	if (skip >= in->frames)
		return 0;
	return resample(s,
		(const uint8_t *) in->data + (ptrdiff_t) skip * in->channels * sizes[in->format],
		in->frames - skip, INT64_MAX);
}

void sync_fill(struct sync *s, uint64_t until_usec)
{
	if (position_of(s, until_usec) <= s->position + held(s))
		return;
	/* Sound begins anew after the silence. */
	close_resampler(s);
	silence(s, position_of(s, until_usec) - s->position);
}

void sync_forget(struct sync *s)
{
	drift_reset(&s->drift);
	close_resampler(s);
}

bool sync_ready(const struct sync *s)
{
	return s->n >= SYNC_BLOCK;
}

bool sync_pull(struct sync *s, float *left, float *right, int64_t *ret_pts_usec)
{
	int64_t first = s->position - s->n;

	if (!sync_ready(s))
		return false;
	/* Up to the end of the ring, then from its beginning. */
	for (int done = 0, at = s->head; done < SYNC_BLOCK; at = 0) {
		int run = MIN(SYNC_BLOCK - done, FIFO_SAMPLES - at);

		memcpy(left + done, s->fifo[0] + at, (size_t) run * sizeof(*left));
		memcpy(right + done, s->fifo[1] + at, (size_t) run * sizeof(*right));
		done += run;
	}
	s->head = (s->head + SYNC_BLOCK) % FIFO_SAMPLES;
	s->n -= SYNC_BLOCK;
	*ret_pts_usec = first * (int64_t) USEC_PER_SEC / SYNC_RATE;
	return true;
}

void sync_stats(const struct sync *s, struct sync_stats *ret)
{
	*ret = s->stats;
}
