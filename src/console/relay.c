/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is short and tells its length is collected and sent with its length; the rest goes on piece
 * by piece, as its reader takes it.
 */
#include "console/relay.h"

#include <string.h>

#include "common/card.h"
#include "console/upstream.h"

#define HEADERS_MAX 8
#define LINE_MAX 1024
#define BACKLOG_MAX (256 * 1024) /* in the kernel, of what has no end: newer pictures come */

struct relay {
	struct http_request *q;
	struct upstream *u;
	int (*no_answer)(struct http_request *q, const char *words);
	char card[CARD_NAME_MAX];
	bool head_only, lasting;
	char *whole; /* NULL: it goes on piece by piece */
	size_t size, n;
};

static const char *const asked[] = { "Accept", "Content-Type", "Last-Event-ID", "If-None-Match",
	"If-Modified-Since", "User-Agent" };
static const char *const answered[] = { "Cache-Control", "Content-Disposition", "ETag",
	"Last-Modified", "Retry-After", "Allow", "Location" };

static void relay_free(struct relay *r)
{
	upstream_free(r->u);
	free(r->whole);
	free(r);
}

unsigned relay_words(const char *card, int error, char *buf, size_t size)
{
	switch (error) {
	case -ETIMEDOUT:
		snprintf(buf, size, "The card %s does not answer in time.", card);
		return 504;
	case -EBUSY:
		snprintf(buf, size, "Too many requests for the card %s.", card);
		return 503;
	case -EREMOTEIO:
		snprintf(buf, size, "The card %s does not tell.", card);
		return 502;
	case -EPROTO:
		snprintf(buf, size, "What the card %s answers makes no sense.", card);
		return 502;
	default:
		snprintf(buf, size, "The card %s does not answer: does its service run?", card);
		return 502;
	}
}

int relay_fault(struct http_request *q, const char *card, int error)
{
	char words[128];
	unsigned status = relay_words(card, error, words, sizeof(words));

	if (status == 503)
		(void) http_set_header(q, "Retry-After", "1");
	return http_fault(q, status, "%s", words);
}

/* The relay is over with it. */
static void fail(struct relay *r, int error)
{
	struct http_request *q = r->q;
	char words[128];

	(void) relay_words(r->card, error, words, sizeof(words));
	if (r->no_answer)
		(void) r->no_answer(r->q, words);
	else
		(void) relay_fault(r->q, r->card, error);
	relay_free(r);
	http_give_up(q);
}

/* ---- piece by piece ---- */

static ssize_t on_stream_read(void *userdata, char *buf, size_t max)
{
	struct relay *r = userdata;
	ssize_t n = upstream_read(r->u, buf, max);

	return n < 0 && n != -ENODATA ? -ECONNABORTED : n;
}

static void on_stream_gone(void *userdata)
{
	relay_free(userdata);
}

static void stream(struct relay *r, const char *type)
{
	const struct http_stream ops = {
		.read = on_stream_read,
		.gone = on_stream_gone,
		.backlog_max = r->lasting ? BACKLOG_MAX : 0,
	};
	struct http_request *q = r->q;

	/* On failure, too, gone() is called. */
	(void) http_answer_stream(q, upstream_status(r->u), type, &ops, r);
	http_give_up(q);
}

/* ---- in one piece ---- */

static void collect(struct relay *r)
{
	const char *type = upstream_header(r->u, "Content-Type");
	struct http_request *q = r->q;
	ssize_t n;

	/* One byte more than there should be, to see the end. */
	while ((n = upstream_read(r->u, r->whole + r->n, r->size + 1 - r->n)) > 0)
		r->n += (size_t) n;
	if (n == 0)
		return;
	if (n != -ENODATA || r->n != r->size) {
		fail(r, -EPROTO);
		return;
	}
	(void) http_answer_take(q, upstream_status(r->u), type, TAKE_PTR(r->whole), r->size);
	relay_free(r);
	http_give_up(q);
}

/* Its length, when it tells one and is short enough. */
static bool is_short(const struct upstream *u, size_t *ret)
{
	const char *text = upstream_header(u, "Content-Length");
	unsigned long long n;
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || *end || n > UPSTREAM_BUFFER)
		return false;
	*ret = (size_t) n;
	return true;
}

/* ---- what the card says ---- */

static void on_head(void *userdata)
{
	struct relay *r = userdata;
	struct http_request *q = r->q;
	unsigned status = upstream_status(r->u);
	const char *type = upstream_header(r->u, "Content-Type");

	for (size_t i = 0; i < ARRAY_SIZE(answered); i++) {
		const char *value = upstream_header(r->u, answered[i]);

		if (value)
			(void) http_set_header(q, answered[i], value);
	}
	if (r->head_only || status == 204 || status == 304) {
		(void) http_answer(q, status, type, "", 0);
		relay_free(r);
		http_give_up(q);
		return;
	}
	if (!r->lasting && is_short(r->u, &r->size))
		r->whole = malloc(r->size + 1);
	if (!r->whole)
		stream(r, type);
	else
		collect(r);
}

static void on_ready(void *userdata)
{
	struct relay *r = userdata;

	if (r->whole)
		collect(r);
	else
		http_stream_wake(r->q);
}

static void on_failed(int error, void *userdata)
{
	fail(userdata, error);
}

static void on_gone(void *userdata)
{
	relay_free(userdata);
}

/* ---- what is asked ---- */

/* Into lines, which hold one text for each of headers. */
static void copy_headers(
	struct http_request *q, char lines[][LINE_MAX], const char *headers[HEADERS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		const char *value = http_header(q, asked[i]);
		int length = value ? snprintf(lines[n], LINE_MAX, "%s: %s", asked[i], value) : 0;

		/* What is cut would mean something else. */
		if (length > 0 && length < LINE_MAX) {
			headers[n] = lines[n];
			n++;
		}
	}
	headers[n] = NULL;
}

static int ask(struct relay *r, struct upstreams *all, const struct relay_target *to)
{
	const struct upstream_hooks hooks = { on_head, on_ready, on_failed, r };
	const char *headers[HEADERS_MAX];
	char lines[HEADERS_MAX][LINE_MAX];
	struct upstream_request request = {
		.socket = to->socket,
		.method = http_method_name(http_method(r->q)),
		.target = to->target,
		.headers = headers,
		.lasting = to->lasting,
	};

	copy_headers(r->q, lines, headers);
	request.body = http_body(r->q, &request.body_size);
	if (request.body_size == 0)
		request.body = NULL;
	return upstream_new(&r->u, all, &request, &hooks);
}

int relay_start(struct upstreams *all, struct http_request *q, const struct relay_target *to)
{
	struct relay *r = calloc(1, sizeof(*r));
	int error;

	if (!r)
		return -ENOMEM;
	r->q = q;
	r->no_answer = to->no_answer;
	r->head_only = http_method(q) == HTTP_HEAD;
	r->lasting = to->lasting;
	snprintf(r->card, sizeof(r->card), "%s", to->card);
	error = ask(r, all, to);
	if (error < 0) {
		relay_free(r);
		return relay_fault(q, to->card, error);
	}
	return http_defer(q, on_gone, r);
}
