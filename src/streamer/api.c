/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/api.h"

#include <string.h>

#include "face/face.h"

#define MODE 0660

struct api {
	struct face *face;
	const struct control *control;
};

static int get_state(struct api *a, struct face_request *q)
{
	json_t *j = control_decision(a->control);

	return face_answer_json(
		q->http, 200, j ? j : json_pack("{s:s}", "error", "nothing is recognised"));
}

static int get_status(struct api *a, struct face_request *q)
{
	char *text = control_status(a->control, false);

	return text ? http_answer_take(q->http, 200, "application/json", text, strlen(text))
		    : -ENOMEM;
}

static int (*const handlers[_ROUTE_MAX])(struct api *a, struct face_request *q) = {
	[ROUTE_STATE] = get_state,
	[ROUTE_STATUS] = get_status,
	[ROUTE_STATUS_OLD] = get_status,
};

static int handle(struct face_request *q, void *userdata)
{
	if (!handlers[q->match.id])
		return http_fault(q->http, 404, "Not Found");
	return handlers[q->match.id](userdata, q);
}

int api_new(struct api **ret, struct loop *loop, const char *path, const struct control *control)
{
	const struct face_settings settings = {
		.listen = { .path = path, .mode = MODE },
		.where = ROUTE_INSTANCE,
	};
	_cleanup_(api_freep) struct api *a = calloc(1, sizeof(*a));
	struct face_hooks hooks = { .handle = handle, .userdata = a };
	int r;

	if (!a)
		return -ENOMEM;
	a->control = control;
	r = face_new(&a->face, loop, &settings, NULL, &hooks);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(a);
	return 0;
}

struct api *api_free(struct api *a)
{
	if (!a)
		return NULL;
	face_free(a->face);
	free(a);
	return NULL;
}
