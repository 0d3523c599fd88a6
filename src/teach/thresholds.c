/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "teach/thresholds.h"

#include <math.h>
#include <string.h>

#include "common/usec.h"
#include "media/picture.h"
#include "recognize/judge.h"
#include "recognize/separation.h"
#include "teach/reference-files.h"

#define APART_USEC (10 * USEC_PER_SEC) /* of capture time: pictures that have nothing in common */

struct measure {
	struct rules *rules; /* a copy */
	const char *folder;
	bool (*going_on)(void *userdata);
	void *userdata;
	struct reference_file *files[RULES_STATES_MAX];
	size_t n_files[RULES_STATES_MAX];
	struct recogniser *recogniser; /* of this half */
	struct judge judge;
	uint64_t usec;
	/* By state: how a picture that shows it fits it worst, and one that does not fits it best.
	 * NAN: there was none. */
	double shown[RULES_STATES_MAX], other[RULES_STATES_MAX];
};

static bool going_on(struct measure *m)
{
	return !m->going_on || m->going_on(m->userdata);
}

/* ---- the pictures ---- */

/* Keeps so many as may be, spread over all. */
static void spread(struct reference_file *files, size_t *n)
{
	size_t kept = MIN(*n, THRESHOLDS_PICTURES_MAX);

	for (size_t i = 0; i < kept; i++)
		if (i * *n / kept != i)
			files[i] = files[i * *n / kept];
	*n = kept;
}

static int list(struct measure *m, struct fault *f)
{
	int r = 0;

	for (int s = 0; s < m->rules->n_states && r >= 0; s++) {
		r = reference_files_list(
			m->folder, m->rules->states[s].name, &m->files[s], &m->n_files[s], f);
		if (m->n_files[s] > 0)
			spread(m->files[s], &m->n_files[s]);
	}
	return r;
}

/* NULL: it cannot be used, which the reader of references has told already. */
static struct frame *load(const struct measure *m, int state, size_t i)
{
	_cleanup_(freep) char *path = NULL;
	struct frame *picture = NULL;
	char why[128];

	if (asprintf(&path, "%s/%s/%s", m->folder, m->rules->states[state].name,
		    m->files[state][i].name) < 0)
		path = NULL;
	if (!path || picture_load(&picture, path, why, sizeof(why)) < 0)
		return NULL;
	return picture;
}

/* ---- what they say ---- */

static bool takes_score(const struct state *s)
{
	for (int i = 0; i < s->n_rois; i++)
		if (rules_takes_score(&s->rois[i]))
			return true;
	return false;
}

/* Mean distance of the regions that are to match. */
static double distance_of(const struct rules *rules, int state, const struct decision *d)
{
	const struct state *s = &rules->states[state];
	double sum = 0;
	int n = 0;

	for (int i = 0; i < s->n_rois; i++) {
		double one = d->states[state].rois[i].score;

		if (s->rois[i].negative || one < 0)
			continue;
		sum += one;
		n++;
	}
	return n > 0 ? sum / n : NAN;
}

static void note(struct measure *m, int state, bool is_shown, double value)
{
	/* The better mode counts likeness, the other one what differs. */
	bool low_is_bad = m->rules->mode == MODE_BETTER;
	double *kept = is_shown ? &m->shown[state] : &m->other[state];

	if (isnan(value))
		return;
	if (isnan(*kept))
		*kept = value;
	else
		*kept = low_is_bad == is_shown ? MIN(*kept, value) : MAX(*kept, value);
}

static int look(struct measure *m, int shown, struct frame *picture)
{
	struct decision d;
	struct sight sight;
	int r;

	picture->capture_usec = m->usec += APART_USEC;
	r = recogniser_look(m->recogniser, picture, &d);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (m->rules->mode == MODE_BETTER) {
		/* On the scale on which a score is its own likeness, whatever is set. */
		sight = *recogniser_sight(m->recogniser);
		sight_set_score(&sight, m->rules, (double) EVIDENCE_PURE);
		judge_init(&m->judge, m->rules);
		judge_push(&m->judge, &sight, &d);
	}
	for (int s = 0; s < m->rules->n_states; s++) {
		double value = NAN;

		if (m->rules->mode == MODE_COMPATIBLE)
			value = distance_of(m->rules, s, &d);
		else if (takes_score(&m->rules->states[s]))
			value = (double) evidence_reach(&m->judge.evidence[s]);
		note(m, s, s == shown, value);
	}
	return 0;
}

/* Which states have something in this half that pictures can be held against. */
static int teach(struct measure *m, size_t half)
{
	for (int s = 0; s < m->rules->n_states; s++)
		for (size_t i = half; i < m->n_files[s] && going_on(m); i += 2) {
			_cleanup_(frame_unrefp) struct frame *picture = load(m, s, i);
			int r = picture ? recogniser_add_reference(m->recogniser, s, picture) : 0;

			if (r == -ENOMEM)
				return r;
		}
	return 0;
}

static int look_at_others(struct measure *m, size_t half)
{
	for (int s = 0; s < m->rules->n_states; s++)
		for (size_t i = 1 - half; i < m->n_files[s] && going_on(m); i += 2) {
			_cleanup_(frame_unrefp) struct frame *picture = load(m, s, i);
			int r = picture ? look(m, s, picture) : 0;

			if (r < 0)
				return r;
		}
	return 0;
}

/* A state with one picture is taught in one half only, and never looked at with anything to hold it
 * against: what it would be told is nothing. */
static int measure_half(struct measure *m, size_t half)
{
	int r = recogniser_new(&m->recogniser, m->rules);

	if (r >= 0)
		r = teach(m, half);
	if (r >= 0)
		r = look_at_others(m, half);
	m->recogniser = recogniser_free(m->recogniser);
	return r;
}

/* ---- what comes of it ---- */

static void suggest(const struct measure *m, int state, struct threshold *ret)
{
	const struct separation s = { .lowest_shown = m->shown[state],
		.highest_other = m->other[state] };

	ret->suggested = ret->margin = NAN;
	if (m->n_files[state] < 2)
		return;
	if (m->rules->mode == MODE_BETTER) {
		ret->suggested = separation_suggest(&s, &ret->margin);
	} else if (m->shown[state] < m->other[state]) {
		ret->suggested = (m->shown[state] + m->other[state]) / 2;
		ret->margin = (m->other[state] - m->shown[state]) / 2;
	}
}

static void conclude(const struct measure *m, struct threshold ret[RULES_STATES_MAX])
{
	for (int i = 0; i < m->rules->n_states; i++) {
		const struct state *s = &m->rules->states[i];

		snprintf(ret[i].state, sizeof(ret[i].state), "%s", s->name);
		if (m->rules->mode == MODE_COMPATIBLE)
			ret[i].threshold = s->threshold;
		else
			ret[i].threshold = s->score > 0 ? s->score : (double) EVIDENCE_PURE;
		suggest(m, i, &ret[i]);
	}
}

int thresholds_measure(const struct rules *rules, const char *folder,
	bool (*going_on_hook)(void *userdata), void *userdata,
	struct threshold ret[RULES_STATES_MAX], struct fault *f)
{
	_cleanup_(freep) struct measure *m = calloc(1, sizeof(*m));
	int r = m ? rules_copy(&m->rules, rules) : -ENOMEM;

	if (r < 0)
		return r;
	m->folder = folder;
	m->going_on = going_on_hook;
	m->userdata = userdata;
	m->rules->frozen_ms = 0; /* what lies on disk stands still */
	for (int i = 0; i < RULES_STATES_MAX; i++)
		m->shown[i] = m->other[i] = NAN;
	r = list(m, f);
	for (size_t half = 0; half < 2 && r >= 0; half++)
		r = measure_half(m, half);
	if (r >= 0)
		conclude(m, ret);
	for (int i = 0; i < rules->n_states; i++)
		free(m->files[i]);
	rules_free(m->rules);
	return MIN(r, 0);
}
