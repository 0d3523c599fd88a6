/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/api.h"

#include <string.h>

#include "common/http.h"

#define MODE 0660
#define TYPE "application/json"

struct api {
	struct http *http;
	const struct control *control;
};

static int answer_text(struct http_request *q, unsigned status, const char *text)
{
	return text ? http_answer(q, status, TYPE, text, strlen(text)) : -ENOMEM;
}

/* Takes over the reference. */
static int answer(struct http_request *q, unsigned status, json_t *j)
{
	_cleanup_(freep) char *text = j ? json_dumps(j, JSON_REAL_PRECISION(15)) : NULL;

	json_decref(j);
	return answer_text(q, status, text);
}

static int get_state(struct api *a, struct http_request *q)
{
	json_t *j = control_decision(a->control);

	return answer(q, 200, j ? j : json_pack("{s:s}", "error", "nothing is recognised"));
}

static int get_status(struct api *a, struct http_request *q)
{
	_cleanup_(freep) char *text = control_status(a->control, false);

	return answer_text(q, 200, text);
}

static int on_request(struct http_request *q, void *userdata)
{
	static const struct {
		const char *path;
		int (*get)(struct api *a, struct http_request *q);
	} routes[] = {
		{ "/api/state", get_state },
		{ "/api/status", get_status },
	};

	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		if (strcmp(http_path(q), routes[i].path) == 0)
			return routes[i].get(userdata, q);
	}
	return answer(q, 404, json_pack("{s:s}", "detail", "Not Found"));
}

int api_new(struct api **ret, struct loop *loop, const char *path, const struct control *control)
{
	_cleanup_(api_freep) struct api *a = calloc(1, sizeof(*a));
	int r;

	if (!a)
		return -ENOMEM;
	a->control = control;
	r = http_new_local(&a->http, loop, path, MODE, on_request, a);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(a);
	return 0;
}

struct api *api_free(struct api *a)
{
	if (!a)
		return NULL;
	http_free(a->http);
	free(a);
	return NULL;
}
