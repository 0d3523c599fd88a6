/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/tools/soak.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "common/usec.h"
#include "recognize/recogniser.h"
#include "tests/tools/reels.h"

struct soak {
	const struct soak_run *run;
	struct soak_result *result;
	struct screens *screens;
	struct rules rules;
	struct recogniser *recogniser;
	struct decision decision;
	int state;        /* last decided; OTHER for UNKNOWN */
	uint64_t segment; /* start of the one that is shown */
	bool seen;        /* its state has been decided */
	struct screens_truth truth;
};

static uint64_t cpu_nsec(void)
{
	struct timespec ts;

	(void) clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t) ts.tv_sec * 1000000000 + (uint64_t) ts.tv_nsec;
}

static double part(uint64_t seed, uint64_t what)
{
	return (double) (mix64(seed, what, 0x50a) >> 11) / 9007199254740992.0;
}

void soak_choose(struct soak_run *run, uint64_t seed)
{
	struct screens_options *o = &run->options;

	*o = (struct screens_options){
		.noise = 4 * part(seed, 1),
		.gain = 0.8 + 0.35 * part(seed, 2),
		.offset = (int) (24 * part(seed, 3)) - 12,
		.shift_x = (int) (7 * part(seed, 4)) - 3,
		.shift_y = (int) (7 * part(seed, 5)) - 3,
		.blur = part(seed, 6) < 0.25,
		.fade_frames = part(seed, 7) < 0.5 ? 0 : 8,
	};
	if (part(seed, 8) < 0.25)
		o->range = part(seed, 9) < 0.5 ? SCREENS_RANGE_SQUEEZED : SCREENS_RANGE_STRETCHED;
	run->seed = seed;
}

static const char *state_name(const struct soak *s, int state)
{
	return rules_state_name(&s->rules, state);
}

static void log_decision(const struct soak *s)
{
	const struct decision *d = &s->decision;

	fprintf(s->run->log, "; raw %s (%s), margin %.2f", state_name(s, d->raw),
		reason_name(d->reason), d->margin);
	for (int i = 0; i < s->rules.n_states; i++)
		fprintf(s->run->log, " %s %.2f%s", state_name(s, i), d->states[i].score,
			d->states[i].matched ? "*" : "");
	fputc('\n', s->run->log);
}

static void log_fault(const struct soak *s, const char *what, uint64_t n, int from, int to)
{
	const struct screens_options *o = &s->run->options;

	if (!s->run->log)
		return;
	fprintf(s->run->log,
		"%s %s seed %" PRIu64 " frame %" PRIu64 " (%+d of %" PRIu64
		"): %s -> %s, shown %s (%s)%s; noise %.1f gain %.2f offset %d range %d "
		"shift %d,%d blur %d fade %d",
		what, screens_layout_name(s->run->layout), s->run->seed, n,
		(int) (n - s->truth.start), s->truth.end - s->truth.start, state_name(s, from),
		state_name(s, to), s->truth.scene, state_name(s, s->truth.state),
		s->truth.fading ? " fading" : "", o->noise, o->gain, o->offset, (int) o->range,
		o->shift_x, o->shift_y, o->blur, o->fade_frames);
	log_decision(s);
}

/* The segment that ends before frame n; its truth is still there. */
static void end_segment(struct soak *s, uint64_t n)
{
	if (s->truth.start == 0 || n - s->truth.start < SOAK_LONG)
		return;
	s->result->changes++;
	if (s->seen)
		return;
	s->result->missed++;
	log_fault(s, "missed", n - 1, s->state, s->truth.state);
}

static void judge_number(struct soak *s, const struct digits_reading *reading)
{
	char text[24];

	if (s->truth.credit < 0)
		return;
	snprintf(text, sizeof(text), "%" PRId64, s->truth.credit);
	s->result->numbers++;
	if (reading->sure && strcmp(reading->text, text) == 0)
		s->result->numbers_read++;
	else if (reading->sure)
		s->result->numbers_wrong++;
	if (reading->sure && strcmp(reading->text, text) != 0 && s->run->log)
		fprintf(s->run->log, "number %s seed %" PRIu64 ": %s read as %s (%.2f)\n",
			screens_layout_name(s->run->layout), s->run->seed, text, reading->text,
			reading->confidence);
}

static void judge(struct soak *s, uint64_t n)
{
	int state = s->decision.state >= 0 ? s->decision.state : STATE_OTHER, before = s->state;
	const struct screens_truth *t = &s->truth;
	uint64_t age = n - t->start;
	bool fits = state == t->state || (t->fading && (state == t->before || state < 0));

	s->state = state;
	if (state != before && !fits && t->fading)
		s->result->stray++;
	if (state != before && !fits && !t->fading)
		s->result->wrong++;
	if (state != before && !fits)
		log_fault(s, t->fading ? "stray" : "false", n, before, state);
	if (!s->seen && state == t->state) {
		s->seen = true;
		if (t->start > 0)
			s->result->delays[MIN(age, (uint64_t) SCREENS_SEGMENT_MAX)]++;
	}
	if (age >= SOAK_SETTLE) {
		s->result->counted++;
		s->result->right += state == t->state;
	}
	if (s->run->numbers && n % SCREENS_RATE == SCREENS_RATE - 1)
		judge_number(s, &s->decision.numbers[0]);
}

static int look(struct soak *s, uint64_t n)
{
	_cleanup_(frame_unrefp) struct frame *f = NULL;
	struct screens_truth t;
	uint64_t begin;
	int r = screens_truth(s->screens, n, &t);

	if (r >= 0)
		r = screens_frame(s->screens, n, &f);
	if (r < 0)
		return r;
	if (n == 0 || t.start != s->truth.start) {
		end_segment(s, n);
		s->seen = false;
	}
	s->truth = t;
	begin = cpu_nsec();
	r = recogniser_look(s->recogniser, f, &s->decision);
	s->result->cpu_nsec += cpu_nsec() - begin;
	s->result->frames++;
	if (r >= 0)
		judge(s, n);
	return r;
}

static int add_reference(struct soak *s, int state, int variant)
{
	_cleanup_(frame_unrefp) struct frame *f = NULL;
	char text[24];
	int64_t credit;
	int r = screens_reference(s->screens, state, variant, &f, &credit);

	if (r >= 0)
		r = recogniser_add_reference(s->recogniser, state, f);
	if (r < 0 || credit < 0 || !s->run->numbers)
		return r;
	snprintf(text, sizeof(text), "%" PRId64, credit);
	/* What cannot be learnt is not read. */
	(void) recogniser_learn_number(s->recogniser, 0, f, text);
	return 0;
}

static int prepare(struct soak *s)
{
	int r = screens_new(&s->screens, s->run->layout, s->run->seed, &s->run->options);

	if (r >= 0)
		r = screens_rules(s->screens, &s->rules);
	if (r >= 0 && !s->run->numbers) {
		free(s->rules.numbers[0].name);
		s->rules.numbers[0].name = NULL;
		s->rules.n_numbers = 0;
	}
	if (r >= 0)
		r = recogniser_new(&s->recogniser, &s->rules);
	for (int i = 0; r >= 0 && i < s->rules.n_states; i++)
		for (int k = 0; r >= 0 && k < SOAK_REFERENCES; k++)
			r = add_reference(s, i, k);
	return r;
}

int soak_run(const struct soak_run *run, struct soak_result *result)
{
	struct soak s = { .run = run, .result = result, .state = STATE_OTHER };
	int r = prepare(&s);

	for (uint64_t n = 0; r >= 0 && n < run->frames; n++)
		r = look(&s, n);
	if (r >= 0)
		end_segment(&s, run->frames);
	recogniser_free(s.recogniser);
	screens_free(s.screens);
	rules_deinit(&s.rules);
	return r;
}

double soak_delay_mean(const struct soak_result *r)
{
	uint64_t n = 0, sum = 0;

	for (uint64_t i = 0; i < ARRAY_SIZE(r->delays); i++) {
		n += r->delays[i];
		sum += i * r->delays[i];
	}
	return n > 0 ? (double) sum / (double) n : 0;
}

int soak_delay_at(const struct soak_result *r, double p)
{
	uint64_t n = 0, below = 0;
	int i = 0;

	for (uint64_t k = 0; k < ARRAY_SIZE(r->delays); k++)
		n += r->delays[k];
	for (; i < SCREENS_SEGMENT_MAX; i++) {
		below += r->delays[i];
		if ((double) below >= p * (double) n)
			break;
	}
	return i;
}
