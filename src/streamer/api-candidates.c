/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures worth teaching, over HTTP. */
#include <string.h>

#include "common/log.h"
#include "common/usec.h"
#include "keep/clips.h"
#include "streamer/api-private.h"
#include "streamer/events.h"
#include "teach/candidate-files.h"

struct candidates_job {
	struct api_job job;
	char *folder;     /* "": none are kept */
	char *references; /* of one that is accepted; and the next */
	struct rules *rules;
	int state;
	char name[FOLDER_NAME_MAX], result[REFERENCE_NAME_MAX];
	void *data;
	size_t size;
	struct candidate_file *list;
	size_t n;
};

static void job_free(struct api_job *job)
{
	struct candidates_job *j = (struct candidates_job *) job;

	free(j->folder);
	free(j->references);
	rules_free(j->rules);
	free(j->data);
	free(j->list);
	free(j);
}

/* name NULL: of all. */
static struct candidates_job *job_new(struct api *a, const char *name)
{
	const char *folder = clips_candidates_folder(pipeline_clips(a->control->pipeline));
	struct candidates_job *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->job.free = job_free;
	/* One that is too long is no candidate's. */
	if (name && strlen(name) < sizeof(j->name))
		snprintf(j->name, sizeof(j->name), "%s", name);
	j->folder = strdup(folder ? folder : "");
	if (j->folder)
		return j;
	job_free(&j->job);
	return NULL;
}

static void list_run(struct api_job *job, struct stage *stage)
{
	struct candidates_job *j = (struct candidates_job *) job;

	(void) stage;
	job->result = candidate_files_list(j->folder, &j->list, &j->n, &job->fault);
}

static int list_answer(struct api_job *job, struct http_request *q)
{
	const struct candidates_job *j = (const struct candidates_job *) job;
	json_t *all = json_array();

	for (size_t i = 0; i < j->n; i++) {
		const struct candidate_file *c = &j->list[i];

		json_array_append_new(
			all, json_pack("{s:s, s:s, s:s?, s:I, s:I}", "name", c->name, "state",
				     c->state, "reason", *c->reason ? c->reason : NULL, "taken",
				     (json_int_t) (c->taken_realtime / USEC_PER_SEC), "bytes",
				     (json_int_t) c->bytes));
	}
	return face_answer_json(q, 200, json_pack("{s:o}", "candidates", all));
}

int api_candidates(struct api *a, struct face_request *q)
{
	struct candidates_job *j = job_new(a, NULL);

	if (!j)
		return -ENOMEM;
	j->job.run = list_run;
	j->job.answer = list_answer;
	return api_job_start(a, q, JOB_WEB, &j->job);
}

static void image_run(struct api_job *job, struct stage *stage)
{
	struct candidates_job *j = (struct candidates_job *) job;

	(void) stage;
	job->result = candidate_files_read(j->folder, j->name, &j->data, &j->size, &job->fault);
}

static int image_answer(struct api_job *job, struct http_request *q)
{
	struct candidates_job *j = (struct candidates_job *) job;

	(void) http_set_header(q, "Cache-Control", "max-age=3600");
	return http_answer_take(q, 200, "image/jpeg", TAKE_PTR(j->data), j->size);
}

int api_candidate_image(struct api *a, struct face_request *q)
{
	struct candidates_job *j = job_new(a, q->match.args[0]);

	if (!j)
		return -ENOMEM;
	j->job.run = image_run;
	j->job.answer = image_answer;
	return api_job_start(a, q, JOB_WEB, &j->job);
}

static void accept_run(struct api_job *job, struct stage *stage)
{
	struct candidates_job *j = (struct candidates_job *) job;

	(void) stage;
	job->result = candidate_files_accept(
		j->folder, j->name, j->references, j->rules, j->state, j->result, &job->fault);
}

static void accept_finish(struct api_job *job)
{
	struct candidates_job *j = (struct candidates_job *) job;
	const char *state = j->rules->states[j->state].name;

	if (job->result < 0)
		return;
	events_note(pipeline_events(job->api->control->pipeline), HISTORY_REFERENCES, LOG_NOTICE,
		NULL, LOG_FIELDS("EGM_STATE", state, "EGM_PATH", j->result),
		"Reference %s/%s was added by request, out of the candidates", state, j->result);
}

static int accept_answer(struct api_job *job, struct http_request *q)
{
	const struct candidates_job *j = (const struct candidates_job *) job;

	return face_answer_json(q, 201,
		json_pack(
			"{s:s, s:s}", "state", j->rules->states[j->state].name, "name", j->result));
}

int api_candidate_accept(struct api *a, struct face_request *q)
{
	struct fault f = { .kind = FAULT_NONE };
	struct candidates_job *j;
	const char *state;
	json_t *body;
	int r = 0;

	body = api_body(q, &r, "{s:s}", "state", &state);
	if (!body)
		return r;
	j = job_new(a, q->match.args[0]);
	r = j ? control_references(a->control, state, false, &j->references, &f) : -ENOMEM;
	if (r >= 0)
		r = rules_copy(&j->rules, a->control->settings->detector.rules);
	if (r >= 0)
		r = rules_find_state(j->rules, state, &j->state);
	json_decref(body);
	if (r < 0) {
		if (j)
			job_free(&j->job);
		return api_fault(q->http, r, &f);
	}
	j->job.run = accept_run;
	j->job.finish = accept_finish;
	j->job.answer = accept_answer;
	return api_job_start(a, q, JOB_WEB, &j->job);
}

static void delete_run(struct api_job *job, struct stage *stage)
{
	struct candidates_job *j = (struct candidates_job *) job;

	(void) stage;
	job->result = candidate_files_delete(j->folder, j->name, &job->fault);
}

static int delete_answer(struct api_job *job, struct http_request *q)
{
	(void) job;
	return api_done(q);
}

int api_candidate_delete(struct api *a, struct face_request *q)
{
	struct candidates_job *j = job_new(a, q->match.args[0]);

	if (!j)
		return -ENOMEM;
	j->job.run = delete_run;
	j->job.answer = delete_answer;
	return api_job_start(a, q, JOB_WEB, &j->job);
}
