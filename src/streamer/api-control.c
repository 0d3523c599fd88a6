/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an instance does, and what is asked of it. */
#include <string.h>

#include "settings/settings.h"
#include "streamer/api-private.h"
#include "streamer/control-json.h"

int api_status(struct api *a, struct face_request *q)
{
	char *text = control_status(a->control, false);

	return text ? http_answer_take(q->http, 200, "application/json", text, strlen(text))
		    : -ENOMEM;
}

int api_signal(struct api *a, struct face_request *q)
{
	return face_answer_json(q->http, 200, control_signal_json(a->control));
}

/* "action" of the body; negative: it has answered, with r. */
static int read_action(struct face_request *q, int *r)
{
	const char *word;
	json_t *j = api_body(q, r, "{s:s}", "action", &word);
	int action;

	if (!j)
		return -1;
	action = control_action_of(word);
	json_decref(j);
	if (action < 0)
		*r = http_fault(q->http, 422, "The action is start, stop, restart or reload.");
	return action;
}

int api_control(struct api *a, struct face_request *q)
{
	struct fault f = { .kind = FAULT_NONE };
	int r = 0;

	switch (read_action(q, &r)) {
	case CONTROL_START:
		control_start(a->control);
		break;
	case CONTROL_STOP:
		control_stop(a->control);
		break;
	case CONTROL_RESTART:
		control_restart(a->control);
		break;
	case CONTROL_RELOAD:
		r = control_reload(a->control, &f);
		if (r < 0)
			return api_fault(q->http, r, &f);
		break;
	default:
		return r;
	}
	return api_ok(q->http);
}

/* A number, or as it stands in the settings: "3M". */
static int bitrate_of(const json_t *value, uint64_t *ret)
{
	const char *text = json_string_value(value);
	char *end;
	double number;

	if (json_is_integer(value) && json_integer_value(value) >= 0) {
		*ret = (uint64_t) json_integer_value(value);
		return 0;
	}
	if (!text || *text < '0' || *text > '9')
		return -EINVAL;
	number = strtod(text, &end);
	if (*end == 'k' || *end == 'K' || *end == 'M')
		number *= *end++ == 'M' ? 1e6 : 1e3;
	if (*end || !(number < 1e15))
		return -EINVAL;
	*ret = (uint64_t) number;
	return 0;
}

int api_bitrate(struct api *a, struct face_request *q)
{
	struct fault f = { .kind = FAULT_NONE };
	const json_t *value;
	uint64_t bitrate = 0;
	json_t *j;
	int r = 0;

	j = api_body(q, &r, "{s:o}", "bitrate", &value);
	if (!j)
		return r;
	r = bitrate_of(value, &bitrate);
	json_decref(j);
	if (r < 0)
		return http_fault(q->http, 422, "The bitrate is a number, or such as \"3M\".");
	r = control_set_bitrate(a->control, bitrate, &f);
	if (r < 0)
		return api_fault(q->http, r, &f);
	return face_answer_json(q->http, 200, json_pack("{s:I}", "bitrate", (json_int_t) bitrate));
}

/* ---- outputs ---- */

int api_outputs(struct api *a, struct face_request *q)
{
	return face_answer_json(
		q->http, 200, json_pack("{s:o}", "outputs", control_outputs_json(a->control)));
}

int api_output_add(struct api *a, struct face_request *q)
{
	struct fault f = { .kind = FAULT_NONE };
	const char *name, *url;
	json_t *j, *output;
	int r = 0, primary = 0;

	j = api_body(q, &r, "{s:s, s:s, s?b}", "name", &name, "url", &url, "primary", &primary);
	if (!j)
		return r;
	r = control_add_output(a->control, name, url, primary, &f);
	output = r < 0 ? NULL : control_output_json(a->control, name);
	json_decref(j);
	return r < 0 ? api_fault(q->http, r, &f) : face_answer_json(q->http, 201, output);
}

int api_output_remove(struct api *a, struct face_request *q)
{
	struct fault f = { .kind = FAULT_NONE };
	int r = control_remove_output(a->control, q->match.args[0], &f);

	return r < 0 ? api_fault(q->http, r, &f) : api_done(q->http);
}

int api_output_control(struct api *a, struct face_request *q)
{
	struct fault f = { .kind = FAULT_NONE };
	int r = 0, action = read_action(q, &r);

	if (action < 0)
		return r;
	if (action == CONTROL_RELOAD)
		return http_fault(q->http, 422, "The action is start, stop or restart.");
	r = control_output(a->control, q->match.args[0], (enum control_action) action, &f);
	return r < 0 ? api_fault(q->http, r, &f) : api_ok(q->http);
}

int api_number_tell(struct api *a, struct face_request *q)
{
	struct fault f = { .kind = FAULT_NONE };
	const char *text;
	json_t *j;
	int r = 0;

	j = api_body(q, &r, "{s:s}", "text", &text);
	if (!j)
		return r;
	r = control_tell_number(a->control, q->match.args[0], text, &f);
	json_decref(j);
	return r < 0 ? api_fault(q->http, r, &f) : api_ok(q->http);
}

/* ---- settings that somebody is about to write ---- */

struct check_job {
	struct api_job job;
	char *text, *card;
	size_t size;
	struct conf_report report;
};

static void check_run(struct api_job *job, struct stage *stage)
{
	struct check_job *j = (struct check_job *) job;
	int r = settings_check_text(j->text, j->card, &j->report);

	(void) stage;
	job->result = r == -ENOMEM ? r : 0;
}

static json_t *finding_json(const struct conf_finding *f)
{
	static const char *const severities[] = {
		[CONF_NOTE] = "note",
		[CONF_WARNING] = "warning",
		[CONF_ERROR] = "error",
	};

	return json_pack("{s:s, s:o, s:s?, s:s}", "severity", severities[f->severity], "line",
		f->line > 0 ? json_integer(f->line) : json_null(), "key", f->key, "text",
		f->text ? f->text : "out of memory");
}

static int check_answer(struct api_job *job, struct http_request *q)
{
	const struct check_job *j = (const struct check_job *) job;
	json_t *findings = json_array();

	for (size_t i = 0; i < j->report.n; i++)
		json_array_append_new(findings, finding_json(&j->report.findings[i]));
	return face_answer_json(
		q, 200, json_pack("{s:b, s:o}", "ok", j->report.errors == 0, "findings", findings));
}

static void check_free(struct api_job *job)
{
	struct check_job *j = (struct check_job *) job;

	conf_report_deinit(&j->report);
	if (j->text)
		explicit_bzero(j->text, j->size);
	free(j->text);
	free(j->card);
	free(j);
}

int api_settings_check(struct api *a, struct face_request *q)
{
	size_t size;
	const char *body = http_body(q->http, &size);
	struct check_job *j;

	if (strlen(body) != size)
		return http_fault(q->http, 422, "The text holds a NUL byte.");
	j = calloc(1, sizeof(*j));
	if (!j)
		return -ENOMEM;
	j->job = (struct api_job){ .run = check_run, .answer = check_answer, .free = check_free };
	j->text = strdup(body);
	j->size = size;
	j->card = strdup(a->control->card ? a->control->card : "card");
	if (!j->text || !j->card) {
		check_free(&j->job);
		return -ENOMEM;
	}
	return api_job_start(a, q, JOB_WEB, &j->job);
}
