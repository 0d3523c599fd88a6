/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cos(pi k (2n + 1) / 2N) is mirrored at the middle of the line, with the opposite sign for odd k.
 * So a line is folded: the differences of mirrored samples give the coefficients of odd k, and the
 * sums are a line of half the length that gives the others in the same way. This halves the work,
 * and where mirrored samples are equal the difference is 0 and not almost so.
 */
#include "recognize/dct.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>

struct dct {
	int side, low;
	double cosines[DCT_LOW_MAX][DCT_SIDE_MAX]; /* [k][n] */
};

int dct_new(struct dct **ret, int side, int low)
{
	struct dct *d;

	if (side < 1 || side > DCT_SIDE_MAX || low < 1 || low > MIN(side, DCT_LOW_MAX))
		return -EINVAL;
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->side = side;
	d->low = low;
	for (int k = 0; k < low; k++) {
		for (int n = 0; n < side; n++)
			d->cosines[k][n] = cos(M_PI * k * (2 * n + 1) / (2 * side));
	}
	*ret = d;
	return 0;
}

struct dct *dct_free(struct dct *d)
{
	free(d);
	return NULL;
}

static double dot(const double *a, const double *b, int n)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

/* Overwrites the line. out: d->low coefficients. */
static void transform(const struct dct *d, double *line, double *out)
{
	double difference[DCT_SIDE_MAX / 2];
	int n = d->side, step = 1;

	for (; n % 2 == 0 && step < d->low; n /= 2, step *= 2) {
		for (int i = 0; i < n / 2; i++) {
			difference[i] = line[i] - line[n - 1 - i];
			line[i] += line[n - 1 - i];
		}
		for (int k = step; k < d->low; k += 2 * step)
			out[k] = dot(difference, d->cosines[k], n / 2);
	}
	for (int k = 0; k < d->low; k += step)
		out[k] = dot(line, d->cosines[k], n);
}

void dct_run(const struct dct *d, const uint8_t *in, double *out)
{
	double between[DCT_LOW_MAX][DCT_SIDE_MAX], line[DCT_SIDE_MAX], low[DCT_LOW_MAX];

	for (int x = 0; x < d->side; x++) {
		for (int y = 0; y < d->side; y++)
			line[y] = in[y * d->side + x];
		transform(d, line, low);
		for (int k = 0; k < d->low; k++)
			between[k][x] = low[k];
	}
	for (int k = 0; k < d->low; k++)
		transform(d, between[k], out + (ptrdiff_t) k * d->low);
}
