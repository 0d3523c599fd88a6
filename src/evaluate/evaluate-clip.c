/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clip's time begins with its first picture: a container may start the sound earlier, and the
 * truth counts pictures. With a rate the newest picture at or before each moment is looked at; the
 * others are decoded only.
 */
#include "evaluate/evaluate-clip.h"

#include <math.h>
#include <string.h>

#include "common/log.h"
#include "common/usec.h"
#include "evaluate/evaluate-load.h"
#include "evaluate/evaluate-sweep.h"
#include "media/demux.h"
#include "recognize/recogniser.h"

#define READ_USEC (10 * USEC_PER_SEC)
#define LAST_USEC (USEC_PER_SEC / 25) /* that the only picture of a clip is shown */

struct run {
	const struct evaluate_options *o;
	struct evaluate_result *result;
	struct recogniser *recogniser;
	struct numbers *numbers; /* NULL: there are none */
	struct evaluate_sweep *sweep;
	size_t room; /* for decisions */
	struct decision decision;
	uint64_t cpu_usec, end_usec;
	int64_t first_usec; /* the file's time of the first picture; -1: not yet */
};

/* --- decisions --- */

static int make_room(struct run *run)
{
	struct evaluate_result *result = run->result;
	size_t room = MAX(run->room * 2, 4096);
	void *p;

	if (result->n_decisions < run->room)
		return 0;
	if (room > EVALUATE_DECISIONS_MAX) {
		log_error("%s is too long", run->o->clip);
		return -EFBIG;
	}
	p = reallocarray(result->decisions, room, sizeof(*result->decisions));
	if (!p)
		return -ENOMEM;
	result->decisions = p;
	if (run->o->scores) {
		p = reallocarray(result->scores, room,
			(size_t) MAX(result->rules.n_states, 1) * sizeof(*result->scores));
		if (!p)
			return -ENOMEM;
		result->scores = p;
	}
	run->room = room;
	return 0;
}

/* The number as the truth has it: without what stands between its digits. */
static int64_t number_of(const struct digits_reading *reading)
{
	int64_t n = 0;
	bool any = false;

	for (const char *p = reading->text; *p; p++) {
		if (*p < '0' || *p > '9')
			continue;
		n = n * 10 + (*p - '0');
		any = true;
		if (n > TRUTH_NUMBER_MAX)
			return TRUTH_NUMBER_NONE;
	}
	return reading->sure && any ? n : TRUTH_NUMBER_NONE;
}

/* How far from being decided otherwise a named state is. */
static double margin_of(const struct rules *rules, const struct decision *d)
{
	if (d->raw < 0)
		return NAN;
	if (rules->mode == MODE_BETTER)
		return d->margin;
	return rules->states[d->raw].threshold - d->states[d->raw].score;
}

static int look(struct run *run, const struct frame *f)
{
	struct evaluate_result *result = run->result;
	struct decision *d = &run->decision;
	uint64_t begin;
	int r = make_room(run);

	if (r < 0)
		return r;
	begin = usec_of(CLOCK_THREAD_CPUTIME_ID);
	r = recogniser_look(run->recogniser, f, d);
	run->cpu_usec += usec_of(CLOCK_THREAD_CPUTIME_ID) - begin;
	if (r < 0)
		return log_error_errno(r, "%s: its pictures cannot be looked at: %m", run->o->clip);
	r = evaluate_sweep_push(run->sweep, run->recogniser, d);
	if (r < 0)
		return r;
	if (run->numbers) {
		(void) numbers_follow(run->numbers, run->recogniser, f, d);
		numbers_work(run->numbers);
	}
	for (int i = 0; run->o->scores && i < result->rules.n_states; i++)
		result->scores[result->n_decisions * (size_t) result->rules.n_states + (size_t) i] =
			(float) d->states[i].score;
	result->decisions[result->n_decisions++] = (struct evaluate_decision){
		.usec = f->capture_usec,
		.raw = d->raw,
		.state = d->state,
		.number = result->number < 0 ? TRUTH_NUMBER_NONE
					     : number_of(&d->numbers[result->number]),
		.margin = margin_of(&result->rules, d),
	};
	return 0;
}

/* --- the clip --- */

/* Whether there is a moment for which the picture, which the next one follows at next_usec, is the
 * newest one. */
static bool is_due(const struct run *run, const struct frame *f, uint64_t next_usec)
{
	double rate = run->o->rate, from = (double) f->capture_usec - EVALUATE_ROUNDING_USEC;
	double moment;

	if (rate <= 0)
		return true;
	moment = ceil(MAX(from, 0) * rate / USEC_PER_SEC) / rate * USEC_PER_SEC;
	return moment + EVALUATE_ROUNDING_USEC < (double) next_usec;
}

/* Reads up to the next picture; its time counts from the first one. */
static int next_picture(struct run *run, struct demux *demux, struct frame **ret)
{
	struct demux_item item;
	int r;

	for (;;) {
		r = demux_read(demux, &item, &run->result->damaged);
		if (r == -EAGAIN || (r == 0 && !item.frame))
			continue;
		if (r < 0)
			return r;
		if (run->first_usec < 0)
			run->first_usec = MAX(item.pts_usec, 0);
		if (item.pts_usec < run->first_usec) {
			frame_unref(item.frame);
			continue;
		}
		item.frame->capture_usec = (uint64_t) (item.pts_usec - run->first_usec);
		*ret = item.frame;
		return 0;
	}
}

static int read_clip(struct run *run, struct demux *demux)
{
	_cleanup_(frame_unrefp) struct frame *held = NULL;
	uint64_t step = LAST_USEC;
	int r;

	for (;;) {
		struct frame *next = NULL;

		r = next_picture(run, demux, &next);
		if (r < 0 && r != -ENODATA)
			return log_error_errno(r, "%s: reading failed: %m", run->o->clip);
		if (held && next && next->capture_usec <= held->capture_usec) {
			frame_unref(next);
			continue;
		}
		if (held && next)
			step = next->capture_usec - held->capture_usec;
		if (held && is_due(run, held, held->capture_usec + step)) {
			int error = look(run, held);

			if (error < 0) {
				frame_unref(next);
				return error;
			}
			if (run->o->progress && run->end_usec)
				run->o->progress(
					(double) held->capture_usec / (double) run->end_usec,
					run->o->userdata);
		}
		held = frame_unref(held);
		if (r == -ENODATA)
			return 0;
		held = next;
	}
}

static int watch(struct run *run)
{
	_cleanup_(demux_freep) struct demux *demux = NULL;
	const struct truth *truth = &run->result->truth;
	char why[256] = "";
	int r;

	if (truth->n_segments)
		run->end_usec = truth->segments[truth->n_segments - 1].end_usec;
	r = demux_new(&demux);
	if (r < 0)
		return r;
	r = demux_open(demux, run->o->clip, READ_USEC, why, sizeof(why));
	if (r < 0)
		return log_error_errno(r, "Cannot open %s: %s", run->o->clip, why);
	if (!demux_info(demux)->has_video) {
		log_error("%s: there is no picture in it", run->o->clip);
		return -ENODATA;
	}
	run->first_usec = -1;
	return read_clip(run, demux);
}

/* --- figures --- */

static int judge(struct run *run)
{
	struct evaluate_result *result = run->result;
	int r;

	if (result->n_decisions == 0) {
		log_error("%s: there is not one whole picture in it", run->o->clip);
		return -ENODATA;
	}
	result->cpu_ms = (double) run->cpu_usec / 1000 / (double) result->n_decisions;
	r = evaluate(&result->truth, result->rules.n_states, result->decisions, result->n_decisions,
		&result->figures);
	return r < 0 ? r : evaluate_sweep_judge(run->sweep, result);
}

int evaluate_clip(const struct evaluate_options *o, struct evaluate_result *ret)
{
	struct run run = { .o = o, .result = ret };
	int r;

	*ret = (struct evaluate_result){ .suggested = -1, .skipped = json_array() };
	r = ret->skipped ? evaluate_load(o, ret, &run.recogniser, &run.numbers) : -ENOMEM;
	if (r == 0)
		r = evaluate_sweep_new(&run.sweep, &ret->rules, &ret->truth);
	if (r == 0)
		r = watch(&run);
	if (r == 0)
		r = judge(&run);
	if (r == -ENOMEM)
		log_error_errno(r, "%s: %m", o->clip);
	evaluate_sweep_free(run.sweep);
	recogniser_free(run.recogniser);
	(void) numbers_free(run.numbers, 0);
	return r;
}

void evaluate_result_deinit(struct evaluate_result *r)
{
	truth_deinit(&r->truth);
	rules_deinit(&r->rules);
	free(r->decisions);
	free(r->scores);
	json_decref(r->skipped);
	*r = (struct evaluate_result){ 0 };
}
