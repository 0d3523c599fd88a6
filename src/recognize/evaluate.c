/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/evaluate.h"

#include <math.h>
#include <string.h>

#include "common/usec.h"

/* What one evaluation works on. */
struct work {
	const struct truth *truth;
	const struct evaluate_decision *d;
	size_t n;
	struct evaluation *e;
};

int evaluate_index(const struct evaluation *e, int state)
{
	return state >= 0 && state < e->n_states ? state : e->n_states;
}

static double seconds(uint64_t usec)
{
	return (double) usec / (double) USEC_PER_SEC;
}

static bool is_long(const struct truth_segment *s)
{
	return s->end_usec - s->start_usec >= EVALUATE_LONG_USEC;
}

/* The segment shown at a time; NULL in gaps and after the end. */
static const struct truth_segment *segment_at(const struct truth *t, uint64_t usec)
{
	size_t low = 0, high = t->n_segments;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct truth_segment *s = &t->segments[middle];

		if (usec >= s->start_usec && usec < s->end_usec)
			return s;
		if (usec < s->start_usec)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* Index of the first decision at or after a time; n when there is none. */
static size_t decision_at(const struct work *w, uint64_t usec)
{
	size_t low = 0, high = w->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (w->d[middle].usec < usec)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_fading(const struct work *w, const struct truth_segment *s, uint64_t usec)
{
	return s != w->truth->segments && usec - s->start_usec < EVALUATE_FADE_USEC;
}

/* Whether decisions at this time count for shares. */
static bool counts(const struct truth_segment *s, uint64_t usec)
{
	return is_long(s) && usec - s->start_usec >= EVALUATE_SETTLE_USEC;
}

const struct truth_segment *evaluate_segment(const struct truth *truth, uint64_t usec)
{
	const struct truth_segment *s = segment_at(truth, usec);

	return s && counts(s, usec) ? s : NULL;
}

static uint64_t end_of(const struct work *w, size_t i)
{
	if (i + 1 < w->n)
		return w->d[i + 1].usec;
	return w->d[i].usec + (i > 0 ? w->d[i].usec - w->d[i - 1].usec : 0);
}

static void add_shares(struct work *w)
{
	struct evaluation *e = w->e;
	double right = 0;
	size_t k = 0;

	for (size_t i = 0; i < w->n; i++) {
		uint64_t from = w->d[i].usec, to = end_of(w, i);

		while (k < w->truth->n_segments && w->truth->segments[k].end_usec <= from)
			k++;
		for (size_t j = k; j < w->truth->n_segments; j++) {
			const struct truth_segment *s = &w->truth->segments[j];
			uint64_t a = MAX(from, s->start_usec + EVALUATE_SETTLE_USEC);
			uint64_t b = MIN(to, s->end_usec);

			if (s->start_usec >= to)
				break;
			if (is_long(s) && a < b)
				e->confusion[evaluate_index(e, s->state)]
					    [evaluate_index(e, w->d[i].state)] += seconds(b - a);
		}
	}
	for (int s = 0; s <= e->n_states; s++) {
		right += e->confusion[s][s];
		for (int d = 0; d <= e->n_states; d++) {
			e->states[s].shown_s += e->confusion[s][d];
			e->states[d].decided_s += e->confusion[s][d];
			e->counted_s += e->confusion[s][d];
		}
	}
	e->right_share = e->counted_s > 0 ? right / e->counted_s : NAN;
	for (int s = 0; s <= e->n_states; s++) {
		struct evaluate_state *st = &e->states[s];

		st->right_s = e->confusion[s][s];
		st->precision = st->decided_s > 0 ? st->right_s / st->decided_s : NAN;
		st->recall = st->shown_s > 0 ? st->right_s / st->shown_s : NAN;
	}
}

/* How long after the segment's start the state is right; false: never. */
static bool find_delay(const struct work *w, const struct truth_segment *s, uint64_t *ret)
{
	int want = evaluate_index(w->e, s->state);
	size_t first = decision_at(w, s->start_usec), end = decision_at(w, s->end_usec);
	bool before = first > 0 && evaluate_index(w->e, w->d[first - 1].state) == want;

	if (before && first == end) {
		*ret = 0;
		return true;
	}
	for (size_t i = first; i < end; i++) {
		if (evaluate_index(w->e, w->d[i].state) != want)
			continue;
		*ret = before && i == first ? 0 : w->d[i].usec - s->start_usec;
		return true;
	}
	return false;
}

static int compare_usec(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;

	return x < y ? -1 : x > y;
}

/* Nearest rank: the smallest value that at least a share q of them do not exceed. */
static double quantile(const uint64_t *sorted, size_t n, double q)
{
	size_t rank = (size_t) ceil(q * (double) n);

	return seconds(sorted[MAX(rank, 1) - 1]);
}

static int add_delays(struct work *w)
{
	_cleanup_(freep) uint64_t *delays = calloc(w->truth->n_segments + 1, sizeof(*delays));
	struct evaluation *e = w->e;
	uint64_t sum = 0;
	size_t n = 0;

	if (!delays)
		return -ENOMEM;
	for (size_t i = 1; i < w->truth->n_segments; i++) {
		const struct truth_segment *s = &w->truth->segments[i];

		if (!is_long(s))
			continue;
		e->changes++;
		if (find_delay(w, s, &delays[n]))
			sum += delays[n++];
		else
			e->missed_changes++;
	}
	e->mean_delay_s = e->p50_delay_s = e->p99_delay_s = NAN;
	if (n == 0)
		return 0;
	qsort(delays, n, sizeof(*delays), compare_usec);
	e->mean_delay_s = seconds(sum) / (double) n;
	e->p50_delay_s = quantile(delays, n, 0.5);
	e->p99_delay_s = quantile(delays, n, 0.99);
	return 0;
}

/* Whether the truth leaves the state and comes back to it in between, within the length of a flap.
 */
static bool truth_flaps(const struct work *w, int state, uint64_t from, uint64_t to)
{
	const struct truth_segment *last = NULL; /* of this state */

	for (size_t i = 0; i < w->truth->n_segments; i++) {
		const struct truth_segment *s = &w->truth->segments[i];

		if (evaluate_index(w->e, s->state) != state)
			continue;
		if (last && s->start_usec > last->end_usec &&
			s->start_usec - last->end_usec <= EVALUATE_FLAP_USEC &&
			last->end_usec <= to && s->start_usec >= from)
			return true;
		last = s;
	}
	return false;
}

static void add_changes(struct work *w)
{
	struct evaluation *e = w->e;
	uint64_t left[RULES_STATES_MAX + 1];
	int state = e->n_states; /* start-up */

	for (int i = 0; i <= e->n_states; i++)
		left[i] = USEC_INFINITY;
	for (size_t i = 0; i < w->n; i++) {
		uint64_t now = w->d[i].usec;
		const struct truth_segment *s = segment_at(w->truth, now);
		int next = evaluate_index(e, w->d[i].state);

		if (next == state)
			continue;
		if (s && !is_fading(w, s, now) && evaluate_index(e, s->state) != next)
			e->false_changes++;
		if (left[next] != USEC_INFINITY && now - left[next] <= EVALUATE_FLAP_USEC &&
			!truth_flaps(
				w, next, left[next] - MIN(left[next], EVALUATE_FLAP_USEC), now))
			e->flaps++;
		if (i > 0)
			left[state] = now;
		state = next;
	}
}

static void add_raw(struct work *w)
{
	struct evaluation *e = w->e;

	for (int i = 0; i <= e->n_states; i++)
		e->states[i].lowest_margin = NAN;
	for (size_t i = 0; i < w->n; i++) {
		const struct evaluate_decision *d = &w->d[i];
		const struct truth_segment *s = evaluate_segment(w->truth, d->usec);
		int raw = evaluate_index(e, d->raw), shown;
		struct evaluate_state *st = &e->states[raw];

		if (!s)
			continue;
		shown = evaluate_index(e, s->state);
		if (raw != shown)
			e->near_misses += evaluate_index(e, d->state) == shown;
		else if (!isnan(d->margin) && !(st->lowest_margin <= d->margin)) {
			st->lowest_margin = d->margin;
			st->lowest_margin_usec = d->usec;
		}
	}
}

static void add_credits(struct work *w)
{
	struct evaluation *e = w->e;

	for (size_t k = 0; k < w->truth->n_credits; k++) {
		uint64_t end = (k + 1) * USEC_PER_SEC - EVALUATE_ROUNDING_USEC;
		int64_t want = w->truth->credits[k];
		size_t next = decision_at(w, end);
		const struct evaluate_decision *d;
		const struct truth_segment *s;

		/* A clip that ends before its truth does. */
		if (next == 0 || (next == w->n && end > end_of(w, next - 1)))
			continue;
		d = &w->d[next - 1];
		s = segment_at(w->truth, d->usec);
		e->credits += want != TRUTH_NUMBER_NONE;
		if (want != TRUTH_NUMBER_NONE)
			e->credits_read += d->number == want;
		else if (!s || is_fading(w, s, d->usec))
			continue;
		/* At a low rate a number may have changed since, and be right all the same. */
		e->credits_wrong += d->number != TRUTH_NUMBER_NONE && d->number != want &&
				    end - d->usec <= EVALUATE_STALE_USEC;
	}
}

int evaluate(const struct truth *truth, int n_states, const struct evaluate_decision *decisions,
	size_t n, struct evaluation *ret)
{
	struct work w = { .truth = truth, .d = decisions, .n = n, .e = ret };

	memset(ret, 0, sizeof(*ret));
	ret->n_states = n_states;
	ret->decisions = n;
	add_shares(&w);
	add_changes(&w);
	add_raw(&w);
	add_credits(&w);
	return add_delays(&w);
}

static int mistakes(const struct evaluate_point *p)
{
	return p->missed_changes + p->false_changes;
}

static bool is_best(const struct evaluate_point *points, int n, const struct evaluate_point *p)
{
	for (int i = 0; i < n; i++) {
		if (mistakes(&points[i]) < mistakes(p))
			return false;
		if (mistakes(&points[i]) == mistakes(p) &&
			points[i].right_share > p->right_share + EVALUATE_SHARE_EQUAL)
			return false;
	}
	return true;
}

int evaluate_suggest(const struct evaluate_point *points, int n, double *ret_margin)
{
	double widest = -1, middle;
	int first = 0, last = 0, best;

	for (int i = 0, end; i < n; i = end + 1) {
		end = i;
		if (!is_best(points, n, &points[i]))
			continue;
		while (end + 1 < n && is_best(points, n, &points[end + 1]))
			end++;
		if (points[end].value - points[i].value > widest) {
			widest = points[end].value - points[i].value;
			first = i;
			last = end;
		}
	}
	if (widest < 0)
		return -1;
	best = first;
	middle = (points[first].value + points[last].value) / 2;
	for (int i = first; i <= last; i++) {
		if (fabs(points[i].value - middle) < fabs(points[best].value - middle))
			best = i;
	}
	*ret_margin = MIN(
		points[best].value - points[first].value, points[last].value - points[best].value);
	return best;
}
