/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the system before this one answered, in its shapes; and what machines ask. */
#include <string.h>

#include "media/hub.h"
#include "streamer/api-private.h"
#include "streamer/metrics.h"

#include "common/prometheus.h"

int api_state(struct api *a, struct face_request *q)
{
	json_t *j = control_decision(a->control);

	return face_answer_json(
		q->http, 200, j ? j : json_pack("{s:s}", "error", "nothing is recognised"));
}

int api_config_states(struct api *a, struct face_request *q)
{
	json_t *states = json_array();
	struct screen_view v;

	screen_view(pipeline_screen(a->control->pipeline), &v);
	for (int i = 0; i < v.n_states; i++)
		json_array_append_new(states, json_string(v.states[i]));
	return face_answer_json(q->http, 200, json_pack("{s:o}", "states", states));
}

/* ---- streams: there is one, named by its role ---- */

int api_streams(struct api *a, struct face_request *q)
{
	return face_answer_json(q->http, 200,
		json_pack("{s:o}", a->control->settings->role, control_stream(a->control)));
}

int api_stream_control(struct api *a, struct face_request *q)
{
	const char *word;
	json_t *j;
	int r = 0, action;

	if (strcmp(q->match.args[0], a->control->settings->role) != 0)
		return http_fault(q->http, 404, "There is no stream %.64s.", q->match.args[0]);
	j = api_body(q, &r, "{s:s}", "action", &word);
	if (!j)
		return r;
	action = control_action_of(word);
	json_decref(j);
	if (action == CONTROL_START)
		control_start(a->control);
	else if (action == CONTROL_STOP)
		control_stop(a->control);
	else if (action == CONTROL_RESTART)
		control_restart(a->control);
	else
		return http_fault(q->http, 400, "The action is start, stop or restart.");
	return face_answer_json(q->http, 200,
		json_pack("{s:s, s:o}", "status", "ok", "current", control_stream(a->control)));
}

/* ---- machines ---- */

/* Pictures go out, or are not wanted. What comes from the card is another matter. */
static bool is_ready(const struct control *c)
{
	switch (pipeline_state(c->pipeline)) {
	case PIPELINE_RUNNING:
	case PIPELINE_STOPPED:
	case PIPELINE_ENDED:
		return true;
	case PIPELINE_STARTING:
		return hub_count(pipeline_hub(c->pipeline)) == 0;
	case PIPELINE_FAILED:
		break;
	}
	return false;
}

int api_health(struct api *a, struct face_request *q)
{
	bool ready = is_ready(a->control), good = ready || q->match.id == ROUTE_HEALTH_LIVE;

	return face_answer_json(
		q->http, good ? 200 : 503, json_pack("{s:b, s:b}", "live", true, "ready", ready));
}

int api_metrics(struct api *a, struct face_request *q)
{
	char *text;
	size_t size;
	int r = metrics_text(a->control, &text, &size);

	return r < 0 ? r : http_answer_take(q->http, 200, PROMETHEUS_TYPE, text, size);
}

int api_cards(struct api *a, struct face_request *q)
{
	struct screen_view s;
	struct control_view v;

	control_view(a->control, &v);
	screen_view(pipeline_screen(a->control->pipeline), &s);
	return face_answer_json(q->http, 200,
		json_pack("{s:[{s:s, s:s, s:s, s:s, s:b, s:s, s:b, s:b}]}", "cards", "name",
			api_card(a), "role", v.role, "machine", v.machine, "state", v.state,
			"input_live", v.input_live, "input_reason", v.input_reason, "recognises",
			s.n_states > 0, "alive", true));
}
