/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pictures as JPEG, one after the other in one answer (multipart/x-mixed-replace), for pages and
 * programs that know nothing newer. Each watcher has one picture on its way; when that is gone it
 * gets the newest, so who reads slowly sees fewer pictures and no old ones.
 */
#include <math.h>
#include <string.h>

#include "common/usec.h"
#include "streamer/api-private.h"
#include "streamer/preview.h"
#include "streamer/wake.h"

#define BOUNDARY "egm-picture"
#define TYPE "multipart/x-mixed-replace; boundary=" BOUNDARY
#define BACKLOG (128 << 10)
#define FPS_MIN 0.1
#define FPS_MAX 120.
#define HEAD_MAX 256

struct watcher {
	struct api_stream *stream;
	struct http_request *http;
	struct watcher *next;
	double fps;
	uint64_t spacing_usec, next_usec; /* monotonic, of capture */
	uint64_t sequence;                /* of the picture sent last */
	struct preview_picture *picture;  /* on its way; NULL: none */
	char head[HEAD_MAX];
	size_t head_size, at; /* of both together */
};

struct api_stream {
	struct api *api;
	struct preview *preview;
	struct wake *wake;
	struct watcher *watchers;
};

/* ---- one picture ---- */

static bool take_next(struct watcher *w)
{
	struct preview_picture *p = preview_newest(w->stream->preview, w->sequence);

	if (!p)
		return false;
	/* A little early is in time: pictures do not come by this clock. */
	if (p->capture_usec + w->spacing_usec / 10 < w->next_usec) {
		preview_picture_unref(p);
		return false;
	}
	w->sequence = p->sequence;
	w->next_usec = MAX(w->next_usec + w->spacing_usec, p->capture_usec);
	w->head_size = (size_t) snprintf(w->head, sizeof(w->head),
		"--" BOUNDARY "\r\nContent-Type: image/jpeg\r\nContent-Length: %zu\r\n"
		"X-Timestamp: %.3f\r\nX-Live: %s\r\n\r\n",
		p->size, (double) p->capture_realtime_usec / 1e6, p->live ? "true" : "false");
	w->picture = p;
	w->at = 0;
	return true;
}

/* What a part ends with. */
static const char tail[] = "\r\n";

static ssize_t on_read(void *userdata, char *buf, size_t max)
{
	struct watcher *w = userdata;
	const char *from;
	size_t left;

	if (!w->picture && !take_next(w))
		return 0;
	if (w->at < w->head_size) {
		from = w->head + w->at;
		left = w->head_size - w->at;
	} else if (w->at < w->head_size + w->picture->size) {
		from = (const char *) w->picture->jpeg + (w->at - w->head_size);
		left = w->head_size + w->picture->size - w->at;
	} else {
		from = tail + (w->at - w->head_size - w->picture->size);
		left = strlen(from);
	}
	left = MIN(left, max);
	memcpy(buf, from, left);
	w->at += left;
	if (w->at == w->head_size + w->picture->size + strlen(tail))
		w->picture = preview_picture_unref(w->picture);
	return (ssize_t) left;
}

/* ---- who watches ---- */

/* As many as the one who wants most; the others leave out. */
static void set_rate(struct api_stream *s)
{
	double most = 1;

	for (const struct watcher *w = s->watchers; w; w = w->next)
		most = MAX(most, w->fps);
	preview_set_rate(s->preview, (int) ceil(MIN(most, (double) PREVIEW_RATE_MAX)));
}

static void on_gone(void *userdata)
{
	struct watcher *w = userdata, **at = &w->stream->watchers;

	while (*at && *at != w)
		at = &(*at)->next;
	if (*at)
		*at = w->next;
	preview_unwatch(w->stream->preview);
	set_rate(w->stream);
	preview_picture_unref(w->picture);
	free(w);
}

/* 0 of the query, or what it says. */
static int read_fps(struct http_request *q, double *ret)
{
	const char *text = http_query(q, "fps");
	char *end;

	*ret = PREVIEW_RATE_MAX;
	if (!text)
		return 0;
	if ((*text < '0' || *text > '9') && *text != '.')
		return -EINVAL;
	*ret = strtod(text, &end);
	return *end || !(*ret >= FPS_MIN && *ret <= FPS_MAX) ? -EINVAL : 0;
}

int api_stream(struct api *a, struct face_request *q)
{
	const struct http_stream stream = {
		.read = on_read, .gone = on_gone, .backlog_max = BACKLOG
	};
	struct watcher *w;
	double fps;

	if (read_fps(q->http, &fps) < 0)
		return http_fault(q->http, 422, "fps is a number from %g to %g.", FPS_MIN, FPS_MAX);
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->stream = a->stream;
	w->http = q->http;
	w->fps = fps;
	w->spacing_usec = fps < PREVIEW_RATE_MAX ? (uint64_t) ((double) USEC_PER_SEC / fps) : 0;
	w->next = a->stream->watchers;
	a->stream->watchers = w;
	preview_watch(a->stream->preview);
	set_rate(a->stream);
	return http_answer_stream(q->http, 200, TYPE, &stream, w);
}

/* ---- from start to end ---- */

static void on_ready(void *userdata)
{
	const struct api_stream *s = userdata;

	wake(s->wake);
}

static void on_woken(void *userdata)
{
	const struct api_stream *s = userdata;

	for (struct watcher *w = s->watchers, *next; w; w = next) {
		next = w->next;
		http_stream_wake(w->http);
	}
}

int api_stream_new(struct api_stream **ret, struct api *a)
{
	struct api_stream *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->api = a;
	s->preview = pipeline_preview(a->control->pipeline);
	r = wake_new(&s->wake, a->loop, on_woken, s);
	if (r < 0) {
		free(s);
		return r;
	}
	preview_listen(s->preview, on_ready, s);
	*ret = s;
	return 0;
}

struct api_stream *api_stream_free(struct api_stream *s)
{
	if (!s)
		return NULL;
	preview_listen(s->preview, NULL, NULL);
	wake_free(s->wake);
	free(s);
	return NULL;
}
