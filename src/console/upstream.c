/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libcurl tells which descriptors it waits for and until when; sd-event waits. libcurl's call-backs
 * only note what has happened: a request must not be freed in there, so its owner is told later,
 * by an event of our own.
 *
 * An answer's bytes go into a buffer; when it is full the transfer is paused, and goes on when its
 * reader has made room. Each request has a connection of its own: a Unix socket costs nothing, and
 * a connection that was kept could be one to a process that is gone.
 */
#include "console/upstream.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <systemd/sd-event.h>

#include "common/loop.h"
#include "common/usec.h"

#define CONNECT_MSEC 1000L
#define HEAD_USEC (5 * USEC_PER_SEC)
#define SILENCE_USEC (30 * USEC_PER_SEC) /* in an answer; who lasts says something before */
#define LOOK_USEC (250 * USEC_PER_MSEC)  /* how exactly the times are kept */

enum upstream_phase {
	PHASE_HEAD,
	PHASE_BODY,
	PHASE_DONE, /* libcurl is through with it */
};

struct upstream {
	struct upstream *next;
	struct upstreams *all;
	struct upstream_hooks hooks;
	CURL *easy;
	struct curl_slist *headers;
	char socket[UPSTREAM_PATH_MAX];
	bool lasting, added, paused;
	uint64_t until_usec;

	const char *body; /* NULL: none, or no longer there */
	size_t body_size, sent;

	enum upstream_phase phase;
	int error; /* of PHASE_DONE; 0: all of it came */
	unsigned status;
	bool tell_head, tell_ready, tell_failed;
	bool headed; /* the owner knows of the head */

	/* The answer's header lines, each with its end. */
	char *head;
	size_t head_size, head_used;
	unsigned n_headers;

	char *buffer; /* UPSTREAM_BUFFER bytes; NULL until something came */
	size_t begin, end;
};

struct upstreams {
	sd_event *event;
	CURLM *multi;
	sd_event_source *timer;    /* libcurl's */
	sd_event_source *look;     /* ours, for the limits */
	sd_event_source *dispatch; /* tells the owners */
	struct upstream *requests;
	size_t n;
};

/* ---- what libcurl tells about an answer ---- */

static void wake(struct upstream *u)
{
	(void) sd_event_source_set_enabled(u->all->dispatch, SD_EVENT_ONESHOT);
}

static void note_progress(struct upstream *u)
{
	u->until_usec = usec_now() + SILENCE_USEC;
}

static bool keep_line(struct upstream *u, const char *line, size_t size)
{
	if (u->head_used + size + 1 > UPSTREAM_HEAD_MAX || ++u->n_headers > UPSTREAM_HEADERS_MAX)
		return false;
	if (u->head_used + size + 1 > u->head_size) {
		size_t more = MIN(
			MAX(2 * u->head_size, u->head_used + size + 1), (size_t) UPSTREAM_HEAD_MAX);
		char *head = realloc(u->head, more);

		if (!head)
			return false;
		u->head = head;
		u->head_size = more;
	}
	memcpy(u->head + u->head_used, line, size);
	u->head[u->head_used + size] = '\0';
	u->head_used += size + 1;
	return true;
}

static void end_of_head(struct upstream *u)
{
	long status = 0;

	(void) curl_easy_getinfo(u->easy, CURLINFO_RESPONSE_CODE, &status);
	/* 100 and its kin are followed by another head. */
	if (status < 200) {
		u->head_used = 0;
		u->n_headers = 0;
		return;
	}
	u->status = (unsigned) status;
	u->phase = PHASE_BODY;
	u->tell_head = true;
	note_progress(u);
	wake(u);
}

static size_t on_header(char *data, size_t one, size_t size, void *userdata)
{
	struct upstream *u = userdata;
	size_t n = size;

	/* What comes behind a chunked body is of no use to anybody. */
	if (u->phase != PHASE_HEAD)
		return one * size;
	while (n > 0 && strchr("\r\n", data[n - 1]))
		n--;
	if (n == 0) {
		end_of_head(u);
		return one * size;
	}
	if (memchr(data, '\0', n) || !keep_line(u, data, n))
		return 0;
	return one * size;
}

static size_t on_write(char *data, size_t one, size_t size, void *userdata)
{
	struct upstream *u = userdata;

	if (!u->buffer)
		u->buffer = malloc(UPSTREAM_BUFFER);
	if (!u->buffer)
		return 0;
	if (u->begin > 0 && u->end + size > UPSTREAM_BUFFER) {
		memmove(u->buffer, u->buffer + u->begin, u->end - u->begin);
		u->end -= u->begin;
		u->begin = 0;
	}
	if (u->end + size > UPSTREAM_BUFFER) {
		u->paused = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	memcpy(u->buffer + u->end, data, size);
	u->end += size;
	note_progress(u);
	u->tell_ready = true;
	wake(u);
	return one * size;
}

static size_t on_read(char *buf, size_t one, size_t size, void *userdata)
{
	struct upstream *u = userdata;
	size_t n = MIN(one * size, u->body_size - u->sent);

	/* The card has answered before it had all, and now wants more. */
	if (n > 0 && !u->body)
		return CURL_READFUNC_ABORT;
	if (n > 0)
		memcpy(buf, u->body + u->sent, n);
	u->sent += n;
	if (u->phase == PHASE_HEAD)
		u->until_usec = MAX(u->until_usec, usec_now() + HEAD_USEC);
	return n;
}

static int error_of(CURLcode code)
{
	switch ((int) code) {
	case CURLE_OK:
		return 0;
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_OUT_OF_MEMORY: /* until 8.6 it said so of a header that is too long, too */
#if LIBCURL_VERSION_NUM >= 0x080600
	case CURLE_TOO_LARGE:
#endif
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WRITE_ERROR:
	case CURLE_BAD_CONTENT_ENCODING:
		return -EPROTO;
	default:
		return -ECONNREFUSED;
	}
}

static void finish(struct upstream *u, int error)
{
	if (u->added)
		(void) curl_multi_remove_handle(u->all->multi, u->easy);
	u->added = u->paused = false;
	if (u->phase == PHASE_HEAD)
		u->tell_failed = true;
	else
		u->tell_ready = true;
	/* It came to an end, and what came was no answer. */
	u->error = u->phase == PHASE_HEAD && error == 0 ? -EPROTO : error;
	u->phase = PHASE_DONE;
	wake(u);
}

static void take_messages(struct upstreams *a)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(a->multi, &left))) {
		struct upstream *u = NULL;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		(void) curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **) &u);
		finish(u, error_of(code));
	}
}

/* ---- the loop ---- */

static void act(struct upstreams *a, curl_socket_t fd, int events)
{
	int running;

	(void) curl_multi_socket_action(a->multi, fd, events, &running);
	take_messages(a);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	int events = 0;

	(void) source;
	if (revents & (EPOLLIN | EPOLLHUP | EPOLLRDHUP))
		events |= CURL_CSELECT_IN;
	if (revents & EPOLLOUT)
		events |= CURL_CSELECT_OUT;
	if (revents & EPOLLERR)
		events |= CURL_CSELECT_ERR;
	act(userdata, fd, events);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t due, void *userdata)
{
	(void) source;
	(void) due;
	act(userdata, CURL_SOCKET_TIMEOUT, 0);
	return 0;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *userdata, void *socket_data)
{
	sd_event_source *source = socket_data;
	struct upstreams *a = userdata;
	uint32_t events = 0;

	(void) easy;
	if (what == CURL_POLL_REMOVE) {
		sd_event_source_disable_unref(source);
		(void) curl_multi_assign(a->multi, fd, NULL);
		return 0;
	}
	events |= what & CURL_POLL_IN ? EPOLLIN : 0;
	events |= what & CURL_POLL_OUT ? EPOLLOUT : 0;
	if (source)
		return sd_event_source_set_io_events(source, events) < 0 ? -1 : 0;
	if (sd_event_add_io(a->event, &source, fd, events, on_io, a) < 0)
		return -1;
	(void) sd_event_source_set_description(source, "upstream");
	(void) curl_multi_assign(a->multi, fd, source);
	return 0;
}

static int set_timer(CURLM *multi, long timeout_msec, void *userdata)
{
	struct upstreams *a = userdata;

	(void) multi;
	if (timeout_msec < 0)
		return sd_event_source_set_enabled(a->timer, SD_EVENT_OFF) < 0 ? -1 : 0;
	(void) sd_event_source_set_time(
		a->timer, usec_now() + (uint64_t) timeout_msec * USEC_PER_MSEC);
	return sd_event_source_set_enabled(a->timer, SD_EVENT_ONESHOT) < 0 ? -1 : 0;
}

/* Who is paused waits for its reader, for whom others set limits. */
static int on_look(sd_event_source *source, uint64_t due, void *userdata)
{
	struct upstreams *a = userdata;
	uint64_t now = usec_now();

	(void) due;
	for (struct upstream *u = a->requests; u; u = u->next) {
		if (u->paused)
			note_progress(u);
		else if (u->phase != PHASE_DONE && now >= u->until_usec)
			finish(u, -ETIMEDOUT);
	}
	if (!a->requests)
		return 0;
	(void) sd_event_source_set_time(source, now + LOOK_USEC);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* Tells one owner one thing. false: there was nothing to tell. */
static bool tell_one(struct upstreams *a)
{
	for (struct upstream *u = a->requests; u; u = u->next) {
		if (u->tell_failed) {
			u->tell_failed = false;
			u->body = NULL;
			u->hooks.failed(u->error, u->hooks.userdata);
			return true;
		}
		if (u->tell_head) {
			u->tell_head = false;
			u->headed = true;
			u->body = NULL;
			u->hooks.head(u->hooks.userdata);
			return true;
		}
		if (u->tell_ready && u->headed) {
			u->tell_ready = false;
			u->hooks.ready(u->hooks.userdata);
			return true;
		}
	}
	return false;
}

static int on_dispatch(sd_event_source *source, void *userdata)
{
	struct upstreams *a = userdata;

	(void) source;
	/* Each may free its request, and others. */
	while (tell_one(a))
		;
	return 0;
}

/* ---- requests ---- */

static int add_header(struct upstream *u, const char *line)
{
	struct curl_slist *longer = curl_slist_append(u->headers, line);

	if (!longer)
		return -ENOMEM;
	u->headers = longer;
	return 0;
}

static bool is_among(const char *const *headers, const char *name)
{
	for (; headers && *headers; headers++)
		if (strncasecmp(*headers, name, strlen(name)) == 0)
			return true;
	return false;
}

static int set_headers(struct upstream *u, const struct upstream_request *q)
{
	/* With nothing behind the colon libcurl leaves out what it would add by itself. */
	static const char *const own[] = { "Expect:", "Accept:", "Content-Type:" };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(own) && r == 0; i++)
		if (!is_among(q->headers, own[i]))
			r = add_header(u, own[i]);
	for (const char *const *h = q->headers; h && *h && r == 0; h++)
		r = add_header(u, *h);
	if (r < 0)
		return r;
	return curl_easy_setopt(u->easy, CURLOPT_HTTPHEADER, u->headers) == CURLE_OK ? 0 : -ENOMEM;
}

static void set_body(struct upstream *u, const struct upstream_request *q)
{
	if (strcmp(q->method, "HEAD") == 0) {
		(void) curl_easy_setopt(u->easy, CURLOPT_NOBODY, 1L);
		return;
	}
	if (q->body || strcmp(q->method, "POST") == 0 || strcmp(q->method, "PUT") == 0) {
		(void) curl_easy_setopt(u->easy, CURLOPT_POST, 1L);
		(void) curl_easy_setopt(
			u->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) u->body_size);
		(void) curl_easy_setopt(u->easy, CURLOPT_READFUNCTION, on_read);
		(void) curl_easy_setopt(u->easy, CURLOPT_READDATA, u);
	}
	(void) curl_easy_setopt(u->easy, CURLOPT_CUSTOMREQUEST, q->method);
}

static int set_up(struct upstream *u, const struct upstream_request *q)
{
	int r = set_headers(u, q);

	if (r < 0)
		return r;
	if (curl_easy_setopt(u->easy, CURLOPT_URL, "http://localhost/") != CURLE_OK ||
		curl_easy_setopt(u->easy, CURLOPT_REQUEST_TARGET, q->target) != CURLE_OK ||
		curl_easy_setopt(u->easy, CURLOPT_UNIX_SOCKET_PATH, u->socket) != CURLE_OK ||
		curl_easy_setopt(u->easy, CURLOPT_PROXY, "") != CURLE_OK)
		return -ENOMEM;
	set_body(u, q);
	(void) curl_easy_setopt(u->easy, CURLOPT_PRIVATE, u);
	(void) curl_easy_setopt(u->easy, CURLOPT_NOSIGNAL, 1L);
	(void) curl_easy_setopt(u->easy, CURLOPT_PROTOCOLS_STR, "http");
	(void) curl_easy_setopt(u->easy, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
	(void) curl_easy_setopt(u->easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MSEC);
	(void) curl_easy_setopt(u->easy, CURLOPT_FORBID_REUSE, 1L);
	(void) curl_easy_setopt(u->easy, CURLOPT_FRESH_CONNECT, 1L);
	(void) curl_easy_setopt(u->easy, CURLOPT_HEADERFUNCTION, on_header);
	(void) curl_easy_setopt(u->easy, CURLOPT_HEADERDATA, u);
	(void) curl_easy_setopt(u->easy, CURLOPT_WRITEFUNCTION, on_write);
	(void) curl_easy_setopt(u->easy, CURLOPT_WRITEDATA, u);
	return 0;
}

static bool has_room(const struct upstreams *a, const struct upstream_request *q)
{
	size_t n = 0, lasting = 0;

	for (const struct upstream *u = a->requests; u; u = u->next) {
		if (strcmp(u->socket, q->socket) != 0)
			continue;
		n++;
		lasting += u->lasting;
	}
	return n < UPSTREAM_CARD_MAX && (!q->lasting || lasting < UPSTREAM_LASTING_MAX);
}

static void link_request(struct upstream *u)
{
	struct upstreams *a = u->all;

	u->next = a->requests;
	a->requests = u;
	if (a->n++ == 0) {
		(void) sd_event_source_set_time(a->look, usec_now() + LOOK_USEC);
		(void) sd_event_source_set_enabled(a->look, SD_EVENT_ONESHOT);
	}
}

int upstream_new(struct upstream **ret, struct upstreams *a, const struct upstream_request *q,
	const struct upstream_hooks *hooks)
{
	_cleanup_(upstream_freep) struct upstream *u = NULL;
	int r;

	if (strlen(q->socket) >= UPSTREAM_PATH_MAX)
		return -ENAMETOOLONG;
	if (!has_room(a, q))
		return -EBUSY;
	u = calloc(1, sizeof(*u));
	if (!u)
		return -ENOMEM;
	u->all = a;
	u->hooks = *hooks;
	u->lasting = q->lasting;
	u->body = q->body;
	u->body_size = q->body ? q->body_size : 0;
	u->until_usec = usec_now() + (q->head_usec ? q->head_usec : HEAD_USEC);
	snprintf(u->socket, sizeof(u->socket), "%s", q->socket);
	link_request(u);
	u->easy = curl_easy_init();
	if (!u->easy)
		return -ENOMEM;
	r = set_up(u, q);
	if (r < 0)
		return r;
	if (curl_multi_add_handle(a->multi, u->easy) != CURLM_OK)
		return -ENOMEM;
	u->added = true;
	*ret = TAKE_PTR(u);
	return 0;
}

struct upstream *upstream_free(struct upstream *u)
{
	struct upstream **at;

	if (!u)
		return NULL;
	for (at = &u->all->requests; *at != u; at = &(*at)->next)
		;
	*at = u->next;
	u->all->n--;
	if (u->added)
		(void) curl_multi_remove_handle(u->all->multi, u->easy);
	curl_easy_cleanup(u->easy);
	curl_slist_free_all(u->headers);
	free(u->head);
	free(u->buffer);
	free(u);
	return NULL;
}

unsigned upstream_status(const struct upstream *u)
{
	return u->status;
}

const char *upstream_header(const struct upstream *u, const char *name)
{
	const size_t n = strlen(name);

	for (size_t at = 0; at < u->head_used; at += strlen(u->head + at) + 1) {
		const char *line = u->head + at;

		if (strncasecmp(line, name, n) == 0 && line[n] == ':')
			return line + n + 1 + strspn(line + n + 1, " \t");
	}
	return NULL;
}

ssize_t upstream_read(struct upstream *u, void *buf, size_t max)
{
	size_t n = MIN(max, u->end - u->begin);

	if (n > 0)
		memcpy(buf, u->buffer + u->begin, n);
	u->begin += n;
	if (u->begin == u->end)
		u->begin = u->end = 0;
	if (u->paused && u->end - u->begin <= UPSTREAM_BUFFER / 2) {
		u->paused = false;
		note_progress(u);
		(void) curl_easy_pause(u->easy, CURLPAUSE_CONT);
	}
	if (n > 0)
		return (ssize_t) n;
	if (u->end > u->begin)
		return 0;
	return u->phase != PHASE_DONE ? 0 : u->error ? u->error : -ENODATA;
}

/* ---- all of them ---- */

static int add_sources(struct upstreams *a)
{
	int r = sd_event_add_time(a->event, &a->timer, CLOCK_MONOTONIC, 0, 1, on_timer, a);

	if (r >= 0)
		r = sd_event_source_set_enabled(a->timer, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time(
			a->event, &a->look, CLOCK_MONOTONIC, 0, 10 * USEC_PER_MSEC, on_look, a);
	if (r >= 0)
		r = sd_event_source_set_enabled(a->look, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_defer(a->event, &a->dispatch, on_dispatch, a);
	return r < 0 ? r : sd_event_source_set_enabled(a->dispatch, SD_EVENT_OFF);
}

int upstreams_new(struct upstreams **ret, struct loop *loop)
{
	_cleanup_(upstreams_freep) struct upstreams *a = calloc(1, sizeof(*a));
	int r;

	if (!a)
		return -ENOMEM;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return -EIO;
	a->event = sd_event_ref(loop_event(loop));
	r = add_sources(a);
	if (r < 0)
		return r;
	a->multi = curl_multi_init();
	if (!a->multi)
		return -ENOMEM;
	(void) curl_multi_setopt(a->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
	(void) curl_multi_setopt(a->multi, CURLMOPT_SOCKETDATA, a);
	(void) curl_multi_setopt(a->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	(void) curl_multi_setopt(a->multi, CURLMOPT_TIMERDATA, a);
	*ret = TAKE_PTR(a);
	return 0;
}

struct upstreams *upstreams_free(struct upstreams *a)
{
	if (!a)
		return NULL;
	if (a->multi)
		(void) curl_multi_cleanup(a->multi);
	sd_event_source_disable_unref(a->timer);
	sd_event_source_disable_unref(a->look);
	sd_event_source_disable_unref(a->dispatch);
	if (a->event)
		curl_global_cleanup();
	sd_event_unref(a->event);
	free(a);
	return NULL;
}

sd_event *upstreams_event(const struct upstreams *a)
{
	return a->event;
}

size_t upstreams_count(const struct upstreams *a)
{
	return a->n;
}
