/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The test pattern's strip tells at which monotonic time a picture was taken, the tone clicks at
 * whole seconds of the same clock. For a picture, pts - clock is a constant of the stream; a
 * click's pts less that constant must be a whole second, and what it is beside it is the A/V
 * offset.
 */
#include "tests/tools/watch-stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

#define CLOCK_BITS 48
#define NUMBER_MASK 0xffffff
#define LATENCY_MAX INT64_C(60000000) /* beyond: the clock of another machine */
#define EPOCH_MAX INT64_C(100000)     /* a larger change of pts - clock is a new session */
#define WINDOWS_PER_SEC 10
#define SILENCE 0.0003 /* -70 dBFS */
#define CLICK_MIN 0.1
#define CLICK_FACTOR 4
#define LAST_SECONDS 60

void values_add(struct values *s, double v)
{
	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 256;
		double *grown = realloc(s->v, room * sizeof(*grown));

		if (!grown)
			return;
		s->v = grown;
		s->room = room;
	}
	s->v[s->n++] = v;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *) a, y = *(const double *) b;

	return (x > y) - (x < y);
}

double values_quantile(struct values *s, double q)
{
	if (s->n == 0)
		return NAN;
	qsort(s->v, s->n, sizeof(*s->v), compare);
	return s->v[(size_t) lrint(q * (double) (s->n - 1))];
}

void times_add(struct times *t, int64_t pts)
{
	if (t->n++ == 0) {
		t->first = pts;
	} else {
		t->backwards += pts <= t->last;
		t->gap_max = MAX(t->gap_max, pts - t->last);
	}
	t->last = pts;
}

/* Looks at a grid of points. Black: nearly all of them; the placeholder: most of them its blue. */
static void classify(struct video_stats *s, const struct picture *p)
{
	int black = 0, blue = 0, n = 0;

	for (int y = p->height / 72; y < p->height; y += MAX(p->height / 36, 1)) {
		for (int x = p->width / 128; x < p->width; x += MAX(p->width / 64, 1)) {
			ptrdiff_t chroma =
				(ptrdiff_t) (y >> p->shift_y) * p->stride[1] + (x >> p->shift_x);
			int luma = p->plane[0][(ptrdiff_t) y * p->stride[0] + x];

			n++;
			black += luma < 28;
			blue += abs(luma - 40) < 10 && abs(p->plane[1][chroma] - 144) < 8 &&
				abs(p->plane[2][chroma] - 118) < 8;
		}
	}
	s->black += black * 50 >= n * 49;
	s->placeholder += blue * 10 >= n * 6;
}

static void count_number(struct video_stats *s, uint32_t number)
{
	uint32_t step = (number - s->last_number) & NUMBER_MASK;

	if (s->read++ == 0)
		s->first_number = number;
	else if (step == 0)
		s->repeated++;
	else if (step > NUMBER_MASK / 2)
		s->backwards++;
	else
		s->lost += step - 1;
	s->last_number = number;
}

/* The full time that a strip's 48 bits stand for, near a moment. */
static int64_t full_clock(uint64_t bits, int64_t near)
{
	const int64_t wrap = INT64_C(1) << CLOCK_BITS;
	int64_t clock = (near & ~(wrap - 1)) | (int64_t) bits;

	if (clock - near > wrap / 2)
		clock -= wrap;
	else if (near - clock > wrap / 2)
		clock += wrap;
	return clock;
}

bool video_stats_add(struct video_stats *s, const struct picture *p, int64_t pts,
	uint64_t arrival_usec, bool settled, struct clockcode *ret_code, int64_t *ret_latency)
{
	int64_t clock, latency;

	times_add(&s->times, pts);
	classify(s, p);
	if (!clockcode_read(p->plane[0], p->stride[0], p->width, p->height, ret_code)) {
		s->unread++;
		return false;
	}
	count_number(s, ret_code->number);
	clock = full_clock(ret_code->usec, (int64_t) arrival_usec);
	latency = (int64_t) arrival_usec - clock;
	if (settled && latency >= 0 && latency < LATENCY_MAX)
		values_add(&s->latency_ms, (double) latency / 1e3);
	s->has_offset = true;
	s->offset = pts - clock;
	s->offset_pts = pts;
	*ret_latency = latency;
	return true;
}

static double window_peak(const struct audio_stats *s)
{
	double peak = 0;

	for (int i = 0; i < s->filled; i++)
		peak = fmax(peak, fabs(s->window[i]));
	return peak;
}

/* Counts rising crossings of zero between the first and the last one; a crossing counts when the
 * sound was well below zero since the one before. */
static double window_frequency(const struct audio_stats *s, double peak)
{
	double first = 0, last = 0;
	bool armed = false;
	int n = 0;

	for (int i = 1; i < s->filled; i++) {
		double a = s->window[i - 1], b = s->window[i];

		armed = armed || b < -peak / 4;
		if (!armed || a > 0 || b <= 0)
			continue;
		last = i - 1 + a / (a - b);
		first = n++ ? first : last;
		armed = false;
	}
	return n > 1 ? (n - 1) * s->rate / (last - first) : 0;
}

static void finish_window(struct audio_stats *s)
{
	double seconds = (double) s->filled / s->rate, energy = 0, peak = window_peak(s), hz;

	for (int i = 0; i < s->filled; i++)
		energy += (double) s->window[i] * s->window[i];
	s->seconds += seconds;
	if (sqrt(energy / s->filled) < SILENCE)
		s->silent_seconds += seconds;
	if (!s->window_clicked) {
		s->energy += energy;
		s->energy_seconds += seconds;
		s->background = peak;
		s->has_background = true;
		hz = peak > 10 * SILENCE ? window_frequency(s, peak) : 0;
		if (hz > 0)
			values_add(&s->frequency, hz);
	}
	s->filled = 0;
	s->window_clicked = false;
}

static void count_click(struct audio_stats *s, int64_t pts)
{
	if (s->pending == CLICKS_PENDING) {
		memmove(s->click_pts, s->click_pts + 1,
			sizeof(s->click_pts) - sizeof(*s->click_pts));
		s->pending--;
	}
	s->click_pts[s->pending++] = pts;
	s->clicks++;
}

void audio_stats_add(struct audio_stats *s, const float *mono, int n, int rate, int64_t pts)
{
	int size = rate / WINDOWS_PER_SEC;

	times_add(&s->times, pts);
	s->samples += (uint64_t) n;
	if (rate != s->rate) {
		free(s->window);
		s->window = calloc((size_t) size, sizeof(*s->window));
		s->filled = 0;
		s->rate = rate;
		s->since_click = (uint64_t) rate;
	}
	for (int i = 0; i < n && s->window; i++) {
		double level = fabs(mono[i]);

		s->since_click++;
		/* The window after a click's holds its echo. */
		if (s->since_click < (uint64_t) (rate / 20))
			s->window_clicked = true;
		if (s->has_background && s->since_click > (uint64_t) (rate / 3) &&
			level > fmax(CLICK_MIN, CLICK_FACTOR * s->background)) {
			count_click(s, pts + (int64_t) i * 1000000 / rate);
			s->since_click = 0;
			s->window_clicked = true;
		}
		s->window[s->filled++] = mono[i];
		if (s->filled == size)
			finish_window(s);
	}
}

static bool match_one(
	struct offset_stats *o, const struct video_stats *v, int64_t click, double *ret_ms)
{
	int64_t clock = click - v->offset;
	double seconds = (double) clock / 1e6;

	/* Far apart: it belongs to another session, whose pictures are over or yet to come. */
	if (llabs(v->offset_pts - click) > 2000000)
		return false;
	*ret_ms = (seconds - round(seconds)) * 1e3;
	values_add(&o->ms, *ret_ms);
	values_add(&o->pts, (double) click / 1e6);
	return true;
}

void offset_stats_match(struct offset_stats *o, struct video_stats *v, struct audio_stats *a,
	void (*fn)(int64_t click_pts, double offset_ms))
{
	int done = 0;
	double ms;

	if (!v->has_offset)
		return;
	while (done < a->pending && (a->click_pts[done] <= v->offset_pts ||
					    llabs(v->offset_pts - a->click_pts[done]) > 2000000)) {
		if (match_one(o, v, a->click_pts[done], &ms))
			fn(a->click_pts[done], ms);
		done++;
	}
	memmove(a->click_pts, a->click_pts + done,
		(size_t) (a->pending - done) * sizeof(*a->click_pts));
	a->pending -= done;
}

static json_t *real(double v)
{
	return isfinite(v) ? json_real(round(v * 1e3) / 1e3) : json_null();
}

static void set_times(json_t *o, const struct times *t)
{
	json_object_set_new(o, "pts_first", t->n ? real((double) t->first / 1e6) : json_null());
	json_object_set_new(o, "pts_last", t->n ? real((double) t->last / 1e6) : json_null());
	json_object_set_new(o, "pts_monotonic", json_boolean(t->backwards == 0));
	json_object_set_new(o, "pts_backwards", json_integer((json_int_t) t->backwards));
	json_object_set_new(o, "pts_gap_max_ms", real((double) t->gap_max / 1e3));
}

static double share(double part, double whole)
{
	return whole > 0 ? part / whole : 0;
}

static json_t *count(uint64_t n)
{
	return json_integer((json_int_t) n);
}

json_t *video_stats_json(struct video_stats *s)
{
	double span = (double) (s->times.last - s->times.first) / 1e6, n = (double) s->times.n;
	json_t *o = json_object(), *c = json_object();

	json_object_set_new(o, "frames", count(s->times.n));
	json_object_set_new(o, "fps", real(span > 0 ? (n - 1) / span : 0));
	set_times(o, &s->times);
	json_object_set_new(o, "black_share", real(share((double) s->black, n)));
	json_object_set_new(o, "placeholder_share", real(share((double) s->placeholder, n)));
	json_object_set_new(c, "read", count(s->read));
	json_object_set_new(c, "unread", count(s->unread));
	json_object_set_new(c, "first", s->read ? json_integer(s->first_number) : json_null());
	json_object_set_new(c, "last", s->read ? json_integer(s->last_number) : json_null());
	json_object_set_new(c, "lost", count(s->lost));
	json_object_set_new(c, "repeated", count(s->repeated));
	json_object_set_new(c, "backwards", count(s->backwards));
	json_object_set_new(o, "numbers", c);
	return o;
}

json_t *audio_stats_json(struct audio_stats *s)
{
	double power = share(s->energy, s->energy_seconds * s->rate);
	json_t *o = json_object();

	json_object_set_new(o, "samples", count(s->samples));
	set_times(o, &s->times);
	json_object_set_new(o, "clicks", count(s->clicks));
	json_object_set_new(o, "frequency_hz", real(values_quantile(&s->frequency, 0.5)));
	json_object_set_new(o, "rms_dbfs", real(power > 0 ? 10 * log10(power) : -INFINITY));
	json_object_set_new(o, "silent_share", real(share(s->silent_seconds, s->seconds)));
	return o;
}

json_t *latency_json(struct video_stats *s)
{
	json_t *o = json_object();

	json_object_set_new(o, "n", count(s->latency_ms.n));
	json_object_set_new(o, "min", real(values_quantile(&s->latency_ms, 0)));
	json_object_set_new(o, "p50", real(values_quantile(&s->latency_ms, 0.5)));
	json_object_set_new(o, "p95", real(values_quantile(&s->latency_ms, 0.95)));
	json_object_set_new(o, "max", real(values_quantile(&s->latency_ms, 1)));
	return o;
}

static void set_spread(json_t *o, struct values *s)
{
	double lo = values_quantile(s, 0), hi = values_quantile(s, 1);

	json_object_set_new(o, "n", count(s->n));
	json_object_set_new(o, "median", real(values_quantile(s, 0.5)));
	json_object_set_new(o, "min", real(lo));
	json_object_set_new(o, "max", real(hi));
	json_object_set_new(o, "max_abs", real(fmax(fabs(lo), fabs(hi))));
}

json_t *offset_stats_json(struct offset_stats *o)
{
	double last = o->pts.n ? o->pts.v[o->pts.n - 1] : 0;
	json_t *all = json_object(), *tail = json_object();
	struct values newest = { 0 };

	/* Before the quantiles, which sort. */
	for (size_t i = 0; i < MIN(o->ms.n, o->pts.n); i++)
		if (o->pts.v[i] > last - LAST_SECONDS)
			values_add(&newest, o->ms.v[i]);
	set_spread(tail, &newest);
	set_spread(all, &o->ms);
	json_object_set_new(all, "last_minute", tail);
	free(newest.v);
	return all;
}

void stats_deinit(struct video_stats *v, struct audio_stats *a, struct offset_stats *o)
{
	free(v->latency_ms.v);
	free(a->frequency.v);
	free(a->window);
	free(o->ms.v);
	free(o->pts.v);
}
