/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two passes, along the rows and then along the columns, each rounded and clipped to 8 bits. A
 * weight has 22 bits behind its point. To be multiplied as 16 bits, of which processors do many at
 * once, it is split into high * 2048 + low; low is between -1024 and 1023, so that the sum over the
 * longest line stays within 32 bits.
 *
 * What the first pass yields is kept column by column: both passes then read along a line.
 */
#include "recognize/resample.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <immintrin.h>
#endif

#define LOBES 3.0
#define WEIGHT_BITS 22
#define LOW_BITS 11
#define LANES 16 /* weights are padded to a multiple, with zeros */

_Static_assert(255LL * (1 << (LOW_BITS - 1)) * FRAME_SIDE_MAX <= INT32_MAX, "low sums fit");

/* How the samples of one line become those of another. */
struct kernel {
	int in, out;
	int room;            /* weights of each output */
	int *first, *count;  /* of each output: samples that count; count is padded */
	int16_t *high, *low; /* room for each output */
};

typedef int64_t (*multiply_fn)(const int16_t *line, const int16_t *high, const int16_t *low, int n);

struct resampler {
	struct kernel rows, columns;
	multiply_fn multiply;
	uint8_t *grey;    /* a row as it is, padded with zeros */
	int16_t *row;     /* … and widened, with LANES zeros behind */
	int16_t *between; /* columns of the first pass, each with LANES zeros behind */
};

/* multiply…(): the products of the samples with the weights, added up; the same to the bit
 * wherever. n is a multiple of LANES. */
#ifdef __SSE2__
static int32_t add_up(__m128i v)
{
	v = _mm_add_epi32(v, _mm_shuffle_epi32(v, _MM_SHUFFLE(1, 0, 3, 2)));
	v = _mm_add_epi32(v, _mm_shuffle_epi32(v, _MM_SHUFFLE(2, 3, 0, 1)));
	return _mm_cvtsi128_si32(v);
}

static int64_t multiply_8(const int16_t *line, const int16_t *high, const int16_t *low, int n)
{
	__m128i h = _mm_setzero_si128(), l = _mm_setzero_si128();

	for (int i = 0; i < n; i += 8) {
		__m128i v = _mm_loadu_si128((const __m128i *) (line + i));

		h = _mm_add_epi32(
			h, _mm_madd_epi16(v, _mm_loadu_si128((const __m128i *) (high + i))));
		l = _mm_add_epi32(
			l, _mm_madd_epi16(v, _mm_loadu_si128((const __m128i *) (low + i))));
	}
	return (int64_t) add_up(h) * (1 << LOW_BITS) + add_up(l);
}

__attribute__((target("avx2"))) static __m128i fold(__m256i v)
{
	return _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
}

/* For the processors of the last ten years. */
__attribute__((target("avx2"))) static int64_t multiply_16(
	const int16_t *line, const int16_t *high, const int16_t *low, int n)
{
	__m256i h = _mm256_setzero_si256(), l = _mm256_setzero_si256();

	for (int i = 0; i < n; i += 16) {
		__m256i v = _mm256_loadu_si256((const __m256i *) (line + i));

		h = _mm256_add_epi32(
			h, _mm256_madd_epi16(v, _mm256_loadu_si256((const __m256i *) (high + i))));
		l = _mm256_add_epi32(
			l, _mm256_madd_epi16(v, _mm256_loadu_si256((const __m256i *) (low + i))));
	}
	return (int64_t) add_up(fold(h)) * (1 << LOW_BITS) + add_up(fold(l));
}

static multiply_fn choose_multiply(void)
{
	return __builtin_cpu_supports("avx2") ? multiply_16 : multiply_8;
}

static void widen(const uint8_t *in, int16_t *out, int n)
{
	for (int i = 0; i < n; i += 8) {
		__m128i v = _mm_loadl_epi64((const __m128i *) (in + i));

		_mm_storeu_si128((__m128i *) (out + i), _mm_unpacklo_epi8(v, _mm_setzero_si128()));
	}
}
#else
static int64_t multiply_1(const int16_t *line, const int16_t *high, const int16_t *low, int n)
{
	int32_t h = 0, l = 0;

	for (int i = 0; i < n; i++) {
		h += line[i] * high[i];
		l += line[i] * low[i];
	}
	return (int64_t) h * (1 << LOW_BITS) + l;
}

static multiply_fn choose_multiply(void)
{
	return multiply_1;
}

static void widen(const uint8_t *in, int16_t *out, int n)
{
	for (int i = 0; i < n; i++)
		out[i] = in[i];
}
#endif

static double lanczos(double x)
{
	double a = M_PI * x, b = a / LOBES;

	if (x == 0)
		return 1;
	if (x < -LOBES || x >= LOBES)
		return 0;
	return sin(a) / a * (sin(b) / b);
}

/* Weights of n samples from first on, before they are normalised. Returns their sum. The order of
 * the operations counts: a weight that is rounded the other way is another one. */
static double weigh(double *weights, int first, int n, double centre, double scale)
{
	double sum = 0;

	for (int i = 0; i < n; i++) {
		weights[i] = lanczos((first + i - centre + 0.5) * (1 / scale));
		sum += weights[i];
	}
	return sum;
}

static void store(struct kernel *k, int output, const double *weights, int n, double sum)
{
	for (int i = 0; i < n; i++) {
		double w = (sum != 0 ? weights[i] / sum : weights[i]) * (1 << WEIGHT_BITS);
		int fixed = (int) (w < 0 ? w - 0.5 : w + 0.5);
		int high = (fixed + (1 << (LOW_BITS - 1))) >> LOW_BITS;

		k->high[output * k->room + i] = (int16_t) high;
		k->low[output * k->room + i] = (int16_t) (fixed - high * (1 << LOW_BITS));
	}
}

static int pad(int n)
{
	return (n + LANES - 1) / LANES * LANES;
}

static int kernel_init(struct kernel *k, int in, int out)
{
	double step = (double) in / out, scale = MAX(step, 1.0), support = LOBES * scale;
	_cleanup_(freep) double *weights = NULL;

	k->in = in;
	k->out = out;
	k->room = pad(MIN((int) ceil(support) * 2 + 1, in));
	k->first = calloc((size_t) out, sizeof(*k->first));
	k->count = calloc((size_t) out, sizeof(*k->count));
	k->high = calloc((size_t) out * (size_t) k->room, sizeof(*k->high));
	k->low = calloc((size_t) out * (size_t) k->room, sizeof(*k->low));
	weights = calloc((size_t) k->room, sizeof(*weights));
	if (!k->first || !k->count || !k->high || !k->low || !weights)
		return -ENOMEM;
	for (int i = 0; i < out; i++) {
		double centre = (i + 0.5) * step;
		int first = MAX((int) (centre - support + 0.5), 0);
		int n = MIN((int) (centre + support + 0.5), in) - first;

		k->first[i] = first;
		k->count[i] = pad(n);
		store(k, i, weights, n, weigh(weights, first, n, centre, scale));
	}
	return 0;
}

static void kernel_deinit(struct kernel *k)
{
	free(k->first);
	free(k->count);
	free(k->high);
	free(k->low);
}

int resampler_new(struct resampler **ret, int width, int height, int out_width, int out_height)
{
	_cleanup_(resampler_freep) struct resampler *r = NULL;

	if (MIN(MIN(width, height), MIN(out_width, out_height)) < 1 ||
		MAX(MAX(width, height), MAX(out_width, out_height)) > FRAME_SIDE_MAX)
		return -EINVAL;
	r = calloc(1, sizeof(*r));
	if (r)
		r->multiply = choose_multiply();
	if (!r || kernel_init(&r->rows, width, out_width) < 0 ||
		kernel_init(&r->columns, height, out_height) < 0)
		return -ENOMEM;
	r->grey = calloc((size_t) pad(width), sizeof(*r->grey));
	r->row = calloc((size_t) width + LANES, sizeof(*r->row));
	r->between = calloc((size_t) (height + LANES) * (size_t) out_width, sizeof(*r->between));
	if (!r->grey || !r->row || !r->between)
		return -ENOMEM;
	*ret = TAKE_PTR(r);
	return 0;
}

struct resampler *resampler_free(struct resampler *r)
{
	if (!r)
		return NULL;
	kernel_deinit(&r->rows);
	kernel_deinit(&r->columns);
	free(r->grey);
	free(r->row);
	free(r->between);
	free(r);
	return NULL;
}

/* One output of a line that has LANES samples more than it needs. */
static uint8_t apply(
	const struct resampler *r, const struct kernel *k, int output, const int16_t *line)
{
	ptrdiff_t at = (ptrdiff_t) output * k->room;
	int64_t sum =
		r->multiply(line + k->first[output], k->high + at, k->low + at, k->count[output]);

	sum = (sum + (1 << (WEIGHT_BITS - 1))) >> WEIGHT_BITS;
	return (uint8_t) CLAMP(sum, 0, 255);
}

void resampler_run(struct resampler *r, const struct grey *g, int x, int y, uint8_t *out)
{
	int width = r->rows.in, height = r->columns.in;

	for (int i = 0; i < height; i++) {
		struct rect line = { x, (int) CLAMP((int64_t) y + i, INT32_MIN, INT32_MAX), width,
			1 };

		grey_copy(g, line, r->grey);
		widen(r->grey, r->row, pad(width));
		for (int j = 0; j < r->rows.out; j++)
			r->between[(ptrdiff_t) j * (height + LANES) + i] =
				apply(r, &r->rows, j, r->row);
	}
	for (int i = 0; i < r->columns.out; i++) {
		for (int j = 0; j < r->rows.out; j++)
			*out++ = apply(
				r, &r->columns, i, r->between + (ptrdiff_t) j * (height + LANES));
	}
}
