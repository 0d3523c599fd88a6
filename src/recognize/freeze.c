/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/freeze.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/usec.h"

#define LANES 4 /* sums that go on side by side */
#define FACTOR UINT64_C(0x9e3779b97f4a7c15)

static void add_rect(struct freeze *f, struct rect r)
{
	for (int i = 0; i < f->n; i++)
		if (memcmp(&f->rects[i], &r, sizeof(r)) == 0)
			return;
	f->rects[f->n++] = r;
}

static int make_room(struct freeze *f, int n, int frozen_ms)
{
	f->limit_usec = (uint64_t) frozen_ms * USEC_PER_MSEC;
	f->rects = calloc((size_t) n, sizeof(*f->rects));
	f->sums = calloc((size_t) n * FREEZE_PHASES, sizeof(*f->sums));
	return f->rects && f->sums ? 0 : -ENOMEM;
}

int freeze_init_picture(struct freeze *f, int frozen_ms)
{
	memset(f, 0, sizeof(*f));
	if (frozen_ms <= 0)
		return 0;
	if (make_room(f, 1, frozen_ms) < 0)
		return -ENOMEM;
	f->n = 1;
	return 0;
}

int freeze_init(struct freeze *f, const struct rules *rules)
{
	int n = rules->n_numbers;

	memset(f, 0, sizeof(*f));
	f->rules = rules;
	for (int s = 0; s < rules->n_states; s++)
		n += rules->states[s].n_rois;
	if (rules->frozen_ms <= 0 || n == 0)
		return 0;
	if (make_room(f, n, rules->frozen_ms) < 0)
		return -ENOMEM;
	for (int s = 0; s < rules->n_states; s++)
		for (int i = 0; i < rules->states[s].n_rois; i++)
			add_rect(f, rules->states[s].rois[i].rect);
	for (int i = 0; i < rules->n_numbers; i++)
		add_rect(f, rules->numbers[i].rect);
	return 0;
}

void freeze_deinit(struct freeze *f)
{
	free(f->rects);
	free(f->sums);
	memset(f, 0, sizeof(*f));
}

static uint64_t mix(uint64_t sum, const uint8_t *p, size_t n)
{
	uint64_t word = 0;

	memcpy(&word, p, n);
	return (sum ^ word) * FACTOR;
}

static void sum_line(uint64_t lanes[LANES], const uint8_t *p, size_t n)
{
	for (; n >= LANES * sizeof(uint64_t); n -= LANES * sizeof(uint64_t))
		for (int k = 0; k < LANES; k++, p += sizeof(uint64_t))
			lanes[k] = mix(lanes[k], p, sizeof(uint64_t));
	for (int k = 0; n > 0; k++) {
		size_t part = MIN(n, sizeof(uint64_t));

		lanes[k] = mix(lanes[k], p, part);
		p += part;
		n -= part;
	}
}

/* Lines of one phase. Of packed formats the bytes between are summed up as well. */
static uint64_t sum_of(const struct grey *g, struct rect r, unsigned phase)
{
	int left = CLAMP(r.x, 0, g->width - 1), right = CLAMP(r.x + r.w, left + 1, g->width);
	int top = CLAMP(r.y, 0, g->height - 1), end = CLAMP(r.y + r.h, top + 1, g->height);
	uint64_t lanes[LANES] = { 1, 2, 3, 4 };
	uint64_t sum = (uint64_t) g->width << 32 | (uint32_t) g->height;

	for (int y = top + (int) phase; y < end; y += FREEZE_PHASES)
		sum_line(lanes, g->data + y * g->stride + (ptrdiff_t) left * g->step,
			(size_t) (right - left - 1) * (size_t) g->step + 1);
	for (int k = 0; k < LANES; k++)
		sum = (sum ^ (lanes[k] >> 29 ^ lanes[k])) * FACTOR;
	return sum;
}

static struct rect rect_in(const struct freeze *f, int i, const struct grey *picture)
{
	if (!f->rules)
		return (struct rect){ 0, 0, picture->width, picture->height };
	return rules_scale(f->rules, f->rects[i], picture->width, picture->height);
}

/* Are the lines of that phase what they were? Remembers what they are. */
static bool is_equal(struct freeze *f, const struct grey *picture, unsigned phase)
{
	bool equal = true;

	for (int i = 0; i < f->n; i++) {
		struct rect r = rect_in(f, i, picture);
		uint64_t *last = &f->sums[(unsigned) i * FREEZE_PHASES + phase];
		uint64_t sum = sum_of(picture, r, phase);

		equal = equal && sum == *last;
		*last = sum;
	}
	return equal;
}

bool freeze_push(struct freeze *f, const struct grey *picture, uint64_t capture_usec)
{
	const uint64_t limit = f->limit_usec;
	bool equal = true;

	if (f->n == 0)
		return false;
	if (f->since_usec && capture_usec - f->since_usec >= limit) {
		for (unsigned p = 0; p < FREEZE_PHASES; p++)
			equal = is_equal(f, picture, p) && equal;
	} else {
		equal = is_equal(f, picture, f->phase++ % FREEZE_PHASES);
	}
	if (!equal || f->since_usec == 0)
		f->since_usec = capture_usec;
	return capture_usec - f->since_usec >= limit;
}
