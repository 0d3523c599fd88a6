/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Picture and sound by WebSocket, as media/live.h makes them: of each session a text that says what
 * it is, its init segment, then a message for each picture. One message is on its way to a watcher
 * at a time; who is slow goes on with the newest keyframe.
 */
#include <string.h>

#include "http/websocket.h"
#include "media/live.h"
#include "streamer/api-private.h"
#include "streamer/wake.h"

#define BACKLOG (64 << 10)

struct watcher {
	struct api_live *live;
	struct watcher *next;
	struct websocket *socket; /* NULL: not open yet */
	struct live_cursor cursor;
	struct live_fragment *init; /* to be sent after its text; NULL: none */
};

struct api_live {
	struct live *live;
	struct loop *loop;
	struct wake *wake;
	struct watcher *watchers;
};

/* ---- one message ---- */

static int send_init_text(struct watcher *w, const struct live_fragment *f)
{
	json_t *j = json_pack("{s:s, s:s, s:i, s:i}", "type", "init", "mime", f->mime, "width",
		f->width, "height", f->height);
	_cleanup_(freep) char *text = j ? json_dumps(j, 0) : NULL;

	json_decref(j);
	return text ? websocket_send(w->socket, true, text, strlen(text)) : -ENOMEM;
}

static int send_binary(struct watcher *w, struct live_fragment *f)
{
	int r = websocket_send(w->socket, false, f->data, f->size);

	live_fragment_unref(f);
	return r;
}

/* The next one, if there is one and the one before is gone. */
static void go_on(struct watcher *w)
{
	struct live_fragment *f;
	int r;

	if (!w->socket || !websocket_is_drained(w->socket))
		return;
	if (w->init) {
		r = send_binary(w, TAKE_PTR(w->init));
	} else {
		r = live_next(w->live->live, &w->cursor, &f);
		if (r == -EAGAIN)
			return;
		if (r < 0) {
			/* nothing that can be shown as it is: who watches takes stream.mjpg */
		} else if (f->init) {
			r = send_init_text(w, f);
			w->init = f;
		} else {
			r = send_binary(w, f);
		}
	}
	if (r < 0 && r != -EBUSY)
		websocket_close(w->socket, 1011);
}

/* ---- who watches ---- */

static void on_drained(struct websocket *socket, void *userdata)
{
	struct watcher *w = userdata;

	w->socket = socket;
	go_on(w);
}

static void on_gone(void *userdata)
{
	struct watcher *w = userdata, **at = &w->live->watchers;

	while (*at && *at != w)
		at = &(*at)->next;
	if (*at)
		*at = w->next;
	live_unwatch(w->live->live);
	live_fragment_unref(w->init);
	free(w);
}

int api_live(struct api *a, struct face_request *q)
{
	static const struct websocket_hooks hooks = {
		.drained = on_drained, .gone = on_gone, .backlog_max = BACKLOG
	};
	struct watcher *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->live = a->live;
	w->next = a->live->watchers;
	a->live->watchers = w;
	live_watch(a->live->live);
	return websocket_accept(q->http, a->loop, &hooks, w);
}

/* ---- from start to end ---- */

static void on_ready(void *userdata)
{
	const struct api_live *l = userdata;

	wake(l->wake);
}

static void on_woken(void *userdata)
{
	const struct api_live *l = userdata;

	for (struct watcher *w = l->watchers, *next; w; w = next) {
		next = w->next;
		go_on(w);
	}
}

int api_live_new(struct api_live **ret, struct api *a)
{
	struct api_live *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	l->live = pipeline_live(a->control->pipeline);
	r = wake_new(&l->wake, a->loop, on_woken, l);
	if (r < 0) {
		free(l);
		return r;
	}
	live_listen(l->live, on_ready, l);
	*ret = l;
	return 0;
}

struct api_live *api_live_free(struct api_live *l)
{
	if (!l)
		return NULL;
	live_listen(l->live, NULL, NULL);
	wake_free(l->wake);
	free(l);
	return NULL;
}
