/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "http/private.h"

#define FORGOTTEN_BODY_MAX (64 * 1024)

static const struct {
	const char *name, *value;
} rule[] = {
	{ "Cache-Control", "no-store" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'" },
};

static bool has_header(const struct http_request *q, const char *name)
{
	for (unsigned i = 0; i < q->n_headers; i++)
		if (strcasecmp(q->headers[i].name, name) == 0)
			return true;
	return false;
}

int http_set_header(struct http_request *q, const char *name, const char *value)
{
	char *n, *v;

	if (q->n_headers == HTTP_HEADERS_MAX)
		return -E2BIG;
	n = strdup(name);
	v = strdup(value);
	if (!n || !v) {
		free(n);
		free(v);
		return -ENOMEM;
	}
	q->headers[q->n_headers].name = n;
	q->headers[q->n_headers++].value = v;
	return 0;
}

static void add_headers(struct http_request *q, struct MHD_Response *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(rule); i++)
		if (!has_header(q, rule[i].name))
			(void) MHD_add_response_header(r, rule[i].name, rule[i].value);
	for (unsigned i = 0; i < q->n_headers; i++)
		(void) MHD_add_response_header(r, q->headers[i].name, q->headers[i].value);
}

static int queue(struct http_request *q, unsigned status, struct MHD_Response *r)
{
	enum MHD_Result sent = MHD_queue_response(q->connection, status, r);

	MHD_destroy_response(r);
	if (sent != MHD_YES)
		return -EIO;
	q->server->counts.served++;
	return 0;
}

void request_resume(struct http_request *q)
{
	if (!q->suspended)
		return;
	q->suspended = false;
	MHD_resume_connection(q->connection);
	server_kick(q->server);
}

/* A small body that is on its way is let in and forgotten: were the connection closed over it, the
 * peer might never read why. */
static bool has_small_body(const struct http_request *q)
{
	const char *length = http_header(q, MHD_HTTP_HEADER_CONTENT_LENGTH);
	unsigned long long n;
	char *end;

	if (!length || *length < '0' || *length > '9' || http_header(q, MHD_HTTP_HEADER_EXPECT))
		return false;
	errno = 0;
	n = strtoull(length, &end, 10);
	return errno == 0 && *end == '\0' && n > 0 && n <= FORGOTTEN_BODY_MAX;
}

int answer_send(struct http_request *q, unsigned status, struct MHD_Response *r)
{
	if (!r)
		return -ENOMEM;
	if (q->answered) {
		MHD_destroy_response(r);
		return -EALREADY;
	}
	q->answered = true;
	if (q->beginning && has_small_body(q)) {
		add_headers(q, r);
		q->later = r;
		q->later_status = status;
		return 0;
	}
	client_set_state(q->client, q->stream || q->tunnel ? CLIENT_ENDLESS : CLIENT_ANSWER);
	add_headers(q, r);
	if (!q->suspended)
		return queue(q, status, r);
	q->later = r;
	q->later_status = status;
	request_resume(q);
	return 0;
}

int answer_send_later(struct http_request *q)
{
	return q->later ? queue(q, q->later_status, TAKE_PTR(q->later)) : -EIO;
}

static int send_typed(
	struct http_request *q, unsigned status, const char *type, struct MHD_Response *r)
{
	if (r && type)
		(void) MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	return answer_send(q, status, r);
}

int http_answer(
	struct http_request *q, unsigned status, const char *type, const void *data, size_t size)
{
	return send_typed(q, status, type,
		MHD_create_response_from_buffer(
			size, (void *) (uintptr_t) data, MHD_RESPMEM_MUST_COPY));
}

int http_answer_take(
	struct http_request *q, unsigned status, const char *type, void *data, size_t size)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(size, data, MHD_RESPMEM_MUST_FREE);

	if (!r)
		free(data);
	return send_typed(q, status, type, r);
}

int http_answer_shared(struct http_request *q, unsigned status, const char *type, const void *data,
	size_t size, void (*release)(void *userdata), void *userdata)
{
	struct MHD_Response *r = MHD_create_response_from_buffer_with_free_callback_cls(
		size, (void *) (uintptr_t) data, release, userdata);

	if (!r)
		release(userdata);
	return send_typed(q, status, type, r);
}

int http_answer_file(struct http_request *q, const char *type, int fd)
{
	struct MHD_Response *r;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return -EINVAL;
	}
	r = MHD_create_response_from_fd64((uint64_t) st.st_size, fd);
	if (!r)
		close(fd);
	return send_typed(q, MHD_HTTP_OK, type, r);
}

int http_fault(struct http_request *q, unsigned status, const char *format, ...)
{
	_cleanup_(freep) char *words = NULL;
	char *text;
	json_t *j;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&words, format, ap);
	va_end(ap);
	if (n < 0) {
		words = NULL;
		return -ENOMEM;
	}
	j = json_pack("{s:s}", "detail", words);
	text = j ? json_dumps(j, 0) : NULL;
	json_decref(j);
	return text ? http_answer_take(q, status, "application/json", text, strlen(text)) : -ENOMEM;
}

int http_defer(struct http_request *q, void (*gone)(void *userdata), void *userdata)
{
	q->gone = gone;
	q->gone_userdata = userdata;
	q->suspended = true;
	MHD_suspend_connection(q->connection);
	client_set_state(q->client, CLIENT_ANSWER);
	return 0;
}

void http_give_up(struct http_request *q)
{
	if (q->answered)
		return;
	q->answered = q->given_up = true;
	request_resume(q);
}

/* ---- without an end ---- */

static ssize_t on_read(void *cls, uint64_t position, char *buf, size_t max)
{
	struct http_stream_state *st = cls;
	ssize_t n;

	(void) position;
	if (!st->q)
		return MHD_CONTENT_READER_END_OF_STREAM;
	n = st->ops.read(st->userdata, buf, max);
	if (n == -ECONNABORTED)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (n < 0)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (n == 0) {
		st->q->suspended = true;
		MHD_suspend_connection(st->q->connection);
	}
	return n;
}

static void on_free(void *cls)
{
	struct http_stream_state *st = cls;

	if (st->q)
		st->q->stream = NULL;
	st->ops.gone(st->userdata);
	free(st);
}

static void bound_backlog(const struct http_request *q, size_t max)
{
	int size = (int) MIN(max, (size_t) INT32_MAX);

	if (size > 0)
		(void) setsockopt(q->client->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

int http_answer_stream(struct http_request *q, unsigned status, const char *type,
	const struct http_stream *stream, void *userdata)
{
	struct http_stream_state *st = calloc(1, sizeof(*st));
	struct MHD_Response *r;

	if (!st) {
		stream->gone(userdata);
		return -ENOMEM;
	}
	st->q = q;
	st->ops = *stream;
	st->userdata = userdata;
	r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16384, on_read, st, on_free);
	if (!r) {
		on_free(st);
		return -ENOMEM;
	}
	q->stream = st;
	bound_backlog(q, stream->backlog_max);
	return send_typed(q, status, type, r);
}

void http_stream_wake(struct http_request *q)
{
	request_resume(q);
}
