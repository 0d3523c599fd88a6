/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of the screen, over HTTP: shown, changed, and what thresholds would suit. */
#include <math.h>
#include <string.h>

#include "detector/references.h"
#include "settings/rules-json.h"
#include "streamer/api-private.h"
#include "teach/reference-files.h"
#include "teach/rules-place.h"
#include "teach/thresholds.h"

#define FINDINGS_SHOWN 20

struct rules_job {
	struct api_job job;
	struct rules_place place;
	struct rules *rules; /* to be written, or a copy of those in use; NULL: there are none */
	char *folder;        /* of the references; NULL: nothing is recognised */
	size_t references[RULES_STATES_MAX];
	json_t *findings; /* of what was sent; NULL */
	struct api_thresholds *measured;
};

/* What rules and references come to, kept until either is another one: each page asks for it. */
struct api_thresholds {
	uint64_t stamp; /* of the references, as references_stamp(); 0: not measured */
	struct rules *rules;
	struct threshold each[RULES_STATES_MAX];
};

struct api_thresholds *api_thresholds_free(struct api_thresholds *t)
{
	if (t)
		rules_free(t->rules);
	free(t);
	return NULL;
}

static void job_free(struct api_job *job)
{
	struct rules_job *j = (struct rules_job *) job;

	rules_place_deinit(&j->place);
	rules_free(j->rules);
	free(j->folder);
	json_decref(j->findings);
	api_thresholds_free(j->measured);
	free(j);
}

/* With the references' folder where there is one. NULL: no memory. */
static struct rules_job *job_new(struct api *a)
{
	const char *folder = screen_references(pipeline_screen(a->control->pipeline));
	struct rules_job *j = calloc(1, sizeof(*j));
	int r;

	if (!j)
		return NULL;
	j->job.free = job_free;
	r = rules_place_find(a->control->settings, a->control->card, &j->place);
	if (r >= 0 && folder) {
		j->folder = strdup(folder);
		r = j->folder ? 0 : -ENOMEM;
	}
	if (r >= 0)
		return j;
	job_free(&j->job);
	return NULL;
}

static int copy_rules(struct api *a, struct rules_job *j)
{
	const struct rules *rules = a->control->settings->detector.rules;

	rules_free(j->rules);
	j->rules = NULL;
	return rules ? rules_copy(&j->rules, rules) : 0;
}

/* ---- shown ---- */

static void count_references(struct rules_job *j)
{
	struct fault unused = { .kind = FAULT_NONE };

	for (int i = 0; j->folder && j->rules && i < j->rules->n_states; i++) {
		_cleanup_(freep) struct reference_file *list = NULL;

		j->references[i] = 0;
		(void) reference_files_list(
			j->folder, j->rules->states[i].name, &list, &j->references[i], &unused);
	}
}

static void show_run(struct api_job *job, struct stage *stage)
{
	(void) stage;
	count_references((struct rules_job *) job);
	job->result = 0;
}

static json_t *shown(struct rules_job *j, const struct settings *s)
{
	struct rules none = { .width = s->detector.screen.width,
		.height = s->detector.screen.height,
		.hash_size = (int) s->detector.hash_size,
		.algo = (enum hash_algo) s->detector.algo,
		.mode = (enum rules_mode) s->detector.mode,
		.confirm_frames = (int) s->detector.confirm_frames,
		.drop_frames = (int) s->detector.drop_frames };
	const struct rules *rules = j->rules ? j->rules : &none;
	json_t *o = rules_json(rules), *states = json_object_get(o, "states");

	for (int i = 0; i < rules->n_states; i++)
		json_object_set_new(json_object_get(states, rules->states[i].name), "refs",
			json_integer((json_int_t) j->references[i]));
	if (!o)
		return NULL;
	json_object_set_new(o, "editable", json_boolean(j->place.editable));
	if (j->findings)
		json_object_set(o, "findings", j->findings);
	return o;
}

static int show_answer(struct api_job *job, struct http_request *q)
{
	return face_answer_json(
		q, 200, shown((struct rules_job *) job, job->api->control->settings));
}

int api_rules(struct api *a, struct face_request *q)
{
	struct rules_job *j = job_new(a);
	int r = j ? copy_rules(a, j) : -ENOMEM;

	if (r < 0) {
		if (j)
			job_free(&j->job);
		return r;
	}
	/* Where there are none, and none can be made, there is nothing to show. */
	if (!j->rules && !j->place.editable) {
		job_free(&j->job);
		return face_fault(q->http, 404, fault_name(FAULT_NOT_RECOGNISING),
			"Nothing is recognised on this card.");
	}
	j->job.run = show_run;
	j->job.answer = show_answer;
	return api_job_start(a, q, JOB_WEB, &j->job);
}

/* ---- changed ---- */

static void write_run(struct api_job *job, struct stage *stage)
{
	struct rules_job *j = (struct rules_job *) job;

	(void) stage;
	job->result = rules_place_write(&j->place, j->rules, &job->fault);
	if (job->result >= 0)
		count_references(j);
}

static void write_finish(struct api_job *job)
{
	struct rules_job *j = (struct rules_job *) job;

	if (job->result >= 0)
		job->result = control_reload_rules(job->api->control, &job->fault);
	if (job->result >= 0)
		job->result = copy_rules(job->api, j);
}

static json_t *findings_json(const struct conf_report *report)
{
	static const char *const severities[] = {
		[CONF_NOTE] = "note",
		[CONF_WARNING] = "warning",
		[CONF_ERROR] = "error",
	};
	json_t *all = json_array();

	for (size_t i = 0; i < report->n && i < FINDINGS_SHOWN; i++) {
		const struct conf_finding *f = &report->findings[i];

		json_array_append_new(
			all, json_pack("{s:s, s:s?, s:s}", "severity", severities[f->severity],
				     "key", f->key, "text", f->text ? f->text : "out of memory"));
	}
	return all;
}

/* The first error is the detail, all of them stand behind it. */
static int refuse(struct http_request *q, const struct conf_report *report)
{
	char text[FAULT_WORDS_MAX] = "The rules cannot be used.";

	for (size_t i = report->n; i > 0; i--)
		if (report->findings[i - 1].severity == CONF_ERROR)
			conf_finding_format(&report->findings[i - 1], text, sizeof(text));
	return face_answer_json(q, 422,
		json_pack("{s:s, s:s, s:o}", "detail", text, "error", fault_name(FAULT_BAD_RULES),
			"findings", findings_json(report)));
}

/* 0, and the job has the rules; else it has answered, with what it returns in r. */
static bool take_rules(struct api *a, struct face_request *q, struct rules_job *j, int *r)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	json_t *body = face_body_object(q->http, r);
	int bad;

	if (!body)
		return false;
	j->rules = calloc(1, sizeof(*j->rules));
	bad = j->rules ? rules_json_parse(
				 body, a->control->settings->detector.rules, j->rules, &report)
		       : -ENOMEM;
	json_decref(body);
	if (bad == -EINVAL)
		*r = refuse(q->http, &report);
	else if (bad < 0)
		*r = bad;
	else if (report.n > 0)
		j->findings = findings_json(&report);
	return bad >= 0;
}

int api_rules_set(struct api *a, struct face_request *q)
{
	struct rules_job *j = job_new(a);
	int r = 0;

	if (!j)
		return -ENOMEM;
	if (!j->place.editable)
		r = face_fault(q->http, 409, fault_name(FAULT_NOT_EDITABLE), j->place.why);
	if (!j->place.editable || !take_rules(a, q, j, &r)) {
		job_free(&j->job);
		return r;
	}
	j->job.run = write_run;
	j->job.finish = write_finish;
	j->job.answer = show_answer;
	return api_job_start(a, q, JOB_WEB, &j->job);
}

/* ---- thresholds ---- */

static bool going_on(void *userdata)
{
	return !stage_stopping(userdata);
}

static void measure_run(struct api_job *job, struct stage *stage)
{
	struct rules_job *j = (struct rules_job *) job;
	struct api_thresholds *m = j->measured;
	uint64_t stamp = references_stamp(m->rules, j->folder);

	if (m->stamp && stamp == m->stamp)
		return;
	job->result =
		thresholds_measure(m->rules, j->folder, going_on, stage, m->each, &job->fault);
	m->stamp = stage_stopping(stage) ? 0 : stamp;
}

/* The job has what was measured while it runs, or else a copy of the rules. */
static int measure_begin(struct api *a, struct rules_job *j)
{
	const struct rules *rules = a->control->settings->detector.rules;

	j->measured = TAKE_PTR(a->thresholds);
	if (j->measured && rules_equal(j->measured->rules, rules))
		return 0;
	api_thresholds_free(j->measured);
	j->measured = calloc(1, sizeof(*j->measured));
	return j->measured ? rules_copy(&j->measured->rules, rules) : -ENOMEM;
}

static json_t *real_or_null(double v)
{
	return isnan(v) ? json_null() : json_real(round(v * 1000) / 1000);
}

static int measure_answer(struct api_job *job, struct http_request *q)
{
	const struct rules_job *j = (const struct rules_job *) job;
	json_t *all = json_array();

	for (int i = 0; i < j->measured->rules->n_states; i++) {
		const struct threshold *t = &j->measured->each[i];

		json_array_append_new(
			all, json_pack("{s:s, s:f, s:o, s:o}", "state", t->state, "threshold",
				     t->threshold, "suggested", real_or_null(t->suggested),
				     "margin", real_or_null(t->margin)));
	}
	return face_answer_json(q, 200, json_pack("{s:o}", "thresholds", all));
}

static void measure_free(struct api_job *job)
{
	struct rules_job *j = (struct rules_job *) job;
	struct api *a = job->api;

	/* The one who asked last leaves what was measured to the next. */
	if (a && !a->closed && job->result >= 0 && j->measured && j->measured->stamp) {
		api_thresholds_free(a->thresholds);
		a->thresholds = TAKE_PTR(j->measured);
	}
	job_free(job);
}

int api_thresholds(struct api *a, struct face_request *q)
{
	struct rules_job *j = job_new(a);
	int r = j ? 0 : -ENOMEM;

	if (r >= 0 && j->folder) {
		r = measure_begin(a, j);
		if (r >= 0) {
			j->job.run = measure_run;
			j->job.answer = measure_answer;
			j->job.free = measure_free;
			return api_job_start(a, q, JOB_WEB, &j->job);
		}
	}
	if (j)
		job_free(&j->job);
	return r < 0 ? r
		     : face_fault(q->http, 404, fault_name(FAULT_NOT_RECOGNISING),
			       "Nothing is recognised on this card.");
}
