/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pictures that teach the recogniser, over HTTP: the original's paths and ours do the same and
 * answer in different words. All of it is a job, for it is the disk's work or waits for a picture.
 */
#include <string.h>

#include "common/log.h"
#include "common/usec.h"
#include "streamer/api-private.h"
#include "streamer/events.h"
#include "streamer/snapshot.h"
#include "teach/reference-picture.h"
#include "teach/reference-trash.h"

#define KEPT "max-age=3600" /* by the browser */
#define THUMBNAIL_WIDTH 160

struct files_job {
	struct api_job job;
	enum route_id route;
	char *folder;
	char state[64], to[64], name[REFERENCE_NAME_MAX], result[REFERENCE_NAME_MAX];
	char id[TRASH_ID_MAX];
	struct rules *rules; /* of an upload; a copy */
	int index;           /* of the state in them */
	int width;
	void *data; /* a picture on its way in or out */
	size_t size;
	char states[RULES_STATES_MAX][RULES_NAME_MAX + 1]; /* to be listed */
	int n_states;
	struct reference_file *list;
	struct trash_file *trash;
	size_t n;
};

static void files_free(struct api_job *job)
{
	struct files_job *j = (struct files_job *) job;

	free(j->folder);
	rules_free(j->rules);
	free(j->data);
	free(j->list);
	free(j->trash);
	free(j);
}

/* About a state of the rules, or all of them (NULL). NULL: it has answered, with r. */
static struct files_job *files_new(struct api *a, struct face_request *q, const char *state, int *r)
{
	struct files_job *j = calloc(1, sizeof(*j));
	struct fault f = { .kind = FAULT_NONE };

	if (!j) {
		*r = -ENOMEM;
		return NULL;
	}
	j->job.free = files_free;
	j->route = q->match.id;
	*r = control_references(a->control, state ? state : "", !state, &j->folder, &f);
	if (*r < 0) {
		files_free(&j->job);
		*r = api_fault(q->http, *r, &f);
		return NULL;
	}
	snprintf(j->state, sizeof(j->state), "%.63s", state ? state : "");
	return j;
}

static bool is_original(const struct files_job *j)
{
	return j->route < ROUTE_PAGE;
}

/* Who changes the references is remembered. */
static void note(struct files_job *j, const char *state, const char *name, const char *what)
{
	events_note(pipeline_events(j->job.api->control->pipeline), HISTORY_REFERENCES, LOG_NOTICE,
		NULL, LOG_FIELDS("EGM_STATE", state, "EGM_PATH", name), "Reference %s/%s was %s",
		state, name, what);
}

/* ---- lists ---- */

static void list_run(struct api_job *job, struct stage *stage)
{
	struct files_job *j = (struct files_job *) job;
	int r = 0;

	for (int i = 0; i < j->n_states && r >= 0 && !stage_stopping(stage); i++)
		r = reference_files_list(j->folder, j->states[i], &j->list, &j->n, &job->fault);
	job->result = r;
}

static int names_answer(struct api_job *job, struct http_request *q)
{
	const struct files_job *j = (const struct files_job *) job;
	json_t *names = json_array();

	for (size_t i = 0; i < j->n; i++)
		json_array_append_new(names, json_string(j->list[i].name));
	return face_answer_json(q, 200, names);
}

static int list_answer(struct api_job *job, struct http_request *q)
{
	const struct files_job *j = (const struct files_job *) job;
	json_t *all = json_array();

	/* A name that is no UTF-8 cannot be asked for either. */
	for (size_t i = 0; i < j->n; i++)
		json_array_append_new(all,
			json_pack("{s:s, s:s, s:I, s:I}", "state", j->list[i].state, "name",
				j->list[i].name, "bytes", (json_int_t) j->list[i].bytes, "modified",
				(json_int_t) (j->list[i].realtime_usec / USEC_PER_SEC)));
	return face_answer_json(q, 200, json_pack("{s:o}", "references", all));
}

static int list(struct api *a, struct face_request *q, const char *state,
	int (*answer)(struct api_job *j, struct http_request *q))
{
	struct screen_view v;
	struct files_job *j;
	int r;

	j = files_new(a, q, state, &r);
	if (!j)
		return r;
	screen_view(pipeline_screen(a->control->pipeline), &v);
	for (int i = 0; i < v.n_states; i++)
		if (!state || strcmp(v.states[i], state) == 0)
			memcpy(j->states[j->n_states++], v.states[i], sizeof(v.states[i]));
	j->job.run = list_run;
	j->job.answer = answer;
	return api_job_start(a, q, JOB_WEB, &j->job);
}

int api_refs(struct api *a, struct face_request *q)
{
	return list(a, q, q->match.args[0], names_answer);
}

int api_references(struct api *a, struct face_request *q)
{
	return list(a, q, http_query(q->http, "state"), list_answer);
}

/* ---- a new one ---- */

static void learn_run(struct api_job *job, struct stage *stage)
{
	struct files_job *j = (struct files_job *) job;

	job->result = snapshot_learn(pipeline_stills(job->api->control->pipeline), stage, j->folder,
		j->state, j->result, &job->fault);
}

static void upload_run(struct api_job *job, struct stage *stage)
{
	struct files_job *j = (struct files_job *) job;

	(void) stage;
	job->result = reference_picture_add(j->folder, j->rules, j->index, usec_of(CLOCK_REALTIME),
		j->data, j->size, j->result, &job->fault);
}

static void add_finish(struct api_job *job)
{
	struct files_job *j = (struct files_job *) job;

	if (job->result >= 0)
		note(j, j->state, j->result, "added by request");
}

static int add_answer(struct api_job *job, struct http_request *q)
{
	const struct files_job *j = (const struct files_job *) job;

	if (is_original(j))
		return face_answer_json(
			q, 200, json_pack("{s:s, s:s}", "status", "saved", "filename", j->result));
	return face_answer_json(
		q, 201, json_pack("{s:s, s:s}", "state", j->state, "name", j->result));
}

/* The original has no picture to save: 400. */
static int add_refuse(struct api_job *job, struct http_request *q)
{
	if (is_original((const struct files_job *) job) && job->fault.kind == FAULT_NO_PICTURE)
		return face_fault(q, 400, fault_name(job->fault.kind), job->fault.words);
	return api_fault(q, job->result, &job->fault);
}

static int take_upload(struct api *a, struct files_job *j, const char *body, size_t size)
{
	int r = rules_copy(&j->rules, a->control->settings->detector.rules);

	if (r < 0)
		return r;
	j->data = malloc(size);
	if (!j->data)
		return -ENOMEM;
	memcpy(j->data, body, size);
	j->size = size;
	return rules_find_state(j->rules, j->state, &j->index);
}

int api_reference_add(struct api *a, struct face_request *q)
{
	struct files_job *j;
	const char *body;
	size_t size;
	int r;

	j = files_new(a, q, q->match.args[0], &r);
	if (!j)
		return r;
	body = http_body(q->http, &size);
	j->job.finish = add_finish;
	j->job.answer = add_answer;
	j->job.refuse = add_refuse;
	if (is_original(j) || size == 0) {
		j->job.run = learn_run;
		return api_job_start(a, q, JOB_PICTURE, &j->job);
	}
	r = take_upload(a, j, body, size);
	if (r < 0) {
		files_free(&j->job);
		return r;
	}
	j->job.run = upload_run;
	return api_job_start(a, q, JOB_WEB, &j->job);
}

/* ---- one that is there ---- */

static struct files_job *file_new(struct api *a, struct face_request *q, int *r)
{
	struct files_job *j = files_new(a, q, q->match.args[0], r);

	if (j)
		snprintf(j->name, sizeof(j->name), "%s", q->match.args[1]);
	return j;
}

static void read_run(struct api_job *job, struct stage *stage)
{
	struct files_job *j = (struct files_job *) job;

	(void) stage;
	job->result =
		reference_files_read(j->folder, j->state, j->name, &j->data, &j->size, &job->fault);
}

static int image_answer(struct api_job *job, struct http_request *q)
{
	struct files_job *j = (struct files_job *) job;
	const char *type = reference_picture_type(j->data, j->size, NULL);

	(void) http_set_header(q, "Cache-Control", KEPT);
	return http_answer_take(
		q, 200, type ? type : "application/octet-stream", TAKE_PTR(j->data), j->size);
}

int api_reference_image(struct api *a, struct face_request *q)
{
	struct files_job *j;
	int r;

	j = file_new(a, q, &r);
	if (!j)
		return r;
	j->job.run = read_run;
	j->job.answer = image_answer;
	return api_job_start(a, q, JOB_WEB, &j->job);
}

static void thumbnail_run(struct api_job *job, struct stage *stage)
{
	struct files_job *j = (struct files_job *) job;
	uint8_t *small = NULL;
	size_t size = 0;

	read_run(job, stage);
	if (job->result < 0)
		return;
	job->result =
		reference_picture_thumbnail(j->data, j->size, j->width, &small, &size, &job->fault);
	if (job->result < 0)
		return;
	free(j->data);
	j->data = small;
	j->size = size;
}

int api_reference_thumbnail(struct api *a, struct face_request *q)
{
	struct files_job *j;
	int64_t width;
	int r;

	if (http_query_number(q->http, "width", THUMBNAIL_WIDTH_MIN, THUMBNAIL_WIDTH_MAX,
		    THUMBNAIL_WIDTH, &width) < 0)
		return http_fault(q->http, 422, "The width is a number from %d to %d.",
			THUMBNAIL_WIDTH_MIN, THUMBNAIL_WIDTH_MAX);
	j = file_new(a, q, &r);
	if (!j)
		return r;
	j->width = (int) width;
	j->job.run = thumbnail_run;
	j->job.answer = image_answer;
	return api_job_start(a, q, JOB_WEB, &j->job);
}

static void move_run(struct api_job *job, struct stage *stage)
{
	struct files_job *j = (struct files_job *) job;

	(void) stage;
	job->result =
		reference_files_move(j->folder, j->state, j->name, j->to, j->result, &job->fault);
}

static void move_finish(struct api_job *job)
{
	struct files_job *j = (struct files_job *) job;

	if (job->result >= 0)
		note(j, j->to, j->result, "moved there by request");
}

static int move_answer(struct api_job *job, struct http_request *q)
{
	const struct files_job *j = (const struct files_job *) job;

	return face_answer_json(q, 200, json_pack("{s:s, s:s}", "state", j->to, "name", j->result));
}

/* The state to go to must be one, too. */
static int take_target(struct api *a, struct files_job *j, const char *to, struct fault *f)
{
	_cleanup_(freep) char *unused = NULL;
	int r = control_references(a->control, to, false, &unused, f);

	snprintf(j->to, sizeof(j->to), "%.63s", to);
	return r;
}

int api_reference_move(struct api *a, struct face_request *q)
{
	struct fault f = { .kind = FAULT_NONE };
	struct files_job *j;
	const char *to;
	json_t *body;
	int r = 0;

	body = api_body(q, &r, "{s:s}", "to", &to);
	if (!body)
		return r;
	j = file_new(a, q, &r);
	if (j) {
		r = take_target(a, j, to, &f);
		if (r < 0) {
			files_free(&j->job);
			j = NULL;
			r = api_fault(q->http, r, &f);
		}
	}
	json_decref(body);
	if (!j)
		return r;
	j->job.run = move_run;
	j->job.finish = move_finish;
	j->job.answer = move_answer;
	return api_job_start(a, q, JOB_WEB, &j->job);
}

static void delete_run(struct api_job *job, struct stage *stage)
{
	struct files_job *j = (struct files_job *) job;

	(void) stage;
	job->result = reference_trash_put(
		j->folder, j->state, j->name, usec_of(CLOCK_REALTIME), j->id, &job->fault);
}

static void delete_finish(struct api_job *job)
{
	struct files_job *j = (struct files_job *) job;

	if (job->result >= 0)
		note(j, j->state, j->name, "deleted by request");
}

static int delete_answer(struct api_job *job, struct http_request *q)
{
	const struct files_job *j = (const struct files_job *) job;

	if (is_original(j))
		return face_answer_json(q, 200, json_pack("{s:s}", "status", "deleted"));
	return face_answer_json(q, 200, json_pack("{s:s}", "trash", j->id));
}

int api_reference_delete(struct api *a, struct face_request *q)
{
	struct files_job *j;
	int r;

	j = file_new(a, q, &r);
	if (!j)
		return r;
	j->job.run = delete_run;
	j->job.finish = delete_finish;
	j->job.answer = delete_answer;
	return api_job_start(a, q, JOB_WEB, &j->job);
}

/* ---- the trash ---- */

static void trash_run(struct api_job *job, struct stage *stage)
{
	struct files_job *j = (struct files_job *) job;

	(void) stage;
	job->result = reference_trash_list(j->folder, &j->trash, &j->n, &job->fault);
}

static int trash_answer(struct api_job *job, struct http_request *q)
{
	const struct files_job *j = (const struct files_job *) job;
	json_t *all = json_array();

	for (size_t i = 0; i < j->n; i++)
		json_array_append_new(
			all, json_pack("{s:s, s:s, s:s, s:I}", "id", j->trash[i].id, "state",
				     j->trash[i].state, "name", j->trash[i].name, "deleted",
				     (json_int_t) (j->trash[i].deleted_realtime / USEC_PER_SEC)));
	return face_answer_json(q, 200, json_pack("{s:o}", "trash", all));
}

int api_trash(struct api *a, struct face_request *q)
{
	struct files_job *j;
	int r;

	j = files_new(a, q, NULL, &r);
	if (!j)
		return r;
	j->job.run = trash_run;
	j->job.answer = trash_answer;
	return api_job_start(a, q, JOB_WEB, &j->job);
}

static void restore_run(struct api_job *job, struct stage *stage)
{
	struct files_job *j = (struct files_job *) job;

	(void) stage;
	job->result = reference_trash_restore(j->folder, j->id, j->result, &job->fault);
}

static void restore_finish(struct api_job *job)
{
	struct files_job *j = (struct files_job *) job;

	if (job->result >= 0)
		note(j, j->state, j->result, "restored by request");
}

static int restore_answer(struct api_job *job, struct http_request *q)
{
	const struct files_job *j = (const struct files_job *) job;

	return face_answer_json(
		q, 200, json_pack("{s:s, s:s}", "state", j->state, "name", j->result));
}

int api_trash_restore(struct api *a, struct face_request *q)
{
	const char *id = q->match.args[0];
	char state[64];
	struct files_job *j;
	int r;

	/* What is no ID is told so by the job. */
	reference_trash_state(id, state);
	j = files_new(a, q, *state ? state : NULL, &r);
	if (!j)
		return r;
	snprintf(j->id, sizeof(j->id), "%.95s", strlen(id) < sizeof(j->id) ? id : "");
	j->job.run = restore_run;
	j->job.finish = restore_finish;
	j->job.answer = restore_answer;
	return api_job_start(a, q, JOB_WEB, &j->job);
}
